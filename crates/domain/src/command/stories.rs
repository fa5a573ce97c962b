//! Stories over a few units: commands in, rows and mail out. Every step is checked by the state checker, every log replayed.

use super::*;
use crate::case::{Happening, PassedOverReason, Stage};
use crate::catalogue::{CatalogueDraft, ChunkKind, Entry, ProposedVersion};
use crate::handoff::{Move, Role};
use crate::ids::CaseId;
use crate::ids::{Attempt, Generation, MailSequence};
use crate::mail::Mail;
use crate::store::{UnitRead, UnitStore};
use crate::support::*;
use crate::tables::{Cases, Evidence, InboxCursors, Outbox, Versions};

fn stage(world: &mut World, unit: crate::ids::UnitId, case: CaseId) -> Option<Stage> {
    world.unit(unit).case(case).stage()
}

fn told(world: &mut World, unit: crate::ids::UnitId, case: CaseId) -> Vec<String> {
    let word = |what: &Happening| format!("{what:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
    world.unit(unit).case(case).timeline().iter().map(|entry| word(&entry.what)).collect()
}

#[test]
fn entries_of_a_village_come_through_the_county_above_it() {
    let mut world = World::bare();
    let pieces = pieces(PATIENCE_SECONDS);
    let mut draft = CatalogueDraft::from_chunks(pieces.iter().map(|(kind, bytes)| (*kind, &bytes[..]))).unwrap();
    let own = |entry: &Entry| Entry { unit: VILLAGE, same_authority: false, ..entry.clone() };
    let entries = draft.entries[&COUNTY].iter().take(1).map(own).collect();
    draft.entries.insert(VILLAGE, entries);
    world.unit(CITY).publish(&draft.into_chunks().unwrap());
    world.exchange();
    for unit in [CITY, COUNTY, OTHER_COUNTY, VILLAGE, OTHER_VILLAGE] {
        assert_eq!(world.unit(unit).catalogue(), Some(1), "{unit}");
    }
}

#[test]
fn a_case_goes_up_and_its_result_comes_back() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    assert_eq!(world.unit(VILLAGE).tasks(), [(TaskKind::Route, case)]);
    world.settle();
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Accept, case)]);
    assert_eq!(world.owners(case), [COUNTY]);
    assert!(world.unit(VILLAGE).timers().is_empty());
    world.accept(COUNTY, case);
    assert_eq!(world.unit(COUNTY).timers().len(), 1);
    let due = world.unit(COUNTY).content(case).acceptance.unwrap().due;
    assert_eq!((due.date.to_string().as_str(), due.provisional), ("2026-03-16", false));
    world.exchange();
    // The village has frozen content and reads the rest from the news.
    assert_eq!(stage(&mut world, VILLAGE, case), Some(Stage::Accepted));
    world.decide(COUNTY, case);
    assert!(world.unit(COUNTY).timers().is_empty());
    world.settle();
    assert_eq!(world.owners(case), [VILLAGE]);
    assert_eq!(world.unit(VILLAGE).tasks(), [(TaskKind::Deliver, case)]);
    world.unit(VILLAGE).done(Command::Deliver(Deliver { case }));
    assert!(world.unit(VILLAGE).tasks().is_empty());
    assert_eq!(
        told(&mut world, VILLAGE, case),
        [
            "Received",
            "Offered",
            "HandedOver",
            "TakenOver",
            "Claim",
            "Accepted",
            "Decided",
            "LicenceIssued",
            "Closed",
            "Offered",
            "TakenOver",
            "Delivered",
        ]
    );
    let content = world.unit(VILLAGE).content(case);
    assert_eq!(content.decision.map(|decision| decision.authority.unit), Some(COUNTY));
    world.replay();
}

#[test]
fn a_silent_county_is_passed_over_and_its_late_offer_drops() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.cut(COUNTY);
    world.settle();
    assert_eq!(world.unit(VILLAGE).tasks(), [(TaskKind::AwaitAnswer, case)]);
    world.fire();
    assert_eq!(world.unit(VILLAGE).case(case).custody.role, Role::Offering { to: COUNTY });
    world.pass(i64::from(PATIENCE_SECONDS) * 1000);
    world.fire();
    assert_eq!(world.unit(VILLAGE).attempt(case), Attempt(2));
    assert_eq!(world.unit(VILLAGE).content(case).passed_over[0].reason, PassedOverReason::Unanswered);
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    // The claim's home does not answer: accepted on the applicant's declaration, decided once it does.
    world.accept_declared(CITY, case);
    let awaited = Refusal::ClaimAwaited { home: COUNTY };
    assert_eq!(world.unit(CITY).refused(decide(case, true, "")), awaited);
    // The county comes back: the offer and its abort arrive in order, and nothing is left of the case there.
    world.heal();
    assert_eq!(world.deliver_one(VILLAGE, COUNTY), Some(Done::MailLogged));
    assert_eq!(world.unit(COUNTY).case(case).custody.role, Role::Offered { by: VILLAGE });
    world.settle();
    let row = world.unit(COUNTY).case(case);
    assert_eq!((row.custody.role, row.content, row.key), (Role::Dropped { by: VILLAGE }, None, None));
    assert!(world.unit(COUNTY).tasks().is_empty());
    assert_eq!(world.owners(case), [CITY]);
    world.decide(CITY, case);
    world.settle();
    world.unit(VILLAGE).done(Command::Deliver(Deliver { case }));
    world.replay();
}

#[test]
fn a_county_that_prepared_too_late_forgets() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.offer(VILLAGE, case, COUNTY);
    world.deliver_one(VILLAGE, COUNTY);
    world.unit(COUNTY).done(Command::Prepare(Prepare { case, attempt: Attempt(1) }));
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::AwaitCommit, case)]);
    // A prepared unit may neither act nor give up alone.
    let role = Role::Prepared { by: VILLAGE };
    assert_eq!(
        world.unit(COUNTY).refused(Command::Decline(Decline { case, attempt: Attempt(1) })),
        Refusal::CaseMoving { role }
    );
    let accept = world.unit(COUNTY).accept_command(case);
    assert_eq!(world.unit(COUNTY).refused(accept), Refusal::CaseMoving { role });
    // The village's patience ends before the answer arrives.
    world.pass(i64::from(PATIENCE_SECONDS) * 1000);
    world.fire();
    assert_eq!(world.deliver_one(COUNTY, VILLAGE), Some(Done::MailLogged));
    assert_eq!(world.owners(case), [VILLAGE]);
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    assert_eq!(world.unit(COUNTY).case(case).custody.role, Role::Dropped { by: VILLAGE });
    world.replay();
}

#[test]
fn a_commit_that_is_still_under_way_holds_against_the_timer() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.offer(VILLAGE, case, COUNTY);
    world.deliver_one(VILLAGE, COUNTY);
    world.unit(COUNTY).done(Command::Prepare(Prepare { case, attempt: Attempt(1) }));
    world.deliver_one(COUNTY, VILLAGE);
    assert_eq!(world.unit(VILLAGE).case(case).custody.role, Role::Gone { to: COUNTY });
    assert!(world.unit(VILLAGE).timers().is_empty());
    assert!(world.owners(case).is_empty());
    let abort = Command::Abort(Abort { case, attempt: Attempt(1), reason: PassedOverReason::TakenBack });
    assert_eq!(world.unit(VILLAGE).refused(abort), Refusal::CaseElsewhere { with: COUNTY });
    world.deliver_one(VILLAGE, COUNTY);
    assert_eq!(world.owners(case), [COUNTY]);
    world.replay();
}

#[test]
fn a_declined_offer_goes_to_the_next_equal_authority() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.offer(VILLAGE, case, COUNTY);
    world.exchange();
    world.unit(COUNTY).done(Command::Decline(Decline { case, attempt: Attempt(1) }));
    world.exchange();
    assert_eq!(world.unit(VILLAGE).content(case).passed_over[0].reason, PassedOverReason::Declined);
    assert!(world.unit(VILLAGE).timers().is_empty());
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    world.replay();
}

#[test]
fn a_withdrawal_takes_an_open_offer_with_it() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.offer(VILLAGE, case, COUNTY);
    let withdraw = Command::Withdraw(Withdraw { case, reason: "搬家".to_owned() });
    world.unit(VILLAGE).done(withdraw.clone());
    assert_eq!(told(&mut world, VILLAGE, case), ["Received", "Offered", "Regained", "Withdrawn"]);
    assert!(world.unit(VILLAGE).timers().is_empty() && world.unit(VILLAGE).tasks().is_empty());
    world.settle();
    assert_eq!(world.unit(COUNTY).case(case).custody.role, Role::Dropped { by: VILLAGE });
    assert_eq!(world.unit(VILLAGE).refused(withdraw), Refusal::StageUnfit { stage: Stage::Withdrawn });
    // While the county has the case only the county can end it; the village hears of it.
    let gone = world.receive(VILLAGE, EQUAL);
    world.settle();
    let withdraw = Command::Withdraw(Withdraw { case: gone, reason: String::new() });
    assert_eq!(world.unit(VILLAGE).refused(withdraw.clone()), Refusal::CaseElsewhere { with: COUNTY });
    world.unit(COUNTY).done(withdraw);
    world.exchange();
    assert_eq!(stage(&mut world, VILLAGE, gone), Some(Stage::Withdrawn));
    world.replay();
}

#[test]
fn a_case_is_never_handled_under_rules_that_are_not_here() {
    let mut world = World::jining();
    world.cut(COUNTY);
    world.unit(CITY).publish(&pieces(PATIENCE_SECONDS * 2));
    // The city knows version 2; a case that it sends to the county pins it.
    let case = match world.unit(CITY).done(receive(COUNTY_ONLY, VILLAGE)) {
        Done::Received { case, .. } => case,
        other => panic!("{other:?}"),
    };
    assert_eq!(world.unit(CITY).tasks(), [(TaskKind::Route, case)]);
    world.offer(CITY, case, COUNTY);
    world.heal();
    // Everything but the pieces: manifest and offer are two mails of one stream, so hold the stream after them.
    let pin = world.unit(CITY).content(case).pin;
    let mails = world.unit(CITY).outbox(COUNTY);
    let offer = mails.iter().position(|mail| matches!(mail.mail, Mail::Offer { .. })).unwrap();
    assert!(mails[..offer].iter().any(|mail| matches!(mail.mail, Mail::Manifest(_))));
    for _ in 0..=offer {
        world.deliver_one(CITY, COUNTY);
    }
    assert_eq!(world.unit(COUNTY).catalogue(), Some(2));
    // As if the pieces were lost on the way: the version is known and not installed.
    let installed = world.unit(COUNTY).store.get::<Versions>(&2).unwrap().unwrap();
    let missing = crate::tables::Version { installed: None, ..installed.clone() };
    let stale = crate::catalogue::CataloguePin { number: 1, ..pin };
    let mut county = world.unit(COUNTY).clone();
    let mut meta = county.store.get::<crate::tables::Meta>(&()).unwrap().unwrap();
    let first = county.store.get::<Versions>(&1).unwrap().unwrap();
    meta.catalogue = Some(crate::catalogue::CataloguePin { manifest: first.hash, ..stale });
    county.store.put::<crate::tables::Meta>(&(), &meta).unwrap();
    county.store.put::<Versions>(&2, &missing).unwrap();
    let prepare = Command::Prepare(Prepare { case, attempt: Attempt(1) });
    assert_eq!(county.refused(prepare.clone()), Refusal::CatalogueMissing { number: 2 });
    world.unit(COUNTY).done(prepare);
    world.settle();
    assert_eq!(world.owners(case), [COUNTY]);
}

#[test]
fn a_result_that_was_received_for_a_courier_counts_from_its_arrival() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, CITY_ONLY);
    assert_eq!(world.unit(VILLAGE).content(case).received_at, None);
    world.pass(86_400_000);
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    let content = world.unit(CITY).content(case);
    assert_eq!(content.received_at, Some(at("2026-02-11")));
    assert_eq!(content.collected_at, at("2026-02-10"));
    // At the authority's own counter both are one.
    let Done::Received { case, .. } = world.unit(CITY).done(receive(CITY_ONLY, VILLAGE)) else { panic!() };
    assert_eq!(world.unit(CITY).content(case).received_at, Some(at("2026-02-11")));
    world.replay();
}

#[test]
fn received_in_one_county_for_another() {
    let mut world = World::jining();
    let Done::Received { case, .. } = world.unit(OTHER_VILLAGE).done(receive(COUNTY_ONLY, VILLAGE)) else { panic!() };
    world.settle();
    assert_eq!(world.owners(case), [COUNTY]);
    let content = world.unit(COUNTY).content(case);
    assert_eq!(content.receiver, OTHER_VILLAGE);
    assert_eq!(content.received_at, Some(at("2026-02-10")));
    world.accept(COUNTY, case);
    world.decide(COUNTY, case);
    world.settle();
    assert_eq!(world.unit(OTHER_VILLAGE).tasks(), [(TaskKind::Deliver, case)]);
    world.unit(OTHER_VILLAGE).done(Command::Deliver(Deliver { case }));
    assert_eq!(told(&mut world, OTHER_VILLAGE, case).last().map(String::as_str), Some("Delivered"));
    world.replay();
}

#[test]
fn the_applicants_choice_goes_first() {
    let mut world = World::jining();
    let Command::Receive(mut wish) = receive(EQUAL, VILLAGE) else { panic!() };
    wish.chosen = Some(CITY);
    let Done::Received { case, .. } = world.unit(VILLAGE).done(Command::Receive(wish.clone())) else { panic!() };
    world.settle();
    assert_eq!(world.owners(case), [CITY]);
    assert_eq!(world.unit(CITY).tasks(), [(TaskKind::Accept, case)]);
    // At the county's own counter too: it is offered to the city, and taken by the county if the city does not.
    let Done::Received { case, .. } = world.unit(COUNTY).done(Command::Receive(wish)) else { panic!() };
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Route, case)]);
    world.offer(COUNTY, case, CITY);
    world.exchange();
    world.unit(CITY).done(Command::Decline(Decline { case, attempt: Attempt(1) }));
    world.exchange();
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Accept, case)]);
    world.replay();
}

#[test]
fn equal_keys_mean_one_case_and_a_used_key_nothing_else() {
    let mut world = World::jining();
    let village = world.unit(VILLAGE);
    let under = |digest: u8| Some(Idempotency { key: "k1".to_owned(), digest: ContentHash([digest; 32]) });
    let first = village.run_under(receive(EQUAL, VILLAGE), under(1));
    let again = village.run_under(receive(EQUAL, VILLAGE), under(1));
    assert_eq!(
        again.reply,
        Reply::Repeated { of: first.sequence, ruling: first.reply.ruling().cloned().map_err(Clone::clone) }
    );
    assert_eq!(village.run_under(receive(COUNTY_ONLY, VILLAGE), under(2)).reply, Reply::Refused(Refusal::KeyReused));
    assert_eq!(village.tasks().len(), 1);
    let Ok(Done::Received { case, .. }) = first.reply.ruling() else { panic!() };
    assert_eq!(village.content(*case).submission_key, "k1");
    // A passing refusal is not kept: the same key succeeds once the reason is over.
    let key = || Some(Idempotency { key: "k2".to_owned(), digest: ContentHash([3; 32]) });
    let early = Command::Accept(Accept {
        case: *case,
        due: crate::calendar::due(at("2026-02-01").date(), 20, crate::case::DayUnit::Working, &calendar()),
    });
    let mut county = World::jining();
    let Done::Received { case, .. } = county.unit(COUNTY).done(receive(EQUAL, COUNTY)) else { panic!() };
    let Command::Accept(early) = early else { panic!() };
    let early = Command::Accept(Accept { case, ..early });
    assert_eq!(county.unit(COUNTY).run_under(early, key()).reply, Reply::Refused(Refusal::Changed));
    let right = county.unit(COUNTY).accept_command(case);
    assert!(matches!(county.unit(COUNTY).run_under(right, key()).reply, Reply::Done(_)));
    world.replay();
}

#[test]
fn forks_and_former_lives_are_kept_as_evidence_or_refused() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.offer(VILLAGE, case, COUNTY);
    let mail = world.unit(VILLAGE).outbox(COUNTY).remove(0);
    world.exchange();
    let mail = |change: &dyn Fn(&mut MailArrived)| {
        let mut mail = mail.clone();
        change(&mut mail);
        Command::MailArrived(Box::new(mail))
    };
    let county = world.unit(COUNTY);
    let evidence = |county: &TestUnit| {
        let all = Sequence(0)..=Sequence(u64::MAX);
        county.store.scan::<Evidence>(all, usize::MAX).unwrap().len()
    };
    // Equal repeat; another mail under a known number; a gap; another stream before it; an offer under a known attempt.
    assert_eq!(county.done(mail(&|_| {})), Done::MailRepeated);
    assert_eq!(county.done(mail(&|mail| mail.mail = Mail::News { case, entries: vec![] })), Done::MailContradicts);
    assert_eq!(
        county.refused(mail(&|mail| mail.sequence = MailSequence(3))),
        Refusal::MailOrder { got: 3, expected: 2 }
    );
    assert_eq!(county.done(mail(&|mail| mail.sequence = MailSequence(2))), Done::MailContradicts);
    assert_eq!(county.cursor(VILLAGE), MailSequence(1));
    assert_eq!(evidence(county), 2);
    let chain = county.store.get::<InboxCursors>(&VILLAGE).unwrap().unwrap().chain;
    let Mail::Offer { content, key, .. } =
        &world.unit(VILLAGE).store.get::<Outbox>(&(COUNTY, MailSequence(1))).unwrap().unwrap().mail
    else {
        panic!()
    };
    let mut other = content.clone();
    other.matter_name.push('!');
    let forked =
        Mail::Offer { attempt: Attempt(1), hash: content_hash(&other).unwrap(), content: other, key: key.clone() };
    let next = |mail: Mail| MailArrived {
        from: VILLAGE,
        generation: Generation::FIRST,
        sequence: MailSequence(2),
        before: chain,
        mail,
        objection: None,
    };
    let county = world.unit(COUNTY);
    assert_eq!(county.done(Command::MailArrived(Box::new(next(forked)))), Done::MailContradicts);
    // Counted all the same: the stream goes on.
    assert_eq!((county.cursor(VILLAGE), evidence(county)), (MailSequence(2), 3));
    // A later life begins a new stream, and what the former one still says is refused.
    let later = MailArrived {
        generation: Generation(2),
        sequence: MailSequence(1),
        before: stream_start(VILLAGE, 2, COUNTY),
        ..next(Mail::News { case, entries: vec![] })
    };
    assert_eq!(county.done(Command::MailArrived(Box::new(later))), Done::MailLogged);
    let late = county.refused(mail(&|_| {}));
    assert_eq!(late, Refusal::MailFenced { got: 1, current: 2 });
    // What a leader objected to is counted and kept.
    let objected = MailArrived {
        generation: Generation(2),
        before: county.store.get::<InboxCursors>(&VILLAGE).unwrap().unwrap().chain,
        objection: Some("not signed".to_owned()),
        ..next(Mail::Move { case, said: Move::Abort { attempt: Attempt(1) } })
    };
    assert_eq!(county.done(Command::MailArrived(Box::new(objected))), Done::MailContradicts);
    assert_eq!(county.case(case).custody.role, Role::Offered { by: VILLAGE });
}

#[test]
fn a_version_that_can_never_be_installed_does_not_hold_up_the_next() {
    let mut world = World::jining();
    let broken = (ChunkKind::Entries { unit: COUNTY }, b"[{\"matter\":".to_vec());
    let bad = [pieces(PATIENCE_SECONDS), vec![broken.clone()]].concat();
    // The city refuses it, first for the missing piece, then for what is in it.
    let version = ProposedVersion::of(&world.unit(CITY).next_version(&bad).manifest);
    let effective = at("2026-02-10").date();
    let version = ProposedVersion { effective, ..version };
    let propose = Command::ProposeVersion(ProposeVersion { version: version.clone(), why: "试".to_owned() });
    assert_eq!(world.unit(CITY).refused(propose.clone()), Refusal::CatalogueIncomplete { missing: 1 });
    let chunk = StoreChunk { hash: chunk_hash(&broken.1), bytes: broken.1.clone() };
    world.unit(CITY).done(Command::StoreChunk(chunk));
    assert!(matches!(world.unit(CITY).refused(propose), Refusal::CataloguePiece { .. }));
    // A county that gets it all the same keeps it as evidence and goes on to the next version.
    let mut county = world.unit(COUNTY).clone();
    let (signed, words) = approved(&version, ["anna", "bo"]);
    let third = crate::catalogue::Manifest::of_chunks(
        Generation::FIRST,
        Some((2, signed.manifest.hash().unwrap())),
        effective,
        &pieces(PATIENCE_SECONDS * 3),
    );
    let (good, later_words) = approved(&ProposedVersion::of(&third), ["anna", "bo"]);
    let mut mails = vec![Mail::Manifest(signed), Mail::Chunk { hash: chunk_hash(&broken.1), bytes: broken.1 }];
    mails.push(Mail::Manifest(good));
    let chunks = [pieces(PATIENCE_SECONDS * 3), vec![words, later_words]].concat();
    mails.extend(chunks.iter().map(|(_, bytes)| Mail::Chunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
    let mut done = Vec::new();
    for mail in mails {
        let cursor = county.store.get::<InboxCursors>(&CITY).unwrap().unwrap();
        let arrived = MailArrived {
            from: CITY,
            generation: Generation::FIRST,
            sequence: cursor.sequence.next(),
            before: cursor.chain,
            mail,
            objection: None,
        };
        done.push(county.done(Command::MailArrived(Box::new(arrived))));
    }
    assert_eq!(done[..3], [Done::MailLogged, Done::MailContradicts, Done::MailLogged]);
    assert_eq!(county.catalogue(), Some(3));
    let version = county.store.get::<Versions>(&2).unwrap().unwrap();
    assert!(version.installed.is_none() && version.unfit.is_some());
}

#[test]
fn a_catalogue_is_fed_down_once_and_a_unit_takes_its_slice() {
    let mut world = World::jining();
    let entries = |world: &mut World, unit: crate::ids::UnitId| {
        let known = crate::catalogue::installed::entries(&world.unit(unit).store, 1, &EQUAL.parse().unwrap()).unwrap();
        known.into_iter().map(|entry| entry.unit).collect::<Vec<_>>()
    };
    assert_eq!(entries(&mut world, CITY), [CITY, COUNTY, OTHER_COUNTY]);
    assert_eq!(entries(&mut world, COUNTY), [CITY, COUNTY]);
    assert_eq!(entries(&mut world, VILLAGE), [CITY, COUNTY]);
    // The next version has the same calendar and entries: only its matters travel.
    world.unit(CITY).publish(&pieces(PATIENCE_SECONDS + 1));
    let mails = world.unit(CITY).outbox(COUNTY);
    let chunks = mails.iter().filter(|mail| matches!(mail.mail, Mail::Chunk { .. })).count();
    // The other one says who proposed it and who approved it.
    assert_eq!((mails.len(), chunks), (3, 2));
    world.exchange();
    assert!([COUNTY, VILLAGE, OTHER_VILLAGE].into_iter().all(|unit| world.unit(unit).catalogue() == Some(2)));
    // An older version is never taken again.
    let old = world.unit(CITY).store.get::<Versions>(&1).unwrap().unwrap().signed;
    let refusal = world.unit(CITY).refused(Command::Publish(Publish { signed: old }));
    assert_eq!(refusal, Refusal::CatalogueOrder { number: 1, newest: 2 });
    world.replay();
}

#[test]
fn what_officials_define_is_kept_as_it_came() {
    let mut world = World::bare();
    let mut chunks = pieces(60);
    let matters = chunks.iter_mut().find(|(kind, _)| *kind == ChunkKind::Matters).unwrap();
    matters.1 = String::from_utf8(matters.1.clone()).unwrap().replacen("[{", "[{\"fee_yuan\":5,", 1).into_bytes();
    world.unit(CITY).publish(&chunks);
    world.exchange();
    let rows = world
        .unit(VILLAGE)
        .store
        .scan::<crate::tables::Matters>((1, String::new())..=(1, char::MAX.to_string()), 9)
        .unwrap();
    assert!(rows[0].1.json.starts_with("{\"fee_yuan\":5,"), "{}", rows[0].1.json);
}

#[test]
fn before_the_first_catalogue_nothing_is_received() {
    let mut world = World::bare();
    assert_eq!(world.unit(VILLAGE).refused(receive(EQUAL, VILLAGE)), Refusal::NoCatalogue);
    let known = world.unit(VILLAGE).store.get::<Cases>(&CaseId(Uuid::nil()));
    assert_eq!(known, Ok(None));
}
