//! The leader's clock is in doubt: from here on the log's time is uncertain. Logged before anything else that such a clock stamps.

use serde::{Deserialize, Serialize};

use crate::store::UnitStore;
use crate::stretch::{self, OpenStretch, Stretch};
use crate::tables::{OpenStretches, Stretches};

use super::{Context, Done, Ruling};

/// Why the clock is in doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtTime {
    /// For people.
    pub why: String,
}

impl DoubtTime {
    /// The doubted stamp does not move the unit's time: what stands there is the last certain one.
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        if stretch::open(&*context.store)?.is_some() {
            return Ok(Done::Nothing);
        }
        let (since, certain_until) = (context.meta.sequence, context.now());
        let begun = Stretch { certain_until, why: self.why.clone(), ended: None };
        context.store.put::<Stretches>(&since, &begun)?;
        context.store.put::<OpenStretches>(&(), &OpenStretch { since, certain_until })?;
        Ok(Done::TimeDoubted { since })
    }
}
