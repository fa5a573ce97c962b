//! 好差评: the person served says how satisfied, once for each finished step (GB/T 39735).

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, RatingLevel, Saying, StoryLine, finished_step};
use crate::ids::CaseId;
use crate::sealed::{BlindIndex, Sealed};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// A rating, where the person is: at any unit that knows the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Which case.
    pub case: CaseId,
    /// The step, as a line of the case's story.
    pub line: StoryLine,
    /// How satisfied.
    pub level: RatingLevel,
    /// Keyed hash of the identifier of who rates.
    pub by: BlindIndex,
    /// In the person's words, sealed under the case's key.
    pub remark: Option<Sealed>,
}

impl Rate {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content) = context.known_case(self.case)?;
        let line = self.line;
        if content.applicant != self.by {
            return Err(ConcernRefusal::NotApplicant.into());
        }
        let step = finished_step(&row, line).ok_or(ConcernRefusal::LineUnfit { line })?;
        if context.is_rated(self.case, line)? {
            return Err(ConcernRefusal::RatedBefore { line }.into());
        }

        let Self { level, by, remark, .. } = self.clone();
        context.give(&content, line.unit, Saying::Rating { line, step, level, by, remark })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Deliver};
    use crate::concerns::{ConcernTask, FinishedStep, RatingCount};
    use crate::refusal::Refusal;
    use crate::store::UnitRead as _;
    use crate::support::*;
    use crate::tables::RatingCounts;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = decided_for_the_village();
        let village = world.unit(VILLAGE);
        let line = village.line(case, FinishedStep::Decided);
        let right = Rate { case, line, level: RatingLevel::Satisfied, by: SERVED, remark: None };
        let unserved = StoryLine { sequence: crate::ids::Sequence(line.sequence.0 + 1), ..line };
        let nobody = CaseId(uuid::Uuid::nil());
        let wrong = Rate { case: nobody, line: unserved, by: STRANGER, ..right.clone() };
        assert_eq!(village.refused(Command::Rate(wrong.clone())), Refusal::CaseUnknown { case: nobody });
        let wrong = Rate { case, ..wrong };
        assert_eq!(village.unfit(Command::Rate(wrong.clone())), ConcernRefusal::NotApplicant);
        let wrong = Rate { by: SERVED, ..wrong };
        assert_eq!(village.unfit(Command::Rate(wrong)), ConcernRefusal::LineUnfit { line: unserved });
        village.take(Command::Rate(right.clone()));
        assert_eq!(village.unfit(Command::Rate(right)), ConcernRefusal::RatedBefore { line });
        // What is not done yet is not rated; each step once.
        let received = village.line(case, FinishedStep::Received);
        village.take(rate(case, received, RatingLevel::VerySatisfied));
        village.done(Command::Deliver(Deliver { case }));
        let delivered = village.line(case, FinishedStep::Delivered);
        village.take(rate(case, delivered, RatingLevel::FairlySatisfied));
    }

    #[test]
    fn a_bad_one_opens_a_rectification_at_the_rated_unit_by_working_days_and_counts_there() {
        let (mut world, case) = decided_for_the_village();
        let line = world.unit(VILLAGE).line(case, FinishedStep::Decided);
        let concern = world.unit(VILLAGE).take(rate(case, line, RatingLevel::VeryDissatisfied));
        assert_eq!(world.unit(VILLAGE).concern_list(), []);
        world.exchange();
        // Given 2026-02-10: five working days and fifteen, over the Spring Festival.
        assert_eq!(world.unit(COUNTY).concern_list(), [(ConcernTask::CallBack, "2026-02-24".to_owned())]);
        let received = world.unit(VILLAGE).line(case, FinishedStep::Received);
        world.unit(VILLAGE).take(rate(case, received, RatingLevel::Satisfied));
        let county = world.unit(COUNTY);
        county.by_another(|county| county.done(call_back(case, concern)));
        assert_eq!(county.concern_list(), [(ConcernTask::Rectify, "2026-03-09".to_owned())]);
        let counts = |unit: &TestUnit| unit.store.get::<RatingCounts>(&EQUAL.to_owned()).unwrap().unwrap();
        let expected = RatingCount { levels: [0, 0, 0, 0, 1], called_back: 1, rectified: 0, excluded: 0 };
        assert_eq!(counts(county), expected);
        assert_eq!(counts(world.unit(VILLAGE)).levels, [0, 1, 0, 0, 0]);
        world.exchange();
        assert_eq!(world.unit(VILLAGE).waits(case, concern), Some(ConcernTask::Rectify));
        world.replay();
    }
}
