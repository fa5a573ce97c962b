//! What can be wrong with a configuration or topology file, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use domain::division::Tier;
use domain::ids::{NodeId, UnitId};

use super::place::{Place, Words, render};

/// Why a file is not taken. Its `Display` is the whole message: code, file, line, column, the line, the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFault {
    /// The file is not there or cannot be read.
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Not TOML.
    Syntax {
        /// Where.
        place: Place,
        /// What the parser expected.
        what: String,
    },
    /// A key or word that is not known here.
    Unknown {
        /// Where.
        place: Place,
        /// `field` or `variant`.
        kind: UnknownKind,
        /// As written.
        word: String,
        /// What could stand there.
        known: Vec<String>,
    },
    /// A key that must be there is not.
    Missing {
        /// The table that lacks it.
        place: Place,
        /// The key.
        key: String,
    },
    /// A value of another type, or outside its bounds.
    Value {
        /// Where.
        place: Place,
        /// What is wrong and what would be right.
        what: String,
    },
    /// A unit of another tier than the program runs.
    Tier {
        /// Where the unit is named.
        place: Place,
        /// The unit.
        unit: UnitId,
        /// Its name.
        name: String,
        /// Its tier.
        tier: Tier,
        /// The tier that the program runs.
        program: Tier,
    },
    /// A node that the region's directory does not list for the unit.
    Node {
        /// Where it is named.
        place: Place,
        /// As written.
        node: NodeId,
        /// As written.
        unit: UnitId,
        /// The unit's nodes by the directory; none where the unit is not listed.
        listed: Vec<NodeId>,
    },
    /// Certificates, keys or the directory are missing or do not fit each other.
    Credentials {
        /// Where their folder is named.
        place: Place,
        /// What `transport` found.
        why: String,
    },
    /// A place that the division tree does not have, or has more than once.
    Division {
        /// Where it is named.
        place: Place,
        /// What is wrong.
        what: String,
        /// What could be meant.
        candidates: Vec<String>,
    },
    /// Two things in one file contradict each other.
    Contradiction {
        /// The second of them.
        place: Place,
        /// Both sides.
        what: String,
        /// How to put it right.
        remedy: String,
    },
}

/// What is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKind {
    /// A key.
    Key,
    /// One of a set of words.
    Word,
}

impl ConfigFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "config.file",
            Self::Syntax { .. } => "config.syntax",
            Self::Unknown { kind: UnknownKind::Key, .. } => "config.key_unknown",
            Self::Unknown { kind: UnknownKind::Word, .. } | Self::Value { .. } => "config.value",
            Self::Missing { .. } => "config.key_missing",
            Self::Tier { .. } => "config.tier",
            Self::Node { .. } => "config.node",
            Self::Credentials { .. } => "config.credentials",
            Self::Division { .. } => "config.division",
            Self::Contradiction { .. } => "config.contradiction",
        }
    }

    /// Where it is, as far as it is in a file.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::File { .. } => None,
            Self::Syntax { place, .. }
            | Self::Unknown { place, .. }
            | Self::Missing { place, .. }
            | Self::Value { place, .. }
            | Self::Tier { place, .. }
            | Self::Node { place, .. }
            | Self::Credentials { place, .. }
            | Self::Division { place, .. }
            | Self::Contradiction { place, .. } => Some(place),
        }
    }

    /// The message with colours, for a terminal.
    pub fn styled(&self) -> String {
        render(&self.words(), true)
    }

    fn words(&self) -> Words<'_> {
        let (title, label, help) = self.parts();
        Words { code: self.code(), title, place: self.place(), label, help }
    }

    /// Title, what stands under the line, and the remedies.
    fn parts(&self) -> (String, String, Vec<String>) {
        match self {
            Self::File { path, why } => (
                format!("{} cannot be read: {why}", path.display()),
                String::new(),
                vec!["`tongban region init` writes a region's files; check the path and who may read it".into()],
            ),
            Self::Syntax { what, .. } => ("not TOML".into(), what.clone(), vec![]),
            Self::Unknown { kind, word, known, .. } => unknown(*kind, word, known),
            Self::Missing { key, .. } => {
                (format!("`{key}` is missing"), format!("has no `{key}`"), vec![format!("add `{key} = …` here")])
            }
            Self::Value { what, .. } => ("not a value that can stand here".into(), what.clone(), vec![]),
            Self::Tier { unit, name, tier, program, .. } => (
                format!("{}-node cannot run unit {unit}", program.as_str()),
                format!("{name} is a {}, not a {}", tier.as_str(), program.as_str()),
                vec![format!("start it with {}-node, or name a {} here", tier.as_str(), program.as_str())],
            ),
            Self::Node { node, unit, listed, .. } if listed.is_empty() => (
                format!("node {node} is not listed in the region's directory"),
                format!("the directory lists no node of unit {unit}"),
                vec!["the folder is another region's, or the unit was added later: take a new directory.json".into()],
            ),
            Self::Node { node, unit, listed, .. } => (
                format!("node {node} is not listed in the region's directory as a node of unit {unit}"),
                format!("the nodes of unit {unit} are {}", join(listed.iter())),
                vec!["use the folder that `tongban region init` made for this node".into()],
            ),
            Self::Credentials { why, .. } => (
                "certificates, keys or the directory cannot be used".into(),
                why.clone(),
                vec!["use the folder that `tongban region init` made for this node, unchanged".into()],
            ),
            Self::Division { what, candidates, .. } => {
                let help = candidates.iter().map(|candidate| format!("meant could be {candidate}")).collect();
                ("no such division, or more than one".into(), what.clone(), help)
            }
            Self::Contradiction { what, remedy, .. } => {
                ("this contradicts what stands elsewhere".into(), what.clone(), vec![remedy.clone()])
            }
        }
    }
}

fn unknown(kind: UnknownKind, word: &str, known: &[String]) -> (String, String, Vec<String>) {
    let what = match kind {
        UnknownKind::Key => "key",
        UnknownKind::Word => "word",
    };
    let nearest = nearest(word, known).map(|nearest| format!("did you mean `{nearest}`?"));
    let all = format!("known here: {}", join(known.iter().map(|word| format!("`{word}`"))));
    (
        format!("unknown {what} `{word}`"),
        format!("not a {what} that is known here"),
        nearest.into_iter().chain([all]).collect(),
    )
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

fn join(words: impl Iterator<Item: fmt::Display>) -> String {
    words.map(|word| word.to_string()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.words(), false))
    }
}

impl std::error::Error for ConfigFault {}
