//! Who says it: signatures of nodes, behind a suite number, so that SM2 with SM3 can stand beside Ed25519.
//!
//! A key and a signature are plain bytes with the number of their suite; what a number means stands once for ever
//! (docs/formats.md). Certificates of links are `transport`'s; these signatures outlive a link.

use std::fmt;

use domain::text::Malformed;
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::directory::PublicKey;
use crate::seam::Entropy;

/// A way to sign. One value per suite; keys and signatures are its own bytes.
pub trait Suite: Send + Sync {
    /// Its number on the wire.
    fn number(&self) -> u16;
    /// The public key that belongs to 32 secret bytes.
    fn public_key(&self, secret: &[u8; 32]) -> Vec<u8>;
    /// The signature of a message.
    fn sign(&self, secret: &[u8; 32], message: &[u8]) -> Vec<u8>;
    /// Whether the signature of the message is the key's; false for a key or signature of another form.
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// Ed25519 (RFC 8032), with strict verification: one message has one signature under a key.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

impl Suite for Ed25519 {
    fn number(&self) -> u16 {
        1
    }

    fn public_key(&self, secret: &[u8; 32]) -> Vec<u8> {
        ed25519_dalek::SigningKey::from_bytes(secret).verifying_key().to_bytes().to_vec()
    }

    fn sign(&self, secret: &[u8; 32], message: &[u8]) -> Vec<u8> {
        ed25519_dalek::SigningKey::from_bytes(secret).sign(message).to_bytes().to_vec()
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let (Ok(public_key), Ok(signature)) = (public_key.try_into(), signature.try_into()) else { return false };
        ed25519_dalek::VerifyingKey::from_bytes(public_key)
            .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
    }
}

/// Every suite that this release knows.
pub const SUITES: &[&dyn Suite] = &[&Ed25519];

/// The suite of a number.
pub fn suite(number: u16) -> Option<&'static dyn Suite> {
    SUITES.iter().copied().find(|suite| suite.number() == number)
}

/// A node's secret key. Never printed; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SigningKey {
    suite: u16,
    secret: [u8; 32],
}

impl SigningKey {
    /// A new key of the usual suite.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        Self { suite: Ed25519.number(), secret }
    }

    /// From the bytes that [`Self::reveal`] gave.
    ///
    /// # Errors
    /// [`Malformed`] without the bytes when they are no key of a known suite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("signing key", "", "2 bytes of a known suite and 32 secret bytes");
        let (number, secret) = bytes.split_first_chunk::<2>().ok_or_else(malformed)?;
        let number = u16::from_be_bytes(*number);
        let secret = secret.try_into().map_err(|_| malformed())?;
        suite(number).ok_or_else(malformed)?;
        Ok(Self { suite: number, secret })
    }

    /// Its bytes, for the node's key file only: suite u16 BE · secret.
    pub fn reveal(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut bytes = Vec::with_capacity(34);
        bytes.extend_from_slice(&self.suite.to_be_bytes());
        bytes.extend_from_slice(&self.secret);
        zeroize::Zeroizing::new(bytes)
    }

    /// What others know this key by.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { suite: self.suite, bytes: self.suite().public_key(&self.secret) }
    }

    /// Signs a message under a purpose: a signature for one purpose is none for another.
    pub fn sign(&self, purpose: &'static str, message: &[u8]) -> Signature {
        let bytes = self.suite().sign(&self.secret, &under_purpose(purpose, message));
        Signature { suite: self.suite, bytes }
    }

    fn suite(&self) -> &'static dyn Suite {
        // Both constructors take known suites only.
        suite(self.suite).unwrap_or(&Ed25519)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(suite {})", self.suite)
    }
}

/// A node's public key, as the region's directory names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VerifyingKey {
    /// Number of its suite.
    pub suite: u16,
    /// As the suite writes it; 32 bytes for Ed25519.
    #[serde(with = "key_bytes")]
    pub bytes: Vec<u8>,
}

impl From<PublicKey> for VerifyingKey {
    /// A directory's keys are Ed25519.
    fn from(key: PublicKey) -> Self {
        Self { suite: Ed25519.number(), bytes: key.0.to_vec() }
    }
}

impl VerifyingKey {
    /// Whether a signature of the message for that purpose is this key's. False for a suite that is not known here.
    pub fn verifies(&self, purpose: &'static str, message: &[u8], signature: &Signature) -> bool {
        self.suite == signature.suite
            && suite(self.suite)
                .is_some_and(|suite| suite.verify(&self.bytes, &under_purpose(purpose, message), &signature.bytes))
    }
}

/// A signature and the number of its suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Number of its suite.
    pub suite: u16,
    /// As the suite writes it; 64 bytes for Ed25519.
    #[serde(with = "key_bytes")]
    pub bytes: Vec<u8>,
}

fn under_purpose(purpose: &'static str, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + purpose.len() + message.len());
    bytes.extend_from_slice(&(purpose.len() as u64).to_be_bytes());
    bytes.extend_from_slice(purpose.as_bytes());
    bytes.extend_from_slice(message);
    bytes
}

/// Hexadecimal where people read (directory, configuration), bytes in records.
pub(crate) mod key_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer, B: AsRef<[u8]>>(bytes: &B, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.serialize_str(&hex::encode(bytes)) } else { bytes.as_ref().serialize(to) }
    }

    pub(crate) fn deserialize<'de, D, B>(from: D) -> Result<B, D::Error>
    where
        D: Deserializer<'de>,
        B: TryFrom<Vec<u8>>,
    {
        let bytes = if from.is_human_readable() {
            hex::decode(String::deserialize(from)?).map_err(D::Error::custom)?
        } else {
            Vec::<u8>::deserialize(from)?
        };
        let length = bytes.len();
        B::try_from(bytes).map_err(|_| D::Error::custom(format_args!("{length} bytes are not a key's")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counting;

    #[test]
    fn a_signature_fits_its_key_message_and_purpose_only() {
        let entropy = Counting::new(1);
        let (ours, other) = (SigningKey::generate(&entropy), SigningKey::generate(&entropy));
        let signature = ours.sign("a purpose", b"a message");
        assert!(ours.verifying_key().verifies("a purpose", b"a message", &signature));
        assert!(!ours.verifying_key().verifies("another", b"a message", &signature));
        assert!(!ours.verifying_key().verifies("a purpose", b"another", &signature));
        assert!(!other.verifying_key().verifies("a purpose", b"a message", &signature));
        let unknown = Signature { suite: 99, ..signature.clone() };
        assert!(!ours.verifying_key().verifies("a purpose", b"a message", &unknown));
        for at in 0..signature.bytes.len() {
            let mut damaged = signature.clone();
            damaged.bytes[at] ^= 1;
            assert!(!ours.verifying_key().verifies("a purpose", b"a message", &damaged), "byte {at}");
        }
    }

    #[test]
    fn a_key_is_read_back_and_never_printed() {
        let key = SigningKey::generate(&Counting::new(1));
        let again = SigningKey::from_bytes(&key.reveal()).unwrap();
        assert_eq!(again.verifying_key(), key.verifying_key());
        assert_eq!(format!("{key:?}"), "SigningKey(suite 1)");
        for wrong in [&[][..], &[0, 1], &[0, 99, 1, 2, 3], &[0; 34], &[1; 35]] {
            assert!(SigningKey::from_bytes(wrong).is_err(), "{wrong:?}");
        }
    }

    /// RFC 8032 §7.1, test 2, through the suite.
    #[test]
    fn the_suite_is_the_standard_one() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let secret: [u8; 32] =
            bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").try_into().unwrap();
        let public = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = bytes(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_eq!(Ed25519.public_key(&secret), public);
        assert_eq!(Ed25519.sign(&secret, &[0x72]), signature);
        assert!(Ed25519.verify(&public, &[0x72], &signature));
    }
}
