//! A stop of the clock takes longer: a second, reasoned notice, once (行政许可法 art. 45). Tables: `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::catalogue::LimitDays;
use crate::ids::CaseId;
use crate::legal::{Act, LegalRefusal, of_case};
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and the second notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProlongStop {
    /// Which case.
    pub case: CaseId,
    /// Why the time told first is not enough.
    pub reason: String,
    /// The further time needed.
    pub told: Option<LimitDays>,
}

impl ProlongStop {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content, acceptance) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        let (reason, told) = (self.reason.clone(), self.told);
        legal.record(&Act::Prolonged { on, reason: reason.clone(), told })?;
        context.check_time()?;

        let told = told.ok_or(LegalRefusal::StopEstimate)?;
        let until = legal.stops().last().map_or(on, |stop| legal.until(stop).earliest);
        context.count_on((row, content, acceptance), &organs, |due| {
            let reason = reason.clone();
            Happening::StopProlonged { reason, told, until, due }
        })?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
