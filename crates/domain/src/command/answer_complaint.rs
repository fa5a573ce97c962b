//! A complaint is answered, once it was looked into.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerComplaint {
    /// Which case.
    pub case: CaseId,
    /// Which complaint.
    pub concern: ConcernId,
    /// Whether it was justified.
    pub upheld: bool,
    /// Public text: no personal fields.
    pub answer: String,
}

impl AnswerComplaint {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::AnswerComplaint)?;
        context.check_not_own_step(&row)?;
        if self.answer.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::ComplaintAnswered { upheld: self.upheld, answer: self.answer.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn the_answer_is_another_units_to_give() {
        let (mut world, case) = decided_for_the_village();
        let concern = world.unit(VILLAGE).take(complain(case, None));
        let answer =
            Command::AnswerComplaint(AnswerComplaint { case, concern, upheld: false, answer: "无".to_owned() });
        assert_eq!(world.unit(VILLAGE).unfit(answer), ConcernRefusal::With { with: COUNTY });
    }
}
