//! What people can read after a loss: what the round found, and what was told that is void.

use std::time::Duration;

use domain::case::Stage;
use domain::handoff::Role;
use domain::ids::{CaseId, Generation};
use domain::recovery::Finding;
use sim::scenario::{Action, Lag};
use unit::{Act, Answer, CaseName, FindingsView, Question};

use super::world::{CITY, Region, VILLAGE, unit};

fn findings(region: &Region, at: &str, limit: usize, after: Option<CaseId>) -> FindingsView {
    match region.ask(at, &Question::Findings { limit, after }) {
        Some(Ok(Answer::Findings(view))) => *view,
        other => panic!("{other:?}"),
    }
}

/// What is void of a case at a unit, as stages.
fn void(region: &Region, at: &str, case: CaseName) -> Vec<Option<Stage>> {
    match region.ask(at, &Question::VoidActs { case }) {
        Some(Ok(Answer::VoidActs(told))) => told.into_iter().map(|entry| entry.what.stage()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn findings_and_void_acts_can_be_asked_for() {
    let lag = Lag::Time(Duration::from_secs(60));
    let mut region = Region::with_losses(1, &[(CITY, lag)]);
    let case = region.submit(VILLAGE, Some(CITY));
    region.pass(90_000);
    region.act(CITY, Act::Accept { case, declared: true }).unwrap();
    region.pass(10_000);
    assert_eq!(region.case(VILLAGE, case).unwrap().stage, Some(Stage::Accepted));
    assert_eq!((findings(&region, CITY, 200, None).findings, void(&region, VILLAGE, case)), (vec![], vec![]));

    region.inflict(&Action::Promote { unit: unit(CITY), lag, former_runs: false }).unwrap();
    let open = findings(&region, CITY, 200, None);
    let round = open.round.expect("nobody has answered yet");
    assert_eq!((open.generation, round.round.peers.len()), (Generation(2), 5));
    assert!(round.round.awaits(unit(VILLAGE)));
    region.pass(240_000);

    // The acceptance was in the lost tail, and the village had told the applicant of it.
    let city = region.case(CITY, case).unwrap();
    assert_eq!((city.role, city.stage), (Role::Owner, Some(Stage::Received)));
    let found = findings(&region, CITY, 200, None);
    assert_eq!((found.round, found.next), (None, None));
    let numbers: Vec<_> =
        found.findings.iter().map(|one| (one.number.map(CaseName::Number), one.found.finding)).collect();
    assert_eq!(numbers, [(Some(case), Finding::Ours)]);
    assert_eq!(void(&region, VILLAGE, case), [Some(Stage::Accepted)]);
    assert_eq!(region.case(VILLAGE, case).unwrap().stage, Some(Stage::Received), "what is void does not count");
    assert_eq!(void(&region, CITY, case), []);

    // In pages of one.
    let first = findings(&region, CITY, 1, None);
    assert_eq!(first.findings, found.findings);
    let rest = findings(&region, CITY, 1, Some(first.next.expect("there may be more")));
    assert_eq!((rest.findings, rest.next), (vec![], None));
    let wrong = region.ask(CITY, &Question::Findings { limit: 0, after: None });
    assert!(matches!(wrong, Some(Err(unit::AskFault::Invalid(_)))), "{wrong:?}");
    let unknown = region.ask("370812", &Question::VoidActs { case });
    assert!(matches!(unknown, Some(Err(unit::AskFault::Refused(_)))), "{unknown:?}");

    // Done anew, it counts, and what was void stays so.
    region.act(CITY, Act::Accept { case, declared: true }).unwrap();
    region.pass(10_000);
    assert_eq!(region.case(VILLAGE, case).unwrap().stage, Some(Stage::Accepted));
    assert_eq!(void(&region, VILLAGE, case), [Some(Stage::Accepted)]);
}
