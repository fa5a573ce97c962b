//! Steps between acceptance and decision: nothing unlisted, nothing before its turn, duties apart, back and forth.

use super::*;
use crate::case::{Happening, Stage};
use crate::flow::Progress;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::support::*;

const SITE: &str = "现场核查";
const ASSIST: &str = "征求意见";
const HANDLE: &str = "审查";
const EXAMINE: &str = "审核";

fn step(case: CaseId, name: &str, agrees: bool) -> Command {
    Command::DoStep(DoStep { case, step: name.to_owned(), agrees, opinion: Sealed(vec![8; 40]) })
}

fn back(case: CaseId, to: &str) -> Command {
    Command::StepBack(StepBack { case, to: to.to_owned(), reasons: Sealed(vec![9; 40]) })
}

fn does(world: &mut World, person: &'static str, command: Command) {
    let county = world.unit(COUNTY);
    county.person = person;
    county.done(command);
}

fn refuses(world: &mut World, person: &'static str, command: Command) -> Refusal {
    let county = world.unit(COUNTY);
    county.person = person;
    county.refused(command)
}

fn accepted(world: &mut World) -> CaseId {
    let case = world.receive(VILLAGE, FLOW);
    world.settle();
    world.accept(COUNTY, case);
    case
}

fn open(steps: &[&str]) -> Refusal {
    Refusal::StepsOpen { steps: steps.iter().map(|name| (*name).to_owned()).collect() }
}

fn apart(step: &str) -> Refusal {
    Refusal::DutiesApart { step: step.to_owned() }
}

#[test]
fn listed_steps_are_done_in_order_by_who_may_and_then_it_is_decided_by_another() {
    let mut world = World::jining();
    let case = accepted(&mut world);
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Step, case)]);
    for (person, name) in [("li", SITE), ("zhao", SITE), ("qian", ASSIST), ("li", HANDLE), ("sun", EXAMINE)] {
        does(&mut world, person, step(case, name, true));
    }
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Decide, case)]);
    assert_eq!(refuses(&mut world, "li", decide(case, true, "")), apart("决定"));
    assert_eq!(refuses(&mut world, "qian", decide(case, false, "不符")), apart("决定"));
    does(&mut world, "zhou", decide(case, true, ""));
    world.settle();
    // The village that received it can tell who did what.
    let told = world.unit(VILLAGE).case(case).timeline().into_iter().filter_map(|line| match line.what {
        Happening::StepDone { step, by, .. } => Some(format!("{step} {by}")),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>().join(", "), "现场核查 li, 现场核查 zhao, 征求意见 qian, 审查 li, 审核 sun");
    world.replay();
}

#[test]
fn steps_refuse_in_order() {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, FLOW);
    let unknown = CaseId(uuid::Uuid::nil());
    assert_eq!(world.unit(VILLAGE).refused(step(unknown, SITE, true)), Refusal::CaseUnknown { case: unknown });
    world.settle();
    assert_eq!(world.unit(VILLAGE).refused(step(case, SITE, true)), Refusal::CaseElsewhere { with: COUNTY });
    let unfit = Refusal::StageUnfit { stage: Stage::Received };
    assert_eq!(refuses(&mut world, "li", step(case, SITE, true)), unfit);
    assert_eq!(refuses(&mut world, "li", back(case, SITE)), unfit);
    world.accept(COUNTY, case);
    for name in ["论证", "受理", "决定", ""] {
        let unlisted = Refusal::StepUnlisted { step: name.to_owned() };
        assert_eq!(refuses(&mut world, "li", step(case, name, true)), unlisted);
        assert_eq!(refuses(&mut world, "li", back(case, name)), unlisted);
    }
    assert_eq!(refuses(&mut world, "li", step(case, HANDLE, true)), open(&[SITE, ASSIST]));
    let silent = Command::DoStep(DoStep { case, step: SITE.to_owned(), agrees: true, opinion: Sealed(vec![]) });
    assert_eq!(refuses(&mut world, "li", silent), Refusal::ReasonsMissing);
    does(&mut world, "li", step(case, SITE, true));
    assert_eq!(refuses(&mut world, "li", step(case, SITE, true)), apart(SITE));
    does(&mut world, "zhao", step(case, SITE, true));
    assert_eq!(refuses(&mut world, "wu", step(case, SITE, true)), Refusal::StepOver { step: SITE.to_owned() });
    assert_eq!(refuses(&mut world, "wu", back(case, ASSIST)), open(&[ASSIST]));
    let silent = Command::StepBack(StepBack { case, to: SITE.to_owned(), reasons: Sealed(vec![]) });
    assert_eq!(refuses(&mut world, "wu", silent), Refusal::ReasonsMissing);
    // A matter that lists none has none.
    let plain = world.receive(COUNTY, EQUAL);
    world.accept(COUNTY, plain);
    let unlisted = Refusal::StepUnlisted { step: SITE.to_owned() };
    assert_eq!(refuses(&mut world, "li", step(plain, SITE, true)), unlisted);
}

#[test]
fn what_is_found_against_it_is_denied_or_done_anew() {
    let mut world = World::jining();
    let case = accepted(&mut world);
    assert_eq!(refuses(&mut world, "zhou", decide(case, false, "不符")), open(&[SITE, ASSIST, HANDLE, EXAMINE]));
    does(&mut world, "li", step(case, SITE, false));
    does(&mut world, "zhao", step(case, SITE, false));
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Decide, case)]);
    assert_eq!(refuses(&mut world, "zhou", decide(case, true, "")), open(&[ASSIST, HANDLE, EXAMINE]));
    does(&mut world, "zhou", back(case, SITE));
    assert_eq!(world.unit(COUNTY).tasks(), [(TaskKind::Step, case)]);
    for (person, name, agrees) in [
        ("li", SITE, true),
        ("zhao", SITE, true),
        ("qian", ASSIST, false),
        ("li", HANDLE, true),
        ("sun", EXAMINE, false),
    ] {
        does(&mut world, person, step(case, name, agrees));
    }
    let objects = Refusal::StepsObject { steps: vec![EXAMINE.to_owned()] };
    assert_eq!(refuses(&mut world, "zhou", decide(case, true, "")), objects);
    does(&mut world, "zhou", decide(case, false, "场所不符合规定"));
    assert_eq!(world.unit(COUNTY).content(case).stage, Stage::Decided);
    world.replay();
}

#[test]
fn a_denial_at_the_site_check_needs_no_further_steps() {
    let mut world = World::jining();
    let case = accepted(&mut world);
    does(&mut world, "li", step(case, SITE, false));
    does(&mut world, "zhao", step(case, SITE, false));
    does(&mut world, "zhou", decide(case, false, "场所不符合规定"));
    let matter = world.unit(COUNTY).content(case);
    let listed = crate::catalogue::installed::matter(world.store_of(COUNTY), 1, &matter.matter).unwrap().unwrap();
    assert_eq!(Progress::of(&listed, &matter).objecting(), [SITE]);
}
