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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{AnswerComplaint, Command, JudgeComplaint};
    use crate::support::*;

    #[test]
    fn handling_and_answering_refuse_in_order() {
        let (mut world, case) = decided_for_the_village();
        let county = world.unit(COUNTY);
        let concern = county.take(complain(case, None));
        let handle =
            |concern, what: &str| Command::HandleComplaint(HandleComplaint { case, concern, what: what.to_owned() });
        let answer = |concern, answer: &str| {
            Command::AnswerComplaint(AnswerComplaint { case, concern, upheld: true, answer: answer.to_owned() })
        };
        let nobody = ConcernId(uuid::Uuid::nil());
        let (handling, answering) = (ConcernTask::HandleComplaint, ConcernTask::AnswerComplaint);
        let waits = Some(ConcernTask::JudgeComplaint);
        for (act, asked) in [(handle(nobody, ""), handling), (answer(nobody, ""), answering)] {
            assert_eq!(county.unfit(act), ConcernRefusal::Unknown { concern: nobody }, "{asked:?}");
        }
        assert_eq!(county.unfit(handle(concern, "")), ConcernRefusal::Unfit { asked: handling, waits });
        assert_eq!(county.unfit(answer(concern, "")), ConcernRefusal::Unfit { asked: answering, waits });
        let judge = JudgeComplaint { case, concern, accepted: true, reasons: String::new() };
        county.by_another(|county| county.done(Command::JudgeComplaint(judge)));
        let waits = Some(handling);
        assert_eq!(county.unfit(answer(concern, "")), ConcernRefusal::Unfit { asked: answering, waits });
        assert_eq!(county.unfit(handle(concern, "")), ConcernRefusal::OwnStep);
        county.by_another(|county| {
            assert_eq!(county.unfit(handle(concern, "")), ConcernRefusal::WordsMissing);
            county.done(handle(concern, "窗口人员已调整"));
        });
        assert_eq!(county.unfit(answer(concern, "")), ConcernRefusal::OwnStep);
        county.by_another(|county| {
            assert_eq!(county.unfit(answer(concern, " ")), ConcernRefusal::WordsMissing);
            county.done(answer(concern, "投诉属实,已整改"));
            let asked = answering;
            assert_eq!(county.unfit(answer(concern, "再答")), ConcernRefusal::Unfit { asked, waits: None });
        });
        assert_eq!(county.concern_list(), []);
    }
}
