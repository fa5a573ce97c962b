//! Any sequence of what people can ask for, in any order and on any day: what must never come of it.

use proptest::prelude::*;

use super::*;
use crate::case::{CaseContent, DayUnit, Gap, Happening, Material, Stage, Within};
use crate::catalogue::LimitDays;
use crate::check::check;
use crate::ids::{CaseId, UnitId};
use crate::legal::{Approver, Procedure, StopNotice};
use crate::sealed::Sealed;
use crate::support::*;

const FOLLOWS: &str = "场所使用证明";
const DAY_MILLIS: i64 = 86_400_000;

/// What somebody asks for at the city or the county, or that time goes by.
#[derive(Clone, Debug)]
enum Ask {
    Gaps { within: Option<u16> },
    Supplement,
    Accept,
    AcceptDeclared,
    AcceptWithDeficit { asked: bool, within: u16 },
    Complete,
    NotAccept,
    PassOn { consented: bool },
    Stop { days: u16 },
    Prolong { days: u16 },
    Resume,
    Extend { days: u16 },
    Decide { granted: bool },
    Deliver,
    Withdraw,
    SendUp { agrees: bool },
    Step { at: usize, by: usize, agrees: bool },
    Back { at: usize },
    Days(i64),
}

/// Every step that the flow lists between acceptance and decision, and one that it does not.
const STEPS: [&str; 5] = ["现场核查", "征求意见", "审查", "审核", "专家论证"];
const PEOPLE: [&str; 4] = ["li", "zhao", "qian", "demo-window"];
const UNITS: [UnitId; 4] = [VILLAGE, TOWNSHIP, COUNTY, CITY];

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        2 => prop::option::of(0..12u16).prop_map(|within| Ask::Gaps { within }),
        2 => Just(Ask::Supplement),
        2 => Just(Ask::Accept),
        1 => Just(Ask::AcceptDeclared),
        3 => (any::<bool>(), 0..12u16).prop_map(|(asked, within)| Ask::AcceptWithDeficit { asked, within }),
        2 => Just(Ask::Complete),
        1 => Just(Ask::NotAccept),
        1 => any::<bool>().prop_map(|consented| Ask::PassOn { consented }),
        1 => (0..12u16).prop_map(|days| Ask::Stop { days }),
        1 => (0..12u16).prop_map(|days| Ask::Prolong { days }),
        1 => Just(Ask::Resume),
        1 => (0..14u16).prop_map(|days| Ask::Extend { days }),
        2 => any::<bool>().prop_map(|granted| Ask::Decide { granted }),
        1 => Just(Ask::Deliver),
        1 => Just(Ask::Withdraw),
        2 => any::<bool>().prop_map(|agrees| Ask::SendUp { agrees }),
        8 => (0..5usize, 0..4usize, 0..5u8).prop_map(|(at, by, agrees)| Ask::Step { at, by, agrees: agrees > 0 }),
        1 => (0..5usize).prop_map(|at| Ask::Back { at }),
        4 => (1..9i64).prop_map(Ask::Days),
    ]
}

impl Ask {
    fn command(&self, unit: &TestUnit, case: CaseId) -> Option<Command> {
        let told = |days| LimitDays { days, unit: DayUnit::Working };
        let within = |days| Within { told: told(days), basis: "第八条".to_owned() };
        let material = |name: &str| Material { name: name.to_owned(), content: None };
        let accept = || match unit.accept_command(case) {
            Command::Accept(accept) => accept,
            other => panic!("{other:?}"),
        };
        Some(match self {
            Self::Gaps { within: days } => {
                let gaps = vec![Gap { material: "申请书".to_owned(), what: "缺少签字".to_owned() }];
                Command::TellGaps(TellGaps { case, gaps, within: days.map(within) })
            }
            Self::Supplement => Command::Supplement(Supplement { case, materials: vec![material("申请书")] }),
            Self::Accept => Command::Accept(accept()),
            Self::AcceptDeclared => Command::AcceptDeclared(AcceptDeclared { accept: accept() }),
            Self::AcceptWithDeficit { asked, within: days } => Command::AcceptWithDeficit(AcceptWithDeficit {
                accept: accept(),
                declared: true,
                deficit: Deficit { asked: *asked, within: within(*days) },
            }),
            Self::Complete => Command::Complete(Complete { case, materials: vec![material(FOLLOWS)] }),
            Self::NotAccept => {
                let reasons = "不属于本机关职权".to_owned();
                Command::NotAccept(NotAccept { case, reasons, right_authority: Some(CITY) })
            }
            Self::PassOn { consented } => {
                let (reasons, consented) = ("跨县区项目".to_owned(), *consented);
                Command::PassOn(PassOn { case, to: CITY, reasons, consented })
            }
            Self::Stop { days } => {
                let notice = StopNotice {
                    kind: Some(Procedure::Testing),
                    basis: "第四十五条".to_owned(),
                    told: Some(told(*days)),
                };
                Command::StopClock(StopClock { case, notice })
            }
            Self::Prolong { days } => {
                Command::ProlongStop(ProlongStop { case, reason: "未出结果".to_owned(), told: Some(told(*days)) })
            }
            Self::Resume => Command::ResumeClock(ResumeClock { case }),
            Self::Extend { days } => {
                let (by, reason) = (Approver::OrganHead, "案情复杂".to_owned());
                Command::ExtendLimit(ExtendLimit { case, days: *days, by, reason })
            }
            Self::Decide { granted } => decide(case, *granted, "理由"),
            Self::Deliver => Command::Deliver(Deliver { case }),
            Self::Withdraw => Command::Withdraw(Withdraw { case, reason: String::new() }),
            Self::SendUp { agrees } => Command::SendUp(SendUp { case, agrees: *agrees, opinion: Sealed(vec![1]) }),
            Self::Step { at, agrees, .. } => {
                let step = STEPS[*at].to_owned();
                Command::DoStep(DoStep { case, step, agrees: *agrees, opinion: Sealed(vec![1]) })
            }
            Self::Back { at } => {
                Command::StepBack(StepBack { case, to: STEPS[*at].to_owned(), reasons: Sealed(vec![1]) })
            }
            Self::Days(_) => return None,
        })
    }
}

/// Asks every unit that knows the case; then leaders do their duties, mail flows, and what is due fires.
fn put(world: &mut World, case: CaseId, ask: &Ask) {
    if let Ask::Days(days) = ask {
        world.pass(days * DAY_MILLIS);
    }
    for unit in UNITS {
        let knows = holds(world, unit, case).is_some();
        let unit = world.unit(unit);
        if let Ask::Step { by, .. } = ask {
            unit.person = PEOPLE[*by];
        }
        if let Some(command) = knows.then(|| ask.command(unit, case)).flatten() {
            unit.run(command);
        }
        unit.person = PEOPLE[3];
    }
    world.settle();
    for unit in UNITS {
        let unit = world.unit(unit);
        // One that fires may end what another was set for.
        while let Some((due, case, kind)) = unit.timers().into_iter().find(|(due, ..)| *due <= unit.clock) {
            unit.done(Command::FireTimer(FireTimer { due, case, kind }));
        }
    }
    world.settle();
}

fn holds(world: &mut World, unit: UnitId, case: CaseId) -> Option<CaseContent> {
    use crate::store::UnitRead as _;
    world.unit(unit).store.get::<crate::tables::Cases>(&case).unwrap().and_then(|row| row.content)
}

fn count(content: &CaseContent, wanted: impl Fn(&Happening) -> bool) -> usize {
    content.timeline.iter().filter(|line| wanted(&line.what)).count()
}

/// What a story can never say, whatever was asked for.
fn is_sound(content: &CaseContent) {
    let place = |wanted: fn(&Happening) -> bool| content.timeline.iter().position(|line| wanted(&line.what));
    assert!(count(content, |what| matches!(what, Happening::Decided { .. })) <= 1, "decided twice");
    let accepted = |what: &Happening| matches!(what, Happening::Accepted { .. } | Happening::AcceptedByLaw { .. });
    assert!(count(content, accepted) <= 1, "accepted twice");
    let extended = |what: &Happening| matches!(what, Happening::LimitExtended { .. });
    assert!(count(content, extended) <= 1 + content.reviewed().len(), "extended twice at one tier");
    // Each tier once, upwards, and whoever reviews first does so before anybody decides.
    let reviewed = content.reviewed();
    let chain = if content.place == COUNTY { &[COUNTY][..] } else { &[TOWNSHIP, COUNTY] };
    assert!(chain.starts_with(&reviewed), "reviewed by {reviewed:?}");
    let is_decided = content.decision.is_some();
    assert!(content.matter.as_str() != REVIEWED || !is_decided || reviewed == chain, "decided unreviewed");
    follows_the_list(content);
    // At one authority; the right one, to which a wrong one passed it, tells its own.
    let passed = count(content, |what| matches!(what, Happening::PassedOn { .. }));
    assert!(count(content, |what| matches!(what, Happening::GapsTold { .. })) <= 1 + passed, "gaps told again");
    if let Some(decision) = &content.decision {
        let at = place(|what| matches!(what, Happening::Decided { .. })).unwrap();
        let before = place(|what| matches!(what, Happening::Accepted { .. } | Happening::AcceptedByLaw { .. }));
        assert!(before.is_some_and(|accepted| accepted < at), "decided and not accepted before");
        // No result before its materials, and none of an application that is over.
        let has = |name: &str| content.materials.iter().any(|material| material.name == name);
        assert!(!decision.granted || has(FOLLOWS), "granted without {FOLLOWS}");
        assert!(content.open_gaps().is_none() || content.is_accepted_by_law(), "decided with open gaps");
    }
    assert_eq!(content.stage == Stage::Lapsed, count(content, |what| matches!(what, Happening::Lapsed { .. })) == 1);
    // Nothing but the moves of its result follows an end.
    let end = content.timeline.iter().position(|line| {
        matches!(
            line.what,
            Happening::NotAccepted { .. }
                | Happening::Withdrawn { .. }
                | Happening::Lapsed { .. }
                | Happening::Delivered
        )
    });
    let after = end.map(|end| &content.timeline[end + 1..]).unwrap_or_default();
    assert!(after.iter().all(|line| line.what.stage().is_none()), "goes on after its end: {after:?}");
}

/// No step that the list does not have, and who handled neither examined nor decided.
fn follows_the_list(content: &CaseContent) {
    let done = content.timeline.iter().filter_map(|line| match &line.what {
        Happening::StepDone { step, by, .. } => Some((step.as_str(), by.as_str())),
        _ => None,
    });
    let done: Vec<(&str, &str)> = done.collect();
    assert!(done.iter().all(|(step, _)| content.matter.as_str() == FLOW && STEPS[..4].contains(step)), "{done:?}");
    let handled: Vec<&str> = done.iter().filter(|(step, _)| *step != STEPS[3]).map(|(_, by)| *by).collect();
    let examined = done.iter().filter(|(step, _)| *step == STEPS[3]);
    assert!(examined.into_iter().all(|(_, by)| !handled.contains(by)), "handled and examined by one: {done:?}");
    if content.decision.is_some() {
        assert!(!handled.contains(&PEOPLE[3]), "handled and decided by one");
    }
    if content.matter.as_str() == FLOW && content.decision.as_ref().is_some_and(|decision| decision.granted) {
        assert!(STEPS[..4].iter().all(|step| done.iter().any(|(name, _)| name == step)), "granted without its steps");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_requests_breaks_a_story(
        lacks in any::<bool>(),
        at_village in any::<bool>(),
        matter in prop::sample::select(vec![EQUAL, REVIEWED, FLOW]),
        asks in prop::collection::vec(ask(), 1..24),
    ) {
        let mut world = World::with_township();
        let unit = if at_village { VILLAGE } else { COUNTY };
        let case = if lacks { world.receive_lacking(unit, matter, FOLLOWS) } else { world.receive(unit, matter) };
        world.settle();
        for ask in &asks {
            put(&mut world, case, ask);
            prop_assert_eq!(world.owners(case).len(), 1, "one owner");
            for unit in UNITS {
                if let Some(content) = holds(&mut world, unit, case) {
                    is_sound(&content);
                }
                prop_assert_eq!(check(&world.unit(unit).store).unwrap(), vec![]);
            }
        }
        world.replay();
    }
}
