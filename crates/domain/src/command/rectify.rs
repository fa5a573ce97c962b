//! 整改: what was rated badly is put right, or explained, once the person was called back.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask, Remedy};
use crate::ids::{CaseId, ConcernId};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// How a bad rating is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectify {
    /// Which case.
    pub case: CaseId,
    /// Which rating.
    pub concern: ConcernId,
    /// Put right or explained.
    pub remedy: Remedy,
    /// With what. Public text: no personal fields.
    pub what: String,
}

impl Rectify {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.waiting_concern((self.case, self.concern), ConcernTask::Rectify)?;
        if self.what.trim().is_empty() {
            return Err(ConcernRefusal::WordsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::Rectified { remedy: self.remedy, what: self.what.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::concerns::{FinishedStep, RatingLevel};
    use crate::support::*;

    #[test]
    fn refusals_in_order_and_never_before_a_call() {
        let (mut world, case) = decided_for_the_village();
        let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
        let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::Dissatisfied));
        let nobody = ConcernId(uuid::Uuid::nil());
        assert_eq!(world.unit(VILLAGE).unfit(rectify(case, concern)), ConcernRefusal::With { with: COUNTY });
        world.exchange();
        let county = world.unit(COUNTY);
        let asked = ConcernTask::Rectify;
        assert_eq!(county.unfit(rectify(case, nobody)), ConcernRefusal::Unknown { concern: nobody });
        let waits = Some(ConcernTask::CallBack);
        assert_eq!(county.unfit(rectify(case, concern)), ConcernRefusal::Unfit { asked, waits });
        county.by_another(|county| county.done(call_back(case, concern)));
        let wordless = Rectify { case, concern, remedy: Remedy::Explained, what: " ".to_owned() };
        assert_eq!(county.unfit(Command::Rectify(wordless)), ConcernRefusal::WordsMissing);
        // Whoever did the step may put it right.
        county.done(rectify(case, concern));
        assert_eq!(county.unfit(rectify(case, concern)), ConcernRefusal::Unfit { asked, waits: None });
        assert_eq!(county.concern_list(), []);
    }
}
