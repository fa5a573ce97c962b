//! 收件 with what the applicant states beside the form, for the claim: the object, and that nothing else is pending.

use serde::{Deserialize, Serialize};

use crate::files::CaseFile;
use crate::sealed::BlindIndex;
use crate::store::UnitStore;

use super::receive::{Beside, Receive, take_in};
use super::{Context, Ruling};

/// An application with its statements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveStated {
    /// The application.
    pub receive: Receive,
    /// Keyed index of the form's fields that name the object, where the matter lists any.
    pub object: Option<BlindIndex>,
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences.
    pub declared: bool,
}

impl ReceiveStated {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        self.apply_with(context, &[])
    }

    pub(super) fn apply_with(&self, context: &mut Context<'_, impl UnitStore>, files: &[CaseFile]) -> Ruling {
        let beside = Beside { object: self.object, declared: self.declared, about: None, files };
        take_in(context, &self.receive, beside)
    }
}
