//! Cases on their way through a region over perfect logs.

use domain::case::Stage;
use domain::handoff::Role;
use domain::ids::Sequence;
use sim::ground::{Ground, What};
use sim::scenario::{Action, Shape};
use unit::{Act, CaseName};

use crate::world::{CITY, COUNTY, Region, VILLAGE, unit};

fn decide(region: &mut Region, at: &str, case: CaseName) {
    region.act(at, Act::Accept { case, declared: false }).unwrap();
    region.pass(1_000);
    region.act(at, Act::Decide { case, granted: true, reasons: String::new() }).unwrap();
    region.pass(1_000);
}

/// The same story that the host's own region, over real consensus, tells of such a case.
#[test]
fn a_case_travels_to_the_county_and_its_result_comes_back() {
    let mut region = Region::start(1);
    let case = region.submit(VILLAGE, None);
    region.pass(1_000);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner);
    let early = region.act(VILLAGE, Act::Deliver { case });
    assert_eq!(early.map_err(|fault| fault.code()), Err("case.elsewhere"));
    decide(&mut region, COUNTY, case);
    let back = region.case(VILLAGE, case).unwrap();
    assert_eq!((back.role, back.stage), (Role::Owner, Some(Stage::Closed)));
    region.act(VILLAGE, Act::Deliver { case }).unwrap();
    let story = [
        "received",
        "offered",
        "handed over",
        "taken over",
        "claim",
        "accepted",
        "decided",
        "closed",
        "offered",
        "taken over",
        "delivered",
    ];
    assert_eq!(region.story(VILLAGE, case), story);
}

#[test]
fn the_city_takes_what_a_cut_county_does_not_answer() {
    let mut region = Region::start(1);
    region.inflict(&Action::Cut(Shape::Unit(unit(COUNTY)))).unwrap();
    let case = region.submit(VILLAGE, None);
    region.pass(59_000);
    assert_eq!(region.case(VILLAGE, case).unwrap().role, Role::Offering { to: unit(COUNTY) });
    region.pass(3_000);
    assert_eq!(region.case(CITY, case).unwrap().role, Role::Owner);
    region.inflict(&Action::Heal(None)).unwrap();
    region.pass(10_000);
    let dropped = region.case(COUNTY, case).unwrap();
    assert_eq!((dropped.role, dropped.content), (Role::Dropped { by: unit(VILLAGE) }, None));
    decide(&mut region, CITY, case);
    region.act(VILLAGE, Act::Deliver { case }).unwrap();
    let story = [
        "received",
        "offered",
        "regained",
        "offered",
        "handed over",
        "taken over",
        "claim",
        "claim",
        "accepted",
        "decided",
        "closed",
        "offered",
        "taken over",
        "delivered",
    ];
    assert_eq!(region.story(VILLAGE, case), story);
}

#[test]
fn what_is_handed_in_at_the_county_for_the_city_goes_there_and_comes_back() {
    let mut region = Region::start(1);
    let case = region.submit(COUNTY, Some(CITY));
    region.pass(1_000);
    assert_eq!(region.case(CITY, case).unwrap().role, Role::Owner);
    decide(&mut region, CITY, case);
    region.act(COUNTY, Act::Deliver { case }).unwrap();
    assert_eq!(region.case(COUNTY, case).unwrap().stage, Some(Stage::Delivered));
}

#[test]
fn every_command_is_told_once_and_recorded_payloads_make_the_same_state_again() {
    let mut region = Region::start(1);
    let case = region.submit(VILLAGE, None);
    region.pass(1_000);
    decide(&mut region, COUNTY, case);
    for recorded in region.ground.recorded() {
        let mut rows = protocol::memory::MapSnapshot::default();
        for payload in &recorded.payloads {
            let mut batch = protocol::overlay::WriteSet::default();
            protocol::machine::apply(&rows, &mut batch, payload).unwrap();
            rows.write(&batch);
        }
        assert_eq!(protocol::machine::state_hash(&rows), Ok(recorded.state), "{}", recorded.unit);
        let told = region
            .events
            .iter()
            .filter(|event| matches!(&event.what, What::Applied { unit, .. } if *unit == recorded.unit));
        assert_eq!(told.count(), recorded.payloads.len());
    }
    assert_ne!(region.case(VILLAGE, case).unwrap().changed, Sequence(0));
}

/// Everything that a seed could fix and does not would differ here: the runs are in processes of their own.
#[test]
fn two_processes_give_one_trace() {
    let own = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trace = |name: &str| {
        let file = folder.path().join(name);
        let mut run = std::process::Command::new(&own);
        run.args(["--exact", "stories::writes_its_trace", "--ignored", "--test-threads=1"]).env("TRACE_TO", &file);
        assert!(run.output().unwrap().status.success());
        std::fs::read_to_string(file).unwrap()
    };
    let (one, other) = (trace("one"), trace("other"));
    assert_eq!(one, other);
    assert_eq!(one.lines().count(), 3);
    let mut seeds: Vec<&str> = one.lines().collect();
    seeds.dedup();
    assert_eq!(seeds.len(), 3, "another seed is another run");
}

#[test]
#[ignore = "run by `two_processes_give_one_trace`, which says where the trace is to be written"]
fn writes_its_trace() {
    let Ok(file) = std::env::var("TRACE_TO") else { return };
    let mut traces = String::new();
    for seed in [1, 2, 3] {
        let mut region = Region::start(seed);
        let lossy = sim::scenario::LinkQuality { loss_percent: 20.0, duplicate_percent: 20.0, ..Default::default() };
        region.inflict(&Action::Link { pair: None, quality: lossy }).unwrap();
        for _ in 0..3 {
            let case = region.submit(VILLAGE, None);
            region.pass(300_000);
            let _any = region.act(COUNTY, Act::Accept { case, declared: false });
        }
        traces.push_str(&format!("{}\n", region.trace()));
    }
    std::fs::write(file, traces).unwrap();
}
