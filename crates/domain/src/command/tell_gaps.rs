//! 补正告知: all gaps are told at once, once (行政许可法 art. 32). Nothing is asked for that the matter does not list.

use serde::{Deserialize, Serialize};

use crate::case::{Gap, Happening, Stage, Within};
use crate::ids::CaseId;
use crate::legal::{Act, of_case};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::receive::unlisted;
use super::{Context, Done, Ruling};

/// Which case, and all that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellGaps {
    /// Which case.
    pub case: CaseId,
    /// At least one.
    pub gaps: Vec<Gap>,
    /// By when they are to be filled; no end where no provision sets one.
    pub within: Option<Within>,
}

impl TellGaps {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        let may_be_told = matches!(content.stage, Stage::Received | Stage::AwaitingSupplement);
        if !may_be_told && !content.is_accepted_by_law() {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        let allowed = legal.record(&Act::GapsTold { on });
        #[cfg(mutants)]
        let allowed = crate::mutants::instead(crate::mutants::Mutant::GapsToldAgain, allowed, Ok(()));
        allowed?;
        let says_nothing = |gap: &Gap| gap.what.trim().is_empty();
        if self.gaps.is_empty() || self.gaps.iter().any(says_nothing) {
            return Err(Refusal::GapsMissing.into());
        }
        let names = unlisted(&matter.materials, self.gaps.iter().map(|gap| gap.material.as_str()));
        if !names.is_empty() {
            return Err(Refusal::MaterialsUnlisted { names }.into());
        }
        let within = self.within.as_ref().map(|within| context.period(within, &entry, &organs)).transpose()?;
        context.check_time()?;

        content.stage = Stage::AwaitingSupplement;
        context.announce(&mut content, Happening::GapsTold { gaps: self.gaps.clone(), within })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, FireTimer, Supplement, TimerKind};
    use crate::legal::LegalRefusal;
    use crate::support::*;

    fn gaps(case: CaseId, gaps: &[(&str, &str)]) -> Command {
        let gap = |(material, what): &(&str, &str)| Gap { material: (*material).to_owned(), what: (*what).to_owned() };
        Command::TellGaps(TellGaps { case, gaps: gaps.iter().map(gap).collect(), within: None })
    }

    const ONE: &[(&str, &str)] = &[("申请书", "缺少签字")];

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(gaps(unknown, &[])), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(gaps(case, &[])), Refusal::NotAuthority { unit: VILLAGE });
        world.settle();
        assert_eq!(world.unit(VILLAGE).refused(gaps(case, ONE)), Refusal::CaseElsewhere { with: COUNTY });
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(gaps(case, &[])), Refusal::GapsMissing);
        assert_eq!(county.refused(gaps(case, &[("申请书", " ")])), Refusal::GapsMissing);
        let names = vec!["其他材料".to_owned()];
        assert_eq!(county.refused(gaps(case, &[("其他材料", "缺")])), Refusal::MaterialsUnlisted { names });
        county.done(gaps(case, ONE));
        // Once, whatever it says: art. 32 before the stage.
        assert_eq!(county.refused(gaps(case, ONE)), Refusal::Legal(LegalRefusal::GapsAgain));
        assert_eq!((county.tasks(), county.timers()), (vec![(crate::command::TaskKind::Supplement, case)], vec![]));
        let accept = county.accept_command(case);
        assert_eq!(county.refused(accept), Refusal::StageUnfit { stage: Stage::AwaitingSupplement });
    }

    #[test]
    fn gaps_told_on_the_fifth_day_are_in_time_and_a_day_later_the_law_has_accepted() {
        let told_on = |day: &str| {
            let mut world = World::jining();
            let case = world.receive(COUNTY, EQUAL);
            let county = world.unit(COUNTY);
            county.clock = at(day);
            (county.run(gaps(case, ONE)).reply, case)
        };
        assert!(matches!(told_on("2026-02-24").0, crate::command::Reply::Done(_)));
        let day = |text: &str| text.parse().unwrap();
        let by_law = LegalRefusal::AcceptedByLaw { since: day("2026-02-10"), until: day("2026-02-24") };
        assert_eq!(told_on("2026-02-25").0, crate::command::Reply::Refused(Refusal::Legal(by_law)));
    }

    #[test]
    fn nothing_told_in_time_is_accepted_as_of_receipt() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        let county = world.unit(COUNTY);
        let due = at("2026-02-25").date().begins_at();
        assert_eq!(county.timers(), [(due, case, TimerKind::GapsDue)]);
        county.clock = at("2026-02-26");
        let fire = Command::FireTimer(FireTimer { due, case, kind: TimerKind::GapsDue });
        county.done(fire);
        let content = county.content(case);
        let acceptance = content.acceptance.as_ref().unwrap();
        assert_eq!((content.stage, acceptance.at), (Stage::Accepted, at("2026-02-10")));
        assert_eq!(acceptance.due.date, "2026-03-16".parse().unwrap());
        assert_eq!(county.timers(), [(at("2026-03-17").date().begins_at(), case, TimerKind::DecisionDue)]);
        county.done(decide(case, true, ""));
    }

    #[test]
    fn only_a_regime_that_says_so_accepts_by_itself() {
        // A grant (type 05) runs only on what its entry cites.
        let mut world = World::jining();
        world.receive(COUNTY, COUNTY_ONLY);
        assert_eq!(world.unit(COUNTY).timers(), []);
    }

    #[test]
    fn what_was_late_on_its_way_is_accepted_where_it_arrives() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.cut(VILLAGE);
        world.pass(20 * 86_400_000);
        world.settle();
        let kinds: Vec<_> = world.unit(VILLAGE).timers().into_iter().map(|(.., kind)| kind).collect();
        assert_eq!(kinds, [TimerKind::Patience], "a village accepts nothing");
        world.heal();
        world.settle();
        world.fire();
        let content = world.unit(COUNTY).content(case);
        assert!(content.is_accepted_by_law());
        assert_eq!(content.acceptance.unwrap().at, at("2026-02-10"));
    }

    #[test]
    fn a_supplement_begins_the_days_anew() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        let county = world.unit(COUNTY);
        county.clock = at("2026-02-13");
        county.done(gaps(case, ONE));
        county.clock = at("2026-02-27");
        let materials = vec![crate::case::Material { name: "申请书".to_owned(), content: None }];
        county.done(Command::Supplement(Supplement { case, materials }));
        // Five working days from the 27th; the worked Saturday, 02-28, counts.
        let due = at("2026-03-06").date().begins_at();
        assert_eq!(county.timers(), [(due, case, TimerKind::GapsDue)]);
        county.clock = at("2026-03-06");
        county.done(Command::FireTimer(FireTimer { due, case, kind: TimerKind::GapsDue }));
        assert_eq!(county.content(case).acceptance.unwrap().at, at("2026-02-27"));
    }
}
