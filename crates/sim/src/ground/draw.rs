//! Where a simulation's chance comes from: one stream for each purpose, so that a draw more in one place moves nothing elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::digest::ContentHash;
use protocol::seam::Entropy;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The stream of a purpose, as a generator of its own.
pub fn stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut bytes = seed.to_be_bytes().to_vec();
    bytes.extend_from_slice(purpose.as_bytes());
    ChaCha8Rng::from_seed(ContentHash::of_bytes("simulation stream", &bytes).0)
}

/// One stream of chance. The same seed and purpose give the same draws in every process.
#[derive(Debug)]
pub struct Draw {
    // Behind a lock because `Entropy` is shared; a simulation has one thread and never waits for it.
    stream: Mutex<ChaCha8Rng>,
}

impl Draw {
    /// The stream of a purpose, e.g. `links` or `node 3`.
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self { stream: Mutex::new(stream(seed, purpose)) }
    }

    /// Any number.
    pub fn number(&self) -> u64 {
        self.stream().next_u64()
    }

    /// From 0 up to `bound` and without it; 0 where there is no room.
    pub fn below(&self, bound: u64) -> u64 {
        // The high half of the product: even enough for bounds far below 2^64, with one draw each time.
        let wide = u128::from(self.number()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&self, percent: f64) -> bool {
        // One draw each time, so that a change of the share does not move later draws.
        let drawn = self.below(1_000_000) as f64;
        drawn < percent * 10_000.0
    }

    /// One of some things; `None` where there are none.
    pub fn one_of<'a, T>(&self, things: &'a [T]) -> Option<&'a T> {
        let at = self.below(things.len() as u64);
        things.get(usize::try_from(at).unwrap_or_default())
    }

    fn stream(&self) -> MutexGuard<'_, ChaCha8Rng> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entropy for Draw {
    fn fill(&self, bytes: &mut [u8]) {
        self.stream().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_follows_from_seed_and_purpose_alone() {
        let draws = |seed, purpose| {
            let draw = Draw::new(seed, purpose);
            (draw.number(), draw.below(10), draw.percent(50.0))
        };
        assert_eq!(draws(1, "links"), draws(1, "links"));
        assert_ne!(draws(1, "links").0, draws(2, "links").0);
        assert_ne!(draws(1, "links").0, draws(1, "node 1").0);
    }

    #[test]
    fn shares_are_about_what_was_asked_and_bounds_hold() {
        let draw = Draw::new(7, "shares");
        let hits = (0..10_000).filter(|_| draw.percent(12.5)).count();
        assert!((1_100..1_400).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| draw.below(3) < 3));
        assert!((0..1_000).all(|_| !draw.percent(0.0) && draw.percent(100.0)));
        assert_eq!(draw.one_of::<u8>(&[]), None);
    }
}
