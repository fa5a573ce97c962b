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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::concerns::{ConcernRefusal, FinishedStep};
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = decided_for_the_village();
        let county = world.unit(COUNTY);
        let line = county.line(case, FinishedStep::Decided);
        let concern = county.take(complain(case, Some(line)));
        let whole = county.take(complain(case, None));
        let judge = |concern, accepted, reasons: &str| {
            Command::JudgeComplaint(JudgeComplaint { case, concern, accepted, reasons: reasons.to_owned() })
        };
        let nobody = ConcernId(uuid::Uuid::nil());
        let asked = ConcernTask::JudgeComplaint;
        assert_eq!(county.unfit(judge(nobody, false, "")), ConcernRefusal::Unknown { concern: nobody });
        // Of the whole case nobody judges who had a hand in it.
        assert_eq!(county.unfit(judge(concern, false, "")), ConcernRefusal::OwnStep);
        assert_eq!(county.unfit(judge(whole, true, "")), ConcernRefusal::OwnStep);
        county.by_another(|county| {
            assert_eq!(county.refused(judge(concern, false, "")), Refusal::ReasonsMissing);
            county.done(judge(concern, false, "不属于投诉范围"));
            assert_eq!(county.unfit(judge(concern, true, "")), ConcernRefusal::Unfit { asked, waits: None });
            county.done(judge(whole, true, ""));
        });
        assert_eq!(county.waits(case, whole), Some(ConcernTask::HandleComplaint));
    }
}
