//! 不予受理: with reasons, and the right authority where this is the wrong one (行政许可法 art. 32, 38).

use serde::{Deserialize, Serialize};

use crate::case::{Happening, NonAcceptance, Stage};
use crate::ids::{CaseId, UnitId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAccept {
    /// Which case.
    pub case: CaseId,
    /// Public text.
    pub reasons: String,
    /// Whom to turn to instead.
    pub right_authority: Option<UnitId>,
}

impl NotAccept {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if content.stage != Stage::Received {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let unit = context.meta.unit;
        context.entry(&content)?.ok_or(Refusal::NotAuthority { unit })?;
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }

        let (reasons, right_authority) = (self.reasons.clone(), self.right_authority);
        let entry = context.happening(Happening::NotAccepted { reasons: reasons.clone(), right_authority });
        content.stage = Stage::NotAccepted;
        content.non_acceptance = Some(NonAcceptance { at: context.now(), reasons, right_authority });
        content.timeline.push(entry.clone());
        context.send_news(&content, &entry)?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
