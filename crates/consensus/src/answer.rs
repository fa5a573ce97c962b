//! The receiving side: what other replicas of the group ask, turned into calls of openraft.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::ids::NodeId;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::raft::TransferLeaderError;
use openraft::{AsyncRuntime, LinearizerOption, Raft, Snapshot};
use protocol::record;
use protocol::seam::{Channel, GroupLog, GroupRows};

use crate::alarm::Alarm;
use crate::form::{Applied, Ballot};
use crate::machine::{Machine, stage};
use crate::snapshot::{SnapshotBody, Stage, Unpacked, Unpacker};
use crate::standing::{Reverted, Standing, last};
use crate::types::Types;
use crate::wire::{Answer, Candidacy, Greeted, ReadPoint, Request, SnapshotPart, Transferred};

/// Answers for one group.
pub(crate) struct Answering<L, W> {
    own: NodeId,
    log: L,
    rows: W,
    standing: Standing<W>,
    alarm: Alarm,
    incoming: Mutex<Option<Incoming>>,
}

/// A whole snapshot: how far it is, and its rows, not yet seen.
type Complete = (Applied, Box<dyn Stage>);

/// A snapshot on its way in. One at a time: there is one leader, and it sends one.
struct Incoming {
    vote: Ballot,
    transfer: u64,
    next: u64,
    unpacker: Unpacker,
}

impl<L: GroupLog, W: GroupRows> Answering<L, W> {
    pub(crate) fn new(standing: Standing<W>, log: L, rows: W, alarm: Alarm) -> Self {
        Self { own: standing.own, log, rows, standing, alarm, incoming: Mutex::new(None) }
    }

    /// `Err` is told to the peer, and ends its stream.
    pub(crate) async fn answer<R: AsyncRuntime>(
        &self,
        raft: &Raft<Types<R>, Machine<W>>,
        from: NodeId,
        channel: Channel,
        body: &[u8],
    ) -> Result<Vec<u8>, String> {
        let request: Request = record::read(body).map_err(|why| why.to_string())?;
        if let Some(speaker) = request.speaker().filter(|speaker| *speaker != from) {
            return Err(format!("node {from} spoke in the name of node {speaker}"));
        }
        let answer = match request {
            Request::Known(greeted) => self.greeted(raft, from, channel, *greeted).await?,
            Request::ReadPoint { .. } => self.plain(raft, channel, request).await?,
            // Without a greeting nobody could say whether one of the two has forgotten what it voted for.
            _ => return Err(format!("node {from} did not greet node {}", self.own)),
        };
        record::write(&answer).map_err(|why| why.to_string())
    }

    /// Holds both sides to what is known of them before openraft sees the request.
    async fn greeted<R: AsyncRuntime>(
        &self,
        raft: &Raft<Types<R>, Machine<W>>,
        from: NodeId,
        channel: Channel,
        greeted: Greeted,
    ) -> Result<Answer, String> {
        let Greeted { incarnation, expected, known, request } = greeted;
        if let Err(why) = self.is_known(from, incarnation, &request) {
            self.standing.refuse(&why);
            return Ok(Answer::Reverted(why));
        }
        // The engine's own count saves the disk where it says enough.
        let counted = raft.metrics().borrow_watched().last_log_index;
        let is_there = expected.acknowledged.is_none_or(|at| counted.is_some_and(|counted| counted >= at.index));
        let end = match is_there {
            true => expected.acknowledged,
            false => last(&self.log, &self.rows).map_err(|fault| self.alarm.ring(fault).to_string())?,
        };
        if let Err(why) = expected.check(self.own, self.standing.incarnation, end) {
            self.alarm.revert(&why);
            return Ok(Answer::Reverted(why));
        }
        if let Some(known) = known {
            self.standing.learn(&known).map_err(|fault| self.alarm.ring(fault).to_string())?;
        }
        let answer = Box::new(self.plain(raft, channel, request).await?);
        Ok(Answer::Known { incarnation: self.standing.incarnation, answer })
    }

    /// Whether who asks is the voter that is known. Who leads has asked for votes before, and was held to its log then.
    fn is_known(&self, from: NodeId, incarnation: [u8; 16], request: &Request) -> Result<(), Reverted> {
        let mark = self.standing.mark(from, None);
        match request {
            Request::Vote(Candidacy { last, .. }) | Request::PreVote(Candidacy { last, .. }) => {
                mark.check(from, incarnation, *last)
            }
            _ => mark.check(from, incarnation, mark.acknowledged),
        }
    }

    async fn plain<R: AsyncRuntime>(
        &self,
        raft: &Raft<Types<R>, Machine<W>>,
        channel: Channel,
        request: Request,
    ) -> Result<Answer, String> {
        Ok(match (channel, request) {
            (Channel::Vote | Channel::Append, Request::Append(append)) => {
                let request = append.try_into().map_err(|why: domain::store::StoreFault| why.to_string())?;
                Answer::Append(raft.append_entries(request).await.map_err(|why| why.to_string())?.into())
            }
            (Channel::Vote, Request::Vote(candidacy)) => {
                Answer::Vote(raft.vote(candidacy.into()).await.map_err(|why| why.to_string())?.into())
            }
            (Channel::Vote, Request::PreVote(candidacy)) => {
                Answer::Vote(raft.pre_vote(candidacy.into()).await.map_err(|why| why.to_string())?.into())
            }
            (Channel::Vote, Request::Transfer(transfer)) => {
                let answer = raft.handle_transfer_leader(transfer.into()).await.map_err(|why| why.to_string())?;
                Answer::Transfer(match answer {
                    Ok(()) => Transferred::Accepted,
                    Err(TransferLeaderError::VoteChanged { expected, actual }) => {
                        Transferred::VoteChanged { expected: expected.into(), actual: actual.into() }
                    }
                    Err(TransferLeaderError::LogNotFlushed { expected, actual }) => {
                        Transferred::LogBehind { expected: expected.map(Into::into), actual: actual.map(Into::into) }
                    }
                })
            }
            (Channel::Vote, Request::ReadPoint { within_millis }) => {
                let within = Duration::from_millis(within_millis);
                Answer::ReadPoint(match raft.get_read_linearizer(read_index(within)).await {
                    Ok(linearizer) => ReadPoint::At((*linearizer.read_log_id().log_id()).into()),
                    Err(why) => ReadPoint::Unknown { why: why.to_string() },
                })
            }
            (Channel::Snapshot, Request::SnapshotPart(part)) => self.take_part(raft, part).await?,
            (channel, _) => return Err(format!("node {} does not answer that on channel {channel:?}", self.own)),
        })
    }

    async fn take_part<R: AsyncRuntime>(
        &self,
        raft: &Raft<Types<R>, Machine<W>>,
        part: SnapshotPart,
    ) -> Result<Answer, String> {
        let vote = part.vote;
        let Some((applied, stage)) = self.unpack(part)? else { return Ok(Answer::SnapshotPart) };
        let meta = applied.try_into().map_err(|why: domain::store::StoreFault| why.to_string())?;
        let snapshot = Snapshot { meta, snapshot: SnapshotBody::Staged(stage) };
        let response = raft.install_full_snapshot(vote.into(), snapshot).await.map_err(|why| why.to_string())?;
        Ok(Answer::Snapshot(response.vote.into()))
    }

    /// All of the snapshot once its last part is here. What does not fit is forgotten, and the leader begins anew.
    fn unpack(&self, SnapshotPart { vote, transfer, number, frame }: SnapshotPart) -> Result<Option<Complete>, String> {
        // Nothing half done is left behind a panic: what is taken out is only put back whole.
        let mut incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        if number == 0 {
            if let Some(newer) = incoming.as_ref().filter(|known| known.vote.term > vote.term) {
                return Err(format!("a snapshot of term {} is coming in", newer.vote.term));
            }
            // The former one's rows are let go before the new one's place is made.
            *incoming = None;
            let stage = stage(&self.rows).map_err(|fault| self.alarm.ring(fault).to_string())?;
            let unpacker = Unpacker::begin(&frame, stage).map_err(|why| why.to_string())?;
            *incoming = Some(Incoming { vote, transfer, next: 1, unpacker });
            return Ok(None);
        }
        let fits = |known: &mut Incoming| (known.vote, known.transfer, known.next) == (vote, transfer, number);
        let Some(known) = incoming.take_if(fits) else {
            return Err(format!("part {number} of transfer {transfer} is not the next one"));
        };
        match known.unpacker.take(&frame).map_err(|why| why.to_string())? {
            Unpacked::More(unpacker) => {
                *incoming = Some(Incoming { unpacker, next: number + 1, ..known });
                Ok(None)
            }
            Unpacked::Complete(applied, stage) => Ok(Some((applied, stage))),
        }
    }
}

/// Reads are confirmed by asking a majority each time. openraft's lease would save that, but rests on clocks that go on while a
/// machine is paused or moved; a monotonic clock does not, and a paused leader would read what is no longer true.
pub(crate) fn read_index(within: Duration) -> LinearizerOption {
    LinearizerOption::new(Some(Duration::ZERO), true).with_wait_timeout(within)
}
