//! 决定: granted or denied, once (行政许可法 art. 38). A denial gives its reasons.

use serde::{Deserialize, Serialize};

use crate::case::{Authority, Decision, Happening, Stage};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling, TimerKind};

/// Which case, and what is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decide {
    /// Which case.
    pub case: CaseId,
    /// Whether the application is granted.
    pub granted: bool,
    /// Public text; needed for a denial.
    pub reasons: String,
}

impl Decide {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if content.stage != Stage::Accepted {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let unit = context.meta.unit;
        let entry = context.entry(&content)?.ok_or(Refusal::NotAuthority { unit })?;
        if !self.granted && self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }

        let (granted, reasons) = (self.granted, self.reasons.clone());
        content.stage = Stage::Decided;
        content.decision = Some(Decision {
            at: context.now(),
            granted,
            reasons: reasons.clone(),
            authority: Authority { unit, body: entry.body },
            sequence: context.meta.sequence,
        });
        context.clear_timers(self.case, &mut row, TimerKind::DecisionDue)?;
        let entry = context.happening(Happening::Decided { granted, reasons });
        content.timeline.push(entry.clone());
        context.send_news(&content, &entry)?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
