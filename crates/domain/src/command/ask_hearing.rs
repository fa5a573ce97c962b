//! 申请听证: within five days of being told, the applicant or somebody whose interests are touched asks for a hearing (行政许可法 art. 47).

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::hearing::{Hearing, HearingParty};
use crate::ids::CaseId;
use crate::legal::{Act, Rule, of_case};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskHearing {
    /// Which case.
    pub case: CaseId,
    /// Who asks.
    pub party: HearingParty,
}

impl AskHearing {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        match Hearing::of(&content) {
            Hearing::None => return Err(Refusal::HearingNone.into()),
            Hearing::Offered { .. } => {}
            Hearing::Asked { .. } | Hearing::Set { .. } | Hearing::Held => return Err(Refusal::HearingTold.into()),
        }
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        legal.record(&Act::HearingAsked { on })?;
        // It binds the organ: the earliest day.
        let until = legal.running_until(Rule::HearingHeld).ok_or(Refusal::HearingNone)?.earliest;
        context.check_time()?;

        context.announce(&mut content, Happening::HearingAsked { party: self.party, until })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
