//! What all parts of one simulated world share: its time, its network, its replicas, and the record of what happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use domain::time::Timestamp;
use host::{Host, World};
use protocol::seam::{Clock, Peer};
use rand::Rng as _;
use rand::rngs::ChaCha8Rng;
use tokio::time::Instant;

use super::disk::{SimLog, SimRows};
use super::links::SimLinks;
use super::runtime::{Life, Runtime};
use crate::ground::draw::Draw;
use crate::ground::network::{End, Fate, Network};
use crate::ground::{Event, What};
use crate::scenario::{FaultKind, Moment};

/// Mail of one pair of units that is kept to be played again, newest last.
const MOST_MAIL_KEPT: usize = 256;

/// The world that hosts are made for.
pub(super) struct SimWorld;

impl World for SimWorld {
    type Runtime = Runtime;
    type Log = SimLog;
    type Rows = SimRows;
    type Links = SimLinks;
    type Clock = SimClock;
    type Entropy = Draw;
}

/// A replica's clock: true time and how wrong it is.
pub(super) struct SimClock {
    pub(super) node: NodeId,
    pub(super) world: Arc<Shared>,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.world.now().plus_millis(self.world.clock_offset(self.node))
    }

    fn steady_millis(&self) -> i64 {
        self.world.now().0
    }
}

/// A replica as the world knows it.
pub(super) struct Replica {
    pub(super) unit: UnitId,
    offset: AtomicI64,
    in_service: AtomicBool,
    running: Mutex<Option<(Host<SimWorld>, Life)>>,
}

/// A crash that waits for its moment.
#[derive(Clone, Debug)]
pub(super) struct Trap {
    pub(super) step: usize,
    pub(super) nodes: Vec<NodeId>,
    pub(super) moment: Moment,
    pub(super) kept_percent: u8,
}

/// A request on the mail channel that was sent.
#[derive(Clone, Debug)]
pub(super) struct KeptMail {
    pub(super) from: Peer,
    pub(super) body: Vec<u8>,
}

/// Shared by everything of one world.
pub(super) struct Shared {
    started: Instant,
    base: Timestamp,
    advanced: AtomicI64,
    seed: Mutex<ChaCha8Rng>,
    events: Mutex<Vec<Event>>,
    pub(super) network: Mutex<Network>,
    pub(super) replicas: BTreeMap<NodeId, Replica>,
    mail: Mutex<BTreeMap<(UnitId, UnitId), VecDeque<KeptMail>>>,
    pub(super) traps: Mutex<Vec<Trap>>,
}

/// A lock that a panic elsewhere left whole: everything under one is changed in one go.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(
        base: Timestamp,
        network: Network,
        replicas: impl IntoIterator<Item = (NodeId, UnitId)>,
        seed: ChaCha8Rng,
    ) -> Self {
        let replica = |(node, unit)| {
            (
                node,
                Replica {
                    unit,
                    offset: AtomicI64::new(0),
                    in_service: AtomicBool::new(false),
                    running: Mutex::new(None),
                },
            )
        };
        Self {
            started: Instant::now(),
            base,
            advanced: AtomicI64::new(0),
            seed: Mutex::new(seed),
            events: Mutex::default(),
            network: Mutex::new(network),
            replicas: replicas.into_iter().map(replica).collect(),
            mail: Mutex::default(),
            traps: Mutex::default(),
        }
    }

    /// True time.
    pub(super) fn now(&self) -> Timestamp {
        let lived = i64::try_from(self.lived().as_millis()).unwrap_or(i64::MAX);
        self.base.plus_millis(lived).plus_millis(self.advanced.load(Ordering::Relaxed))
    }

    /// How long the world has really lived, without what was skipped.
    pub(super) fn lived(&self) -> Duration {
        Instant::now().duration_since(self.started)
    }

    /// Wall time goes on for everyone; nothing else happens.
    pub(super) fn advance(&self, by: Duration) {
        self.advanced.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// A task of no replica, with randomness of its own.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let seed = lock(&self.seed).next_u64();
        tokio::spawn(Runtime::scope(seed, task));
    }

    pub(super) fn tell(&self, what: What) {
        let at = self.now();
        lock(&self.events).push(Event { at, what });
    }

    pub(super) fn fault(&self, step: Option<usize>, kind: FaultKind, how: impl Into<String>) {
        self.tell(What::Fault { step, kind, how: how.into() });
    }

    pub(super) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut *lock(&self.events))
    }

    pub(super) fn unit_of(&self, node: NodeId) -> Option<UnitId> {
        self.replicas.get(&node).map(|replica| replica.unit)
    }

    /// Whether it is one of the unit's machines now: not a spare that no step has started, nor one that was switched off for good.
    pub(super) fn is_in_service(&self, node: NodeId) -> bool {
        self.replicas.get(&node).is_some_and(|replica| replica.in_service.load(Ordering::Relaxed))
    }

    pub(super) fn put_in_service(&self, node: NodeId, is_in: bool) {
        if let Some(replica) = self.replicas.get(&node) {
            replica.in_service.store(is_in, Ordering::Relaxed);
        }
    }

    pub(super) fn clock_offset(&self, node: NodeId) -> i64 {
        self.replicas.get(&node).map_or(0, |replica| replica.offset.load(Ordering::Relaxed))
    }

    pub(super) fn set_clock_offset(&self, node: NodeId, millis: i64) {
        if let Some(replica) = self.replicas.get(&node) {
            replica.offset.store(millis, Ordering::Relaxed);
        }
    }

    /// The host that runs at a node now, and its life.
    pub(super) fn host(&self, node: NodeId) -> Option<(Host<SimWorld>, Life)> {
        lock(&self.replicas.get(&node)?.running).clone()
    }

    pub(super) fn set_host(&self, node: NodeId, running: Option<(Host<SimWorld>, Life)>) {
        if let Some(replica) = self.replicas.get(&node) {
            *lock(&replica.running) = running;
        }
    }

    pub(super) fn reaches(&self, from: End, to: End) -> bool {
        lock(&self.network).reaches(from, to)
    }

    pub(super) fn fate(&self, from: End, to: End, bytes: usize, may_repeat: bool) -> Fate {
        let fate = lock(&self.network).fate(from, to, bytes, self.lived(), may_repeat);
        for kind in &fate.faults {
            self.fault(None, *kind, "");
        }
        fate
    }

    pub(super) fn keep_mail(&self, from: Peer, group: UnitId, body: &[u8]) {
        let mut mail = lock(&self.mail);
        let kept = mail.entry((from.unit, group)).or_default();
        if kept.len() == MOST_MAIL_KEPT {
            kept.pop_front();
        }
        kept.push_back(KeptMail { from, body: body.to_vec() });
    }

    pub(super) fn kept_mail(&self, from: UnitId, to: UnitId) -> Vec<KeptMail> {
        lock(&self.mail).get(&(from, to)).map(|kept| kept.iter().cloned().collect()).unwrap_or_default()
    }

    /// Lets go of all replicas, so that nothing holds the world any more.
    pub(super) fn end(&self) {
        for replica in self.replicas.values() {
            let running = lock(&replica.running).take();
            if let Some((_, life)) = running {
                life.end();
            }
        }
    }
}
