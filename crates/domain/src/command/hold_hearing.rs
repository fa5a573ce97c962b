//! 听证笔录: who chaired the hearing hands in its record, which the decision goes by (行政许可法 art. 48).

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::hearing::Hearing;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldHearing {
    /// Which case.
    pub case: CaseId,
    /// 听证笔录, sealed under the case's key.
    pub record: Sealed,
}

impl HoldHearing {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        context.terms(&content)?;
        let Hearing::Set { held, chair } = Hearing::of(&content) else { return Err(Refusal::HearingNone.into()) };
        if context.now().date() < held {
            return Err(Refusal::HearingEarly { held }.into());
        }
        if self.record.0.is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        if context.stamp.principal.name != chair {
            return Err(Refusal::DutiesApart { step: "听证".to_owned() }.into());
        }
        context.check_time()?;

        context.announce(&mut content, Happening::HearingHeld { record: self.record.clone() })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
