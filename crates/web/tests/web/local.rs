//! A unit in memory: real commands through `domain::apply`, real stamps, real answers; no consensus and no links.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request as HttpRequest, Response, StatusCode};
use domain::accounts::AccountName;
use domain::audit::Tree;
use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkKind, DraftOptions, Matter, MatterType};
use domain::command::{Close, Command, DeclareLost, Found, JudgeInherited, Outcome, Proposal, Recover, TaskKind};
use domain::digest::ContentHash;
use domain::division::{DivisionTree, Tier};
use domain::ids::{CaseId, Generation, NodeId, UnitId};
use domain::principal::Principal;
use domain::store::UnitRead;
use domain::tables::{Meta, Tasks};
use domain::time::Timestamp;
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use protocol::keyed_hash::BlindKey;
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet};
use protocol::sealing::SealingKey;
use protocol::seam::Entropy;
use protocol::signing::SigningKey;
use protocol::{machine, record};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;
use unit::identity::{Identity, Keys, Tools};
use unit::stamp::StampFault;
use unit::{
    Answer, AskFault, CaseName, Credentials, MatterIndexes, MemberView, NodeRole, OpenFile, Pending, Question, Request,
    SubmitFault, Unavailable, UnitHandle, UnitStatus, VoterPlan, VoterRequest, VotersFault, VotersView,
};
use web::{DemoPerson, Limits, Readiness, Site};

use crate::shelf::Shelf;

pub(crate) const CITY: &str = "370800000000";
/// By which the first accounts are opened.
pub(crate) const FIRST_CODES: [&str; 2] = ["aaaa-bbbb-cccc-dddd-eeee", "ffff-gggg-hhhh-iiii-jjjj"];
pub(crate) const VILLAGE: &str = "370811002001";
/// A valid citizen number of no living person: it is the standard's own example.
pub(crate) const CITIZEN: &str = "11010519491231002X";

#[derive(Default)]
struct Draws(AtomicU64);

impl Entropy for Draws {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let draw = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &draw.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

pub(crate) struct LocalUnit {
    identity: Identity,
    keys: Keys,
    directory: Arc<Directory>,
    divisions: Arc<DivisionTree>,
    entropy: Draws,
    indexes: MatterIndexes,
    rows: Mutex<MapSnapshot>,
    now: AtomicI64,
    changed: Notify,
    /// How the unit is asked to fail, if so.
    pub(crate) fault: Mutex<Option<Unavailable>>,
}

impl LocalUnit {
    fn tools(&self) -> Tools<'_> {
        // A minute passes with every look at the clock.
        let now = self.now.fetch_add(60_000, Ordering::Relaxed);
        Tools {
            identity: &self.identity,
            directory: &self.directory,
            keys: &self.keys,
            crypto: &protocol::crypto::Standard,
            entropy: &self.entropy,
            now: Timestamp(now),
            divisions: &self.divisions,
            clock_doubt: None,
            heads_every_millis: 3_600_000,
            indexes: &self.indexes,
        }
    }

    fn rows(&self) -> MutexGuard<'_, MapSnapshot> {
        self.rows.lock().unwrap()
    }

    fn run(&self, rows: &mut MapSnapshot, proposal: &Proposal) -> Outcome {
        let mut batch = WriteSet::default();
        let outcome = machine::apply(rows, &mut batch, &record::write(proposal).unwrap()).unwrap();
        rows.write(&batch);
        outcome
    }

    fn own(&self, rows: &mut MapSnapshot, command: Command) {
        self.run(rows, &Proposal { command, stamp: self.tools().own_stamp() });
    }

    /// The leader's duty that this unit has without others: results are made at once.
    fn close(&self, rows: &mut MapSnapshot) {
        let low = (TaskKind::Close, CaseId(uuid::Uuid::nil()));
        let high = (TaskKind::Close, CaseId(uuid::Uuid::max()));
        let waiting = Overlay::new(&*rows).scan::<Tasks>(low..=high, 10).unwrap();
        for ((_, case), _) in waiting {
            self.own(rows, Command::Close(Close { case }));
        }
    }

    /// The unit goes on as its next life, with all that it had, and waits for a peer.
    pub(crate) fn come_back(&self, peer: UnitId) {
        let mut rows = self.rows();
        let view = Overlay::new(&*rows);
        let meta = view.get::<Meta>(&()).unwrap().unwrap();
        let tree = Tree::of(&view, meta.generation).unwrap().unwrap();
        let size = tree.size_at(meta.sequence);
        let (root, generation) = (tree.root(size).unwrap(), Generation(meta.generation.0 + 1));
        let recover = Recover { generation, people: people(), size, root, peers: vec![peer] };
        self.own(&mut rows, Command::Recover(Box::new(recover)));
    }

    /// The peer is declared lost, and what was inherited is judged: cases, claims, and that nothing is left.
    pub(crate) fn judge_without(&self, peer: UnitId) {
        let mut rows = self.rows();
        let generation = Generation::FIRST;
        self.own(&mut rows, Command::DeclareLost(DeclareLost { peer, generation, people: people() }));
        for _ in 0..3 {
            self.own(&mut rows, Command::JudgeInherited(JudgeInherited));
        }
    }

    /// Three voters, of which the third is silent; a fourth node is listed.
    fn view(&self) -> VotersView {
        let own = self.identity.node;
        let member =
            |ahead: u64| MemberView { node: NodeId(own.0 + ahead), votes: true, answers: ahead < 2, behind: ahead };
        VotersView {
            unit: self.identity.unit,
            leader: own,
            members: (0..3).map(member).collect(),
            leaving: None,
            listed: (0..4).map(|ahead| NodeId(own.0 + ahead)).collect(),
            directory: 2,
            under_way: None,
            last: None,
        }
    }

    /// The machine's clock goes on.
    pub(crate) fn pass(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    /// What the next look at the clock shows, in milliseconds.
    pub(crate) fn clock(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Every key and row, as a disk would have them.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for (key, row) in self.rows().iter() {
            all.extend_from_slice(key);
            all.extend_from_slice(row);
        }
        all
    }

    pub(crate) fn sealing(&self) -> &SealingKey {
        &self.keys.sealing
    }

    fn fault(&self) -> Result<(), Unavailable> {
        self.fault.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl UnitHandle for LocalUnit {
    fn unit(&self) -> UnitId {
        self.identity.unit
    }

    fn submit(&self, request: Request) -> Pending<'_, Result<Outcome, SubmitFault>> {
        Box::pin(async move {
            self.fault()?;
            let mut rows = self.rows();
            let proposal = unit::stamp::stamp(&request, &Overlay::new(&*rows), &self.tools());
            let proposal = proposal.map_err(|fault| match fault {
                StampFault::Invalid(fault) => SubmitFault::Invalid(fault),
                StampFault::Refused(refusal) => SubmitFault::Refused(refusal),
                StampFault::Store(fault) => panic!("{fault}"),
            })?;
            let outcome = self.run(&mut rows, &proposal);
            self.close(&mut rows);
            drop(rows);
            self.changed.notify_waiters();
            outcome.reply.ruling().map_err(Clone::clone)?;
            Ok(outcome)
        })
    }

    fn ask(&self, question: Question) -> Pending<'_, Result<Answer, AskFault>> {
        Box::pin(async move {
            self.fault()?;
            assert_ne!(question, Question::Matters { words: "panic".into(), limit: 50 }, "asked to");
            let rows = self.rows().clone();
            unit::query::answer(&question, &Overlay::new(&rows), &self.tools())
        })
    }

    fn files(&self, case: CaseName) -> Pending<'_, Result<Vec<OpenFile>, AskFault>> {
        Box::pin(async move {
            self.fault()?;
            let rows = self.rows().clone();
            unit::files::of_case(case, &Overlay::new(&rows), &self.tools()).map_err(|fault| match fault {
                StampFault::Invalid(fault) => AskFault::Invalid(fault),
                StampFault::Refused(refusal) => AskFault::Refused(refusal),
                StampFault::Store(fault) => panic!("{fault}"),
            })
        })
    }

    fn credentials(&self, account: AccountName) -> Pending<'_, Result<Option<Credentials>, AskFault>> {
        Box::pin(async move {
            self.fault()?;
            let rows = self.rows().clone();
            unit::accounts::credentials(&account, &Overlay::new(&rows), &self.tools()).map_err(|fault| match fault {
                StampFault::Invalid(fault) => AskFault::Invalid(fault),
                StampFault::Refused(refusal) => AskFault::Refused(refusal),
                StampFault::Store(fault) => panic!("{fault}"),
            })
        })
    }

    fn status(&self) -> Pending<'_, UnitStatus> {
        Box::pin(async move {
            let rows = self.rows().clone();
            let meta = Overlay::new(&rows).get::<Meta>(&()).unwrap().unwrap();
            UnitStatus {
                region: meta.region,
                unit: meta.unit,
                name: meta.name,
                tier: meta.tier,
                parent: meta.parent,
                generation: meta.generation,
                node: self.identity.node,
                role: NodeRole::Leader,
                leader: Some(self.identity.node),
                voters: vec![],
                sequence: meta.sequence,
                now: meta.now,
                state_hash: machine::state_hash(&rows).unwrap(),
                catalogue: meta.catalogue,
                mail: vec![],
                waiting: vec![],
                contradictions: 0,
                disputes: vec![],
                carried: 0,
                books: unit::BooksStatus::default(),
                mirrors: vec![],
                mirroring: vec![],
                clock: None,
                certain_until: None,
                stopped: None,
            }
        })
    }

    fn voters(&self) -> Pending<'_, Result<VotersView, Unavailable>> {
        Box::pin(async move {
            self.fault()?;
            Ok(self.view())
        })
    }

    fn change_voters(&self, _: Principal, request: VoterRequest) -> Pending<'_, Result<VoterPlan, VotersFault>> {
        Box::pin(async move {
            self.fault()?;
            unit::voters::plan(&self.view(), request.change)
        })
    }

    fn changed(&self, _: Option<CaseId>) -> Pending<'_, ()> {
        Box::pin(self.changed.notified())
    }
}

fn people() -> [String; 2] {
    ["李明".to_owned(), "王芳".to_owned()]
}

/// A city and a village of the real tree.
pub(crate) struct Region {
    pub(crate) city: Arc<LocalUnit>,
    pub(crate) village: Arc<LocalUnit>,
    pub(crate) files: Arc<Shelf>,
    divisions: Arc<DivisionTree>,
}

impl Region {
    pub(crate) fn new() -> Self {
        let draw = Draws(AtomicU64::new(1 << 32));
        let divisions = Arc::new(DivisionTree::from_csv(include_bytes!("../../../domain/data/jining-regions.csv")).0);
        let publishing = SigningKey::generate(&draw);
        let public = |key: &SigningKey| PublicKey(key.verifying_key().bytes.try_into().unwrap());
        let mut held = BTreeMap::new();
        let (mut units, mut nodes) = (vec![], vec![]);
        for (node, code) in (1..).map(NodeId).zip([CITY, "370811", "370811002", VILLAGE]) {
            let place = divisions.get(code.parse().unwrap()).unwrap();
            let (sealing, signing) = (SealingKey::generate(&draw), SigningKey::generate(&draw));
            units.push(UnitListing {
                unit: place.unit,
                name: place.name.clone(),
                tier: place.tier,
                parent: place.parent,
                generation: Generation::FIRST,
                sealing_key: PublicKey(sealing.public_key().unwrap().0),
                voters: vec![node],
            });
            nodes.push(NodeListing {
                node,
                unit: place.unit,
                quic: vec![format!("127.0.0.1:{}", 9000 + node.0)],
                http: format!("127.0.0.1:{}", 8000 + node.0),
                signing_key: public(&signing),
            });
            held.insert(place.unit, (node, sealing, signing));
        }
        let region = "jining".parse().unwrap();
        let listing = Listing { region, number: 1, publishing_key: public(&publishing), units, nodes };
        let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signed = SignedDirectory::sign(listing, &authority).unwrap();
        let directory = Arc::new(signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap());
        let mut start = |code: &str| {
            let place = divisions.get(code.parse().unwrap()).unwrap();
            let (node, sealing, signing) = held.remove(&place.unit).unwrap();
            let local = LocalUnit {
                identity: Identity { region: "jining".into(), unit: place.unit, generation: Generation::FIRST, node },
                keys: Keys {
                    digest: Keys::digest_key(&sealing),
                    sealing,
                    signing,
                    blind: BlindKey::from_bytes([3; 32]),
                    publishing: (place.tier == Tier::City).then(|| publishing.clone()),
                },
                directory: directory.clone(),
                divisions: divisions.clone(),
                entropy: Draws(AtomicU64::new(node.0 << 40)),
                indexes: MatterIndexes::default(),
                rows: Mutex::default(),
                // 2026-02-10 09:00 at UTC+8.
                now: AtomicI64::new(1_770_685_200_000),
                changed: Notify::new(),
                fault: Mutex::new(None),
            };
            let found = Found {
                region: "jining".into(),
                unit: place.unit,
                name: place.name.clone(),
                tier: place.tier,
                parent: place.parent,
                children: vec![],
                generation: Generation::FIRST,
            };
            local.own(&mut local.rows(), Command::Found(found));
            Arc::new(local)
        };
        let (city, village) = (start(CITY), start(VILLAGE));
        let files = Arc::new(Shelf::of(&city));
        Self { city, village, files, divisions }
    }

    pub(crate) fn site(&self, units: Vec<Arc<dyn UnitHandle>>) -> Site {
        let mut people = DemoPerson::usual(self.city.unit(), Tier::City);
        people.extend(DemoPerson::usual(self.village.unit(), Tier::Village).into_iter().skip(1));
        let keys = AtomicU64::new(1);
        Site {
            units,
            divisions: self.divisions.clone(),
            people,
            behind_tls: false,
            secret: {
                let draws = Draws(AtomicU64::new(1 << 48));
                Arc::new(move || {
                    let mut bytes = [0; 32];
                    draws.fill(&mut bytes);
                    bytes
                })
            },
            first_codes: Arc::new(|| Some(FIRST_CODES.map(web::invitation_hash))),
            ready: Arc::new(|| Readiness { missing: vec![], alarms: vec![] }),
            metrics: Arc::new(|| "# EOF\n".into()),
            form_key: Arc::new(move || format!("form-{}", keys.fetch_add(1, Ordering::Relaxed))),
            seals: Arc::new(seal::BodySeals::none()),
            files: self.files.clone(),
            limits: Limits {
                request: Duration::from_secs(20),
                failed_after: Duration::from_millis(1),
                ..Limits::default()
            },
        }
    }

    /// The node of the city, with the real catalogue published through the API.
    pub(crate) async fn city_node() -> (Self, Router) {
        let region = Self::new();
        let router = web::router(region.site(vec![region.city.clone()]));
        let answer = send(&router, publication().to_string(), administrator("/v1/catalogue")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        assert_eq!(answer.json()["installed"], true);
        (region, router)
    }
}

/// The real list of matters, as the command line sends it.
pub(crate) fn publication() -> Value {
    let tree = DivisionTree::from_csv(include_bytes!("../../../domain/data/jining-regions.csv")).0;
    let rows = MatterList::from_csv(include_bytes!("../../../domain/data/county-matters.csv")).rows;
    let calendar = WorkCalendar::from_csv(include_bytes!("../../../domain/data/china-workdays.csv")).0;
    let options = DraftOptions { below_city: Some(["370811".parse().unwrap()].into()), ..DraftOptions::default() };
    let chunks = CatalogueDraft::build(&rows, &tree, calendar, &options).into_chunks().unwrap();
    let chunks: Vec<Value> = chunks
        .into_iter()
        .map(|(kind, bytes)| {
            let json = String::from_utf8(bytes).unwrap();
            match kind {
                ChunkKind::Matters => json!({"kind": "matters", "json": json}),
                ChunkKind::Calendar => json!({"kind": "calendar", "json": json}),
                ChunkKind::Approvals => panic!("a draft has none"),
                ChunkKind::Entries { unit } => json!({"kind": "entries", "unit": unit.to_string(), "json": json}),
            }
        })
        .collect();
    json!({"effective": "2026-01-01", "chunks": chunks})
}

/// An answer, read to its end.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) type Head = axum::http::request::Builder;

pub(crate) fn get(path: &str) -> Head {
    HttpRequest::get(path)
}

/// A JSON request by somebody.
pub(crate) fn post(path: &str, person: &str) -> Head {
    HttpRequest::post(path).header("content-type", "application/json").header("x-tongban-person", person)
}

pub(crate) fn administrator(path: &str) -> Head {
    post(path, &format!("demo-administrator-{CITY}"))
}

pub(crate) fn officer(path: &str) -> Head {
    post(path, &format!("demo-officer-{CITY}"))
}

pub(crate) async fn send(router: &Router, body: impl Into<Body>, head: Head) -> Told {
    read(router.clone().oneshot(head.body(body.into()).unwrap()).await.unwrap()).await
}

async fn read(response: Response<Body>) -> Told {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Told { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// A matter that the city decides for its own place, and what must be handed in.
pub(crate) async fn matter(region: &Region) -> (String, Vec<String>) {
    matter_of(region, |_| true).await
}

/// Likewise a licence (type 01), whose time runs by the licensing law.
pub(crate) async fn licence(region: &Region) -> (String, Vec<String>) {
    matter_of(region, |matter| matter.matter_type == MatterType::Licence && matter.guide.flow.is_empty()).await
}

/// Likewise one that lists steps between acceptance and decision.
pub(crate) async fn with_steps(region: &Region) -> (String, Vec<String>) {
    matter_of(region, |matter| !matter.guide.flow.is_empty()).await
}

async fn matter_of(region: &Region, wanted: fn(&Matter) -> bool) -> (String, Vec<String>) {
    let question = Question::Matters { words: String::new(), limit: 200 };
    let Ok(Answer::Matters { matters, .. }) = region.city.ask(question).await else { panic!("no matters") };
    for matter in matters.into_iter().map(|found| found.matter).filter(wanted) {
        let code = matter.code.to_string();
        let question = Question::Route { matter: code.clone(), place: region.city.unit() };
        let Ok(Answer::Route(route)) = region.city.ask(question).await else { continue };
        if route.to == Some(region.city.unit()) && !matter.materials.is_empty() {
            return (code, matter.materials.into_iter().map(|material| material.name).collect());
        }
    }
    panic!("the city decides nothing")
}

pub(crate) fn application((matter, materials): &(String, Vec<String>)) -> Value {
    json!({
        "matter": matter,
        "applicant": {"name": "王小明", "identifier": CITIZEN},
        "materials": materials,
    })
}

/// Submits, and gives the printed number.
pub(crate) async fn submitted(router: &Router, matter: &(String, Vec<String>), key: &str) -> String {
    let head = post("/v1/cases", "demo-applicant").header("idempotency-key", key);
    let told = send(router, application(matter).to_string(), head).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    told.json()["number"].as_str().unwrap().to_owned()
}
