//! What a scenario is: a small world, what is done to it when, and what must come of it.
//!
//! These are the checked forms: every unit is a real one, every label is known, every time lies after the one before. How they
//! are read from a file, and what is said of one that cannot be, is in the submodules.

mod action;
mod actions;
mod concerning;
mod expect;
mod fault;
mod fields;
mod file;
mod flow_words;
mod handling;
mod order;
mod place;
mod reference;
mod step_words;
mod steps;
mod template;
mod time;
mod words;
mod world;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::case::Stage;
use domain::concerns::{ConcernKind, ConcernTask};
use domain::ids::UnitId;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use action::{
    Action, Application, ClockFault, Direction, DiskFault, FaultKind, Forgery, Lag, LinkQuality, Moment, NodeChoice,
    Officer, Shape, VoterStep,
};
pub use expect::EXPECT_WORDS;
pub use fault::{Problem, ScenarioFault};
pub use file::{MOST_BYTES, load, read};
pub use place::{Place, Source};
pub use reference::{reference, schema};
pub use step_words::STEP_WORDS;
pub use template::template;
pub use time::{parse_span, print_span};
pub(crate) use words::word_of;
pub use words::{ExpectWord, Form, INVARIANTS, Key, StepWord};

/// How much of the real thing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fidelity {
    /// Rules and leader duties over perfect logs; simulated mail.
    Core,
    /// Real consensus on a simulated runtime, network and disk.
    Consensus,
    /// Real programs, QUIC and RocksDB on this machine.
    Process,
    /// The shipped image.
    Container,
}

impl Fidelity {
    /// From the least to the most real.
    pub const ALL: [Self; 4] = [Self::Core, Self::Consensus, Self::Process, Self::Container];

    /// As files and options write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Consensus => "consensus",
            Self::Process => "process",
            Self::Container => "container",
        }
    }
}

/// One scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// As people would say it, e.g. `County cut off from the city for a day`.
    pub title: String,
    /// What it shows, and for whom.
    pub intent: String,
    /// Journeys of the domain document that it walks.
    pub journeys: Vec<u8>,
    /// The true time at which it begins.
    pub start: Timestamp,
    /// Fixes everything that is drawn.
    pub seed: u64,
    /// Where it can be played.
    pub fidelities: BTreeSet<Fidelity>,
    /// The units and their catalogue.
    pub world: World,
    /// What is done, in the order of time.
    pub steps: Vec<Step>,
    /// What must come of it.
    pub expectations: Vec<Expectation>,
    /// Invariants that are watched, by their ids (`I1` …); all of them where the file names none.
    pub always: BTreeSet<String>,
    /// What must have happened for the run to count.
    pub require: Requirements,
}

impl Scenario {
    /// Codes of the matters that steps name: they are in the catalogue whatever the world says.
    pub fn named_matters(&self) -> BTreeSet<&str> {
        fn named(step: &Step) -> Option<&str> {
            match &step.action {
                Action::Submit(asked) => asked.matter.as_deref(),
                Action::Traffic { matter, .. } => matter.as_deref(),
                _ => None,
            }
        }
        self.steps.iter().filter_map(named).collect()
    }
}

/// The units of a scenario and what they start with.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// From the top of the tree down; the first is the city.
    pub units: Vec<WorldUnit>,
    /// How long an offer may stay unanswered.
    pub patience: Duration,
    /// How many matters of the sample list the catalogue has, evenly over the whole list.
    pub matters: usize,
    /// Officials who accept, decide and deliver by themselves whatever waits for them; none where every act is a step.
    pub clerks: Option<Clerks>,
    /// How good links are unless a step changes them.
    pub links: LinkQuality,
    /// Single pairs of units that differ from that, both ways.
    pub pairs: BTreeMap<(UnitId, UnitId), LinkQuality>,
}

/// One unit of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldUnit {
    /// Its division code.
    pub unit: UnitId,
    /// What steps call it, e.g. `county`.
    pub alias: String,
    /// Its full name.
    pub name: String,
    /// How many replicas it has.
    pub voters: u8,
    /// How many machines the directory lists beside them: they do not run before a step makes them voters.
    pub spares: u8,
}

impl World {
    /// The unit of an alias.
    pub fn unit(&self, alias: &str) -> Option<&WorldUnit> {
        self.units.iter().find(|unit| unit.alias == alias)
    }

    /// What steps call a unit; its code where it is none of this world.
    pub fn alias(&self, unit: UnitId) -> String {
        let known = self.units.iter().find(|known| known.unit == unit);
        known.map_or_else(|| unit.to_string(), |known| known.alias.clone())
    }
}

/// Officials who work by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clerks {
    /// How long each thing waits for them.
    pub pace: Duration,
    /// Of a hundred cases so many are denied.
    pub deny_percent: u8,
}

/// Something done at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Since the start, in true time: what an `advance` before it skipped is counted.
    pub at: Duration,
    /// What is done.
    pub action: Action,
    /// For acts: how they must be answered.
    pub answer: ExpectedAnswer,
    /// Where it stands in its file, from 1; 0 where it was made by a generator.
    pub line: usize,
}

impl Step {
    /// When it is over: an `advance` takes as long as it says, everything else no time. No step begins before the one before it
    /// is over.
    pub fn end(&self) -> Duration {
        match &self.action {
            Action::Advance(span) => self.at.saturating_add(*span),
            _ => self.at,
        }
    }
}

/// How an act must be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExpectedAnswer {
    /// It must be done.
    #[default]
    Done,
    /// It must be refused with this code (docs/errors.md).
    Code(String),
    /// Its outcome must stay unknown to who asked: no answer in time.
    Unknown,
    /// Any answer will do.
    Any,
}

impl ExpectedAnswer {
    /// As a step says it.
    pub fn word(&self) -> &str {
        match self {
            Self::Done => "done",
            Self::Code(code) => code,
            Self::Unknown => "unknown",
            Self::Any => "any",
        }
    }
}

/// Something that must be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// From when on, since the start.
    pub at: Duration,
    /// It must have become so at most this long after `at`; exactly at `at` where zero.
    pub within: Duration,
    /// What.
    pub what: Expected,
    /// Where it stands in its file, from 1.
    pub line: usize,
}

/// A card that is expected, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedCard {
    /// None that is certain.
    None,
    /// 预警
    Warning,
    /// 黄牌
    Yellow,
    /// 红牌
    Red,
}

/// What can be expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// How a case stands. Every part that is named must hold.
    Case {
        /// The case's label.
        case: String,
        /// The unit that owns it.
        owner: Option<UnitId>,
        /// How far it has got, as its owner (or `seen_from`) knows.
        stage: Option<Stage>,
        /// Whose view is meant; the owner's where `None`.
        seen_from: Option<UnitId>,
        /// What the unit of `seen_from` is to it: `owner`, `offering`, `gone`, `offered`, `prepared`, `dropped`, `unknown`.
        role: Option<String>,
        /// A unit that it must have passed over.
        passed_over: Option<UnitId>,
        /// The most serious certain card of its authority, or that it has none.
        card: Option<ExpectedCard>,
    },
    /// How what was said of a case stands at a unit: the newest of its kind. Every part that is named must hold.
    Concern {
        /// The case's label.
        case: String,
        /// Whose view is meant.
        seen_from: UnitId,
        /// Of which kind.
        kind: ConcernKind,
        /// How many of that kind the unit knows; of ratings those that count.
        number: Option<u64>,
        /// What is owed; `Some(None)`: nothing.
        waits: Option<Option<ConcernTask>>,
        /// The most serious certain card of who answers, or that it has none.
        card: Option<ExpectedCard>,
    },
    /// How a unit stands. Every part that is named must hold.
    Unit {
        /// Which unit.
        unit: UnitId,
        /// The number of its newest installed catalogue version.
        catalogue: Option<u64>,
        /// Mail that has not come to its receivers, over all peers.
        backlog: Option<u64>,
        /// Whether a replica of it has stopped by itself, after a fault.
        stopped: Option<bool>,
        /// How many of its peers' words it keeps as evidence of a contradiction.
        evidence: Option<u64>,
    },
    /// Nothing moves any more: no mail waits, no case is on its way, all replicas are level.
    Quiet,
}

/// What must have happened for a run to count: a fault that never came proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Each of these kinds must have taken effect at least once.
    pub faults: BTreeSet<FaultKind>,
    /// Commands applied, over all units.
    pub commands: u64,
    /// Cases received.
    pub cases: u64,
    /// Mail logged by its receivers.
    pub mail: u64,
}
