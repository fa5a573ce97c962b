//! The region: a city with three voters, two counties, a township, two villages of the real tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consensus::{Config, Timing};
use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkRef, DraftOptions};
use domain::command::{Outcome, chunk_hash};
use domain::digest::ContentHash;
use domain::division::{DivisionTree, Tier};
use domain::ids::{Generation, NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::time::Timestamp;
use futures::channel::{mpsc, oneshot};
use futures::{SinkExt, StreamExt};
use host::{Host, Parts, World};
use openraft_rt_tokio::TokioRuntime;
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use protocol::keyed_hash::BlindKey;
use protocol::memory::{MemoryDisk, MemoryLog, MemoryRows};
use protocol::sealing::SealingKey;
use protocol::seam::{Answers, Channel, Clock, Entropy, LinkFault, LinkReceiver, LinkSender, LinkStream, Links, Peer};
use protocol::signing::SigningKey;
use unit::identity::{Identity, Keys};
use unit::{Act, Answer, CaseView, Publication, Question, Request, SubmitFault, UnitHandle};

pub(crate) struct TestWorld;

impl World for TestWorld {
    type Runtime = TokioRuntime;
    type Log = MemoryLog;
    type Rows = MemoryRows;
    type Links = Net;
    type Clock = MachineClock;
    type Entropy = Counter;
}

pub(crate) struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock of this test's world")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_millis()).unwrap())
    }
}

/// Distinct bytes at every draw: a hash of a counter.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

static DRAWS: AtomicU64 = AtomicU64::new(1);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fetch_add(1, Ordering::Relaxed);
        for chunk in bytes.chunks_mut(32) {
            let draw = DRAWS.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &draw.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

/// One request on its way, and where its answer goes.
struct Call {
    from: Peer,
    group: UnitId,
    channel: Channel,
    body: Vec<u8>,
    answer: oneshot::Sender<Result<Vec<u8>, String>>,
}

type Doors = Arc<Mutex<BTreeMap<NodeId, mpsc::UnboundedSender<Call>>>>;

/// The network: the doors of nodes, and the units that are cut off from everyone.
#[derive(Clone)]
pub(crate) struct Net {
    from: Peer,
    doors: Doors,
    cut: Arc<Mutex<BTreeSet<UnitId>>>,
}

/// Hands what comes through a node's door to its host, many at once.
fn serve(host: Host<TestWorld>, mut door: mpsc::UnboundedReceiver<Call>) {
    tokio::spawn(async move {
        while let Some(Call { from, group, channel, body, answer }) = door.next().await {
            let host = host.clone();
            tokio::spawn(async move {
                let answered = host.answer(from, group, channel, body).await;
                let _gone = answer.send(answered);
            });
        }
    });
}

impl Net {
    fn door(&self, to: NodeId, group: UnitId) -> Result<mpsc::UnboundedSender<Call>, LinkFault> {
        let cut = self.cut.lock().unwrap();
        let unreachable = || LinkFault::Unreachable { node: to, why: "cut".to_owned() };
        if self.from.unit != group && (cut.contains(&self.from.unit) || cut.contains(&group)) {
            return Err(unreachable());
        }
        self.doors.lock().unwrap().get(&to).cloned().ok_or_else(unreachable)
    }
}

impl Links for Net {
    async fn request(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
        deadline_millis: u64,
    ) -> Result<Vec<u8>, LinkFault> {
        let (answer, answered) = oneshot::channel();
        let call = Call { from: self.from, group, channel, body, answer };
        let _gone = self.door(to, group)?.unbounded_send(call);
        match tokio::time::timeout(Duration::from_millis(deadline_millis), answered).await {
            Ok(Ok(answer)) => answer.map_err(|why| LinkFault::Refused { node: to, why }),
            Ok(Err(_)) => Err(ended(to)),
            Err(_) => Err(LinkFault::Deadline { node: to, millis: deadline_millis }),
        }
    }

    async fn open_stream(&self, to: NodeId, group: UnitId, channel: Channel) -> Result<impl LinkStream, LinkFault> {
        self.door(to, group)?;
        let (requests, mut arriving) = mpsc::channel::<Vec<u8>>(64);
        let (mut answering, answers) = mpsc::channel(64);
        let net = self.clone();
        tokio::spawn(async move {
            while let Some(body) = arriving.next().await {
                let answer = net.request(to, group, channel, body, 5_000).await;
                if answering.send(answer).await.is_err() {
                    return;
                }
            }
        });
        Ok(Stream { node: to, requests, answers })
    }
}

struct Stream {
    node: NodeId,
    requests: mpsc::Sender<Vec<u8>>,
    answers: mpsc::Receiver<Result<Vec<u8>, LinkFault>>,
}

struct Sender(NodeId, mpsc::Sender<Vec<u8>>);
struct Receiver(NodeId, mpsc::Receiver<Result<Vec<u8>, LinkFault>>);

fn ended(node: NodeId) -> LinkFault {
    LinkFault::Unreachable { node, why: "the stream has ended".to_owned() }
}

impl LinkStream for Stream {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.requests.send(body).await.map_err(|_| ended(self.node))
    }
    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.answers.next().await.unwrap_or_else(|| Err(ended(self.node)))
    }
    fn split(self) -> (impl LinkSender, impl LinkReceiver) {
        (Sender(self.node, self.requests), Receiver(self.node, self.answers))
    }
}

impl LinkSender for Sender {
    async fn send(&mut self, body: Vec<u8>) -> Result<(), LinkFault> {
        self.1.send(body).await.map_err(|_| ended(self.0))
    }
}

impl LinkReceiver for Receiver {
    async fn receive(&mut self) -> Result<Vec<u8>, LinkFault> {
        self.1.next().await.unwrap_or_else(|| Err(ended(self.0)))
    }
}

pub(crate) fn unit(code: &str) -> UnitId {
    code.parse().unwrap()
}

/// Code, tier and voters of every unit.
const UNITS: [(&str, Tier, u64); 6] = [
    ("370800", Tier::City, 3),
    ("370811", Tier::County, 1),
    ("370812", Tier::County, 1),
    ("370811002", Tier::Township, 1),
    ("370811002001", Tier::Village, 1),
    ("370811002003", Tier::Village, 1),
];

pub(crate) struct Region {
    hosts: BTreeMap<UnitId, Vec<Host<TestWorld>>>,
    cut: Arc<Mutex<BTreeSet<UnitId>>>,
}

fn divisions() -> DivisionTree {
    DivisionTree::from_csv(include_bytes!("../../../domain/data/jining-regions.csv")).0
}

impl Region {
    /// All units, founded, with the catalogue installed everywhere.
    pub(crate) async fn start(patience_seconds: u32) -> Self {
        let draw = Counter::default();
        let tree = Arc::new(divisions());
        let publishing = SigningKey::generate(&draw);
        let mut units = Vec::new();
        let mut nodes = Vec::new();
        let mut keys = BTreeMap::new();
        let mut next = 1;
        for (code, tier, voters) in UNITS {
            let place = tree.get(unit(code)).unwrap();
            let sealing = SealingKey::generate(&draw);
            let voters: Vec<NodeId> = (next..next + voters).map(NodeId).collect();
            next += voters.len() as u64;
            units.push(UnitListing {
                unit: place.unit,
                name: place.name.clone(),
                tier,
                parent: place.parent,
                generation: Generation::FIRST,
                sealing_key: PublicKey(sealing.public_key().unwrap().0),
                voters: voters.clone(),
            });
            for node in voters {
                let signing = SigningKey::generate(&draw);
                nodes.push(NodeListing {
                    node,
                    unit: place.unit,
                    quic: vec![format!("127.0.0.1:{}", 9000 + node.0)],
                    http: format!("127.0.0.1:{}", 8000 + node.0),
                    signing_key: public(&signing),
                });
                keys.insert(node, (sealing.clone(), signing));
            }
        }
        let listing = Listing {
            region: "jining".parse().unwrap(),
            number: 1,
            publishing_key: public(&publishing),
            units: units.clone(),
            nodes,
        };
        let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signed = SignedDirectory::sign(listing, &authority).unwrap();
        let directory = Arc::new(signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap());

        let doors = Doors::default();
        let cut = Arc::new(Mutex::new(BTreeSet::new()));
        let mut hosts: BTreeMap<UnitId, Vec<Host<TestWorld>>> = BTreeMap::new();
        for listed in &units {
            for node in listed.voters.clone() {
                let (sealing, signing) = keys.remove(&node).unwrap();
                let from = Peer { unit: listed.unit, generation: Generation::FIRST, node };
                let parts = parts(&directory, &tree, from, (sealing, signing), &publishing, (&doors, &cut));
                let host = Host::start(parts).await.unwrap();
                let (door, calls) = mpsc::unbounded();
                serve(host.clone(), calls);
                doors.lock().unwrap().insert(node, door);
                hosts.entry(listed.unit).or_default().push(host);
            }
        }
        for listed in &units {
            hosts[&listed.unit][0].found(listed.voters.iter().copied().collect()).await.unwrap();
        }
        let region = Self { hosts, cut };
        region.publish(&tree, patience_seconds).await;
        region
    }

    async fn publish(&self, tree: &DivisionTree, patience_seconds: u32) {
        let rows = MatterList::from_csv(include_bytes!("../../../domain/data/county-matters.csv")).rows;
        let calendar = WorkCalendar::from_csv(include_bytes!("../../../domain/data/china-workdays.csv")).0;
        let options = DraftOptions { patience_seconds, ..DraftOptions::default() };
        let draft = CatalogueDraft::build(&rows, tree, calendar, &options);
        let mut chunks = Vec::new();
        for (kind, bytes) in draft.into_chunks().unwrap() {
            chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
            let json = String::from_utf8(bytes).unwrap();
            self.act("370800", PrincipalKind::Staff, None, Act::KeepCatalogueChunk { json }).await.unwrap();
        }
        let effective = "2026-01-01".parse().unwrap();
        let publication = Publication { effective, chunks };
        self.act("370800", PrincipalKind::Staff, None, Act::PublishCatalogue(publication)).await.unwrap();
        for (code, ..) in UNITS {
            self.until(&format!("{code} has the catalogue"), async || {
                for node in self.nodes(code) {
                    let status = node.status().await;
                    if status.catalogue.is_none() || status.clock.is_some() {
                        return false;
                    }
                }
                true
            })
            .await;
        }
    }

    pub(crate) fn node(&self, code: &str) -> &Host<TestWorld> {
        &self.hosts[&unit(code)][0]
    }

    pub(crate) fn nodes(&self, code: &str) -> &[Host<TestWorld>] {
        &self.hosts[&unit(code)]
    }

    /// Cuts a unit off from every other one, or joins it again.
    pub(crate) fn cut(&self, code: &str, is_cut: bool) {
        let mut cut = self.cut.lock().unwrap();
        if is_cut {
            cut.insert(unit(code))
        } else {
            cut.remove(&unit(code))
        };
    }

    pub(crate) async fn act(
        &self,
        at: &str,
        kind: PrincipalKind,
        key: Option<&str>,
        act: Act,
    ) -> Result<Outcome, SubmitFault> {
        let principal = Principal { kind, name: format!("demo-{at}") };
        let request = Request { principal, idempotency_key: key.map(str::to_owned), act };
        self.node(at).submit(request).await
    }

    pub(crate) async fn case(&self, at: &str, number: &str) -> Option<CaseView> {
        match self.node(at).ask(Question::Case { case: number.parse().unwrap() }).await {
            Ok(Answer::Case(view)) => Some(*view),
            _ => None,
        }
    }

    /// Waits until something holds. Every wait has a deadline: what never comes is a failure, not a hang.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !holds().await {
            assert!(tokio::time::Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey(key.verifying_key().bytes.try_into().unwrap())
}

fn parts(
    directory: &Arc<Directory>,
    tree: &Arc<DivisionTree>,
    me: Peer,
    (sealing, signing): (SealingKey, SigningKey),
    publishing: &SigningKey,
    (doors, cut): (&Doors, &Arc<Mutex<BTreeSet<UnitId>>>),
) -> Parts<TestWorld> {
    let (log, rows) = MemoryDisk::automatic().group(me.unit, me.generation);
    let timing =
        Timing { heartbeat_millis: 50, election_min_millis: 150, election_max_millis: 300, ..Timing::default() };
    Parts {
        identity: Identity { region: "jining".into(), unit: me.unit, generation: me.generation, node: me.node },
        keys: Keys {
            digest: Keys::digest_key(&sealing),
            sealing,
            signing,
            blind: BlindKey::from_bytes([3; 32]),
            publishing: (me.unit == directory.city()).then(|| publishing.clone()),
        },
        directory: Arc::clone(directory),
        divisions: Arc::clone(tree),
        consensus: Config { timing, ..Config::new(me.unit, me.node) },
        log,
        rows,
        links: Net { from: me, doors: Arc::clone(doors), cut: Arc::clone(cut) },
        blobs: Arc::new(()),
        clock: MachineClock,
        entropy: Counter::default(),
        mirrors: unit::mirrors::Mirrors::default(),
        heads_every: std::time::Duration::from_secs(1),
    }
}
