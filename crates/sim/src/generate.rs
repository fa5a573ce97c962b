//! Random worlds: a closed set of actions, drawn from the seed, bounded so that the region can recover.
//!
//! Each world draws first which kinds of fault it knows and how often (so that rare combinations come), then its steps. What a
//! region cannot recover from by itself yet (a wiped or rolled-back voter, rot, a lost unit) is never drawn; [`NOT_YET`] names it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::case::{DayUnit, Gap, Within};
use domain::catalogue::LimitDays;
use domain::command::Deficit;
use domain::concerns::{FinishedStep, RatingLevel, Remedy};
use domain::division::{DivisionTree, city_of, county_of};
use domain::ids::UnitId;
use domain::legal::{Approver, Procedure, StopNotice};
use domain::time::Timestamp;
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use unit::{About, Applicant, Concerning, Handling, Private};

use crate::ground::draw;
use crate::scenario::{
    Action, Clerks, ClockFault, Direction, DiskFault, ExpectedAnswer, Fidelity, Forgery, Lag, LinkQuality, Moment,
    NodeChoice, Officer, Requirements, Scenario, Shape, Step, World, WorldUnit,
};

/// Faults that the generator leaves out, and what part of the work makes them recoverable.
pub const NOT_YET: &[(&str, &str)] = &[
    ("a wiped or rolled-back voter", "engine: membership, incarnations"),
    ("rot in a replica's rows", "engine: repair from peers"),
    ("a unit lost for good on real consensus", "engine: mirrors as streams, restore"),
    ("scans and photographs", "engine: blobs"),
    ("mixed versions", "engine: upgrade"),
];

/// Units of a generated world: code, what steps call it, voters. Thirteen nodes.
const UNITS: [(&str, &str, u8); 9] = [
    ("370800", "city", 3),
    ("370811", "county", 3),
    ("370812", "other-county", 1),
    ("370811002", "township", 1),
    ("370812001", "other-township", 1),
    ("370811002001", "village", 1),
    ("370811002003", "next-village", 1),
    ("370812001001", "far-village", 1),
    ("370812001002", "farther-village", 1),
];

/// How long faults come.
const SAFETY: Duration = Duration::from_secs(120);
/// What licences let follow; other matters list no such material, and nothing is left out of them.
const MAY_FOLLOW: &str = "场所使用证明";
const NO_DAY: LimitDays = LimitDays { days: 0, unit: DayUnit::Working };

/// What a world may draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    CutUnit,
    CutPair,
    OneWay,
    Ring,
    Bridge,
    CutNode,
    Flapping,
    Swizzle,
    Lossy,
    Slow,
    Narrow,
    Repeating,
    Crash,
    CrashAtMoment,
    Pause,
    ClockOffset,
    ClockStrobe,
    SyncFails,
    DiskSlow,
    DiskFull,
    Replay,
    Forge,
    Withdraw,
    TakeBack,
}

const KINDS: [Kind; 24] = [
    Kind::CutUnit,
    Kind::CutPair,
    Kind::OneWay,
    Kind::Ring,
    Kind::Bridge,
    Kind::CutNode,
    Kind::Flapping,
    Kind::Swizzle,
    Kind::Lossy,
    Kind::Slow,
    Kind::Narrow,
    Kind::Repeating,
    Kind::Crash,
    Kind::CrashAtMoment,
    Kind::Pause,
    Kind::ClockOffset,
    Kind::ClockStrobe,
    Kind::SyncFails,
    Kind::DiskSlow,
    Kind::DiskFull,
    Kind::Replay,
    Kind::Forge,
    Kind::Withdraw,
    Kind::TakeBack,
];

/// Reviewed by township and county before the city decides, where these are units of the world; and one with steps before its decision.
const REVIEWED: &str = "511A0001400001";
const WITH_STEPS: &str = "511A0013700019";

/// The world of a seed.
pub fn world(seed: u64, tree: &DivisionTree) -> Scenario {
    let mut drawn = Drawn { draws: draw::stream(seed, "generated world"), units: units(tree), steps: vec![] };
    let cases = drawn.draws.random_range(18..=30);
    let labels = drawn.traffic(seed, cases);
    drawn.faults(&labels);
    drawn.handling(seed, &labels);
    drawn.concerns(seed, &labels);
    drawn.reviews(seed);
    // The safety phase has its length, whatever was drawn last.
    drawn.add(SAFETY, Action::Heal(None));
    drawn.steps.sort_by_key(|step| step.at);
    let Drawn { mut draws, units, steps } = drawn;
    Scenario {
        title: format!("Random world {seed}"),
        intent: "No promise is broken, whatever comes.".to_owned(),
        journeys: vec![],
        start: monday_morning(&mut draws),
        seed,
        fidelities: BTreeSet::from([Fidelity::Core, Fidelity::Consensus]),
        world: World {
            units,
            patience: Duration::from_secs(draws.random_range(5..=40)),
            matters: 24,
            clerks: Some(Clerks { pace: Duration::from_millis(draws.random_range(500..=6_000)), deny_percent: 20 }),
            links: LinkQuality { delay: Duration::from_millis(draws.random_range(1..=40)), ..LinkQuality::default() },
            pairs: BTreeMap::new(),
        },
        steps,
        expectations: vec![],
        always: BTreeSet::new(),
        require: Requirements { faults: BTreeSet::new(), commands: 200, cases: 10, mail: 50 },
    }
}

/// The world of a seed in which units are lost as well, one at a time, and go on from mirrors that lag; some of their old machines
/// run on. Everything else in it is as in [`world`].
pub fn world_with_losses(seed: u64, tree: &DivisionTree) -> Scenario {
    let mut scenario = world(seed, tree);
    let mut draws = draw::stream(seed, "losses");
    let units: Vec<UnitId> = scenario.world.units.iter().map(|unit| unit.unit).collect();
    let first = draws.random_range(0..units.len());
    let mut lost = vec![(units[first], draws.random_range(15..60_u64))];
    // The second one long after the first, and another unit.
    if draws.random_range(0..3) == 0 {
        let second = (first + draws.random_range(1..units.len())) % units.len();
        lost.push((units[second], draws.random_range(85..110)));
    }
    for (unit, at) in lost {
        let lag = match draws.random_range(0..3) {
            0 => Lag::Commands(draws.random_range(0..60)),
            1 => Lag::Time(Duration::from_secs(draws.random_range(1..40))),
            _ => Lag::Commands(draws.random_range(0..12)),
        };
        let former_runs = draws.random_range(0..2) == 0;
        let (action, answer) = (Action::Promote { unit, lag, former_runs }, ExpectedAnswer::Any);
        scenario.steps.push(Step { at: Duration::from_secs(at), action, answer, line: 0 });
    }
    scenario.steps.sort_by_key(|step| step.at);
    scenario.title = format!("Random world {seed} with losses");
    // Mirrors as streams come with the engine.
    scenario.fidelities = BTreeSet::from([Fidelity::Core]);
    scenario
}

/// The world of a seed in which the power goes besides, at units whose syncs are late just then: shortly after somebody handed in an
/// application there. Everything else in it is as in [`world`].
pub fn world_with_power_cuts(seed: u64, tree: &DivisionTree) -> Scenario {
    let mut scenario = world(seed, tree);
    let mut draws = draw::stream(seed, "power cuts");
    let mut add = |at: Duration, action: Action| {
        scenario.steps.push(Step { at, action, answer: ExpectedAnswer::Any, line: 0 });
    };
    for cut in 0..4_u64 {
        let (unit, ..) = UNITS[draws.random_range(0..UNITS.len())];
        let Ok(unit) = unit.parse::<UnitId>() else { continue };
        let everyone = NodeChoice::Everyone;
        let begins = Duration::from_secs(12 + cut * 26) + Duration::from_millis(draws.random_range(0..4_000));
        let nodes = NodeChoice::All(unit);
        add(begins, Action::Disk { nodes, fault: DiskFault::Slow(Duration::from_millis(1_500)) });
        let asked = begins + Duration::from_millis(draws.random_range(1..300));
        let case = format!("hasty-{cut}");
        let application = crate::scenario::Application {
            about: None,
            applicant: case.clone(),
            case,
            at: unit,
            matter: None,
            place: None,
            authority: None,
            lacks: None,
        };
        add(asked, Action::Submit(application));
        let cut = asked + Duration::from_millis(draws.random_range(20..1_200));
        add(cut, Action::Crash { nodes, when: None, kept_percent: None });
        let mended = cut + Duration::from_millis(draws.random_range(500..3_000));
        add(mended, Action::Disk { nodes: everyone, fault: DiskFault::Mended });
        add(mended, Action::Restart(everyone));
    }
    scenario.steps.sort_by_key(|step| step.at);
    scenario.title = format!("Random world {seed} with power cuts");
    scenario.fidelities = BTreeSet::from([Fidelity::Consensus]);
    scenario
}

/// A working morning of 2026, UTC+8.
fn monday_morning(draws: &mut ChaCha8Rng) -> Timestamp {
    const MONDAY: i64 = 1_772_413_200_000; // 2026-03-02 09:00 at UTC+8
    Timestamp(MONDAY).plus_millis(draws.random_range(0..20_i64) * 7 * 86_400_000 + draws.random_range(0..3_600_000))
}

fn units(tree: &DivisionTree) -> Vec<WorldUnit> {
    let unit = |(code, alias, voters): (&str, &str, u8)| {
        let unit: UnitId = code.parse().ok()?;
        let name = tree.get(unit)?.name.clone();
        Some(WorldUnit { unit, alias: alias.to_owned(), name, voters, spares: 0 })
    };
    UNITS.into_iter().filter_map(unit).collect()
}

struct Drawn {
    draws: ChaCha8Rng,
    units: Vec<WorldUnit>,
    steps: Vec<Step>,
}

impl Drawn {
    fn add(&mut self, at: Duration, action: Action) {
        self.steps.push(Step { at, action, answer: ExpectedAnswer::Any, line: 0 });
    }

    fn moment(&mut self) -> Duration {
        Duration::from_millis(self.draws.random_range(1_000..SAFETY.as_millis() as u64))
    }

    /// A time that is over before the safety phase is.
    fn lasting(&mut self, from: Duration) -> Duration {
        let left = SAFETY.saturating_sub(from).as_millis() as u64;
        Duration::from_millis(self.draws.random_range(500..=left.clamp(501, 30_000)))
    }

    fn unit(&mut self) -> UnitId {
        let at = self.draws.random_range(0..self.units.len());
        self.units[at].unit
    }

    fn pair(&mut self) -> (UnitId, UnitId) {
        let a = self.draws.random_range(0..self.units.len());
        let b = (a + self.draws.random_range(1..self.units.len())) % self.units.len();
        (self.units[a].unit, self.units[b].unit)
    }

    /// Some units in a random order.
    fn some(&mut self, least: usize) -> Vec<UnitId> {
        let mut all: Vec<UnitId> = self.units.iter().map(|unit| unit.unit).collect();
        for at in (1..all.len()).rev() {
            all.swap(at, self.draws.random_range(0..=at));
        }
        let most = self.draws.random_range(least..=all.len());
        all.truncate(most);
        all
    }

    fn nodes(&mut self) -> NodeChoice {
        let at = self.draws.random_range(0..self.units.len());
        let (unit, voters) = (self.units[at].unit, self.units[at].voters);
        match self.draws.random_range(0..3) {
            0 => NodeChoice::Leader(unit),
            1 => NodeChoice::Nth(unit, self.draws.random_range(1..=voters)),
            _ => NodeChoice::All(unit),
        }
    }

    fn traffic(&mut self, seed: u64, cases: usize) -> Vec<(String, UnitId, Duration)> {
        let mut labels = Vec::new();
        let mut lacking = draw::stream(seed, "lacking");
        for number in 1..=cases {
            let at = Duration::from_millis(self.draws.random_range(0..SAFETY.as_millis() as u64 - 5_000));
            let unit = self.unit();
            let label = format!("case-{number}");
            // A few people apply more than once.
            let person = self.draws.random_range(1..=cases);
            let application = crate::scenario::Application {
                about: None,
                case: label.clone(),
                at: unit,
                matter: None,
                place: None,
                authority: None,
                applicant: format!("person-{person}"),
                lacks: (lacking.random_range(0..4) == 0).then(|| MAY_FOLLOW.to_owned()),
            };
            self.add(at, Action::Submit(application));
            labels.push((label, unit, at));
        }
        labels
    }

    fn faults(&mut self, labels: &[(String, UnitId, Duration)]) {
        // Which kinds this world knows, and how often each may come.
        let mut weights: BTreeMap<Kind, u32> = BTreeMap::new();
        for kind in KINDS {
            if self.draws.random_range(0..10) < 4 {
                weights.insert(kind, self.draws.random_range(1..=4));
            }
        }
        let often = self.draws.random_range(4..=14);
        for fallback in [Kind::Crash, Kind::CutUnit, Kind::Pause] {
            weights.entry(fallback).or_insert(1);
        }
        let total: u32 = weights.values().sum();
        for _ in 0..often {
            let mut drawn = self.draws.random_range(0..total);
            let kind = weights.iter().find_map(|(kind, weight)| {
                if drawn < *weight {
                    return Some(*kind);
                }
                drawn -= weight;
                None
            });
            if let Some(kind) = kind {
                self.fault(kind, labels);
            }
        }
        // What is drawn may meet nobody (a link without mail, a moment that does not come): these three always do.
        for kind in [Kind::CutUnit, Kind::Pause, Kind::Crash] {
            self.fault(kind, labels);
        }
    }

    fn fault(&mut self, kind: Kind, labels: &[(String, UnitId, Duration)]) {
        let at = self.moment();
        let lasting = self.lasting(at);
        let ends = at + lasting;
        match kind {
            Kind::CutUnit => {
                let unit = self.unit();
                self.add(at, Action::Cut(Shape::Unit(unit)));
                self.add(ends, Action::Heal(Some(unit)));
            }
            Kind::CutPair | Kind::OneWay => {
                let (a, b) = self.pair();
                let direction = if kind == Kind::OneWay { Direction::OneWay } else { Direction::Both };
                self.add(at, Action::Cut(Shape::Pair(a, b, direction)));
                self.add(ends, Action::Heal(Some(a)));
            }
            Kind::Ring | Kind::Bridge => {
                let units = self.some(4);
                let shape = if kind == Kind::Ring { Shape::Ring(units) } else { Shape::Bridge(units) };
                self.add(at, Action::Cut(shape));
                self.add(ends, Action::Heal(None));
            }
            Kind::CutNode => {
                let nodes = self.nodes();
                self.add(at, Action::Cut(Shape::Node(nodes)));
                self.add(ends, Action::Heal(None));
            }
            Kind::Flapping => {
                let pair = self.pair();
                let every = Duration::from_millis(self.draws.random_range(200..5_000));
                self.add(at, Action::Cut(Shape::Flapping { pair, every, lasting }));
            }
            Kind::Swizzle => {
                let units = self.some(3);
                let every = Duration::from_millis(self.draws.random_range(200..2_000));
                self.add(at, Action::Cut(Shape::Swizzle { units, every }));
            }
            Kind::Lossy | Kind::Slow | Kind::Narrow | Kind::Repeating => self.weak_link(kind, at, ends),
            Kind::Crash | Kind::CrashAtMoment => {
                let nodes = self.nodes();
                let when =
                    (kind == Kind::CrashAtMoment).then(|| Moment::ALL[self.draws.random_range(0..Moment::ALL.len())]);
                let kept_percent = [None, None, Some(50), Some(100)][self.draws.random_range(0..4)];
                self.add(at, Action::Crash { nodes, when, kept_percent });
                self.add(ends, Action::Restart(NodeChoice::Everyone));
            }
            Kind::Pause => {
                let nodes = self.nodes();
                self.add(at, Action::Pause { nodes, lasting });
            }
            Kind::ClockOffset => {
                let nodes = self.nodes();
                let wide = [2_000_i64, 60_000, 3_600_000, 86_400_000][self.draws.random_range(0..4)];
                let offset = self.draws.random_range(-wide..=wide);
                self.add(at, Action::Clock { nodes, fault: ClockFault::Offset(offset) });
                self.add(ends, Action::Clock { nodes, fault: ClockFault::Offset(0) });
            }
            Kind::ClockStrobe => {
                let nodes = self.nodes();
                let by_millis = self.draws.random_range(100..5_000);
                let every = Duration::from_millis(self.draws.random_range(100..2_000));
                self.add(at, Action::Clock { nodes, fault: ClockFault::Strobe { by_millis, every, lasting } });
            }
            Kind::SyncFails | Kind::DiskFull => {
                let nodes = self.nodes();
                let fault = if kind == Kind::SyncFails { DiskFault::SyncFails } else { DiskFault::Full };
                self.add(at, Action::Disk { nodes, fault });
                self.add(ends, Action::Disk { nodes: NodeChoice::Everyone, fault: DiskFault::Mended });
                self.add(ends, Action::Restart(NodeChoice::Everyone));
            }
            Kind::DiskSlow => {
                let nodes = self.nodes();
                let latency = Duration::from_millis(self.draws.random_range(20..3_000));
                self.add(at, Action::Disk { nodes, fault: DiskFault::Slow(latency) });
                self.add(ends, Action::Disk { nodes, fault: DiskFault::Mended });
            }
            Kind::Replay => {
                let (from, to) = self.pair();
                self.add(at, Action::ReplayMail { from, to });
            }
            Kind::Forge => {
                let (from, to) = self.pair();
                let all =
                    [Forgery::Altered, Forgery::WrongUnit, Forgery::UnknownKey, Forgery::OldGeneration, Forgery::Junk];
                let forgery = all[self.draws.random_range(0..all.len())];
                self.add(at, Action::ForgeMail { from, to, forgery });
            }
            Kind::Withdraw | Kind::TakeBack => {
                let (label, unit, submitted) = labels[self.draws.random_range(0..labels.len())].clone();
                let at = submitted + Duration::from_millis(self.draws.random_range(20..8_000));
                let action = match kind {
                    Kind::Withdraw => Action::Withdraw { case: label, by: unit, reason: "不办了".to_owned() },
                    _ => Action::TakeBack { case: label, by: unit },
                };
                self.add(at, action);
            }
        }
    }

    /// What officers do between receipt and decision, at the county where most cases come to. From a stream of its own.
    fn handling(&mut self, seed: u64, labels: &[(String, UnitId, Duration)]) {
        let mut draws = draw::stream(seed, "handling");
        for (label, unit, submitted) in labels {
            if draws.random_range(0..3) > 0 {
                continue;
            }
            let by = county_of(*unit);
            let mut at = *submitted;
            for _ in 0..draws.random_range(1..4) {
                at += Duration::from_millis(draws.random_range(200..9_000));
                let days = draws.random_range(0..12);
                let told = (days > 0).then_some(LimitDays { days, unit: DayUnit::Working });
                let handling = match draws.random_range(0..10) {
                    0 | 1 => Handling::TellGaps {
                        gaps: vec![Gap { material: String::new(), what: "缺少签字".to_owned() }],
                        within: told.map(|told| Within { told, basis: "第八条".to_owned() }),
                    },
                    2 | 3 => Handling::Supplement { materials: vec![] },
                    4 => {
                        let basis = "第四十五条".to_owned();
                        Handling::StopClock { notice: StopNotice { kind: Some(Procedure::Testing), basis, told } }
                    }
                    5 => Handling::ResumeClock,
                    6 => {
                        let within = Within { told: told.unwrap_or(NO_DAY), basis: "第八条".to_owned() };
                        let deficit = Deficit { asked: draws.random_range(0..4) > 0, within };
                        Handling::AcceptWithDeficit { declared: true, deficit }
                    }
                    7 => Handling::Complete { materials: vec![] },
                    8 => {
                        let reasons = "跨县区项目".to_owned();
                        Handling::PassOn { to: city_of(*unit), reasons, consented: draws.random_range(0..4) > 0 }
                    }
                    _ => Handling::ExtendLimit { days, by: Approver::OrganHead, reason: "案情复杂".to_owned() },
                };
                if at < SAFETY {
                    self.add(at, Action::Handle { case: label.clone(), by, officer: Officer::First, handling });
                }
            }
        }
    }

    /// Applications that lower organs review, or whose steps are listed: clerks take them on. One person may hand in the same twice. From a
    /// stream of its own.
    fn reviews(&mut self, seed: u64) {
        let mut draws = draw::stream(seed, "reviews");
        for number in 0..draws.random_range(0..4) {
            let (unit, ..) = UNITS[draws.random_range(0..UNITS.len())];
            let Ok(at_unit) = unit.parse::<UnitId>() else { continue };
            let matter = [REVIEWED, WITH_STEPS][draws.random_range(0..2)];
            let at = Duration::from_millis(draws.random_range(2_000..60_000));
            let application = crate::scenario::Application {
                about: None,
                applicant: format!("reviewed-{}", draws.random_range(0..2)),
                case: format!("reviewed-{number}"),
                at: at_unit,
                matter: Some(matter.to_owned()),
                place: None,
                authority: None,
                lacks: None,
            };
            self.add(at, Action::Submit(application));
        }
    }

    /// What people say of cases, at the counter and at the county, and what is done about it; much of it unfit. From a stream of its own.
    fn concerns(&mut self, seed: u64, labels: &[(String, UnitId, Duration)]) {
        let mut draws = draw::stream(seed, "concerns");
        for (label, unit, submitted) in labels {
            if draws.random_range(0..3) > 0 {
                continue;
            }
            let county = county_of(*unit);
            let mut at = *submitted;
            for _ in 0..draws.random_range(1..6) {
                at += Duration::from_millis(draws.random_range(200..7_000));
                let (own, nobody) = (Private::default(), None);
                let word = || "说明".to_owned();
                let step = FinishedStep::ALL[draws.random_range(0..FinishedStep::ALL.len())];
                let level = RatingLevel::ALL[draws.random_range(0..RatingLevel::ALL.len())];
                let concerning = match draws.random_range(0..12) {
                    0..=3 => Concerning::Rate { identifier: own.clone(), about: About::Step(step), level, remark: own },
                    4 => Concerning::Urge { identifier: own.clone(), words: own },
                    5 => {
                        let complainant =
                            Applicant { name: String::new(), identifier: String::new(), telephone: String::new() };
                        Concerning::Complain { about: None, complainant, text: Private(word()) }
                    }
                    6 | 7 => Concerning::CallBack { concern: nobody, reached: true, attempts: 1, said: word() },
                    8 => Concerning::Rectify { concern: nobody, remedy: Remedy::PutRight, what: word() },
                    9 => Concerning::Exclude { concern: nobody, reasons: word() },
                    10 => Concerning::AnswerUrging { concern: nobody, answer: word() },
                    _ => Concerning::JudgeComplaint { concern: nobody, accepted: true, reasons: String::new() },
                };
                let at_counter = concerning.is_said_by_the_public() && draws.random_range(0..2) == 0;
                let by = if at_counter { *unit } else { county };
                if at < SAFETY {
                    self.add(at, Action::Concern { case: label.clone(), by, concerning });
                }
            }
        }
    }

    fn weak_link(&mut self, kind: Kind, at: Duration, ends: Duration) {
        let pair = Some(self.pair());
        let mut quality = LinkQuality::default();
        match kind {
            Kind::Lossy => quality.loss_percent = self.draws.random_range(1.0..40.0),
            Kind::Slow => {
                quality.delay = Duration::from_millis(self.draws.random_range(100..2_000));
                quality.jitter = quality.delay / 2;
            }
            Kind::Narrow => quality.rate = Some(self.draws.random_range(2_000..50_000)),
            _ => {
                quality.duplicate_percent = self.draws.random_range(5.0..60.0);
                quality.reorder_percent = self.draws.random_range(5.0..60.0);
            }
        }
        self.add(at, Action::Link { pair, quality });
        self.add(ends, Action::Link { pair, quality: LinkQuality::default() });
    }
}
