//! A few units of Jining in memory, their commands applied by the production machine, every write told to observer and invariants
//! as a ground would tell it. No consensus, no links: a command is a call, a mail is carried by hand.

#[allow(dead_code, reason = "one of the tests loses nobody")]
pub(crate) mod loss;
pub(crate) mod story;

use std::collections::BTreeMap;

use domain::calendar::{WorkCalendar, due};
use domain::case::{CaseContent, CaseRow, Material};
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkBytes, DraftOptions, Manifest, Necessity, SignedManifest, installed};
use domain::command::*;
use domain::digest::ContentHash;
use domain::division::{DivisionTree, Tier};
use domain::ids::{CaseId, CaseNumber, Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::routing::{RouteQuestion, route};
use domain::sealed::{BlindIndex, Sealed, WrappedKey};
use domain::store::{Table, UnitRead};
use domain::tables::{Cases, Meta, Outbox, OutboxHeads, Tasks, Timers, UnitMeta, Versions};
use domain::time::{CivilDate, Timestamp};
use protocol::applicant::ApplicantFields;
use protocol::machine;
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet, row_key};
use protocol::record;
use protocol::sealing::DataKey;
use protocol::seam::Entropy;
use sim::ground::{Event, Recorded, Ticket, What};
use sim::invariants::{Terms, Watch};
use sim::observe::{Keep, Observer};
use sim::play::{Judged, Verdict};
use unit::{Act, Applicant, Application, CaseName, Request, SubmitFault};
use uuid::Uuid;

const fn code(digits: u64) -> UnitId {
    match UnitId::new(digits) {
        Some(unit) => unit,
        None => panic!("not a division code"),
    }
}

pub(crate) const CITY: UnitId = code(370_800_000_000);
pub(crate) const COUNTY: UnitId = code(370_811_000_000);
pub(crate) const OTHER_COUNTY: UnitId = code(370_812_000_000);
pub(crate) const VILLAGE: UnitId = code(370_811_002_001);
pub(crate) const UNITS: [UnitId; 4] = [CITY, COUNTY, OTHER_COUNTY, VILLAGE];

/// Held alike by city and counties; by counties alone; by the city alone, counted from arrival.
pub(crate) const MATTERS: [&str; 3] = ["EQ1", "CO1", "CI1"];

/// What nothing may ever show.
pub(crate) const CITIZEN_NUMBER: &str = "11010519491231002X";

pub(crate) const PATIENCE_SECONDS: u32 = 600;

const LIST: &str = "department,main_item,matter_name,local_item_code,area_code,implementing_body_uscc,task_type,full_code\n\
    区行政审批局,未分类,食品经营许可,,,,1,EQ1-511602000000\n\
    区民政局,未分类,高龄津贴发放,,,,5,CO1-511602000000\n\
    区生态环境局,未分类,危险废物经营许可（市级）,,,,1,CI1-511602000000\n";

const PLACES: &str = "code,name,tier,parent\n370800,济宁市,city,\n370811,任城区,county,370800\n370812,兖州区,county,370800\n\
    370811002,许庄街道,township,370811\n370811002001,航运新村居委会,village,370811002\n";

/// Bytes that differ with every draw and are the same in every run.
struct Counting(std::sync::atomic::AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &drawn.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

/// Noon at UTC+8 of a day.
pub(crate) fn at(day: &str) -> Timestamp {
    day.parse::<CivilDate>().unwrap().begins_at().plus_millis(12 * 3_600_000)
}

fn pieces(patience_seconds: u32) -> Vec<ChunkBytes> {
    let (tree, findings) = DivisionTree::from_csv(PLACES.as_bytes());
    assert_eq!(findings, []);
    let list = MatterList::from_csv(LIST.as_bytes());
    let calendar = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
    let options = DraftOptions { patience_seconds, below_city: None };
    CatalogueDraft::build(&list.rows, &tree, calendar, &options).into_chunks().unwrap()
}

/// One unit: its log, and the rows of its two replicas. The first one applies at once, the second when it is told to.
struct One {
    rows: MapSnapshot,
    payloads: Vec<Vec<u8>>,
    second: MapSnapshot,
    second_at: usize,
    minted: u128,
    /// How far its clock is from true time.
    clock_millis: i64,
}

/// The region, and who watches it.
pub(crate) struct Region {
    units: BTreeMap<UnitId, One>,
    pub(crate) now: Timestamp,
    pub(crate) observer: Observer,
    pub(crate) watch: Watch,
    tickets: u64,
    entropy: Counting,
    pub(crate) versions: u64,
    /// Lost machines, as they were.
    formers: Vec<(UnitId, One)>,
    /// So many of a peer's mails its mirror may not have yet.
    pub(crate) unmirrored: u64,
}

impl Region {
    /// City, two counties, a village; the catalogue published and installed everywhere.
    pub(crate) fn jining() -> Self {
        let terms = Terms {
            plants: vec![CITIZEN_NUMBER.to_owned()],
            patience: std::time::Duration::from_secs(u64::from(PATIENCE_SECONDS)),
            ..Terms::default()
        };
        let mut region = Self {
            units: BTreeMap::new(),
            now: at("2026-02-10"),
            observer: Observer::new(Keep::All),
            watch: Watch::new(&[].into(), &terms),
            tickets: 0,
            entropy: Counting(0.into()),
            versions: 0,
            formers: vec![],
            unmirrored: 4,
        };
        let none: &[UnitId] = &[];
        for (unit, parent, children) in [
            (CITY, None, &[COUNTY, OTHER_COUNTY][..]),
            (COUNTY, Some(CITY), &[VILLAGE][..]),
            (OTHER_COUNTY, Some(CITY), none),
            (VILLAGE, Some(COUNTY), none),
        ] {
            let (rows, second) = (MapSnapshot::default(), MapSnapshot::default());
            let one = One { rows, payloads: vec![], second, second_at: 0, minted: 0, clock_millis: 0 };
            region.units.insert(unit, one);
            for node in [first_node(unit), second_node(unit)] {
                region.tell(What::Up { node, unit });
            }
            let found = Found {
                region: "jining".to_owned(),
                unit,
                name: unit.to_string(),
                tier: Tier::of(unit),
                parent,
                children: children.to_vec(),
                generation: Generation::FIRST,
            };
            region.done(unit, Command::Found(found));
        }
        region.publish(PATIENCE_SECONDS);
        region.exchange();
        region
    }

    /// Something happens: observer and invariants see it.
    pub(crate) fn tell(&mut self, what: What) {
        let event = Event { at: self.now, what };
        let moment = self.observer.observe(&event);
        self.watch.look(&moment, &self.observer);
    }

    pub(crate) fn pass(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    pub(crate) fn set_clock(&mut self, unit: UnitId, millis: i64) {
        self.one_mut(unit).clock_millis = millis;
    }

    fn one_mut(&mut self, unit: UnitId) -> &mut One {
        self.units.get_mut(&unit).unwrap()
    }

    /// What a unit has written, typed.
    pub(crate) fn read<T: Table>(&self, unit: UnitId, key: &T::Key) -> Option<T::Row> {
        Overlay::new(&self.units[&unit].rows).get::<T>(key).unwrap()
    }

    /// Looks at what a unit has written.
    #[allow(dead_code, reason = "one of the tests needs it")]
    pub(crate) fn with_rows<T>(&self, unit: UnitId, look: impl FnOnce(&Overlay<'_, MapSnapshot>) -> T) -> T {
        look(&Overlay::new(&self.units[&unit].rows))
    }

    fn scan<T: Table>(&self, unit: UnitId, range: std::ops::RangeInclusive<T::Key>) -> Vec<(T::Key, T::Row)> {
        Overlay::new(&self.units[&unit].rows).scan::<T>(range, usize::MAX).unwrap()
    }

    pub(crate) fn meta(&self, unit: UnitId) -> UnitMeta {
        self.read::<Meta>(unit, &()).unwrap()
    }

    pub(crate) fn case(&self, unit: UnitId, case: CaseId) -> Option<CaseRow> {
        self.read::<Cases>(unit, &case)
    }

    fn content(&self, unit: UnitId, case: CaseId) -> Option<CaseContent> {
        self.case(unit, case)?.content
    }

    /// What the leader of a unit would stamp now.
    fn clock(&self, unit: UnitId) -> Timestamp {
        self.now.plus_millis(self.units[&unit].clock_millis)
    }

    /// Proposes a command, by the unit itself.
    pub(crate) fn run(&mut self, unit: UnitId, command: Command) -> Outcome {
        self.run_with(unit, command, None, |_, _| {})
    }

    pub(crate) fn done(&mut self, unit: UnitId, command: Command) -> Done {
        match self.run(unit, command).reply {
            Reply::Done(done) => done,
            other => panic!("{other:?}"),
        }
    }

    /// Proposes a command; `forge` may falsify what the replica writes, before anybody sees it.
    pub(crate) fn run_with(
        &mut self,
        unit: UnitId,
        command: Command,
        asked: Option<(&str, &str)>,
        forge: impl FnOnce(&MapSnapshot, &mut WriteSet),
    ) -> Outcome {
        let time = self.clock(unit);
        let one = self.units.get_mut(&unit).unwrap();
        one.minted += 1;
        let principal = match (&command, asked) {
            (_, Some((principal, _))) => Principal { kind: PrincipalKind::Staff, name: principal.to_owned() },
            (Command::MailArrived(mail), None) => Principal { kind: PrincipalKind::Peer, name: mail.from.to_string() },
            _ => Principal { kind: PrincipalKind::Unit, name: unit.to_string() },
        };
        let stamp = Stamp {
            time,
            minted: Uuid::from_u128((u128::from(unit.get()) << 64) + one.minted),
            principal,
            policy: ContentHash::default(),
            idempotency: asked.filter(|(_, key)| !key.is_empty()).map(|(_, key)| Idempotency {
                key: key.to_owned(),
                // As a digest of the request: the same for the same matter or case, whatever was sealed meanwhile.
                digest: ContentHash::of_bytes("test request", format!("{:?}", request_of(&command)).as_bytes()),
            }),
        };
        let payload = record::write(&Proposal { command, stamp }).unwrap();
        let mut writes = WriteSet::default();
        let outcome = match machine::apply(&one.rows, &mut writes, &payload) {
            Ok(outcome) => outcome,
            Err(fault) => {
                let (node, why) = (self.nodes(unit)[0], fault.to_string());
                self.tell(What::Stopped { node, unit, why });
                let reply = Reply::Refused(domain::refusal::Refusal::Changed);
                return Outcome { sequence: Sequence(0), at: time, reply };
            }
        };
        forge(&one.rows, &mut writes);
        one.rows.write(&writes);
        one.payloads.push(payload);
        let (node, generation) = (self.nodes(unit)[0], self.generation(unit));
        self.tell(What::Applied { unit, generation, node, writes: writes.into() });
        outcome
    }

    /// The second replica applies all that it has not applied yet, in one batch.
    pub(crate) fn follow(&mut self, unit: UnitId, forge: impl FnOnce(&mut WriteSet)) {
        let one = self.units.get_mut(&unit).unwrap();
        let mut writes = WriteSet::default();
        for payload in &one.payloads[one.second_at..] {
            // What stops the first replica stops the second one too.
            drop(machine::apply(&one.second, &mut writes, payload));
        }
        one.second_at = one.payloads.len();
        forge(&mut writes);
        one.second.write(&writes);
        let (node, generation) = (self.nodes(unit)[1], self.generation(unit));
        if !writes.is_empty() {
            self.tell(What::Applied { unit, generation, node, writes: writes.into() });
        }
    }

    /// Writes rows that no command wrote, beside a command that does nothing.
    pub(crate) fn forge(&mut self, unit: UnitId, forge: impl FnOnce(&MapSnapshot, &mut WriteSet)) {
        let nothing = Command::Close(Close { case: CaseId(Uuid::nil()) });
        self.run_with(unit, nothing, None, forge);
    }

    /// Falsifies a case's row.
    pub(crate) fn forge_case(&mut self, unit: UnitId, case: CaseId, forge: impl FnOnce(&mut CaseRow)) {
        let mut row = self.case(unit, case).unwrap();
        row.changed = self.meta(unit).sequence.next();
        forge(&mut row);
        self.forge(unit, |_, writes| put::<Cases>(writes, &case, &row));
    }

    /// Keeps the pieces of a new version and publishes it.
    pub(crate) fn publish(&mut self, patience_seconds: u32) {
        let pieces = pieces(patience_seconds);
        for (_, bytes) in &pieces {
            self.done(CITY, Command::StoreChunk(StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
        }
        let newest = self.scan::<Versions>(CITY, 0..=u64::MAX).pop().map(|(number, version)| (number, version.hash));
        let manifest = Manifest::of_chunks(self.generation(CITY), newest, "2026-01-01".parse().unwrap(), &pieces);
        let signed = SignedManifest { manifest, signer: CITY, signature: vec![0; 64] };
        self.done(CITY, Command::Publish(Publish { signed }));
        self.versions += 1;
    }

    /// An act as people do it: begun, applied, answered. `heard`: whether the answer reaches who asked.
    pub(crate) fn act(&mut self, unit: UnitId, command: Command, who: &str, key: &str, heard: bool) -> Outcome {
        let ticket = self.begin(unit, &command, who, key);
        let outcome = self.run_with(unit, command, Some((who, key)), |_, _| {});
        let unheard = || Err(unit::Unavailable::Deadline { unit, millis: 10_000 }.into());
        // A unit that stopped answers nobody.
        let answer = if heard && outcome.sequence > Sequence(0) { Ok(outcome.clone()) } else { unheard() };
        self.tell(What::Answered { ticket, answer });
        outcome
    }

    pub(crate) fn begin(&mut self, unit: UnitId, command: &Command, who: &str, key: &str) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let principal = Principal { kind: PrincipalKind::Staff, name: who.to_owned() };
        let idempotency_key = Some(key.to_owned()).filter(|key| !key.is_empty());
        let request = Request { principal, idempotency_key, act: request_of(command) };
        let label = matches!(command, Command::Receive(_)).then(|| format!("case-{key}"));
        self.observer.begun(ticket, self.now, unit, &request, label.as_deref());
        ticket
    }

    pub(crate) fn answer(&mut self, ticket: Ticket, answer: Result<Outcome, SubmitFault>) {
        self.tell(What::Answered { ticket, answer: answer.map_err(Into::into) });
    }

    /// An application, its fields sealed as at the counter.
    pub(crate) fn application(&mut self, unit: UnitId, matter: &str) -> Command {
        let version = self.meta(unit).catalogue.unwrap().number;
        let view = Overlay::new(&self.units[&unit].rows);
        let listed = installed::matter(&view, version, &matter.parse().unwrap()).unwrap().unwrap().materials.clone();
        let brought = listed.into_iter().filter(|listed| listed.necessity != Necessity::Optional);
        let fields = ApplicantFields {
            name: "张三".to_owned(),
            identifier: CITIZEN_NUMBER.to_owned(),
            telephone: String::new(),
        };
        let key = DataKey::generate(&self.entropy);
        Command::Receive(Box::new(Receive {
            matter: matter.parse().unwrap(),
            place: if unit == CITY { COUNTY } else { unit },
            chosen: None,
            applicant: BlindIndex([7; 32]),
            applicant_fields: fields.seal(CaseId(Uuid::nil()), &key, &self.entropy).unwrap(),
            form: Sealed(vec![2; 40]),
            key: WrappedKey(vec![3; 80]),
            materials: brought.map(|listed| Material { name: listed.name, content: None }).collect(),
        }))
    }

    /// Hands in an application under a key.
    pub(crate) fn submit(&mut self, unit: UnitId, matter: &str, key: &str) -> (CaseId, CaseNumber) {
        let application = self.application(unit, matter);
        let outcome = self.act(unit, application, "window", key, true);
        match outcome.reply.ruling() {
            Ok(Done::Received { case, number }) => (*case, *number),
            other => panic!("{other:?}"),
        }
    }

    /// 受理, counted as the leader would; `None` where the unit has no content to count by.
    pub(crate) fn acceptance(&self, unit: UnitId, case: CaseId) -> Option<Command> {
        let content = self.content(unit, case)?;
        let view = Overlay::new(&self.units[&unit].rows);
        let matter = installed::matter(&view, content.pin.number, &content.matter).unwrap()?;
        let calendar = installed::calendar(&view, content.pin.number).unwrap()?;
        let today = self.meta(unit).now.max(self.clock(unit)).date();
        let limit = matter.statutory_limit;
        Some(Command::Accept(Accept { case, due: due(today, limit.days, limit.unit, &calendar) }))
    }

    /// What the leader of a unit owes a case.
    pub(crate) fn duties(&self, unit: UnitId) -> Vec<Command> {
        let all = (TaskKind::Route, CaseId(Uuid::nil()))..=(TaskKind::AwaitCommit, CaseId(Uuid::max()));
        let owed = |((kind, case), _): ((TaskKind, CaseId), _)| {
            let row = self.case(unit, case)?;
            let (attempt, content) = (row.custody.attempt, row.content?);
            let view = Overlay::new(&self.units[&unit].rows);
            match kind {
                TaskKind::Route => {
                    let to = route(&view, &RouteQuestion::of_case(unit, &content)).unwrap().to?;
                    (to != unit).then(|| offer(case, attempt.0, to))
                }
                TaskKind::Return => Some(offer(case, attempt.0, content.receiver)),
                TaskKind::Prepare => {
                    let version = self.read::<Versions>(unit, &content.pin.number)?;
                    version.installed?;
                    Some(match may_hold(&view, &self.meta(unit), &content).unwrap() {
                        true => Command::Prepare(Prepare { case, attempt }),
                        false => Command::Decline(Decline { case, attempt }),
                    })
                }
                TaskKind::Close => Some(Command::Close(Close { case })),
                _ => None,
            }
        };
        let tasks = self.scan::<Tasks>(unit, all).into_iter();
        let tasks = tasks.filter(|((_, case), _)| !self.is_inherited(unit, *case));
        tasks.filter_map(owed).chain(self.recovery_duties(unit)).collect()
    }

    /// Timers of a unit, by when they are due.
    pub(crate) fn timers(&self, unit: UnitId) -> Vec<FireTimer> {
        let all = (Timestamp(i64::MIN), CaseId(Uuid::nil()), TimerKind::Patience)
            ..=(Timestamp(i64::MAX), CaseId(Uuid::max()), TimerKind::LAST);
        let timers = self.scan::<Timers>(unit, all).into_iter();
        timers.map(|((due, case, kind), _)| FireTimer { due, case, kind }).collect()
    }

    /// Fires what is due by the unit's clock.
    pub(crate) fn fire(&mut self, unit: UnitId) {
        let now = self.clock(unit).max(self.meta(unit).now);
        for timer in self.timers(unit).into_iter().filter(|timer| timer.due <= now) {
            self.run(unit, Command::FireTimer(timer));
        }
    }

    /// All mail that a unit keeps for a peer, acknowledged or not.
    pub(crate) fn outbox(&self, from: UnitId, to: UnitId) -> Vec<MailArrived> {
        let rows = self.scan::<Outbox>(from, (to, MailSequence(0))..=(to, MailSequence(u64::MAX)));
        let mail = |((_, sequence), row): ((UnitId, MailSequence), domain::tables::OutboxMail)| MailArrived {
            from,
            generation: self.generation(from),
            sequence,
            before: row.before,
            mail: row.mail,
            objection: None,
        };
        rows.into_iter().map(mail).collect()
    }

    /// Carries one mail, and the word that it arrived, back. Deletes it at the sender only when the sender's mirrors would have it.
    /// Whether it was taken.
    pub(crate) fn carry(&mut self, mail: MailArrived, to: UnitId, acknowledged: bool) -> bool {
        let (from, generation, sequence) = (mail.from, mail.generation, mail.sequence);
        let outcome = self.run(to, Command::MailArrived(Box::new(mail)));
        let taken = outcome.reply.ruling().is_ok();
        if acknowledged && taken {
            let word = Acknowledged {
                peer: to,
                committed: sequence,
                mirrored: MailSequence(sequence.0.saturating_sub(self.unmirrored)),
            };
            self.run(from, Command::MailAcknowledged(MailAcknowledged { generation, peers: vec![word] }));
        }
        taken
    }

    /// The next mail that a peer has not acknowledged.
    pub(crate) fn next_mail(&self, from: UnitId, to: UnitId) -> Option<MailArrived> {
        let head = self.read::<OutboxHeads>(from, &to)?;
        self.outbox(from, to).into_iter().find(|mail| mail.sequence > head.committed)
    }

    /// Mail flows until none waits, or as often as would be enough in a sound region.
    pub(crate) fn exchange(&mut self) {
        for _ in 0..400 {
            let mut moved = false;
            for (from, to) in UNITS.into_iter().flat_map(|from| UNITS.map(|to| (from, to))) {
                if let Some(mail) = self.next_mail(from, to) {
                    moved |= self.carry(mail, to, true);
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// Leaders do what they owe and mail flows, until nothing is left.
    pub(crate) fn settle(&mut self) {
        for _ in 0..40 {
            let mut did = false;
            for unit in UNITS {
                for command in self.duties(unit) {
                    self.run(unit, command);
                    did = true;
                }
            }
            self.exchange();
            if !did {
                return;
            }
        }
    }

    /// What the replicas' folders hold; the second one first catches up.
    pub(crate) fn recorded(&mut self) -> Vec<Recorded> {
        UNITS.into_iter().for_each(|unit| self.follow(unit, |_| {}));
        let both = |(unit, one): (&UnitId, &One)| {
            let [first, second] = self.nodes(*unit);
            [(first, &one.rows), (second, &one.second)].map(|(node, rows)| Recorded {
                unit: *unit,
                generation: self.generation(*unit),
                node,
                payloads: one.payloads.clone(),
                state: machine::state_hash(rows).unwrap(),
            })
        };
        self.units.iter().flat_map(both).collect()
    }

    /// The end of the run, after a liveness phase.
    pub(crate) fn finish(mut self) -> Vec<Judged> {
        let recorded = self.recorded();
        self.watch.finish(self.now, true, &recorded, &self.observer)
    }
}

/// What came of one rule: `None` where it held.
pub(crate) fn broken(judged: &[Judged], id: &str) -> Option<String> {
    let all = judged.iter().filter(|judged| judged.id == id);
    let mut broken = all.filter_map(|judged| match &judged.verdict {
        Verdict::Broken { what, .. } => Some(what.clone()),
        Verdict::Held | Verdict::NotYet { .. } => None,
    });
    broken.next()
}

/// Every rule that did not hold.
pub(crate) fn all_broken(judged: &[Judged]) -> Vec<(String, String)> {
    judged.iter().filter_map(|rule| Some((rule.id.clone(), broken(judged, &rule.id)?))).collect()
}

pub(crate) fn put<T: Table>(writes: &mut WriteSet, key: &T::Key, row: &T::Row) {
    writes.write(row_key::<T>(key), Some(record::write(row).unwrap()));
}

pub(crate) fn offer(case: CaseId, attempt: u32, to: UnitId) -> Command {
    let attempt = domain::ids::Attempt(attempt);
    Command::Offer(Offer { case, attempt, to, key: WrappedKey(vec![4; 80]) })
}

pub(crate) fn decide(case: CaseId, granted: bool) -> Command {
    let reasons = if granted { String::new() } else { "场所不符合规定".to_owned() };
    Command::Decide(Decide { case, granted, reasons })
}

pub(crate) fn first_node(unit: UnitId) -> NodeId {
    NodeId(unit.get() * 10 + 1)
}

pub(crate) fn second_node(unit: UnitId) -> NodeId {
    NodeId(unit.get() * 10 + 2)
}

/// The act that a command stands for.
fn request_of(command: &Command) -> Act {
    let id = CaseName::Id;
    match command {
        Command::Accept(Accept { case, .. }) => Act::Accept { case: id(*case), declared: false },
        Command::NotAccept(NotAccept { case, reasons, right_authority }) => {
            Act::NotAccept { case: id(*case), reasons: reasons.clone(), right_authority: *right_authority }
        }
        Command::Decide(Decide { case, granted, reasons }) => {
            Act::Decide { case: id(*case), granted: *granted, reasons: reasons.clone() }
        }
        Command::Deliver(Deliver { case }) => Act::Deliver { case: id(*case) },
        Command::Withdraw(Withdraw { case, reason }) => Act::Withdraw { case: id(*case), reason: reason.clone() },
        Command::Abort(Abort { case, .. }) => Act::TakeBack { case: id(*case) },
        Command::Receive(receive) => Act::Submit(Box::new(Application {
            about: None,
            matter: receive.matter.to_string(),
            place: Some(receive.place),
            applicant: Applicant {
                name: "张三".to_owned(),
                identifier: CITIZEN_NUMBER.to_owned(),
                telephone: String::new(),
            },
            form: BTreeMap::new(),
            materials: vec![],
            authority: None,
            declared: true,
        })),
        other => panic!("nobody asks for {other:?}"),
    }
}
