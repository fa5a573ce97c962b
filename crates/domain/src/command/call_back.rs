//! 回访: whoever rated badly is called back, by another person than the one who was rated.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// What came of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBack {
    /// Which case.
    pub case: CaseId,
    /// Which rating.
    pub concern: ConcernId,
    /// Whether the person was reached.
    pub reached: bool,
    /// In how many attempts.
    pub attempts: u16,
    /// What the person confirmed. Public text: no personal fields. May be empty where nobody was reached.
    pub said: String,
}

impl CallBack {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::CallBack)?;
        context.check_not_own_step(&row)?;
        if self.attempts == 0 {
            return Err(ConcernRefusal::AttemptsMissing.into());
        }
        if self.reached && self.said.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        let Self { reached, attempts, said, .. } = self.clone();
        context.deal(row, ConcernStep::CalledBack { reached, attempts, said })
    }
}
