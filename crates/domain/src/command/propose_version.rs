//! Somebody proposes the next catalogue version: what it holds, from when, and why (domain.md §3).

use serde::{Deserialize, Serialize};

use crate::catalogue::{ChunkKind, Manifest, ProposalAct, ProposalStanding, ProposedVersion, VersionProposal};
use crate::refusal::{CatalogueRefusal, Refusal};
use crate::store::UnitStore;
use crate::tables::VersionProposals;

use super::install::check;
use super::versions::{check_city, newest_version};
use super::{Context, Done, Ruling};

/// A proposal. What may not be published was found before it was proposed, and is found once more at publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeVersion {
    /// What is proposed; its pieces are kept already.
    pub version: ProposedVersion,
    /// Why: who reviews reads it.
    pub why: String,
}

impl ProposeVersion {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_city(context)?;
        if self.why.trim().is_empty() {
            return Err(CatalogueRefusal::WhyMissing.into());
        }
        context.check_follows(&self.version)?;
        context.check_effective(&self.version)?;
        let ProposedVersion { number, parent, effective, ref chunks } = self.version;
        if chunks.iter().any(|chunk| chunk.kind == ChunkKind::Approvals) {
            let why = "who approves a version is written when it is published".to_owned();
            return Err(Refusal::CataloguePiece { why }.into());
        }
        let generation = context.meta.generation;
        check(context, &Manifest { generation, number, parent, effective, chunks: chunks.clone() })?;

        let last = context.store.scan::<VersionProposals>(0..=u64::MAX, usize::MAX)?.pop();
        let proposal = last.map_or(0, |(number, _)| number) + 1;
        let proposed = context.proposal_act(&self.why);
        let standing = ProposalStanding::Proposed;
        let row = VersionProposal { version: self.version.clone(), proposed, reviewed: None, ended: None, standing };
        context.store.put::<VersionProposals>(&proposal, &row)?;
        Ok(Done::VersionProposed { proposal })
    }
}

impl<S: UnitStore> Context<'_, S> {
    /// What somebody does about a proposal by this command.
    pub(super) fn proposal_act(&self, words: &str) -> ProposalAct {
        let by = self.stamp.principal.clone();
        ProposalAct { by, at: self.now(), sequence: self.meta.sequence, words: words.trim().to_owned() }
    }

    /// A version follows the newest one that is known: what was drawn up against an older one is drawn up anew.
    pub(super) fn check_follows(&self, version: &ProposedVersion) -> Result<(), super::Halt> {
        let (newest, hash) = newest_version(&*self.store)?.map_or((0, None), |(number, hash, _)| (number, Some(hash)));
        if version.number != newest + 1 || version.parent != hash {
            return Err(CatalogueRefusal::Stale { number: version.number, newest }.into());
        }
        Ok(())
    }

    /// Rules hold from a day that people can still prepare for, and never before those that they replace.
    pub(super) fn check_effective(&self, version: &ProposedVersion) -> Result<(), super::Halt> {
        let today = self.now().date();
        let newest = newest_version(&*self.store)?.map(|(_, _, effective)| effective);
        let earliest = newest.map_or(today, |effective| effective.max(today));
        if version.effective < earliest {
            return Err(CatalogueRefusal::EffectiveUnfit { effective: version.effective, earliest }.into());
        }
        Ok(())
    }
}
