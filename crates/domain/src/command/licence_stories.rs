//! Licences from issue to end, over several units: what holds, who hears, and what the law does by itself.

use super::*;
use crate::case::{CaseRow, Happening, Stage};
use crate::ids::{CaseId, UnitId};
use crate::licence::{About, Licence, LicenceAct, LicenceNumber, Standing};
use crate::refusal::Refusal;
use crate::store::UnitRead as _;
use crate::support::*;
use crate::tables::{Breaches, Licences};
use crate::time::CivilDate;

const PROOF: &str = "场所使用证明";
const DAY_MILLIS: i64 = 86_400_000;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn licence(world: &mut World, unit: UnitId, case: CaseId) -> Licence {
    world.unit(unit).store.get::<Licences>(&case).unwrap().unwrap()
}

fn number(world: &mut World, unit: UnitId, case: CaseId) -> LicenceNumber {
    licence(world, unit, case).current().unwrap().number.clone()
}

/// An application for the matter about a licence of the county's.
fn about(matter: &str, place: UnitId, licence: LicenceNumber, act: LicenceAct) -> Command {
    let Command::Receive(mut receive) = receive(matter, place) else { panic!("it receives") };
    receive.chosen = Some(COUNTY);
    Command::ReceiveAbout(Box::new(ReceiveAbout { receive: *receive, declared: false, about: About { licence, act } }))
}

fn apply_about(world: &mut World, unit: UnitId, licence: LicenceNumber, act: LicenceAct) -> CaseId {
    match world.unit(unit).done(about(EQUAL, unit, licence, act)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    }
}

/// Received at the village, granted by the county on a promise or without, handed over at the village.
fn granted(world: &mut World, on_promise: bool) -> CaseId {
    let case = if on_promise { world.receive_lacking(VILLAGE, EQUAL, PROOF) } else { world.receive(VILLAGE, EQUAL) };
    world.settle();
    if on_promise {
        let command = on_promise_of(world, case, true);
        world.unit(COUNTY).done(command);
    } else {
        world.accept(COUNTY, case);
    }
    world.decide(COUNTY, case);
    world.settle();
    world.unit(VILLAGE).done(Command::Deliver(Deliver { case }));
    world.settle();
    case
}

fn on_promise_of(world: &mut World, case: CaseId, signed: bool) -> Command {
    let Command::Accept(accept) = world.unit(COUNTY).accept_command(case) else { panic!("it accepts") };
    Command::AcceptOnPromise(AcceptOnPromise { accept, declared: false, signed })
}

fn check(case: CaseId, kept: bool, findings: &str) -> Command {
    Command::CheckPromise(CheckPromise { case, kept, findings: findings.to_owned() })
}

fn revoke(case: CaseId, reasons: &str, basis: &str) -> Command {
    Command::RevokeLicence(RevokeLicence { case, reasons: reasons.to_owned(), basis: basis.to_owned() })
}

/// Days go by, one after the other, and what falls due fires.
fn days(world: &mut World, number: i64) {
    for _ in 0..number {
        world.pass(DAY_MILLIS);
        world.fire();
        world.settle();
    }
}

fn until(world: &mut World, wanted: &str) {
    let millis = day(wanted).begins_at().0 - world.unit(COUNTY).clock.0;
    world.pass(millis + 3_600_000);
    world.fire();
    world.settle();
}

fn told(row: &CaseRow, wanted: impl Fn(&Happening) -> bool) -> usize {
    row.timeline().iter().filter(|line| wanted(&line.what)).count()
}

#[test]
fn a_granted_case_results_in_a_licence_of_the_issuer() {
    let mut world = World::jining();
    let case = granted(&mut world, false);
    let licence = licence(&mut world, COUNTY, case);
    assert_eq!(licence.until(), Some(day("2029-02-09")));
    assert_eq!((licence.standing, licence.promise), (Standing::Valid, None));
    // Its last day is a timer of who issued it, though the case is the village's.
    let ends = day("2029-02-10").begins_at();
    assert_eq!(world.unit(COUNTY).timers(), [(ends, case, TimerKind::LicenceEnds)]);
    assert_eq!(world.owners(case), [VILLAGE]);
    let second = world.receive(OTHER_VILLAGE, EQUAL);
    world.settle();
    world.accept(OTHER_COUNTY, second);
    world.unit(OTHER_COUNTY).done(decide(second, false, "不符合规定"));
    world.settle();
    assert_eq!(world.unit(OTHER_COUNTY).store.get::<Licences>(&second).unwrap(), None, "denied");
    until(&mut world, "2029-02-10");
    assert!(matches!(self::licence(&mut world, COUNTY, case).standing, Standing::Ended { .. }));
    let ended = |what: &Happening| matches!(what, Happening::LicenceEnded { .. });
    assert_eq!(told(&world.unit(VILLAGE).case(case), ended), 1, "the village that handed it over hears");
    assert_eq!(world.unit(COUNTY).timers(), []);
    world.replay();
}

#[test]
fn a_promise_stands_for_proofs_only_and_is_signed() {
    let mut world = World::jining();
    let whole = world.receive(COUNTY, EQUAL);
    let needless = on_promise_of(&mut world, whole, true);
    assert_eq!(world.unit(COUNTY).refused(needless), Refusal::PromiseNone);
    let mut world = World::jining();
    let case = world.receive_lacking(COUNTY, EQUAL, PROOF);
    let plain = world.unit(COUNTY).accept_command(case);
    assert_eq!(world.unit(COUNTY).refused(plain), Refusal::DeficitUntold { names: vec![PROOF.to_owned()] });
    let unsigned = on_promise_of(&mut world, case, false);
    assert_eq!(world.unit(COUNTY).refused(unsigned), Refusal::ConsentMissing);
    let signed = on_promise_of(&mut world, case, true);
    world.unit(COUNTY).done(signed.clone());
    assert_eq!(world.unit(COUNTY).refused(signed), Refusal::StageUnfit { stage: Stage::Accepted });
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Decide, case)], "nothing is to follow");
    world.decide(COUNTY, case);
}

#[test]
fn a_broken_promise_is_revoked_everywhere_and_marks_later_applications() {
    let mut world = World::jining();
    let case = granted(&mut world, true);
    let promise = licence(&mut world, COUNTY, case).promise.unwrap();
    // Twenty working days after 02-10.
    assert_eq!((promise.materials, promise.check_until), (vec![PROOF.to_owned()], day("2026-03-16")));
    let county = world.unit(COUNTY);
    assert_eq!(county.tasks(), [(TaskKind::CheckPromise, case)]);
    let unknown = CaseId(uuid::Uuid::nil());
    assert_eq!(county.refused(check(unknown, false, "")), Refusal::CaseUnknown { case: unknown });
    assert_eq!(county.refused(check(case, false, " ")), Refusal::ReasonsMissing);
    county.done(check(case, false, "场所系住宅"));
    assert_eq!(county.refused(check(case, true, "查无问题")), Refusal::PromiseNone);
    assert_eq!(county.tasks(), [(TaskKind::Revoke, case)]);
    assert_eq!(county.refused(revoke(unknown, "", "")), Refusal::CaseUnknown { case: unknown });
    assert_eq!(county.refused(revoke(case, " ", "")), Refusal::ReasonsMissing);
    assert_eq!(county.refused(revoke(case, "承诺不实", " ")), Refusal::BasisMissing);
    county.done(revoke(case, "承诺不实", "第六十九条"));
    let (number, until) = (number(&mut world, COUNTY, case), Some(day("2029-02-09")));
    let county = world.unit(COUNTY);
    assert_eq!(county.refused(revoke(case, "再次", "第六十九条")), Refusal::LicenceOver { licence: number, until });
    assert_eq!((county.tasks(), county.timers()), (vec![], vec![]));
    world.settle();
    let revoked = |what: &Happening| matches!(what, Happening::LicenceRevoked { .. });
    assert_eq!(told(&world.unit(VILLAGE).case(case), revoked), 1);

    // Known wherever applications are accepted, and nowhere else.
    for (unit, known) in [(CITY, 1), (COUNTY, 1), (OTHER_COUNTY, 1), (VILLAGE, 0)] {
        let all = ([0; 32], CaseId(uuid::Uuid::nil()))..=([0xFF; 32], CaseId(uuid::Uuid::max()));
        assert_eq!(world.unit(unit).store.scan::<Breaches>(all, 9).unwrap().len(), known, "{unit}");
    }
    let later = world.receive_lacking(COUNTY, EQUAL, PROOF);
    let again = on_promise_of(&mut world, later, true);
    let Refusal::BreachOpen { until, .. } = world.unit(COUNTY).refused(again) else { panic!("it counts") };
    assert_eq!(until, day("2027-02-10"));
    days(&mut world, 4);
    world.replay();
}

#[test]
fn a_renewal_that_is_granted_adds_a_term_and_one_that_is_late_is_not_renewed_by_law() {
    let mut world = World::jining();
    let case = granted(&mut world, false);
    let old = number(&mut world, COUNTY, case);
    until(&mut world, "2029-01-05");
    let renewal = apply_about(&mut world, VILLAGE, old.clone(), LicenceAct::Renew);
    world.settle();
    assert_eq!(world.owners(renewal), [COUNTY], "who issued it decides, though the city is its equal");
    world.accept(COUNTY, renewal);
    // One application about a licence at a time: a second one ends as its duplicate.
    let second = apply_about(&mut world, COUNTY, old.clone(), LicenceAct::Change);
    assert_eq!(world.unit(COUNTY).content(second).stage, Stage::Terminated);
    let busy = world.unit(COUNTY).content(renewal).number;
    assert_eq!(
        world.unit(COUNTY).refused(revoke(case, "不应许可", "第六十九条")),
        Refusal::LicenceBusy { licence: old.clone(), number: busy }
    );
    world.decide(COUNTY, renewal);
    world.settle();
    let licence = licence(&mut world, COUNTY, case);
    let current = licence.current().unwrap();
    assert_eq!((current.number.version(), current.until), (2, Some(day("2032-02-09"))));
    assert_eq!((current.case, current.by_law), (renewal, false));
    let ends = day("2032-02-10").begins_at();
    assert!(world.unit(COUNTY).timers().contains(&(ends, case, TimerKind::LicenceEnds)));
    world.replay();
}

#[test]
fn a_renewal_asked_for_in_time_and_not_decided_is_renewed_by_law() {
    for (asked, by_law) in [("2029-01-10", true), ("2029-01-12", false)] {
        let mut world = World::jining();
        let case = granted(&mut world, false);
        let old = number(&mut world, COUNTY, case);
        until(&mut world, asked);
        let renewal = apply_about(&mut world, VILLAGE, old, LicenceAct::Renew);
        world.settle();
        world.accept(COUNTY, renewal);
        until(&mut world, "2029-02-10");
        let licence = licence(&mut world, COUNTY, case);
        let content = world.unit(COUNTY).case(renewal);
        let renewed = |what: &Happening| matches!(what, Happening::RenewedByLaw { .. });
        assert_eq!(told(&content, renewed), usize::from(by_law), "asked on {asked}");
        assert_eq!(licence.issues.len(), if by_law { 2 } else { 1 });
        if by_law {
            assert_eq!(licence.until(), Some(day("2032-02-09")));
            assert!(licence.current().unwrap().by_law);
            // Made by law, it is handed over like any other result, and nobody decides again.
            assert_eq!(world.owners(renewal), [VILLAGE]);
            world.unit(VILLAGE).done(Command::Deliver(Deliver { case: renewal }));
        } else {
            assert!(matches!(licence.standing, Standing::Ended { .. }));
            world.unit(COUNTY).done(decide(renewal, true, ""));
            world.settle();
            assert_eq!(self::licence(&mut world, COUNTY, case).until(), Some(day("2032-02-09")), "granted late");
        }
        world.replay();
    }
}

#[test]
fn a_renewal_that_arrives_after_the_last_day_was_asked_for_when_it_was_handed_in() {
    let mut world = World::jining();
    let case = granted(&mut world, false);
    let old = number(&mut world, COUNTY, case);
    until(&mut world, "2029-01-05");
    world.cut(VILLAGE);
    let renewal = apply_about(&mut world, VILLAGE, old, LicenceAct::Renew);
    for _ in 0..50 {
        days(&mut world, 1);
    }
    assert!(matches!(licence(&mut world, COUNTY, case).standing, Standing::Ended { .. }), "nobody knows of it");
    world.heal();
    world.settle();
    world.fire();
    world.settle();
    let licence = licence(&mut world, COUNTY, case);
    assert_eq!((licence.standing.clone(), licence.issues.len()), (Standing::Valid, 2));
    assert!(licence.current().unwrap().by_law && licence.current().unwrap().case == renewal);
    world.replay();
}

#[test]
fn a_licence_is_given_up_or_replaced_and_a_strangers_is_refused() {
    let mut world = World::jining();
    let case = granted(&mut world, false);
    let old = number(&mut world, COUNTY, case);
    let Command::ReceiveAbout(mut stranger) = about(EQUAL, COUNTY, old.clone(), LicenceAct::Cancel) else { panic!() };
    stranger.receive.applicant = crate::sealed::BlindIndex([8; 32]);
    let unknown = Refusal::LicenceUnknown { licence: old.clone() };
    assert_eq!(world.unit(COUNTY).refused(Command::ReceiveAbout(stranger)), unknown);
    // A body that nobody has an entry of.
    let nobody = LicenceNumber::new("11440100007482575H".parse().unwrap(), 1, 1).unwrap();
    let refused = world.unit(VILLAGE).refused(about(EQUAL, VILLAGE, nobody.clone(), LicenceAct::Renew));
    assert_eq!(refused, Refusal::LicenceUnknown { licence: nobody });

    let lost = apply_about(&mut world, COUNTY, old.clone(), LicenceAct::Replace);
    world.accept(COUNTY, lost);
    world.decide(COUNTY, lost);
    world.settle();
    let current = licence(&mut world, COUNTY, case).current().unwrap().clone();
    assert_eq!((current.number.version(), current.until), (2, Some(day("2029-02-09"))));
    world.unit(COUNTY).done(Command::Deliver(Deliver { case: lost }));

    let given_up = apply_about(&mut world, COUNTY, current.number, LicenceAct::Cancel);
    world.accept(COUNTY, given_up);
    world.decide(COUNTY, given_up);
    world.settle();
    world.unit(COUNTY).done(Command::Deliver(Deliver { case: given_up }));
    assert!(matches!(licence(&mut world, COUNTY, case).standing, Standing::Cancelled { .. }));
    assert_eq!(world.unit(COUNTY).timers(), []);
    let cancelled = |what: &Happening| matches!(what, Happening::LicenceCancelled { .. });
    assert_eq!(told(&world.unit(VILLAGE).case(case), cancelled), 1);
    let again = apply_about(&mut world, COUNTY, old.clone(), LicenceAct::Renew);
    let accept = world.unit(COUNTY).accept_command(again);
    let until = Some(day("2029-02-09"));
    assert_eq!(world.unit(COUNTY).refused(accept), Refusal::LicenceOver { licence: old, until });
    world.replay();
}
