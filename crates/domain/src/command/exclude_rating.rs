//! A bad rating is found malicious on review, by another person than the one who was rated: it counts no more.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernStep, ConcernTask};
use crate::ids::{CaseId, ConcernId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Which rating, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludeRating {
    /// Which case.
    pub case: CaseId,
    /// Which rating.
    pub concern: ConcernId,
    /// What shows that it is malicious. Public text: no personal fields.
    pub reasons: String,
}

impl ExcludeRating {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.own_concern((self.case, self.concern))?;
        let waits = row.waits_for();
        // What was put right was no malice.
        if !matches!(waits, Some(ConcernTask::CallBack | ConcernTask::Rectify)) {
            return Err(ConcernRefusal::Unfit { asked: ConcernTask::CallBack, waits }.into());
        }
        context.check_not_own_step(&row)?;
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        context.check_time()?;

        context.deal(row, ConcernStep::Excluded { reasons: self.reasons.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::concerns::{FinishedStep, RatingCount, RatingLevel};
    use crate::store::UnitRead as _;
    use crate::support::*;
    use crate::tables::RatingCounts;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = decided_for_the_village();
        let line = world.unit(COUNTY).line(case, FinishedStep::Decided);
        let good = world.unit(COUNTY).line(case, FinishedStep::Accepted);
        let county = world.unit(COUNTY);
        let good = county.take(rate(case, good, RatingLevel::Satisfied));
        let concern = county.take(rate(case, line, RatingLevel::VeryDissatisfied));
        let exclude = |concern, reasons: &str| {
            Command::ExcludeRating(ExcludeRating { case, concern, reasons: reasons.to_owned() })
        };
        let nobody = ConcernId(uuid::Uuid::nil());
        let asked = ConcernTask::CallBack;
        assert_eq!(county.unfit(exclude(nobody, "")), ConcernRefusal::Unknown { concern: nobody });
        assert_eq!(county.unfit(exclude(good, "")), ConcernRefusal::Unfit { asked, waits: None });
        assert_eq!(county.unfit(exclude(concern, "")), ConcernRefusal::OwnStep);
        county.by_another(|county| {
            assert_eq!(county.refused(exclude(concern, "")), Refusal::ReasonsMissing);
            county.done(exclude(concern, "同行恶意差评,经核实未曾办理"));
            assert_eq!(county.unfit(exclude(concern, "再次")), ConcernRefusal::Unfit { asked, waits: None });
        });
        let counts = county.store.get::<RatingCounts>(&EQUAL.to_owned()).unwrap();
        assert_eq!(counts, Some(RatingCount { levels: [0, 1, 0, 0, 0], excluded: 1, ..RatingCount::default() }));
        // Excluded, and still the rating of its line.
        assert_eq!(county.unfit(rate(case, line, RatingLevel::Satisfied)), ConcernRefusal::RatedBefore { line });
    }
}
