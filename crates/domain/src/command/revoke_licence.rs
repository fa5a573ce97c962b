//! 撤销: a licence that was not to be granted is taken back by who issued it (行政许可法 art. 69), and every unit that can hold it is told.

use serde::{Deserialize, Serialize};

use crate::case::Happening;
use crate::ids::CaseId;
use crate::licence::Standing;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::Licences;

use super::{Context, Done, Ruling};

/// The case that the licence was first issued in, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeLicence {
    /// Which case.
    pub case: CaseId,
    /// Public text; needed.
    pub reasons: String,
    /// The provision; needed.
    pub basis: String,
}

impl RevokeLicence {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        context.case(self.case)?;
        let licence = context.store.get::<Licences>(&self.case)?;
        let mut licence = licence.ok_or(Refusal::LicenceNone { case: self.case })?;
        let current = licence.current().ok_or(Refusal::LicenceNone { case: self.case })?;
        let number = current.number.clone();
        if licence.standing != Standing::Valid {
            return Err(Refusal::LicenceOver { licence: number, until: licence.until() }.into());
        }
        if self.reasons.trim().is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        if self.basis.trim().is_empty() {
            return Err(Refusal::BasisMissing.into());
        }
        context.check_not_busy(&licence, &number, None)?;
        context.check_time()?;

        let (reasons, basis) = (self.reasons.clone(), self.basis.clone());
        licence.standing = Standing::Revoked { at: context.now(), reasons: reasons.clone(), basis: basis.clone() };
        context.put_licence(self.case, &licence, None)?;
        context.tell_holders(&licence, &Happening::LicenceRevoked { licence: number, reasons, basis }, None)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
