//! The check of what an applicant promised: whether it is so. A broken promise is remembered wherever applications are accepted; what
//! was granted on it is revoked by an act of its own.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::licence::{Breach, Checked};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::Licences;

use super::{Context, Done, Ruling};

/// The case that was decided on the promise, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckPromise {
    /// Which case.
    pub case: CaseId,
    /// Whether what was promised is so.
    pub kept: bool,
    /// What was found. Public text; needed.
    pub findings: String,
}

impl CheckPromise {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.case(self.case)?;
        let content = row.content.ok_or(Refusal::LicenceNone { case: self.case })?;
        let licence = context.store.get::<Licences>(&self.case)?;
        let mut licence = licence.ok_or(Refusal::LicenceNone { case: self.case })?;
        let promise = licence.promise.as_mut().filter(|promise| promise.checked.is_none());
        let promise = promise.ok_or(Refusal::PromiseNone)?;
        if self.findings.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        context.check_time()?;

        let (kept, findings) = (self.kept, self.findings.clone());
        promise.checked = Some(Checked { at: context.now(), kept, findings: findings.clone() });
        context.put_licence(self.case, &licence, None)?;
        if !kept {
            let matter = context.matter(content.pin, &content.matter)?;
            let barred = matter.guide.commitment.as_ref().map_or(0, |rule| rule.barred_days);
            let until = context.now().date().plus_days(i32::from(barred));
            let breach = Breach { number: content.number, until };
            context.keep_breach(content.applicant, self.case, breach, None)?;
        }
        context.tell_holders(&licence, &Happening::PromiseChecked { kept, findings }, None)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
