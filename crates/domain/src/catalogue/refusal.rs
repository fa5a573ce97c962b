//! Refusals of what is asked about versions and their proposals.

use serde::{Deserialize, Serialize};

use super::ProposalStanding;
use crate::time::CivilDate;

/// Why a proposal, a review or a publication is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueRefusal {
    /// No such proposal at this city.
    #[error("proposal {proposal} is not known here")]
    ProposalUnknown {
        /// As named.
        proposal: u64,
    },
    /// It was reviewed, withdrawn or published already, or not reviewed yet.
    #[error("proposal {proposal} is {standing:?}: too early or too late for that")]
    ProposalOver {
        /// Which.
        proposal: u64,
        /// How far it has got.
        standing: ProposalStanding,
    },
    /// Who proposed it does not review it.
    #[error("{by} proposed it: another person reviews it")]
    SamePerson {
        /// Who.
        by: String,
    },
    /// Who did not propose it does not take it back.
    #[error("{proposer} proposed it, and nobody else takes it back")]
    NotProposer {
        /// Who did.
        proposer: String,
    },
    /// Neither a reason nor what is wrong with it was said.
    #[error("it is not said why")]
    WhyMissing,
    /// It was drawn up against a version that is not the newest any more.
    #[error("it would be version {number}, and the newest is {newest}: it was drawn up against another one")]
    Stale {
        /// The number that it would have.
        number: u64,
        /// What is here.
        newest: u64,
    },
    /// Rules do not hold for days that have passed, nor before those that they replace.
    #[error("it is to hold from {effective}; {earliest} is the earliest day")]
    EffectiveUnfit {
        /// As planned.
        effective: CivilDate,
        /// The earliest day that can be.
        earliest: CivilDate,
    },
    /// Not what one person proposed and another approved.
    #[error("version {number} is not what one person proposed and another approved")]
    Unreviewed {
        /// The version.
        number: u64,
    },
}

impl CatalogueRefusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProposalUnknown { .. } => "catalogue.proposal_unknown",
            Self::ProposalOver { .. } => "catalogue.proposal_over",
            Self::SamePerson { .. } => "catalogue.same_person",
            Self::NotProposer { .. } => "catalogue.not_proposer",
            Self::WhyMissing => "catalogue.why_missing",
            Self::Stale { .. } => "catalogue.stale",
            Self::EffectiveUnfit { .. } => "catalogue.effective_unfit",
            Self::Unreviewed { .. } => "catalogue.unreviewed",
        }
    }
}
