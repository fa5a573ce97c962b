//! Why a command ended early.

use crate::accounts::AccountRefusal;
use crate::catalogue::CatalogueRefusal;
use crate::codec::CodecFault;
use crate::legal::LegalRefusal;
use crate::refusal::Refusal;
use crate::store::StoreFault;

/// Why a command ended early: an answer, or the end of the group.
#[derive(Debug)]
pub(crate) enum Halt {
    Refused(Refusal),
    Fault(StoreFault),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CatalogueRefusal> for Halt {
    fn from(refusal: CatalogueRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<AccountRefusal> for Halt {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<LegalRefusal> for Halt {
    fn from(refusal: LegalRefusal) -> Self {
        Self::Refused(Refusal::Legal(refusal))
    }
}

impl From<StoreFault> for Halt {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<CodecFault> for Halt {
    fn from(fault: CodecFault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<CodecFault> for StoreFault {
    fn from(fault: CodecFault) -> Self {
        Self::Broken { promise: "I12", what: fault.to_string() }
    }
}
