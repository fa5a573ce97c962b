//! 办结: the result is made and waits for delivery.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, Stage};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// Which case.
    pub case: CaseId,
}

impl Close {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if content.stage != Stage::Decided {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }

        content.stage = Stage::Closed;
        content.closed_at = Some(context.now());
        context.make_licence(&mut content)?;
        context.announce(&mut content, Happening::Closed)?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
