//! A whole prefecture at work: every unit of the sample list, the whole list of matters, as many cases as are asked for, spread
//! over the opening hours of working days.
//!
//! People here are a plan drawn for each case, one act after the other: whether something is missing and when it is brought, when the case
//! is accepted or not or left to the law, withdrawn, stopped for an expert's opinion, decided, delivered. What units do between these
//! acts they do by themselves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::WorkCalendar;
use domain::case::{DayUnit, Gap, Stage};
use domain::catalogue::import::{MatterList, MatterRow};
use domain::catalogue::rules::Holders;
use domain::catalogue::{ChunkRef, LimitDays, MatterType, Necessity, rules};
use domain::command::{Done, chunk_hash};
use domain::division::{Tier, county_of};
use domain::handoff::Role;
use domain::ids::{CaseId, UnitId};
use domain::legal::{Procedure, StopNotice};
use domain::principal::{Principal, PrincipalKind};
use domain::store::{StoreFault, UnitRead};
use domain::tables::Cases;
use domain::time::{CivilDate, Timestamp};
use protocol::crypto::{Crypto, Standard};
use serde::Serialize;
use unit::{Act, Applicant, Application, CaseName, Handling, Publication, Request, SubmitFault};

use super::CoreGround;
use super::cell::Applied;
use super::null::Null;
use crate::ground::draw::Draw;
use crate::ground::region::{RegionFault, catalogue, divisions};
use crate::scenario::{LinkQuality, Shape, World, WorldUnit};

/// How envelopes and keys are sealed and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Suite {
    /// Not at all: the rest is production's.
    Null,
    /// As in production.
    Standard,
}

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many cases are handed in.
    pub cases: u64,
    /// Fixes everything that is drawn.
    pub seed: u64,
    /// Over so many days, working days or not.
    pub days: u32,
    /// How envelopes are sealed.
    pub suite: Suite,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Units that worked.
    pub units: usize,
    /// Matters of the catalogue.
    pub matters: usize,
    /// Cases handed in.
    pub cases: u64,
    /// Commands applied, the founding and the catalogue left out.
    pub commands: u64,
    /// The same by kind, mail by what it is.
    pub commands_by_kind: BTreeMap<String, u64>,
    /// Commands that founded units and brought the catalogue to them.
    pub commands_before: u64,
    /// How cases ended.
    pub ended: BTreeMap<&'static str, u64>,
    /// Acts that were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Units that stopped after a fault: none, or something is wrong.
    pub stopped: Vec<String>,
    /// Seconds of one core until the catalogue was everywhere.
    pub seconds_before: f64,
    /// Seconds of one core for the cases.
    pub seconds: f64,
    /// Seconds of one core for each ten thousand cases handed in, in order.
    pub seconds_per_ten_thousand: Vec<f64>,
    /// Bytes of rows at the end, the catalogue left out.
    pub row_bytes: u64,
    /// The most memory that the process had; 0 where the system does not tell.
    pub memory_bytes: u64,
    /// Hash over the state of every unit: equal runs have equal ones.
    pub state: domain::digest::ContentHash,
}

/// Why a prefecture cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PrefectureFault {
    /// There is no region.
    #[error(transparent)]
    Region(#[from] RegionFault),
    /// The sample's catalogue cannot be made or is not taken.
    #[error("the sample catalogue: {0}")]
    Catalogue(String),
    /// A unit's rows cannot be read.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Summary {
    /// Under which `ended` counts cases that came to no end: none, or something is wrong.
    pub const LEFT: &'static str = "left as it was";
}

const HOUR: i64 = 3_600_000;
/// Nine to twelve and two to five.
const OPENING: [i64; 2] = [9 * HOUR, 14 * HOUR];
const OPEN_FOR: i64 = 3 * HOUR;
/// For one county and all below it to take the catalogue: one after the other, so that not all of it is on its way everywhere at
/// once.
const COUNTY_AFTER_COUNTY: i64 = HOUR;

/// Plays a prefecture.
///
/// # Errors
/// [`PrefectureFault`]: defects of the sample or of the simulation, nothing that a case can do.
pub fn prefecture(options: Options) -> Result<Summary, PrefectureFault> {
    let started = Stopwatch::start();
    let mut play = Play::found(options)?;
    play.bring_catalogue()?;
    let (seconds_before, commands_before) = (started.seconds(), play.commands());
    play.ground.common.applied.clear();
    let cases = Stopwatch::start();
    play.cases(&cases)?;
    let seconds = cases.seconds();
    let places = &play.ground.places;
    let states: Vec<u8> = places.iter().flat_map(|place| place.cell.state_hash().0).collect();
    Ok(Summary {
        units: places.len(),
        matters: play.matters.len(),
        cases: options.cases,
        commands: play.commands() - commands_before,
        commands_by_kind: play.ground.common.applied.iter().map(|(kind, count)| (in_words(*kind), *count)).collect(),
        commands_before,
        ended: play.ended.clone(),
        refused: play.refused.clone(),
        stopped: places.iter().filter_map(|place| place.cell.stopped.clone()).collect(),
        seconds_before,
        seconds,
        seconds_per_ten_thousand: play.marks.clone(),
        row_bytes: places.iter().map(|place| place.cell.rows.own_bytes() as u64).sum(),
        memory_bytes: most_memory(),
        state: domain::digest::ContentHash::of_bytes("prefecture", &states),
    })
}

/// What comes next for a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    TellGaps,
    Supplement,
    Accept,
    NotAccept,
    Stop,
    Resume,
    Decide,
    Withdraw,
    Deliver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    at: Timestamp,
    number: u64,
    case: Handled,
    next: Next,
    tries: u8,
}

/// A case in somebody's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Handled {
    id: CaseId,
    receiver: usize,
    /// Among those offered.
    matter: usize,
}

/// A matter that can be applied for, with what must be handed in.
struct Offered {
    code: String,
    materials: Vec<String>,
    /// Of the licensing law, which knows stops of the clock.
    is_licence: bool,
    /// Fields of the form that name what the application is about.
    object_fields: Vec<String>,
}

/// What an act comes to.
enum Step {
    Do(Box<Act>),
    /// The law, or somebody, did it.
    DoneAlready,
    /// The case is not there yet.
    NotYet,
}

const DENIED: &str = "不符合法定条件";

struct Play {
    options: Options,
    ground: CoreGround,
    world: World,
    calendar: WorkCalendar,
    draw: Draw,
    matters: Vec<Offered>,
    /// Villages, by county.
    villages: BTreeMap<UnitId, Vec<UnitId>>,
    jobs: BinaryHeap<Reverse<Job>>,
    numbered: u64,
    ended: BTreeMap<&'static str, u64>,
    refused: BTreeMap<String, u64>,
    marks: Vec<f64>,
}

impl Play {
    fn found(options: Options) -> Result<Self, PrefectureFault> {
        let tree = divisions();
        let start: CivilDate = "2026-03-02".parse().map_err(|why| PrefectureFault::Catalogue(format!("{why}")))?;
        let mut units: Vec<WorldUnit> = Vec::new();
        for tier in Tier::ALL {
            let places = tree.iter().filter(|place| place.tier == tier);
            units.extend(places.map(|place| WorldUnit {
                unit: place.unit,
                alias: place.unit.to_string(),
                name: place.name.clone(),
                voters: 1,
                spares: 0,
            }));
        }
        let patience = Duration::from_secs(30 * 60);
        let (links, pairs) = (LinkQuality::default(), Default::default());
        let world = World { units, patience, matters: usize::MAX, clerks: None, links, pairs };
        let crypto: Arc<dyn Crypto> = match options.suite {
            Suite::Null => Arc::new(Null),
            Suite::Standard => Arc::new(Standard),
        };
        let ground = CoreGround::with(&world, options.seed, start.begins_at(), crypto, false)?;
        let mut villages: BTreeMap<UnitId, Vec<UnitId>> = BTreeMap::new();
        for village in world.units.iter().filter(|unit| Tier::of(unit.unit) == Tier::Village) {
            villages.entry(county_of(village.unit)).or_default().push(village.unit);
        }
        let rows = MatterList::from_csv(domain::sample::MATTERS).rows;
        Ok(Self {
            options,
            ground,
            world,
            calendar: WorkCalendar::from_csv(domain::sample::WORKDAYS).0,
            draw: Draw::new(options.seed, "people"),
            matters: rows.iter().filter(|row| is_plain(row)).map(offered).collect(),
            villages,
            jobs: BinaryHeap::new(),
            numbered: 0,
            ended: BTreeMap::new(),
            refused: BTreeMap::new(),
            marks: Vec::new(),
        })
    }

    fn commands(&self) -> u64 {
        self.ground.places.iter().map(|place| place.cell.commands).sum()
    }

    /// Publishes the catalogue at the city and lets it come to every unit.
    fn bring_catalogue(&mut self) -> Result<(), PrefectureFault> {
        let broken = |why: &dyn std::fmt::Display| PrefectureFault::Catalogue(why.to_string());
        let pieces = catalogue(&self.world, &BTreeSet::new(), &self.ground.common.tree, self.world.patience)
            .map_err(|why| broken(&why))?;
        let mut chunks = Vec::new();
        for (kind, bytes) in pieces {
            chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
            let json = String::from_utf8(bytes).map_err(|why| broken(&why))?;
            self.act(0, Act::KeepCatalogueChunk { json }, None).map_err(|why| broken(&why))?;
        }
        let counties: Vec<UnitId> = self.villages.keys().copied().collect();
        for county in &counties {
            self.ground.links.cut(0, &Shape::Unit(*county), self.ground.now);
        }
        let effective = self.ground.now.date();
        let publication = Publication { effective, chunks };
        self.act(0, Act::PublishCatalogue(publication), None).map_err(|why| broken(&why))?;
        for county in counties {
            self.ground.links.heal(Some(county));
            self.ground.release();
            self.ground.pass(self.ground.now.plus_millis(COUNTY_AFTER_COUNTY));
        }
        match self.ground.places.iter().find(|place| !place.cell.has_catalogue()) {
            Some(without) => Err(broken(&format!("{} has none", without.cell.identity.unit))),
            None => Ok(()),
        }
    }

    fn act(&mut self, at: usize, act: Act, key: Option<String>) -> Result<Done, SubmitFault> {
        let kind = if matches!(act, Act::Submit(_)) { PrincipalKind::Public } else { PrincipalKind::Staff };
        let principal = Principal { kind, name: "counter".to_owned() };
        let request = Request { principal, idempotency_key: key, act };
        let outcome = self.ground.act_now(at, &request)?;
        outcome.reply.ruling().cloned().map_err(|refusal| refusal.clone().into())
    }

    /// Hands in every case, and does for each what its plan says, until the last is at its end.
    fn cases(&mut self, watch: &Stopwatch) -> Result<(), PrefectureFault> {
        let first = self.ground.now.date().plus_days(1);
        let days: Vec<CivilDate> = (0..self.options.days.max(1) as i32)
            .map(|day| first.plus_days(day))
            .filter(|day| self.calendar.is_working_day(*day))
            .collect();
        let open = days.len() as i64 * 2 * OPEN_FOR;
        let mut before = watch.seconds();
        for case in 0..self.options.cases {
            // Evenly over all opening hours.
            let into = (i128::from(open) * i128::from(case) / i128::from(self.options.cases)) as i64;
            let half = into / OPEN_FOR;
            let Some(day) = days.get((half / 2) as usize) else { break };
            let at = day.begins_at().plus_millis(OPENING[(half % 2) as usize] + into % OPEN_FOR);
            self.jobs_until(at)?;
            self.ground.pass(at);
            self.hand_in(case);
            if (case + 1) % 10_000 == 0 {
                let now = watch.seconds();
                self.marks.push(now - std::mem::replace(&mut before, now));
            }
        }
        self.jobs_until(Timestamp(i64::MAX))?;
        // The last words on their way.
        self.ground.pass(self.ground.now.plus_millis(HOUR));
        Ok(())
    }

    fn hand_in(&mut self, case: u64) {
        let places = &self.ground.places;
        // Villages and townships are where people live; one in fifty goes to the county's own hall.
        let receiver = loop {
            let at = self.draw.below(places.len() as u64) as usize;
            let tier = Tier::of(places[at].cell.identity.unit);
            if matches!(tier, Tier::Village | Tier::Township) {
                break at;
            }
        };
        let unit = places[receiver].cell.identity.unit;
        let (receiver, place) = match self.draw.percent(2.0) {
            true => (self.ground.by_unit.get(&county_of(unit)).copied().unwrap_or(receiver), unit),
            false => (receiver, unit),
        };
        let number = self.draw.below(self.matters.len() as u64) as usize;
        let Some(matter) = self.matters.get(number) else { return };
        let about = |field: &String| (field.clone(), format!("第{case}号"));
        let mut form: BTreeMap<String, String> = matter.object_fields.iter().map(about).collect();
        form.insert("事由".to_owned(), "按清单申请".to_owned());
        let application = Application {
            about: None,
            matter: matter.code.clone(),
            place: Some(place),
            applicant: Applicant {
                name: "某某".to_owned(),
                identifier: citizen_number(self.draw.below(20_000), self.draw.below(1_000)),
                telephone: "13800000000".to_owned(),
            },
            form,
            materials: matter.materials.clone(),
            authority: None,
            declared: true,
        };
        match self.act(receiver, Act::Submit(Box::new(application)), Some(format!("case-{case}"))) {
            Ok(Done::Received { case: id, .. }) => {
                let case = Handled { id, receiver, matter: number };
                match self.draw.below(100) {
                    0..4 => self.plan(case, Next::NotAccept, 1, 2),
                    4..12 => self.plan(case, Next::TellGaps, 1, 2),
                    // Nobody looks at it in time: a licence's case is accepted by law meanwhile.
                    12 => self.plan(case, Next::Accept, 7, 9),
                    _ => self.plan(case, Next::Accept, 1, 2),
                }
            }
            Ok(_) => {}
            Err(fault) => {
                *self.refused.entry(fault.code().to_owned()).or_default() += 1;
                self.end("not received");
            }
        }
    }

    /// Plans what comes next, from so many to so many working days on, in opening hours.
    fn plan(&mut self, case: Handled, next: Next, least: u64, most: u64) {
        let mut wait = least + self.draw.below(most - least + 1);
        let mut day = self.ground.now.date();
        while wait > 0 {
            day = day.plus_days(1);
            wait -= u64::from(self.calendar.is_working_day(day));
        }
        let half = self.draw.below(2) as usize;
        let into = self.draw.below(OPEN_FOR as u64) as i64;
        let at = day.begins_at().plus_millis(OPENING[half] + into);
        self.push(Job { at, number: 0, case, next, tries: 0 });
    }

    fn push(&mut self, job: Job) {
        self.numbered += 1;
        self.jobs.push(Reverse(Job { number: self.numbered, ..job }));
    }

    fn jobs_until(&mut self, until: Timestamp) -> Result<(), PrefectureFault> {
        while let Some(Reverse(job)) = self.jobs.peek().copied().filter(|Reverse(job)| job.at <= until) {
            self.jobs.pop();
            self.ground.pass(job.at);
            self.do_job(job)?;
        }
        Ok(())
    }

    fn do_job(&mut self, job: Job) -> Result<(), PrefectureFault> {
        let Job { case, next, .. } = job;
        let Some((at, stage)) = self.owner(case)? else { return self.try_again(job) };
        match self.act_of(case, next, stage) {
            Step::NotYet => return self.try_again(job),
            Step::DoneAlready => {}
            Step::Do(act) => {
                if let Err(fault) = self.act(at, *act, None) {
                    *self.refused.entry(fault.code().to_owned()).or_default() += 1;
                    return self.try_again(job);
                }
            }
        }
        let is_licence = self.matters[case.matter].is_licence;
        match (next, self.draw.below(100)) {
            // One in ten never brings it.
            (Next::TellGaps, 0..10) => self.plan(case, Next::Withdraw, 3, 8),
            (Next::TellGaps, _) => self.plan(case, Next::Supplement, 1, 5),
            (Next::Supplement, _) => self.plan(case, Next::Accept, 1, 2),
            (Next::Accept, 0..3) => self.plan(case, Next::Withdraw, 1, 3),
            (Next::Accept, 3..11) if is_licence => self.plan(case, Next::Stop, 1, 3),
            (Next::Accept | Next::Resume, _) => self.plan(case, Next::Decide, 1, 8),
            (Next::Stop, _) => self.plan(case, Next::Resume, 2, 8),
            (Next::Decide, _) => self.plan(case, Next::Deliver, 1, 2),
            (Next::NotAccept, _) => self.end("not accepted"),
            (Next::Withdraw, _) => self.end("withdrawn"),
            (Next::Deliver, _) => self.end("delivered"),
        }
        Ok(())
    }

    /// What is to be done for a case that is at such a stage.
    fn act_of(&mut self, case: Handled, next: Next, stage: Stage) -> Step {
        let name = CaseName::Id(case.id);
        let handle = |handling| Act::Handle { case: name, handling };
        let first = self.matters[case.matter].materials.first();
        Step::Do(Box::new(match (next, first) {
            (Next::TellGaps, Some(first)) => {
                let gap = Gap { material: first.clone(), what: "缺页".to_owned() };
                handle(Handling::TellGaps { gaps: vec![gap], within: None })
            }
            (Next::Supplement, Some(first)) => handle(Handling::Supplement { materials: vec![first.clone()] }),
            // Nothing is asked for, so nothing is missing.
            (Next::TellGaps | Next::Supplement, None) => return Step::DoneAlready,
            (Next::Accept, _) if stage == Stage::Accepted => return Step::DoneAlready,
            (Next::Accept, _) => Act::Accept { case: name, declared: false },
            (Next::NotAccept, _) => Act::NotAccept { case: name, reasons: DENIED.to_owned(), right_authority: None },
            (Next::Withdraw, _) => Act::Withdraw { case: name, reason: "申请人撤回".to_owned() },
            (Next::Stop, _) => {
                let told = Some(LimitDays { days: 10, unit: DayUnit::Working });
                let notice = StopNotice { kind: Some(Procedure::ExpertReview), basis: "专家评审".to_owned(), told };
                handle(Handling::StopClock { notice })
            }
            (Next::Resume, _) => handle(Handling::ResumeClock),
            (Next::Decide, _) => {
                let granted = self.draw.below(100) >= 8;
                Act::Decide { case: name, granted, reasons: if granted { String::new() } else { DENIED.to_owned() } }
            }
            (Next::Deliver, _) if stage != Stage::Closed => return Step::NotYet,
            (Next::Deliver, _) => Act::Deliver { case: name },
        }))
    }

    /// In an hour, some times over: the case was on its way.
    fn try_again(&mut self, job: Job) -> Result<(), PrefectureFault> {
        match job.tries {
            0..20 => self.push(Job { at: job.at.plus_millis(HOUR), tries: job.tries + 1, ..job }),
            _ => self.end(Summary::LEFT),
        }
        Ok(())
    }

    fn end(&mut self, how: &'static str) {
        *self.ended.entry(how).or_default() += 1;
    }

    /// Who owns a case now, found from who received it; `None` while it is on its way.
    fn owner(&self, case: Handled) -> Result<Option<(usize, Stage)>, StoreFault> {
        let mut at = case.receiver;
        for _ in 0..4 {
            let cell = &self.ground.places[at].cell;
            let row = cell.look(&self.ground.common, self.ground.now, |rows, _| rows.get::<Cases>(&case.id))?;
            let Some(row) = row else { return Ok(None) };
            let to = match row.custody.role {
                Role::Owner => return Ok(row.content.map(|content| (at, content.stage))),
                Role::Gone { to } => to,
                _ => return Ok(None),
            };
            let Some(next) = self.ground.by_unit.get(&to).copied() else { return Ok(None) };
            at = next;
        }
        Ok(None)
    }
}

/// One authority handles it from acceptance to decision, without further steps.
fn is_plain(row: &MatterRow) -> bool {
    rules::holders(row) != Holders::Reviewed && rules::matter(row, 0).guide.flow.is_empty()
}

fn offered(row: &MatterRow) -> Offered {
    let matter = rules::matter(row, 0);
    let brought = matter.materials.into_iter().filter(|material| material.necessity != Necessity::Optional);
    Offered {
        code: matter.code.to_string(),
        materials: brought.map(|material| material.name).collect(),
        is_licence: matter.matter_type == MatterType::Licence,
        object_fields: matter.claims.object_fields,
    }
}

fn in_words((command, mail): Applied) -> String {
    match mail {
        Some(mail) => format!("{command}: {mail:?}").to_lowercase(),
        None => command.to_owned(),
    }
}

/// A citizen number that is made up and passes its check (GB 11643): born so many days after 1950, with a number of the day.
fn citizen_number(days: u64, of_day: u64) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let born = CivilDate::new(1950, 1, 1).unwrap_or(CivilDate::EPOCH).plus_days(days as i32).to_string();
    let mut number = format!("370811{}{of_day:03}", born.replace('-', ""));
    let sum: u32 = number.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    number.push(char::from(CHECKS[(sum % 11) as usize]));
    number
}

/// Seconds that this thread was on a core; the wall's where the system does not tell.
struct Stopwatch {
    on_core: Option<u64>,
    wall: std::time::Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measures the simulation itself; nothing in it depends on this")]
    fn start() -> Self {
        Self { on_core: on_core_nanos(), wall: std::time::Instant::now() }
    }

    #[expect(clippy::disallowed_methods, reason = "measures the simulation itself; nothing in it depends on this")]
    fn seconds(&self) -> f64 {
        match (self.on_core, on_core_nanos()) {
            (Some(then), Some(now)) => now.saturating_sub(then) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

fn on_core_nanos() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

/// The most memory that this process had.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or_default() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citizen_numbers_pass_their_check() {
        for number in (0..1_000).map(|number| citizen_number(number * 17, number)) {
            assert!(number.parse::<domain::identifiers::CitizenNumber>().is_ok(), "{number}");
        }
    }
}
