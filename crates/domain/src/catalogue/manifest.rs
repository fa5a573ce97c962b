//! One version of the catalogue: what the city signs and every unit commits in its own log.

use serde::{Deserialize, Serialize};

use crate::codec::CodecFault;
use crate::digest::ContentHash;
use crate::ids::{Generation, UnitId};
use crate::time::CivilDate;

/// A version: its number, the one before, and its pieces by hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The life of the city that published it.
    pub generation: Generation,
    /// Rises by one with each version; the first is 1.
    pub number: u64,
    /// Hash of the manifest before; `None` for the first.
    pub parent: Option<ContentHash>,
    /// From when it holds.
    pub effective: CivilDate,
    /// Its pieces.
    pub chunks: Vec<ChunkRef>,
}

impl Manifest {
    /// What is signed, and what a case pins.
    pub fn hash(&self) -> Result<ContentHash, CodecFault> {
        ContentHash::of("catalogue manifest", self)
    }
}

/// A piece of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRef {
    /// What is in it: decides which units need it.
    pub kind: ChunkKind,
    /// [`ContentHash::of_bytes`] with purpose `catalogue chunk`.
    pub hash: ContentHash,
}

/// What a piece holds; its bytes are canonical JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChunkKind {
    /// Matters, as every unit shows them: `Vec<Matter>`.
    Matters,
    /// Implementing entries of one unit: `Vec<Entry>`.
    Entries {
        /// Whose.
        unit: UnitId,
    },
    /// The official calendar of working days: `WorkCalendar`.
    Calendar,
    /// The words of who proposed and who reviewed it: `Approvals`.
    Approvals,
}

/// A manifest under the publishing unit's signature (Ed25519 over [`Manifest::hash`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedManifest {
    /// What is signed.
    pub manifest: Manifest,
    /// The publishing unit: the city.
    pub signer: UnitId,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// A version as a case pins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CataloguePin {
    /// The version's number.
    pub number: u64,
    /// The version itself: two versions with one number are a fork.
    pub manifest: ContentHash,
}
