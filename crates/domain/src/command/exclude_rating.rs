//! A bad rating is found malicious on review, by another person than the one who was rated: it counts no more.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Which rating, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludeRating {
    /// Which case.
    pub case: CaseId,
    /// Which rating.
    pub concern: ConcernId,
    /// What shows that it is malicious. Public text: no personal fields.
    pub reasons: String,
}

impl ExcludeRating {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.own_concern((self.case, self.concern))?;
        let waits = row.waits_for();
        // What was put right was no malice.
        if !matches!(waits, Some(ConcernTask::CallBack | ConcernTask::Rectify)) {
            return Err(ConcernRefusal::Unfit { asked: ConcernTask::CallBack, waits }.into());
        }
        context.check_not_own_step(&row)?;
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::Excluded { reasons: self.reasons.clone() })
    }
}
