//! Makes a failing scenario smaller while it goes on failing in the same way: what is left is what matters.

use crate::scenario::Scenario;

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

/// Takes steps and expectations away, in ever smaller pieces (delta debugging), as long as `fails` says the same of what is
/// left. `fails` gives what broke, e.g. `I1`; `None` where the run passes or cannot be played.
pub fn shrink(
    first: &Scenario,
    most_tries: usize,
    mut fails: impl FnMut(&Scenario) -> Option<String>,
) -> Option<Shrunk> {
    let broke = fails(first)?;
    let mut best = first.clone();
    let mut tried = 1;
    let mut piece = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut from = 0;
        let mut smaller = false;
        while from < best.steps.len() {
            if tried >= most_tries {
                return Some(Shrunk { scenario: best, tried, stopped_early: true });
            }
            let mut candidate = best.clone();
            let to = (from + piece).min(candidate.steps.len());
            candidate.steps.drain(from..to);
            tried += 1;
            if fails(&candidate).as_deref() == Some(broke.as_str()) {
                best = candidate;
                smaller = true;
            } else {
                from = to;
            }
        }
        match (piece, smaller) {
            (1, false) => return Some(Shrunk { scenario: best, tried, stopped_early: false }),
            (1, true) => {}
            _ => piece = piece.div_ceil(2),
        }
    }
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
        assert!(shrink(&scenario, 10, |_| None).is_none());
    }
}
