//! 听证通知: seven days before, those concerned are told when and where the hearing is held, and who chairs it: nobody who works on the case
//! (行政许可法 art. 48).

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::flow::Progress;
use crate::hearing::Hearing;
use crate::ids::CaseId;
use crate::legal::{Act, of_case};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::time::CivilDate;

use super::{Context, Done, Ruling};

/// Which case, when, where and under whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetHearing {
    /// Which case.
    pub case: CaseId,
    /// The day.
    pub held: CivilDate,
    /// Where. Public text.
    pub place: String,
    /// The account that chairs it.
    pub chair: String,
}

impl SetHearing {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        match Hearing::of(&content) {
            Hearing::None | Hearing::Offered { .. } => return Err(Refusal::HearingNone.into()),
            Hearing::Asked { .. } => {}
            Hearing::Set { .. } | Hearing::Held => return Err(Refusal::HearingTold.into()),
        }
        if self.place.trim().is_empty() || self.chair.trim().is_empty() {
            return Err(Refusal::HearingUnclear.into());
        }
        if !Progress::of(&matter, &content).may_chair(&self.chair) {
            return Err(Refusal::DutiesApart { step: "听证".to_owned() }.into());
        }
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        legal.record(&Act::HearingSet { on, held: self.held })?;
        context.check_time()?;

        let (place, chair) = (self.place.clone(), self.chair.clone());
        context.announce(&mut content, Happening::HearingSet { held: self.held, place, chair })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
