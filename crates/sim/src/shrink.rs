//! Makes a failing scenario smaller while it goes on failing in the same way: what is left is what matters.

use std::collections::BTreeSet;

use crate::scenario::{Action, Expected, Scenario};

/// The smallest scenario found, how many were tried, and whether all tries were used up before nothing more could go.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// Fails as the first one did.
    pub scenario: Scenario,
    /// How many were played.
    pub tried: usize,
    /// Whether it stopped at the limit of tries.
    pub stopped_early: bool,
}

/// Takes steps, then expectations, away, in ever smaller pieces (delta debugging), as long as `fails` says the same of what is left.
/// What speaks of a case that nobody hands in any more goes with it. `fails` gives what broke, e.g. `I1`; `None` where the run passes
/// or cannot be played.
pub fn shrink(
    first: &Scenario,
    most_tries: usize,
    mut fails: impl FnMut(&Scenario) -> Option<String>,
) -> Option<Shrunk> {
    let broke = fails(first)?;
    let mut shrunk = Shrunk { scenario: first.clone(), tried: 1, stopped_early: false };
    let mut fails_so = |scenario: &Scenario| fails(scenario).as_ref() == Some(&broke);
    let mut steps = |scenario: &mut Scenario, from: usize, many: usize| {
        let to = (from + many).min(scenario.steps.len());
        scenario.steps.drain(from..to);
        forget_cases(scenario);
        scenario.steps.len()
    };
    let mut expectations = |scenario: &mut Scenario, from: usize, many: usize| {
        let to = (from + many).min(scenario.expectations.len());
        scenario.expectations.drain(from..to);
        scenario.expectations.len()
    };
    let many = (first.steps.len(), first.expectations.len());
    take_away(&mut shrunk, most_tries, many.0, &mut steps, &mut fails_so);
    take_away(&mut shrunk, most_tries, many.1, &mut expectations, &mut fails_so);
    Some(shrunk)
}

/// Takes away pieces of one list: `take` takes so many from a place on and gives how many are left.
fn take_away(
    shrunk: &mut Shrunk,
    most_tries: usize,
    mut left: usize,
    take: &mut impl FnMut(&mut Scenario, usize, usize) -> usize,
    fails_so: &mut impl FnMut(&Scenario) -> bool,
) {
    let mut piece = left.div_ceil(2).max(1);
    loop {
        let (mut from, mut smaller) = (0, false);
        while from < left {
            if shrunk.tried >= most_tries {
                shrunk.stopped_early = true;
                return;
            }
            let mut candidate = shrunk.scenario.clone();
            let rest = take(&mut candidate, from, piece);
            shrunk.tried += 1;
            if fails_so(&candidate) {
                (shrunk.scenario, left, smaller) = (candidate, rest, true);
            } else {
                from += piece;
            }
        }
        match (piece, smaller) {
            (1, false) => return,
            (1, true) => {}
            _ => piece = piece.div_ceil(2),
        }
    }
}

/// Nothing is done with, or expected of, a case that is not handed in.
fn forget_cases(scenario: &mut Scenario) {
    let submitted = scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Submit(application) => Some(application.case.clone()),
        _ => None,
    });
    let submitted: BTreeSet<String> = submitted.collect();
    scenario.steps.retain(|step| step.action.case().is_none_or(|case| submitted.contains(case)));
    scenario.expectations.retain(|expectation| match &expectation.what {
        Expected::Case { case, .. } | Expected::Concern { case, .. } => submitted.contains(case),
        Expected::Unit { .. } | Expected::Quiet => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::region;
    use crate::scenario::Action;

    #[test]
    fn what_is_left_is_what_matters() {
        let scenario = crate::generate::world(5, &region::divisions());
        let cause = scenario.steps.iter().position(|step| matches!(step.action, Action::Crash { .. })).unwrap();
        let cause = scenario.steps[cause].clone();
        let fails = |scenario: &Scenario| scenario.steps.contains(&cause).then(|| "I1".to_owned());
        let shrunk = shrink(&scenario, 10_000, fails).unwrap();
        assert_eq!(shrunk.scenario.steps, [cause]);
        assert!(!shrunk.stopped_early);
        assert!(shrunk.scenario.expectations.is_empty());
        assert!(shrink(&scenario, 10, |_| None).is_none());
    }

    #[test]
    fn what_is_left_can_be_played() {
        let tree = region::divisions();
        let text = crate::scenario::template("To be made smaller");
        let scenario = crate::scenario::read("first.toml".as_ref(), text, &tree).unwrap();
        let with_a_case = |scenario: &Scenario| scenario.steps.iter().any(|step| step.action.case().is_some());
        let fails = |scenario: &Scenario| with_a_case(scenario).then(|| "I3".to_owned());
        let shrunk = shrink(&scenario, 10_000, fails).unwrap().scenario;
        assert_eq!(shrunk.steps.len(), 2, "a case is handed in, and something is done with it: {:?}", shrunk.steps);
        let read = crate::scenario::read("smaller.toml".as_ref(), shrunk.to_toml(), &tree).unwrap();
        assert_eq!(read.steps.len(), 2);
    }
}
