//! What came of a scenario that was played.

mod bands;
mod clerks;
mod engine;
mod expect;
mod judge;
pub mod people;
pub(crate) mod story;
mod terms;
mod trace;
pub mod transcript;
mod versions;
mod voters;

use std::collections::BTreeMap;

use domain::digest::ContentHash;
use domain::time::Timestamp;
use serde::Serialize;

pub use engine::{Options, SET_UP, play};

use crate::scenario::{FaultKind, Fidelity};

/// A scenario that was played: all that transcript, terminal summary and report are made of.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// The scenario's title.
    pub title: String,
    /// What it shows.
    pub intent: String,
    /// Its file, as it was named; none for a generated world.
    pub file: Option<String>,
    /// How real it was.
    pub fidelity: Fidelity,
    /// The seed.
    pub seed: u64,
    /// The command that plays it again.
    pub replay: String,
    /// True time at the start.
    pub started: Timestamp,
    /// True time at the end.
    pub ended: Timestamp,
    /// The units, from the top of the tree down.
    pub units: Vec<PlayedUnit>,
    /// The story, in order.
    pub lines: Vec<Line>,
    /// Faults as bands: from when to when.
    pub bands: Vec<Band>,
    /// Each case's path.
    pub cases: Vec<CasePath>,
    /// Each expectation and what came of it.
    pub expectations: Vec<Checked>,
    /// Each invariant and what came of it.
    pub invariants: Vec<Judged>,
    /// Faults that took effect, by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// What this fidelity could not do.
    pub skipped: Vec<String>,
    /// How much flowed.
    pub counts: Counts,
    /// Hash over all events: equal runs have equal ones.
    pub trace: ContentHash,
    /// Why the run fails; empty where it passes.
    pub failures: Vec<String>,
}

/// Why a run that was ended by hand has not passed.
pub(crate) const STOPPED: &str = "stopped before its end";

impl Played {
    /// Whether everything that had to hold held.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Whether it was ended by hand: it says nothing.
    pub fn was_stopped(&self) -> bool {
        self.failures.iter().any(|why| why == STOPPED)
    }
}

/// A unit of the world that was played.
#[derive(Clone, Debug, Serialize)]
pub struct PlayedUnit {
    /// Its code.
    pub unit: domain::ids::UnitId,
    /// What the scenario calls it.
    pub alias: String,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: domain::division::Tier,
    /// Its replicas.
    pub voters: u8,
}

/// One line of the story.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// True time.
    pub at: Timestamp,
    /// Who or what: a unit's alias, `step`, `fault`, `expect`, `world`.
    pub who: String,
    /// What happened, in words.
    pub what: String,
    /// The case that it is about, by its label.
    pub case: Option<String>,
}

/// A time during which a fault held.
#[derive(Clone, Debug, Serialize)]
pub struct Band {
    /// Its kind.
    pub kind: FaultKind,
    /// In words.
    pub what: String,
    /// Units that it touched.
    pub units: Vec<domain::ids::UnitId>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// One case's path.
#[derive(Clone, Debug, Serialize)]
pub struct CasePath {
    /// Its label, or its number where steps gave it none.
    pub label: String,
    /// Its printed number.
    pub number: String,
    /// Who held it when: unit, role, since when, until when.
    pub held: Vec<Held>,
    /// What happened to it, as units wrote it down.
    pub happenings: Vec<Line>,
    /// Legal clocks at the end, in words: due date, and how it was found.
    pub clocks: Vec<String>,
    /// How far it has got at the end.
    pub stage: String,
}

/// A unit's standing with a case for a time.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The unit.
    pub unit: domain::ids::UnitId,
    /// `owner`, `offering`, `gone`, `offered`, `prepared` or `dropped`.
    pub role: String,
    /// Under this attempt.
    pub attempt: u32,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// An expectation and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Where it stands in its file, from 1.
    pub line: usize,
    /// In words.
    pub what: String,
    /// When it became so; `None` if it never did.
    pub met: Option<Timestamp>,
    /// What was there instead, if it was not met.
    pub found: String,
}

/// An invariant and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// `I1` to `I16`.
    pub id: String,
    /// What it means for a citizen.
    pub meaning: String,
    /// How often it was looked at.
    pub looked: u64,
    /// `held`, `broken`, or `not yet: <issue>`.
    pub verdict: Verdict,
}

/// What came of an invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Looked at, never broken.
    Held,
    /// Broken: the first bad moment.
    Broken {
        /// True time.
        at: Timestamp,
        /// Both sides of the contradiction.
        what: String,
    },
    /// What it is about is not built yet.
    NotYet {
        /// Which part of the work brings it.
        issue: String,
    },
}

/// How much flowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Commands applied, each counted once for its unit.
    pub commands: u64,
    /// Cases received.
    pub cases: u64,
    /// Mail logged by receivers.
    pub mail: u64,
    /// Acts that were answered.
    pub answered: u64,
    /// Acts whose outcome stayed unknown.
    pub unknown: u64,
}

impl Counts {
    /// How many cases, for people.
    pub fn cases_in_words(&self) -> String {
        match self.cases {
            1 => "1 case".to_owned(),
            cases => format!("{cases} cases"),
        }
    }
}
