//! Who seals and signs: the one place where a unit's words meet cryptography, handed in by whoever runs the unit.
//!
//! `host` hands in [`Standard`] and nothing else, so a node signs and opens by the suites of this release only. A simulation of a
//! whole prefecture hands in one of its own that costs nothing (docs/adr/0012): it lives in `sim`, has no number here, and what
//! it makes is refused by [`Standard`] as unknown.

use zeroize::Zeroizing;

use crate::sealing::{SealFault, SealingKey, SealingPublicKey};
use crate::seam::Entropy;
use crate::signing::{Signature, SigningKey, VerifyingKey};

/// Sealing to units and signing as nodes.
pub trait Crypto: Send + Sync {
    /// A message under a purpose, signed as the key's node.
    fn sign(&self, key: &SigningKey, purpose: &'static str, message: &[u8]) -> Signature;

    /// Whether the key's node signed the message for that purpose.
    fn verifies(&self, key: &VerifyingKey, purpose: &'static str, message: &[u8], signature: &Signature) -> bool;

    /// Seals to a unit for a purpose and place: opened for another one it is nothing.
    ///
    /// # Errors
    /// A key that is none.
    fn seal(
        &self,
        to: &SealingPublicKey,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault>;

    /// Seals to the key's own unit for a purpose and place.
    ///
    /// # Errors
    /// More than the cipher takes.
    fn seal_own(
        &self,
        own: &SealingKey,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault>;

    /// Opens what was sealed to the key's unit for this purpose and place.
    ///
    /// # Errors
    /// Another key or place, damage, or another form.
    fn open(
        &self,
        key: &SealingKey,
        purpose: &str,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealFault>;
}

/// The suites of this release, by the numbers in front of what they made.
#[derive(Clone, Copy, Debug)]
pub struct Standard;

impl Crypto for Standard {
    fn sign(&self, key: &SigningKey, purpose: &'static str, message: &[u8]) -> Signature {
        key.sign(purpose, message)
    }

    fn verifies(&self, key: &VerifyingKey, purpose: &'static str, message: &[u8], signature: &Signature) -> bool {
        key.verifies(purpose, message, signature)
    }

    fn seal(
        &self,
        to: &SealingPublicKey,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        to.seal(purpose, place, plain, entropy)
    }

    fn seal_own(
        &self,
        own: &SealingKey,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        own.seal_own(purpose, place, plain, entropy)
    }

    fn open(
        &self,
        key: &SealingKey,
        purpose: &str,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        key.open(purpose, place, sealed)
    }
}
