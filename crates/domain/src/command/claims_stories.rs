//! Stories of claims: the same thing filed twice, with cut and heal. Every step is checked by the state checker, every log replayed.

use super::*;
use crate::case::{Happening, Stage};
use crate::claims::{ClaimKey, ClaimNote, Duplicate, FromHome, Ground, Said, ToHome, last_note};
use crate::handoff::Role;
use crate::ids::CaseId;
use crate::ids::{Attempt, Generation, MailSequence, UnitId};
use crate::mail::Mail;
use crate::sealed::BlindIndex;
use crate::store::UnitRead;
use crate::support::*;
use crate::tables::{Claims, InboxCursor, InboxCursors};
use crate::time::Timestamp;

const DAY: i64 = 86_400_000;

fn file(world: &mut World, at: UnitId, matter: &str) -> CaseId {
    match world.unit(at).done(receive(matter, VILLAGE)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    }
}

fn note(world: &mut World, unit: UnitId, case: CaseId) -> Option<ClaimNote> {
    last_note(&world.unit(unit).content(case).timeline).map(|(_, _, note)| note)
}

const FIRST: Option<ClaimNote> = Some(ClaimNote::Granted { round: 1 });

/// What a case ended as, and that receipt, acceptance and papers are still with it.
fn ended(world: &mut World, unit: UnitId, case: CaseId, collected: Timestamp) -> Duplicate {
    let content = world.unit(unit).content(case);
    assert_eq!((content.stage, content.decision.clone()), (Stage::Terminated, None));
    assert_eq!((content.collected_at, content.received_at), (collected, Some(collected)));
    assert!(content.materials.len() >= 2, "its papers are still with it");
    assert!(world.unit(unit).timers().iter().all(|(_, timed, _)| *timed != case));
    assert!(world.unit(unit).tasks().iter().all(|(_, listed)| *listed != case));
    match content.timeline.last().map(|entry| &entry.what) {
        Some(Happening::Terminated { duplicate }) => *duplicate,
        other => panic!("{other:?}"),
    }
}

fn claims(world: &mut World, unit: UnitId) -> Vec<CaseId> {
    let first = crate::claims::ClaimKey(ContentHash([0; 32]));
    let last = crate::claims::ClaimKey(ContentHash([0xFF; 32]));
    let rows = world.unit(unit).store.scan::<Claims>(first..=last, usize::MAX).unwrap();
    rows.into_iter().map(|(_, claim)| claim.holder.case).collect()
}

#[test]
fn the_same_application_at_city_and_county_ends_as_one_live_case_and_a_linked_duplicate() {
    let mut world = World::jining();
    world.cut(COUNTY);
    let filed = world.unit(CITY).clock;
    let (county, city) = (file(&mut world, COUNTY, EQUAL), file(&mut world, CITY, EQUAL));
    assert_eq!(note(&mut world, COUNTY, county), FIRST);
    assert_eq!(world.unit(CITY).tasks(), [(TaskKind::Accept, city), (TaskKind::AwaitClaim, city)]);
    world.accept(COUNTY, county);
    let undeclared = world.unit(CITY).accept_command(city);
    assert_eq!(world.unit(CITY).refused(undeclared), Refusal::DeclarationMissing { home: COUNTY });
    world.accept_declared(CITY, city);
    let awaited = Refusal::ClaimAwaited { home: COUNTY };
    assert_eq!(world.unit(CITY).refused(decide(city, true, "")), awaited);
    world.heal();
    world.settle();
    let number = world.unit(COUNTY).content(county).number;
    let duplicate = Duplicate { of: number, at: COUNTY, ground: Ground::Home, same_submission: false };
    assert_eq!(ended(&mut world, CITY, city, filed), duplicate);
    assert!(world.unit(CITY).content(city).acceptance.is_some(), "its work is kept");
    assert_eq!(world.unit(CITY).refused(decide(city, true, "")), Refusal::StageUnfit { stage: Stage::Terminated });
    world.decide(COUNTY, county);
    world.replay();
}

#[test]
fn the_earlier_receipt_wins_unless_the_other_is_decided() {
    for decided in [false, true] {
        let mut world = World::jining();
        world.cut(COUNTY);
        let first = world.unit(CITY).clock;
        let city = file(&mut world, CITY, EQUAL);
        world.accept_declared(CITY, city);
        world.pass(DAY);
        let second = world.unit(COUNTY).clock;
        let county = file(&mut world, COUNTY, EQUAL);
        world.accept(COUNTY, county);
        if decided {
            world.decide(COUNTY, county);
        }
        world.heal();
        world.settle();
        if decided {
            assert_eq!(ended(&mut world, CITY, city, first).ground, Ground::Stands);
            assert_eq!(world.unit(COUNTY).content(county).stage, Stage::Closed);
        } else {
            let duplicate = ended(&mut world, COUNTY, county, second);
            assert_eq!((duplicate.ground, duplicate.at), (Ground::EarlierReceipt, CITY));
            assert_eq!(duplicate.of, world.unit(CITY).content(city).number);
            assert_eq!(note(&mut world, CITY, city), Some(ClaimNote::Granted { round: 2 }));
            world.decide(CITY, city);
        }
        world.replay();
    }
}

#[test]
fn a_claim_out_at_another_unit_is_asked_back_before_anybody_else_has_it() {
    for decided in [false, true] {
        let mut world = World::jining();
        // Received at a village on the first day, and carried to the county only after the city had the claim.
        let early = world.receive(VILLAGE, EQUAL);
        let received = world.unit(VILLAGE).clock;
        world.pass(DAY);
        let later = world.unit(CITY).clock;
        let city = file(&mut world, CITY, EQUAL);
        world.exchange();
        assert_eq!(note(&mut world, CITY, city), FIRST);
        world.accept(CITY, city);
        world.cut(CITY);
        world.settle();
        // The city's answer is out: the county accepts nothing, decides nothing.
        assert_eq!(world.owners(early), [COUNTY]);
        let awaited = Refusal::ClaimAwaited { home: COUNTY };
        let accept = world.unit(COUNTY).accept_command(early);
        assert_eq!(world.unit(COUNTY).refused(accept), awaited);
        if decided {
            world.decide(CITY, city);
        }
        world.heal();
        world.settle();
        if decided {
            assert_eq!(ended(&mut world, COUNTY, early, received).ground, Ground::Stands);
        } else {
            assert_eq!(ended(&mut world, CITY, city, later).ground, Ground::EarlierReceipt);
            world.accept(COUNTY, early);
            world.decide(COUNTY, early);
            world.settle();
            // The village, which received it, reads the whole story.
            assert_eq!(world.owners(early), [VILLAGE]);
        }
        world.replay();
    }
}

#[test]
fn what_is_accepted_under_the_claim_only_is_never_accepted_twice() {
    let mut world = World::jining();
    world.cut(COUNTY);
    let early = world.unit(CITY).clock;
    let city = file(&mut world, CITY, EQUAL_STRICT);
    let Command::Accept(accept) = world.unit(CITY).accept_command(city) else { panic!() };
    let declared = Command::AcceptDeclared(AcceptDeclared { accept });
    assert_eq!(world.unit(CITY).refused(declared), Refusal::ClaimAwaited { home: COUNTY });
    world.pass(DAY);
    let county = file(&mut world, COUNTY, EQUAL_STRICT);
    world.accept(COUNTY, county);
    world.heal();
    world.settle();
    // The county's was received later, and is accepted: it stands.
    assert_eq!(ended(&mut world, CITY, city, early).ground, Ground::Stands);
    world.decide(COUNTY, county);
    world.replay();
}

#[test]
fn a_cut_countys_case_is_accepted_by_the_city_and_decided_when_the_claim_arrives() {
    let mut world = World::jining();
    let case = match world.unit(VILLAGE).done(stated(EQUAL, None, true)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    };
    world.cut(COUNTY);
    world.settle();
    world.pass(i64::from(PATIENCE_SECONDS) * 1000);
    world.fire();
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    // The declaration came with the application.
    world.accept(CITY, case);
    world.exchange();
    let awaited = Refusal::ClaimAwaited { home: COUNTY };
    assert_eq!(world.unit(CITY).refused(decide(case, false, "理由")), awaited);
    let told = world.unit(VILLAGE).case(case).timeline();
    assert!(told.iter().any(|e| e.what == Happening::Claim { home: COUNTY, note: ClaimNote::Asked }));
    world.heal();
    world.exchange();
    assert_eq!(note(&mut world, CITY, case), FIRST);
    world.decide(CITY, case);
    world.settle();
    world.unit(VILLAGE).done(Command::Deliver(Deliver { case }));
    world.settle();
    assert_eq!(claims(&mut world, COUNTY), []);
    world.replay();
}

#[test]
fn a_claim_is_let_go_with_its_case_and_kept_by_what_is_granted_once() {
    let mut world = World::jining();
    let end = |world: &mut World, unit, case, how: &str| match how {
        "withdrawn" => drop(world.unit(unit).done(Command::Withdraw(Withdraw { case, reason: String::new() }))),
        "not accepted" => {
            let reasons = "不属于本机关职权".to_owned();
            world.unit(unit).done(Command::NotAccept(NotAccept { case, reasons, right_authority: None }));
        }
        granted => {
            world.accept(unit, case);
            world.unit(unit).done(decide(case, granted == "granted", "理由"));
            world.unit(unit).done(Command::Close(Close { case }));
            world.unit(unit).done(Command::Deliver(Deliver { case }));
        }
    };
    for (at, matter, how, kept) in [
        (CITY, EQUAL, "withdrawn", false),
        (COUNTY, EQUAL, "not accepted", false),
        (CITY, EQUAL, "granted", false),
        (COUNTY, COUNTY_ONLY, "denied", false),
        (COUNTY, COUNTY_ONLY, "granted", true),
    ] {
        let case = file(&mut world, at, matter);
        world.exchange();
        assert_eq!(claims(&mut world, COUNTY), [case]);
        end(&mut world, at, case, how);
        world.exchange();
        assert_eq!(claims(&mut world, COUNTY), if kept { vec![case] } else { vec![] }, "{matter} {how}");
    }
    // The same is not granted a second time.
    let filed = world.unit(COUNTY).clock;
    let again = file(&mut world, COUNTY, COUNTY_ONLY);
    assert_eq!(ended(&mut world, COUNTY, again, filed).ground, Ground::NamedFirst);
    world.replay();
}

#[test]
fn a_claim_that_is_granted_after_the_withdrawal_comes_back() {
    let mut world = World::jining();
    let case = file(&mut world, CITY, EQUAL);
    world.unit(CITY).done(Command::Withdraw(Withdraw { case, reason: String::new() }));
    world.deliver_one(CITY, COUNTY);
    assert_eq!(claims(&mut world, COUNTY), [case]);
    world.exchange();
    assert_eq!(claims(&mut world, COUNTY), []);
    world.replay();
}

#[test]
fn a_claim_goes_with_its_case_and_the_homes_word_finds_it() {
    // The home's own case is on its way to the city when the home hears of an earlier one.
    for taken in [false, true] {
        let mut world = World::jining();
        let early = file(&mut world, CITY, EQUAL);
        world.pass(DAY);
        let filed = world.unit(COUNTY).clock;
        let moving = file(&mut world, COUNTY, EQUAL);
        world.offer(COUNTY, moving, CITY);
        world.deliver_one(CITY, COUNTY);
        assert_eq!(world.unit(COUNTY).case(moving).custody.role, Role::Offering { to: CITY });
        if taken {
            world.settle();
            assert_eq!(world.owners(moving), [CITY]);
            assert_eq!(ended(&mut world, CITY, moving, filed).ground, Ground::EarlierReceipt);
        } else {
            world.pass(i64::from(PATIENCE_SECONDS) * 1000);
            world.fire();
            assert_eq!(world.owners(moving), [COUNTY]);
            assert_eq!(ended(&mut world, COUNTY, moving, filed).ground, Ground::EarlierReceipt);
        }
        world.settle();
        assert_eq!(claims(&mut world, COUNTY), [early]);
        assert_eq!(note(&mut world, CITY, early), Some(ClaimNote::Granted { round: 2 }));
        world.replay();
    }
}

#[test]
fn a_moved_case_is_decided_under_the_claim_that_it_brought() {
    let mut world = World::jining();
    let case = file(&mut world, COUNTY, EQUAL);
    world.offer(COUNTY, case, CITY);
    for _ in 0..2 {
        world.exchange();
        for (kind, case) in world.unit(CITY).tasks() {
            if kind == TaskKind::Prepare {
                let attempt = Attempt(1);
                world.unit(CITY).done(Command::Prepare(Prepare { case, attempt }));
            }
        }
    }
    assert_eq!(world.owners(case), [CITY]);
    world.cut(COUNTY);
    world.accept(CITY, case);
    world.decide(CITY, case);
    world.replay();
}

#[test]
fn one_submission_that_was_sent_twice_is_told_from_two_applications() {
    let mut world = World::jining();
    let under = |digest: u8| Some(Idempotency { key: "slip-1".to_owned(), digest: ContentHash([digest; 32]) });
    let first = world.unit(COUNTY).run_under(receive(EQUAL, VILLAGE), under(1));
    let again = world.unit(CITY).run_under(receive(EQUAL, VILLAGE), under(1));
    assert!(matches!(first.reply, Reply::Done(_)));
    let Reply::Done(Done::Received { case, .. }) = again.reply else { panic!() };
    world.exchange();
    let filed = world.unit(CITY).clock;
    assert!(ended(&mut world, CITY, case, filed).same_submission);
}

fn stated(matter: &str, object: Option<u8>, declared: bool) -> Command {
    let Command::Receive(receive) = receive(matter, VILLAGE) else { panic!() };
    let object = object.map(|byte| BlindIndex([byte; 32]));
    Command::ReceiveStated(Box::new(ReceiveStated { receive: *receive, object, declared }))
}

#[test]
fn the_object_and_the_matters_rule_say_what_is_the_same() {
    let mut world = World::jining();
    // Any number at once.
    let free = [file(&mut world, COUNTY, EQUAL_REPEATABLE), file(&mut world, CITY, EQUAL_REPEATABLE)];
    world.accept(COUNTY, free[0]);
    world.accept(CITY, free[1]);
    world.decide(COUNTY, free[0]);
    world.decide(CITY, free[1]);
    // Two vehicles are two objects, whose home is the city; the third application is for the first one again.
    let file = |world: &mut World, object| match world.unit(COUNTY).done(stated(VEHICLE, Some(object), false)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    };
    let cases = [file(&mut world, 1), file(&mut world, 2), file(&mut world, 1)];
    world.exchange();
    let stages = cases.map(|case| world.unit(COUNTY).content(case).stage);
    assert_eq!(stages, [Stage::Received, Stage::Received, Stage::Terminated]);
    assert_eq!(claims(&mut world, CITY).len(), 2);
    world.accept(COUNTY, cases[0]);
    world.decide(COUNTY, cases[0]);
    world.replay();
}

#[test]
fn a_lie_about_a_claim_is_kept_as_evidence_and_does_nothing() {
    let mut world = World::jining();
    let case = file(&mut world, CITY, EQUAL);
    let Mail::Claim { key, .. } = world.unit(CITY).outbox(COUNTY).pop().unwrap().mail else { panic!() };
    let said = crate::claims::Said::FromHome(crate::claims::FromHome::Granted { round: 1 });
    let lie = MailArrived {
        from: OTHER_COUNTY,
        generation: crate::ids::Generation::FIRST,
        sequence: crate::ids::MailSequence(1),
        before: stream_start(OTHER_COUNTY, 1, CITY),
        mail: Mail::Claim { key, case, said: said.clone() },
        objection: None,
    };
    assert_eq!(world.unit(CITY).done(Command::MailArrived(Box::new(lie.clone()))), Done::MailContradicts);
    assert_eq!(note(&mut world, CITY, case), Some(ClaimNote::Asked));
    let petition = |mail: Mail| match mail {
        Mail::Claim { key, case, said } => MailArrived { mail: Mail::Claim { key, case, said }, ..lie.clone() },
        other => panic!("{other:?}"),
    };
    let asked = world.unit(CITY).outbox(COUNTY).pop().unwrap().mail;
    let stolen = MailArrived { before: stream_start(OTHER_COUNTY, 1, COUNTY), ..petition(asked) };
    assert_eq!(world.unit(COUNTY).done(Command::MailArrived(Box::new(stolen))), Done::MailContradicts);
    assert_eq!(claims(&mut world, COUNTY), []);
    let unknown =
        MailArrived { before: stream_start(OTHER_COUNTY, 1, VILLAGE), mail: Mail::Claim { key, case, said }, ..lie };
    assert_eq!(world.unit(VILLAGE).done(Command::MailArrived(Box::new(unknown))), Done::MailContradicts);
}

/// The next mail of a peer's stream, whatever it says.
fn hand(world: &mut World, to: UnitId, from: UnitId, mail: Mail) -> Done {
    let unit = world.unit(to);
    let start = stream_start(from, Generation::FIRST.0, to);
    let fresh = InboxCursor { generation: Generation::FIRST, sequence: MailSequence(0), chain: start };
    let cursor = unit.store.get::<InboxCursors>(&from).unwrap().unwrap_or(fresh);
    let (generation, sequence, before) = (cursor.generation, cursor.sequence.next(), cursor.chain);
    let arrived = MailArrived { from, generation, sequence, before, mail, objection: None };
    unit.done(Command::MailArrived(Box::new(arrived)))
}

#[test]
fn nobody_speaks_for_a_case_that_is_not_its_own() {
    let mut world = World::jining();
    let city = file(&mut world, CITY, EQUAL);
    world.settle();
    assert_eq!(note(&mut world, CITY, city), FIRST);
    let key = ClaimKey::of(&world.unit(CITY).content(city)).unwrap();
    let held = claims(&mut world, COUNTY);
    let number = world.unit(CITY).content(city).number;
    let duplicate = Duplicate { of: number, at: CITY, ground: Ground::Stands, same_submission: false };
    // A village that never had the case gives its claim back, ends it, stands by it, or says that it has moved there.
    let moved = |missed| ToHome::Moved { to: VILLAGE, missed };
    for said in [
        ToHome::Released,
        ToHome::GaveBack { round: 1 },
        ToHome::Stands,
        moved(FromHome::Granted { round: 1 }),
        moved(FromHome::Lost(duplicate)),
    ] {
        let word = Mail::Claim { key, case: city, said: Said::ToHome(said) };
        assert_eq!(hand(&mut world, COUNTY, VILLAGE, word), Done::MailContradicts);
    }
    assert_eq!(claims(&mut world, COUNTY), held);
    // Nobody but its home ends it, and the home itself only under the claim that the case is about.
    let other = ClaimKey(ContentHash([7; 32]));
    for (from, key) in [(VILLAGE, key), (COUNTY, other)] {
        let word = Mail::Claim { key, case: city, said: Said::FromHome(FromHome::Lost(duplicate)) };
        assert_eq!(hand(&mut world, CITY, from, word), Done::MailContradicts);
    }
    assert_eq!(note(&mut world, CITY, city), FIRST);
}
