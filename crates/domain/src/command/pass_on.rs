//! 移送: an authority that is not competent passes the application to the one that is, with the applicant's consent, in one act: no second
//! application, no duplicate (domain.md §7, journey 4). The right one's time begins where the case arrives.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, PassedOver, PassedOverReason, Stage};
use crate::ids::{CaseId, UnitId};
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, route};
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, to whom, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassOn {
    /// Which case.
    pub case: CaseId,
    /// The authority that is competent.
    pub to: UnitId,
    /// Why this one is not. Public text.
    pub reasons: String,
    /// The applicant agreed.
    pub consented: bool,
}

impl PassOn {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if content.stage != Stage::Received {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let (entry, _) = context.terms(&content)?;
        if entry.reviews() {
            return Err(Refusal::ReviewsOnly { unit: context.meta.unit }.into());
        }
        context.check_not_accepted_by_law(&row, &content)?;
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        if !self.consented {
            return Err(Refusal::ConsentMissing.into());
        }
        let (unit, at) = (context.meta.unit, context.now());
        content.passed_over.push(PassedOver { unit, reason: PassedOverReason::NotCompetent, at });
        // Without this unit, the rule has to lead there.
        let answer = route(&*context.store, &RouteQuestion::of_case(unit, &content))?;
        if answer.to != Some(self.to) {
            return Err(Refusal::NotAuthority { unit: self.to }.into());
        }
        context.check_time()?;
        let word = context.give_up(&mut content)?;

        // Receipt by who is not competent was none: it is where the case arrives.
        content.received_at = None;
        context.announce(&mut content, Happening::PassedOn { to: self.to, reasons: self.reasons.clone() })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        context.say(word.into_iter().collect())?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, TimerKind};
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let pass = |case, to, reasons: &str, consented| {
            Command::PassOn(PassOn { case, to, reasons: reasons.to_owned(), consented })
        };
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(pass(unknown, CITY, "", false)), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(pass(case, CITY, "", false)), Refusal::NotAuthority { unit: VILLAGE });
        world.settle();
        assert_eq!(world.unit(VILLAGE).refused(pass(case, CITY, "", false)), Refusal::CaseElsewhere { with: COUNTY });
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(pass(case, OTHER_COUNTY, " ", false)), Refusal::ReasonsMissing);
        assert_eq!(county.refused(pass(case, OTHER_COUNTY, "跨区项目", false)), Refusal::ConsentMissing);
        for wrong in [OTHER_COUNTY, COUNTY] {
            assert_eq!(county.refused(pass(case, wrong, "跨区项目", true)), Refusal::NotAuthority { unit: wrong });
        }
        county.done(pass(case, CITY, "跨区项目", true));
        assert_eq!(county.timers(), [], "no time of this unit runs any more");
        world.settle();
        assert_eq!(world.unit(COUNTY).refused(pass(case, CITY, "", true)), Refusal::CaseElsewhere { with: CITY });
        world.accept(CITY, case);
        assert_eq!(
            world.unit(CITY).refused(pass(case, COUNTY, "", true)),
            Refusal::StageUnfit { stage: Stage::Accepted }
        );
    }

    #[test]
    fn the_right_authority_has_its_own_time_from_arrival_and_the_same_case() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.settle();
        let number = world.unit(COUNTY).content(case).number;
        world.pass(3 * 86_400_000);
        let reasons = "跨区项目".to_owned();
        world.unit(COUNTY).done(Command::PassOn(PassOn { case, to: CITY, reasons, consented: true }));
        world.settle();
        let content = world.unit(CITY).content(case);
        assert_eq!((content.number, content.stage), (number, Stage::Received));
        assert_eq!(content.received_at.map(|at| at.date()), Some("2026-02-13".parse().unwrap()));
        assert_eq!(content.whole_since().date(), "2026-02-13".parse().unwrap());
        // Five working days from the 13th, the long holiday between: the 14th is worked, 24 to 27 February.
        let due = at("2026-02-28").date().begins_at();
        assert_eq!(world.unit(CITY).timers(), [(due, case, TimerKind::GapsDue)]);
    }

    #[test]
    fn who_said_that_it_is_not_competent_is_not_asked_again() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.settle();
        world.cut(CITY);
        let reasons = "跨区项目".to_owned();
        world.unit(COUNTY).done(Command::PassOn(PassOn { case, to: CITY, reasons, consented: true }));
        for _ in 0..3 {
            world.settle();
            world.pass(3_600_000);
            world.fire();
        }
        assert_eq!(world.unit(COUNTY).timers().iter().filter(|(.., kind)| *kind == TimerKind::GapsDue).count(), 0);
        world.heal();
        world.settle();
        assert_eq!(world.unit(CITY).content(case).stage, Stage::Received);
    }
}
