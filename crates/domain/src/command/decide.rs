//! 决定: granted or denied, once (行政许可法 art. 38). A denial gives its reasons.

use serde::{Deserialize, Serialize};

use crate::case::{Authority, Decision, Happening, Stage};
use crate::flow::Progress;
use crate::hearing::Hearing;
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
        #[cfg(mutants)]
        {
            content.stage = crate::mutants::stage_to_decide(content.stage);
        }
        if content.stage != Stage::Accepted {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let unit = context.meta.unit;
        let (entry, matter) = context.terms(&content)?;
        if entry.reviews() {
            return Err(Refusal::ReviewsOnly { unit }.into());
        }
        context.check_not_lapsed(&row, &content)?;
        if !self.granted && self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        let names = content.to_follow(&matter);
        #[cfg(mutants)]
        let names = crate::mutants::instead(crate::mutants::Mutant::GrantedLacking, names, vec![]);
        if self.granted && !names.is_empty() {
            return Err(Refusal::MaterialsMissing { names }.into());
        }
        let progress = Progress::of(&matter, &content);
        let (left, objecting) = (progress.left(), progress.objecting());
        // What a step found against it is enough for a denial.
        if !left.is_empty() && (self.granted || objecting.is_empty()) {
            return Err(Refusal::StepsOpen { steps: left }.into());
        }
        if self.granted && !objecting.is_empty() {
            return Err(Refusal::StepsObject { steps: objecting }.into());
        }
        if Hearing::of(&content).is_open(context.now().date()) {
            return Err(Refusal::HearingOpen.into());
        }
        if !progress.may_decide(&context.stamp.principal.name) {
            return Err(Refusal::DutiesApart { step: "决定".to_owned() }.into());
        }
        if self.granted {
            context.check_about(&content)?;
        }
        context.check_time()?;
        context.check_decidable(&content)?;

        let (granted, reasons) = (self.granted, self.reasons.clone());
        content.stage = Stage::Decided;
        content.decision = Some(Decision {
            at: context.now(),
            granted,
            reasons: reasons.clone(),
            authority: Authority { unit, body: entry.body.clone() },
            sequence: context.meta.sequence,
        });
        for kind in TimerKind::LEGAL {
            context.clear_timers(self.case, &mut row, kind)?;
        }
        context.announce(&mut content, Happening::Decided { granted, reasons })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(decide(unknown, false, "")), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(decide(case, false, "")), Refusal::StageUnfit { stage: Stage::Received });
        world.settle();
        assert_eq!(world.unit(VILLAGE).refused(decide(case, false, "")), Refusal::CaseElsewhere { with: COUNTY });
        world.accept(COUNTY, case);
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(decide(case, false, " ")), Refusal::ReasonsMissing);
        county.done(decide(case, false, "场所不符合规定"));
        // Once, whatever it says (I3).
        assert_eq!(county.refused(decide(case, true, "")), Refusal::StageUnfit { stage: Stage::Decided });
        assert_eq!(county.content(case).decision.map(|decision| decision.granted), Some(false));
    }
}
