//! Sealing and signing that cost nothing and protect nothing: for a million cases, where the curves behind every envelope
//! would be most of the work (docs/adr/0012).
//!
//! The code around it is production's. Nothing but a simulation can hold it: `host` names its own way to seal.

use protocol::crypto::Crypto;
use protocol::sealing::{SealFault, SealingKey, SealingPublicKey};
use protocol::seam::Entropy;
use protocol::signing::{Signature, SigningKey, VerifyingKey};

/// No suite: no number of a suite of production is this one.
const SUITE: u16 = u16::MAX;
/// No form of sealing of production either.
const FORM: u8 = u8::MAX;

/// Seals by writing the place in front, signs by saying so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Null;

impl Crypto for Null {
    fn sign(&self, _: &SigningKey, _: &'static str, _: &[u8]) -> Signature {
        Signature { suite: SUITE, bytes: vec![] }
    }

    fn verifies(&self, _: &VerifyingKey, _: &'static str, _: &[u8], signature: &Signature) -> bool {
        signature.suite == SUITE
    }

    fn seal(
        &self,
        _: &SealingPublicKey,
        _: &str,
        place: &[u8],
        plain: &[u8],
        _: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        Ok([&[FORM], place, plain].concat())
    }

    fn seal_own(
        &self,
        _: &SealingKey,
        _: &str,
        place: &[u8],
        plain: &[u8],
        _: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        Ok([&[FORM], place, plain].concat())
    }

    fn open(
        &self,
        _: &SealingKey,
        _: &str,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SealFault> {
        let (form, rest) = sealed.split_first().ok_or(SealFault::Short(0))?;
        if *form != FORM {
            return Err(SealFault::Form { got: *form });
        }
        let plain = rest.strip_prefix(place).ok_or(SealFault::Closed)?;
        Ok(plain.to_vec().into())
    }
}

#[cfg(test)]
mod tests {
    use protocol::crypto::Standard;

    use super::*;
    use crate::ground::draw::Draw;

    /// What a simulation seals and signs is nothing to a real unit, and what a real unit seals and signs is nothing here.
    #[test]
    fn neither_takes_what_the_other_made() {
        let draw = Draw::new(1, "keys");
        let (signing, sealing) = (SigningKey::generate(&draw), SealingKey::generate(&draw));
        let (verifying, public) = (signing.verifying_key(), sealing.public_key().unwrap());
        let suites: [&dyn Crypto; 2] = [&Standard, &Null];
        for (maker, one) in suites.iter().enumerate() {
            let signature = one.sign(&signing, "a purpose", b"said");
            let sealed = one.seal(&public, "a purpose", b"a place", b"said", &draw).unwrap();
            for (taker, other) in suites.iter().enumerate() {
                let verified = other.verifies(&verifying, "a purpose", b"said", &signature);
                assert_eq!(verified, maker == taker);
                let opened = other.open(&sealing, "a purpose", b"a place", &sealed);
                match maker == taker {
                    true => assert_eq!(opened.unwrap().as_slice(), b"said"),
                    false => assert!(matches!(opened, Err(SealFault::Form { .. })), "{opened:?}"),
                }
                assert!(other.open(&sealing, "a purpose", b"another", &sealed).is_err());
            }
        }
    }
}
