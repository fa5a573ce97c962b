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
