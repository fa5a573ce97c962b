//! A complaint is accepted, or not, with reasons; not by who did what it is about.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Whether it is looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeComplaint {
    /// Which case.
    pub case: CaseId,
    /// Which complaint.
    pub concern: ConcernId,
    /// Whether it is accepted.
    pub accepted: bool,
    /// Why not; never empty where it is not. Public text: no personal fields.
    pub reasons: String,
}

impl JudgeComplaint {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::JudgeComplaint)?;
        context.check_not_own_step(&row)?;
        if !self.accepted && self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        context.check_time()?;

        let step = match self.accepted {
            true => ConcernStep::ComplaintAccepted,
            false => ConcernStep::ComplaintRefused { reasons: self.reasons.clone() },
        };
        context.deal(row, step)
    }
}
