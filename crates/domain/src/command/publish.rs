//! The city publishes a catalogue version: every piece is here already.

use serde::{Deserialize, Serialize};

use crate::catalogue::SignedManifest;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::install::{announce, check};
use super::{Context, Done, Ruling};

/// A version, signed by this unit. The signature was checked before it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// The version.
    pub signed: SignedManifest,
}

impl Publish {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        if context.meta.parent.is_some() || self.signed.signer != context.meta.unit {
            return Err(Refusal::NotAuthority { unit: context.meta.unit }.into());
        }
        check(context, &self.signed.manifest)?;
        announce(context, &self.signed)?;
        let number = self.signed.manifest.number;
        let installed = context.meta.catalogue.is_some_and(|pin| pin.number >= number);
        Ok(Done::Published { installed })
    }
}
