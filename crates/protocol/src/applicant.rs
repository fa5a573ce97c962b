//! The applicant's fields in plain: made at the counter, sealed at once, opened only where the case is worked on.

use std::fmt;

use domain::ids::CaseId;
use domain::sealed::Sealed;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::record::{self, RecordFault};
use crate::sealing::{DataKey, Field, SealFault};
use crate::seam::Entropy;

/// Who applies, as written on the form. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct ApplicantFields {
    /// Of a person or an enterprise.
    pub name: String,
    /// Citizen number or unified social credit code, as checked.
    pub identifier: String,
    /// Where news is sent.
    pub telephone: String,
}

domain::first_form! {
    70: ApplicantFields;
}

impl fmt::Debug for ApplicantFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicantFields")
    }
}

/// Why an applicant's fields cannot be sealed or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicantFault {
    /// The sealing.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// What was inside.
    #[error(transparent)]
    Record(#[from] RecordFault),
}

impl ApplicantFields {
    /// Seals them for a case.
    pub fn seal(&self, case: CaseId, key: &DataKey, entropy: &dyn Entropy) -> Result<Sealed, ApplicantFault> {
        self.seal_as(Field::Applicant, case, key, entropy)
    }

    /// Seals them as another field of the case: who complains is told as an applicant is.
    pub fn seal_as(
        &self,
        field: Field,
        case: CaseId,
        key: &DataKey,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, ApplicantFault> {
        let plain = Zeroizing::new(record::write(self)?);
        #[cfg(mutants)]
        if domain::mutants::is(domain::mutants::Mutant::FieldsInClear) {
            return Ok(Sealed(plain.to_vec()));
        }
        Ok(key.seal(case, field, &plain, entropy)?)
    }

    /// Opens them.
    pub fn open(sealed: &Sealed, case: CaseId, key: &DataKey) -> Result<Self, ApplicantFault> {
        Ok(record::read(&key.open(case, Field::Applicant, sealed)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counting;

    #[test]
    fn fields_come_back_and_leave_no_trace_in_print() {
        let entropy = Counting::new(1);
        let case = CaseId(uuid::Uuid::from_u128(7));
        let fields = ApplicantFields {
            name: "张三".into(),
            identifier: "11010519491231002X".into(),
            telephone: "13800000000".into(),
        };
        let key = DataKey::generate(&entropy);
        let sealed = fields.seal(case, &key, &entropy).unwrap();
        assert_eq!(ApplicantFields::open(&sealed, case, &key), Ok(fields.clone()));
        assert!(!sealed.0.windows(6).any(|six| six == b"110105" || six == "张三".as_bytes()));
        assert_eq!(format!("{fields:?}"), "ApplicantFields");
    }
}
