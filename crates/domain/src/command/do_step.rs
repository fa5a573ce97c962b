//! 承办, 审核, 批准, 现场核查: one listed step of the matter's flow is done, with an opinion that officials read. Never a step that the list does not
//! have, none before its turn, and not by who may not (domain.md §2, §4).

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::flow::{Progress, StepState};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which step of which case, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoStep {
    /// Which case.
    pub case: CaseId,
    /// The step's name, as the matter lists it.
    pub step: String,
    /// Whether the application can be granted, as far as the step looks.
    pub agrees: bool,
    /// Why, sealed under the case's key: for officials alone.
    pub opinion: Sealed,
}

impl DoStep {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        if entry.reviews() {
            return Err(Refusal::ReviewsOnly { unit: context.meta.unit }.into());
        }
        let (step, by) = (self.step.clone(), context.stamp.principal.name.clone());
        let progress = Progress::of(&matter, &content);
        let Some(known) = progress.find(&step) else { return Err(Refusal::StepUnlisted { step }.into()) };
        match known.state {
            StepState::Done => return Err(Refusal::StepOver { step }.into()),
            StepState::Waits => {
                let before = known.step.after.iter().filter(|name| progress.left().contains(name));
                return Err(Refusal::StepsOpen { steps: before.cloned().collect() }.into());
            }
            StepState::Open => {}
        }
        if self.opinion.0.is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        if !progress.may_do(known, &by) {
            return Err(Refusal::DutiesApart { step }.into());
        }

        context.announce(
            &mut content,
            Happening::StepDone { step, by, agrees: self.agrees, opinion: self.opinion.clone() },
        )?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
