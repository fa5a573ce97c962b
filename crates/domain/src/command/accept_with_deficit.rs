//! 容缺受理: accepted at the applicant's own request, with materials that the list lets follow. The applicant is told once which, by when, and
//! what happens otherwise; nothing is granted before they are in (domain.md §4).

use serde::{Deserialize, Serialize};

use crate::case::Within;
use crate::store::UnitStore;

use super::accept::{Accept, Terms, accept};
use super::{Context, Ruling};

/// An acceptance, and what is agreed about what is to follow: all listed materials that may and are not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptWithDeficit {
    /// What is accepted.
    pub accept: Accept,
    /// Taken with this act, as in [`super::AcceptDeclared`].
    pub declared: bool,
    /// What is agreed.
    pub deficit: Deficit,
}

/// What is agreed with the applicant about materials that are to follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deficit {
    /// The applicant asked for it and signed.
    pub asked: bool,
    /// By when they are due, and by which rule the application is over otherwise.
    pub within: Within,
}

impl AcceptWithDeficit {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        accept(context, &self.accept, self.declared, Terms::Deficit(&self.deficit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{DayUnit, Happening, Material, Stage};
    use crate::catalogue::LimitDays;
    use crate::command::{Command, Complete, FireTimer, TaskKind, TimerKind};
    use crate::ids::CaseId;
    use crate::refusal::Refusal;
    use crate::support::*;

    const FOLLOWS: &str = "场所使用证明";

    fn within(days: u16, basis: &str) -> Within {
        Within { told: LimitDays { days, unit: DayUnit::Working }, basis: basis.to_owned() }
    }

    fn with_deficit(county: &TestUnit, case: CaseId, asked: bool, within: Within) -> Command {
        let Command::Accept(accept) = county.accept_command(case) else { panic!("it accepts") };
        Command::AcceptWithDeficit(AcceptWithDeficit { accept, declared: false, deficit: Deficit { asked, within } })
    }

    fn complete(case: CaseId, names: &[&str]) -> Command {
        let material = |name: &&str| Material { name: (*name).to_owned(), content: None };
        Command::Complete(Complete { case, materials: names.iter().map(material).collect() })
    }

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive_lacking(VILLAGE, EQUAL, FOLLOWS);
        world.settle();
        let county = world.unit(COUNTY);
        let plain = county.accept_command(case);
        assert_eq!(county.refused(plain), Refusal::DeficitUntold { names: vec![FOLLOWS.to_owned()] });
        let asked = |county: &TestUnit, asked, within| with_deficit(county, case, asked, within);
        let not_asked = asked(county, false, within(0, " "));
        assert_eq!(county.refused(not_asked), Refusal::ConsentMissing);
        let no_period = asked(county, true, within(0, " "));
        assert_eq!(county.refused(no_period), Refusal::PeriodMissing);
        let no_basis = asked(county, true, within(5, " "));
        assert_eq!(county.refused(no_basis), Refusal::BasisMissing);
        let agreed = asked(county, true, within(5, "容缺受理办法第八条"));
        county.done(agreed);
        assert_eq!(county.tasks(), [(TaskKind::Decide, case), (TaskKind::Complete, case)]);
        let again = asked(county, true, within(5, "容缺受理办法第八条"));
        assert_eq!(county.refused(again), Refusal::StageUnfit { stage: Stage::Accepted });

        // What is all there has no deficit.
        let mut world = World::jining();
        let whole = world.receive(COUNTY, EQUAL);
        let county = world.unit(COUNTY);
        let needless = with_deficit(county, whole, true, within(5, "第八条"));
        assert_eq!(county.refused(needless), Refusal::DeficitNone);
    }

    #[test]
    fn nothing_is_granted_before_what_follows_is_in_and_a_denial_needs_none_of_it() {
        let mut world = World::jining();
        let case = world.receive_lacking(COUNTY, EQUAL, FOLLOWS);
        let county = world.unit(COUNTY);
        let agreed = with_deficit(county, case, true, within(5, "第八条"));
        county.done(agreed);
        let names = vec![FOLLOWS.to_owned()];
        assert_eq!(county.refused(decide(case, true, "")), Refusal::MaterialsMissing { names: names.clone() });
        assert_eq!(county.refused(complete(case, &[])), Refusal::MaterialsMissing { names: names.clone() });
        let unlisted = vec!["申请书".to_owned()];
        assert_eq!(county.refused(complete(case, &["申请书"])), Refusal::NotToFollow { names: unlisted });
        county.done(complete(case, &[FOLLOWS]));
        assert_eq!(county.tasks(), [(TaskKind::Decide, case)]);
        let kinds: Vec<_> = county.timers().into_iter().map(|(.., kind)| kind).collect();
        assert_eq!(kinds, [TimerKind::DecisionDue], "the period is over with what it was for");
        assert_eq!(county.refused(complete(case, &[FOLLOWS])), Refusal::DeficitNone);
        county.done(decide(case, true, ""));

        let mut world = World::jining();
        let denied = world.receive_lacking(COUNTY, EQUAL, FOLLOWS);
        let county = world.unit(COUNTY);
        let agreed = with_deficit(county, denied, true, within(5, "第八条"));
        county.done(agreed);
        county.done(decide(denied, false, "场所不符合规定"));
        assert!(county.timers().is_empty());
    }

    #[test]
    fn what_does_not_come_within_the_period_ends_the_application() {
        let mut world = World::jining();
        let case = world.receive_lacking(COUNTY, EQUAL, FOLLOWS);
        let county = world.unit(COUNTY);
        let agreed = with_deficit(county, case, true, within(5, "第八条"));
        county.done(agreed);
        // Five working days after 02-10, the long holiday between.
        let due = at("2026-02-25").date().begins_at();
        assert!(county.timers().contains(&(due, case, TimerKind::LapseDue)), "{:?}", county.timers());
        county.clock = due;
        // The day has come, and its timer has not been read yet.
        let until = "2026-02-24".parse().unwrap();
        assert_eq!(county.refused(complete(case, &[FOLLOWS])), Refusal::Lapsed { until });
        assert_eq!(county.refused(decide(case, false, "不符")), Refusal::Lapsed { until });
        county.done(Command::FireTimer(FireTimer { due, case, kind: TimerKind::LapseDue }));
        let content = county.content(case);
        assert_eq!(content.stage, Stage::Lapsed);
        assert_eq!(
            content.timeline.last().map(|line| &line.what),
            Some(&Happening::Lapsed { basis: "第八条".to_owned() })
        );
        assert_eq!((county.tasks(), county.timers()), (vec![], vec![]));
        assert_eq!(county.refused(complete(case, &[FOLLOWS])), Refusal::StageUnfit { stage: Stage::Lapsed });
    }

    #[test]
    fn what_the_law_accepted_is_completed_at_any_time_before_the_decision() {
        let mut world = World::jining();
        let case = world.receive_lacking(COUNTY, EQUAL, FOLLOWS);
        world.pass(20 * 86_400_000);
        world.fire();
        let county = world.unit(COUNTY);
        assert!(county.content(case).is_accepted_by_law());
        assert_eq!(
            county.refused(decide(case, true, "")),
            Refusal::MaterialsMissing { names: vec![FOLLOWS.to_owned()] }
        );
        county.done(complete(case, &[FOLLOWS]));
        county.done(decide(case, true, ""));
    }
}
