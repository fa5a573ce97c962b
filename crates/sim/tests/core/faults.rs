//! Faults, and what the units that met them did.

use std::time::Duration;

use domain::case::Stage;
use domain::handoff::Role;
use sim::ground::{Ground, What};
use sim::scenario::{
    Action, ClockFault, Direction, DiskFault, FaultKind, Forgery, LinkQuality, Moment, NodeChoice, Shape,
};
use unit::Act;

use crate::world::{CITY, COUNTY, Region, VILLAGE, unit};

const DAY: i64 = 86_400_000;

#[test]
fn a_cut_holds_mail_costs_nothing_and_lets_it_through_once_healed() {
    let mut region = Region::start(1);
    for way in [Direction::Both, Direction::OneWay] {
        let shape = Shape::Pair(unit(COUNTY), unit(VILLAGE), way);
        region.inflict(&Action::Cut(shape)).unwrap();
        // Who could take it instead, or carry it, is cut too, so that the county is asked again and again for 30 days.
        for other in [CITY, "370812", "370811002"] {
            region.inflict(&Action::Cut(Shape::Pair(unit(other), unit(VILLAGE), Direction::Both))).unwrap();
        }
        let case = region.submit(VILLAGE, None);
        let before = region.events.len();
        region.pass(DAY / 24);
        assert_ne!(region.case(VILLAGE, case).unwrap().role, Role::Gone { to: unit(COUNTY) });
        region.inflict(&Action::Heal(None)).unwrap();
        region.pass(200_000);
        let holds = [COUNTY, CITY].map(|at| region.case(at, case).is_some_and(|case| case.role == Role::Owner));
        assert_eq!(holds.iter().filter(|holds| **holds).count(), 1, "{holds:?}");
        // An offer and its return each minute, and nothing for the mail that cannot go.
        assert!(region.events.len() - before < 60 * 12, "{}", region.events.len() - before);
    }
    assert!(region.faults(FaultKind::Cut).iter().any(|how| how == "mail from village to county is held"));
    assert!(region.faults(FaultKind::CutOneWay).iter().any(|how| how == "the answer of county is held"));
}

#[test]
fn what_cannot_go_straight_goes_through_a_relay_and_straight_again_once_healed() {
    for way in [Direction::Both, Direction::OneWay] {
        let mut region = Region::start(1);
        region.inflict(&Action::Cut(Shape::Pair(unit(COUNTY), unit(VILLAGE), way))).unwrap();
        let case = region.submit(VILLAGE, Some(COUNTY));
        region.pass(30_000);
        assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner, "{way:?}");
        region.inflict(&Action::Heal(None)).unwrap();
        region.pass(60_000);
        // Who could carry it is cut off, and the mail goes straight.
        for other in [CITY, "370812", "370811002"] {
            region.inflict(&Action::Cut(Shape::Pair(unit(other), unit(VILLAGE), Direction::Both))).unwrap();
        }
        let case = region.submit(VILLAGE, Some(COUNTY));
        region.pass(60_000);
        assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner, "{way:?}");
    }
}

#[test]
fn thirty_days_without_a_way_are_a_handful_of_events() {
    let mut region = Region::start(1);
    // Until the founding's heads are told and answered.
    region.pass(2 * 3_600_000);
    region.inflict(&Action::Cut(Shape::Unit(unit(VILLAGE)))).unwrap();
    let case = region.submit(VILLAGE, Some(COUNTY));
    region.act(VILLAGE, Act::Withdraw { case, reason: String::new() }).unwrap();
    let before = region.events.len();
    region.inflict(&Action::Advance(Duration::from_secs(30 * 86_400))).unwrap();
    assert!(region.events.len() - before < 10);
    region.inflict(&Action::Heal(None)).unwrap();
    region.pass(1_000);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Dropped { by: unit(VILLAGE) });
}

#[test]
fn mail_that_is_played_back_is_not_logged_again() {
    let mut region = Region::start(1);
    let replay = Action::ReplayMail { from: unit(VILLAGE), to: unit(COUNTY) };
    let to_nobody = Action::ReplayMail { from: unit(VILLAGE), to: unit("370812") };
    assert!(region.inflict(&to_nobody).is_err(), "nothing was sent");
    region.submit(VILLAGE, None);
    region.pass(1_000);
    let before = region.logged(COUNTY);
    region.inflict(&replay).unwrap();
    region.pass(1_000);
    assert_eq!(region.logged(COUNTY), before);
    let told = region.faults(FaultKind::ReplayMail);
    assert_eq!(told.len(), 3, "the greeting, the offer, and the word that commits it");
    assert_eq!(told[1], "batch 2 of 3 that village once sent to county: acknowledged up to 2, 0 logged");
    // An old greeting says less than was read since. It accuses nobody.
    assert_eq!(told[0], "batch 1 of 3 that village once sent to county: refused [mail.rolled_back], 0 logged");
}

#[test]
fn forged_mail_is_refused_each_time_by_its_own_check() {
    let mut region = Region::start(1);
    region.submit(VILLAGE, None);
    region.pass(1_000);
    let before = region.logged(COUNTY);
    let (from, to) = (unit(VILLAGE), unit(COUNTY));
    for (forgery, code) in [
        (Forgery::Altered, "mail.malformed"),
        (Forgery::WrongUnit, "mail.sender"),
        (Forgery::UnknownKey, "mail.signature"),
        (Forgery::OldGeneration, "mail.generation"),
        (Forgery::Junk, "mail.malformed"),
    ] {
        region.inflict(&Action::ForgeMail { from, to, forgery }).unwrap();
        let told = region.faults(FaultKind::ForgeMail);
        let expected = format!("{forgery:?} mail in the name of village to county: refused [{code}], 0 logged");
        assert_eq!(told.last(), Some(&expected));
    }
    assert_eq!(region.logged(COUNTY), before);
}

#[test]
fn a_crash_at_any_moment_of_a_move_ends_with_one_owner() {
    for moment in [
        Moment::Received,
        Moment::Offered,
        Moment::OfferArrived,
        Moment::Prepared,
        Moment::Committed,
        Moment::Taken,
        Moment::MailLogged,
        Moment::Acknowledged,
    ] {
        for at in [VILLAGE, COUNTY] {
            let mut region = Region::start(1);
            let case = region.submit(VILLAGE, None);
            region.pass(100_000);
            assert!(region.case(COUNTY, case).is_some());
            let nodes = NodeChoice::All(unit(at));
            region.inflict(&Action::Crash { nodes, when: Some(moment), kept_percent: None }).unwrap();
            let submitted = region.ground.now();
            let another = match (moment, at) {
                // Who asked is told that the outcome is unknown; the case is there all the same.
                (Moment::Received, VILLAGE) => {
                    let matter = region.case(VILLAGE, case).unwrap();
                    drop(matter);
                    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| region.submit(VILLAGE, None)));
                    assert!(told.is_err(), "the outcome is unknown");
                    None
                }
                _ => Some(region.submit(VILLAGE, None)),
            };
            region.pass(30_000);
            let fired = !region.faults(FaultKind::CrashAtMoment).is_empty();
            let down =
                region.events.iter().any(|event| event.at >= submitted && matches!(event.what, What::Down { .. }));
            assert_eq!(fired, down, "{moment:?} at {at}");
            region.inflict(&Action::Restart(nodes)).unwrap();
            region.pass(200_000);
            if let Some(another) = another {
                let owners = [VILLAGE, COUNTY, CITY]
                    .into_iter()
                    .filter(|at| region.case(at, another).is_some_and(|case| case.role == Role::Owner));
                assert_eq!(owners.count(), 1, "{moment:?} at {at}");
            }
        }
    }
}

#[test]
fn a_unit_that_is_down_answers_nobody_and_goes_on_after_its_restart() {
    let mut region = Region::start(1);
    let nodes = NodeChoice::All(unit(COUNTY));
    region.inflict(&Action::Crash { nodes, when: None, kept_percent: None }).unwrap();
    let case = region.submit(VILLAGE, None);
    region.pass(30_000);
    assert_eq!(
        region.act(COUNTY, Act::Accept { case, declared: false }).map_err(|fault| fault.code()),
        Err("unit.no_leader")
    );
    assert!(region.ground.recorded().iter().all(|recorded| recorded.unit != unit(COUNTY)));
    region.inflict(&Action::Restart(nodes)).unwrap();
    region.pass(2_000);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner);
    // A leader of three voters is followed by another one by itself.
    let leader = NodeChoice::Leader(unit(CITY));
    region.inflict(&Action::Crash { nodes: leader, when: None, kept_percent: None }).unwrap();
    region.pass(2_000);
    assert!(region.ground.recorded().iter().any(|recorded| recorded.unit == unit(CITY)));
}

#[test]
fn a_unit_that_stands_still_answers_late() {
    let mut region = Region::start(1);
    let nodes = NodeChoice::All(unit(COUNTY));
    region.inflict(&Action::Pause { nodes, lasting: Duration::from_secs(5) }).unwrap();
    let case = region.submit(VILLAGE, None);
    region.pass(4_000);
    assert!(region.case(COUNTY, case).is_none());
    region.pass(2_000);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner);
}

#[test]
fn a_clock_a_day_ahead_accepts_nothing_until_it_is_right_again() {
    let mut region = Region::start(1);
    let case = region.submit(COUNTY, None);
    let nodes = NodeChoice::All(unit(COUNTY));
    region.inflict(&Action::Clock { nodes, fault: ClockFault::Offset(DAY) }).unwrap();
    assert_eq!(
        region.act(COUNTY, Act::Accept { case, declared: false }).map_err(|fault| fault.code()),
        Err("time.clock_off")
    );
    region.inflict(&Action::Clock { nodes, fault: ClockFault::Offset(0) }).unwrap();
    region.act(COUNTY, Act::Accept { case, declared: false }).unwrap();
    assert_eq!(region.case(COUNTY, case).unwrap().stage, Some(Stage::Accepted));

    let strobe =
        ClockFault::Strobe { by_millis: -DAY, every: Duration::from_secs(1), lasting: Duration::from_secs(10) };
    let village = NodeChoice::All(unit(VILLAGE));
    region.inflict(&Action::Clock { nodes: village, fault: strobe }).unwrap();
    let case = region.submit(VILLAGE, None);
    region.pass(20_000);
    assert_eq!(region.faults(FaultKind::ClockStrobe).len(), 11);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner, "mail goes on whatever the clock shows");
    region
        .inflict(&Action::Clock {
            nodes: village,
            fault: ClockFault::Set("1970-01-01".parse::<domain::time::CivilDate>().unwrap().begins_at()),
        })
        .unwrap();
    let case = region.submit(VILLAGE, None);
    region.pass(20_000);
    assert_eq!(region.case(COUNTY, case).unwrap().role, Role::Owner);
}

#[test]
fn lossy_slow_and_repeating_links_only_take_longer() {
    let mut region = Region::start(1);
    let quality = LinkQuality {
        delay: Duration::from_millis(200),
        loss_percent: 30.0,
        duplicate_percent: 30.0,
        reorder_percent: 30.0,
        rate: Some(16_000),
        ..LinkQuality::default()
    };
    region.inflict(&Action::Link { pair: Some((unit(VILLAGE), unit(COUNTY))), quality }).unwrap();
    let cases: Vec<_> = (0..10).map(|_| region.submit(VILLAGE, None)).collect();
    region.pass(DAY / 24);
    for case in cases {
        let owners =
            [COUNTY, CITY].into_iter().filter(|at| region.case(at, case).is_some_and(|c| c.role == Role::Owner));
        assert_eq!(owners.count(), 1);
    }
    for kind in [FaultKind::Delay, FaultKind::Loss, FaultKind::Duplicate, FaultKind::Reorder, FaultKind::Rate] {
        assert!(!region.faults(kind).is_empty(), "{kind:?}");
    }
}

#[test]
fn what_makes_no_sense_here_says_so() {
    let mut region = Region::start(1);
    let follower = NodeChoice::Nth(unit(CITY), 2);
    for action in [
        Action::Disk { nodes: NodeChoice::All(unit(CITY)), fault: DiskFault::Dead },
        Action::Cut(Shape::Node(NodeChoice::Leader(unit(CITY)))),
        Action::Crash { nodes: follower, when: None, kept_percent: None },
        Action::DeclareLost { peer: unit(VILLAGE), by: unit(COUNTY) },
        Action::Restart(NodeChoice::All(unit("370812001001"))),
    ] {
        let refused = region.inflict(&action).unwrap_err().to_string();
        assert!(refused.contains("cannot be done at fidelity core: "), "{refused}");
    }
}
