//! Invariants after the loss of a unit: each holds over what a round may come to, and fails where its rule is broken.

#[allow(dead_code, reason = "most of it is for the other tests")]
mod units;

use domain::case::{Happening, Stage, TimelineEntry};
use domain::command::*;
use domain::handoff::{Custody, Role};
use domain::ids::{Attempt, CaseId};
use domain::recovery::Finding;
use domain::recovery::block::ATTEMPTS_A_LIFE;
use domain::store::Table as _;
use domain::tables::{Cases, Findings};
use sim::play::Judged;
use units::{CITY, COUNTY, Region, VILLAGE, all_broken, broken, decide, offer, put, story};

const FRESH: Attempt = Attempt(ATTEMPTS_A_LIFE);

#[track_caller]
fn breaks(judged: &[Judged], id: &str, words: &str) {
    let what = broken(judged, id).unwrap_or_else(|| panic!("{id} held; broken: {:?}", all_broken(judged)));
    assert!(what.contains(words), "{id}: {what}");
}

fn region() -> Region {
    let mut region = Region::jining();
    region.unmirrored = 100;
    region
}

/// How many commands a unit has.
fn commands(region: &Region, unit: domain::ids::UnitId) -> usize {
    usize::try_from(region.meta(unit).sequence.0).unwrap()
}

/// A case that the village gave to the county, which its mirror does not know; everybody has answered, nothing is judged.
fn given_away_in_the_lost_tail() -> (Region, CaseId) {
    let mut region = region();
    let (case, _) = region.submit(VILLAGE, "EQ1", "first");
    let known = commands(&region, VILLAGE);
    region.settle();
    let behind = commands(&region, VILLAGE) - known;
    region.pass(1_000);
    region.lose(VILLAGE, behind);
    assert_eq!(region.case(VILLAGE, case).unwrap().custody, Custody::RECEIVED_HERE);
    region.hear_everybody(VILLAGE);
    (region, case)
}

/// A case that the county brought to its end within its lost tail: the result is offered to the village, which holds it. The county's
/// mirror knows that it has the case, and nothing of its work. Everybody has answered, nothing is judged.
fn worked_on_in_the_lost_tail() -> (Region, CaseId) {
    let mut region = region();
    let (case, _) = region.submit(VILLAGE, "CO1", "first");
    region.settle();
    let known = commands(&region, COUNTY);
    // So long a tail that the next life's numbers stay below those of the former.
    for _ in 0..30 {
        region.forge(COUNTY, |_, _| {});
    }
    let accept = region.acceptance(COUNTY, case).unwrap();
    region.act(COUNTY, accept, "officer", "accept", true);
    region.act(COUNTY, decide(case, true), "officer", "decide", true);
    region.run(COUNTY, Command::Close(Close { case }));
    region.run(COUNTY, offer(case, 2, VILLAGE));
    region.exchange();
    region.run(VILLAGE, Command::Prepare(Prepare { case, attempt: Attempt(2) }));
    let behind = commands(&region, COUNTY) - known;
    region.pass(1_000);
    region.lose(COUNTY, behind);
    assert_eq!(region.case(COUNTY, case).unwrap().stage(), Some(Stage::Received));
    region.hear_everybody(COUNTY);
    (region, case)
}

/// The round's next step, falsified before anybody sees it.
fn judge_falsely(
    region: &mut Region,
    unit: domain::ids::UnitId,
    case: CaseId,
    forge: impl FnOnce(&mut domain::case::CaseRow),
) {
    let before = region.case(unit, case);
    let sequence = region.meta(unit).sequence.next();
    region.run_with(unit, Command::JudgeInherited(JudgeInherited), None, |_, writes| {
        let key = protocol::overlay::row_key::<Cases>(&case);
        let written = writes.iter().find(|(at, _)| *at == key).and_then(|(_, row)| row).map(<[u8]>::to_vec);
        let honest = written.map(|bytes| protocol::record::read(&bytes).unwrap());
        let mut row: domain::case::CaseRow = honest.or(before).unwrap();
        row.changed = sequence;
        forge(&mut row);
        put::<Cases>(writes, &case, &row);
    });
}

fn found(region: &Region, unit: domain::ids::UnitId, case: CaseId) -> Option<Finding> {
    region.read::<Findings>(unit, &case).map(|found| found.finding)
}

#[test]
fn stories_with_a_loss_break_nothing() {
    for seed in 0..40 {
        let judged = story::play_with_loss(seed, 150);
        assert_eq!(all_broken(&judged), [], "seed {seed}");
    }
}

#[test]
fn who_has_it_by_the_highest_statement_keeps_it() {
    let (mut region, case) = given_away_in_the_lost_tail();
    region.settle();
    assert_eq!(found(&region, VILLAGE, case), Some(Finding::Elsewhere { with: COUNTY }));
    assert_eq!(region.observer.owners(case), [COUNTY]);
    assert_eq!(all_broken(&region.finish()), []);
    // The round takes what another has.
    let (mut region, case) = given_away_in_the_lost_tail();
    judge_falsely(&mut region, VILLAGE, case, |row| {
        row.custody = Custody { role: Role::Owner, attempt: FRESH, content: None };
    });
    let judged = region.finish();
    breaks(&judged, "I5", "the round of 370811002001 took it; 370811000000 had it under attempt 2");
    breaks(&judged, "I1", "370811000000 is owner under attempt 2, 370811002001 is owner under attempt 65536");
}

#[test]
fn what_was_left_to_a_third_unit_is_not_taken_by_a_round() {
    // The county let go of it to the city, and the city has not taken it yet: nobody owns it, and it is not the village's either.
    let (mut region, case) = given_away_in_the_lost_tail();
    region.run(COUNTY, offer(case, 2, CITY));
    region.exchange();
    region.run(CITY, Command::Prepare(Prepare { case, attempt: Attempt(2) }));
    let prepared = region.next_mail(CITY, COUNTY).unwrap();
    region.carry(prepared, COUNTY, true);
    assert_eq!(region.case(COUNTY, case).unwrap().custody.role, Role::Gone { to: CITY });
    judge_falsely(&mut region, VILLAGE, case, |row| {
        row.custody = Custody { role: Role::Owner, attempt: FRESH, content: None };
    });
    let judged = region.finish();
    breaks(&judged, "I5", "370811000000 had it under attempt 2 and let go of it to 370800000000");
}

#[test]
fn work_of_the_lost_tail_comes_back_with_who_holds_it_and_what_was_only_offered_is_not_taken() {
    let (mut region, case) = worked_on_in_the_lost_tail();
    region.settle();
    assert_eq!(found(&region, COUNTY, case), Some(Finding::Ours));
    assert_eq!(region.observer.owners(case), [VILLAGE], "the result goes out once more");
    assert_eq!(all_broken(&region.finish()), []);
    // After a loss too, what a unit that lost nothing offers is taken after its commit alone.
    let (mut region, case) = worked_on_in_the_lost_tail();
    region.settle();
    let (second, _) = region.submit(VILLAGE, "EQ1", "second");
    region.run(VILLAGE, offer(second, 1, COUNTY));
    region.exchange();
    region.forge_case(COUNTY, second, |row| {
        row.custody = Custody { role: Role::Owner, attempt: Attempt(2), content: None };
    });
    assert_ne!(case, second);
    breaks(&region.finish(), "I5", "no unit has committed attempt 1 to it");
}

#[test]
fn a_story_goes_on_over_lives_in_order() {
    let (mut region, case) = worked_on_in_the_lost_tail();
    region.settle();
    // Lines of the lost tail came back with the result, under higher numbers than those of the life that goes on.
    let content = region.case(COUNTY, case).unwrap().content.unwrap();
    let own: Vec<&TimelineEntry> = content.timeline.iter().filter(|entry| entry.unit == COUNTY).collect();
    let again = own.iter().position(|entry| goes_on(&entry.what)).unwrap();
    assert!(again > 0 && own[again - 1].sequence > own[again].sequence, "{own:?}");
    assert_eq!(all_broken(&region.finish()), []);

    // A line of the former life behind one of the next.
    let (mut region, case) = worked_on_in_the_lost_tail();
    judge_falsely(&mut region, COUNTY, case, |row| {
        let timeline = &mut row.content.as_mut().unwrap().timeline;
        let line = timeline.remove(place(timeline, &goes_on) - 1);
        timeline.push(line);
    });
    breaks(&region.finish(), "I7", "of life 1 of 370811000000 is told after its command");
    // Within one life the numbers order, after a loss too.
    let (mut region, case) = worked_on_in_the_lost_tail();
    judge_falsely(&mut region, COUNTY, case, |row| {
        let timeline = &mut row.content.as_mut().unwrap().timeline;
        let decided = place(timeline, &|what| matches!(what, Happening::Decided { .. }));
        timeline.swap(decided - 1, decided);
    });
    breaks(&region.finish(), "I7", "of 370811000000 is told after its command");
    // The next life goes on and does not say how it comes to.
    let (mut region, case) = worked_on_in_the_lost_tail();
    judge_falsely(&mut region, COUNTY, case, |row| {
        let timeline = &mut row.content.as_mut().unwrap().timeline;
        let at = place(timeline, &goes_on);
        timeline[at].what = Happening::Declared;
    });
    breaks(&region.finish(), "I7", "and nothing says that it has the case again");
}

fn goes_on(what: &Happening) -> bool {
    matches!(what, Happening::GoesOn { .. })
}

/// Where such a line stands first.
fn place(timeline: &[TimelineEntry], is: &dyn Fn(&Happening) -> bool) -> usize {
    timeline.iter().position(|entry| is(&entry.what)).unwrap()
}

#[test]
fn what_a_mirror_had_is_among_what_the_round_found() {
    let (mut region, case) = given_away_in_the_lost_tail();
    region.run_with(VILLAGE, Command::JudgeInherited(JudgeInherited), None, |_, writes| {
        let found: Vec<Vec<u8>> =
            writes.iter().map(|(key, _)| key.to_vec()).filter(|key| key[0] == Findings::ID).collect();
        assert_eq!(found.len(), 1);
        for key in found {
            writes.write(key, None);
        }
    });
    region.settle();
    assert_eq!(found(&region, VILLAGE, case), None);
    breaks(&region.finish(), "I10", "has not found what became of it");
}
