//! A hearing from its offer to its record: in time, by who may, and no decision while it is open.

use super::*;
use crate::case::{Happening, Stage};
use crate::hearing::{Hearing, HearingParty};
use crate::ids::CaseId;
use crate::legal::LegalRefusal;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::support::*;
use crate::time::CivilDate;

const DAY_MILLIS: i64 = 86_400_000;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn tell(case: CaseId, reason: &str) -> Command {
    Command::TellHearing(TellHearing { case, reason: reason.to_owned() })
}

fn ask(case: CaseId) -> Command {
    Command::AskHearing(AskHearing { case, party: HearingParty::InterestedParty })
}

fn set(case: CaseId, held: &str, place: &str, chair: &str) -> Command {
    let (place, chair) = (place.to_owned(), chair.to_owned());
    Command::SetHearing(SetHearing { case, held: day(held), place, chair })
}

fn hold(case: CaseId, record: Vec<u8>) -> Command {
    Command::HoldHearing(HoldHearing { case, record: Sealed(record) })
}

fn by(world: &mut World, person: &'static str) {
    world.unit(COUNTY).person = person;
}

/// Accepted by the county on 2026-03-02.
fn accepted(matter: &str) -> (World, CaseId) {
    let mut world = World::jining();
    world.pass(20 * DAY_MILLIS);
    let case = world.receive(VILLAGE, matter);
    world.settle();
    world.accept(COUNTY, case);
    (world, case)
}

#[test]
fn it_is_offered_asked_for_set_held_and_only_then_decided() {
    let (mut world, case) = accepted(EQUAL);
    let county = world.unit(COUNTY);
    county.done(tell(case, "邻近住户的采光"));
    // Five working days from 03-02, as the right of who is told.
    assert_eq!(Hearing::of(&county.content(case)), Hearing::Offered { until: day("2026-03-09") });
    assert_eq!(county.refused(decide(case, true, "")), Refusal::HearingOpen);
    world.pass(7 * DAY_MILLIS);
    world.unit(COUNTY).done(ask(case));
    let by_then = Hearing::Asked { by: day("2026-04-07") };
    assert_eq!(Hearing::of(&world.unit(COUNTY).content(case)), by_then);
    world.unit(COUNTY).done(set(case, "2026-03-20", "行政服务中心三楼", "chair"));
    let county = world.unit(COUNTY);
    assert_eq!(county.refused(hold(case, vec![1])), Refusal::HearingEarly { held: day("2026-03-20") });
    world.pass(11 * DAY_MILLIS);
    by(&mut world, "li");
    assert_eq!(world.unit(COUNTY).refused(decide(case, false, "影响采光")), Refusal::HearingOpen);
    assert_eq!(world.unit(COUNTY).refused(hold(case, vec![1])), Refusal::DutiesApart { step: "听证".to_owned() });
    by(&mut world, "chair");
    world.unit(COUNTY).done(hold(case, vec![1]));
    by(&mut world, "li");
    world.unit(COUNTY).done(decide(case, false, "依听证笔录,影响采光"));
    world.settle();
    let story = world.unit(VILLAGE).case(case).timeline();
    let told = story.iter().filter(|line| matches!(line.what, Happening::HearingSet { .. }));
    assert_eq!(told.count(), 1, "the village that received it can tell");
    world.replay();
}

#[test]
fn a_right_that_nobody_uses_ends_and_the_decision_waits_no_longer() {
    let (mut world, case) = accepted(EQUAL);
    world.unit(COUNTY).done(tell(case, "邻近住户的采光"));
    world.pass(8 * DAY_MILLIS);
    let late = Refusal::Legal(LegalRefusal::HearingLate { until: day("2026-03-09") });
    assert_eq!(world.unit(COUNTY).refused(ask(case)), late);
    world.unit(COUNTY).done(decide(case, true, ""));
}

#[test]
fn refusals_in_order() {
    let (mut world, case) = accepted(FLOW);
    let unknown = CaseId(uuid::Uuid::nil());
    let county = world.unit(COUNTY);
    for command in [tell(unknown, ""), ask(unknown), set(unknown, "2026-03-20", "", ""), hold(unknown, vec![])] {
        assert_eq!(county.refused(command), Refusal::CaseUnknown { case: unknown });
    }
    for command in [ask(case), set(case, "2026-03-20", "", ""), hold(case, vec![])] {
        assert_eq!(county.refused(command), Refusal::HearingNone);
    }
    assert_eq!(county.refused(tell(case, " ")), Refusal::ReasonsMissing);
    county.done(tell(case, "邻近住户的采光"));
    assert_eq!(county.refused(tell(case, "再次")), Refusal::HearingTold);
    assert_eq!(county.refused(set(case, "2026-03-20", "三楼", "chair")), Refusal::HearingNone);
    county.done(ask(case));
    assert_eq!(county.refused(ask(case)), Refusal::HearingTold);
    assert_eq!(county.refused(set(case, "2026-03-20", "三楼", " ")), Refusal::HearingUnclear);
    // Nobody who works on the case chairs it, and who is to chair it works on nothing.
    let step =
        |name: &str| Command::DoStep(DoStep { case, step: name.to_owned(), agrees: true, opinion: Sealed(vec![1]) });
    by(&mut world, "li");
    world.unit(COUNTY).done(step("现场核查"));
    let apart = |step: &str| Refusal::DutiesApart { step: step.to_owned() };
    assert_eq!(world.unit(COUNTY).refused(set(case, "2026-03-20", "三楼", "li")), apart("听证"));
    let far = world.unit(COUNTY).refused(set(case, "2026-04-20", "三楼", "chair"));
    assert!(matches!(far, Refusal::Legal(LegalRefusal::HearingFar { .. })), "{far:?}");
    let short = world.unit(COUNTY).refused(set(case, "2026-03-04", "三楼", "chair"));
    assert!(matches!(short, Refusal::Legal(LegalRefusal::HearingNotice { .. })), "{short:?}");
    world.unit(COUNTY).done(set(case, "2026-03-20", "三楼", "chair"));
    by(&mut world, "chair");
    assert_eq!(world.unit(COUNTY).refused(step("现场核查")), apart("现场核查"));
    world.pass(18 * DAY_MILLIS);
    assert_eq!(world.unit(COUNTY).refused(hold(case, vec![])), Refusal::ReasonsMissing);
    world.unit(COUNTY).done(hold(case, vec![1]));
    assert_eq!(world.unit(COUNTY).refused(hold(case, vec![1])), Refusal::HearingNone);
    assert_eq!(world.unit(COUNTY).content(case).stage, Stage::Accepted);
}

#[test]
fn a_type_whose_entry_cites_no_hearing_has_none() {
    let (mut world, case) = accepted(COUNTY_ONLY);
    assert_eq!(world.unit(COUNTY).refused(tell(case, "邻近住户的采光")), Refusal::HearingNone);
}
