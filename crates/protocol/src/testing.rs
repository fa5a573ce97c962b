//! What several tests here need.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::digest::ContentHash;

use crate::seam::Entropy;

/// Bytes that differ with every draw and are the same in every run.
pub(crate) struct Counting(AtomicU64);

impl Counting {
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
