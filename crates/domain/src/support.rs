//! What the tests of this crate stand on: rows in memory, units with a small real catalogue, and mail between them.
//!
//! Every command is followed by the state checker, and a refusal is held to have written nothing but its audit row and answer.

mod accepted;
mod concerns;
mod files;
mod township;
mod versions;

pub(crate) use accepted::accepted_case;
pub(crate) use concerns::*;
pub(crate) use files::case_file;
pub(crate) use township::*;
pub(crate) use versions::approved;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use uuid::Uuid;

use crate::audit::Tree;
use crate::calendar::{WorkCalendar, due};
use crate::case::{CaseContent, CaseRow, Material};
use crate::catalogue::import::MatterList;
use crate::catalogue::{CatalogueDraft, ChunkBytes, DraftOptions, installed};
use crate::check::check;
use crate::codec::{decode, encode};
use crate::command::*;
use crate::digest::ContentHash;
use crate::division::{DivisionTree, Tier};
use crate::ids::{Attempt, CaseId, Generation, MailSequence, UnitId};
use crate::principal::{Principal, PrincipalKind};
use crate::recovery::Finding;
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, route};
use crate::sealed::{BlindIndex, Sealed, WrappedKey};
use crate::store::{Key, KeyRow, StoreFault, Table, UnitRead, UnitStore};
use crate::tables::{
    Answers, AnswersByAge, AuditNodes, AuditTrees, Audits, Cases, FencesOwed, Findings, InboxCursors, Meta, Outbox,
    OutboxHeads, Rounds, Tasks, Timers, UnitMeta,
};
use crate::time::{CivilDate, Timestamp};

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
pub(crate) const OTHER_VILLAGE: UnitId = code(370_812_001_001);

/// Held alike by city and counties, counted from the counter.
pub(crate) const EQUAL: &str = "EQ1";
/// Held by counties alone.
pub(crate) const COUNTY_ONLY: &str = "CO1";
/// Held alike, and accepted under the claim only.
pub(crate) const EQUAL_STRICT: &str = "EQ2";
/// Held alike, and applied for any number of times.
pub(crate) const EQUAL_REPEATABLE: &str = "EQ3";
/// Held alike; the object is a vehicle, the home the city.
pub(crate) const VEHICLE: &str = "EQ4";
/// Held by the city alone, counted from arrival.
pub(crate) const CITY_ONLY: &str = "CI1";

pub(crate) const PATIENCE_SECONDS: u32 = 60;

const LIST: &str = "department,main_item,matter_name,local_item_code,area_code,implementing_body_uscc,task_type,full_code\n\
    区行政审批局,未分类,食品经营许可,,,,1,EQ1-511602000000\n\
    区民政局,未分类,高龄津贴发放,,,,5,CO1-511602000000\n\
    区生态环境局,未分类,危险废物经营许可（市级）,,,,1,CI1-511602000000\n\
    区民政局,未分类,收养登记,,,,7,EQ2-511602000000\n\
    区司法局,未分类,公共法律服务咨询（市级、县级）,,,,20,EQ3-511602000000\n\
    区交通运输局,未分类,客运车辆道路运输证办理,,,,1,EQ4-511602000000\n\
    区行政审批局,未分类,广播电台设立初审,,,,1,RV1-511602000000\n\
    区行政审批局,未分类,医疗机构执业审批（新办）,,,,1,FL1-511602000000\n";

const PLACES: &str = "code,name,tier,parent\n370800,济宁市,city,\n370811,任城区,county,370800\n370812,兖州区,county,370800\n\
    370811002,许庄街道,township,370811\n370811002001,航运新村居委会,village,370811002\n370812001,鼓楼街道,township,370812\n\
    370812001001,中御桥社区,village,370812001\n";

/// Noon at UTC+8 of a day.
pub(crate) fn at(day: &str) -> Timestamp {
    day.parse::<CivilDate>().unwrap().begins_at().plus_millis(12 * 3_600_000)
}

/// The official calendar.
pub(crate) fn calendar() -> WorkCalendar {
    WorkCalendar::from_csv(include_bytes!("../data/china-workdays.csv")).0
}

/// The pieces of the small catalogue.
pub(crate) fn pieces(patience_seconds: u32) -> Vec<ChunkBytes> {
    let (tree, findings) = DivisionTree::from_csv(PLACES.as_bytes());
    assert_eq!(findings, []);
    let list = MatterList::from_csv(LIST.as_bytes());
    assert_eq!((list.rows.len(), list.errors().count()), (8, 0));
    let options = DraftOptions { patience_seconds, below_city: None };
    CatalogueDraft::build(&list.rows, &tree, calendar(), &options).into_chunks().unwrap()
}

/// Rows as bytes under bytes, as a disk keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

fn key_bytes<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut bytes = vec![T::ID];
    key.write(&mut bytes);
    bytes
}

impl UnitRead for Memory {
    fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreFault> {
        Ok(self.0.get(&key_bytes::<T>(key)).map(|row| decode(row).unwrap()))
    }

    fn scan<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<KeyRow<T>>, StoreFault> {
        let (from, to) = (key_bytes::<T>(range.start()), key_bytes::<T>(range.end()));
        if from > to {
            return Ok(vec![]);
        }
        let rows = self.0.range(from..=to).take(limit);
        Ok(rows.map(|(key, row)| (T::Key::read(&mut &key[1..]).unwrap(), decode(row).unwrap())).collect())
    }
}

impl UnitStore for Memory {
    fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> Result<(), StoreFault> {
        let bytes = encode(row).unwrap();
        // What cannot be read back would stop the group later.
        assert_eq!(encode(&decode::<T::Row>(&bytes).unwrap()).unwrap(), bytes);
        self.0.insert(key_bytes::<T>(key), bytes);
        Ok(())
    }

    fn delete<T: Table>(&mut self, key: &T::Key) -> Result<(), StoreFault> {
        self.0.remove(&key_bytes::<T>(key));
        Ok(())
    }
}

impl Memory {
    /// Without what a refusal may write.
    fn without_books(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let books = [Meta::ID, Audits::ID, AuditTrees::ID, AuditNodes::ID, Answers::ID, AnswersByAge::ID];
        self.0.iter().filter(|(key, _)| !books.contains(&key[0])).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

/// One unit's log and rows.
#[derive(Clone)]
pub(crate) struct TestUnit {
    pub(crate) unit: UnitId,
    pub(crate) store: Memory,
    pub(crate) clock: Timestamp,
    minted: u128,
    /// Which member of staff acts.
    pub(crate) person: &'static str,
    pub(crate) log: Vec<(Command, Stamp)>,
}

impl TestUnit {
    pub(crate) fn found(unit: UnitId, parent: Option<UnitId>, children: &[UnitId]) -> Self {
        let mut new = Self {
            unit,
            store: Memory::default(),
            clock: at("2026-02-10"),
            minted: 0,
            person: "demo-window",
            log: vec![],
        };
        let found = Found {
            region: "jining".to_owned(),
            unit,
            name: unit.to_string(),
            tier: Tier::of(unit),
            parent,
            children: children.to_vec(),
            generation: Generation::FIRST,
        };
        assert_eq!(new.run(Command::Found(found)).reply, Reply::Done(Done::Founded));
        new
    }

    /// Applies a command, checks the state, and holds refusals to writing nothing.
    pub(crate) fn run(&mut self, command: Command) -> Outcome {
        self.run_under(command, None)
    }

    pub(crate) fn run_under(&mut self, command: Command, idempotency: Option<Idempotency>) -> Outcome {
        self.minted += 1;
        let stamp = Stamp {
            time: self.clock,
            minted: Uuid::from_u128((u128::from(self.unit.get()) << 32) + self.minted),
            principal: Principal { kind: PrincipalKind::Staff, name: self.person.to_owned() },
            policy: ContentHash::default(),
            idempotency,
        };
        let before = self.store.without_books();
        let outcome = crate::apply(&mut self.store, &command, &stamp).unwrap();
        self.log.push((command, stamp));
        if let Reply::Refused(refusal) = &outcome.reply {
            assert_eq!(self.store.without_books(), before, "wrote before it refused: {refusal:?}");
        }
        assert_eq!(check(&self.store), Ok(vec![]));
        outcome
    }

    pub(crate) fn done(&mut self, command: Command) -> Done {
        match self.run(command).reply {
            Reply::Done(done) => done,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn refused(&mut self, command: Command) -> Refusal {
        match self.run(command).reply {
            Reply::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn case(&self, case: CaseId) -> CaseRow {
        self.store.get::<Cases>(&case).unwrap().unwrap()
    }

    pub(crate) fn content(&self, case: CaseId) -> CaseContent {
        self.case(case).content.unwrap()
    }

    pub(crate) fn attempt(&self, case: CaseId) -> Attempt {
        self.case(case).custody.attempt
    }

    pub(crate) fn tasks(&self) -> Vec<(TaskKind, CaseId)> {
        let all = (TaskKind::Route, CaseId(Uuid::nil()))..=(TaskKind::LAST, CaseId(Uuid::max()));
        self.store.scan::<Tasks>(all, usize::MAX).unwrap().into_iter().map(|(key, _)| key).collect()
    }

    pub(crate) fn timers(&self) -> Vec<(Timestamp, CaseId, TimerKind)> {
        let all = (Timestamp(i64::MIN), CaseId(Uuid::nil()), TimerKind::Patience)
            ..=(Timestamp(i64::MAX), CaseId(Uuid::max()), TimerKind::LAST);
        self.store.scan::<Timers>(all, usize::MAX).unwrap().into_iter().map(|(key, _)| key).collect()
    }

    /// The mail that waits for a peer.
    pub(crate) fn outbox(&self, peer: UnitId) -> Vec<MailArrived> {
        let committed = self.store.get::<OutboxHeads>(&peer).unwrap().map_or(MailSequence(0), |head| head.committed);
        let range = (peer, committed.next())..=(peer, MailSequence(u64::MAX));
        let rows = self.store.scan::<Outbox>(range, usize::MAX).unwrap();
        rows.into_iter()
            .map(|((_, sequence), row)| MailArrived {
                from: self.unit,
                generation: self.meta().generation,
                sequence,
                before: row.before,
                mail: row.mail,
                objection: None,
            })
            .collect()
    }

    pub(crate) fn meta(&self) -> UnitMeta {
        self.store.get::<Meta>(&()).unwrap().unwrap()
    }

    pub(crate) fn catalogue(&self) -> Option<u64> {
        self.meta().catalogue.map(|pin| pin.number)
    }
}

/// A few units of Jining and the links between them.
pub(crate) struct World {
    units: BTreeMap<UnitId, TestUnit>,
    cut: BTreeSet<UnitId>,
    /// Units whose mirror has nothing yet of what they read.
    lagging: BTreeSet<UnitId>,
}

impl World {
    /// City, two counties, a village of each; the catalogue published and installed everywhere.
    pub(crate) fn jining() -> Self {
        let mut world = Self::bare();
        world.unit(CITY).publish(&pieces(PATIENCE_SECONDS));
        world.exchange();
        assert!(world.units.values().all(|unit| unit.catalogue() == Some(1)));
        world
    }

    /// The same without a catalogue.
    pub(crate) fn bare() -> Self {
        let units = [
            TestUnit::found(CITY, None, &[COUNTY, OTHER_COUNTY]),
            TestUnit::found(COUNTY, Some(CITY), &[VILLAGE]),
            TestUnit::found(OTHER_COUNTY, Some(CITY), &[OTHER_VILLAGE]),
            TestUnit::found(VILLAGE, Some(COUNTY), &[]),
            TestUnit::found(OTHER_VILLAGE, Some(OTHER_COUNTY), &[]),
        ];
        Self {
            units: units.into_iter().map(|unit| (unit.unit, unit)).collect(),
            cut: BTreeSet::new(),
            lagging: BTreeSet::new(),
        }
    }

    pub(crate) fn unit(&mut self, unit: UnitId) -> &mut TestUnit {
        self.units.get_mut(&unit).unwrap()
    }

    pub(crate) fn store_of(&self, unit: UnitId) -> &Memory {
        &self.units[&unit].store
    }

    pub(crate) fn cut(&mut self, unit: UnitId) {
        self.cut.insert(unit);
    }

    pub(crate) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(crate) fn pass(&mut self, millis: i64) {
        for unit in self.units.values_mut() {
            unit.clock = unit.clock.plus_millis(millis);
        }
    }

    /// One mail from one unit to another, if one waits.
    pub(crate) fn deliver_one(&mut self, from: UnitId, to: UnitId) -> Option<Done> {
        let mail = self.unit(from).outbox(to).into_iter().next()?;
        let (sequence, generation) = (mail.sequence, mail.generation);
        let lags = self.lagging.contains(&to);
        let done = match self.unit(to).run(Command::MailArrived(Box::new(mail))).reply {
            Reply::Done(done) => done,
            // A new life reads on from its mirror; what lies before goes out again once its fence is logged.
            Reply::Refused(Refusal::MailOrder { .. }) if lags => return None,
            other => panic!("{other:?}"),
        };
        let acknowledged = Acknowledged {
            peer: to,
            committed: sequence,
            // Every second mail stays as if the peer's mirror lagged.
            mirrored: if lags { MailSequence(0) } else { MailSequence(sequence.0 & !1) },
        };
        let acknowledged = MailAcknowledged { generation, peers: vec![acknowledged] };
        self.unit(from).run(Command::MailAcknowledged(acknowledged));
        Some(done)
    }

    /// Mail flows until none is left that can. Whether any did.
    pub(crate) fn exchange(&mut self) -> bool {
        let mut any = false;
        let names: Vec<UnitId> = self.units.keys().copied().collect();
        loop {
            let mut moved = false;
            for from in &names {
                for to in &names {
                    if self.cut.contains(from) || self.cut.contains(to) {
                        continue;
                    }
                    while self.deliver_one(*from, *to).is_some_and(|done| {
                        assert_ne!(done, Done::MailContradicts);
                        true
                    }) {
                        moved = true;
                    }
                }
            }
            if !moved {
                return any;
            }
            any = true;
        }
    }

    /// Leaders do their duties and mail flows until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        let names: Vec<UnitId> = self.units.keys().copied().collect();
        loop {
            let mut did = false;
            for name in &names {
                let unit = self.unit(*name);
                for (kind, case) in unit.tasks() {
                    let attempt = unit.attempt(case);
                    let to = match kind {
                        TaskKind::Route => {
                            let content = unit.content(case);
                            route(&unit.store, &RouteQuestion::of_case(*name, &content)).unwrap().to.unwrap()
                        }
                        TaskKind::Return => unit.content(case).receiver,
                        _ => *name,
                    };
                    let command = match kind {
                        TaskKind::Route | TaskKind::Return => offer(case, attempt, to),
                        TaskKind::Prepare => Command::Prepare(Prepare { case, attempt }),
                        TaskKind::Close => Command::Close(Close { case }),
                        _ => continue,
                    };
                    if !unit.is_inherited(case) {
                        unit.done(command);
                        did = true;
                    }
                }
                did |= unit.recover_on();
            }
            if !self.exchange() && !did {
                return;
            }
        }
    }

    /// From now on nothing that a unit reads counts as mirrored.
    pub(crate) fn lag(&mut self, unit: UnitId) {
        self.lagging.insert(unit);
    }

    /// A unit is lost, and goes on from the first so many commands of its log. Gives the former self.
    pub(crate) fn promote(&mut self, unit: UnitId, commands: usize) -> TestUnit {
        let former = self.unit(unit).clone();
        let peers = self.units.keys().copied().collect();
        *self.unit(unit) = former.next_life(commands, peers);
        former
    }

    /// Fires every timer that is due.
    pub(crate) fn fire(&mut self) {
        for unit in self.units.values_mut() {
            for (due, case, kind) in unit.timers() {
                if due <= unit.clock {
                    unit.done(Command::FireTimer(FireTimer { due, case, kind }));
                }
            }
        }
    }

    pub(crate) fn receive(&mut self, unit: UnitId, matter: &str) -> CaseId {
        match self.unit(unit).done(receive(matter, unit)) {
            Done::Received { case, .. } => case,
            other => panic!("{other:?}"),
        }
    }

    /// Without one of the materials that may follow.
    pub(crate) fn receive_lacking(&mut self, unit: UnitId, matter: &str, follows: &str) -> CaseId {
        let Command::Receive(mut command) = receive(matter, unit) else { panic!("it receives") };
        command.materials.retain(|material| material.name != follows);
        match self.unit(unit).done(Command::Receive(command)) {
            Done::Received { case, .. } => case,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn offer(&mut self, unit: UnitId, case: CaseId, to: UnitId) {
        let attempt = self.unit(unit).attempt(case);
        self.unit(unit).done(offer(case, attempt, to));
    }

    pub(crate) fn accept(&mut self, unit: UnitId, case: CaseId) -> Done {
        let accept = self.unit(unit).accept_command(case);
        self.unit(unit).done(accept)
    }

    /// Accepts on the applicant's declaration.
    pub(crate) fn accept_declared(&mut self, unit: UnitId, case: CaseId) -> Done {
        let Command::Accept(accept) = self.unit(unit).accept_command(case) else { panic!() };
        self.unit(unit).done(Command::AcceptDeclared(AcceptDeclared { accept }))
    }

    pub(crate) fn decide(&mut self, unit: UnitId, case: CaseId) -> Done {
        self.unit(unit).done(decide(case, true, ""))
    }

    /// Who may act on a case now: I1 over all units.
    pub(crate) fn owners(&self, case: CaseId) -> Vec<UnitId> {
        let acts = |unit: &&TestUnit| {
            let row = unit.store.get::<Cases>(&case).unwrap();
            row.is_some_and(|row| row.custody.may_act())
        };
        self.units.values().filter(acts).map(|unit| unit.unit).collect()
    }

    /// Every unit's log, applied again from nothing, gives the same rows (I12).
    pub(crate) fn replay(&self) {
        for unit in self.units.values() {
            let mut store = Memory::default();
            for (command, stamp) in &unit.log {
                crate::apply(&mut store, command, stamp).unwrap();
            }
            assert_eq!(store, unit.store, "{}", unit.unit);
        }
    }
}

impl TestUnit {
    /// The next life, from the first so many commands.
    pub(crate) fn next_life(&self, commands: usize, peers: Vec<UnitId>) -> Self {
        let mut next = Self { store: Memory::default(), log: vec![], minted: self.minted + 1_000_000, ..self.clone() };
        for (command, stamp) in &self.log[..commands] {
            crate::apply(&mut next.store, command, stamp).unwrap();
            next.log.push((command.clone(), stamp.clone()));
        }
        let meta = next.meta();
        let tree = Tree::of(&next.store, meta.generation).unwrap().unwrap();
        let size = tree.size_at(meta.sequence);
        let root = tree.root(size).unwrap();
        let generation = Generation(self.meta().generation.0 + 1);
        let people = ["李明".to_owned(), "王芳".to_owned()];
        let recover = Recover { generation, people, size, root, peers };
        assert_eq!(next.done(Command::Recover(Box::new(recover))), Done::Recovering);
        next
    }

    pub(crate) fn is_inherited(&self, case: CaseId) -> bool {
        let open = self.store.get::<Rounds>(&()).unwrap();
        open.is_some_and(|open| open.is_inherited(&self.store, case).unwrap())
    }

    /// What a leader owes to fences and to its own round. Whether it did anything.
    pub(crate) fn recover_on(&mut self) -> bool {
        let mut did = false;
        for (to, owed) in self.store.scan::<FencesOwed>(UnitId::FIRST..=UnitId::LAST, usize::MAX).unwrap() {
            let piece = answer_piece(&self.store, self.unit, to, owed.after).unwrap();
            let keys = piece.named.iter().map(|(case, _)| (*case, WrappedKey(vec![5; 80]))).collect();
            let answer = AnswerFence { to, fence: owed.generation, after: owed.after, keys };
            self.done(Command::AnswerFence(Box::new(answer)));
            did = true;
        }
        while self.store.get::<Rounds>(&()).unwrap().is_some_and(|open| open.round.is_over()) {
            self.done(Command::JudgeInherited(JudgeInherited));
            did = true;
        }
        did
    }

    pub(crate) fn finding(&self, case: CaseId) -> Finding {
        self.store.get::<Findings>(&case).unwrap().unwrap().finding
    }

    pub(crate) fn accept_command(&self, case: CaseId) -> Command {
        let content = self.content(case);
        let matter = installed::matter(&self.store, content.pin.number, &content.matter).unwrap().unwrap();
        let calendar = installed::calendar(&self.store, content.pin.number).unwrap().unwrap();
        let entry = installed::entry(&self.store, content.pin.number, &content.matter, self.unit).unwrap();
        let limit = entry.map_or(matter.statutory_limit, |entry| entry.limit(&matter));
        Command::Accept(Accept { case, due: due(self.clock.date(), limit.days, limit.unit, &calendar) })
    }

    pub(crate) fn cursor(&self, peer: UnitId) -> MailSequence {
        self.store.get::<InboxCursors>(&peer).unwrap().map_or(MailSequence(0), |cursor| cursor.sequence)
    }
}

pub(crate) fn receive(matter: &str, place: UnitId) -> Command {
    let names = match matter {
        CITY_ONLY | EQUAL | VEHICLE | REVIEWED | FLOW => &["申请书", "申请人身份证明", "场所使用证明"][..],
        EQUAL_REPEATABLE => &["申请人身份证明"],
        EQUAL_STRICT => &["申请表", "申请人身份证明"],
        _ => &["申请表", "申请人身份证明", "银行账户信息"],
    };
    Command::Receive(Box::new(Receive {
        matter: matter.parse().unwrap(),
        place,
        chosen: None,
        applicant: BlindIndex([7; 32]),
        applicant_fields: Sealed(vec![1; 40]),
        form: Sealed(vec![2; 40]),
        key: WrappedKey(vec![3; 80]),
        materials: names.iter().map(|name| Material { name: (*name).to_owned(), content: None }).collect(),
    }))
}

pub(crate) fn offer(case: CaseId, attempt: Attempt, to: UnitId) -> Command {
    Command::Offer(Offer { case, attempt, to, key: WrappedKey(vec![4; 80]) })
}

pub(crate) fn decide(case: CaseId, granted: bool, reasons: &str) -> Command {
    Command::Decide(Decide { case, granted, reasons: reasons.to_owned() })
}
