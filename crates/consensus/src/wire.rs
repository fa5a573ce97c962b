//! What replicas of one group say to each other. Frozen like what lies on disk: during an upgrade both releases talk.
//!
//! One request, one answer. Variants are numbered by their order: only ever add at the end.

use domain::first_form;
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, TransferLeaderRequest, VoteRequest, VoteResponse};
use openraft::{AsyncRuntime, Vote};
use serde::{Deserialize, Serialize};

use crate::form::{Ballot, LogEntry, Position};
use crate::standing::{Known, Mark, Reverted};
use crate::types::{Leader, Types};
use domain::ids::NodeId;
use domain::store::StoreFault;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Add these entries; none: I still lead.
    Append(Append),
    /// Vote for me.
    Vote(Candidacy),
    /// Would you vote for me?
    PreVote(Candidacy),
    /// Take the lead, or let another take it.
    Transfer(Transfer),
    /// Up to where must I have applied, to read what is fresh now?
    ReadPoint {
        /// Within so long.
        within_millis: u64,
    },
    /// Part of a snapshot.
    SnapshotPart(SnapshotPart),
    /// Any of the others but [`Self::ReadPoint`], with what is known of both sides: none of them is taken without.
    Known(Box<Greeted>),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Append(Appended),
    /// To a vote and to a pre-vote.
    Vote(Voted),
    Transfer(Transferred),
    ReadPoint(ReadPoint),
    /// The part is kept: send the next.
    SnapshotPart,
    /// That was the last part, and the snapshot is installed, or refused for a higher vote.
    Snapshot(Ballot),
    /// To [`Request::Known`]: any of the others.
    Known {
        /// Of the folder that answers.
        incarnation: [u8; 16],
        /// The answer itself.
        answer: Box<Answer>,
    },
    /// To [`Request::Known`]: nothing was done, one of the two is not the voter that it was.
    Reverted(Reverted),
}

/// A request and what is known of who asks and who is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Greeted {
    /// Of the folder that asks.
    pub(crate) incarnation: [u8; 16],
    /// What who asks knows of who is asked.
    pub(crate) expected: Mark,
    /// What it knows of all; with a leader's heartbeats.
    pub(crate) known: Option<Known>,
    /// What is asked.
    pub(crate) request: Request,
}

first_form! {
    110: Request;
    111: Answer;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Append {
    pub(crate) vote: Ballot,
    /// The entry before the first.
    pub(crate) after: Option<Position>,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) committed: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Appended {
    /// All of them.
    All,
    /// As far as this.
    Part(Option<Position>),
    /// The entry before the first is another here.
    Conflict,
    /// Another leads.
    Higher(Ballot),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Candidacy {
    pub(crate) vote: Ballot,
    pub(crate) last: Option<Position>,
    /// The leader itself asked for this election.
    pub(crate) by_transfer: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voted {
    pub(crate) vote: Ballot,
    pub(crate) granted: bool,
    pub(crate) last: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) from: Ballot,
    pub(crate) to: NodeId,
    /// What `to` must have before it asks for votes.
    pub(crate) last: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Transferred {
    Accepted,
    VoteChanged { expected: Ballot, actual: Ballot },
    LogBehind { expected: Option<Position>, actual: Option<Position> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReadPoint {
    /// This far.
    At(Position),
    /// Ask another, or nobody can say.
    Unknown { why: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotPart {
    pub(crate) vote: Ballot,
    /// Which transfer of this leader; a late part of a former one must not be taken for this one's.
    pub(crate) transfer: u64,
    /// Counts the parts from 0.
    pub(crate) number: u64,
    /// A [`crate::form::SnapshotFrame`].
    #[serde(with = "serde_bytes")]
    pub(crate) frame: Vec<u8>,
}

impl Request {
    /// In whose name it is; `None` where it does not matter.
    pub(crate) fn speaker(&self) -> Option<NodeId> {
        match self {
            Self::Append(Append { vote, .. })
            | Self::Vote(Candidacy { vote, .. })
            | Self::PreVote(Candidacy { vote, .. })
            | Self::Transfer(Transfer { from: vote, .. })
            | Self::SnapshotPart(SnapshotPart { vote, .. }) => Some(vote.node),
            Self::ReadPoint { .. } => None,
            Self::Known(greeted) => greeted.request.speaker(),
        }
    }

    /// In which vote it is sent.
    pub(crate) fn vote(&self) -> Option<Ballot> {
        match self {
            Self::Append(Append { vote, .. })
            | Self::Vote(Candidacy { vote, .. })
            | Self::PreVote(Candidacy { vote, .. })
            | Self::Transfer(Transfer { from: vote, .. })
            | Self::SnapshotPart(SnapshotPart { vote, .. }) => Some(*vote),
            Self::ReadPoint { .. } => None,
            Self::Known(greeted) => greeted.request.vote(),
        }
    }
}

impl<R: AsyncRuntime> From<AppendEntriesRequest<Types<R>>> for Append {
    fn from(request: AppendEntriesRequest<Types<R>>) -> Self {
        Self {
            vote: request.vote.into(),
            after: request.prev_log_id.map(Into::into),
            entries: request.entries.into_iter().map(Into::into).collect(),
            committed: request.leader_commit.map(Into::into),
        }
    }
}

impl<R: AsyncRuntime> TryFrom<Append> for AppendEntriesRequest<Types<R>> {
    type Error = StoreFault;

    fn try_from(append: Append) -> Result<Self, StoreFault> {
        Ok(Self {
            vote: append.vote.into(),
            prev_log_id: append.after.map(Into::into),
            entries: append.entries.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            leader_commit: append.committed.map(Into::into),
        })
    }
}

impl<R: AsyncRuntime> From<AppendEntriesResponse<Types<R>>> for Appended {
    fn from(response: AppendEntriesResponse<Types<R>>) -> Self {
        match response {
            AppendEntriesResponse::Success => Self::All,
            AppendEntriesResponse::PartialSuccess(last) => Self::Part(last.map(Into::into)),
            AppendEntriesResponse::Conflict => Self::Conflict,
            AppendEntriesResponse::HigherVote(vote) => Self::Higher(vote.into()),
        }
    }
}

impl<R: AsyncRuntime> From<Appended> for AppendEntriesResponse<Types<R>> {
    fn from(appended: Appended) -> Self {
        match appended {
            Appended::All => Self::Success,
            Appended::Part(last) => Self::PartialSuccess(last.map(Into::into)),
            Appended::Conflict => Self::Conflict,
            Appended::Higher(vote) => Self::HigherVote(vote.into()),
        }
    }
}

impl<R: AsyncRuntime> From<VoteRequest<Types<R>>> for Candidacy {
    fn from(request: VoteRequest<Types<R>>) -> Self {
        Self {
            vote: request.vote.into(),
            last: request.last_log_id.map(Into::into),
            by_transfer: request.leadership_transfer,
        }
    }
}

impl<R: AsyncRuntime> From<Candidacy> for VoteRequest<Types<R>> {
    fn from(candidacy: Candidacy) -> Self {
        let mut request = Self::new(candidacy.vote.into(), candidacy.last.map(Into::into));
        request.leadership_transfer = candidacy.by_transfer;
        request
    }
}

impl<R: AsyncRuntime> From<VoteResponse<Types<R>>> for Voted {
    fn from(response: VoteResponse<Types<R>>) -> Self {
        Self { vote: response.vote.into(), granted: response.vote_granted, last: response.last_log_id.map(Into::into) }
    }
}

impl<R: AsyncRuntime> From<Voted> for VoteResponse<Types<R>> {
    fn from(voted: Voted) -> Self {
        let vote: Vote<Leader> = voted.vote.into();
        Self::new(vote, voted.last.map(Into::into), voted.granted)
    }
}

impl<R: AsyncRuntime> From<TransferLeaderRequest<Types<R>>> for Transfer {
    fn from(request: TransferLeaderRequest<Types<R>>) -> Self {
        Self {
            from: (*request.from_leader()).into(),
            to: NodeId(*request.to_node_id()),
            last: request.last_log_id().copied().map(Into::into),
        }
    }
}

impl<R: AsyncRuntime> From<Transfer> for TransferLeaderRequest<Types<R>> {
    fn from(transfer: Transfer) -> Self {
        Self::new(transfer.from.into(), transfer.to.0, transfer.last.map(Into::into))
    }
}
