//! Stories of units that are lost and go on from their mirror: each begins where a log was cut, and ends with one owner.

use crate::case::Stage;
use crate::claims::{ClaimKey, has_claim, last_note};
use crate::command::{Command, DeclareLost, Done, MailArrived, Prepare};
use crate::handoff::Role;
use crate::ids::{Attempt, CaseId, Generation, UnitId};
use crate::recovery::Finding;
use crate::recovery::block::ATTEMPTS_A_LIFE;
use crate::refusal::Refusal;
use crate::store::UnitRead;
use crate::support::*;
use crate::tables::{Claims, Evidence, Rounds};
use crate::time::Timestamp;

const SECOND: Generation = Generation(2);
const FRESH: Attempt = Attempt(ATTEMPTS_A_LIFE);

fn people() -> [String; 2] {
    ["李明".to_owned(), "王芳".to_owned()]
}

/// A Jining in which nothing that a unit reads counts as mirrored yet.
fn lagging(unit: UnitId) -> World {
    let mut world = World::jining();
    world.lag(unit);
    world
}

fn commands(world: &mut World, unit: UnitId) -> usize {
    world.unit(unit).log.len()
}

/// Everybody settles; then one owner, no contradiction anywhere, and every log replays.
fn settled(world: &mut World, case: CaseId) -> UnitId {
    world.settle();
    let first = crate::ids::Sequence(0);
    for unit in [CITY, COUNTY, OTHER_COUNTY, VILLAGE, OTHER_VILLAGE] {
        let unit = world.unit(unit);
        let kept = unit.store.scan::<Evidence>(first..=crate::ids::Sequence(u64::MAX), 9).unwrap();
        assert_eq!(kept, vec![], "{}", unit.unit);
        assert_eq!(unit.store.get::<Rounds>(&()).unwrap(), None, "{}", unit.unit);
    }
    world.replay();
    let owners = world.owners(case);
    assert_eq!(owners.len(), 1, "{owners:?}");
    owners[0]
}

#[test]
fn what_the_mirror_had_is_read_until_all_have_answered_and_then_ours_again() {
    let mut world = lagging(COUNTY);
    let case = world.receive(COUNTY, EQUAL);
    let cut = commands(&mut world, COUNTY);
    world.promote(COUNTY, cut);
    let accept = world.unit(COUNTY).accept_command(case);
    assert_eq!(world.unit(COUNTY).refused(accept.clone()), Refusal::CaseRecovering { case });
    assert_eq!(world.unit(COUNTY).case(case).custody.role, Role::Owner, "it is read");
    // What comes to the counter now is accepted at once, unless this very unit grants the claim that it needs.
    let new = world.receive(COUNTY, EQUAL_REPEATABLE);
    world.accept(COUNTY, new);
    assert!(world.unit(COUNTY).content(new).number.to_string().contains("-B-"));
    assert_eq!(settled(&mut world, case), COUNTY);
    assert_eq!((world.unit(COUNTY).attempt(case), world.unit(COUNTY).finding(case)), (FRESH, Finding::Ours));
    world.unit(COUNTY).done(accept);
    world.decide(COUNTY, case);
    assert_eq!(world.unit(COUNTY).attempt(new), Attempt(1), "daily business is not judged");
}

#[test]
fn an_offer_under_way_to_a_lost_village_comes_to_its_next_life() {
    // The county brings a result back; the village has prepared, and its mirror has not heard of the offer.
    let mut world = lagging(VILLAGE);
    let case = world.receive(VILLAGE, COUNTY_ONLY);
    world.settle();
    world.accept(COUNTY, case);
    world.decide(COUNTY, case);
    let cut = commands(&mut world, VILLAGE);
    let close = Command::Close(crate::command::Close { case });
    world.unit(COUNTY).done(close);
    world.offer(COUNTY, case, VILLAGE);
    world.exchange();
    let attempt = world.unit(VILLAGE).attempt(case);
    world.unit(VILLAGE).done(Command::Prepare(Prepare { case, attempt }));
    world.promote(VILLAGE, cut);
    assert_eq!(settled(&mut world, case), VILLAGE);
    assert_eq!(world.unit(VILLAGE).finding(case), Finding::Offered { by: COUNTY });
    assert_eq!(world.unit(VILLAGE).content(case).stage, Stage::Closed);
}

#[test]
fn a_commit_in_the_lost_tail_stays_one() {
    // The village gave the case away and its mirror does not know.
    let mut world = lagging(VILLAGE);
    let case = world.receive(VILLAGE, COUNTY_ONLY);
    let cut = commands(&mut world, VILLAGE);
    world.settle();
    world.accept(COUNTY, case);
    assert_eq!(world.owners(case), [COUNTY]);
    world.promote(VILLAGE, cut);
    assert_eq!(settled(&mut world, case), COUNTY);
    assert_eq!(world.unit(VILLAGE).finding(case), Finding::Elsewhere { with: COUNTY });
    assert_eq!(world.unit(VILLAGE).case(case).custody.role, Role::Dropped { by: COUNTY });
    // The result comes back all the same.
    world.decide(COUNTY, case);
    assert_eq!(settled(&mut world, case), VILLAGE);
}

#[test]
fn what_was_taken_in_the_lost_tail_is_taken_again() {
    let mut world = lagging(COUNTY);
    let cut = commands(&mut world, COUNTY);
    let case = world.receive(VILLAGE, COUNTY_ONLY);
    world.settle();
    world.accept(COUNTY, case);
    world.exchange();
    assert_eq!(world.unit(VILLAGE).case(case).stage(), Some(Stage::Accepted));
    let former = world.promote(COUNTY, cut);
    assert_eq!(former.content(case).stage, Stage::Accepted);
    assert_eq!(settled(&mut world, case), COUNTY);
    // The acceptance is void: nobody but the former self had it, and the village had told the applicant of it.
    let village = world.unit(VILLAGE).case(case);
    let void: Vec<_> = village.void_acts().into_iter().map(|told| (told.unit, told.what.stage())).collect();
    assert!(void.contains(&(COUNTY, Some(Stage::Accepted))), "{void:?}");
    assert!(void.iter().all(|(unit, _)| *unit == COUNTY), "{void:?}");
    assert_eq!(village.stage(), Some(Stage::Received), "what is void does not count");
    let county = world.unit(COUNTY);
    assert_eq!((county.finding(case), county.attempt(case)), (Finding::Taken { from: VILLAGE }, FRESH));
    assert_eq!(county.content(case).stage, Stage::Received);
    world.accept(COUNTY, case);
    world.decide(COUNTY, case);
    world.exchange();
    let village = world.unit(VILLAGE).case(case);
    assert_eq!(
        (village.void_acts().len(), village.stage()),
        (void.len(), Some(Stage::Decided)),
        "told anew, it counts"
    );
}

#[test]
fn a_former_self_is_heard_until_its_fence_and_never_after() {
    let mut world = lagging(COUNTY);
    let case = world.receive(COUNTY, EQUAL);
    let cut = commands(&mut world, COUNTY);
    let mut former = world.promote(COUNTY, cut);
    former.done(offer(case, Attempt(1), CITY));
    // Its offer is the city's before the fence is.
    for mail in former.outbox(CITY) {
        world.unit(CITY).run(Command::MailArrived(Box::new(mail)));
    }
    assert_eq!(world.unit(CITY).case(case).custody.role, Role::Offered { by: COUNTY });
    assert_eq!(settled(&mut world, case), COUNTY);
    assert_eq!(world.unit(CITY).case(case).custody.role, Role::Dropped { by: COUNTY });
    former.done(Command::Abort(crate::command::Abort {
        case,
        attempt: Attempt(1),
        reason: crate::case::PassedOverReason::TakenBack,
    }));
    let mail = former.outbox(CITY).into_iter().last().unwrap();
    let refusal = world.unit(CITY).refused(Command::MailArrived(Box::new(mail)));
    assert_eq!(refusal, Refusal::MailFenced { got: 1, current: 2 });
}

#[test]
fn two_units_come_back_at_once_and_the_upper_one_goes_first() {
    let mut world = World::jining();
    world.lag(VILLAGE);
    world.lag(COUNTY);
    let case = world.receive(VILLAGE, COUNTY_ONLY);
    let village = commands(&mut world, VILLAGE);
    let county = commands(&mut world, COUNTY);
    world.settle();
    world.accept(COUNTY, case);
    world.promote(VILLAGE, village);
    world.promote(COUNTY, county);
    // Nobody but the former selves knew of the move: the village's mirror received the case, and it goes the same way again.
    assert_eq!(settled(&mut world, case), COUNTY);
    assert_eq!(world.unit(VILLAGE).finding(case), Finding::Ours);
    world.accept(COUNTY, case);
}

#[test]
fn who_does_not_come_is_declared_lost_by_two_people() {
    let mut world = lagging(COUNTY);
    let case = world.receive(COUNTY, EQUAL);
    let cut = commands(&mut world, COUNTY);
    world.promote(COUNTY, cut);
    world.cut(OTHER_VILLAGE);
    world.settle();
    assert!(world.unit(COUNTY).is_inherited(case));
    let lost = |peer, people| Command::DeclareLost(DeclareLost { peer, generation: Generation::FIRST, people });
    let alone = ["李明".to_owned(), "李明 ".to_owned()];
    let refusal = Refusal::PeopleUnfit { people: alone.to_vec() };
    assert_eq!(world.unit(COUNTY).refused(lost(OTHER_VILLAGE, alone)), refusal);
    assert_eq!(world.unit(COUNTY).refused(lost(CITY, people())), Refusal::RecoveryUnfit);
    assert_eq!(world.unit(COUNTY).done(lost(OTHER_VILLAGE, people())), Done::DeclaredLost);
    world.settle();
    assert!(!world.unit(COUNTY).is_inherited(case));
    // It comes back after all: its generation is fenced.
    world.unit(OTHER_VILLAGE).done(receive(COUNTY_ONLY, OTHER_VILLAGE));
    let mail = MailArrived {
        from: OTHER_VILLAGE,
        generation: Generation::FIRST,
        sequence: crate::ids::MailSequence(1),
        before: crate::command::stream_start(OTHER_VILLAGE, 1, COUNTY),
        mail: crate::mail::Mail::Fence,
        objection: None,
    };
    let refusal = world.unit(COUNTY).refused(Command::MailArrived(Box::new(mail)));
    assert_eq!(refusal, Refusal::MailFenced { got: 1, current: 2 });
}

#[test]
fn a_home_grants_nothing_until_its_round_is_over_and_then_says_its_grants_again() {
    // The city accepts a village's case of the county's place, and the county, its home, has granted in the lost tail.
    let mut world = lagging(COUNTY);
    let case = world.receive(CITY, EQUAL);
    let cut = commands(&mut world, COUNTY);
    world.exchange();
    world.accept_declared(CITY, case);
    world.exchange();
    let key = ClaimKey::of(&world.unit(CITY).content(case)).unwrap();
    let note = |world: &mut World| last_note(&world.unit(CITY).content(case).timeline).map(|(.., note)| note);
    let county = world.unit(COUNTY).store.get::<Claims>(&key).unwrap();
    let is_home = county.is_some();
    world.promote(COUNTY, cut);
    assert_eq!(settled(&mut world, case), CITY);
    let claim = world.unit(COUNTY).store.get::<Claims>(&key).unwrap();
    assert_eq!(claim.map(|claim| claim.holder.case), is_home.then_some(case));
    assert!(has_claim(note(&mut world)));
    world.decide(CITY, case);
}

#[test]
fn an_owner_that_comes_back_asks_for_its_claim_once_more() {
    let mut world = lagging(CITY);
    let case = world.receive(CITY, EQUAL);
    world.settle();
    world.accept(CITY, case);
    let cut = commands(&mut world, CITY);
    world.promote(CITY, cut);
    assert_eq!(settled(&mut world, case), CITY);
    assert_eq!(world.unit(CITY).finding(case), Finding::Ours);
    world.decide(CITY, case);
    let timers = world.unit(CITY).timers();
    assert_eq!(timers, vec![], "a decided case has no deadline: {:?}", Timestamp(0));
}

#[test]
fn a_unit_with_many_cases_answers_and_judges_in_pieces() {
    let mut world = lagging(COUNTY);
    let cases: Vec<_> = (0..70).map(|_| world.receive(VILLAGE, EQUAL_REPEATABLE)).collect();
    world.settle();
    let cut = commands(&mut world, COUNTY);
    let before = world.owners(cases[0]);
    world.promote(COUNTY, cut);
    world.settle();
    let village = world.unit(VILLAGE).log.iter();
    let pieces = village.filter(|(command, _)| matches!(command, Command::AnswerFence(_))).count();
    assert_eq!(pieces, 2);
    let county = world.unit(COUNTY).log.iter();
    let judged = county.filter(|(command, _)| matches!(command, Command::JudgeInherited(_))).count();
    assert!(judged >= 3, "{judged}");
    for case in cases {
        assert_eq!(world.owners(case), before);
    }
    assert_eq!(world.unit(COUNTY).meta().generation, SECOND);
}
