//! Why a node did not do what was asked, in words: what is wrong, its code, the field, what would do, the remedy.

use std::fmt;

use serde::Deserialize;

/// Why nothing came back, or not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClientFault {
    /// The node says no, and why (RFC 9457).
    Problem(Box<Problem>),
    /// None of the unit's nodes can be reached: nothing was done.
    Unreachable {
        /// Addresses, and what each try came to.
        tried: Vec<(String, String)>,
    },
    /// The request was sent and no answer came.
    Silent {
        /// Where.
        url: String,
        /// What the connection said.
        why: String,
    },
    /// Whether it was done is unknown after several tries.
    Unknown {
        /// Under which a further try is the same request.
        key: String,
        /// How many.
        tries: usize,
        /// What the last one came to.
        last: Box<ClientFault>,
    },
    /// What answers there is no node.
    Foreign {
        /// Where.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// An answer of another form: a node of another release.
    Form {
        /// Where.
        url: String,
        /// What does not fit.
        why: String,
    },
    /// The unit has no address.
    NoAddress,
    /// The HTTP library could not start.
    Setup {
        /// What it said.
        why: String,
    },
}

/// A problem as nodes tell it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Problem {
    /// What is wrong, without particulars.
    pub(crate) title: String,
    /// The HTTP status once more.
    pub(crate) status: u16,
    /// What is particular to this answer.
    #[serde(default)]
    pub(crate) detail: Option<String>,
    /// The documented code.
    pub(crate) code: String,
    /// Which field of the request.
    #[serde(default)]
    pub(crate) field: Option<String>,
    /// What would have been taken instead.
    #[serde(default)]
    pub(crate) candidates: Vec<Candidate>,
    /// What to do about it.
    #[serde(default)]
    pub(crate) remedy: Option<String>,
}

/// Something that would have been taken instead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Candidate {
    /// What to send.
    pub(crate) value: String,
    /// What it is.
    pub(crate) label: String,
}

impl ClientFault {
    /// Whether the same request may do a moment later. Acts are put again under the same key only.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            // A doubted clock waits for an operator: nothing was done, and asking again soon is no use.
            Self::Problem(problem) => matches!(problem.status, 503 | 504 | 429) && problem.code != "time.clock_off",
            Self::Silent { .. } | Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// The documented code, where the node told one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::Unknown { last, .. } => last.code(),
            _ => None,
        }
    }
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Unreachable { tried } => {
                f.write_str("no node of the unit can be reached; nothing was done")?;
                for (url, why) in tried {
                    write!(f, "\n  tried    {url}: {why}")?;
                }
                f.write_str("\n  remedy   `tongban status` shows which nodes answer; a cut unit goes on by itself")
            }
            Self::Silent { url, why } => write!(f, "{url} gave no answer: {why}"),
            Self::Unknown { key, tries, last } => write!(
                f,
                "whether it was done is not known after {tries} tries; the last one: {last}\n  remedy   the same command with \
                 --key {key} is the same request: it is done once, however often it is sent"
            ),
            Self::Foreign { url, status } => {
                write!(f, "{url} answered {status}, and not as a node does: is another program listening there?")
            }
            Self::Form { url, why } => {
                write!(
                    f,
                    "{url} answered in a form that this release does not know ({why}): use the node's own release"
                )
            }
            Self::NoAddress => f.write_str("the unit has no address: its nodes are not listed"),
            Self::Setup { why } => write!(f, "the HTTP client cannot start: {why}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.title, self.code)?;
        let rows = [("what", &self.detail), ("field", &self.field)];
        for (name, text) in rows {
            if let Some(text) = text {
                write!(f, "\n  {name:<9}{text}")?;
            }
        }
        for (at, Candidate { value, label }) in self.candidates.iter().enumerate() {
            let name = if at == 0 { "one of" } else { "" };
            if value == label {
                write!(f, "\n  {name:<9}{value}")?;
            } else {
                write!(f, "\n  {name:<9}{value} {label}")?;
            }
        }
        match &self.remedy {
            Some(remedy) => write!(f, "\n  {:<9}{remedy}", "remedy"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_tells_what_is_wrong_the_code_the_field_and_the_remedy() {
        let json = r#"{"type":"/problems/place.ambiguous","title":"几个地方同名","status":409,"detail":"有 2 处",
            "instance":"urn:x","code":"place.ambiguous","field":"place","remedy":"写出上级名称。",
            "candidates":[{"value":"370811002001","label":"济宁市/任城区/许庄街道/航运新村居委会"},{"value":"甲","label":"甲"}]}"#;
        let problem: Problem = serde_json::from_str(json).unwrap();
        assert_eq!(
            problem.to_string(),
            "几个地方同名 [place.ambiguous]\n  what     有 2 处\n  field    place\n  one of   370811002001 \
             济宁市/任城区/许庄街道/航运新村居委会\n           甲\n  remedy   写出上级名称。"
        );
        assert!(!ClientFault::Problem(Box::new(problem)).is_passing());
    }

    #[test]
    fn an_unknown_outcome_names_its_key() {
        let last = Box::new(ClientFault::Silent { url: "http://n/".into(), why: "no answer in time".into() });
        let fault = ClientFault::Unknown { key: "k-1".into(), tries: 4, last };
        assert!(fault.to_string().contains("--key k-1"), "{fault}");
        assert_eq!(fault.code(), None);
    }
}
