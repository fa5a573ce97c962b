//! 受理 on the applicant's declaration that nothing else is pending for the same thing: how an authority goes on while the claim's
//! home does not answer (protocol.md §4). The decision waits for the claim all the same.

use serde::{Deserialize, Serialize};

use crate::store::UnitStore;

use super::accept::{Accept, Terms, accept};
use super::{Context, Ruling};

/// An acceptance, and that the applicant declared: an officer has told the consequences and taken the declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptDeclared {
    /// What is accepted.
    pub accept: Accept,
}

impl AcceptDeclared {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        accept(context, &self.accept, true, Terms::Plain)
    }
}
