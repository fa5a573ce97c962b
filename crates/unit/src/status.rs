//! How a unit is, as one of its nodes knows it.

use domain::catalogue::CataloguePin;
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{Generation, NodeId, Sequence, UnitId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Waiting cases are counted up to here: a status that is asked for every second must not grow with the unit.
pub const MOST_COUNTED: usize = 10_000;

/// One unit at one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStatus {
    /// The region's name.
    pub region: String,
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// Which life of its log.
    pub generation: Generation,
    /// The node that answers.
    pub node: NodeId,
    /// What the node is to its group.
    pub role: NodeRole,
    /// The leader, as far as known.
    pub leader: Option<NodeId>,
    /// The voters and how far each is behind, where the leader answers.
    pub voters: Vec<VoterStatus>,
    /// Of the last command applied here.
    pub sequence: Sequence,
    /// The unit's time.
    pub now: Timestamp,
    /// Rolling hash of the state at `sequence`.
    pub state_hash: ContentHash,
    /// The newest catalogue version installed.
    pub catalogue: Option<CataloguePin>,
    /// Mail by peer.
    pub mail: Vec<MailStatus>,
    /// How many cases wait, by what for; [`MOST_COUNTED`] stands for that many or more.
    pub waiting: Vec<(domain::command::TaskKind, u64)>,
    /// Peers' mail kept as evidence of a contradiction: more than none is an alarm.
    pub contradictions: u64,
    /// Peers with whom this unit does not agree how far a stream goes: more than none is an alarm.
    pub disputes: Vec<DisputeStatus>,
    /// Requests of other units that the node has carried to units that they could not reach, since it started.
    pub carried: u64,
    /// How the unit's books stand.
    pub books: BooksStatus,
    /// Why the clock is not to be trusted, if so.
    pub clock: Option<String>,
    /// The last time that is certain, where the log is in a stretch of uncertain time: nobody has confirmed the unit's time since.
    pub certain_until: Option<Timestamp>,
    /// Why the group has stopped here, if so.
    pub stopped: Option<String>,
}

/// What a node is to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    /// Proposes and answers.
    Leader,
    /// Follows.
    Follower,
    /// Asks for votes.
    Candidate,
    /// Catches up, without a vote.
    Learner,
    /// Stopped.
    Stopped,
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoterStatus {
    /// Which.
    pub node: NodeId,
    /// Log entries behind the leader; `None` where not known.
    pub behind: Option<u64>,
}

/// The streams between this unit and one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStatus {
    /// The peer.
    pub peer: UnitId,
    /// Mail written and not yet acknowledged as committed.
    pub backlog: u64,
    /// When the oldest of it was written.
    pub oldest: Option<Timestamp>,
    /// What the last try to deliver said, if it failed.
    pub last_fault: Option<String>,
    /// The relay through which the peer is reached, where it cannot be reached straight.
    pub through: Option<UnitId>,
    /// Whether nothing is sent because the peer and this unit contradict each other.
    pub stopped: bool,
}

/// A peer's word that contradicts a stream of mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeStatus {
    /// The unit at the other end of the stream.
    pub peer: UnitId,
    /// Whose log is in doubt.
    pub of: UnitId,
    /// Both sides of the contradiction.
    pub what: String,
    /// When it was logged.
    pub at: Timestamp,
}

/// How a unit's books stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooksStatus {
    /// The last audit row under a head that neighbours were told; none before the first head.
    pub told: Option<Sequence>,
    /// Neighbours who signed under the books, and how far they have seen them.
    pub witnesses: Vec<WitnessStatus>,
    /// Units whose log has two histories, this one or a neighbour: more than none is an alarm.
    pub forks: Vec<ForkStatus>,
}

/// A neighbour who signed under the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessStatus {
    /// Who.
    pub unit: UnitId,
    /// The last audit row that it has seen.
    pub up_to: Sequence,
    /// When, by its clock.
    pub at: Timestamp,
}

/// Evidence that a log has two histories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkStatus {
    /// Whose log.
    pub of: UnitId,
    /// Both sides of the contradiction.
    pub what: String,
    /// When it was logged.
    pub at: Timestamp,
}
