//! Letting others in, and handing what they ask to whoever answers. Nothing of a refused peer gets that far.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesOrdered;
use protocol::seam::{Answers, Channel};
use quinn::{Connection, ConnectionError};
use rustls::pki_types::CertificateDer;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::counters::one_more;
use crate::dial::close_at;
use crate::fault::{Code, FrameFault, Refusal};
use crate::frame::{Incoming, Outgoing, Status};
use crate::hello::{self, Purpose};
use crate::identity::{Holder, Identity};
use crate::news;
use crate::permission;
use crate::quic::Shared;
use crate::tls;

/// Handshakes under way at once: a whole region that comes back after a power cut is served in a few rounds, and a flood of
/// strangers costs no more than this many signatures at a time.
const HANDSHAKES: usize = 256;
/// Append requests of one stream that are being answered at once: enough that one sync serves several, and a bound on memory
/// (this many times the frame limit at worst).
const APPENDS_AT_ONCE: usize = 32;
/// For the first bytes of a stream; whoever opens one sends them with it.
const OPENING: Duration = Duration::from_secs(10);

/// Lets peers in until the endpoint is closed.
pub(crate) async fn accept<A: Answers>(shared: Arc<Shared>, answers: Arc<A>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let mut connections = JoinSet::new();
    loop {
        let incoming = tokio::select! {
            biased;
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            incoming = shared.endpoint.accept() => incoming,
        };
        let Some(incoming) = incoming else { break };
        let Ok(permit) = handshakes.clone().try_acquire_owned() else {
            shared.counters.refuse(Refusal::Busy);
            incoming.refuse();
            continue;
        };
        let (shared, answers) = (shared.clone(), answers.clone());
        connections.spawn(async move {
            let remote = incoming.remote_address();
            let admitted = match incoming.accept() {
                Ok(connecting) => timeout(shared.timing.dial, connecting).await,
                Err(why) => Ok(Err(why)),
            };
            match admitted {
                Ok(Ok(connection)) => {
                    drop(permit);
                    serve(&shared, &answers, connection).await;
                }
                Ok(Err(why)) => refuse(&shared, remote, &why),
                Err(_) => tracing::debug!(%remote, "a handshake was not ended in time"),
            }
        });
    }
    while connections.join_next().await.is_some() {}
}

fn refuse(shared: &Shared, remote: std::net::SocketAddr, why: &ConnectionError) {
    // What the other side broke off is its own affair: it counts where it was refused.
    let ConnectionError::TransportError(error) = why else { return };
    let reason = Refusal::of_handshake(error.code).unwrap_or(Refusal::Handshake);
    shared.counters.refuse(reason);
    tracing::warn!(%remote, reason = reason.as_str(), "refused a connection");
}

async fn serve<A: Answers>(shared: &Arc<Shared>, answers: &Arc<A>, connection: Connection) {
    let Some(identity) = peer_of(&connection) else {
        // The verifier has read the same certificate: cannot be.
        shared.counters.refuse(Refusal::Handshake);
        connection.close(Code::Refused.number(), b"no identity");
        return;
    };
    let own = shared.hello(Purpose::Main);
    let heard = hello::welcome(&connection, &own, &identity, shared.timing.dial, &shared.counters).await;
    let hello = match heard {
        Ok(hello) => hello,
        Err(_) if connection.close_reason().is_some() => return,
        Err(fault) => {
            shared.counters.refuse(Refusal::Hello);
            tracing::warn!(peer = %identity, %fault, "refused a hello");
            connection.close(Code::Refused.number(), fault.to_string().as_bytes());
            return;
        }
    };
    let purpose = hello.purpose;
    shared.keep_accepted(identity.clone(), &connection);
    // A new directory may have come between the handshake and the line above.
    if !identity.is_listed(&shared.directories.load()) {
        connection.close(Code::Unlisted.number(), b"not listed any more");
    }
    shared.has_heard(&identity, hello);
    one_more(&shared.counters.connections_accepted);
    tracing::debug!(peer = %identity, ?purpose, "let in");
    // The dialer replaces an aged connection by itself; this bounds one that does not.
    let oldest = Instant::now() + shared.timing.age + 4 * shared.timing.age_grace;
    let aged = tokio::spawn(close_at(connection.clone(), oldest));
    let mut streams = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(ended) = streams.join_next(), if !streams.is_empty() => {
                if let Err(why) = ended && why.is_panic() {
                    tracing::error!(peer = %identity, "answering a stream panicked");
                }
            }
            stream = connection.accept_bi() => {
                let Ok((send, receive)) = stream else { break };
                let stream = Served {
                    shared: shared.clone(),
                    answers: answers.clone(),
                    peer: identity.holder.clone(),
                    purpose,
                    send: Outgoing::new(send, shared.counters.clone()),
                    receive: Incoming::new(receive, shared.counters.clone()),
                    busy: false,
                };
                streams.spawn(stream.run());
            }
        }
    }
    aged.abort();
    shared.forget_accepted(&connection);
}

fn peer_of(connection: &Connection) -> Option<Identity> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    Identity::of_certificate(chain.first()?).ok()
}

struct Served<A> {
    shared: Arc<Shared>,
    answers: Arc<A>,
    peer: Holder,
    purpose: Purpose,
    send: Outgoing,
    receive: Incoming,
    /// Whether something is being answered.
    busy: bool,
}

/// Why a stream ended before its peer had said all and heard all.
enum End {
    /// Told to the peer, then the stream is finished.
    Refused(Status, String),
    /// The peer gave up, or is gone: the stream is reset.
    Gone,
}

impl<A: Answers> Served<A> {
    async fn run(mut self) {
        let stopped = self.send.stopped();
        tokio::pin!(stopped);
        // Whoever stops listening is not waited for, wherever the conversation stands: the answer's future is dropped.
        let ended = tokio::select! {
            biased;
            () = &mut stopped => Err(End::Gone),
            ended = self.converse() => ended,
        };
        match ended {
            Ok(()) => self.send.finish(),
            Err(End::Gone) if self.busy => one_more(&self.shared.counters.streams_cancelled),
            Err(End::Gone) => {}
            Err(End::Refused(status, why)) => {
                self.receive.stop();
                let told = timeout(self.shared.timing.send, self.send.refuse(status, &why)).await;
                if matches!(told, Ok(Ok(()))) {
                    self.send.finish();
                }
            }
        }
    }

    async fn converse(&mut self) -> Result<(), End> {
        let opening = timeout(OPENING, self.receive.opening()).await;
        let opening = opening.unwrap_or(Err(FrameFault::Deadline { millis: OPENING.as_millis() as u64 }));
        let (channel, group) = opening.map_err(|fault| self.wrong(&fault))?;
        if !permission::is_permitted(&self.peer, self.purpose, group, channel) {
            self.shared.counters.refuse(Refusal::NotPermitted);
            tracing::warn!(peer = ?self.peer, %group, ?channel, "refused a stream");
            return Err(End::Refused(Status::RefusedByLink, Refusal::NotPermitted.to_string()));
        }
        self.send.set_priority(tls::priority(channel));
        let limit = tls::limit(channel);
        let at_once = if channel == Channel::Append { APPENDS_AT_ONCE } else { 1 };
        let (answers, peer, shared) = (self.answers.clone(), self.peer.clone(), self.shared.clone());
        let answer = |body: Vec<u8>| {
            let (answers, peer, shared) = (answers.clone(), peer.clone(), shared.clone());
            async move {
                match &peer {
                    _ if channel == Channel::Directory => news::tell(&shared, &body),
                    Holder::Node(node) => answers.answer(*node, group, channel, body).await,
                    Holder::Program(name) => answers.answer_program(name.as_str(), group, body).await,
                }
            }
        };
        let mut under_way = FuturesOrdered::new();
        let mut said_all = false;
        while !said_all || !under_way.is_empty() {
            self.busy = !under_way.is_empty();
            // Answers first, and with them the first step of the request that came last: requests begin in their order.
            tokio::select! {
                biased;
                Some(answer) = under_way.next(), if !under_way.is_empty() => {
                    let answer: Result<Vec<u8>, String> = answer;
                    let body = answer.map_err(|why| End::Refused(Status::Refused, why))?;
                    let written = timeout(self.shared.timing.send, self.send.answer(body, limit)).await;
                    match written {
                        Ok(Ok(())) => {}
                        Ok(Err(fault @ FrameFault::TooLong { .. })) => {
                            return Err(End::Refused(Status::RefusedByLink, fault.to_string()));
                        }
                        Ok(Err(_)) | Err(_) => return Err(End::Gone),
                    }
                }
                request = self.receive.request(limit), if !said_all && under_way.len() < at_once => {
                    match request {
                        Ok(Some(body)) => under_way.push_back(answer(body)),
                        Ok(None) => said_all = true,
                        Err(fault) => return Err(self.wrong(&fault)),
                    }
                }
            }
        }
        Ok(())
    }

    fn wrong(&self, fault: &FrameFault) -> End {
        match fault.refusal() {
            Some(reason) => {
                self.shared.counters.refuse(reason);
                tracing::warn!(peer = ?self.peer, %fault, "refused a frame");
                End::Refused(Status::RefusedByLink, fault.to_string())
            }
            None => End::Gone,
        }
    }
}
