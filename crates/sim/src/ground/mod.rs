//! Where a scenario is played: a region of units, simulated or real, that can be acted on and tells everything that happens.

pub mod consensus;
pub mod core;
pub mod draw;
pub mod moments;
pub mod network;
pub mod region;

use std::future::Future;
use std::sync::Arc;

use domain::command::Outcome;
use domain::ids::{Generation, NodeId, UnitId};
use domain::time::Timestamp;
use protocol::overlay::WriteSet;
use unit::{Request, SubmitFault, Unavailable, VotersFault};

use crate::scenario::{Action, FaultKind, Fidelity};

/// How often neighbours are told a head of the books at most: what a node does unless its configuration says otherwise.
const HEADS_EVERY_MILLIS: i64 = 3_600_000;

/// Names an act that was begun, so that its answer can be told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A region in which a scenario is played. The time here is true time; what nodes believe may differ.
pub trait Ground {
    /// Which fidelity this is.
    fn fidelity(&self) -> Fidelity;

    /// True time now.
    fn now(&self) -> Timestamp;

    /// Lets time pass up to a moment, and the region live.
    fn pass_to(&mut self, until: Timestamp) -> impl Future<Output = ()>;

    /// The request as somebody can make it here: real nodes know only certain people. The same for the same request.
    fn as_known_here(&self, at: UnitId, request: Request) -> Request {
        let _ = at;
        request
    }

    /// Begins an act at a unit, as people there would; its answer comes as [`What::Answered`].
    fn act(&mut self, ticket: Ticket, at: UnitId, request: Request);

    /// Brings a fault about, or ends one. That it took effect comes as [`What::Fault`], perhaps later.
    ///
    /// # Errors
    /// [`NotHere`]: this fidelity cannot do that; the run goes on and says so loudly.
    fn inflict(&mut self, step: usize, action: &Action) -> Result<(), NotHere>;

    /// Takes away every crash that still waits for its moment, and gives the steps that set one: after the heal nothing may fail
    /// any more, and a crash that never came must not pass for one that did.
    fn disarm(&mut self) -> Vec<usize>;

    /// What happened since this was last called, in order.
    fn events(&mut self) -> Vec<Event>;

    /// Every replica with its folder's recorded commands and state, for the comparison at the end: (unit, node, payloads of
    /// its log from the first, rolling state hash). Replicas that are down at the end are left out.
    fn recorded(&mut self) -> Vec<Recorded>;
}

/// What one replica's log and rows hold at the end.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its unit.
    pub unit: UnitId,
    /// Which life of the unit.
    pub generation: Generation,
    /// The replica.
    pub node: NodeId,
    /// Payloads of committed commands, from the log's first on, as `protocol::machine::apply` takes them.
    pub payloads: Vec<Vec<u8>>,
    /// Rolling hash of the state after the last of them.
    pub state: domain::digest::ContentHash,
}

/// Why an act was not done, as far as whoever asked can know. Codes are documented ones (docs/errors.md).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The request cannot be, or the unit's rules say no: it is not done.
    #[error("{why}")]
    Refused {
        /// Why, for programs.
        code: &'static str,
        /// Why, in words.
        why: String,
    },
    /// No answer, or one that leaves it open: it may be done or not.
    #[error("{why}")]
    Unknown {
        /// Why, for programs.
        code: &'static str,
        /// Why, in words.
        why: String,
    },
}

impl NotDone {
    /// The documented code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } | Self::Unknown { code, .. } => code,
        }
    }
}

impl From<SubmitFault> for NotDone {
    fn from(fault: SubmitFault) -> Self {
        let (code, why) = (fault.code(), fault.to_string());
        match fault {
            SubmitFault::Unavailable(_) => Self::Unknown { code, why },
            SubmitFault::Invalid(_) | SubmitFault::Refused(_) => Self::Refused { code, why },
        }
    }
}

impl From<VotersFault> for NotDone {
    fn from(fault: VotersFault) -> Self {
        let (code, why) = (fault.code(), fault.to_string());
        match fault {
            VotersFault::Unavailable(_) | VotersFault::Interrupted { .. } => Self::Unknown { code, why },
            _ => Self::Refused { code, why },
        }
    }
}

impl From<Unavailable> for NotDone {
    fn from(unavailable: Unavailable) -> Self {
        SubmitFault::from(unavailable).into()
    }
}

/// A fidelity cannot do this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action} cannot be done at fidelity {fidelity}: {why}", fidelity = fidelity.as_str())]
pub struct NotHere {
    /// What was wanted.
    pub action: String,
    /// Where.
    pub fidelity: Fidelity,
    /// Why not.
    pub why: String,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// True time.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum What {
    /// A replica applied commands: their writes, one set for each batch. The set holds the audit row of every command and the
    /// new rolling state hash (`protocol::machine`).
    Applied {
        /// Its unit.
        unit: UnitId,
        /// Which life of the unit.
        generation: Generation,
        /// The replica.
        node: NodeId,
        /// What was written.
        writes: Arc<WriteSet>,
    },
    /// A replica put a snapshot in the place of its rows.
    Installed {
        /// Its unit.
        unit: UnitId,
        /// The replica.
        node: NodeId,
    },
    /// A unit that was lost goes on from its mirror: what the mirror had are the writes of all commands that it had, in order.
    Promoted {
        /// The unit.
        unit: UnitId,
        /// Its life from here on.
        generation: Generation,
        /// The one node of that life.
        node: NodeId,
        /// Nodes of the lives before: what they do from now on is void.
        formers: Vec<NodeId>,
        /// What the mirror had.
        mirror: Vec<Arc<WriteSet>>,
    },
    /// An act was answered, or given up.
    Answered {
        /// Which.
        ticket: Ticket,
        /// The answer.
        answer: Result<Outcome, NotDone>,
    },
    /// A change of a unit's voters ended, or was refused.
    VotersChanged {
        /// The step that asked for it.
        step: usize,
        /// Whether it is done.
        answer: Result<(), NotDone>,
    },
    /// A replica runs.
    Up {
        /// The replica.
        node: NodeId,
        /// Its unit.
        unit: UnitId,
    },
    /// A replica does not run any more.
    Down {
        /// The replica.
        node: NodeId,
        /// Its unit.
        unit: UnitId,
    },
    /// A replica's group stopped by itself: a failed disk, a broken promise.
    Stopped {
        /// The replica.
        node: NodeId,
        /// Its unit.
        unit: UnitId,
        /// What it said.
        why: String,
    },
    /// A replica leads its unit now.
    Leads {
        /// The replica.
        node: NodeId,
        /// Its unit.
        unit: UnitId,
    },
    /// A fault took effect: a message was really lost, a process really ended.
    Fault {
        /// The step that brought it about, by its place in the scenario; `None` for the world's own (lossy links).
        step: Option<usize>,
        /// Its kind.
        kind: FaultKind,
        /// In words, for transcript and report, e.g. `city/2 ended, 3 unsynced batches lost`; empty where it is only counted.
        how: String,
    },
}
