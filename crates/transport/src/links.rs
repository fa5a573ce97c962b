//! What the rest of the system sees: [`Links`] over an endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use protocol::seam::{Channel, LinkFault, LinkReceiver, LinkSender, LinkStream, Links};
use tokio::time::timeout;

use crate::fault::FrameFault;
use crate::frame::{Incoming, Outgoing, Reply};
use crate::permission;
use crate::quic::{Quic, Shared};
use crate::tls;

impl Links for Quic {
    async fn request(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
        deadline_millis: u64,
    ) -> Result<Vec<u8>, LinkFault> {
        timeout(Duration::from_millis(deadline_millis), ask(&self.shared, to, group, channel, body))
            .await
            .unwrap_or(Err(LinkFault::Deadline { node: to, millis: deadline_millis }))
    }

    async fn open_stream(&self, to: NodeId, group: UnitId, channel: Channel) -> Result<impl LinkStream, LinkFault> {
        let deadline = self.shared.timing.open;
        let (send, receive) = timeout(deadline, open(&self.shared, to, group, channel))
            .await
            .unwrap_or(Err(LinkFault::Deadline { node: to, millis: deadline.as_millis() as u64 }))?;
        let limit = tls::limit(channel);
        let unanswered = Arc::new(AtomicU64::new(0));
        let sender = QuicSender { to, send, limit, unanswered: unanswered.clone(), deadline: self.shared.timing.send };
        let receiver = QuicReceiver { to, receive, limit, unanswered, deadline: self.shared.timing.answer };
        Ok(QuicStream { sender, receiver })
    }
}

async fn open(
    shared: &Arc<Shared>,
    to: NodeId,
    group: UnitId,
    channel: Channel,
) -> Result<(Outgoing, Incoming), LinkFault> {
    let connection = shared.connection(to, permission::purpose(channel)).await.map_err(|fault| fault.told(to))?;
    let opened = connection.open_bi().await;
    let (send, receive) = opened.map_err(|why| LinkFault::Unreachable { node: to, why: why.to_string() })?;
    let mut send = Outgoing::new(send, shared.counters.clone());
    send.set_priority(tls::priority(channel));
    send.open(channel, group).await.map_err(|fault| fault.told(to))?;
    Ok((send, Incoming::new(receive, shared.counters.clone())))
}

async fn ask(
    shared: &Arc<Shared>,
    to: NodeId,
    group: UnitId,
    channel: Channel,
    body: Vec<u8>,
) -> Result<Vec<u8>, LinkFault> {
    let limit = tls::limit(channel);
    if body.len() > limit {
        return Err(FrameFault::TooLong { bytes: body.len(), limit }.told(to));
    }
    let (mut send, mut receive) = open(shared, to, group, channel).await?;
    match send.request(body, limit).await {
        Ok(()) => send.finish(),
        // It wants no more of the request: what it answers says why.
        Err(FrameFault::Reset) => {}
        Err(fault) => return Err(fault.told(to)),
    }
    told(to, receive.reply(limit).await)
}

fn told(node: NodeId, reply: Result<Option<Reply>, FrameFault>) -> Result<Vec<u8>, LinkFault> {
    match reply {
        Ok(Some(Reply::Answered(body))) => Ok(body),
        Ok(Some(Reply::Refused(why))) => Err(LinkFault::Refused { node, why }),
        Ok(None) => Err(LinkFault::Unreachable { node, why: "the stream ended without an answer".to_owned() }),
        Err(fault) => Err(fault.told(node)),
    }
}

/// A long-lived stream. Dropping it resets it, and the other side drops what it was answering.
#[derive(Debug)]
struct QuicStream {
    sender: QuicSender,
    receiver: QuicReceiver,
}

/// The sending half. A send that is abandoned half-way ends the stream: nothing can follow half a frame.
#[derive(Debug)]
struct QuicSender {
    to: NodeId,
    send: Outgoing,
    limit: usize,
    unanswered: Arc<AtomicU64>,
    deadline: Duration,
}

/// The receiving half. A receive may be abandoned and called again.
#[derive(Debug)]
struct QuicReceiver {
    to: NodeId,
    receive: Incoming,
    limit: usize,
    unanswered: Arc<AtomicU64>,
    deadline: Duration,
}

impl LinkStream for QuicStream {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.sender.send(body).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.receiver.receive().await
    }

    fn split(self) -> (impl LinkSender, impl LinkReceiver) {
        (self.sender, self.receiver)
    }
}

impl LinkSender for QuicSender {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        let sent = timeout(self.deadline, self.send.request(body, self.limit)).await;
        let late = FrameFault::Deadline { millis: self.deadline.as_millis() as u64 };
        sent.unwrap_or(Err(late)).map_err(|fault| fault.told(self.to))
    }
}

impl LinkReceiver for QuicReceiver {
    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        loop {
            // Without a question there is no deadline for the answer: the connection's own keep-alive watches the peer.
            let waited_for = self.unanswered.load(Ordering::Relaxed) > 0;
            match timeout(self.deadline, self.receive.reply(self.limit)).await {
                Ok(reply) => {
                    let answered = told(self.to, reply)?;
                    self.unanswered.fetch_sub(1, Ordering::Relaxed);
                    return Ok(answered);
                }
                Err(_) if !waited_for => {}
                Err(_) => {
                    return Err(LinkFault::Deadline { node: self.to, millis: self.deadline.as_millis() as u64 });
                }
            }
        }
    }
}
