//! A file says what it says: a whole one is read as meant, and what a generator made is written and reads back equal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use domain::case::{DayUnit, Gap, Stage, Within};
use domain::catalogue::LimitDays;
use domain::command::Deficit;
use domain::concerns::{ConcernKind, ConcernTask, FinishedStep, RatingLevel, Remedy};
use domain::division::DivisionTree;
use domain::ids::UnitId;
use domain::legal::{Approver, Procedure, StopNotice};
use domain::time::{CivilDate, Timestamp};
use proptest::prelude::*;
use sim::scenario::{
    Action, Application, CatalogueDeed, CatalogueStep, Clerks, ClockFault, Direction, DiskFault, Expectation, Expected,
    ExpectedAnswer, ExpectedCard, FaultKind, Fidelity, Forgery, INVARIANTS, Lag, LinkQuality, Moment, NodeChoice,
    Officer, PowerMoves, Requirements, Scenario, Shape, Step, World, WorldUnit, read, template,
};
use unit::{About, Applicant, Concerning, Handling, Private};

fn tree() -> DivisionTree {
    DivisionTree::from_csv(domain::sample::DIVISIONS).0
}

fn unit(text: &str) -> UnitId {
    text.parse().unwrap()
}

fn parse(text: &str) -> Scenario {
    let told = |faults: Vec<sim::scenario::ScenarioFault>| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", all.join("\n"))
    };
    read(Path::new("a.toml"), text.to_owned(), &tree()).unwrap_or_else(told)
}

#[test]
fn a_whole_file_is_read_as_meant() {
    let scenario = parse(
        r#"
title = "County cut off"
intent = "Both go on."
journeys = [8]
start = "2026-03-02 09:00"
always = ["I1", "I2"]
require = { faults = ["cut"], commands = 20 }
steps = [
  { at = "+10s", submit = "shop", to = "village", applicant = "Zhang" },
  { at = "+1m", cut = ["county", "city"], one-way = true },
  { accept = "shop", by = "city", answer = "case.unknown" },
  { at = "12:30", heal = "all" },
  { at = "+1s", advance = "3d" },
  { at = "+1m", crash = "city/leader", when = "offer-arrived", keep = 50 },
]
expect = [
  { at = "day 2 09:00", within = "2m", case = "shop", owner = "county", stage = "not-accepted" },
  { within = "5m", quiet = true },
]
[world]
units = { village = "370811002001", township = "任城区/许庄街道", city = "济宁市", county = "济宁市/任城区" }
voters = { city = 3 }
patience = "30s"
clerks = { pace = "30s", deny = 10 }
pairs = [{ between = ["county", "city"], delay = "40ms" }]
"#,
    );
    let seconds = Duration::from_secs;
    let shown: Vec<&str> = scenario.world.units.iter().map(|unit| unit.alias.as_str()).collect();
    assert_eq!(shown, ["city", "county", "township", "village"]);
    assert_eq!(scenario.world.units[0].voters, 3);
    assert_eq!(scenario.world.units[3].name, "济宁市/任城区/许庄街道/航运新村居委会");
    assert_eq!(scenario.world.patience, seconds(30));
    assert_eq!(scenario.world.clerks, Some(Clerks { pace: seconds(30), deny_percent: 10 }));
    let slow = LinkQuality { delay: Duration::from_millis(40), ..LinkQuality::default() };
    assert_eq!(scenario.world.pairs, BTreeMap::from([((unit("370800"), unit("370811")), slow)]));
    let ats: Vec<u64> = scenario.steps.iter().map(|step| step.at.as_secs()).collect();
    assert_eq!(ats, [10, 70, 70, 12600, 12601, 12601 + 3 * 86_400 + 60]);
    assert_eq!(scenario.steps[1].action, Action::Cut(Shape::Pair(unit("370811"), unit("370800"), Direction::OneWay)));
    assert_eq!(scenario.steps[2].answer, ExpectedAnswer::Code("case.unknown".into()));
    let crash = Action::Crash {
        nodes: NodeChoice::Leader(unit("370800")),
        when: Some(Moment::OfferArrived),
        kept_percent: Some(50),
    };
    assert_eq!(scenario.steps[5].action, crash);
    assert_eq!(scenario.steps[0].line, 9);
    assert_eq!(scenario.expectations[0].at, seconds(86_400));
    assert_eq!(scenario.expectations[1].at, scenario.end_of_steps());
    assert_eq!(scenario.always, BTreeSet::from(["I1".to_owned(), "I2".to_owned()]));
    assert_eq!(scenario.fidelities, BTreeSet::from([Fidelity::Core, Fidelity::Consensus]));
    assert_eq!(scenario.seed, 1);
}

#[test]
fn the_template_is_a_scenario() {
    let scenario = parse(&template("My \"first\" one"));
    assert_eq!(scenario.title, "My first one");
    assert_eq!(scenario.steps.len(), 4);
}

#[test]
fn every_example_of_the_reference_is_read() {
    let units =
        "{ city = \"济宁市\", county = \"济宁市/任城区\", township = \"任城区/许庄街道\", village = \"370811002001\" }";
    // What an example needs to have happened before it.
    let before = |word: &str| match word {
        "heal" => "{ cut = \"county\" },",
        "restart" | "wipe" | "roll-back" => "{ crash = \"city\" },",
        "submit" => "",
        _ => "{ submit = \"shop\", to = \"village\" },",
    };
    for word in sim::scenario::STEP_WORDS {
        let steps = format!("{}\n{}", before(word.word), word.example);
        parse(&format!(
            "title = \"T\"\nintent = \"I\"\nstart = \"2026-03-02 09:00\"\nsteps = [\n{steps}\n]\n[world]\nunits = {units}\nvoters = {{ city = 3 }}\nspares = {{ city = 1 }}"
        ));
    }
    for word in sim::scenario::EXPECT_WORDS {
        parse(&format!(
            "title = \"T\"\nintent = \"I\"\nstart = \"2026-03-02 09:00\"\nsteps = [{}]\nexpect = [{}]\n[world]\nunits = {units}",
            before("").trim_end_matches(','),
            word.example
        ));
    }
}

const CODES: [(&str, &str, u8); 5] = [
    ("city", "370800", 5),
    ("county", "370811", 3),
    ("other county", "370812", 1),
    ("township", "370811002", 1),
    ("village", "370811002001", 1),
];

fn a_unit() -> impl Strategy<Value = UnitId> {
    (0..CODES.len()).prop_map(|at| unit(CODES[at].1))
}

fn units(least: usize) -> impl Strategy<Value = Vec<UnitId>> {
    let all: Vec<UnitId> = CODES.iter().map(|(_, code, _)| unit(code)).collect();
    prop::sample::subsequence(all, least..=5).prop_shuffle()
}

fn pair() -> impl Strategy<Value = (UnitId, UnitId)> {
    units(2).prop_map(|units| (units[0], units[1]))
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![1..5_000_000u64, (1..90_000u64).prop_map(|seconds| seconds * 1_000_000)].prop_map(Duration::from_micros)
}

fn nodes() -> impl Strategy<Value = NodeChoice> {
    prop_oneof![
        a_unit().prop_map(NodeChoice::All),
        a_unit().prop_map(NodeChoice::Leader),
        (1..=5u8).prop_map(|number| NodeChoice::Nth(unit("370800"), number)),
        Just(NodeChoice::Everyone),
    ]
}

fn quality() -> impl Strategy<Value = LinkQuality> {
    let percent = || prop_oneof![Just(0.0), (0..=100u8).prop_map(f64::from), 0.0..100.0f64];
    let rate = prop::option::of(1..=i64::MAX as u64);
    (span(), span(), percent(), percent(), percent(), rate).prop_map(
        |(delay, jitter, loss_percent, duplicate_percent, reorder_percent, rate)| LinkQuality {
            delay,
            jitter,
            loss_percent,
            duplicate_percent,
            reorder_percent,
            rate,
        },
    )
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just("王小明 \"quoted\" \\ back".to_owned()), Just("#}\n, { at = ]".to_owned()), "[a-z ]{1,20}[a-z]"]
        .prop_map(|text| text.trim().to_owned())
}

fn shape() -> impl Strategy<Value = Shape> {
    let direction = prop_oneof![Just(Direction::Both), Just(Direction::OneWay)];
    prop_oneof![
        a_unit().prop_map(Shape::Unit),
        (pair(), direction).prop_map(|((a, b), direction)| Shape::Pair(a, b, direction)),
        units(1).prop_map(Shape::Group),
        units(4).prop_map(Shape::Ring),
        units(3).prop_map(Shape::Bridge),
        nodes().prop_map(Shape::Node),
        (pair(), span(), span()).prop_map(|(pair, every, lasting)| Shape::Flapping { pair, every, lasting }),
        (units(2), span()).prop_map(|(units, every)| Shape::Swizzle { units, every }),
    ]
}

fn disk() -> impl Strategy<Value = DiskFault> {
    prop_oneof![
        Just(DiskFault::SyncFails),
        Just(DiskFault::Dead),
        span().prop_map(DiskFault::Slow),
        Just(DiskFault::Full),
        Just(DiskFault::Rot),
        Just(DiskFault::Wiped),
        span().prop_map(DiskFault::RolledBack),
        Just(DiskFault::Mended),
    ]
}

fn clock() -> impl Strategy<Value = ClockFault> {
    let millis = -100_000_000..100_000_000i64;
    prop_oneof![
        millis.clone().prop_map(ClockFault::Offset),
        (0..4_000_000_000_000i64).prop_map(|at| ClockFault::Set(Timestamp(at))),
        (millis, span(), span()).prop_map(|(by_millis, every, lasting)| ClockFault::Strobe {
            by_millis,
            every,
            lasting
        }),
    ]
}

/// Anything that can be done, as if everything before it had been arranged for.
fn action() -> impl Strategy<Value = Action> {
    let case = || Just("first".to_owned());
    prop_oneof![
        (units(1), span(), 1..1000u32, prop::option::of(Just("511Z07001006".to_owned())))
            .prop_map(|(at, over, cases, matter)| Action::Traffic { cases, at, over, matter }),
        (case(), a_unit()).prop_map(|(case, by)| Action::Accept { case, by }),
        (case(), a_unit(), words()).prop_map(|(case, by, reasons)| Action::NotAccept { case, by, reasons }),
        (case(), a_unit(), any::<bool>(), words()).prop_map(|(case, by, granted, reasons)| Action::Decide {
            case,
            by,
            granted,
            reasons
        }),
        (case(), a_unit()).prop_map(|(case, by)| Action::Deliver { case, by }),
        (case(), a_unit(), words()).prop_map(|(case, by, reason)| Action::Withdraw { case, by, reason }),
        (case(), a_unit()).prop_map(|(case, by)| Action::TakeBack { case, by }),
        (case(), a_unit(), handling()).prop_map(|(case, by, handling)| Action::Handle {
            case,
            by,
            officer: Officer::First,
            handling
        }),
        (case(), a_unit(), prop::sample::select(Officer::ALL.to_vec()), words(), words()).prop_map(
            |(case, by, officer, step, opinion)| {
                let handling = Handling::DoStep { step, agrees: false, opinion: Private(opinion) };
                Action::Handle { case, by, officer, handling }
            }
        ),
        (case(), a_unit(), concerning()).prop_map(|(case, by, concerning)| Action::Concern { case, by, concerning }),
        prop::option::of(span()).prop_map(|patience| Action::Publish { patience }),
        (proposal_label(), proposal_label(), catalogue_deed())
            .prop_map(|(proposal, person, what)| { Action::Catalogue(CatalogueStep { proposal, person, what }) }),
        shape().prop_map(Action::Cut),
        (prop::option::of(pair()), quality()).prop_map(|(pair, quality)| Action::Link { pair, quality }),
        (nodes(), prop::option::of(prop::sample::select(Moment::ALL.to_vec())), prop::option::of(0..=100u8))
            .prop_map(|(nodes, when, kept_percent)| Action::Crash { nodes, when, kept_percent }),
        (nodes(), span()).prop_map(|(nodes, lasting)| Action::Pause { nodes, lasting }),
        (nodes(), clock()).prop_map(|(nodes, fault)| Action::Clock { nodes, fault }),
        (nodes(), disk()).prop_map(|(nodes, fault)| Action::Disk { nodes, fault }),
        pair().prop_map(|(from, to)| Action::ReplayMail { from, to }),
        (
            pair(),
            prop::sample::select(vec![Forgery::Altered, Forgery::WrongUnit, Forgery::Junk, Forgery::OldGeneration])
        )
            .prop_map(|((from, to), forgery)| Action::ForgeMail { from, to, forgery }),
        span().prop_map(Action::Advance),
        (a_unit(), lag(), any::<bool>()).prop_map(|(unit, lag, former_runs)| Action::Promote {
            unit,
            lag,
            former_runs
        }),
        pair().prop_map(|(peer, by)| Action::DeclareLost { peer, by }),
    ]
}

fn within() -> impl Strategy<Value = Within> {
    (1..=1_000u16, words()).prop_map(|(days, basis)| Within { told: LimitDays { days, unit: DayUnit::Working }, basis })
}

fn handling() -> impl Strategy<Value = Handling> {
    let told = || {
        let unit = prop::sample::select(vec![DayUnit::Working, DayUnit::Calendar]);
        prop::option::of((1..=1_000u16, unit).prop_map(|(days, unit)| LimitDays { days, unit }))
    };
    let kind = prop::option::of(prop::sample::select(vec![Procedure::Hearing, Procedure::SiteCheck]));
    let by = prop::sample::select(vec![Approver::OrganHead, Approver::GovernmentHead]);
    prop_oneof![
        (words(), words())
            .prop_map(|(material, what)| Handling::TellGaps { gaps: vec![Gap { material, what }], within: None }),
        (words(), words(), within()).prop_map(|(material, what, within)| {
            Handling::TellGaps { gaps: vec![Gap { material, what }], within: Some(within) }
        }),
        (any::<bool>(), within()).prop_map(|(asked, within)| {
            Handling::AcceptWithDeficit { declared: false, deficit: Deficit { asked, within } }
        }),
        prop::option::of(Just("场所使用证明".to_owned()))
            .prop_map(|name| Handling::Complete { materials: name.into_iter().collect() }),
        (a_unit(), words(), any::<bool>()).prop_map(|(to, reasons, consented)| Handling::PassOn {
            to,
            reasons,
            consented
        }),
        (any::<bool>(), words()).prop_map(|(agrees, opinion)| Handling::SendUp { agrees, opinion: Private(opinion) }),
        (words(), words()).prop_map(|(to, reasons)| Handling::StepBack { to, reasons: Private(reasons) }),
        words().prop_map(|reason| Handling::TellHearing { reason }),
        Just(Handling::AskHearing { party: domain::hearing::HearingParty::InterestedParty }),
        (0..400, words(), words()).prop_map(|(day, place, chair)| Handling::SetHearing {
            held: CivilDate::EPOCH.plus_days(20_000 + day),
            place,
            chair
        }),
        words().prop_map(|record| Handling::HoldHearing { record: Private(record) }),
        prop::option::of(Just("申请书".to_owned()))
            .prop_map(|name| Handling::Supplement { materials: name.into_iter().collect() }),
        (kind, words(), told())
            .prop_map(|(kind, basis, told)| { Handling::StopClock { notice: StopNotice { kind, basis, told } } }),
        (words(), told()).prop_map(|(reason, told)| Handling::ProlongStop { reason, told }),
        Just(Handling::ResumeClock),
        (1..=1_000u16, by, words()).prop_map(|(days, by, reason)| Handling::ExtendLimit { days, by, reason }),
    ]
}

fn concerning() -> impl Strategy<Value = Concerning> {
    let private = || words().prop_map(Private);
    let step = || prop::sample::select(FinishedStep::ALL.to_vec()).prop_map(About::Step);
    let level = prop::sample::select(RatingLevel::ALL.to_vec());
    let remedy = prop::sample::select(vec![Remedy::PutRight, Remedy::Explained]);
    let concern = None;
    prop_oneof![
        (private(), step(), level, private()).prop_map(|(identifier, about, level, remark)| Concerning::Rate {
            identifier,
            about,
            level,
            remark
        }),
        (private(), private()).prop_map(|(identifier, words)| Concerning::Urge { identifier, words }),
        (0..400, words())
            .prop_map(|(day, order)| Concerning::Order { until: CivilDate::EPOCH.plus_days(20_000 + day), order }),
        (prop::option::of(step()), words(), private()).prop_map(|(about, name, text)| {
            let complainant = Applicant { name, identifier: String::new(), telephone: String::new() };
            Concerning::Complain { about, complainant, text }
        }),
        (any::<bool>(), 0..9u16, words()).prop_map(move |(reached, attempts, said)| Concerning::CallBack {
            concern,
            reached,
            attempts,
            said
        }),
        (remedy, words()).prop_map(move |(remedy, what)| Concerning::Rectify { concern, remedy, what }),
        words().prop_map(move |reasons| Concerning::Exclude { concern, reasons }),
        words().prop_map(move |answer| Concerning::AnswerUrging { concern, answer }),
        (any::<bool>(), words()).prop_map(move |(accepted, reasons)| Concerning::JudgeComplaint {
            concern,
            accepted,
            reasons
        }),
        words().prop_map(move |what| Concerning::HandleComplaint { concern, what }),
        (any::<bool>(), words()).prop_map(move |(upheld, answer)| Concerning::AnswerComplaint {
            concern,
            upheld,
            answer
        }),
    ]
}

fn lag() -> impl Strategy<Value = Lag> {
    prop_oneof![(0..1000u64).prop_map(Lag::Commands), span().prop_map(Lag::Time)]
}

fn expected() -> impl Strategy<Value = Expected> {
    let unit = || prop::option::of(a_unit());
    let count = || prop::option::of(0..1000u64);
    let stage = prop::sample::select(vec![Stage::Received, Stage::NotAccepted, Stage::Withdrawn]);
    let card = prop::option::of(prop::sample::select(vec![ExpectedCard::None, ExpectedCard::Red]));
    let rated = card.clone();
    prop_oneof![
        (unit(), stage, a_unit(), prop::option::of(Just("gone".to_owned())), unit(), card).prop_map(
            |(owner, stage, seen_from, role, passed_over, card)| Expected::Case {
                case: "first".into(),
                owner,
                stage: Some(stage),
                seen_from: Some(seen_from),
                role,
                passed_over,
                card,
            }
        ),
        (a_unit(), count(), prop::option::of(prop::option::of(Just(ConcernTask::CallBack))), rated).prop_map(
            |(seen_from, number, waits, card)| Expected::Concern {
                case: "first".into(),
                seen_from,
                kind: ConcernKind::Rating,
                number: number.or(Some(1)),
                waits,
                card,
            }
        ),
        (a_unit(), count(), count(), prop::option::of(any::<bool>()), 0..9u64).prop_map(
            |(unit, catalogue, backlog, stopped, evidence)| Expected::Unit {
                unit,
                catalogue,
                backlog,
                stopped,
                evidence: Some(evidence),
            }
        ),
        Just(Expected::Quiet),
    ]
}

fn proposal_label() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["march", "editor", "七月", "a \"b\""]).prop_map(str::to_owned)
}

fn catalogue_deed() -> impl Strategy<Value = CatalogueDeed> {
    let day = (20_000..21_000i32).prop_map(|days| CivilDate::EPOCH.plus_days(days));
    let moves = (a_unit(), a_unit()).prop_map(|(from, to)| PowerMoves { matter: "511A16001002".into(), from, to });
    prop_oneof![
        (prop::option::of(span()), prop::option::of(day), prop::option::of(moves))
            .prop_map(|(patience, effective, moves)| CatalogueDeed::Propose { patience, effective, moves }),
        prop::option::of(words()).prop_map(|send_back| CatalogueDeed::Review { send_back }),
        Just(CatalogueDeed::Withdraw),
        Just(CatalogueDeed::Publish),
    ]
}

fn answer(action: &Action, pick: u8) -> ExpectedAnswer {
    let act = matches!(
        action,
        Action::Accept { .. }
            | Action::NotAccept { .. }
            | Action::Decide { .. }
            | Action::Deliver { .. }
            | Action::Withdraw { .. }
            | Action::TakeBack { .. }
            | Action::Handle { .. }
            | Action::Publish { .. }
            | Action::Catalogue(_)
    );
    match pick % 4 {
        _ if !act => ExpectedAnswer::Done,
        0 => ExpectedAnswer::Done,
        1 => ExpectedAnswer::Unknown,
        2 => ExpectedAnswer::Any,
        _ => ExpectedAnswer::Code("case.elsewhere".into()),
    }
}

prop_compose! {
    fn scenario()(
        title in words(),
        intent in words(),
        seed in any::<u64>(),
        start in 946_656_000_000..3_500_000_000_000i64,
        steps in prop::collection::vec((span(), action(), any::<u8>()), 0..12),
        expected in prop::collection::vec((0..2_000_000u64, span(), expected()), 0..5),
        links in quality(),
        pairs in prop::collection::vec((pair(), quality()), 0..3),
        clerks in prop::option::of((span(), 0..=100u8)),
        faults in prop::sample::subsequence(FaultKind::ALL.to_vec(), 0..5),
        always in prop::sample::subsequence(INVARIANTS.map(str::to_owned).to_vec(), 1..=16),
        fidelities in prop::sample::subsequence(Fidelity::ALL.to_vec(), 1..=4),
        counts in (0..9u64, 0..9u64, 0..9u64),
    ) -> Scenario {
        let tree = tree();
        let world_units = CODES.iter().map(|(alias, code, voters)| WorldUnit {
            unit: unit(code),
            alias: alias.replace(' ', "-"),
            name: tree.path(unit(code)),
            voters: *voters,
            spares: u8::from(*voters > 1),
        });
        let submit = |case: &str, applicant: &str, place| Step {
            at: Duration::ZERO,
            action: Action::Submit(Application {
                about: None,
                case: case.into(),
                at: unit("370811002001"),
                matter: None,
                place,
                authority: place,
                applicant: applicant.into(),
                lacks: place.map(|_| "场所使用证明".to_owned()),
            }),
            answer: ExpectedAnswer::Done,
            line: 0,
        };
        let crash = Action::Crash { nodes: NodeChoice::Everyone, when: None, kept_percent: None };
        // Everything that later steps need: two cases, ended replicas, a slow disk.
        let slow = Action::Disk { nodes: NodeChoice::Everyone, fault: DiskFault::Slow(Duration::from_secs(1)) };
        let plain = |action| Step { at: Duration::ZERO, action, answer: ExpectedAnswer::Done, line: 0 };
        let mut all = vec![submit("first", "first", None), submit("second", "王", Some(unit("370811"))), plain(crash), plain(slow)];
        let mut at = Duration::ZERO;
        for (after, action, pick) in steps {
            at += after;
            let is_mended = matches!(action, Action::Disk { fault: DiskFault::Mended, .. });
            let action = if is_mended { Action::Restart(NodeChoice::Nth(unit("370811"), 2)) } else { action };
            let answer = answer(&action, pick);
            let step = Step { at, action, answer, line: 0 };
            at = step.end();
            all.push(step);
        }
        // Cuts are healed once, at the end, if there was one.
        if all.iter().any(|step| matches!(step.action, Action::Cut(Shape::Unit(_)))) {
            all.push(Step { at, action: Action::Heal(None), answer: ExpectedAnswer::Done, line: 0 });
        }
        let expectations = expected.into_iter().map(|(millis, within, what)| {
            // Wall times are exact to the millisecond.
            let at = Duration::from_millis((at.as_micros() as u64 / 1000).saturating_sub(1_000_000) + millis);
            Expectation { at, within, what, line: 0 }
        });
        Scenario {
            title,
            intent,
            journeys: vec![8, 10],
            start: Timestamp(start),
            seed,
            fidelities: fidelities.into_iter().collect(),
            world: World {
                units: world_units.collect(),
                patience: Duration::from_secs(7),
                matters: 12,
                clerks: clerks.map(|(pace, deny_percent)| Clerks { pace, deny_percent }),
                links,
                pairs: pairs.into_iter().map(|((a, b), quality)| ((a.min(b), a.max(b)), quality)).collect(),
            },
            steps: all,
            expectations: expectations.collect(),
            always: always.into_iter().collect(),
            require: Requirements {
                faults: faults.into_iter().collect(),
                commands: counts.0,
                cases: counts.1,
                mail: counts.2,
            },
        }
    }
}

fn without_lines(mut scenario: Scenario) -> Scenario {
    scenario.steps.iter_mut().for_each(|step| step.line = 0);
    scenario.expectations.iter_mut().for_each(|expectation| expectation.line = 0);
    scenario
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_equal(scenario in scenario()) {
        let text = scenario.to_toml();
        let read = parse(&text);
        prop_assert_eq!(without_lines(read.clone()), scenario, "{}", text);
        prop_assert_eq!(read.to_toml(), text);
    }
}
