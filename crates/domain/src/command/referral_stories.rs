//! 转报 from the village to the city over four units (journey 16): each hop's own time, any hop down, and what may not be done at which.

use super::*;
use crate::cards::{CardCause, CardKind};
use crate::case::{Happening, Stage};
use crate::claims::has_claim;
use crate::handoff::Role;
use crate::ids::{CaseId, UnitId};
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::support::*;
use crate::time::CivilDate;

const DAY_MILLIS: i64 = 86_400_000;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn send_up(case: CaseId, agrees: bool) -> Command {
    Command::SendUp(SendUp { case, agrees, opinion: Sealed(vec![6; 40]) })
}

fn due(world: &mut World, unit: UnitId, case: CaseId) -> CivilDate {
    world.unit(unit).content(case).acceptance.unwrap().due.date
}

fn days(world: &mut World, number: i64) {
    for _ in 0..number {
        world.pass(DAY_MILLIS);
        world.fire();
        world.settle();
    }
}

/// Received at the village and accepted by the township on 2026-02-10.
fn accepted(world: &mut World) -> CaseId {
    let case = world.receive(VILLAGE, REVIEWED);
    world.settle();
    assert_eq!(world.owners(case), [TOWNSHIP]);
    world.accept(TOWNSHIP, case);
    case
}

#[test]
fn each_organ_has_its_own_time_and_the_highest_decides() {
    let mut world = World::with_township();
    let case = accepted(&mut world);
    assert_eq!(due(&mut world, TOWNSHIP, case), day("2026-03-16"));
    days(&mut world, 3);
    world.unit(TOWNSHIP).done(send_up(case, true));
    assert_eq!(world.unit(TOWNSHIP).timers(), [], "no time of the township runs any more");
    world.settle();
    // On 2026-02-13 at the county: 20 working days of its own.
    assert_eq!(world.owners(case), [COUNTY]);
    assert_eq!(due(&mut world, COUNTY, case), day("2026-03-19"));
    let told = day("2026-03-20").begins_at();
    assert_eq!(world.unit(COUNTY).timers(), [(told, case, TimerKind::DecisionDue)]);
    assert_eq!(world.unit(COUNTY).content(case).stage, Stage::Accepted);
    // What stood still at one tier is nothing to the next one.
    world.unit(COUNTY).done(Command::StopClock(StopClock {
        case,
        notice: crate::legal::StopNotice {
            kind: Some(crate::legal::Procedure::ExpertReview),
            basis: "第45条".to_owned(),
            told: Some(crate::catalogue::LimitDays { days: 5, unit: crate::case::DayUnit::Working }),
        },
    }));
    days(&mut world, 20);
    world.unit(COUNTY).done(send_up(case, false));
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    assert_eq!(due(&mut world, CITY, case), day("2026-04-02"));
    let content = world.unit(CITY).content(case);
    assert_eq!(crate::clocks::decision_due(&content), Some(day("2026-04-02")));
    assert_eq!(crate::clocks::stopped_until(&content), None);
    assert_eq!(content.reviewed(), [TOWNSHIP, COUNTY]);
    assert!(has_claim(crate::claims::last_note(&content.timeline).map(|(_, _, note)| note)));
    // The city is not bound by the county's opinion.
    world.decide(CITY, case);
    world.settle();
    world.unit(VILLAGE).done(Command::Deliver(Deliver { case }));
    world.settle();
    let row = world.unit(VILLAGE).case(case);
    assert_eq!(row.stage(), Some(Stage::Delivered));
    let opinions = row.timeline().into_iter().filter_map(|line| match line.what {
        Happening::SentUp { to, agrees, .. } => Some((line.unit, to, agrees)),
        _ => None,
    });
    assert_eq!(opinions.collect::<Vec<_>>(), [(TOWNSHIP, COUNTY, true), (COUNTY, CITY, false)]);
    world.replay();
}

#[test]
fn a_hop_that_is_down_is_waited_for_and_never_skipped() {
    let mut world = World::with_township();
    let case = accepted(&mut world);
    world.cut(COUNTY);
    world.unit(TOWNSHIP).done(send_up(case, true));
    days(&mut world, 10);
    assert_eq!(world.unit(TOWNSHIP).case(case).custody.role, Role::Offering { to: COUNTY });
    assert_eq!(world.unit(TOWNSHIP).timers(), [], "nobody's time runs on the way");
    world.heal();
    world.settle();
    assert_eq!(world.owners(case), [COUNTY]);
    // From the day of arrival.
    let from = world.unit(COUNTY).content(case).acceptance.unwrap().due.from;
    assert_eq!(from, day("2026-02-20"));
    world.replay();
}

#[test]
fn a_review_that_goes_up_late_is_the_reviewers_card_alone() {
    let mut world = World::with_township();
    let case = accepted(&mut world);
    days(&mut world, 40);
    let now = world.unit(TOWNSHIP).clock;
    let content = world.unit(TOWNSHIP).content(case);
    let standing = crate::cards::of_case(world.store_of(TOWNSHIP), &content, now).unwrap().unwrap();
    let red = |cards: &[crate::cards::Card]| {
        cards.iter().map(|card| (card.kind, card.cause, card.unit, card.on)).collect::<Vec<_>>()
    };
    let expected = [(CardKind::Red, CardCause::Review, TOWNSHIP, day("2026-03-17"))];
    assert_eq!(red(&standing.cards), expected);
    world.unit(TOWNSHIP).done(send_up(case, true));
    world.settle();
    let content = world.unit(COUNTY).content(case);
    let standing = crate::cards::of_case(world.store_of(COUNTY), &content, now).unwrap().unwrap();
    assert_eq!(red(&standing.cards), expected, "the county is in time");
}

#[test]
fn refusals_in_order() {
    let mut world = World::with_township();
    let case = world.receive(VILLAGE, REVIEWED);
    let unknown = CaseId(uuid::Uuid::nil());
    let village = world.unit(VILLAGE);
    assert_eq!(village.refused(send_up(unknown, true)), Refusal::CaseUnknown { case: unknown });
    assert_eq!(village.refused(send_up(case, true)), Refusal::StageUnfit { stage: Stage::Received });
    world.settle();
    assert_eq!(world.unit(VILLAGE).refused(send_up(case, true)), Refusal::CaseElsewhere { with: TOWNSHIP });
    let township = world.unit(TOWNSHIP);
    // A reviewer passes nothing on and decides nothing.
    let pass = Command::PassOn(PassOn { case, to: CITY, reasons: "跨区".to_owned(), consented: true });
    assert_eq!(township.refused(pass), Refusal::ReviewsOnly { unit: TOWNSHIP });
    let accept = township.accept_command(case);
    township.done(accept);
    assert_eq!(township.refused(decide(case, true, "")), Refusal::ReviewsOnly { unit: TOWNSHIP });
    let silent = Command::SendUp(SendUp { case, agrees: true, opinion: Sealed(vec![]) });
    assert_eq!(township.refused(silent), Refusal::ReasonsMissing);
    township.done(send_up(case, true));
    assert_eq!(township.refused(send_up(case, true)), Refusal::StageUnfit { stage: Stage::SentUp });
    world.settle();
    world.unit(COUNTY).done(send_up(case, true));
    world.settle();
    assert_eq!(world.unit(CITY).refused(send_up(case, true)), Refusal::DecidesHere { unit: CITY });
}

#[test]
fn materials_that_follow_come_before_the_case_goes_up() {
    let mut world = World::with_township();
    let proof = "场所使用证明";
    let case = world.receive_lacking(VILLAGE, REVIEWED, proof);
    world.settle();
    let Command::Accept(accept) = world.unit(TOWNSHIP).accept_command(case) else { panic!("it accepts") };
    let within = crate::case::Within {
        told: crate::catalogue::LimitDays { days: 5, unit: crate::case::DayUnit::Working },
        basis: "办法第8条".to_owned(),
    };
    let deficit = Deficit { asked: true, within };
    world.unit(TOWNSHIP).done(Command::AcceptWithDeficit(AcceptWithDeficit { accept, declared: false, deficit }));
    let missing = Refusal::MaterialsMissing { names: vec![proof.to_owned()] };
    assert_eq!(world.unit(TOWNSHIP).refused(send_up(case, true)), missing);
    let materials = vec![crate::case::Material { name: proof.to_owned(), content: None }];
    world.unit(TOWNSHIP).done(Command::Complete(Complete { case, materials }));
    world.unit(TOWNSHIP).done(send_up(case, true));
}

#[test]
fn it_is_withdrawn_on_its_way_and_reviewed_where_it_was_filed_higher_up() {
    let mut world = World::with_township();
    let case = accepted(&mut world);
    world.cut(COUNTY);
    world.unit(TOWNSHIP).done(send_up(case, true));
    world.settle();
    world.unit(TOWNSHIP).done(Command::Withdraw(Withdraw { case, reason: String::new() }));
    world.heal();
    world.settle();
    assert_eq!(world.unit(TOWNSHIP).content(case).stage, Stage::Withdrawn);
    assert_eq!(world.owners(case), [TOWNSHIP]);

    // At the city's counter for a village's place: the township reviews first all the same.
    let filed = match world.unit(CITY).done(receive(REVIEWED, VILLAGE)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    };
    world.settle();
    assert_eq!(world.owners(filed), [TOWNSHIP]);
    world.replay();
}

#[test]
fn of_two_that_were_reviewed_for_the_same_thing_the_earlier_is_decided() {
    let mut world = World::with_township();
    let first = accepted(&mut world);
    days(&mut world, 1);
    let second = world.receive(VILLAGE, REVIEWED);
    world.settle();
    world.accept(TOWNSHIP, second);
    // The later one overtakes the earlier.
    for case in [second, first] {
        for unit in [TOWNSHIP, COUNTY] {
            assert_eq!(
                crate::claims::last_note(&world.unit(unit).content(case).timeline),
                None,
                "who reviews asks for none"
            );
            world.unit(unit).done(send_up(case, true));
            world.settle();
        }
    }
    let stage = |world: &mut World, case| world.unit(CITY).content(case).stage;
    assert_eq!((stage(&mut world, first), stage(&mut world, second)), (Stage::Accepted, Stage::Terminated));
    world.decide(CITY, first);
    world.replay();
}

#[test]
fn the_county_that_is_lost_goes_on_reviewing_in_its_next_life() {
    let mut world = World::with_township();
    let case = accepted(&mut world);
    world.unit(TOWNSHIP).done(send_up(case, true));
    world.settle();
    let commands = world.unit(COUNTY).log.len();
    world.promote(COUNTY, commands - 1);
    world.settle();
    let content = world.unit(COUNTY).content(case);
    assert_eq!((content.stage, world.owners(case)), (Stage::Accepted, vec![COUNTY]));
    assert_eq!(content.acceptance.map(|acceptance| acceptance.authority.unit), Some(COUNTY));
    world.unit(COUNTY).done(send_up(case, true));
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
}
