//! 特别程序: the authority's clock stands still for a procedure of art. 45, for the period that the applicant is told in writing.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::legal::{Act, LegalRefusal, StopNotice};
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Which case, and the notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopClock {
    /// Which case.
    pub case: CaseId,
    /// Kind, basis and the time needed.
    pub notice: StopNotice,
}

impl StopClock {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let StopNotice { kind, basis, told } = &self.notice;
        let act = |on| Act::Stopped { on, notice: self.notice.clone() };
        context.move_last_day(self.case, act, |until, due| {
            // The law's check has seen to both.
            let (kind, told) = (kind.ok_or(LegalRefusal::StopKind)?, told.ok_or(LegalRefusal::StopEstimate)?);
            Ok(Happening::ClockStopped { kind, basis: basis.clone(), told, until, due })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{DayUnit, Stage};
    use crate::catalogue::LimitDays;
    use crate::command::{Command, ExtendLimit, FireTimer, ProlongStop, ResumeClock, TimerKind};
    use crate::legal::{Approver, Procedure};
    use crate::refusal::Refusal;
    use crate::support::*;
    use crate::time::CivilDate;

    const TEN: LimitDays = LimitDays { days: 10, unit: DayUnit::Working };

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn notice() -> StopNotice {
        StopNotice { kind: Some(Procedure::ExpertReview), basis: "食品安全法第35条".to_owned(), told: Some(TEN) }
    }

    fn stop(case: CaseId) -> Command {
        Command::StopClock(StopClock { case, notice: notice() })
    }

    fn accepted(matter: &str) -> (World, CaseId) {
        let mut world = World::jining();
        let case = world.receive(COUNTY, matter);
        world.accept(COUNTY, case);
        (world, case)
    }

    fn due_of(county: &TestUnit) -> Vec<(CivilDate, TimerKind)> {
        county.timers().into_iter().map(|(due, _, kind)| (due.date(), kind)).collect()
    }

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = accepted(EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(stop(unknown)), Refusal::CaseUnknown { case: unknown });
        let with = |change: &dyn Fn(&mut StopNotice)| {
            let mut notice = notice();
            change(&mut notice);
            Command::StopClock(StopClock { case, notice })
        };
        for (command, why) in [
            (with(&|notice| notice.kind = None), LegalRefusal::StopKind),
            (with(&|notice| notice.basis = " ".to_owned()), LegalRefusal::StopBasis),
            (with(&|notice| notice.told = None), LegalRefusal::StopEstimate),
            (with(&|notice| notice.kind = Some(Procedure::SiteCheck)), LegalRefusal::SiteCheck),
        ] {
            assert_eq!(county.refused(command), Refusal::Legal(why));
        }
        county.clock = at("2026-02-13");
        county.done(stop(case));
        county.clock = at("2026-02-25");
        let until = day("2026-03-05");
        assert_eq!(county.refused(stop(case)), Refusal::Legal(LegalRefusal::StopOverlap { until }));
        county.done(decide(case, true, ""));
        assert_eq!(county.refused(stop(case)), Refusal::StageUnfit { stage: Stage::Decided });

        // A grant runs on what its entry cites, and that is no procedure.
        let (mut world, case) = accepted(COUNTY_ONLY);
        assert_eq!(world.unit(COUNTY).refused(stop(case)), Refusal::Legal(LegalRefusal::StopUncited));
    }

    #[test]
    fn the_vector_of_the_domain() {
        // Accepted 02-10, 20 days; stopped after 02-13 with 3 used; resumed 03-04: due 2026-03-27.
        let (mut world, case) = accepted(EQUAL);
        let county = world.unit(COUNTY);
        county.clock = at("2026-02-13");
        county.done(stop(case));
        // Ten working days after 02-13 end on 03-05: counting goes on by itself on the day after.
        assert_eq!(
            due_of(county),
            [(day("2026-03-06"), TimerKind::StopOver), (day("2026-03-31"), TimerKind::DecisionDue)]
        );
        let resume = Command::ResumeClock(ResumeClock { case });
        assert_eq!(county.refused(resume.clone()), Refusal::Legal(LegalRefusal::NotStopped { on: day("2026-02-13") }));
        county.clock = at("2026-03-04");
        county.done(resume.clone());
        assert_eq!(due_of(county), [(day("2026-03-28"), TimerKind::DecisionDue)]);
        assert_eq!(county.refused(resume), Refusal::Legal(LegalRefusal::NotStopped { on: day("2026-03-04") }));
        // Acceptance is a fact and stays as it was.
        assert_eq!(county.content(case).acceptance.unwrap().due.date, day("2026-03-16"));
    }

    #[test]
    fn a_stop_is_prolonged_once_with_its_reason() {
        let (mut world, case) = accepted(EQUAL);
        let county = world.unit(COUNTY);
        county.clock = at("2026-02-13");
        county.done(stop(case));
        county.clock = at("2026-03-04");
        let prolong = |reason: &str, told| Command::ProlongStop(ProlongStop { case, reason: reason.to_owned(), told });
        assert_eq!(county.refused(prolong("", Some(TEN))), Refusal::Legal(LegalRefusal::Reason));
        assert_eq!(county.refused(prolong("专家未到", None)), Refusal::Legal(LegalRefusal::StopEstimate));
        county.done(prolong("专家未到", Some(TEN)));
        assert_eq!(county.refused(prolong("又", Some(TEN))), Refusal::Legal(LegalRefusal::ProlongedAgain));
        // Twenty days not counted: until 03-19, then 17 are left.
        assert_eq!(
            due_of(county),
            [(day("2026-03-20"), TimerKind::StopOver), (day("2026-04-15"), TimerKind::DecisionDue)]
        );
    }

    #[test]
    fn a_period_that_is_over_is_said_and_changes_no_date() {
        let (mut world, case) = accepted(EQUAL);
        let county = world.unit(COUNTY);
        county.clock = at("2026-02-13");
        county.done(stop(case));
        let due = day("2026-03-06").begins_at();
        county.clock = due;
        county.done(Command::FireTimer(FireTimer { due, case, kind: TimerKind::StopOver }));
        assert_eq!(due_of(county), [(day("2026-03-31"), TimerKind::DecisionDue)]);
        let last = county.content(case).timeline.pop().unwrap().what;
        assert_eq!(last, Happening::StopExpired { due: day("2026-03-30") });
    }

    #[test]
    fn the_limit_is_extended_once_by_who_may() {
        let (mut world, case) = accepted(EQUAL);
        let county = world.unit(COUNTY);
        let extend =
            |days, by, reason: &str| Command::ExtendLimit(ExtendLimit { case, days, by, reason: reason.to_owned() });
        let head = Approver::OrganHead;
        let refused = |refusal| Refusal::Legal(refusal);
        assert_eq!(county.refused(extend(11, head, "")), refused(LegalRefusal::ExtensionLong { asked: 11, most: 10 }));
        let by = Approver::GovernmentHead;
        assert_eq!(county.refused(extend(10, by, "")), refused(LegalRefusal::ExtensionBy { by, needed: head }));
        assert_eq!(county.refused(extend(10, head, "")), refused(LegalRefusal::Reason));
        county.done(extend(10, head, "案情复杂"));
        assert_eq!(due_of(county), [(day("2026-03-31"), TimerKind::DecisionDue)]);
        assert_eq!(county.refused(extend(10, head, "再")), refused(LegalRefusal::ExtensionAgain));
        // After the last day nothing is left to extend.
        let (mut world, case) = accepted(EQUAL);
        let county = world.unit(COUNTY);
        county.clock = at("2026-03-17");
        let late = ExtendLimit { case, days: 1, by: head, reason: "迟".to_owned() };
        let late = county.refused(Command::ExtendLimit(late));
        assert_eq!(late, refused(LegalRefusal::ExtensionLate { on: day("2026-03-17"), due: day("2026-03-16") }));
    }
}
