//! The first words on a connection. Whoever listens speaks first: a TLS 1.3 dialer thinks itself connected before its
//! certificate was judged, so only the listener's hello tells it that it was let in. Then the dialer says its own.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Timestamp;
use protocol::record;
use quinn::Connection;
use serde::{Deserialize, Serialize};

use crate::counters::Counters;
use crate::fault::{FrameFault, HelloFault};
use crate::frame::{Incoming, Outgoing};
use crate::identity::Identity;

/// The version of what is said on a link after the handshake.
const PROTOCOL: u16 = 1;
const HELLO_LIMIT: usize = 1024;

/// What both sides tell each other, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Of the link.
    pub protocol: u16,
    /// The URI of its certificate: region, unit, generation, node.
    pub identity: String,
    /// Which life of its data folder: a folder that was lost or rolled back is a new one.
    pub incarnation: [u8; 16],
    /// Its clock when it said so: the witness of a unit that has one voter (protocol.md §1).
    pub time: Timestamp,
    /// What the dialer wants of the connection; the listener repeats nothing here.
    pub purpose: Purpose,
}

/// What a connection is for. Bulk has its own, so that it never stands before a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Everything but bulk.
    Main,
    /// Snapshots.
    Bulk,
}

domain::first_form! {
    80: Hello;
}

impl Hello {
    pub(crate) fn new(identity: &Identity, incarnation: [u8; 16], time: Timestamp, purpose: Purpose) -> Self {
        Self { protocol: PROTOCOL, identity: identity.to_string(), incarnation, time, purpose }
    }

    /// A hello that may be believed: of this protocol, and in the name that the certificate proves.
    fn check(self, proven: &Identity) -> Result<Self, HelloFault> {
        if self.protocol != PROTOCOL {
            return Err(HelloFault::Protocol { got: self.protocol, expected: PROTOCOL });
        }
        let expected = proven.to_string();
        if self.identity != expected {
            return Err(HelloFault::Identity { got: self.identity, expected });
        }
        Ok(self)
    }
}

/// The listener's part: says its hello, returns the dialer's.
pub(crate) async fn welcome(
    connection: &Connection,
    own: &Hello,
    dialer: &Identity,
    deadline: Duration,
    counters: &Arc<Counters>,
) -> Result<Hello, HelloFault> {
    within(deadline, async {
        let (send, receive) = connection.open_bi().await.map_err(lost)?;
        let mut send = Outgoing::new(send, counters.clone());
        let mut receive = Incoming::new(receive, counters.clone());
        say(&mut send, own).await?;
        hear(&mut receive, dialer).await
    })
    .await
}

/// The dialer's part: waits for the listener's hello, says its own, returns the other.
pub(crate) async fn introduce(
    connection: &Connection,
    own: &Hello,
    listener: &Identity,
    deadline: Duration,
    counters: &Arc<Counters>,
) -> Result<Hello, HelloFault> {
    within(deadline, async {
        let (send, receive) = connection.accept_bi().await.map_err(lost)?;
        let mut send = Outgoing::new(send, counters.clone());
        let mut receive = Incoming::new(receive, counters.clone());
        let heard = hear(&mut receive, listener).await?;
        say(&mut send, own).await?;
        Ok(heard)
    })
    .await
}

async fn say(send: &mut Outgoing, hello: &Hello) -> Result<(), HelloFault> {
    send.request(record::write(hello)?, HELLO_LIMIT).await.map_err(HelloFault::Missing)?;
    send.finish();
    Ok(())
}

async fn hear(receive: &mut Incoming, proven: &Identity) -> Result<Hello, HelloFault> {
    match receive.request(HELLO_LIMIT).await {
        Ok(Some(bytes)) => record::read::<Hello>(&bytes)?.check(proven),
        Ok(None) => Err(HelloFault::Missing(FrameFault::Cut { missing: record::HEADER })),
        Err(fault) => Err(HelloFault::Missing(fault)),
    }
}

async fn within<T>(deadline: Duration, part: impl Future<Output = Result<T, HelloFault>>) -> Result<T, HelloFault> {
    let millis = deadline.as_millis() as u64;
    tokio::time::timeout(deadline, part).await.unwrap_or(Err(HelloFault::Missing(FrameFault::Deadline { millis })))
}

fn lost(why: quinn::ConnectionError) -> HelloFault {
    HelloFault::Missing(FrameFault::Lost(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        let identity: Identity = "spiffe://jining/unit/370811000000/gen/1/node/4".parse().unwrap();
        Hello::new(&identity, [7; 16], Timestamp(1_770_000_000_000), Purpose::Bulk)
    }

    #[test]
    fn a_hello_has_the_bytes_it_always_had() {
        let bytes = record::write(&hello()).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, GOLDEN);
        assert_eq!(record::read(&bytes), Ok(hello()));
    }

    const GOLDEN: &str = "00500100923b73fb012e7370696666653a2f2f6a696e696e672f756e69742f3337303831313030303030302f67656e2f312f6e6f64652f34\
                          070707070707070707070707070707078090c5c3836701";

    #[test]
    fn a_hello_in_another_name_or_version_is_not_taken() {
        let other: Identity = "spiffe://jining/unit/370811000000/gen/1/node/5".parse().unwrap();
        assert!(matches!(hello().check(&other), Err(HelloFault::Identity { .. })));
        let own: Identity = hello().identity.parse().unwrap();
        assert_eq!(hello().check(&own), Ok(hello()));
        let newer = Hello { protocol: PROTOCOL + 1, ..hello() };
        assert_eq!(newer.check(&own), Err(HelloFault::Protocol { got: PROTOCOL + 1, expected: PROTOCOL }));
    }
}
