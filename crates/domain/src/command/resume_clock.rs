//! The procedure ended before the time told: counting goes on, this day not counted (行政许可法 art. 45). Tables: `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::legal::{Act, of_case};
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeClock {
    /// Which case.
    pub case: CaseId,
}

impl ResumeClock {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content, acceptance) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        legal.record(&Act::Resumed { on })?;
        context.check_time()?;

        context.count_on((row, content, acceptance), &organs, |due| Happening::ClockResumed { due })?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
