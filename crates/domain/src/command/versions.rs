//! What the commands about proposals and versions look up alike.

use crate::catalogue::VersionProposal;
use crate::digest::ContentHash;
use crate::refusal::{CatalogueRefusal, Refusal};
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{VersionProposals, Versions};
use crate::time::CivilDate;

use super::{Context, Halt};

/// The newest version that is known here, installed or not: number, hash, and from when it holds.
pub(super) fn newest_version(store: &impl UnitRead) -> Result<Option<(u64, ContentHash, CivilDate)>, StoreFault> {
    let newest = store.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop();
    Ok(newest.map(|(number, version)| (number, version.hash, version.signed.manifest.effective)))
}

/// Catalogue versions are the city's to make.
pub(super) fn check_city(context: &Context<'_, impl UnitStore>) -> Result<(), Refusal> {
    match context.meta.parent {
        Some(_) => Err(Refusal::NotAuthority { unit: context.meta.unit }),
        None => Ok(()),
    }
}

/// A proposal by its number.
pub(super) fn proposal_of(context: &Context<'_, impl UnitStore>, proposal: u64) -> Result<VersionProposal, Halt> {
    let row = context.store.get::<VersionProposals>(&proposal)?;
    Ok(row.ok_or(CatalogueRefusal::ProposalUnknown { proposal })?)
}
