//! The city publishes a version that one person proposed and another approved: both stand under it, and every unit reads them
//! before it installs it (adr/0028).

use serde::{Deserialize, Serialize};

use crate::catalogue::{Approval, Approvals, ProposalAct, ProposalStanding, SignedManifest, VersionProposal};
use crate::refusal::CatalogueRefusal;
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{Audits, Chunk, Chunks, VersionProposals};

use super::install::{announce, check};
use super::versions::{check_city, proposal_of};
use super::{Context, Done, Ruling};

/// An approved proposal, as this unit signed it. The signature was checked before it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishReviewed {
    /// Which proposal.
    pub proposal: u64,
    /// The version: its pieces, and the approvals.
    pub signed: SignedManifest,
}

impl PublishReviewed {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_city(context)?;
        let proposal = self.proposal;
        let row = proposal_of(context, proposal)?;
        if row.standing != ProposalStanding::Approved {
            return Err(CatalogueRefusal::ProposalOver { proposal, standing: row.standing }.into());
        }
        context.check_follows(&row.version)?;
        context.check_effective(&row.version)?;
        let publisher = &context.stamp.principal.name;
        let unreviewed = || CatalogueRefusal::Unreviewed { number: row.version.number };
        let approvals = approvals(&*context.store, proposal, &row, publisher)?.ok_or_else(unreviewed)?;
        let manifest = row.version.manifest(context.meta.generation, &approvals);
        if self.signed.signer != context.meta.unit || self.signed.manifest != manifest {
            return Err(unreviewed().into());
        }
        // Its pieces were here when it was proposed, and pieces are never taken away.
        check(context, &crate::catalogue::Manifest { chunks: row.version.chunks.clone(), ..manifest })?;

        context.store.put::<Chunks>(&approvals.chunk_hash(), &Chunk(approvals.canonical()))?;
        if let Some(why) = announce(context, &self.signed)? {
            return Err(StoreFault::Broken { promise: "I9", what: format!("what was checked is unfit: {why}") }.into());
        }
        let ended = Some(context.proposal_act(""));
        let standing = ProposalStanding::Published;
        context.store.put::<VersionProposals>(&proposal, &VersionProposal { ended, standing, ..row })?;
        let number = self.signed.manifest.number;
        let installed = context.meta.catalogue.is_some_and(|pin| pin.number >= number);
        Ok(Done::Published { installed })
    }
}

/// The words under an approved proposal, from its acts and their audit rows. `None`: not approved, or the books have no such act.
pub fn approvals(
    rows: &impl UnitRead,
    proposal: u64,
    row: &VersionProposal,
    publisher: &str,
) -> Result<Option<Approvals>, StoreFault> {
    let Some(reviewed) = row.reviewed.as_ref().filter(|_| row.standing == ProposalStanding::Approved) else {
        return Ok(None);
    };
    let (Some(proposed), Some(reviewed)) = (approval(rows, &row.proposed)?, approval(rows, reviewed)?) else {
        return Ok(None);
    };
    let version = row.version.hash()?;
    Ok(Some(Approvals { proposal, version, proposed, reviewed, published_by: publisher.to_owned() }))
}

fn approval(rows: &impl UnitRead, act: &ProposalAct) -> Result<Option<Approval>, StoreFault> {
    let ProposalAct { by, at, sequence, .. } = act;
    let audit = rows.get::<Audits>(sequence)?.filter(|audit| audit.principal == *by && audit.refused.is_none());
    Ok(audit.map(|audit| Approval { by: by.name.clone(), at: *at, sequence: *sequence, digest: audit.digest }))
}
