//! Each invariant holds over sound stories, and fails where its rule is broken: a rule that cannot fail proves nothing.

mod units;

use domain::case::{Decision, Happening, Stage};
use domain::command::*;
use domain::digest::ContentHash;
use domain::handoff::{Custody, Role};
use domain::ids::{Attempt, CaseId, Sequence};
use domain::refusal::Refusal;
use domain::tables::{Audits, Cases, Meta, Tasks};
use sim::play::{Judged, Verdict};
use sim::scenario::{Expected, FaultKind};
use units::{
    CITIZEN_NUMBER, CITY, COUNTY, OTHER_COUNTY, PATIENCE_SECONDS, Region, UNITS, VILLAGE, all_broken, broken, decide,
    offer, put, story,
};

/// A case of the village, accepted at the county.
fn accepted() -> (Region, CaseId) {
    let (mut region, case) = received();
    region.settle();
    let accept = region.acceptance(COUNTY, case).unwrap();
    region.act(COUNTY, accept, "officer", "accept", true);
    (region, case)
}

/// A case at the village that received it.
fn received() -> (Region, CaseId) {
    let mut region = Region::jining();
    let (case, _) = region.submit(VILLAGE, "EQ1", "first");
    (region, case)
}

/// A case offered by the village, arrived at the county.
fn offered() -> (Region, CaseId) {
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    region.exchange();
    (region, case)
}

#[track_caller]
fn breaks(judged: &[Judged], id: &str, words: &str) {
    let what = broken(judged, id).unwrap_or_else(|| panic!("{id} held; broken: {:?}", all_broken(judged)));
    assert!(what.contains(words), "{id}: {what}");
}

#[test]
fn a_case_from_receipt_to_delivery_breaks_nothing_and_is_told_in_order() {
    let (mut region, case) = accepted();
    region.act(COUNTY, decide(case, true), "officer", "decide", true);
    region.settle();
    region.act(VILLAGE, Command::Deliver(Deliver { case }), "window", "deliver", true);
    region.settle();
    UNITS.into_iter().for_each(|unit| region.follow(unit, |_| {}));
    assert_eq!(region.observer.is_quiet(), Ok(()));
    region.forge(CITY, |_, _| {});
    let behind = region.observer.is_quiet();
    assert!(behind.is_err_and(|why| why == "a replica of 370800000000 is behind"));

    let observer = &region.observer;
    assert_eq!(observer.labelled("case-first"), Some(case));
    let expected = |owner, stage, seen_from, role: Option<&str>| Expected::Case {
        case: "case-first".to_owned(),
        owner,
        stage,
        seen_from,
        role: role.map(str::to_owned),
        passed_over: None,
        card: None,
    };
    assert_eq!(observer.holds(&expected(Some(VILLAGE), Some(Stage::Delivered), None, None)), Ok(()));
    // The delivery at the counter is no news to who decided.
    assert_eq!(observer.holds(&expected(None, Some(Stage::Closed), Some(COUNTY), Some("gone"))), Ok(()));
    let elsewhere = observer.holds(&expected(Some(COUNTY), None, None, None));
    assert!(elsewhere.is_err_and(|found| found.contains("gone") && found.contains("owner")));
    assert!(
        observer.holds(&expected(None, None, Some(CITY), Some("owner"))).is_err_and(|found| found.contains("unknown"))
    );
    let unit = |catalogue, backlog, evidence| Expected::Unit {
        unit: COUNTY,
        catalogue: Some(catalogue),
        backlog: Some(backlog),
        stopped: Some(false),
        evidence: Some(evidence),
    };
    assert_eq!(observer.holds(&unit(1, 0, 0)), Ok(()));
    assert!(observer.holds(&unit(2, 0, 0)).is_err_and(|found| found.contains("catalogue version: 1")));

    let counts = observer.counts();
    assert_eq!((counts.cases, counts.answered, counts.unknown), (1, 4, 0));
    assert!(counts.mail >= 10 && counts.commands > counts.mail, "{counts:?}");
    let paths = observer.paths(region.now, |unit| unit.to_string());
    assert_eq!((paths.len(), paths[0].label.as_str(), paths[0].stage.as_str()), (1, "case-first", "delivered"));
    let roles: Vec<_> = paths[0].held.iter().map(|held| (held.unit, held.role.as_str(), held.attempt)).collect();
    let there_and_back = [
        (VILLAGE, "owner", 1),
        (VILLAGE, "offering", 1),
        (COUNTY, "offered", 1),
        (COUNTY, "prepared", 1),
        (VILLAGE, "gone", 1),
        (COUNTY, "owner", 2),
        (COUNTY, "offering", 2),
        (VILLAGE, "offered", 2),
        (VILLAGE, "prepared", 2),
        (COUNTY, "gone", 2),
        (VILLAGE, "owner", 3),
    ];
    assert_eq!(roles, there_and_back);
    assert!(paths[0].happenings.iter().any(|line| line.what == "grants it"), "{:?}", paths[0].happenings);
    assert_eq!(paths[0].clocks[1], "authority: decides by 2026-03-16, 20 working days from 2026-02-10");

    let judged = region.finish();
    assert_eq!(all_broken(&judged), []);
    for number in (1..=16).filter(|number| *number != 13) {
        let id = format!("I{number}");
        let held = judged.iter().find(|judged| judged.id == id).unwrap();
        assert!(held.verdict == Verdict::Held && held.looked > 10, "{held:?}");
    }
    assert!(judged.iter().any(|judged| judged.id == "I13" && matches!(judged.verdict, Verdict::NotYet { .. })));
}

#[test]
fn stories_of_many_seeds_break_nothing() {
    for seed in 0..24 {
        let judged = story::play(seed, 150);
        assert_eq!(all_broken(&judged), [], "seed {seed}");
    }
}

#[test]
fn one_owner() {
    let (mut region, case) = received();
    let row = region.case(VILLAGE, case).unwrap();
    region.forge(CITY, |_, writes| put::<Cases>(writes, &case, &row));
    breaks(&region.finish(), "I1", "370800000000 is owner under attempt 1, 370811002001 is owner under attempt 1");
}

#[test]
fn never_orphaned() {
    let (mut region, case) = received();
    region.forge_case(VILLAGE, case, |row| row.custody.role = Role::Gone { to: COUNTY });
    breaks(&region.finish(), "I2", "committed attempt 1 to 370811000000, which is unknown to it");
    // The receiver gives up what it holds after the sender let go of it.
    let (mut region, case) = offered();
    region.run(COUNTY, Command::Prepare(Prepare { case, attempt: Attempt(1) }));
    region.forge_case(COUNTY, case, |row| {
        row.custody = Custody { role: Role::Dropped { by: VILLAGE }, content: None, ..row.custody };
        (row.content, row.key) = (None, None);
    });
    region.exchange();
    breaks(&region.finish(), "I2", "which is dropped to it");
}

#[test]
fn one_decision() {
    let (mut region, case) = accepted();
    region.run(COUNTY, decide(case, true));
    region.forge_case(COUNTY, case, |row| {
        let content = row.content.as_mut().unwrap();
        content.decision = content.decision.clone().map(|first| Decision { sequence: Sequence(99), ..first });
    });
    breaks(&region.finish(), "I3", "decided at 370811000000 by command");
}

#[test]
fn one_effect_under_a_key() {
    let (mut region, _) = received();
    let second = region.application(VILLAGE, "EQ1");
    region.run_with(VILLAGE, second, Some(("window", "unused")), |_, writes| {
        let keys: Vec<Vec<u8>> = writes.iter().map(|(key, _)| key.to_vec()).filter(|key| key[0] == 1).collect();
        for key in keys {
            let bytes = writes.iter().find(|(at, _)| *at == key).and_then(|(_, row)| row).unwrap().to_vec();
            let mut row: domain::case::CaseRow = protocol::record::read(&bytes).unwrap();
            row.content.as_mut().unwrap().submission_key = "first".to_owned();
            writes.write(key, Some(protocol::record::write(&row).unwrap()));
        }
    });
    let judged = region.finish();
    breaks(&judged, "I3", "key first at 370811002001: cases");
    breaks(&judged, "I10", "there are 2 cases of it");
}

#[test]
fn a_mail_has_its_effect_with_its_cursor() {
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    let mail = region.next_mail(VILLAGE, COUNTY).unwrap();
    region.run_with(COUNTY, Command::MailArrived(Box::new(mail)), None, |rows, writes| {
        use protocol::seam::RowSnapshot as _;
        let cursors: Vec<Vec<u8>> = writes.iter().map(|(key, _)| key.to_vec()).filter(|key| key[0] == 9).collect();
        for key in cursors {
            let before = rows.get(&key).unwrap();
            writes.write(key, before);
        }
    });
    breaks(&region.finish(), "I3", "the mail does not count as read");
}

#[test]
fn attempts_rise() {
    let (mut region, case) = offered();
    region.forge_case(VILLAGE, case, |row| row.custody = Custody { role: Role::Owner, content: None, ..row.custody });
    breaks(&region.finish(), "I4", "owned under attempt 1, under which it was Some(Offering");
    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| row.custody.attempt = Attempt(0));
    breaks(&region.finish(), "I4", "attempt 0 after 2");
    // A contradiction that nobody forged is one; where mail was forged it is what must come of it.
    for (forged, breaks_it) in [(false, true), (true, false)] {
        let (mut region, case) = received();
        if forged {
            let kind = FaultKind::ForgeMail;
            region.tell(sim::ground::What::Fault { step: None, kind, how: String::new() });
        }
        region.run(VILLAGE, offer(case, 1, COUNTY));
        let mut mail = region.next_mail(VILLAGE, COUNTY).unwrap();
        mail.objection = Some("not to be believed".to_owned());
        region.run(COUNTY, Command::MailArrived(Box::new(mail)));
        let judged = region.finish();
        assert_eq!(broken(&judged, "I4").is_some(), breaks_it, "{:?}", broken(&judged, "I4"));
    }
}

#[test]
fn a_commit_comes_before_a_take() {
    let (mut region, case) = offered();
    region.forge_case(COUNTY, case, |row| {
        row.custody = Custody { role: Role::Owner, attempt: Attempt(2), content: None };
    });
    breaks(&region.finish(), "I5", "no unit has committed attempt 1 to it");
    let (mut region, case) = offered();
    let sequence = region.meta(COUNTY).sequence.next();
    let at = region.now;
    region.forge_case(COUNTY, case, |row| {
        let what = Happening::Closed;
        row.news.push(domain::case::TimelineEntry { at, unit: COUNTY, sequence, what });
    });
    breaks(&region.finish(), "I5", "wrote Closed");
}

#[test]
fn legal_days_are_counted_by_the_law_and_conserved() {
    let (mut region, case) = received();
    region.settle();
    let accept = region.acceptance(COUNTY, case).unwrap();
    let Command::Accept(mut accept) = accept else { panic!("{accept:?}") };
    accept.due.date = accept.due.date.plus_days(1);
    region.run(COUNTY, Command::Accept(accept));
    breaks(&region.finish(), "I6", "20 working days from 2026-02-10 end on 2026-03-16; it is due on 2026-03-17");

    let (mut region, case) = received();
    region.settle();
    let Some(Command::Accept(mut accept)) = region.acceptance(COUNTY, case) else { panic!() };
    let calendar = domain::calendar::WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
    accept.due = domain::calendar::due(accept.due.from, 19, accept.due.unit, &calendar);
    region.run(COUNTY, Command::Accept(accept));
    breaks(&region.finish(), "I6", "counted by 19 Working days; version 1 allows 20 Working");

    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| {
        let acceptance = row.content.as_mut().and_then(|content| content.acceptance.as_mut()).unwrap();
        acceptance.due.date = acceptance.due.date.plus_days(3);
    });
    breaks(&region.finish(), "I6", "due 2026-03-16; at 370811000000 it is 2026-03-19");

    // Time that came from elsewhere than the unit's own stamps.
    let (mut region, _) = received();
    region.forge(COUNTY, |rows, writes| {
        use domain::store::UnitRead as _;
        let mut meta = protocol::overlay::Overlay::new(rows).get::<Meta>(&()).unwrap().unwrap();
        let sequence = meta.sequence.next();
        let later = meta.now.plus_millis(86_400_000);
        (meta.sequence, meta.now) = (sequence, later);
        put::<Meta>(writes, &(), &meta);
        let bytes = writes.iter().find(|(key, _)| key[0] == 21).and_then(|(_, row)| row).unwrap().to_vec();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        audit.at = later;
        put::<Audits>(writes, &sequence, &audit);
    });
    breaks(&region.finish(), "I6", "the stamps of the log so far say 2026-02-10");
}

#[test]
fn progress_is_in_order() {
    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| drop(row.content.as_mut().unwrap().timeline.pop()));
    breaks(&region.finish(), "I7", "does not continue");
    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| row.content.as_mut().unwrap().stage = Stage::Received);
    breaks(&region.finish(), "I7", "it was Accepted and is Received");
    let (mut region, _) = received();
    region.forge(VILLAGE, |rows, writes| {
        use domain::store::UnitRead as _;
        let mut meta = protocol::overlay::Overlay::new(rows).get::<Meta>(&()).unwrap().unwrap();
        (meta.sequence, meta.now) = (meta.sequence.next(), meta.now.plus_millis(-5_000));
        put::<Meta>(writes, &(), &meta);
    });
    breaks(&region.finish(), "I7", "its time is");
    // An answer from before what somebody else was told already.
    let (mut region, case) = accepted();
    let ticket = region.begin(COUNTY, &decide(case, true), "officer", "late");
    let reply = Reply::Done(Done::CaseChanged { case });
    region.answer(ticket, Ok(Outcome { sequence: Sequence(2), at: region.now, reply }));
    breaks(&region.finish(), "I7", "answered with command 2");
}

#[test]
fn every_command_has_its_audit_row() {
    let (mut region, _) = received();
    region.forge(VILLAGE, |_, writes| writes.write(protocol::overlay::row_key::<Audits>(&Sequence(1)), None));
    breaks(&region.finish(), "I8", "the audit row of command 1 was deleted");
    let (mut region, _) = received();
    let sequence = region.meta(VILLAGE).sequence.next();
    region.forge(VILLAGE, |_, writes| writes.write(protocol::overlay::row_key::<Audits>(&sequence), None));
    breaks(&region.finish(), "I8", "audit row");
    let (mut region, _) = received();
    let sequence = region.meta(VILLAGE).sequence.next();
    region.forge(VILLAGE, |_, writes| {
        let bytes = writes.iter().find(|(key, _)| key[0] == 21).and_then(|(_, row)| row).unwrap().to_vec();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        audit.digest = ContentHash::default();
        put::<Audits>(writes, &sequence, &audit);
    });
    breaks(&region.finish(), "I8", "has another digest than the log's command");
}

#[test]
fn the_catalogue_only_rises_and_pins_stay() {
    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| row.content.as_mut().unwrap().pin.number = 2);
    breaks(&region.finish(), "I9", "pinned 1, now 2");
    let (mut region, _) = received();
    region.forge(COUNTY, |rows, writes| {
        use domain::store::UnitRead as _;
        let mut meta = protocol::overlay::Overlay::new(rows).get::<Meta>(&()).unwrap().unwrap();
        (meta.sequence, meta.catalogue) = (meta.sequence.next(), None);
        put::<Meta>(writes, &(), &meta);
    });
    breaks(&region.finish(), "I9", "catalogue version 0 after 1");
    let (mut region, _) = received();
    let mut version = region.read::<domain::tables::Versions>(COUNTY, &1).unwrap();
    version.signed.manifest.number = 2;
    version.hash = version.signed.manifest.hash().unwrap();
    region.forge(COUNTY, |_, writes| put::<domain::tables::Versions>(writes, &2, &version));
    breaks(&region.finish(), "I9", "version 2: the city never published it");
    // The city itself installs what nobody is said to have approved.
    let (mut region, _) = received();
    let mut version = region.read::<domain::tables::Versions>(CITY, &1).unwrap();
    version.signed.manifest.number = 2;
    version.hash = version.signed.manifest.hash().unwrap();
    region.forge(CITY, |_, writes| put::<domain::tables::Versions>(writes, &2, &version));
    breaks(&region.finish(), "I9", "nobody is said to have approved it");
}

#[test]
fn receipts_are_kept_and_an_unknown_outcome_is_not_an_absent_one() {
    // Confirmed, and gone from every log that is left.
    let (mut region, _) = received();
    let mut recorded = region.recorded();
    for replica in recorded.iter_mut().filter(|replica| replica.unit == VILLAGE) {
        replica.payloads.pop();
    }
    let judged = region.watch.finish(region.now, true, &recorded, &region.observer);
    breaks(&judged, "I10", "confirmed command");
    breaks(&judged, "I12", "has state");
    // Refused, and there all the same.
    let mut region = Region::jining();
    let application = region.application(VILLAGE, "EQ1");
    let ticket = region.begin(VILLAGE, &application, "window", "refused");
    region.run_with(VILLAGE, application, Some(("window", "refused")), |_, _| {});
    region.answer(ticket, Err(Refusal::NoCatalogue.into()));
    breaks(&region.finish(), "I10", "was refused, and there are 1 cases");
    // Confirmed without having been done.
    let mut region = Region::jining();
    let application = region.application(VILLAGE, "EQ1");
    let ticket = region.begin(VILLAGE, &application, "window", "lost");
    let case = CaseId(uuid::Uuid::from_u128(1));
    let number = domain::ids::CaseNumber::new(VILLAGE, region.now.date(), domain::ids::Generation::FIRST, 1).unwrap();
    let reply = Reply::Done(Done::Received { case, number });
    region.answer(ticket, Ok(Outcome { sequence: Sequence(99), at: region.now, reply }));
    breaks(&region.finish(), "I10", "gave a receipt");
    // Nobody was told: it may be there, and it may not.
    for there in [true, false] {
        let mut region = Region::jining();
        let application = region.application(VILLAGE, "EQ1");
        if there {
            region.act(VILLAGE, application, "window", "unheard", false);
        } else {
            region.begin(VILLAGE, &application, "window", "unheard");
        }
        region.settle();
        assert_eq!(region.observer.labelled("case-unheard").is_some(), there, "its key names it all the same");
        assert_eq!(all_broken(&region.finish()), []);
    }
}

#[test]
fn moves_end_after_the_heal() {
    let (mut region, case) = offered();
    region.run(COUNTY, Command::Prepare(Prepare { case, attempt: Attempt(1) }));
    let now = region.now;
    region.watch.healed(now);
    region.pass(60_000);
    assert_eq!(broken(&region.finish(), "I11"), None, "it has its time");
    let (mut region, case) = offered();
    region.run(COUNTY, Command::Prepare(Prepare { case, attempt: Attempt(1) }));
    let now = region.now;
    region.watch.healed(now);
    region.pass(600_000);
    breaks(&region.finish(), "I11", "370811000000 is prepared under attempt 1 since 2026-02-10 12:00:00, 600 s after");
}

#[test]
fn replicas_and_replays_have_the_same_state() {
    let (mut region, _) = received();
    region.follow(VILLAGE, |writes| writes.write(vec![255], Some(vec![7; 32])));
    breaks(&region.finish(), "I12", "at the first replica it was");
    let (mut region, _) = received();
    region.follow(VILLAGE, |writes| {
        let bytes = writes.iter().filter(|(key, _)| key[0] == 21).last().and_then(|(_, row)| row).unwrap().to_vec();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        audit.command = 16;
        put::<Audits>(writes, &Sequence(1), &audit);
    });
    breaks(&region.finish(), "I12", "command 1 is another one than at the first replica");
    // A row that no command wrote: hashes agree, a replay does not.
    let (mut region, case) = received();
    region.forge_case(VILLAGE, case, |row| row.content.as_mut().unwrap().matter_name.push('!'));
    breaks(&region.finish(), "I12", "rows differ from those of a replay: table 1");
    let (mut region, _) = received();
    region.forge(VILLAGE, |_, writes| {
        writes.write(protocol::overlay::row_key::<Cases>(&CaseId(uuid::Uuid::max())), Some(vec![1]))
    });
    breaks(&region.finish(), "I12", "cannot be read");
}

#[test]
fn number_and_date_survive() {
    let (mut region, case) = accepted();
    region.forge_case(COUNTY, case, |row| {
        let content = row.content.as_mut().unwrap();
        content.collected_at = content.collected_at.plus_millis(86_400_000);
    });
    breaks(&region.finish(), "I14", "the applicant was told");
    let (mut region, case) = received();
    let (second, _) = region.submit(VILLAGE, "CO1", "second");
    let number = region.case(VILLAGE, case).unwrap().content.unwrap().number;
    region.forge_case(VILLAGE, second, |row| row.content.as_mut().unwrap().number = number);
    breaks(&region.finish(), "I14", "the applicant was told");
    let (mut region, case) = received();
    let mut row = region.case(VILLAGE, case).unwrap();
    let twin = CaseId(uuid::Uuid::max());
    row.content.as_mut().unwrap().id = twin;
    region.forge(VILLAGE, |_, writes| put::<Cases>(writes, &twin, &row));
    breaks(&region.finish(), "I14", "'s and");
}

#[test]
fn the_law_happens_once_and_in_time() {
    // Due, the unit lives, and nothing comes.
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    region.pass(i64::from(PATIENCE_SECONDS) * 1_000);
    for _ in 0..130 {
        region.pass(1_000);
        region.forge(VILLAGE, |_, _| {});
    }
    breaks(
        &region.finish(),
        "I15",
        "Patience of case case-first, due at 2026-02-10 12:10:00, has not come in 121 s of work",
    );
    // Due, and at rest.
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    region.pass(i64::from(PATIENCE_SECONDS) * 1_000 + 200_000);
    breaks(&region.finish(), "I15", "was due at 2026-02-10 12:10:00 and never came");
    // Before its time.
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    let timer = region.timers(VILLAGE).remove(0);
    region.pass(5_000);
    let command =
        Command::Abort(Abort { case, attempt: Attempt(1), reason: domain::case::PassedOverReason::Unanswered });
    region.run(VILLAGE, command);
    breaks(&region.finish(), "I15", "gave 370811000000 up at 2026-02-10 12:00:05, with time until 2026-02-10 12:10:00");
    // A deadline for the decision, too early.
    let (mut region, case) = accepted();
    let early = region.timers(COUNTY).remove(0);
    region.run_with(COUNTY, Command::FireTimer(early.clone()), None, |_, writes| {
        writes.write(protocol::overlay::row_key::<domain::tables::Timers>(&(early.due, case, early.kind)), None);
        let bytes = writes.iter().find(|(key, _)| key[0] == 21).map(|(key, row)| (key.to_vec(), row.unwrap().to_vec()));
        let (key, bytes) = bytes.unwrap();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        audit.refused = None;
        writes.write(key, Some(protocol::record::write(&audit).unwrap()));
    });
    breaks(&region.finish(), "I15", "DecisionDue of case case-first, due at 2026-03-17 00:00:00, came at 2026-02-10");
    // Twice.
    let (mut region, case) = received();
    region.run(VILLAGE, offer(case, 1, COUNTY));
    region.pass(i64::from(PATIENCE_SECONDS) * 1_000);
    region.fire(VILLAGE);
    region.run_with(VILLAGE, Command::FireTimer(timer), None, |_, writes| {
        let bytes = writes.iter().find(|(key, _)| key[0] == 21).map(|(key, row)| (key.to_vec(), row.unwrap().to_vec()));
        let (key, bytes) = bytes.unwrap();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        (audit.refused, audit.case) = (None, Some(case));
        writes.write(key, Some(protocol::record::write(&audit).unwrap()));
    });
    breaks(&region.finish(), "I15", "had 1 timers, 2 fired");
}

#[test]
fn no_personal_number_in_clear() {
    let (mut region, case) = accepted();
    let reasons = format!("同名者 {CITIZEN_NUMBER} 已有许可");
    region.run(COUNTY, Command::Decide(Decide { case, granted: false, reasons }));
    let what = broken(&region.finish(), "I16").unwrap();
    assert!(what.contains("table 1 of 370811000000") && !what.contains(CITIZEN_NUMBER), "{what}");
}

#[test]
fn what_nobody_checks_fails_the_run() {
    let (mut region, _) = received();
    region.forge(CITY, |_, writes| writes.write(vec![99, 0, 1], Some(vec![1])));
    breaks(&region.finish(), "unchecked", "table 99 exists unchecked");
    let (mut region, _) = received();
    let sequence = region.meta(CITY).sequence.next();
    region.forge(CITY, |_, writes| {
        let bytes = writes.iter().find(|(key, _)| key[0] == 21).and_then(|(_, row)| row).unwrap().to_vec();
        let mut audit: domain::tables::Audit = protocol::record::read(&bytes).unwrap();
        audit.command = 99;
        put::<Audits>(writes, &sequence, &audit);
    });
    breaks(&region.finish(), "unchecked", "command kind 99 exists unchecked");
    let known: Vec<u8> = sim::invariants::KNOWN_TABLES.iter().map(|(table, _)| *table).collect();
    let tables: Vec<u8> = domain::tables::TABLES.iter().map(|(table, _)| *table).chain([255]).collect();
    assert_eq!(known, tables, "a table of the domain that no invariant knows, or one that is no more");
}

#[test]
fn a_state_that_contradicts_itself_is_found() {
    let (mut region, case) = received();
    region
        .forge(VILLAGE, |_, writes| writes.write(protocol::overlay::row_key::<Tasks>(&(TaskKind::Route, case)), None));
    breaks(&region.finish(), "state", "370811002001: case");
    let (mut region, _) = received();
    let why = "broken promise I2: a case is owned without content".to_owned();
    region.tell(sim::ground::What::Stopped { node: units::first_node(OTHER_COUNTY), unit: OTHER_COUNTY, why });
    breaks(&region.finish(), "state", "stopped: broken promise I2");
}

#[test]
fn only_what_a_scenario_names_is_watched() {
    let always = ["I1".to_owned(), "I13".to_owned()].into();
    let watch = sim::invariants::Watch::new(&always, &sim::invariants::Terms::default());
    let (region, _) = received();
    let judged = watch.finish(region.now, true, &[], &region.observer);
    let ids: Vec<&str> = judged.iter().map(|judged| judged.id.as_str()).collect();
    assert_eq!(ids, ["I1", "state", "unchecked", "I13"]);
}
