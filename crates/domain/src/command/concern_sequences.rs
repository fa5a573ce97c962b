//! Any sequence of what people can say of a case and officials do about it, over links that are cut and joined: no line has two ratings
//! that count, nothing is put right before somebody was called back, and every unit tells the same in the end.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::check::check;
use crate::concerns::{ConcernKind, ConcernRow, ConcernStep, RatingLevel, StoryLine, Urger, finished_steps};
use crate::ids::{CaseId, ConcernId, UnitId};
use crate::support::*;
use crate::tables::Concerns;

const UNITS: [UnitId; 3] = [VILLAGE, COUNTY, CITY];

#[derive(Clone, Debug)]
enum Ask {
    Rate { line: usize, level: usize, stranger: bool },
    Urge { ordered: bool },
    Complain { line: Option<usize> },
    CallBack { attempts: u16 },
    Rectify,
    Exclude,
    AnswerUrging,
    Judge { accepted: bool },
    Handle,
    AnswerComplaint,
    Accept,
    Decide,
    Deliver,
    Cut,
    Heal,
    Days(i64),
}

fn ask() -> impl Strategy<Value = (usize, bool, Ask)> {
    let ask = prop_oneof![
        6 => (0..6usize, 0..5usize, prop::bool::weighted(0.1))
            .prop_map(|(line, level, stranger)| Ask::Rate { line, level, stranger }),
        2 => any::<bool>().prop_map(|ordered| Ask::Urge { ordered }),
        2 => prop::option::of(0..6usize).prop_map(|line| Ask::Complain { line }),
        4 => (0..3u16).prop_map(|attempts| Ask::CallBack { attempts }),
        4 => Just(Ask::Rectify),
        1 => Just(Ask::Exclude),
        1 => Just(Ask::AnswerUrging),
        2 => any::<bool>().prop_map(|accepted| Ask::Judge { accepted }),
        1 => Just(Ask::Handle),
        1 => Just(Ask::AnswerComplaint),
        2 => Just(Ask::Accept),
        2 => Just(Ask::Decide),
        1 => Just(Ask::Deliver),
        1 => Just(Ask::Cut),
        2 => Just(Ask::Heal),
        1 => (1..9i64).prop_map(Ask::Days),
    ];
    (0..UNITS.len(), any::<bool>(), ask)
}

fn concerns(unit: &TestUnit, case: CaseId) -> Vec<ConcernRow> {
    use crate::store::UnitRead as _;
    let all = (case, ConcernId(Uuid::nil()))..=(case, ConcernId(Uuid::max()));
    unit.store.scan::<Concerns>(all, usize::MAX).unwrap().into_iter().map(|(_, row)| row).collect()
}

impl Ask {
    /// About every concern that the unit knows, or once.
    fn commands(&self, unit: &TestUnit, case: CaseId) -> Vec<Command> {
        let steps: Vec<StoryLine> = finished_steps(&unit.case(case)).into_iter().map(|(line, _)| line).collect();
        let line = |n: usize| steps[n % steps.len()];
        let each = |make: &dyn Fn(ConcernId) -> Command| -> Vec<Command> {
            concerns(unit, case).iter().map(|row| make(row.concern.id)).collect()
        };
        let word = || "说明".to_owned();
        match self {
            Self::Rate { line: n, level, stranger } => {
                let by = if *stranger { STRANGER } else { SERVED };
                let level = RatingLevel::ALL[*level];
                vec![Command::Rate(Rate { case, line: line(*n), level, by, remark: None })]
            }
            Self::Urge { ordered: false } => vec![urge(case)],
            Self::Urge { ordered: true } => {
                let urger = Urger::Inspector { until: unit.clock.date().plus_days(2), order: word() };
                vec![Command::Urge(Urge { case, urger })]
            }
            Self::Complain { line: about } => vec![complain(case, about.map(line))],
            Self::CallBack { attempts } => each(&|concern| {
                Command::CallBack(CallBack { case, concern, reached: true, attempts: *attempts, said: word() })
            }),
            Self::Rectify => each(&|concern| rectify(case, concern)),
            Self::Exclude => each(&|concern| Command::ExcludeRating(ExcludeRating { case, concern, reasons: word() })),
            Self::AnswerUrging => {
                each(&|concern| Command::AnswerUrging(AnswerUrging { case, concern, answer: word() }))
            }
            Self::Judge { accepted } => each(&|concern| {
                Command::JudgeComplaint(JudgeComplaint { case, concern, accepted: *accepted, reasons: word() })
            }),
            Self::Handle => each(&|concern| Command::HandleComplaint(HandleComplaint { case, concern, what: word() })),
            Self::AnswerComplaint => each(&|concern| {
                Command::AnswerComplaint(AnswerComplaint { case, concern, upheld: true, answer: word() })
            }),
            Self::Accept => vec![unit.accept_command(case)],
            Self::Decide => vec![decide(case, true, "")],
            Self::Deliver => vec![Command::Deliver(Deliver { case })],
            Self::Cut | Self::Heal | Self::Days(_) => vec![],
        }
    }
}

fn put(world: &mut World, case: CaseId, at: UnitId, by_another: bool, ask: &Ask) {
    use crate::store::UnitRead as _;
    match ask {
        Ask::Cut => world.cut(at),
        Ask::Heal => world.heal(),
        Ask::Days(days) => world.pass(days * 86_400_000),
        _ => {}
    }
    let unit = world.unit(at);
    let row = unit.store.get::<crate::tables::Cases>(&case).unwrap();
    if row.is_some_and(|row| row.content.is_some()) {
        for command in ask.commands(unit, case) {
            if by_another {
                unit.by_another(|unit| unit.run(command));
            } else {
                unit.run(command);
            }
        }
    }
    world.settle();
}

fn is_sound(unit: &TestUnit, case: CaseId) {
    let mut rated: BTreeMap<StoryLine, ConcernId> = BTreeMap::new();
    for row in concerns(unit, case) {
        let place = |wanted: fn(&ConcernStep) -> bool| row.events.iter().position(|event| wanted(&event.what));
        let called = place(|step| matches!(step, ConcernStep::CalledBack { .. }));
        let rectified = place(|step| matches!(step, ConcernStep::Rectified { .. }));
        assert!(rectified.is_none() || called.is_some_and(|called| Some(called) < rectified), "{row:?}");
        let line = row.concern.line().filter(|_| row.concern.kind() == ConcernKind::Rating && row.counts());
        if let Some(line) = line.filter(|line| line.unit == unit.unit) {
            assert_eq!(rated.insert(line, row.concern.id), None, "{line:?} is rated twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_rates_a_line_twice_or_puts_right_before_a_call(
        at_village in any::<bool>(),
        asks in prop::collection::vec(ask(), 1..30),
    ) {
        let mut world = World::jining();
        let case = world.receive(if at_village { VILLAGE } else { COUNTY }, EQUAL);
        world.settle();
        for (at, by_another, ask) in &asks {
            put(&mut world, case, UNITS[*at], *by_another, ask);
            for unit in UNITS {
                is_sound(world.unit(unit), case);
                prop_assert_eq!(check(&world.unit(unit).store).unwrap(), vec![]);
            }
        }
        world.heal();
        world.settle();
        // What was given has come to who answers, and where it was given is told as much.
        for unit in UNITS {
            for row in concerns(world.unit(unit), case) {
                let answers = world.unit(row.with).concern(case, row.concern.id);
                prop_assert!(answers.is_some(), "{:?} never came to {}", row.concern, row.with);
                let answers = answers.unwrap();
                if row.concern.given_at == unit {
                    prop_assert_eq!(row.waits_for(), answers.waits_for(), "{:?}", row);
                    prop_assert_eq!(row.with, answers.with);
                }
            }
        }
        world.replay();
    }
}
