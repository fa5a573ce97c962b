//! What several tests here need.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::digest::ContentHash;
use domain::ids::UnitId;
use protocol::seam::Entropy;

/// Bytes that differ with every draw and are the same in every run.
#[derive(Debug)]
pub(crate) struct Counting(AtomicU64);

impl Counting {
    /// Starts anew for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &drawn.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

/// A unit of the real tree.
pub(crate) fn unit(code: u64) -> UnitId {
    UnitId::new(code).expect("a code of the real tree")
}

/// A record with a right checksum around any body: what a hostile writer makes.
pub(crate) fn with_header(kind: u16, version: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = [&kind.to_be_bytes(), [version, 0].as_slice(), &[0; 4], body].concat();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..4]);
    hasher.update(body);
    bytes[4..8].copy_from_slice(&hasher.finalize().to_be_bytes());
    bytes
}
