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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::concerns::{FinishedStep, RatingLevel};
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = decided_for_the_village();
        let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
        let good = world.unit(VILLAGE).line(case, FinishedStep::Accepted);
        let good = world.unit(VILLAGE).take(rate(case, good, RatingLevel::FairlySatisfied));
        let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
        let nobody = ConcernId(uuid::Uuid::nil());
        let asked = ConcernTask::CallBack;
        let unreached = CallBack { case, concern, reached: false, attempts: 0, said: String::new() };
        let wordless = CallBack { reached: true, attempts: 1, ..unreached.clone() };
        assert_eq!(world.unit(VILLAGE).unfit(call_back(case, concern)), ConcernRefusal::With { with: COUNTY });
        world.exchange();
        let county = world.unit(COUNTY);
        assert_eq!(county.unfit(call_back(case, nobody)), ConcernRefusal::Unknown { concern: nobody });
        assert_eq!(county.unfit(call_back(case, good)), ConcernRefusal::Unfit { asked, waits: None });
        assert_eq!(county.unfit(Command::CallBack(unreached.clone())), ConcernRefusal::OwnStep);
        county.by_another(|county| {
            assert_eq!(county.unfit(Command::CallBack(unreached.clone())), ConcernRefusal::AttemptsMissing);
            assert_eq!(county.unfit(Command::CallBack(wordless)), ConcernRefusal::WordsMissing);
            // Nobody could be reached: that is an end of it too, and says so.
            county.done(Command::CallBack(CallBack { attempts: 3, ..unreached.clone() }));
            let waits = Some(ConcernTask::Rectify);
            assert_eq!(county.unfit(call_back(case, concern)), ConcernRefusal::Unfit { asked, waits });
        });
    }
}
