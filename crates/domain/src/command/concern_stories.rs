//! What is said of a case over links that are cut, at units that were lost, and by who may not say it.

use super::*;
use crate::cards::{CardCause, CardKind, KnownTime};
use crate::concerns::{
    ConcernStep, ConcernTask, ConcernWord, FinishedStep, RatingCount, RatingLevel, Saying, cards_of,
};
use crate::mail::Mail;
use crate::store::UnitRead as _;
use crate::support::*;
use crate::tables::{Concerns, RatingCounts};

const DAY_MILLIS: i64 = 86_400_000;

#[test]
fn a_rating_of_a_cut_unit_arrives_after_days_and_is_judged_by_when_it_was_given() {
    let (mut world, case) = decided_for_the_village();
    let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
    world.cut(VILLAGE);
    let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
    world.pass(3 * DAY_MILLIS);
    world.exchange();
    assert!(world.unit(COUNTY).concern(case, concern).is_none());
    world.heal();
    world.exchange();
    // Three days were on the way: the days count from 02-10 all the same.
    assert_eq!(world.unit(COUNTY).concern_list(), [(ConcernTask::CallBack, "2026-02-24".to_owned())]);
    let cards = |world: &mut World, now: &str| {
        let county = world.unit(COUNTY);
        let known = KnownTime { now: at(now), certain_until: None };
        let row = county.concern(case, concern).unwrap();
        let cards = cards_of(&county.store, &county.meta(), &row, known).unwrap();
        let told = |card: crate::cards::Card| (card.kind, card.cause, card.on.to_string());
        cards.into_iter().map(told).filter(|(kind, ..)| *kind == CardKind::Red).collect::<Vec<_>>()
    };
    assert_eq!(cards(&mut world, "2026-02-24"), []);
    let red = |cause, on: &str| (CardKind::Red, cause, on.to_owned());
    assert_eq!(cards(&mut world, "2026-02-25"), [red(CardCause::CallBack, "2026-02-25")]);
    let both = [red(CardCause::CallBack, "2026-02-25"), red(CardCause::Rectification, "2026-03-10")];
    assert_eq!(cards(&mut world, "2026-04-01"), both);
    world.replay();
}

#[test]
fn a_last_day_that_passed_on_the_way_is_nobodys_fault_and_is_counted_from_arrival() {
    let (mut world, case) = decided_for_the_village();
    let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
    world.cut(VILLAGE);
    let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
    world.pass(16 * DAY_MILLIS);
    world.heal();
    world.exchange();
    // Arrived on 02-26, after the call was due: five working days from there end on 03-04.
    let county = world.unit(COUNTY);
    let row = county.concern(case, concern).unwrap();
    let on = |now: &str| {
        let known = KnownTime { now: at(now), certain_until: None };
        let cards = cards_of(&county.store, &county.meta(), &row, known).unwrap();
        let red = cards.into_iter().filter(|card| card.kind == CardKind::Red);
        red.map(|card| (card.cause, card.due.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(on("2026-03-04"), []);
    assert_eq!(on("2026-03-05"), [(CardCause::CallBack, "2026-03-04".to_owned())]);
}

#[test]
fn two_ratings_of_one_line_given_at_two_units_count_once() {
    let (mut world, case) = decided_for_the_village();
    let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
    world.cut(VILLAGE);
    let bad = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
    let good = world.unit(COUNTY).take(rate(case, line, RatingLevel::Satisfied));
    world.heal();
    world.exchange();
    // The first in the log of who is rated stands: clocks of two units are never compared. Whoever gave the other is told.
    let counts = world.unit(COUNTY).store.get::<RatingCounts>(&EQUAL.to_owned()).unwrap().unwrap();
    assert_eq!(counts, RatingCount { levels: [0, 1, 0, 0, 0], ..RatingCount::default() });
    for unit in [COUNTY, VILLAGE] {
        assert!(world.unit(unit).concern(case, bad).unwrap().has(|step| *step == ConcernStep::NotCounted), "{unit}");
    }
    assert!(world.unit(COUNTY).concern(case, good).unwrap().counts());
    assert_eq!(world.unit(COUNTY).concern_list(), []);
    world.replay();
}

#[test]
fn what_cannot_be_is_kept_as_evidence_and_does_nothing() {
    let (mut world, case) = decided_for_the_village();
    let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
    let received = world.unit(VILLAGE).line(case, FinishedStep::Received);
    let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
    let honest = world.unit(VILLAGE).outbox(COUNTY).pop().unwrap();
    let Mail::Concern(ConcernWord::Given(given)) = &honest.mail else { panic!("{honest:?}") };
    let event = crate::concerns::ConcernEvent { at: at("2026-02-10"), unit: CITY, what: ConcernStep::Over };
    let with = |change: &dyn Fn(&mut crate::concerns::Concern)| {
        let mut concern = (**given).clone();
        change(&mut concern);
        Mail::Concern(ConcernWord::Given(Box::new(concern)))
    };
    let saying = |by, about| {
        let mut saying = given.saying.clone();
        if let Saying::Rating { line, by: who, .. } = &mut saying {
            (*line, *who) = (about, by);
        }
        saying
    };
    let unserved = crate::concerns::StoryLine { sequence: Sequence(9_999), ..line };
    let forged = [
        with(&|concern| concern.saying = saying(STRANGER, line)),
        with(&|concern| concern.saying = saying(SERVED, received)),
        with(&|concern| concern.saying = saying(SERVED, unserved)),
        with(&|concern| concern.case = crate::ids::CaseId(Uuid::nil())),
        Mail::Concern(ConcernWord::Told { case, concern, events: vec![event] }),
    ];
    for mail in forged {
        let mut county = world.unit(COUNTY).clone();
        let arrived = Command::MailArrived(Box::new(MailArrived { mail: mail.clone(), ..honest.clone() }));
        assert_eq!(county.done(arrived), Done::MailContradicts, "{mail:?}");
        assert_eq!(county.concern_list(), []);
    }
    world.exchange();
    assert_eq!(world.unit(COUNTY).concern_list().len(), 1);
    // Known under that name with other words.
    let other = with(&|concern| concern.certain = false);
    let (sequence, cursor) = (honest.sequence.next(), world.unit(COUNTY).cursor(VILLAGE));
    assert_eq!(cursor, honest.sequence);
    let before = super::chain(honest.before, honest.sequence, &honest.mail).unwrap();
    let arrived = MailArrived { sequence, before, mail: other, ..honest };
    assert_eq!(world.unit(COUNTY).done(Command::MailArrived(Box::new(arrived))), Done::MailContradicts);
}

#[test]
fn a_unit_that_was_lost_hears_again_what_its_neighbour_said() {
    let (mut world, case) = decided_for_the_village();
    let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
    let before = world.unit(COUNTY).log.len();
    world.lag(COUNTY);
    let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::VeryDissatisfied));
    world.exchange();
    world.promote(COUNTY, before);
    world.settle();
    let key = (case, concern);
    assert!(world.unit(COUNTY).store.get::<Concerns>(&key).unwrap().is_some());
    assert_eq!(world.unit(COUNTY).waits(case, concern), Some(ConcernTask::CallBack));
}
