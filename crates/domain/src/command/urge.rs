//! 催办 and 督办: the applicant asks for speed, an inspector orders a case to be finished by a day. Open until it is answered or the case is
//! decided; it goes after a case that moves.

use serde::{Deserialize, Serialize};

use crate::concerns::{ConcernRefusal, ConcernRow, ConcernTask, Saying, Urger, holder};
use crate::ids::CaseId;
use crate::store::UnitStore;

use super::{Context, Ruling};

/// Which case, and who urges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urge {
    /// Which case.
    pub case: CaseId,
    /// Who, and in which words.
    pub urger: Urger,
}

impl Urge {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content) = context.known_case(self.case)?;
        match &self.urger {
            Urger::Applicant { by, .. } if *by != content.applicant => return Err(ConcernRefusal::NotApplicant.into()),
            Urger::Inspector { order, .. } if order.trim().is_empty() => {
                return Err(ConcernRefusal::WordsMissing.into());
            }
            Urger::Inspector { until, .. } if *until < context.now().date() => {
                return Err(ConcernRefusal::DayPast { until: *until }.into());
            }
            _ => {}
        }
        let stage = row.stage().unwrap_or(content.stage);
        if content.decision.is_some() || stage.is_final() || stage.is_decided() {
            return Err(ConcernRefusal::NothingToHurry { stage }.into());
        }
        let same = |row: &ConcernRow| {
            let is_same = match &row.concern.saying {
                Saying::Urging(urger) => std::mem::discriminant(urger) == std::mem::discriminant(&self.urger),
                _ => false,
            };
            is_same && row.waits_for() == Some(ConcernTask::AnswerUrging)
        };
        if let Some(open) = context.concerns_of(self.case)?.into_iter().find(same) {
            return Err(ConcernRefusal::UrgedBefore { concern: open.concern.id }.into());
        }

        let to = holder(&row, context.meta.unit);
        context.give(&content, to, Saying::Urging(self.urger.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Stage;
    use crate::command::{AnswerUrging, Command};
    use crate::refusal::Refusal;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let (mut world, case) = accepted_for_the_village();
        let nobody = CaseId(uuid::Uuid::nil());
        let order = |case, order: &str, until: &str| {
            let urger = Urger::Inspector { until: until.parse().unwrap(), order: order.to_owned() };
            Command::Urge(Urge { case, urger })
        };
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(urge(nobody)), Refusal::CaseUnknown { case: nobody });
        let stranger = Urge { case, urger: Urger::Applicant { by: STRANGER, words: None } };
        assert_eq!(village.unfit(Command::Urge(stranger)), ConcernRefusal::NotApplicant);
        assert_eq!(village.unfit(order(case, " ", "2026-02-09")), ConcernRefusal::WordsMissing);
        let until = "2026-02-09".parse().unwrap();
        assert_eq!(village.unfit(order(case, "限期办结", "2026-02-09")), ConcernRefusal::DayPast { until });
        let concern = village.take(urge(case));
        assert_eq!(village.unfit(urge(case)), ConcernRefusal::UrgedBefore { concern });
        // An order stands beside what the applicant asks for.
        let ordered = village.take(order(case, "限期办结", "2026-02-12"));
        world.exchange();
        let days = [(ConcernTask::AnswerUrging, "2026-02-12"), (ConcernTask::AnswerUrging, "2026-02-24")];
        let list = world.unit(COUNTY).concern_list();
        assert_eq!(list, days.map(|(task, day)| (task, day.to_owned())));
        // The decision ends what nobody answered, and its news tell so.
        let answer = Command::AnswerUrging(AnswerUrging { case, concern: ordered, answer: "明日办结".to_owned() });
        world.unit(COUNTY).done(answer);
        world.decide(COUNTY, case);
        assert_eq!(world.unit(COUNTY).concern_list(), []);
        world.settle();
        assert_eq!((world.unit(VILLAGE).waits(case, concern), world.unit(VILLAGE).waits(case, ordered)), (None, None));
        let stage = Stage::Closed;
        assert_eq!(world.unit(VILLAGE).unfit(urge(case)), ConcernRefusal::NothingToHurry { stage });
        world.replay();
    }

    #[test]
    fn an_urging_goes_after_a_case_that_moves() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let concern = world.unit(VILLAGE).take(urge(case));
        assert_eq!(world.unit(VILLAGE).concern_list().len(), 1);
        world.settle();
        assert_eq!((world.unit(VILLAGE).concern_list().len(), world.unit(COUNTY).concern_list().len()), (0, 1));
        assert_eq!(world.unit(VILLAGE).concern(case, concern).unwrap().with, COUNTY);
        world.accept(COUNTY, case);
        world.settle();
        world.decide(COUNTY, case);
        world.settle();
        assert_eq!(world.unit(VILLAGE).waits(case, concern), None);
        world.replay();
    }
}
