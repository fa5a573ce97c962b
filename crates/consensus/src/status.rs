//! What can be seen of a group.

use std::collections::BTreeSet;

use domain::digest::ContentHash;
use domain::ids::NodeId;
use domain::store::StoreFault;
use openraft::{AsyncRuntime, RaftMetrics, ServerState};
use protocol::seam::GroupRows;

use crate::form::{Members, Position};
use crate::types::Types;

/// What a replica is to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It leads.
    Leader,
    /// It follows, and votes.
    Follower,
    /// It asks for votes.
    Candidate,
    /// It follows without a vote: not yet a member, or not one that votes.
    Learner,
    /// It no longer runs.
    Stopped,
}

impl Role {
    pub(crate) fn of<R: AsyncRuntime>(metrics: &RaftMetrics<Types<R>>) -> Self {
        match (&metrics.running_state, metrics.state) {
            (Err(_), _) | (_, ServerState::Shutdown) => Self::Stopped,
            (_, ServerState::Leader) => Self::Leader,
            (_, ServerState::Follower) => Self::Follower,
            (_, ServerState::Candidate) => Self::Candidate,
            (_, ServerState::Learner) => Self::Learner,
        }
    }
}

/// A replica's own account of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The replica.
    pub node: NodeId,
    /// What it is to the group.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// Who leads, as far as it knows.
    pub leader: Option<NodeId>,
    /// Its last entry; `None` while the log is empty.
    pub last_index: Option<u64>,
    /// The last entry that is in its rows.
    pub applied: Option<Position>,
    /// The last snapshot point.
    pub snapshot: Option<Position>,
    /// The last entry that was purged.
    pub purged: Option<Position>,
    /// Who belongs to the group.
    pub members: Members,
    /// How far the others are; only the leader knows.
    pub followers: Vec<Follower>,
    /// The rolling hash over all writes, as of `applied` or a little later.
    pub state_hash: ContentHash,
}

/// How far another replica is, as its leader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The replica.
    pub node: NodeId,
    /// The last entry that it is known to have.
    pub matched: Option<u64>,
    /// Entries that the leader has and it is not known to have.
    pub lag_entries: u64,
    /// Whether it has answered lately: within the longest election timeout.
    pub answers: bool,
}

/// Entries up to `last` that a replica which is known to have those up to `matched` lacks.
pub(crate) fn behind(last: Option<u64>, matched: Option<u64>) -> u64 {
    last.map_or(0, |last| last + 1).saturating_sub(matched.map_or(0, |index| index + 1))
}

impl Status {
    pub(crate) fn new<R: AsyncRuntime>(
        metrics: &RaftMetrics<Types<R>>,
        rows: &impl GroupRows,
        answering: &BTreeSet<NodeId>,
    ) -> Result<Self, StoreFault> {
        let own = metrics.id;
        let known = metrics.replication.iter().flatten();
        let followers = known.filter(|(node, _)| **node != own).map(|(node, matched)| {
            let (node, matched) = (NodeId(*node), matched.map(|id| id.index));
            let lag_entries = behind(metrics.last_log_index, matched);
            Follower { node, matched, lag_entries, answers: answering.contains(&node) }
        });
        Ok(Self {
            node: NodeId(own),
            role: Role::of(metrics),
            term: metrics.current_term,
            leader: metrics.current_leader.map(NodeId),
            last_index: metrics.last_log_index,
            applied: metrics.last_applied.map(Into::into),
            snapshot: metrics.snapshot.map(Into::into),
            purged: metrics.purged.map(Into::into),
            members: metrics.membership_config.membership().into(),
            followers: followers.collect(),
            state_hash: protocol::machine::state_hash(&rows.snapshot()?)?,
        })
    }
}
