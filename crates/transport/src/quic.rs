//! One endpoint: a node's only door to other nodes.
//!
//! Each side dials for what it asks: two nodes that both ask have two connections, and neither depends on who came first. A
//! dialed connection is shared by all groups; bulk has one of its own. Every dial, stream and frame has a deadline.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use domain::ids::NodeId;
use domain::time::Timestamp;
use protocol::directory::{Directory, DirectoryFault, SignedDirectory};
use protocol::seam::{Answers, Clock, Entropy};
use quinn::{ClientConfig, Connection, Endpoint, ServerConfig};
use tokio::task::JoinHandle;

use crate::counters::Counters;
use crate::credentials::Credentials;
use crate::dial::Slots;
use crate::fault::{Code, DialFault};
use crate::hello::{Hello, Purpose};
use crate::identity::Identity;
use crate::serve;
use crate::tls::{self, CredentialFault};
use crate::verify::Directories;

/// What an endpoint needs.
pub struct QuicConfig {
    /// Already bound, so that whoever starts several nodes can learn their ports before the directory is signed.
    pub socket: UdpSocket,
    /// Whom it is.
    pub credentials: Credentials,
    /// Whom it knows, checked.
    pub directory: Directory,
    /// Which life of its data folder; zeros for a program.
    pub incarnation: [u8; 16],
    /// What it tells others the time is.
    pub clock: Arc<dyn Clock>,
    /// Draws connection ids, and puts its waits out of step with those of others. Never the same again after a restart.
    pub entropy: Arc<dyn Entropy>,
    /// How long it waits for what.
    pub timing: Timing,
}

/// Deadlines and ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For one address: handshake and hello.
    pub dial: Duration,
    /// To open a long-lived stream, the dial included.
    pub open: Duration,
    /// To hand over one frame; the stream's window is full so long.
    pub send: Duration,
    /// For the answer to a request on a long-lived stream.
    pub answer: Duration,
    /// Before the second try; doubles with every failure, up to `back_off_most`, and is shortened by up to a half at random.
    pub back_off_first: Duration,
    /// The longest wait between tries.
    pub back_off_most: Duration,
    /// After which a connection is dialed anew, so that a certificate that is no longer good stops working.
    pub age: Duration,
    /// How long an aged connection may be used while its successor is dialed; after twice as long it is closed.
    pub age_grace: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(5),
            open: Duration::from_secs(5),
            send: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            back_off_first: Duration::from_millis(50),
            back_off_most: Duration::from_secs(1),
            age: Duration::from_secs(3600),
            age_grace: Duration::from_secs(30),
        }
    }
}

/// Why an endpoint cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Its own certificate, key or authority.
    #[error(transparent)]
    Credentials(#[from] CredentialFault),
    /// Its own certificate speaks of what the directory does not list.
    #[error("the certificate is {identity}, and directory {directory} does not list that")]
    Unlisted {
        /// What the certificate says.
        identity: Identity,
        /// The directory's number.
        directory: u64,
    },
    /// The socket.
    #[error("the QUIC socket cannot be used: {0}")]
    Socket(#[from] std::io::Error),
}

/// A peer's last hello and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it said.
    pub hello: Hello,
    /// By our clock.
    pub at: Timestamp,
}

/// An endpoint. Cheap to clone; all clones are the same one. Lives until [`Quic::shutdown`].
#[derive(Clone)]
pub struct Quic {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    pub(crate) dialing: ClientConfig,
    listening: ServerConfig,
    pub(crate) identity: Identity,
    incarnation: [u8; 16],
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pub(crate) timing: Timing,
    pub(crate) directories: Directories,
    /// The one in use as its authority signed it, to be told to peers.
    pub(crate) signed: ArcSwapOption<SignedDirectory>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) slots: Slots,
    accepted: Mutex<BTreeMap<usize, (Identity, Connection)>>,
    heard: Mutex<BTreeMap<NodeId, Heard>>,
    serving: Mutex<Option<JoinHandle<()>>>,
    closing: AtomicBool,
}

impl std::fmt::Debug for Quic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Quic({})", self.shared.identity)
    }
}

impl Quic {
    /// Takes the socket. Nobody is let in before [`Quic::serve`]; dialing works at once.
    ///
    /// # Errors
    /// Credentials that are of no use or not listed, or the socket. Must be called within a tokio runtime.
    pub fn bind(config: QuicConfig) -> Result<Self, StartFault> {
        let QuicConfig { socket, credentials, directory, incarnation, clock, entropy, timing } = config;
        let identity = credentials.identity.clone();
        if !identity.is_listed(&directory) {
            return Err(StartFault::Unlisted { identity, directory: directory.number() });
        }
        let directories: Directories = Arc::new(ArcSwap::from_pointee(directory));
        let listening = tls::server(&credentials, directories.clone())?;
        let dialing = tls::client(&credentials, directories.clone())?;
        let runtime = Arc::new(quinn::TokioRuntime);
        let endpoint = Endpoint::new(tls::endpoint(&credentials, entropy.clone())?, None, socket, runtime)?;
        let shared = Shared {
            endpoint,
            dialing,
            listening,
            identity,
            incarnation,
            clock,
            entropy,
            timing,
            directories,
            signed: ArcSwapOption::empty(),
            counters: Arc::default(),
            slots: Slots::default(),
            accepted: Mutex::default(),
            heard: Mutex::default(),
            serving: Mutex::default(),
            closing: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Lets others in, and hands what they ask to `answers`. Called once.
    pub fn serve<A: Answers>(&self, answers: Arc<A>) {
        let mut serving = held(&self.shared.serving);
        if serving.is_none() && !self.is_closing() {
            self.shared.endpoint.set_server_config(Some(self.shared.listening.clone()));
            *serving = Some(tokio::spawn(serve::accept(self.shared.clone(), answers)));
        }
    }

    /// Where it is bound: the port that the machine chose for port 0.
    ///
    /// # Errors
    /// The socket's own.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.shared.endpoint.local_addr()
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    /// What it has done.
    pub fn counters(&self) -> Arc<Counters> {
        self.shared.counters.clone()
    }

    /// The directory in use.
    pub fn directory(&self) -> Arc<Directory> {
        self.shared.directories.load_full()
    }

    /// Puts a later directory in the place of the one in use. Connections with whoever it does not list any more are closed;
    /// others are dialed by their new addresses from the next dial on.
    ///
    /// # Errors
    /// An older one, or another region's.
    pub fn replace_directory(&self, directory: Directory) -> Result<(), DirectoryFault> {
        directory.may_follow(&self.shared.directories.load())?;
        self.shared.directories.store(Arc::new(directory));
        let directory = self.shared.directories.load();
        let unlisted = Code::Unlisted.number();
        held(&self.shared.accepted)
            .values()
            .filter(|(identity, _)| !identity.is_listed(&directory))
            .for_each(|(_, connection)| connection.close(unlisted, b"not listed any more"));
        self.shared.slots.recheck(&directory);
        Ok(())
    }

    /// What a node said of itself when it was last connected, in either direction.
    pub fn heard(&self, node: NodeId) -> Option<Heard> {
        held(&self.shared.heard).get(&node).cloned()
    }

    /// Dials a node, unless it is connected already: for a check, and to have it connected when it is needed.
    ///
    /// # Errors
    /// Why it could not be, in types.
    pub async fn connect(&self, node: NodeId) -> Result<(), DialFault> {
        self.shared.connection(node, Purpose::Main).await.map(|_| ())
    }

    /// Closes every connection, tells the peers, drops what is being answered, and returns when nothing runs any more: after
    /// 3 s at most.
    pub async fn shutdown(&self) {
        /// A peer that is gone does not confirm; nobody waits for it.
        const PATIENCE: Duration = Duration::from_secs(3);
        self.shared.closing.store(true, Ordering::SeqCst);
        self.shared.endpoint.close(Code::Closing.number(), b"shutting down");
        let serving = held(&self.shared.serving).take();
        let ended = async {
            if let Some(serving) = serving {
                // Ends when the endpoint is closed; a panic in it has been told by the runtime.
                let _ = serving.await;
            }
            self.shared.endpoint.wait_idle().await;
        };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::debug!("some peers did not confirm that the connection is closed");
        }
    }

    fn is_closing(&self) -> bool {
        self.shared.is_closing()
    }
}

impl Shared {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// A number in 0..1.
    pub(crate) fn jitter(&self) -> f64 {
        let mut bytes = [0; 4];
        self.entropy.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    pub(crate) fn hello(&self, purpose: Purpose) -> Hello {
        Hello::new(&self.identity, self.incarnation, self.clock.now(), purpose)
    }

    pub(crate) fn has_heard(&self, peer: &Identity, hello: Hello) {
        if let Some(peer) = peer.node() {
            held(&self.heard).insert(peer.node, Heard { hello, at: self.clock.now() });
        }
    }

    pub(crate) fn keep_accepted(&self, identity: Identity, connection: &Connection) {
        held(&self.accepted).insert(connection.stable_id(), (identity, connection.clone()));
    }

    pub(crate) fn forget_accepted(&self, connection: &Connection) {
        held(&self.accepted).remove(&connection.stable_id());
    }
}

/// A lock on plain data: what a panicking holder left is whole.
pub(crate) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
