//! 告知听证权利: before a decision that touches the interests of others than the applicant greatly, those concerned are told of their right to a
//! hearing (行政许可法 art. 47).

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::hearing::Hearing;
use crate::ids::CaseId;
use crate::legal::{Act, Rule, of_case};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellHearing {
    /// Which case.
    pub case: CaseId,
    /// Whose interests it touches, and how. Public text: no personal fields.
    pub reason: String,
}

impl TellHearing {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        if entry.reviews() {
            return Err(Refusal::ReviewsOnly { unit: context.meta.unit }.into());
        }
        if Hearing::of(&content) != Hearing::None {
            return Err(Refusal::HearingTold.into());
        }
        if self.reason.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        legal.record(&Act::HearingOffered { on })?;
        // It ends a right: the latest day that calendars allow.
        let until = legal.running_until(Rule::HearingAsked).ok_or(Refusal::HearingNone)?.latest;
        context.check_time()?;

        context.announce(&mut content, Happening::HearingOffered { until, reason: self.reason.clone() })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
