//! Another person looks at a proposed version: approves it, or sends it back with reasons.

use serde::{Deserialize, Serialize};

use crate::catalogue::{ProposalStanding, VersionProposal};
use crate::refusal::CatalogueRefusal;
use crate::store::UnitStore;
use crate::tables::VersionProposals;

use super::versions::{check_city, proposal_of};
use super::{Context, Done, Ruling};

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewVersion {
    /// Which proposal.
    pub proposal: u64,
    /// Whether it may be published.
    pub approved: bool,
    /// What there is to say; needed where it is sent back.
    pub words: String,
}

impl ReviewVersion {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_city(context)?;
        let proposal = self.proposal;
        let row = proposal_of(context, proposal)?;
        if row.standing != ProposalStanding::Proposed {
            return Err(CatalogueRefusal::ProposalOver { proposal, standing: row.standing }.into());
        }
        let by = &context.stamp.principal.name;
        if *by == row.proposed.by.name {
            return Err(CatalogueRefusal::SamePerson { by: by.clone() }.into());
        }
        if self.approved {
            // What cannot be published any more is sent back, not approved.
            context.check_follows(&row.version)?;
            context.check_effective(&row.version)?;
        } else if self.words.trim().is_empty() {
            return Err(CatalogueRefusal::WhyMissing.into());
        }
        let standing = if self.approved { ProposalStanding::Approved } else { ProposalStanding::SentBack };
        let reviewed = Some(context.proposal_act(&self.words));
        context.store.put::<VersionProposals>(&proposal, &VersionProposal { reviewed, standing, ..row })?;
        Ok(Done::ProposalChanged { proposal })
    }
}
