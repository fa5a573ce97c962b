//! Expectations while a scenario is played: each is looked at from its time on until it is met or its time is over.

use domain::ids::UnitId;
use domain::time::Timestamp;

use super::Checked;
use super::engine::millis;
use crate::observe::Observer;
use crate::scenario::{Expected, Scenario, World, word_of};

/// All expectations of a scenario and how far each has got.
pub(super) struct Waiting {
    all: Vec<One>,
}

struct One {
    from: Timestamp,
    until: Timestamp,
    checked: Checked,
    what: Expected,
    over: bool,
}

impl Waiting {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let one = |expectation: &crate::scenario::Expectation| {
            let from = scenario.start.plus_millis(millis(expectation.at));
            One {
                from,
                until: from.plus_millis(millis(expectation.within)),
                checked: Checked {
                    line: expectation.line,
                    what: words(&expectation.what, &scenario.world),
                    met: None,
                    found: "never looked at".to_owned(),
                },
                what: expectation.what.clone(),
                over: false,
            }
        };
        Self { all: scenario.expectations.iter().map(one).collect() }
    }

    /// Looks at those whose time it is.
    pub(super) fn look(&mut self, observer: &Observer, now: Timestamp) {
        for one in self.all.iter_mut().filter(|one| !one.over && one.from <= now) {
            match observer.holds(&one.what) {
                Ok(()) => {
                    one.checked.met = Some(now);
                    one.over = true;
                }
                Err(found) => {
                    one.checked.found = found;
                    one.over = one.until <= now;
                }
            }
        }
    }

    /// The next time at which one has to be looked at; `None` when all are over.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.all
            .iter()
            .filter(|one| !one.over)
            .map(|one| if one.from > now { one.from } else { one.until.max(now.plus_millis(1)) })
            .min()
    }

    pub(super) fn results(self) -> Vec<Checked> {
        self.all.into_iter().map(|one| one.checked).collect()
    }
}

/// An expectation in words.
fn words(what: &Expected, world: &World) -> String {
    let alias = |unit: &UnitId| world.alias(*unit);
    match what {
        Expected::Quiet => "nothing moves any more".to_owned(),
        Expected::Case { case, owner, stage, seen_from, role, passed_over, card } => {
            let mut parts = Vec::new();
            parts.extend(owner.as_ref().map(|unit| format!("is owned by {}", alias(unit))));
            parts.extend(stage.map(|stage| format!("is {}", word_of(&stage))));
            parts.extend(role.as_ref().map(|role| format!("is held as {role}")));
            parts.extend(seen_from.as_ref().map(|unit| format!("as {} knows", alias(unit))));
            parts.extend(passed_over.as_ref().map(|unit| format!("has passed over {}", alias(unit))));
            parts.extend(card.map(|card| format!("has as its worst card: {}", word_of(&card))));
            format!("{case} {}", parts.join(", "))
        }
        Expected::Concern { case, seen_from, kind, number, waits, card } => {
            let mut parts = Vec::new();
            parts.extend(number.map(|number| format!("there are {number} of it")));
            parts.extend(waits.map(|waits| match waits {
                Some(task) => format!("it waits for {}", word_of(&task)),
                None => "nothing is owed".to_owned(),
            }));
            parts.extend(card.map(|card| format!("its worst card is: {}", word_of(&card))));
            format!("{} of {case}, as {} knows: {}", word_of(kind), alias(seen_from), parts.join(", "))
        }
        Expected::Unit { unit, catalogue, backlog, stopped, evidence } => {
            let mut parts = Vec::new();
            parts.extend(catalogue.map(|number| format!("has catalogue {number}")));
            parts.extend(backlog.map(|backlog| format!("has a backlog of {backlog}")));
            parts.extend(stopped.map(|stopped| if stopped { "has stopped" } else { "has not stopped" }.to_owned()));
            parts.extend(evidence.map(|count| format!("keeps {count} contradictions")));
            format!("{} {}", alias(unit), parts.join(", "))
        }
    }
}
