//! Refuses what was offered: its content is forgotten here.

use serde::{Deserialize, Serialize};

use crate::handoff::Input;
use crate::ids::{Attempt, CaseId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::hear::forget;
use super::{Context, Done, Ruling};

/// Which offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Which case.
    pub case: CaseId,
    /// Of the offer: another one is `Changed`.
    pub attempt: Attempt,
}

impl Decline {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        let step = context.own_step(&row, Input::Decline)?;
        context.send_step(self.case, &step, None)?;
        forget(context, self.case, row, &step)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
