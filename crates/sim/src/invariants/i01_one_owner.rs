//! I1: at most one unit may act on a case, over the newest lives of all units, at every step.

use super::{Broken, Invariant, Look};
use crate::observe::{Moment, Observer};

#[derive(Default)]
pub(super) struct OneOwner;

impl Invariant for OneOwner {
    fn id(&self) -> &'static str {
        "I1"
    }

    fn meaning(&self) -> &'static str {
        "Never do two offices handle the same application at once."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        for case in moment.change.iter().flat_map(|change| &change.cases) {
            let owners = observer.owners(case.key);
            if owners.len() > 1 {
                let words = |unit: &domain::ids::UnitId| {
                    let attempt = observer.standing(case.key, *unit).map(|standing| standing.custody.attempt.0);
                    format!("{unit} is {} under attempt {}", observer.role_at(case.key, *unit), attempt.unwrap_or(0))
                };
                let owners: Vec<String> = owners.iter().map(words).collect();
                return Err(Broken::new(format!("case {}: {}", observer.name_of(case.key), owners.join(", "))));
            }
        }
        Ok(())
    }
}
