//! Why a group did not do what it was asked. One enum for each question.

use domain::ids::NodeId;
use domain::store::StoreFault;
use openraft::errors::{Fatal, ForwardToLeader};
use protocol::record::RecordFault;

use crate::alarm::Alarm;
use crate::standing::Reverted;
use crate::types::Types;

/// Why a group no longer runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// It was asked to.
    #[error("the group was shut down")]
    ShutDown,
    /// The store failed or a promise is broken. A [`StoreFault::Device`] stops the node, not only the group.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// This replica is not the voter that it was: it must not vote, and joins anew as another node.
    #[error(transparent)]
    Reverted(#[from] Reverted),
    /// Neighbours know another history of the unit than the one that lies here.
    #[error("{0}")]
    Contradicted(String),
    /// A defect in this program.
    #[error("the group stopped by a defect: {0}")]
    Defect(String),
}

impl Stop {
    pub(crate) fn new<R: openraft::AsyncRuntime>(fatal: &Fatal<Types<R>>, alarm: &Alarm) -> Self {
        if let Some(why) = alarm.reverted() {
            return Self::Reverted(why);
        }
        if let Some(why) = alarm.disowned() {
            return Self::Contradicted(why);
        }
        match (alarm.fault(), fatal) {
            (Some(fault), _) => Self::Store(fault),
            (None, Fatal::Stopped) => Self::ShutDown,
            (None, Fatal::StorageError(why)) => Self::Store(StoreFault::Device(why.to_string())),
            (None, Fatal::Panicked) => Self::Defect(fatal.to_string()),
        }
    }
}

/// Why a group did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    /// Its configuration contradicts itself.
    #[error("consensus: {0}")]
    Config(String),
    /// What lies on the disk cannot be read or cannot be.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

/// Why a group was not founded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoundFault {
    /// A replica founds only groups that it belongs to.
    #[error("node {node} is not among the members {members:?}")]
    NotMember {
        /// This replica.
        node: NodeId,
        /// Those named.
        members: Vec<NodeId>,
    },
    /// The group stopped.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

/// Why a proposal has no outcome. Each variant says whether it may still be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeFault {
    /// Not logged: another node leads. Ask it.
    #[error("node {leader} leads")]
    NotLeader {
        /// Who leads, or is about to.
        leader: NodeId,
    },
    /// Not logged, and passing: no leader is known, or this one has not heard from a majority.
    #[error("no leader can reach a majority now; try again")]
    NoLeader,
    /// **Unknown:** logged here, then another node led. May have been applied, or not, or may yet be: ask again under the same
    /// idempotency key.
    #[error("the leader changed while the command was on its way; it may have been applied")]
    LeaderChanged {
        /// Who leads now, if known.
        leader: Option<NodeId>,
    },
    /// **Unknown:** not applied in time; may still be.
    #[error("not applied within {millis} ms; it may still be")]
    Deadline {
        /// The deadline.
        millis: u64,
    },
    /// Not logged: longer than any frame carries.
    #[error("the command has {bytes} bytes, {most} are allowed")]
    TooLarge {
        /// Of the record.
        bytes: usize,
        /// The configuration's limit.
        most: usize,
    },
    /// Not logged: it has no form in bytes.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// The group stopped. What was under way is **unknown**.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

impl ProposeFault {
    /// Whether the command may have been, or may yet be, applied.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::LeaderChanged { .. } | Self::Deadline { .. } | Self::Stopped(_))
    }
}

/// Why the rows could not be shown to be fresh. Always harmless to ask again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// No leader is known, it could not be asked, or it cannot reach a majority.
    #[error("no leader can reach a majority now: {why}")]
    NoLeader {
        /// What was tried.
        why: String,
    },
    /// Not confirmed, or not applied here, in time.
    #[error("the rows could not be shown to be fresh within {millis} ms")]
    Deadline {
        /// The deadline.
        millis: u64,
    },
    /// The group stopped.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

/// Why the lead or the members were not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeadFault {
    /// This node does not lead.
    #[error("this node does not lead")]
    NotLeader {
        /// Who leads, if known.
        leader: Option<NodeId>,
    },
    /// No voter by that name.
    #[error("node {node} is no voter")]
    NotVoter {
        /// The node.
        node: NodeId,
    },
    /// The entry that names the members is not committed yet: one change at a time.
    #[error("another change of the members is under way")]
    UnderWay,
    /// A new replica has not come up to the leader in time.
    #[error("node {node} is {behind} entries behind after {millis} ms")]
    Behind {
        /// The replica.
        node: NodeId,
        /// Entries that it is not known to have.
        behind: u64,
        /// How long was waited.
        millis: u64,
    },
    /// The change contradicts the members.
    #[error("the members cannot be changed so: {why}")]
    Members {
        /// What openraft said.
        why: String,
    },
    /// Not done in time; may still be.
    #[error("not done within {millis} ms")]
    Deadline {
        /// The deadline.
        millis: u64,
    },
    /// The group stopped.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

/// Whom openraft names, if that is another node than this one.
pub(crate) fn forwarded<R: openraft::AsyncRuntime>(forward: &ForwardToLeader<Types<R>>, own: NodeId) -> Option<NodeId> {
    forward.leader_id.map(NodeId).filter(|leader| *leader != own)
}
