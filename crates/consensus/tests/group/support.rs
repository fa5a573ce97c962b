//! A network in memory, real commands, and a cluster of replicas to put them on.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consensus::{Config, Group, Member, ProposeFault, ReadFault, Timing, View, read_log};
use domain::command::{Command, Done, Found, Idempotency, Outcome, Proposal, Reply, Stamp, StoreChunk, chunk_hash};
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{Generation, NodeId, Sequence, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::time::Timestamp;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};
use openraft_rt_tokio::TokioRuntime;
use protocol::memory::{MapSnapshot, MemoryDisk, MemoryLog, MemoryRows};
use protocol::overlay::WriteSet;
use protocol::seam::{Channel, GroupLog, GroupRows, LinkFault, LinkReceiver, LinkSender, LinkStream, Links};
use store::{Identity, Store};
use tokio::sync::mpsc;

/// Nothing here takes so long unless it hangs; the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) type TestGroup<L, W> = Group<TokioRuntime, L, W, TestLinks>;
pub(crate) type MemoryGroup = TestGroup<MemoryLog, MemoryRows>;

pub(crate) fn unit() -> UnitId {
    UnitId::new(370_811_000_000).unwrap()
}

pub(crate) fn timing() -> Timing {
    Timing { heartbeat_millis: 100, election_min_millis: 500, election_max_millis: 1000, snapshot_part_millis: 5000 }
}

pub(crate) fn config(unit: UnitId, node: u64) -> Config {
    Config { timing: timing(), snapshot_every_entries: None, ..Config::new(unit, NodeId(node)) }
}

pub(crate) fn members(nodes: impl IntoIterator<Item = u64>) -> BTreeMap<NodeId, Member> {
    nodes.into_iter().map(|node| (NodeId(node), Member::default())).collect()
}

pub(crate) fn open_store(folder: &Path, node: u64) -> Store {
    let identity =
        Identity { region: "jining".to_owned(), unit: unit(), generation: Generation::FIRST, node: NodeId(node) };
    Store::open(folder, &identity).unwrap()
}

// Commands.

fn stamp(key: Option<String>) -> Stamp {
    Stamp {
        time: Timestamp(1_770_000_000_000),
        minted: uuid::Uuid::nil(),
        principal: Principal { kind: PrincipalKind::Unit, name: unit().to_string() },
        policy: ContentHash::default(),
        idempotency: key.map(|key| Idempotency { digest: ContentHash::of_bytes("test", key.as_bytes()), key }),
    }
}

pub(crate) fn found(unit: UnitId) -> Proposal {
    let found = Found {
        region: "jining".to_owned(),
        unit,
        name: "任城区".to_owned(),
        tier: Tier::County,
        parent: None,
        children: vec![],
        generation: Generation::FIRST,
    };
    Proposal { command: Command::Found(found), stamp: stamp(None) }
}

/// A chunk of its own for each number, under an idempotency key of its own.
pub(crate) fn chunk(number: u64) -> Proposal {
    let bytes = format!("chunk {number}").into_bytes();
    let command = Command::StoreChunk(StoreChunk { hash: chunk_hash(&bytes), bytes });
    Proposal { command, stamp: stamp(Some(format!("chunk-{number}"))) }
}

/// The number under which the command took effect, the first time.
pub(crate) fn effect(outcome: &Outcome) -> Sequence {
    assert!(matches!(outcome.reply.ruling(), Ok(Done::Founded | Done::ChunkKept)), "{outcome:?}");
    match &outcome.reply {
        Reply::Repeated { of, .. } => *of,
        _ => outcome.sequence,
    }
}

// The network.

type Answer = Arc<dyn Fn(NodeId, Channel, Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, String>> + Send + Sync>;

/// Replicas that can reach each other, unless they are cut off.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Mutex<NetState>>);

#[derive(Default)]
struct NetState {
    groups: BTreeMap<(NodeId, UnitId), Answer>,
    cut: BTreeSet<NodeId>,
}

impl Net {
    pub(crate) fn links(&self, own: u64) -> TestLinks {
        TestLinks { net: self.clone(), own: NodeId(own) }
    }

    pub(crate) fn attach<L: GroupLog, W: GroupRows>(&self, group: &TestGroup<L, W>) {
        let (node, unit) = (group.node(), group.unit());
        let group = group.clone();
        let answer: Answer = Arc::new(move |from, channel, body| {
            let group = group.clone();
            async move { group.answer(from, channel, body).await }.boxed()
        });
        self.0.lock().unwrap().groups.insert((node, unit), answer);
    }

    pub(crate) fn detach(&self, node: u64, unit: UnitId) {
        self.0.lock().unwrap().groups.remove(&(NodeId(node), unit));
    }

    /// Nobody reaches the node, and it reaches nobody, until [`Self::heal`].
    pub(crate) fn cut(&self, node: NodeId) {
        self.0.lock().unwrap().cut.insert(node);
    }

    pub(crate) fn heal(&self) {
        self.0.lock().unwrap().cut.clear();
    }

    fn route(&self, from: NodeId, to: NodeId, unit: UnitId) -> Result<Answer, LinkFault> {
        let state = self.0.lock().unwrap();
        let why = if state.cut.contains(&from) || state.cut.contains(&to) { "cut off" } else { "not there" };
        let answer = state.groups.get(&(to, unit)).filter(|_| why != "cut off");
        answer.cloned().ok_or_else(|| LinkFault::Unreachable { node: to, why: why.to_owned() })
    }
}

#[derive(Clone)]
pub(crate) struct TestLinks {
    net: Net,
    own: NodeId,
}

impl Links for TestLinks {
    async fn request(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
        deadline_millis: u64,
    ) -> Result<Vec<u8>, LinkFault> {
        let answering = async {
            let answer = self.net.route(self.own, to, group)?;
            let answer = answer(self.own, channel, body).await;
            // The way back may have been cut meanwhile.
            self.net.route(self.own, to, group)?;
            answer.map_err(|why| LinkFault::Refused { node: to, why })
        };
        let answered = tokio::time::timeout(Duration::from_millis(deadline_millis), answering).await;
        answered.unwrap_or(Err(LinkFault::Deadline { node: to, millis: deadline_millis }))
    }

    async fn open_stream(&self, to: NodeId, group: UnitId, channel: Channel) -> Result<impl LinkStream, LinkFault> {
        self.net.route(self.own, to, group)?;
        let (requests, mut arriving) = mpsc::channel::<Vec<u8>>(8);
        let (answered, answers) = mpsc::channel(8);
        let (net, own) = (self.net.clone(), self.own);
        tokio::spawn(async move {
            let mut under_way = FuturesOrdered::new();
            loop {
                tokio::select! {
                    biased;
                    Some(answer) = under_way.next(), if !under_way.is_empty() => {
                        let answer: Result<Vec<u8>, String> = answer;
                        let fault = |why| LinkFault::Refused { node: to, why };
                        let passed = net.route(own, to, group).and_then(|_| answer.map_err(fault));
                        let ended = passed.is_err();
                        if answered.send(passed).await.is_err() || ended {
                            return;
                        }
                    }
                    body = arriving.recv() => {
                        let (Some(body), Ok(answer)) = (body, net.route(own, to, group)) else { return };
                        under_way.push_back(answer(own, channel, body));
                    }
                }
            }
        });
        Ok(TestStream { to, requests: HalfOut { to, requests }, answers: HalfIn { to, answers } })
    }
}

struct TestStream {
    #[allow(dead_code, reason = "shown when a test fails")]
    to: NodeId,
    requests: HalfOut,
    answers: HalfIn,
}

struct HalfOut {
    to: NodeId,
    requests: mpsc::Sender<Vec<u8>>,
}

struct HalfIn {
    to: NodeId,
    answers: mpsc::Receiver<Result<Vec<u8>, LinkFault>>,
}

fn ended(node: NodeId) -> LinkFault {
    LinkFault::Unreachable { node, why: "the stream ended".to_owned() }
}

impl LinkStream for TestStream {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.requests.send(body).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.answers.receive().await
    }

    fn split(self) -> (impl LinkSender, impl LinkReceiver) {
        (self.requests, self.answers)
    }
}

impl LinkSender for HalfOut {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.requests.send(body).await.map_err(|_| ended(self.to))
    }
}

impl LinkReceiver for HalfIn {
    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.answers.recv().await.unwrap_or_else(|| Err(ended(self.to)))
    }
}

// Clusters.

/// Replicas of one unit, each on a disk in memory.
pub(crate) struct Cluster {
    pub(crate) net: Net,
    pub(crate) groups: Vec<MemoryGroup>,
    pub(crate) logs: Vec<MemoryLog>,
}

impl Cluster {
    pub(crate) async fn founded(replicas: u64) -> Self {
        Self::on(&Net::default(), unit(), replicas, |_| {}).await
    }

    pub(crate) async fn on(net: &Net, unit: UnitId, replicas: u64, change: impl Fn(&mut Config)) -> Self {
        let (mut groups, mut logs) = (vec![], vec![]);
        for node in 1..=replicas {
            let (log, rows) = MemoryDisk::automatic().group(unit, Generation::FIRST);
            let mut config = config(unit, node);
            change(&mut config);
            let group = Group::start(config, log.clone(), rows, net.links(node)).await.unwrap();
            net.attach(&group);
            groups.push(group);
            logs.push(log);
        }
        groups[0].found(members(1..=replicas)).await.unwrap();
        let cluster = Self { net: net.clone(), groups, logs };
        let outcome = propose(&cluster.groups, &found(unit)).await;
        assert_eq!(effect(&outcome), Sequence(1));
        cluster
    }

    /// Who leads, once one of these does and is ready.
    pub(crate) async fn leader(&self) -> MemoryGroup {
        leader(&self.groups).await
    }

    pub(crate) async fn follower(&self) -> MemoryGroup {
        let leader = self.leader().await.node();
        self.groups.iter().find(|group| group.node() != leader).unwrap().clone()
    }
}

/// The view of a group, once it fits.
pub(crate) async fn seen<L: GroupLog, W: GroupRows>(group: &TestGroup<L, W>, fits: impl Fn(&View) -> bool) -> View {
    let mut changes = group.changes();
    within(async {
        loop {
            let view = changes.next().await.unwrap();
            if fits(&view) {
                return view;
            }
        }
    })
    .await
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("hangs")
}

pub(crate) async fn leader<L: GroupLog, W: GroupRows>(groups: &[TestGroup<L, W>]) -> TestGroup<L, W> {
    let leading = groups.iter().map(|group| {
        Box::pin(async move {
            seen(group, |view| view.leads).await;
            group.clone()
        })
    });
    within(futures::future::select_all(leading)).await.0
}

/// Proposes as a client does: follows hints, and asks again under the same key when nobody can say what became of it.
pub(crate) async fn propose<L: GroupLog, W: GroupRows>(groups: &[TestGroup<L, W>], proposal: &Proposal) -> Outcome {
    let mut at = 0;
    within(async {
        loop {
            match groups[at].propose(proposal, Duration::from_secs(3)).await {
                Ok(outcome) => return outcome,
                Err(ProposeFault::NotLeader { leader }) => {
                    let known = groups.iter().position(|group| group.node() == leader);
                    at = known.unwrap_or((at + 1) % groups.len());
                }
                Err(fault @ (ProposeFault::TooLarge { .. } | ProposeFault::Record(_))) => panic!("{fault}"),
                Err(_) => at = (at + 1) % groups.len(),
            }
            // Not a synchronisation: a client that is refused does not ask again at once.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Waits until each has applied everything that was confirmed, and gives the one state hash.
pub(crate) async fn agreed<L: GroupLog, W: GroupRows>(groups: &[TestGroup<L, W>]) -> ContentHash {
    for group in groups {
        within(async {
            while let Err(fault) = group.read_barrier(Duration::from_secs(3)).await {
                assert!(!matches!(fault, ReadFault::Stopped(_)), "{fault}");
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    let hashes: BTreeSet<_> = groups.iter().map(|group| group.status().unwrap().state_hash).collect();
    assert_eq!(hashes.len(), 1, "replicas differ");
    *hashes.first().unwrap()
}

/// Replays a log through `protocol::machine` alone: the state hash, and each command's outcome.
pub(crate) fn replay<L: GroupLog>(log: &L, rows: &impl GroupRows) -> (ContentHash, Vec<Outcome>) {
    let commands = read_log(log, rows).unwrap();
    assert!(commands.is_whole());
    let mut state = MapSnapshot::default();
    let mut outcomes = vec![];
    for command in commands {
        let mut writes = WriteSet::default();
        let payload = command.unwrap().payload;
        outcomes.push(protocol::machine::apply(&state, &mut writes, &payload).unwrap());
        state.write(&writes);
    }
    (protocol::machine::state_hash(&state).unwrap(), outcomes)
}
