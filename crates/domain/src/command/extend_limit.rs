//! 延长: the limit of the decision, once, with the approval that the law demands and the reason told (行政许可法 art. 42). Tables:
//! `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::legal::{Act, Approver, of_case};
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case, and by how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendLimit {
    /// Which case.
    pub case: CaseId,
    /// In the limit's own unit.
    pub days: u16,
    /// Who approved.
    pub by: Approver,
    /// As the applicant is told.
    pub reason: String,
}

impl ExtendLimit {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (row, content, acceptance) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        let organs = context.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = context.legal_day(&legal);
        let Self { days, by, reason, .. } = self.clone();
        legal.record(&Act::Extended { on, days, by, reason: reason.clone() })?;
        context.check_time()?;

        context.count_on((row, content, acceptance), &organs, |due| {
            let reason = reason.clone();
            Happening::LimitExtended { days, by, reason, due }
        })?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
