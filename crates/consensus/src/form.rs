//! The persisted forms of a group: what lies in its log, beside its rows and in a snapshot. Frozen; kinds 104–111 (docs/formats.md).

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
    Command(#[serde(with = "serde_bytes")] Vec<u8>),
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
    pub incarnation: Option<[u8; 16]>,
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
    104: LogEntry;
    105: Ballot;
    106: Position;
    107: Applied;
    108: SnapshotFrame;
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::store::Record;
    use protocol::record;

    fn position() -> Position {
        Position { term: 3, leader: NodeId(2), index: 300 }
    }

    fn members() -> Members {
        let nodes = [(1, None), (2, Some([9; 16]))];
        Members {
            voters: vec![BTreeSet::from([NodeId(1), NodeId(2)])],
            nodes: nodes.map(|(node, incarnation)| (NodeId(node), Member { incarnation })).into(),
        }
    }

    #[track_caller]
    fn check<R: Record + PartialEq + std::fmt::Debug>(value: R, golden: &str) {
        let bytes = record::write(&value).unwrap();
        assert_eq!(hex::encode(&bytes), golden);
        assert_eq!(record::read::<R>(&bytes).unwrap(), value);
    }

    /// These bytes lie on disks: a change here is a new version with a `From`, never a new expectation.
    #[test]
    fn golden_bytes() {
        check(LogEntry { at: position(), content: Content::Blank }, GOLDEN[0]);
        check(LogEntry { at: position(), content: Content::Command(vec![1, 2, 3]) }, GOLDEN[1]);
        check(LogEntry { at: position(), content: Content::Members(members()) }, GOLDEN[2]);
        check(Ballot { term: 3, node: NodeId(2), granted: true }, GOLDEN[3]);
        check(position(), GOLDEN[4]);
        check(Applied { last: Some(position()), members_at: None, members: members() }, GOLDEN[5]);
        check(SnapshotFrame::Head(Applied::default()), GOLDEN[6]);
        check(SnapshotFrame::Rows(vec![(vec![1, 2], vec![3])]), GOLDEN[7]);
        check(SnapshotFrame::Tail { rows: 1, hash: ContentHash([7; 32]) }, GOLDEN[8]);
    }

    const GOLDEN: [&str; 9] = [
        "006801004c8dd0c90302ac0200",
        "00680100d3e77f4c0302ac020103010203",
        "006801004c77baac0302ac020201020102020100020109090909090909090909090909090909",
        "00690100c8804411030201",
        "006a01007c35f62e0302ac02",
        "006b010042e61c81010302ac020001020102020100020109090909090909090909090909090909",
        "006c0100c73aaaee0000000000",
        "006c01009be619d001010201020103",
        "006c0100eda03ad102010707070707070707070707070707070707070707070707070707070707070707",
    ];
}
