//! A small region on loopback: real sockets, real certificates, and answers that tests can hold and watch.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{NodeId, UnitId};
use domain::time::Timestamp;
use protocol::directory::{Directory, RegionName};
use protocol::seam::{Answers, Channel, Clock, Entropy, Peer};
use tokio::sync::{Notify, Semaphore};
use transport::authority::Authority;
use transport::topology::{Topology, TopologyNode, TopologyUnit};
use transport::{Credentials, Quic, QuicConfig, Timing};

pub(crate) const CITY: &str = "370800";
pub(crate) const COUNTY: &str = "370811";
pub(crate) const TOWNSHIP: &str = "370811002";
pub(crate) const DAY_MILLIS: i64 = 86_400_000;

pub(crate) fn unit(code: &str) -> UnitId {
    code.parse().unwrap()
}

/// Certificates are judged by the machine's clock, so they are made by it.
#[expect(clippy::disallowed_methods, reason = "rustls reads the machine's clock")]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as i64)
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    Timestamp(now().0 - days * DAY_MILLIS)
}

pub(crate) struct Drawn(AtomicU64);

impl Drawn {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Drawn {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &drawn.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

pub(crate) struct Noon;

pub(crate) const NOON: Timestamp = Timestamp(1_770_000_000_000);

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        NOON
    }
}

/// Sockets for nodes 1.. on loopback, bound before anything is signed.
pub(crate) struct Sockets(BTreeMap<u64, UdpSocket>);

impl Sockets {
    pub(crate) fn bound(nodes: u64) -> Self {
        let bind = |node| (node, UdpSocket::bind("127.0.0.1:0").unwrap());
        Self((1..=nodes).map(bind).collect())
    }

    pub(crate) fn address(&self, node: u64) -> String {
        self.0[&node].local_addr().unwrap().to_string()
    }

    pub(crate) fn take(&mut self, node: u64) -> UdpSocket {
        self.0.remove(&node).unwrap()
    }
}

pub(crate) fn topology_unit(code: &str, tier: Tier, parent: Option<&str>, addresses: &[String]) -> TopologyUnit {
    let nodes = addresses.iter().map(|quic| TopologyNode { quic: vec![quic.clone()], http: "127.0.0.1:80".to_owned() });
    TopologyUnit {
        code: unit(code),
        name: format!("单元{code}"),
        tier,
        parent: parent.map(unit),
        nodes: nodes.collect(),
    }
}

pub(crate) fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

/// City with nodes 1 and 2, county with 3, township with 4.
pub(crate) fn topology(sockets: &Sockets) -> Topology {
    let at = |node| sockets.address(node);
    Topology {
        region: region("jining"),
        units: vec![
            topology_unit(CITY, Tier::City, None, &[at(1), at(2)]),
            topology_unit(COUNTY, Tier::County, Some(CITY), &[at(3)]),
            topology_unit(TOWNSHIP, Tier::Township, Some(COUNTY), &[at(4)]),
        ],
    }
}

pub(crate) struct World {
    pub(crate) sockets: Sockets,
    pub(crate) authority: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let sockets = Sockets::bound(4);
        let authority = Authority::found(&topology(&sockets), now(), &Drawn::seeded(1)).unwrap();
        Self { sockets, authority }
    }

    pub(crate) fn directory(&self) -> Directory {
        self.authority.directory().clone().verify(&self.authority.public_key()).unwrap()
    }

    pub(crate) fn credentials(&self, node: u64) -> Credentials {
        self.authority.node(NodeId(node)).unwrap().credentials().unwrap()
    }

    /// A node with its own socket.
    pub(crate) fn node(&mut self, node: u64) -> Quic {
        self.node_with(node, Timing::default())
    }

    pub(crate) fn node_with(&mut self, node: u64, timing: Timing) -> Quic {
        let socket = self.sockets.take(node);
        endpoint(socket, self.credentials(node), self.directory(), timing)
    }

    /// A node that answers.
    pub(crate) fn serving(&mut self, node: u64) -> (Quic, Arc<Watched>) {
        let quic = self.node(node);
        let answers = Arc::new(Watched::default());
        quic.serve(answers.clone());
        (quic, answers)
    }
}

pub(crate) fn endpoint(socket: UdpSocket, credentials: Credentials, directory: Directory, timing: Timing) -> Quic {
    // Another life of an endpoint draws other ids.
    static LIVES: AtomicU64 = AtomicU64::new(9);
    let entropy = Arc::new(Drawn::seeded(LIVES.fetch_add(1, Ordering::Relaxed)));
    let incarnation = [u8::try_from(directory.number()).unwrap(); 16];
    Quic::bind(QuicConfig { socket, credentials, directory, incarnation, clock: Arc::new(Noon), entropy, timing })
        .unwrap()
}

pub(crate) fn any_socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}

pub(crate) fn port_of(quic: &Quic) -> SocketAddr {
    quic.local_addr().unwrap()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) from: Result<Peer, String>,
    pub(crate) group: UnitId,
    pub(crate) channel: Channel,
    pub(crate) body: Vec<u8>,
}

/// Answers with what was asked. `hold…` waits for the gate, `refuse…` refuses.
pub(crate) struct Watched {
    calls: Mutex<Vec<Call>>,
    called: Notify,
    pub(crate) gate: Semaphore,
    dropped: Semaphore,
}

impl Default for Watched {
    fn default() -> Self {
        let (calls, called) = (Mutex::default(), Notify::new());
        Self { calls, called, gate: Semaphore::new(0), dropped: Semaphore::new(0) }
    }
}

impl Watched {
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Returns when so many requests have been handed over.
    pub(crate) async fn until_called(&self, times: usize) {
        loop {
            let called = self.called.notified();
            if self.calls().len() >= times {
                return;
            }
            called.await;
        }
    }

    /// Returns when so many held answers have been dropped.
    pub(crate) async fn until_dropped(&self, times: u32) {
        self.dropped.acquire_many(times).await.unwrap().forget();
    }

    async fn watched(&self, call: Call) -> Result<Vec<u8>, String> {
        let body = call.body.clone();
        self.calls.lock().unwrap().push(call);
        self.called.notify_waiters();
        if body.starts_with(b"hold") {
            let told = Told { dropped: &self.dropped, answered: false };
            self.gate.acquire().await.unwrap().forget();
            told.answered();
        }
        if body.starts_with(b"refuse") { Err("not today".to_owned()) } else { Ok(body) }
    }
}

struct Told<'a> {
    dropped: &'a Semaphore,
    answered: bool,
}

impl Told<'_> {
    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.dropped.add_permits(1);
        }
    }
}

impl Answers for Watched {
    async fn answer(&self, from: Peer, group: UnitId, channel: Channel, body: Vec<u8>) -> Result<Vec<u8>, String> {
        self.watched(Call { from: Ok(from), group, channel, body }).await
    }

    async fn answer_program(&self, name: &str, group: UnitId, body: Vec<u8>) -> Result<Vec<u8>, String> {
        self.watched(Call { from: Err(name.to_owned()), group, channel: Channel::Client, body }).await
    }
}
