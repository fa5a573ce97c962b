//! Sends what openraft wants sent, over [`Links`]: one [`Peer`] per target and purpose.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream};
use futures::{SinkExt, Stream, StreamExt};
use openraft::alias::{SnapshotOf, VoteOf};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Timeout, Unreachable};
use openraft::network::{RPCOption, stream_append_sequential};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderError,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::{AsyncRuntime, OptionalSend, RPCTypes, RaftNetworkFactory, RaftNetworkV2, StorageError};
use openraft_rt::Select2;
use protocol::record;
use protocol::seam::{Channel, GroupRows, LinkFault, LinkReceiver, LinkSender, LinkStream, Links};

use crate::alarm::Alarm;
use crate::config::Config;
use crate::form::{Applied, Ballot, Member, Position};
use crate::snapshot::{Packer, SnapshotBody};
use crate::standing::Standing;
use crate::types::{EntryId, Types};
use crate::wire::{Answer, Append, Appended, Request, SnapshotPart, Transferred};

/// Appends that are on their way to one follower before the next waits. Each has at most about a mebibyte.
const APPENDS_UNDER_WAY: usize = 16;

/// Makes peers of one group.
pub(crate) struct Network<W, K> {
    links: K,
    unit: UnitId,
    own: NodeId,
    standing: Standing<W>,
    append_patience: Duration,
    /// Numbers snapshot transfers of this process; a later process leads in a later term.
    transfers: Arc<AtomicU64>,
    alarm: Alarm,
}

impl<W: GroupRows, K: Links> Network<W, K> {
    pub(crate) fn new(config: &Config, links: K, standing: Standing<W>, alarm: Alarm) -> Self {
        Self {
            links,
            unit: config.unit,
            own: config.node,
            standing,
            append_patience: config.timing.append_patience(),
            transfers: Arc::new(AtomicU64::new(0)),
            alarm,
        }
    }

    fn peer(&self, to: u64, appends: Appends) -> Peer<W, K> {
        Peer {
            links: self.links.clone(),
            unit: self.unit,
            own: self.own,
            standing: self.standing.clone(),
            to: NodeId(to),
            appends,
            append_patience: self.append_patience,
            transfers: self.transfers.clone(),
            alarm: self.alarm.clone(),
        }
    }
}

impl<R: AsyncRuntime, W: GroupRows, K: Links> RaftNetworkFactory<Types<R>> for Network<W, K> {
    type Network = Peer<W, K>;

    async fn new_client(&mut self, target: u64, _: &Member) -> Peer<W, K> {
        self.peer(target, Appends::Stream)
    }

    /// Heartbeats go past entries that wait.
    async fn new_heartbeat_client(&mut self, target: u64, _: &Member) -> Peer<W, K> {
        self.peer(target, Appends::OneByOne)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appends {
    /// Entries: pipelined on a long-lived stream.
    Stream,
    /// Heartbeats: each a request of its own.
    OneByOne,
}

/// Another replica of the group.
pub(crate) struct Peer<W, K> {
    links: K,
    unit: UnitId,
    own: NodeId,
    standing: Standing<W>,
    to: NodeId,
    appends: Appends,
    append_patience: Duration,
    transfers: Arc<AtomicU64>,
    alarm: Alarm,
}

type Rpc<R, T> = Result<T, RPCError<Types<R>>>;

/// Asks another replica one thing.
pub(crate) async fn ask<K: Links>(
    links: &K,
    to: NodeId,
    unit: UnitId,
    channel: Channel,
    request: &Request,
    within: Duration,
) -> Result<Answer, LinkFault> {
    let body = record::write(request).map_err(|why| LinkFault::Refused { node: to, why: why.to_string() })?;
    let answer = links.request(to, unit, channel, body, millis(within)).await?;
    record::read(&answer).map_err(|why| LinkFault::Refused { node: to, why: why.to_string() })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

impl<W: GroupRows, K: Links> Peer<W, K> {
    async fn ask<R: AsyncRuntime>(&self, action: RPCTypes, request: Request, within: Duration) -> Rpc<R, Answer> {
        let channel = match action {
            RPCTypes::InstallSnapshot => Channel::Snapshot,
            RPCTypes::Vote | RPCTypes::AppendEntries | RPCTypes::TransferLeader => Channel::Vote,
        };
        let sent = Sent::of(&request);
        let greeted = self.standing.greet(self.to, request);
        let answer = ask(&self.links, self.to, self.unit, channel, &greeted, within).await;
        answer.and_then(|answer| self.met(answer, sent)).map_err(|fault| self.rpc_error(fault, action))
    }

    /// What a greeted replica answered, once it is known who it is. `sent` says what it has acknowledged with that.
    fn met(&self, answer: Answer, sent: Option<Sent>) -> Result<Answer, LinkFault> {
        let refused = |why: String| LinkFault::Refused { node: self.to, why };
        match answer {
            Answer::Known { incarnation, answer } => {
                let stored = |fault| refused(self.alarm.ring(fault).to_string());
                self.standing.met(self.to, incarnation).map_err(stored)?;
                if let Some((Sent { term, committed, .. }, at)) =
                    sent.and_then(|sent| Some((sent, sent.reached(&answer)?)))
                {
                    self.standing.acknowledged(self.to, term, at, committed).map_err(stored)?;
                }
                Ok(*answer)
            }
            Answer::Reverted(why) => {
                if self.standing.is_reverted(&why) {
                    self.alarm.revert(&why);
                } else if why.node() != self.own {
                    self.standing.refuse(&why);
                }
                Err(refused(why.to_string()))
            }
            _ => Err(refused("it answered without a greeting".to_owned())),
        }
    }

    fn rpc_error<R: AsyncRuntime>(&self, fault: LinkFault, action: RPCTypes) -> RPCError<Types<R>> {
        match fault {
            LinkFault::Deadline { millis, .. } => RPCError::Timeout(Timeout {
                action,
                id: self.own.0,
                target: self.to.0,
                timeout: Duration::from_millis(millis),
            }),
            // A refusal is not cured by asking again at once either.
            LinkFault::Unreachable { .. } | LinkFault::Refused { .. } => {
                RPCError::Unreachable(Unreachable::new(&fault))
            }
        }
    }

    fn unexpected<R: AsyncRuntime>(&self, action: RPCTypes, answer: &Answer) -> RPCError<Types<R>> {
        let kind = match answer {
            Answer::Append(_) => "an append",
            Answer::Vote(_) => "a vote",
            Answer::Transfer(_) => "a transfer",
            Answer::ReadPoint(_) => "a read point",
            Answer::SnapshotPart | Answer::Snapshot(_) => "a snapshot part",
            Answer::Known { .. } | Answer::Reverted(_) => "a greeting",
        };
        let why = format!("answered {action} as if it were {kind}");
        RPCError::Unreachable(Unreachable::new(&LinkFault::Refused { node: self.to, why }))
    }

    async fn send_snapshot<R: AsyncRuntime>(
        &self,
        vote: VoteOf<Types<R>>,
        mut packer: Packer<W::Snapshot>,
        last_applied: Option<Position>,
        within: Duration,
    ) -> Result<SnapshotResponse<Types<R>>, StreamingError<Types<R>>> {
        let transfer = self.transfers.fetch_add(1, Ordering::Relaxed);
        for number in 0.. {
            let next = packer.next().map_err(|fault| self.storage_error(fault))?;
            let Some((frame, last)) = next else { break };
            let part = SnapshotPart { vote: vote.into(), transfer, number, frame };
            let answer = self.ask::<R>(RPCTypes::InstallSnapshot, Request::SnapshotPart(part), within).await?;
            match answer {
                Answer::Snapshot(answered) => {
                    let ballot = Ballot::from(vote);
                    // What a snapshot brings is committed.
                    if let Some(at) = last_applied.filter(|_| answered == ballot) {
                        let kept = self.standing.acknowledged(self.to, ballot.term, at, Some(at));
                        kept.map_err(|fault| self.storage_error(fault))?;
                    }
                    return Ok(SnapshotResponse::new(answered.into()));
                }
                Answer::SnapshotPart if !last => {}
                other => return Err(self.unexpected::<R>(RPCTypes::InstallSnapshot, &other).into()),
            }
        }
        Err(NetworkError::from_string("the snapshot was sent and never answered").into())
    }

    fn storage_error<R: AsyncRuntime>(&self, fault: domain::store::StoreFault) -> StreamingError<Types<R>> {
        let error = self.alarm.ring(fault);
        StreamingError::StorageError(StorageError::read_snapshot(
            None,
            openraft::errors::ErrorSource::from_error(&error),
        ))
    }
}

impl<R: AsyncRuntime, W: GroupRows, K: Links> RaftNetworkV2<Types<R>> for Peer<W, K> {
    type SnapshotData = SnapshotBody<W::Snapshot>;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<Types<R>>,
        option: RPCOption,
    ) -> Rpc<R, AppendEntriesResponse<Types<R>>> {
        let action = RPCTypes::AppendEntries;
        match self.ask::<R>(action, Request::Append(request.into()), option.soft_ttl()).await? {
            Answer::Append(appended) => Ok(appended.into()),
            other => Err(self.unexpected(action, &other)),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        option: RPCOption,
    ) -> BoxFuture<'s, Rpc<R, BoxStream<'s, Rpc<R, StreamAppendResult<Types<R>>>>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types<R>>> + OptionalSend + Unpin + 'static,
    {
        match self.appends {
            Appends::OneByOne => stream_append_sequential(self, input, option),
            Appends::Stream => self.pipeline::<R, S>(input).boxed(),
        }
    }

    async fn vote(&mut self, request: VoteRequest<Types<R>>, option: RPCOption) -> Rpc<R, VoteResponse<Types<R>>> {
        match self.ask::<R>(RPCTypes::Vote, Request::Vote(request.into()), option.soft_ttl()).await? {
            Answer::Vote(voted) => Ok(voted.into()),
            other => Err(self.unexpected(RPCTypes::Vote, &other)),
        }
    }

    async fn pre_vote(&mut self, request: VoteRequest<Types<R>>, option: RPCOption) -> Rpc<R, VoteResponse<Types<R>>> {
        match self.ask::<R>(RPCTypes::Vote, Request::PreVote(request.into()), option.soft_ttl()).await? {
            Answer::Vote(voted) => Ok(voted.into()),
            other => Err(self.unexpected(RPCTypes::Vote, &other)),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: VoteOf<Types<R>>,
        snapshot: SnapshotOf<Types<R>, Self::SnapshotData>,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<Types<R>>, StreamingError<Types<R>>> {
        let SnapshotBody::View(view) = snapshot.snapshot else {
            return Err(ReplicationClosed::new("a snapshot that is still coming in is not sent on").into());
        };
        let applied = Applied::from(&snapshot.meta);
        let last = applied.last;
        let sending = self.send_snapshot::<R>(vote, Packer::new(applied, view), last, option.hard_ttl());
        match R::select2(cancel, sending).await {
            Select2::First(closed) => Err(closed.into()),
            Select2::Second(sent) => sent,
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<Types<R>>,
        option: RPCOption,
    ) -> Rpc<R, TransferLeaderResponse<Types<R>>> {
        let action = RPCTypes::TransferLeader;
        let answer = self.ask::<R>(action, Request::Transfer(request.into()), option.soft_ttl()).await?;
        let Answer::Transfer(transferred) = answer else { return Err(self.unexpected(action, &answer)) };
        Ok(match transferred {
            Transferred::Accepted => Ok(()),
            Transferred::VoteChanged { expected, actual } => {
                Err(TransferLeaderError::VoteChanged { expected: expected.into(), actual: actual.into() })
            }
            Transferred::LogBehind { expected, actual } => Err(TransferLeaderError::LogNotFlushed {
                expected: expected.map(Into::into),
                actual: actual.map(Into::into),
            }),
        })
    }
}

/// What an append carries to a follower: what its answer will mean.
#[derive(Clone, Copy, Debug)]
struct Sent {
    term: u64,
    after: Option<Position>,
    last: Option<Position>,
    committed: Option<Position>,
}

impl Sent {
    fn of(request: &Request) -> Option<Self> {
        let Request::Append(append) = request else { return None };
        let last = append.entries.last().map(|entry| entry.at).or(append.after);
        Some(Self { term: append.vote.term, after: append.after, last, committed: append.committed })
    }

    /// Up to where the answer says that the log is the leader's, and synced.
    fn reached(self, answer: &Answer) -> Option<Position> {
        match answer {
            Answer::Append(Appended::All) => self.last,
            Answer::Append(Appended::Part(got)) => *got,
            _ => None,
        }
    }
}

impl<W: GroupRows, K: Links> Peer<W, K> {
    /// Sends requests as they come and yields answers in their order, both from within the returned stream: no task of its own
    /// that could outlive the leader's interest.
    async fn pipeline<'s, R, S>(&'s self, mut input: S) -> Rpc<R, BoxStream<'s, Rpc<R, StreamAppendResult<Types<R>>>>>
    where
        R: AsyncRuntime,
        S: Stream<Item = AppendEntriesRequest<Types<R>>> + OptionalSend + Unpin + 'static,
    {
        let action = RPCTypes::AppendEntries;
        let opening = self.links.open_stream(self.to, self.unit, Channel::Append);
        let opened = R::timeout(self.append_patience, opening).await.unwrap_or_else(|_| Err(self.late()));
        let (mut sender, receiver) = opened.map_err(|fault| self.rpc_error::<R>(fault, action))?.split();

        // Some links end both ways when one half is dropped: the sending half is kept until the last answer is here.
        let (keep, kept) = futures::channel::oneshot::channel();
        let (mut spans, under_way) = futures::channel::mpsc::channel::<Sent>(APPENDS_UNDER_WAY);
        let sending = async move {
            while let Some(request) = input.next().await {
                let request = Request::Append(Append::from(request));
                let Some(sent) = Sent::of(&request) else { continue };
                if spans.send(sent).await.is_err() {
                    // The answering half has ended, and has said why.
                    return None;
                }
                let body = record::write(&self.standing.greet(self.to, request));
                let sent = match body {
                    Ok(body) => sender.send(body).await,
                    Err(why) => Err(LinkFault::Refused { node: self.to, why: why.to_string() }),
                };
                if let Err(fault) = sent {
                    return Some(Err(self.rpc_error::<R>(fault, action)));
                }
            }
            drop(keep.send(sender));
            None
        };
        let answers = stream::unfold(Some((receiver, under_way, kept)), move |halves| async move {
            let (mut receiver, mut under_way, kept) = halves?;
            let sent = under_way.next().await?;
            let received = R::timeout(self.append_patience, receiver.receive()).await;
            let answer = received.unwrap_or_else(|_| Err(self.late()));
            let (result, more) = self.appended::<R>(answer, sent);
            Some((result, more.then_some((receiver, under_way, kept))))
        });
        let failed = stream::once(sending).filter_map(|failed| async move { failed });
        Ok(stream::select(failed, answers).boxed())
    }

    /// What an answer means for openraft, and whether the stream goes on after it.
    fn appended<R: AsyncRuntime>(
        &self,
        answer: Result<Vec<u8>, LinkFault>,
        sent: Sent,
    ) -> (Rpc<R, StreamAppendResult<Types<R>>>, bool) {
        let action = RPCTypes::AppendEntries;
        let read = |bytes: Vec<u8>| {
            record::read(&bytes).map_err(|why| LinkFault::Refused { node: self.to, why: why.to_string() })
        };
        let (after, last) = (sent.after, sent.last);
        let answer = match answer.and_then(read).and_then(|answer| self.met(answer, Some(sent))) {
            Ok(Answer::Append(appended)) => appended,
            Ok(other) => return (Err(self.unexpected(action, &other)), false),
            Err(fault) => return (Err(self.rpc_error(fault, action)), false),
        };
        if answer == Appended::Conflict && after.is_none() {
            let why = "a conflict before the log's first entry".to_owned();
            return (Err(self.rpc_error(LinkFault::Refused { node: self.to, why }, action)), false);
        }
        let whole = match &answer {
            Appended::All => true,
            Appended::Part(got) => *got == last,
            Appended::Conflict | Appended::Higher(_) => false,
        };
        let response: AppendEntriesResponse<Types<R>> = answer.into();
        let (after, last): (Option<EntryId>, Option<EntryId>) = (after.map(Into::into), last.map(Into::into));
        (Ok(response.into_stream_result(after, last)), whole)
    }

    fn late(&self) -> LinkFault {
        LinkFault::Deadline { node: self.to, millis: millis(self.append_patience) }
    }
}
