//! openraft's types for a group, and the way between them and this crate's forms.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use domain::command::Outcome;
use domain::ids::NodeId;
use domain::store::StoreFault;
use openraft::impls::leader_id_adv::LeaderId;
use openraft::impls::{BoxedErrorSource, InlineBatch, OneshotResponder};
use openraft::{AsyncRuntime, EntryPayload, LogId, Membership, OptionalSend, RaftTypeConfig, StoredMembership, Vote};

use crate::form::{Applied, Ballot, Content, LogEntry, Member, Members, Position};

/// Type configuration of every group, for one async runtime.
pub struct Types<R>(PhantomData<fn() -> R>);

impl<R: AsyncRuntime> RaftTypeConfig for Types<R> {
    type D = Command;
    /// Nothing for entries that are not commands.
    type R = Option<Outcome>;
    type NodeId = u64;
    type Node = Member;
    type Term = u64;
    type LeaderId = Leader;
    type Vote = Vote<Leader>;
    type Payload = EntryPayload<Command, u64, Member>;
    type Entry = Entry;
    type AsyncRuntime = R;
    type Responder<T>
        = OneshotResponder<Self, T>
    where
        T: OptionalSend + 'static;
    type Batch<T>
        = InlineBatch<T>
    where
        T: OptionalSend + 'static;
    type ErrorSource = BoxedErrorSource;
}

/// A command as the log holds it: a record of `domain`'s `Proposal`, never looked into here.
#[derive(Clone, PartialEq, Eq)]
pub struct Command(pub Vec<u8>);

impl fmt::Debug for Command {
    /// The length only: what a command says does not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({} bytes)", self.0.len())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

pub(crate) type Leader = LeaderId<u64, u64>;
pub(crate) type Entry = openraft::Entry<Leader, EntryPayload<Command, u64, Member>>;
pub(crate) type EntryId = LogId<Leader>;
pub(crate) type Meta = openraft::SnapshotMeta<Leader, u64, Member>;

impl From<EntryId> for Position {
    fn from(id: EntryId) -> Self {
        Self { term: id.leader_id.term, leader: NodeId(id.leader_id.node_id), index: id.index }
    }
}

impl From<Position> for EntryId {
    fn from(at: Position) -> Self {
        Self { leader_id: Leader { term: at.term, node_id: at.leader.0 }, index: at.index }
    }
}

impl From<Vote<Leader>> for Ballot {
    fn from(vote: Vote<Leader>) -> Self {
        let Leader { term, node_id } = vote.leader_id;
        Self { term, node: NodeId(node_id), granted: vote.committed }
    }
}

impl From<Ballot> for Vote<Leader> {
    fn from(ballot: Ballot) -> Self {
        let leader_id = Leader { term: ballot.term, node_id: ballot.node.0 };
        Self { leader_id, committed: ballot.granted }
    }
}

impl From<&Membership<u64, Member>> for Members {
    fn from(members: &Membership<u64, Member>) -> Self {
        let voters = members.get_joint_config().iter();
        Self {
            voters: voters.map(|voters| voters.iter().copied().map(NodeId).collect()).collect(),
            nodes: members.nodes().map(|(node, member)| (NodeId(*node), member.clone())).collect(),
        }
    }
}

impl TryFrom<Members> for Membership<u64, Member> {
    type Error = StoreFault;

    fn try_from(members: Members) -> Result<Self, StoreFault> {
        let voters = members.voters.into_iter().map(|voters| voters.into_iter().map(|node| node.0).collect()).collect();
        let nodes: std::collections::BTreeMap<_, _> =
            members.nodes.into_iter().map(|(node, member)| (node.0, member)).collect();
        let broken = |why: &dyn fmt::Display| StoreFault::Broken { promise: "I12", what: format!("members: {why}") };
        Membership::new(voters, nodes).map_err(|why| broken(&why))
    }
}

impl From<Entry> for LogEntry {
    fn from(entry: Entry) -> Self {
        let content = match entry.payload {
            EntryPayload::Blank => Content::Blank,
            EntryPayload::Normal(Command(bytes)) => Content::Command(bytes),
            EntryPayload::Membership(members) => Content::Members((&members).into()),
        };
        Self { at: entry.log_id.into(), content }
    }
}

impl TryFrom<LogEntry> for Entry {
    type Error = StoreFault;

    fn try_from(entry: LogEntry) -> Result<Self, StoreFault> {
        let payload = match entry.content {
            Content::Blank => EntryPayload::Blank,
            Content::Command(bytes) => EntryPayload::Normal(Command(bytes)),
            Content::Members(members) => EntryPayload::Membership(members.try_into()?),
        };
        Ok(Self { log_id: entry.at.into(), payload })
    }
}

impl From<&Meta> for Applied {
    fn from(meta: &Meta) -> Self {
        Self {
            last: meta.last_log_id.map(Into::into),
            members_at: meta.last_membership.log_id().map(Into::into),
            members: meta.last_membership.membership().into(),
        }
    }
}

impl TryFrom<Applied> for Meta {
    type Error = StoreFault;

    fn try_from(applied: Applied) -> Result<Self, StoreFault> {
        let members = applied.members.try_into()?;
        Ok(Self {
            last_log_id: applied.last.map(Into::into),
            last_membership: StoredMembership::new(applied.members_at.map(Into::into), members),
        })
    }
}

// Derived impls would ask the same of `R`, of which there are no values.
impl<R> Clone for Types<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Types<R> {}
impl<R> Default for Types<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}
impl<R> fmt::Debug for Types<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Types")
    }
}
impl<R> PartialEq for Types<R> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<R> Eq for Types<R> {}
impl<R> PartialOrd for Types<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<R> Ord for Types<R> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}
