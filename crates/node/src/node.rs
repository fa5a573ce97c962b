//! One running node: its parts in the order in which they start and stop.
//!
//! Start: addresses, data folder, links, group, HTTP. Stop: HTTP drains, the lead is handed over, links close, the store closes
//! with the last handle. A failed disk stops the node; a broken promise stops its group, and the node goes on to say so.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use blobs::{BlobFolder, Clamd, NoScanner, Scanner};
use consensus::Stop;
use domain::division::{DivisionTree, Tier};
use domain::ids::{NodeId, UnitId};
use domain::store::StoreFault;
use host::{Host, Parts};
use protocol::seam::Entropy;
use store::Store;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use transport::{Quic, QuicConfig};
use unit::identity::{Identity, Keys};
use unit::mirrors::Mirrors;
use unit::{NodeRole, UnitHandle, UnitStatus};
use web::{DemoPerson, Readiness, Site};

use crate::config::{Config, Timing};
use crate::fault::{Listener, NodeError};
use crate::files::{self, FilePeers, Front, Holders, Keeper};
use crate::membership::Membership;
use crate::metrics::{self, Sources};
use crate::mirrors::{Keepers, Source};
use crate::news::News;
use crate::world::{MachineClock, MachineEntropy, RealWorld};

/// Addresses, taken before anything else: a port that is taken is told at once, and whoever starts several nodes in one process
/// learns their ports first.
#[derive(Debug)]
pub struct Sockets {
    /// For other nodes.
    pub quic: UdpSocket,
    /// For people and programs.
    pub http: TcpListener,
}

impl Sockets {
    /// Takes both addresses.
    ///
    /// # Errors
    /// Which address is taken or not to be had, and what to change.
    pub fn bind(quic: SocketAddr, http: SocketAddr) -> Result<Self, NodeError> {
        let fault = |what, address| move |why| NodeError::Listen { what, address, why };
        let quic = UdpSocket::bind(quic).map_err(fault(Listener::Quic, quic))?;
        let listener = TcpListener::bind(http).map_err(fault(Listener::Http, http))?;
        listener.set_nonblocking(true).map_err(fault(Listener::Http, http))?;
        Ok(Self { quic, http: listener })
    }
}

/// A node that runs. Dropping it does not stop it: [`Node::shut_down`] does.
pub struct Node {
    unit: UnitId,
    node: NodeId,
    tier: Tier,
    http: SocketAddr,
    quic: Quic,
    store: Store,
    host: Host<RealWorld>,
    drain: Duration,
    seen: Arc<Mutex<UnitStatus>>,
    close_http: Arc<Notify>,
    serving: JoinHandle<std::io::Result<()>>,
    pulse: JoinHandle<()>,
    news: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    mirroring: JoinHandle<()>,
    disk: oneshot::Receiver<StoreFault>,
}

/// What a node says once it can answer for its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its unit.
    pub unit: UnitId,
    /// The unit's name.
    pub name: String,
    /// The node.
    pub node: NodeId,
    /// What it is to its group.
    pub role: NodeRole,
    /// Where people and programs reach it.
    pub http: SocketAddr,
    /// Where other nodes reach it.
    pub quic: SocketAddr,
}

impl std::fmt::Display for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { unit, name, node, http, quic, .. } = self;
        write!(f, "READY node {node} of {unit} {name}, http://{http}/, QUIC {quic}")
    }
}

impl Node {
    /// Starts a node on addresses that were taken before.
    ///
    /// # Errors
    /// What is wrong with the data folder, the credentials or the group. Must be called within a tokio runtime.
    pub async fn start(config: &Config, membership: Membership, sockets: Sockets) -> Result<Self, NodeError> {
        let Membership { peer, listing, keys, credentials, directory } = membership;
        let (unit, signed) = (peer.unit, keys.directory);
        let region = directory.region().to_string();
        let data = store::Identity { region: region.clone(), unit, generation: peer.generation, node: peer.node };
        let store = Store::open(&config.data, &data)?;
        let (failed, disk) = oneshot::channel();
        store.on_fault(move |fault| drop(failed.send(fault)))?;

        let http = sockets.http.local_addr().map_err(NodeError::Http)?;
        let quic = Quic::bind(QuicConfig {
            socket: sockets.quic,
            credentials,
            directory: directory.clone(),
            incarnation: store.mark().incarnation.0,
            clock: Arc::new(MachineClock),
            entropy: Arc::new(MachineEntropy),
            timing: transport::Timing::default(),
        })?;
        let (log, rows) = store.group(unit, peer.generation)?;
        let (own_log, own_rows) = (log.clone(), rows.clone());
        let folder = BlobFolder::open(&config.data.join("blobs")).map_err(NodeError::Files)?;
        let files = Arc::new(FilePeers::new(folder, rows.clone(), quic.clone(), unit, peer.node));
        let sealing = keys.sealing_key.clone();
        let divisions = divisions();
        let group_fault = |why: String| NodeError::Group { unit, why };
        let host = Host::<RealWorld>::start(Parts {
            identity: Identity { region, unit, generation: peer.generation, node: peer.node },
            keys: Keys {
                sealing: keys.sealing_key,
                signing: keys.signing_key,
                blind: keys.blind_key,
                digest: keys.digest_key,
                publishing: keys.publishing_key,
            },
            directory: Arc::new(directory),
            divisions: Arc::clone(&divisions),
            consensus: group_config(unit, peer.node, store.mark().incarnation.0, config),
            log,
            rows,
            links: quic.clone(),
            blobs: Arc::new(Holders(Arc::clone(&files))),
            clock: MachineClock,
            entropy: MachineEntropy,
            mirrors: Mirrors::new(
                config.mirror.nodes,
                i64::try_from(config.mirror.alarm.as_millis()).unwrap_or(i64::MAX),
            ),
            heads_every: config.timing.heads,
        })
        .await
        .map_err(|why| group_fault(why.to_string()))?;
        let source = Arc::new(Source::new(peer, own_log, own_rows, quic.clone(), host.clone()));
        let keepers = Keepers::new(peer, config.mirror.nodes, (store.clone(), quic.clone(), host.clone()));
        let mirroring = tokio::spawn(keepers.clone().follow());
        quic.serve(Arc::new(Front { host: host.clone(), files: Arc::clone(&files), source, keepers }));
        let upkeep = tokio::spawn(files::follow(Arc::clone(&files)));
        let scanner = scanner(config);
        let keeper = Arc::new(Keeper { peers: files, host: host.clone(), sealing, scanner });
        let news = News::new(peer, config.region.clone(), keys.authority_key, quic.clone(), host.clone());
        let news = tokio::spawn(news.follow(signed));
        let voters: BTreeSet<NodeId> = listing.voters.iter().copied().collect();
        // One of them is enough; the lowest, so that it is known which one must be there on the first day.
        if voters.first() == Some(&peer.node) {
            host.found(voters).await.map_err(|why| group_fault(why.to_string()))?;
        }

        let seen = Arc::new(Mutex::new(host.status().await));
        let pulse = tokio::spawn(watch(host.clone(), Arc::clone(&seen)));
        let sources = Sources { store: store.clone(), links: quic.counters() };
        let site = site(config, &host, &seen, sources, (divisions, keeper), listing.tier);
        let close_http = Arc::new(Notify::new());
        let serving = serve(sockets.http, site, Arc::clone(&close_http))?;
        tracing::info!(%unit, node = %peer.node, %http, "the node has started");
        Ok(Self {
            unit,
            node: peer.node,
            tier: listing.tier,
            http,
            quic,
            store,
            host,
            drain: config.timing.drain,
            seen,
            close_http,
            serving,
            pulse,
            news,
            upkeep,
            mirroring,
            disk,
        })
    }

    /// The unit, as pages and programs ask it. Whoever holds it after [`Node::shut_down`] keeps the disk and the address taken.
    pub fn handle(&self) -> Arc<dyn UnitHandle> {
        Arc::new(self.host.clone())
    }

    /// The unit.
    pub fn unit(&self) -> UnitId {
        self.unit
    }

    /// The node's number.
    pub fn number(&self) -> NodeId {
        self.node
    }

    /// The unit's tier.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Where people and programs reach it.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Waits until the unit can answer here: its log is founded, a leader is known, and some other machine has confirmed the clock,
    /// if one does soon: a unit that is cut off is ready too.
    pub async fn ready(&self) -> Ready {
        const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
        const CONFIRMED_SOON: Duration = Duration::from_secs(8);
        let began = tokio::time::Instant::now();
        loop {
            let status = self.host.status().await;
            let is_confirmed = status.clock.is_none() || began.elapsed() > CONFIRMED_SOON;
            if status.leader.is_some() && status.sequence.0 > 0 && is_confirmed {
                // Who is told so finds `/readyz` and `/metrics` of the same mind.
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = status.clone();
                let quic = self.quic.local_addr().unwrap_or(self.http);
                let UnitStatus { unit, name, node, role, .. } = status;
                return Ready { unit, name, node, role, http: self.http, quic };
            }
            // Nothing tells of a leader at a follower whose log does not change.
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Waits until the node must stop, and says why. A group that stopped after a broken promise is told in the log, by `/readyz`
    /// and by the unit's status: the node stays up to say so.
    pub async fn failed(&mut self) -> NodeError {
        let group = async {
            match self.host.stopped().await {
                Stop::Store(fault @ StoreFault::Device(_)) => NodeError::Store(fault),
                Stop::Store(fault @ StoreFault::Superseded { .. }) => NodeError::Superseded(fault),
                stop => {
                    tracing::error!(unit = %self.unit, %stop, "the group has stopped at this node; the node stays up to say so");
                    std::future::pending().await
                }
            }
        };
        tokio::select! {
            biased;
            Ok(fault) = &mut self.disk => fault.into(),
            fault = group => fault,
            served = &mut self.serving => NodeError::Http(match served {
                Ok(Err(why)) => why,
                Ok(Ok(())) => std::io::Error::other("it was closed"),
                Err(why) => std::io::Error::other(why),
            }),
        }
    }

    /// Stops: requests under way end, the lead is handed over, links close, the data folder is released.
    pub async fn shut_down(self) {
        let Self {
            unit, node, quic, store, host, drain, close_http, mut serving, pulse, news, upkeep, mirroring, ..
        } = self;
        close_http.notify_one();
        if tokio::time::timeout(drain, &mut serving).await.is_err() {
            tracing::warn!(%unit, "some requests did not end within {} s and are cut off", drain.as_secs());
            serving.abort();
        }
        pulse.abort();
        news.abort();
        upkeep.abort();
        mirroring.abort();
        // A mirror is cut off between two batches, each of which is whole.
        drop((pulse.await, news.await, upkeep.await, mirroring.await));
        if let Err(stop) = host.shut_down().await
            && stop != Stop::ShutDown
        {
            tracing::warn!(%unit, %stop, "the group had stopped before");
        }
        let address = quic.local_addr();
        quic.shutdown().await;
        drop((host, quic, store));
        if let Ok(address) = address {
            released(address).await;
        }
        tracing::info!(%unit, %node, "the node has stopped");
    }
}

/// Waits until a UDP address can be taken again: tasks of the group and of quinn let go of it a little after they were told to end,
/// and tell nobody. Not for ever: somebody may hold a handle of the unit.
async fn released(address: SocketAddr) {
    const TRIES: u32 = 200;
    const BETWEEN: Duration = Duration::from_millis(10);
    for _ in 0..TRIES {
        if UdpSocket::bind(address).is_ok() {
            return;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    tracing::warn!(%address, "the address is still held after the node has stopped");
}

/// Starts a node and runs it until it is asked to stop or must. `ready` is called once the unit can answer here.
///
/// # Errors
/// Why it did not start, or why it had to stop.
pub async fn run(
    config: &Config,
    tier: Option<Tier>,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(&Ready),
) -> Result<(), NodeError> {
    let membership = Membership::read(config, tier)?;
    let sockets = Sockets::bind(config.quic, config.http)?;
    let mut node = Node::start(config, membership, sockets).await?;
    let mut shutdown = std::pin::pin!(shutdown);
    // Asked to stop, or must stop, before it was ready.
    let ended = tokio::select! {
        biased;
        () = &mut shutdown => Some(None),
        ready_now = node.ready() => {
            ready(&ready_now);
            None
        }
    };
    let fault = match ended {
        Some(fault) => fault,
        None => tokio::select! {
            biased;
            () = shutdown => None,
            fault = node.failed() => Some(fault),
        },
    };
    node.shut_down().await;
    fault.map_or(Ok(()), Err)
}

/// The region's places: the list that is part of the release, read once in a process.
pub fn divisions() -> Arc<DivisionTree> {
    static PLACES: OnceLock<Arc<DivisionTree>> = OnceLock::new();
    Arc::clone(PLACES.get_or_init(|| Arc::new(DivisionTree::from_csv(domain::sample::DIVISIONS).0)))
}

/// Where none is set nothing is scanned: docs/operations says so.
fn scanner(config: &Config) -> Arc<dyn Scanner> {
    const PATIENCE: Duration = Duration::from_secs(20);
    match config.clamd {
        Some(address) => Arc::new(Clamd { address, patience: PATIENCE }),
        None => Arc::new(NoScanner),
    }
}

fn group_config(unit: UnitId, node: NodeId, incarnation: [u8; 16], config: &Config) -> consensus::Config {
    let Timing { heartbeat, election_least, election_most, .. } = config.timing;
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let usual = consensus::Config::new(unit, node);
    consensus::Config {
        timing: consensus::Timing {
            heartbeat_millis: millis(heartbeat),
            election_min_millis: millis(election_least),
            election_max_millis: millis(election_most),
            ..usual.timing
        },
        incarnation,
        snapshot_every_entries: Some(config.limits.snapshot_every),
        keep_entries: config.limits.log_entries_kept,
        ..usual
    }
}

/// Looks at the unit once a second, for `/readyz` and `/metrics`, which must not wait for it.
async fn watch(host: Host<RealWorld>, seen: Arc<Mutex<UnitStatus>>) {
    // While there is no leader the next look is soon, so that readiness is told soon.
    const SOON: Duration = Duration::from_millis(100);
    const USUAL: Duration = Duration::from_secs(1);
    loop {
        let status = host.status().await;
        let pause = if status.leader.is_some() { USUAL } else { SOON };
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = status;
        tokio::time::sleep(pause).await;
    }
}

fn site(
    config: &Config,
    host: &Host<RealWorld>,
    seen: &Arc<Mutex<UnitStatus>>,
    sources: Sources,
    (divisions, files): (Arc<DivisionTree>, Arc<Keeper>),
    tier: Tier,
) -> Site {
    let limits = &config.limits;
    let seen = || {
        let seen = Arc::clone(seen);
        move || seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    };
    let (for_ready, for_metrics) = (seen(), seen());
    let group = host.clone();
    Site {
        units: vec![Arc::new(host.clone())],
        files,
        divisions,
        people: if config.people.demo { DemoPerson::usual(config.unit, tier) } else { vec![] },
        behind_tls: config.people.behind_tls,
        secret: Arc::new(|| {
            let mut bytes = [0; 32];
            MachineEntropy.fill(&mut bytes);
            bytes
        }),
        first_codes: Arc::new({
            let folder = config.region.clone();
            move || crate::first_codes::kept(&folder)
        }),
        ready: Arc::new(move || readiness(&for_ready())),
        metrics: Arc::new(move || metrics::text(&for_metrics(), group.group_status().ok().as_ref(), &sources)),
        form_key: Arc::new(|| {
            let mut bytes = [0; 16];
            MachineEntropy.fill(&mut bytes);
            hex::encode(bytes)
        }),
        seals: Arc::new(crate::seals::kept(&config.region).unwrap_or_else(|fault| {
            // A unit without its seals goes on, and its papers say so.
            tracing::error!(%fault, "the node's seals cannot be read");
            seal::BodySeals::none()
        })),
        limits: web::Limits {
            body_bytes: limits.body_bytes,
            catalogue_bytes: limits.catalogue_bytes,
            request: config.timing.request,
            requests: limits.requests,
            followers: limits.followers,
            ..web::Limits::default()
        },
    }
}

/// Whether the unit can answer here. A missing catalogue is told and does not count: the city is served before it has one.
fn readiness(status: &UnitStatus) -> Readiness {
    let mut missing = Vec::new();
    if let Some(why) = &status.stopped {
        missing.push(format!("the group has stopped here: {why}"));
    } else if status.leader.is_none() {
        missing.push(format!("no leader of unit {} is known", status.unit));
    } else if status.sequence.0 == 0 {
        missing.push(format!("the log of unit {} is not founded yet", status.unit));
    }
    if let Some(why) = &status.clock {
        missing.push(format!("the clock is not trusted: {why}"));
    }
    // One neighbour's word alarms and takes nothing out of service: it may be the neighbour that is wrong.
    let alarm = |dispute: &unit::DisputeStatus| {
        format!("unit {} contradicts the mail between it and this unit: {}", dispute.peer, dispute.what)
    };
    let behind = status.mirrors.iter().filter(|mirror| mirror.alarm).map(|mirror| {
        let seconds = mirror.behind_millis / 1_000;
        format!("the mirror at node {} lacks {} commands, for {seconds} s, or is silent", mirror.node, mirror.behind)
    });
    let stopped = status.mirroring.iter().filter_map(|kept| {
        Some(format!("the mirror of unit {} goes on no more: {}", kept.unit, kept.stopped.as_ref()?))
    });
    Readiness { missing, alarms: status.disputes.iter().map(alarm).chain(behind).chain(stopped).collect() }
}

fn serve(listener: TcpListener, site: Site, close: Arc<Notify>) -> Result<JoinHandle<std::io::Result<()>>, NodeError> {
    let listener = tokio::net::TcpListener::from_std(listener).map_err(NodeError::Http)?;
    Ok(tokio::spawn(web::serve(listener, site, async move { close.notified().await })))
}
