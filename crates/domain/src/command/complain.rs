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
