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
