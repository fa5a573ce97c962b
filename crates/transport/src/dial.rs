//! Dialing: at most one dial to a node at a time, whoever waits for it; after a failure the next try waits a little longer;
//! connections that have become old are replaced before they are closed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ids::NodeId;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared as Awaited};
use protocol::directory::Directory;
use protocol::seam::Peer;
use quinn::Connection;
use tokio::time::{Instant, timeout};

use crate::counters::one_more;
use crate::fault::{Code, DialFault, HelloFault, Refusal};
use crate::hello::{self, Purpose};
use crate::identity::Identity;
use crate::quic::{Shared, Timing, held};

type Dial = Awaited<BoxFuture<'static, Result<Connection, DialFault>>>;

/// The nodes that were dialed.
#[derive(Default)]
pub(crate) struct Slots {
    slots: Mutex<BTreeMap<(NodeId, Purpose), Slot>>,
}

#[derive(Default)]
struct Slot {
    live: Option<Live>,
    /// Under way; everybody who needs the connection waits for the same one.
    dial: Option<Dial>,
    failures: u32,
    /// Why the last dial failed, and when the next may begin.
    failed: Option<(DialFault, Instant)>,
}

struct Live {
    connection: Connection,
    identity: Identity,
    old_from: Instant,
}

impl Slots {
    /// Closes what the directory does not list any more, and tries failed nodes at once: their addresses may be new.
    pub(crate) fn recheck(&self, directory: &Directory) {
        for slot in held(&self.slots).values_mut() {
            slot.failed = None;
            slot.failures = 0;
            let unlisted = slot.live.take_if(|live| !live.identity.is_listed(directory));
            if let Some(live) = unlisted {
                live.connection.close(Code::Unlisted.number(), b"not listed any more");
            }
        }
    }
}

impl Shared {
    /// A connection to a node for a purpose, dialed if there is none.
    pub(crate) async fn connection(self: &Arc<Self>, to: NodeId, purpose: Purpose) -> Result<Connection, DialFault> {
        let dial = {
            let mut slots = held(&self.slots.slots);
            let slot = slots.entry((to, purpose)).or_default();
            let now = Instant::now();
            let waiting = slot.failed.as_ref().filter(|(_, until)| now < *until);
            let live = slot.live.as_ref().filter(|live| live.connection.close_reason().is_none());
            if let Some(live) = live {
                let connection = live.connection.clone();
                if now >= live.old_from && waiting.is_none() && slot.dial.is_none() {
                    slot.dial = Some(self.start(to, purpose));
                }
                if now < live.old_from + self.timing.age_grace {
                    return Ok(connection);
                }
            }
            match (&slot.dial, waiting) {
                (Some(dial), _) => dial.clone(),
                (None, Some((last, until))) => {
                    let millis = until.duration_since(now).as_millis() as u64;
                    return Err(DialFault::Waiting { node: to, millis, last: Box::new(last.clone()) });
                }
                (None, None) => slot.dial.insert(self.start(to, purpose)).clone(),
            }
        };
        dial.await
    }

    /// Dials in a task of its own: a caller whose deadline ends does not end the dial for the others.
    fn start(self: &Arc<Self>, to: NodeId, purpose: Purpose) -> Dial {
        let shared = self.clone();
        let task = tokio::spawn(async move {
            let dialed = shared.dial(to, purpose).await;
            shared.settle(to, purpose, dialed)
        });
        let ended = move |_| Err(DialFault::Unreachable { node: to, why: "the dial was abandoned".to_owned() });
        async move { task.await.unwrap_or_else(ended) }.boxed().shared()
    }

    fn settle(
        self: &Arc<Self>,
        to: NodeId,
        purpose: Purpose,
        dialed: Result<(Connection, Identity), DialFault>,
    ) -> Result<Connection, DialFault> {
        let mut slots = held(&self.slots.slots);
        let slot = slots.entry((to, purpose)).or_default();
        slot.dial = None;
        match dialed {
            Ok((connection, identity)) => {
                one_more(&self.counters.connections_dialed);
                let age = self.timing.age.mul_f64(1.0 - 0.1 * self.jitter());
                let old_from = Instant::now() + age;
                tokio::spawn(close_at(connection.clone(), old_from + 2 * self.timing.age_grace));
                slot.live = Some(Live { connection: connection.clone(), identity, old_from });
                slot.failures = 0;
                slot.failed = None;
                tracing::debug!(node = %to, ?purpose, "connected");
                Ok(connection)
            }
            Err(fault) => {
                one_more(&self.counters.dials_failed);
                // Told once per row of failures: a node that stays away is no news every second.
                if slot.failures == 0 && !self.is_closing() {
                    tracing::warn!(node = %to, ?purpose, %fault, "cannot connect");
                }
                let wait = back_off(&self.timing, slot.failures, self.jitter());
                slot.failures = slot.failures.saturating_add(1);
                slot.failed = Some((fault.clone(), Instant::now() + wait));
                Err(fault)
            }
        }
    }

    async fn dial(&self, to: NodeId, purpose: Purpose) -> Result<(Connection, Identity), DialFault> {
        if self.is_closing() {
            return Err(DialFault::Closing);
        }
        let directory = self.directories.load_full();
        let unlisted = || DialFault::Unlisted { node: to, directory: directory.number() };
        let listing = directory.node(to).ok_or_else(unlisted)?;
        let generation = directory.unit(listing.unit).ok_or_else(unlisted)?.generation;
        let peer = Peer { unit: listing.unit, generation, node: to };
        let identity = Identity::of_node(directory.region().clone(), peer);
        let mut last = DialFault::Unreachable { node: to, why: "none of its addresses fits this socket".to_owned() };
        for name in &listing.quic {
            match self.resolve(name).await {
                Err(why) => last = DialFault::Unreachable { node: to, why: format!("{name}: {why}") },
                Ok(addresses) => {
                    for address in addresses {
                        match self.dial_address(&identity, to, address, purpose).await {
                            Ok(connection) => return Ok((connection, identity)),
                            Err(fault) => last = fault,
                        }
                    }
                }
            }
        }
        Err(last)
    }

    async fn resolve(&self, name: &str) -> Result<Vec<SocketAddr>, String> {
        let v4_only = self.endpoint.local_addr().is_ok_and(|own| own.is_ipv4());
        let found = timeout(self.timing.dial, tokio::net::lookup_host(name));
        let found = found.await.map_err(|_| "its name was not resolved in time".to_owned())?;
        let found = found.map_err(|why| why.to_string())?;
        Ok(found.filter(|address| address.is_ipv4() || !v4_only).collect())
    }

    async fn dial_address(
        &self,
        identity: &Identity,
        node: NodeId,
        address: SocketAddr,
        purpose: Purpose,
    ) -> Result<Connection, DialFault> {
        let unreachable = |why: String| DialFault::Unreachable { node, why: format!("{address}: {why}") };
        let connecting = self.endpoint.connect_with(self.dialing.clone(), address, &identity.dns_name());
        let connecting = connecting.map_err(|why| unreachable(why.to_string()))?;
        let millis = self.timing.dial.as_millis();
        let connection = timeout(self.timing.dial, connecting)
            .await
            .map_err(|_| unreachable(format!("no answer within {millis} ms")))?
            .map_err(|why| self.refused(DialFault::of_connection(node, &why)))?;
        let own = self.hello(purpose);
        match hello::introduce(&connection, &own, identity, self.timing.dial, &self.counters).await {
            Ok(heard) => {
                self.has_heard(identity, heard);
                Ok(connection)
            }
            // Only now does the dialer learn that it was refused: its certificate is judged after the handshake.
            Err(HelloFault::Missing(missing)) => Err(match connection.close_reason() {
                Some(why) => self.refused(DialFault::of_connection(node, &why)),
                None => {
                    connection.close(Code::Cancelled.number(), b"no hello");
                    DialFault::Hello { node, fault: HelloFault::Missing(missing) }
                }
            }),
            Err(fault) => {
                connection.close(Code::Refused.number(), fault.to_string().as_bytes());
                self.counters.refuse(Refusal::Hello);
                Err(DialFault::Hello { node, fault })
            }
        }
    }

    fn refused(&self, fault: DialFault) -> DialFault {
        if let DialFault::Impostor { reason, .. } = &fault {
            self.counters.refuse(*reason);
        }
        fault
    }
}

/// Closes a connection at a moment, unless it ends before.
pub(crate) async fn close_at(connection: Connection, at: Instant) {
    tokio::select! {
        biased;
        _ = connection.closed() => {}
        () = tokio::time::sleep_until(at) => connection.close(Code::Aged.number(), b"too old"),
    }
}

/// How long to wait after so many failures in a row; `jitter` lies in 0..1 and shortens the wait by up to a half, so that nodes
/// that lost the same peer do not come back in step.
fn back_off(timing: &Timing, failures: u32, jitter: f64) -> Duration {
    let doubled = timing.back_off_first.saturating_mul(1 << failures.min(16));
    doubled.min(timing.back_off_most).mul_f64(1.0 - jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_further_apart_up_to_a_bound_and_out_of_step() {
        let timing = Timing::default();
        let wait = |failures, jitter| back_off(&timing, failures, jitter).as_millis();
        for (failures, longest) in [(0, 50), (1, 100), (2, 200), (4, 800), (5, 1000), (40, 1000), (u32::MAX, 1000)] {
            assert_eq!(wait(failures, 0.0), longest);
            assert_eq!(wait(failures, 1.0), longest / 2);
        }
    }
}
