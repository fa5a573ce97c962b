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
        // Also what was never supplemented.
        if !matches!(content.stage, Stage::Received | Stage::AwaitingSupplement) {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let unit = context.meta.unit;
        context.entry(&content)?.ok_or(Refusal::NotAuthority { unit })?;
        context.check_not_accepted_by_law(&row, &content)?;
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        context.check_time()?;

        let (reasons, right_authority) = (self.reasons.clone(), self.right_authority);
        content.stage = Stage::NotAccepted;
        content.non_acceptance = Some(NonAcceptance { at: context.now(), reasons: reasons.clone(), right_authority });
        context.announce(&mut content, Happening::NotAccepted { reasons, right_authority })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let not_accept = |case, reasons: &str| {
            Command::NotAccept(NotAccept { case, reasons: reasons.to_owned(), right_authority: Some(OTHER_COUNTY) })
        };
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(not_accept(unknown, "")), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(not_accept(case, "")), Refusal::NotAuthority { unit: VILLAGE });
        world.settle();
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(not_accept(case, " ")), Refusal::ReasonsMissing);
        county.done(not_accept(case, "不属于本机关职权"));
        assert_eq!(county.content(case).non_acceptance.and_then(|end| end.right_authority), Some(OTHER_COUNTY));
        assert_eq!(county.refused(not_accept(case, "")), Refusal::StageUnfit { stage: Stage::NotAccepted });
        assert!(county.tasks().is_empty());
    }
}
