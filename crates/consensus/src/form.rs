//! The persisted forms of a group: what lies in its log, beside its rows and in a snapshot. Frozen; kinds 96–111 (docs/formats.md).

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::ContentHash;
use domain::first_form;
use domain::ids::NodeId;
use protocol::seam::Row;
use serde::{Deserialize, Serialize};

/// Place of an entry in a group's log. Orders as the log does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The term in which it was written.
    pub term: u64,
    /// The leader that wrote it.
    pub leader: NodeId,
    /// Its number in the log.
    pub index: u64,
}

/// A vote: for whom, in which term, and whether a majority gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// The term.
    pub term: u64,
    /// The candidate.
    pub node: NodeId,
    /// Whether a majority gave it: the candidate leads.
    pub granted: bool,
}

/// One entry of a group's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Where it stands.
    pub at: Position,
    /// What it says.
    pub content: Content,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A new leader's first entry.
    Blank,
    /// A record of `domain`'s `Proposal`.
    Command(Vec<u8>),
    /// Who belongs to the group from here on.
    Members(Members),
}

/// Who belongs to a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// The voters; two sets while they change, and then a majority of each is needed.
    pub voters: Vec<BTreeSet<NodeId>>,
    /// All of them, learners too.
    pub nodes: BTreeMap<NodeId, Member>,
}

/// What the group knows of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which life of its data folder, once it has registered: a folder that was lost comes back under another (protocol.md §9).
    pub incarnation: Option<u64>,
}

/// How far the rows are: written in one batch with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The last entry whose writes are in the rows.
    pub last: Option<Position>,
    /// The entry that named the members.
    pub members_at: Option<Position>,
    /// The members as of `last`.
    pub members: Members,
}

/// A snapshot is a stream of these records: one head, rows in the order of their keys, one tail. Each has its own checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SnapshotFrame {
    /// How far the rows are.
    Head(Applied),
    /// Some rows; keys without the keyspace.
    Rows(Vec<Row>),
    /// The end: nothing before it was lost.
    Tail {
        /// Rows in all frames.
        rows: u64,
        /// Over all frames before this one.
        hash: ContentHash,
    },
}

first_form! {
    96: LogEntry;
    97: Ballot;
    98: Position;
    99: Applied;
    100: SnapshotFrame;
}
