//! Keeps a piece of a catalogue that a version to be published will name.

use serde::{Deserialize, Serialize};

use crate::catalogue::LARGEST_CHUNK;
use crate::digest::ContentHash;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{Chunk, Chunks};

use super::{Context, Done, Ruling};

/// A piece, under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreChunk {
    /// Of `bytes`.
    pub hash: ContentHash,
    /// Canonical JSON.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// The hash under which a manifest names a piece.
pub fn chunk_hash(bytes: &[u8]) -> ContentHash {
    ContentHash::of_bytes("catalogue chunk", bytes)
}

impl StoreChunk {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let unit = context.meta.unit;
        if context.meta.parent.is_some() {
            return Err(Refusal::NotAuthority { unit }.into());
        }
        if self.bytes.len() > LARGEST_CHUNK {
            let why = format!("it has {} bytes; at most {LARGEST_CHUNK} are taken", self.bytes.len());
            return Err(Refusal::CataloguePiece { why }.into());
        }
        if chunk_hash(&self.bytes) != self.hash {
            let why = format!("its bytes are not those of {}", self.hash.short());
            return Err(Refusal::CataloguePiece { why }.into());
        }
        context.store.put::<Chunks>(&self.hash, &Chunk(self.bytes.clone()))?;
        Ok(Done::ChunkKept)
    }
}
