//! 整改: what was rated badly is put right, or explained, once the person was called back.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask, Remedy};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// How a bad rating is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectify {
    /// Which case.
    pub case: CaseId,
    /// Which rating.
    pub concern: ConcernId,
    /// Put right or explained.
    pub remedy: Remedy,
    /// With what. Public text: no personal fields.
    pub what: String,
}

impl Rectify {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::Rectify)?;
        if self.what.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::Rectified { remedy: self.remedy, what: self.what.clone() })
    }
}
