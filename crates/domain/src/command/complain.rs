//! 投诉: somebody complains about a case or a step of it. Who it is stays sealed, and is not shown to who handles the case.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, Saying, StoryLine, finished_step, holder};
use crate::ids::CaseId;
use crate::sealed::Sealed;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// A complaint, where the person is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complain {
    /// Which case.
    pub case: CaseId,
    /// The step, as a line of the case's story; the whole case where `None`.
    pub line: Option<StoryLine>,
    /// Who complains, sealed under the case's key.
    pub complainant: Sealed,
    /// What is complained of, likewise.
    pub text: Sealed,
}

impl Complain {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content) = context.known_case(self.case)?;
        if let Some(line) = self.line.filter(|line| finished_step(&row, *line).is_none()) {
            return Err(ConcernRefusal::LineUnfit { line }.into());
        }

        // About a case as a whole: whoever accepted it, or has it.
        let accepted = content.acceptance.as_ref().map(|acceptance| acceptance.authority.unit);
        let to = match self.line {
            Some(line) => line.unit,
            None => accepted.unwrap_or_else(|| holder(&row, context.meta.unit)),
        };
        let (complainant, text) = (self.complainant.clone(), self.text.clone());
        context.give(&content, to, Saying::Complaint { line: self.line, complainant, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::concerns::{ConcernTask, FinishedStep};
    use crate::refusal::Refusal;
    use crate::support::*;

    #[test]
    fn refusals_in_order_and_whose_it_is() {
        let (mut world, case) = decided_for_the_village();
        let nobody = CaseId(uuid::Uuid::nil());
        let village = world.unit(VILLAGE);
        let decided = village.line(case, FinishedStep::Decided);
        let line = StoryLine { sequence: crate::ids::Sequence(decided.sequence.0 + 1), ..decided };
        assert_eq!(village.refused(complain(nobody, Some(line))), Refusal::CaseUnknown { case: nobody });
        assert_eq!(village.unfit(complain(case, Some(line))), ConcernRefusal::LineUnfit { line });
        // About a step it is for who did it; about the case for who accepted it. Others may complain too, and again.
        let received = village.line(case, FinishedStep::Received);
        for about in [Some(received), Some(decided), None, None] {
            village.take(complain(case, about));
        }
        world.exchange();
        let day = || (ConcernTask::JudgeComplaint, "2026-02-24".to_owned());
        assert_eq!(world.unit(VILLAGE).concern_list(), [day()]);
        assert_eq!(world.unit(COUNTY).concern_list(), [day(), day(), day()]);
        world.replay();
    }
}
