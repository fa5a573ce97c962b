//! 告知承诺: accepted on the applicant's written promise in place of proofs that the matter names, to be decided without them and checked
//! afterwards (domain.md §4).

use serde::{Deserialize, Serialize};

use crate::store::UnitStore;

use super::accept::{Accept, Terms, accept};
use super::{Context, Ruling};

/// An acceptance, and the promise: it stands for every proof that the matter lets it stand for and that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptOnPromise {
    /// What is accepted.
    pub accept: Accept,
    /// Taken with this act, as in [`super::AcceptDeclared`].
    pub declared: bool,
    /// The applicant was told the conditions and what follows from a false promise, and signed.
    pub signed: bool,
}

impl AcceptOnPromise {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        accept(context, &self.accept, self.declared, Terms::Promise { signed: self.signed })
    }
}
