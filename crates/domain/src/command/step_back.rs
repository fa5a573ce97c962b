//! 退回: the case goes back to an earlier step of the flow, which is done anew with everything after it. The authority's time runs on.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::flow::Progress;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, to which step, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepBack {
    /// Which case.
    pub case: CaseId,
    /// The step's name, as the matter lists it: one that was begun.
    pub to: String,
    /// Why, sealed under the case's key: for officials alone.
    pub reasons: Sealed,
}

impl StepBack {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (_, matter) = context.terms(&content)?;
        let (to, reasons) = (self.to.clone(), self.reasons.clone());
        let progress = Progress::of(&matter, &content);
        let Some(known) = progress.find(&to) else { return Err(Refusal::StepUnlisted { step: to }.into()) };
        if known.hands.is_empty() {
            return Err(Refusal::StepsOpen { steps: vec![to] }.into());
        }
        if reasons.0.is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }

        context.announce(&mut content, Happening::SteppedBack { to, reasons })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
