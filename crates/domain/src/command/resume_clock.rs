//! The procedure ended before the time told: counting goes on, this day not counted (行政许可法 art. 45). Tables: `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::legal::Act;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeClock {
    /// Which case.
    pub case: CaseId,
}

impl ResumeClock {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        context.move_last_day(self.case, |on| Act::Resumed { on }, |_, due| Ok(Happening::ClockResumed { due }))
    }
}
