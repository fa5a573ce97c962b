//! I11: after the heal nobody waits for a word for ever: what is held prepared, and every open offer, ends within its bound.

use std::time::Duration;

use domain::case::Stage;
use domain::handoff::Role;
use domain::ids::UnitId;
use domain::time::Timestamp;

use super::{Broken, End, Invariant, Look, Terms};
use crate::observe::{Moment, Observer, Standing};

pub(super) struct MovesEnd {
    step: Duration,
    patience: Duration,
    healed: Option<Timestamp>,
}

impl MovesEnd {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { step: terms.step, patience: terms.patience, healed: None }
    }

    /// How long a role may last; `None` where it may last for ever.
    fn bound(&self, standing: &Standing) -> Option<Duration> {
        match standing.custody.role {
            // What is offered waits for the version that it pins too, which a healed region has within the same time.
            Role::Prepared { .. } | Role::Offered { .. } => Some(self.step),
            Role::Offering { .. } if standing.stage == Some(Stage::Received) => Some(self.patience + self.step),
            // A result waits for its receiver as long as it takes, and a healed region has nobody who is away.
            Role::Offering { .. } => Some(self.step),
            Role::Owner | Role::Gone { .. } | Role::Dropped { .. } => None,
        }
    }
}

impl Invariant for MovesEnd {
    fn id(&self) -> &'static str {
        "I11"
    }

    fn meaning(&self) -> &'static str {
        "Once the lines work again, no application hangs between two offices."
    }

    fn look(&mut self, _: &Moment<'_>, _: &Observer) -> Look {
        Ok(())
    }

    fn healed(&mut self, at: Timestamp) {
        self.healed = Some(at);
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        if !end.live {
            return Ok(());
        }
        for case in observer.cases() {
            for (unit, standing) in observer.standings(case) {
                let Some(bound) = self.bound(standing) else { continue };
                let since = self.healed.map_or(standing.since, |healed| healed.max(standing.since));
                let waited = end.at.0.saturating_sub(since.0);
                if waited > i64::try_from(bound.as_millis()).unwrap_or(i64::MAX) {
                    return Err(Broken::new(words(case, unit, standing, waited, observer)));
                }
            }
        }
        Ok(())
    }
}

fn words(case: domain::ids::CaseId, unit: UnitId, standing: &Standing, waited: i64, observer: &Observer) -> String {
    let other = standing.custody.role.counterpart();
    let there = other.map(|other| format!("; {other} is {} to it", observer.role_at(case, other)));
    format!(
        "case {}: {unit} is {} under attempt {} since {}, {} s after the heal{}",
        observer.name_of(case),
        observer.role_at(case, unit),
        standing.custody.attempt.0,
        standing.since,
        waited / 1000,
        there.unwrap_or_default(),
    )
}
