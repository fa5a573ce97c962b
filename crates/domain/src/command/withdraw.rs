//! 撤回: the applicant takes the application back, before the decision. An open offer is taken back with it.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, PassedOver, PassedOverReason, Stage};
use crate::handoff::{Input, Role};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling, TimerKind};

/// Which case, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Which case.
    pub case: CaseId,
    /// As the applicant says; may be empty.
    pub reason: String,
}

impl Withdraw {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let mut row = context.case(self.case)?;
        let regained = match row.custody.role {
            Role::Offering { to } => Some((to, context.own_step(&row, Input::Abort)?)),
            _ => None,
        };
        let mut content = match &regained {
            Some(_) => row.content.clone().ok_or(Refusal::CaseUnknown { case: self.case })?,
            None => context.owned_case(self.case)?.1,
        };
        if !matches!(content.stage, Stage::Received | Stage::AwaitingSupplement | Stage::Accepted | Stage::SentUp) {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }

        if let Some((to, step)) = regained {
            let reason = PassedOverReason::TakenBack;
            context.send_step(self.case, &step, None)?;
            row.custody = step.custody.unwrap_or(row.custody);
            content.passed_over.push(PassedOver { unit: to, reason, at: context.now() });
            context.tell(&mut content, Happening::Regained { from: to, reason })?;
        }
        context.clear_timers(self.case, &mut row, TimerKind::Patience)?;
        for kind in TimerKind::LEGAL {
            context.clear_timers(self.case, &mut row, kind)?;
        }
        content.stage = Stage::Withdrawn;
        context.announce(&mut content, Happening::Withdrawn { reason: self.reason.clone() })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
