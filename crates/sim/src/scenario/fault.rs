//! What can be wrong with a scenario file, where, and how to mend it.

use std::fmt;

use domain::division::{Candidate, FindFault};

use super::place::{Place, Words, render};

/// One thing that is wrong with a file. Its `Display` is the whole message: code, file, line, column, the line, the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioFault {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The file is not there or cannot be read.
    File {
        /// What the system said.
        why: String,
    },
    /// Larger than any scenario; it was not parsed.
    TooLarge {
        /// How many bytes it has, as far as they were counted.
        bytes: u64,
    },
    /// Not TOML.
    Syntax {
        /// What the parser expected.
        what: String,
    },
    /// A key that is not known here.
    KeyUnknown {
        /// As written.
        key: String,
        /// What could stand there.
        known: Vec<String>,
    },
    /// A word that is not one of a set.
    WordUnknown {
        /// Of what, e.g. `moment`.
        kind: &'static str,
        /// As written.
        word: String,
        /// What could stand there.
        known: Vec<String>,
    },
    /// A key that must be there is not.
    KeyMissing {
        /// The key.
        key: &'static str,
        /// How it may look.
        example: String,
    },
    /// A value of another type, or outside its bounds.
    Value {
        /// What is wrong.
        what: String,
        /// What would be right.
        remedy: String,
    },
    /// A unit that the scenario's world does not have.
    UnitUnknown {
        /// As written.
        alias: String,
        /// The world's units.
        known: Vec<String>,
    },
    /// A place that the tree of divisions does not have, or has more than once.
    Division(FindFault),
    /// The world's units are no tree.
    Tree {
        /// What is wrong.
        what: String,
        /// How to mend it.
        remedy: String,
    },
    /// A time that cannot be.
    Time {
        /// What is wrong.
        what: String,
        /// How to mend it.
        remedy: String,
    },
    /// A line that says nothing to be done, or several things.
    Step {
        /// `step` or `expectation`.
        of: &'static str,
        /// The words of what is to be done that stand in it.
        words: Vec<String>,
        /// Words that could stand there.
        known: Vec<String>,
        /// A key in it that is no known key, which was probably meant to be the word.
        odd: Option<String>,
    },
    /// A label that no step gives to a case, or a later one only.
    CaseUnknown {
        /// As written.
        label: String,
        /// Labels that are known at this place.
        known: Vec<String>,
        /// The line of the step that submits it later.
        later: Option<usize>,
    },
    /// Two things in one file contradict each other.
    Contradiction {
        /// Both sides.
        what: String,
        /// How to mend it.
        remedy: String,
    },
}

impl ScenarioFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match &self.problem {
            Problem::File { .. } => "scenario.file",
            Problem::TooLarge { .. } => "scenario.too_large",
            Problem::Syntax { .. } => "scenario.syntax",
            Problem::KeyUnknown { .. } => "scenario.key_unknown",
            Problem::WordUnknown { .. } => "scenario.word_unknown",
            Problem::KeyMissing { .. } => "scenario.key_missing",
            Problem::Value { .. } => "scenario.value",
            Problem::UnitUnknown { .. } => "scenario.unit_unknown",
            Problem::Division(_) => "scenario.division",
            Problem::Tree { .. } => "scenario.tree",
            Problem::Time { .. } => "scenario.time",
            Problem::Step { .. } => "scenario.step",
            Problem::CaseUnknown { .. } => "scenario.case_unknown",
            Problem::Contradiction { .. } => "scenario.contradiction",
        }
    }

    /// The message with colours, for a terminal.
    pub fn styled(&self) -> String {
        render(&self.place, &self.words(), true)
    }

    fn words(&self) -> Words {
        let (title, label, help) = self.parts();
        Words { code: self.code(), title, label, help }
    }

    /// Title, what stands under the line, and the remedies.
    fn parts(&self) -> (String, String, Vec<String>) {
        match &self.problem {
            Problem::File { why } => (
                format!("{} cannot be read: {why}", self.place.path().display()),
                String::new(),
                vec!["check the path and who may read it; `tongban scenario new FILE` writes a first one".into()],
            ),
            Problem::TooLarge { bytes } => (
                format!("{} is larger than any scenario: {bytes} bytes", self.place.path().display()),
                String::new(),
                vec!["a scenario file has at most 1 MiB; is it another file?".into()],
            ),
            Problem::Syntax { what } => ("not TOML".into(), what.clone(), vec![]),
            Problem::KeyUnknown { key, known } => unknown("key", key, known),
            Problem::WordUnknown { kind, word, known } => unknown(kind, word, known),
            Problem::KeyMissing { key, example } => {
                (format!("`{key}` is missing"), format!("has no `{key}`"), vec![format!("add `{key} = {example}`")])
            }
            Problem::Value { what, remedy } => {
                ("not a value that can stand here".into(), what.clone(), vec![remedy.clone()])
            }
            Problem::UnitUnknown { alias, known } => {
                let (_, _, help) = unknown("unit", alias, known);
                (format!("`{alias}` is no unit of this world"), "not in [world] units".into(), help)
            }
            Problem::Division(fault) => division(fault),
            Problem::Tree { what, remedy } => ("the units are no tree".into(), what.clone(), vec![remedy.clone()]),
            Problem::Time { what, remedy } => ("a time that cannot be".into(), what.clone(), vec![remedy.clone()]),
            Problem::Step { of, words, known, odd } => step(of, words, known, odd.as_deref()),
            Problem::CaseUnknown { label, known, later } => case(label, known, *later),
            Problem::Contradiction { what, remedy } => {
                ("this contradicts what stands elsewhere".into(), what.clone(), vec![remedy.clone()])
            }
        }
    }
}

fn unknown(kind: &str, word: &str, known: &[String]) -> (String, String, Vec<String>) {
    let nearest = nearest(word, known).map(|nearest| format!("did you mean `{nearest}`?"));
    let all = format!("known here: {}", quoted(known));
    (
        format!("unknown {kind} `{word}`"),
        format!("not a {kind} that is known here"),
        nearest.into_iter().chain([all]).collect(),
    )
}

fn division(fault: &FindFault) -> (String, String, Vec<String>) {
    const MOST_SHOWN: usize = 8;
    let shown = |candidates: &[Candidate]| {
        let mut help: Vec<String> =
            candidates.iter().take(MOST_SHOWN).map(|c| format!("meant could be \"{}\" ({})", c.path, c.unit)).collect();
        if candidates.len() > MOST_SHOWN {
            help.push(format!("and {} more; write more of the path, or the code", candidates.len() - MOST_SHOWN));
        }
        help
    };
    match fault {
        FindFault::Empty => (
            "a place is needed".into(),
            "empty".into(),
            vec!["write a division code, or names from the city down: \"济宁市/任城区\"".into()],
        ),
        FindFault::Ambiguous { asked, candidates } => (
            format!("\"{asked}\" is the name of {} places", candidates.len()),
            "which of them?".into(),
            shown(candidates),
        ),
        FindFault::Unknown { asked, nearest } => {
            (format!("no place is called \"{asked}\""), "not in the tree of divisions".into(), shown(nearest))
        }
    }
}

fn step(of: &str, words: &[String], known: &[String], odd: Option<&str>) -> (String, String, Vec<String>) {
    if let [first, .., last] = words {
        return (
            format!("two things in one {of}: `{first}` and `{last}`"),
            format!("one {of} does one thing"),
            vec![format!("write two lines, the second with at = \"+0s\", {{ {last} = … }}")],
        );
    }
    let near = odd.and_then(|odd| nearest(odd, known)).map(|nearest| format!("did you mean `{nearest}`?"));
    let title = match odd {
        Some(odd) => format!("unknown {of} `{odd}`"),
        None => format!("this {of} says nothing"),
    };
    let all = format!("known here: {}", quoted(known));
    (title, format!("no word that says what this {of} is"), near.into_iter().chain([all]).collect())
}

fn case(label: &str, known: &[String], later: Option<usize>) -> (String, String, Vec<String>) {
    if let Some(line) = later {
        return (
            format!("case `{label}` does not exist yet"),
            format!("it is submitted later, at line {line}"),
            vec!["move this line behind the one that submits it".into()],
        );
    }
    let help = match (nearest(label, known), known) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, []) => format!("submit it first: {{ at = \"+1s\", submit = \"{label}\", to = … }}"),
        (None, known) => format!("submitted before are: {}", quoted(known)),
    };
    (format!("no step submits a case `{label}`"), "unknown case".into(), vec![help])
}

/// The known word that was probably meant.
fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a String> {
    // As clap does: closer than this is a slip of the finger, further is another word.
    const CLOSE: f64 = 0.7;
    known
        .iter()
        .map(|candidate| (strsim::jaro(word, candidate), candidate))
        .filter(|(confidence, _)| *confidence > CLOSE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ScenarioFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.place, &self.words(), false))
    }
}

impl std::error::Error for ScenarioFault {}
