//! A stop of the clock takes longer: a second, reasoned notice, once (行政许可法 art. 45). Tables: `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::catalogue::LimitDays;
use crate::ids::CaseId;
use crate::legal::{Act, LegalRefusal};
use crate::store::UnitStore;

use super::{Context, Ruling};

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
        let act = |on| Act::Prolonged { on, reason: self.reason.clone(), told: self.told };
        context.move_last_day(self.case, act, |until, due| {
            let told = self.told.ok_or(LegalRefusal::StopEstimate)?;
            Ok(Happening::StopProlonged { reason: self.reason.clone(), told, until, due })
        })
    }
}
