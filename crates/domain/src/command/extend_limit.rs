//! 延长: the limit of the decision, once, with the approval that the law demands and the reason told (行政许可法 art. 42). Tables:
//! `stop_clock`.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::legal::{Act, Approver};
use crate::store::UnitStore;

use super::{Context, Ruling};

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
        let Self { days, by, reason, .. } = self;
        let act = |on| Act::Extended { on, days: *days, by: *by, reason: reason.clone() };
        context.move_last_day(self.case, act, |_, due| {
            Ok(Happening::LimitExtended { days: *days, by: *by, reason: reason.clone(), due })
        })
    }
}
