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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = accepted_for_the_village();
        let concern = world.unit(VILLAGE).take(urge(case));
        let answer =
            |concern, answer: &str| Command::AnswerUrging(AnswerUrging { case, concern, answer: answer.to_owned() });
        let nobody = ConcernId(uuid::Uuid::nil());
        assert_eq!(world.unit(VILLAGE).unfit(answer(concern, "")), ConcernRefusal::With { with: COUNTY });
        world.exchange();
        let county = world.unit(COUNTY);
        let asked = ConcernTask::AnswerUrging;
        assert_eq!(county.unfit(answer(nobody, "")), ConcernRefusal::Unknown { concern: nobody });
        assert_eq!(county.unfit(answer(concern, "")), ConcernRefusal::WordsMissing);
        county.done(answer(concern, "材料已齐,本周内决定"));
        assert_eq!(county.unfit(answer(concern, "")), ConcernRefusal::Unfit { asked, waits: None });
        // Answered, and still not decided: it may be urged again.
        world.exchange();
        world.unit(VILLAGE).take(urge(case));
    }
}
