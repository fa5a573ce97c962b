//! A version before it is published: who proposes it and why, who else looked at it, and what came of it (domain.md §3).
//!
//! Pure data and its hashes. What may be done when is for the commands of the same names; called by them and by who shows proposals.

use serde::{Deserialize, Serialize};

use super::{Approvals, ChunkKind, ChunkRef, Manifest};
use crate::codec::CodecFault;
use crate::digest::ContentHash;
use crate::ids::{Generation, Sequence};
use crate::principal::Principal;
use crate::time::{CivilDate, Timestamp};

/// What is proposed: a version without the words of the people who bring it about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedVersion {
    /// The number that it will have.
    pub number: u64,
    /// Hash of the manifest that it follows; `None` for the first.
    pub parent: Option<ContentHash>,
    /// From when it is to hold.
    pub effective: CivilDate,
    /// Its pieces.
    pub chunks: Vec<ChunkRef>,
}

impl ProposedVersion {
    /// What the reviewer looked at and what the approvals name.
    pub fn hash(&self) -> Result<ContentHash, CodecFault> {
        ContentHash::of("catalogue proposal", self)
    }

    /// The version that a manifest publishes, without its approvals.
    pub fn of(manifest: &Manifest) -> Self {
        let Manifest { number, parent, effective, ref chunks, .. } = *manifest;
        let chunks = chunks.iter().filter(|chunk| chunk.kind != ChunkKind::Approvals).cloned().collect();
        Self { number, parent, effective, chunks }
    }

    /// The manifest that publishes it under its approvals.
    pub fn manifest(&self, generation: Generation, approvals: &Approvals) -> Manifest {
        let Self { number, parent, effective, ref chunks } = *self;
        let approvals = ChunkRef { kind: ChunkKind::Approvals, hash: approvals.chunk_hash() };
        Manifest { generation, number, parent, effective, chunks: chunks.iter().cloned().chain([approvals]).collect() }
    }
}

/// Something that a person did about a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalAct {
    /// Who.
    pub by: Principal,
    /// By the city's log.
    pub at: Timestamp,
    /// The command: its audit row says the rest.
    pub sequence: Sequence,
    /// Why, or what was said of it; empty where nothing needed to be said.
    pub words: String,
}

/// How far a proposal has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStanding {
    /// It waits for somebody else to look at it.
    Proposed,
    /// Somebody else approved it: it can be published.
    Approved,
    /// Somebody else sent it back.
    SentBack,
    /// Who proposed it took it back.
    Withdrawn,
    /// It is a version.
    Published,
}

/// A proposal at the city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionProposal {
    /// What is proposed.
    pub version: ProposedVersion,
    /// Who proposed it, and why.
    pub proposed: ProposalAct,
    /// Who reviewed it.
    pub reviewed: Option<ProposalAct>,
    /// Who withdrew or published it.
    pub ended: Option<ProposalAct>,
    /// How far it has got.
    pub standing: ProposalStanding,
}
