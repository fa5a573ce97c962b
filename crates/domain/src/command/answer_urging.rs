//! An urging is answered with a sentence.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerUrging {
    /// Which case.
    pub case: CaseId,
    /// Which urging.
    pub concern: ConcernId,
    /// Public text: no personal fields.
    pub answer: String,
}

impl AnswerUrging {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::AnswerUrging)?;
        if self.answer.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::Answered { answer: self.answer.clone() })
    }
}
