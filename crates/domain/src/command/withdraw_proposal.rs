//! Who proposed a version takes it back before it is published.

use serde::{Deserialize, Serialize};

use crate::catalogue::{ProposalStanding, VersionProposal};
use crate::refusal::CatalogueRefusal;
use crate::store::UnitStore;
use crate::tables::VersionProposals;

use super::versions::{check_city, proposal_of};
use super::{Context, Done, Ruling};

/// A proposal is taken back. Whoever else is against it sends it back by a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawProposal {
    /// Which proposal.
    pub proposal: u64,
    /// Why, where there is something to say.
    pub words: String,
}

impl WithdrawProposal {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_city(context)?;
        let proposal = self.proposal;
        let row = proposal_of(context, proposal)?;
        if !matches!(row.standing, ProposalStanding::Proposed | ProposalStanding::Approved) {
            return Err(CatalogueRefusal::ProposalOver { proposal, standing: row.standing }.into());
        }
        if context.stamp.principal.name != row.proposed.by.name {
            return Err(CatalogueRefusal::NotProposer { proposer: row.proposed.by.name }.into());
        }
        let ended = Some(context.proposal_act(&self.words));
        let standing = ProposalStanding::Withdrawn;
        context.store.put::<VersionProposals>(&proposal, &VersionProposal { ended, standing, ..row })?;
        Ok(Done::ProposalChanged { proposal })
    }
}
