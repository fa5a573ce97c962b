//! An accepted complaint is looked into: what was found, and what is done.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleComplaint {
    /// Which case.
    pub case: CaseId,
    /// Which complaint.
    pub concern: ConcernId,
    /// What was found and done. Public text: no personal fields.
    pub what: String,
}

impl HandleComplaint {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::HandleComplaint)?;
        context.check_not_own_step(&row)?;
        if self.what.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::ComplaintHandled { what: self.what.clone() })
    }
}
