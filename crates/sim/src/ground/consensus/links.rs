//! Links of a simulated world: what one host sends reaches the other's [`Answers`] after its delay, or never.
//!
//! Requests are answered once or not at all, as over QUIC: a lost one is a deadline. Streams keep their order and break when one
//! of their messages is lost. Mail alone can also come twice: a relay or a sender that was restarted sends again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use futures::channel::{mpsc, oneshot};
use futures::stream::FuturesOrdered;
use futures::{FutureExt, SinkExt, StreamExt, select_biased};
use protocol::seam::{Answers, Channel, LinkFault, LinkReceiver, LinkSender, LinkStream, Links, Peer};
use tokio::time::Instant;

use super::runtime::Life;
use super::world::Shared;
use crate::ground::network::End;

/// Requests of one stream that may be under way.
const STREAM_QUEUE: usize = 64;

/// One replica's way to all others, for one of its lives.
#[derive(Clone)]
pub(super) struct SimLinks {
    pub(super) me: Peer,
    pub(super) life: Life,
    pub(super) world: Arc<Shared>,
}

impl SimLinks {
    fn ends(&self, to: NodeId) -> Option<(End, End)> {
        let unit = self.world.unit_of(to)?;
        Some((End { node: self.me.node, unit: self.me.unit }, End { node: to, unit }))
    }
}

fn unreachable(node: NodeId, why: &str) -> LinkFault {
    LinkFault::Unreachable { node, why: why.to_owned() }
}

/// Hands one request to the replica at `to` as it is then, and gives its answer; `None` if nobody is there or it ends meanwhile.
fn hand_over(
    world: &Arc<Shared>,
    from: Peer,
    to: NodeId,
    group: UnitId,
    channel: Channel,
    body: Vec<u8>,
) -> Option<oneshot::Receiver<Result<Vec<u8>, String>>> {
    let (host, life) = world.host(to)?;
    let (answer, answered) = oneshot::channel();
    life.spawn(async move {
        let said = host.answer(from, group, channel, body).await;
        // The other side may have given up.
        let _gone = answer.send(said);
    });
    Some(answered)
}

impl Links for SimLinks {
    async fn request(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
        deadline_millis: u64,
    ) -> Result<Vec<u8>, LinkFault> {
        let (Some((from_end, to_end)), true) = (self.ends(to), self.life.goes_on()) else {
            return Err(unreachable(to, "no such node, or this one has ended"));
        };
        let deadline = Instant::now() + Duration::from_millis(deadline_millis);
        let late = LinkFault::Deadline { node: to, millis: deadline_millis };
        if channel == Channel::Mail {
            self.world.keep_mail(self.me, group, &body);
        }
        let fate = self.world.fate(from_end, to_end, body.len(), channel == Channel::Mail);
        let Some(after) = fate.arrives_after else {
            tokio::time::sleep_until(deadline).await;
            return Err(late);
        };
        if let Some(again) = fate.again_after {
            let (world, me, body) = (Arc::clone(&self.world), self.me, body.clone());
            self.world.spawn(async move {
                tokio::time::sleep(again).await;
                drop(hand_over(&world, me, to, group, channel, body));
            });
        }
        let (world, me) = (Arc::clone(&self.world), self.me);
        let way = async move {
            tokio::time::sleep(after).await;
            // Cut while it was on its way: lost all the same.
            if !world.reaches(from_end, to_end) {
                return std::future::pending().await;
            }
            let Some(answered) = hand_over(&world, me, to, group, channel, body) else {
                return Err(unreachable(to, "nobody listens there"));
            };
            let Ok(said) = answered.await else { return Err(unreachable(to, "it ended before it answered")) };
            let bytes = said.as_ref().map_or_else(String::len, Vec::len);
            let back = world.fate(to_end, from_end, bytes, false);
            let Some(after) = back.arrives_after else { return std::future::pending().await };
            tokio::time::sleep(after).await;
            said.map_err(|why| LinkFault::Refused { node: to, why })
        };
        tokio::time::timeout_at(deadline, way).await.unwrap_or(Err(late))
    }

    async fn open_stream(&self, to: NodeId, group: UnitId, channel: Channel) -> Result<impl LinkStream, LinkFault> {
        let (Some((from_end, to_end)), true) = (self.ends(to), self.life.goes_on()) else {
            return Err(unreachable(to, "no such node, or this one has ended"));
        };
        // A handshake there and back.
        let there = self.world.fate(from_end, to_end, 1200, false).arrives_after;
        let back = self.world.fate(to_end, from_end, 1200, false).arrives_after;
        let (Some(there), Some(back)) = (there, back) else {
            tokio::time::sleep(Duration::from_millis(1_000)).await;
            return Err(unreachable(to, "no answer to a handshake"));
        };
        tokio::time::sleep(there + back).await;
        if self.world.host(to).is_none() {
            return Err(unreachable(to, "nobody listens there"));
        }
        let (requests, arriving) = mpsc::channel::<Vec<u8>>(STREAM_QUEUE);
        let (answering, answers) = mpsc::channel(STREAM_QUEUE);
        let carried = Carried { world: Arc::clone(&self.world), me: self.me, to, group, channel, from_end, to_end };
        self.world.spawn(carried.carry(arriving, answering));
        Ok(Stream { node: to, requests, answers })
    }
}

type Answer = Result<Vec<u8>, LinkFault>;

/// A stream on its way between two replicas; belongs to the world, so that either end can end without the other.
struct Carried {
    world: Arc<Shared>,
    me: Peer,
    to: NodeId,
    group: UnitId,
    channel: Channel,
    from_end: End,
    to_end: End,
}

impl Carried {
    async fn carry(self, mut requests: mpsc::Receiver<Vec<u8>>, mut answers: mpsc::Sender<Answer>) {
        let mut on_its_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
        let mut answered: FuturesOrdered<_> = FuturesOrdered::new();
        let mut last = Instant::now();
        let mut open = true;
        loop {
            let next = on_its_way.front().map(|(arrives, _)| *arrives);
            let mut arrival = Box::pin(
                async move {
                    match next {
                        Some(arrives) => tokio::time::sleep_until(arrives).await,
                        None => std::future::pending().await,
                    }
                }
                .fuse(),
            );
            let mut request = Box::pin(
                async {
                    if open {
                        return requests.next().await;
                    }
                    std::future::pending().await
                }
                .fuse(),
            );
            let mut answer = Box::pin(
                async {
                    match answered.next().await {
                        Some(answer) => answer,
                        None => std::future::pending().await,
                    }
                }
                .fuse(),
            );
            let step = select_biased! {
                () = arrival => Carry::Arrived,
                answer = answer => Carry::Answered(answer),
                request = request => Carry::Sent(request),
            };
            drop((arrival, request, answer));
            match step {
                Carry::Sent(None) => {
                    // The sender has dropped its half: what is under way is still answered to nobody.
                    open = false;
                    if on_its_way.is_empty() && answered.is_empty() {
                        return;
                    }
                }
                Carry::Sent(Some(body)) => {
                    let fate = self.world.fate(self.from_end, self.to_end, body.len(), false);
                    let Some(after) = fate.arrives_after else { return self.broke(&mut answers).await };
                    // In order: nothing of a stream overtakes.
                    last = last.max(Instant::now() + after);
                    on_its_way.push_back((last, body));
                }
                Carry::Arrived => {
                    let Some((_, body)) = on_its_way.pop_front() else { continue };
                    if !self.world.reaches(self.from_end, self.to_end) {
                        return self.broke(&mut answers).await;
                    }
                    let handed = hand_over(&self.world, self.me, self.to, self.group, self.channel, body);
                    let Some(said) = handed else { return self.broke(&mut answers).await };
                    answered.push_back(self.way_back(said));
                }
                Carry::Answered(None) => return self.broke(&mut answers).await,
                Carry::Answered(Some(answer)) => {
                    let ends = answer.is_err();
                    if answers.send(answer).await.is_err() || ends {
                        return;
                    }
                    if !open && on_its_way.is_empty() && answered.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    fn way_back(
        &self,
        said: oneshot::Receiver<Result<Vec<u8>, String>>,
    ) -> impl Future<Output = Option<Answer>> + use<> {
        let (world, from, to, node) = (Arc::clone(&self.world), self.from_end, self.to_end, self.to);
        async move {
            let said = said.await.ok()?;
            let bytes = said.as_ref().map_or_else(String::len, Vec::len);
            let after = world.fate(to, from, bytes, false).arrives_after?;
            tokio::time::sleep(after).await;
            Some(said.map_err(|why| LinkFault::Refused { node, why }))
        }
    }

    async fn broke(&self, answers: &mut mpsc::Sender<Answer>) {
        // A broken connection is noticed after a while, not at once.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let _gone = answers.send(Err(unreachable(self.to, "the connection broke"))).await;
    }
}

/// What a carried stream does next.
enum Carry {
    Sent(Option<Vec<u8>>),
    Arrived,
    Answered(Option<Answer>),
}

struct Stream {
    node: NodeId,
    requests: mpsc::Sender<Vec<u8>>,
    answers: mpsc::Receiver<Answer>,
}

struct Sending(NodeId, mpsc::Sender<Vec<u8>>);
struct Receiving(NodeId, mpsc::Receiver<Answer>);

fn ended(node: NodeId) -> LinkFault {
    unreachable(node, "the stream has ended")
}

impl LinkStream for Stream {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.requests.send(body).await.map_err(|_| ended(self.node))
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.answers.next().await.unwrap_or_else(|| Err(ended(self.node)))
    }

    fn split(self) -> (impl LinkSender, impl LinkReceiver) {
        (Sending(self.node, self.requests), Receiving(self.node, self.answers))
    }
}

impl LinkSender for Sending {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.1.send(body).await.map_err(|_| ended(self.0))
    }
}

impl LinkReceiver for Receiving {
    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.1.next().await.unwrap_or_else(|| Err(ended(self.0)))
    }
}
