//! Keyed hashes: equality without reading. HMAC-SHA256 (RFC 2104) under keys that never leave a unit or the region's nodes.

use std::fmt;

use domain::digest::ContentHash;
use domain::sealed::BlindIndex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::seam::Entropy;

macro_rules! secret_keys {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A new key.
            pub fn generate(entropy: &dyn Entropy) -> Self {
                let mut key = [0; 32];
                entropy.fill(&mut key);
                Self(key)
            }

            /// From the bytes of a key file.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Its bytes, for a key file only.
            pub fn reveal(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )+};
}

secret_keys! {
    /// The region's key of blind indexes: every unit must find one applicant under one index.
    BlindKey;
    /// A unit's key of request digests: a log that leaks does not tell what was asked for.
    DigestKey;
}

impl BlindKey {
    /// The index of an applicant's identifier (citizen number, credit code, or what else the entry takes), however it was typed.
    pub fn index(&self, identifier: &str) -> BlindIndex {
        BlindIndex(keyed(&self.0, "applicant identifier", normalised(identifier).as_bytes()))
    }
}

impl DigestKey {
    /// The digest of a request's own bytes, before anything in it was sealed: tells a repeat from a reused key
    /// (protocol.md §9).
    pub fn digest(&self, request: &[u8]) -> ContentHash {
        ContentHash(keyed(&self.0, "request", request))
    }
}

/// Without blanks and dashes, full-width forms as their ASCII ones, letters as capitals.
fn normalised(identifier: &str) -> Zeroizing<String> {
    // Reserved at once: a string that grows would leave its beginning behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(identifier.len() * 2));
    for character in identifier.chars() {
        let narrow = match character {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
            other => other,
        };
        if !narrow.is_whitespace() && narrow != '-' {
            text.push(narrow.to_ascii_uppercase());
        }
    }
    text
}

/// HMAC-SHA256 of a message for a purpose.
pub(crate) fn keyed(key: &[u8; 32], purpose: &'static str, message: &[u8]) -> [u8; 32] {
    // RFC 2104: a key shorter than the block is filled with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_index_however_the_number_was_typed() {
        let key = BlindKey::from_bytes([7; 32]);
        let index = key.index("11010519491231002X");
        for typed in [
            "11010519491231002x",
            " 110105 19491231 002X ",
            "110105-19491231-002x",
            "１１０１０５１９４９１２３１００２Ｘ",
        ] {
            assert_eq!(key.index(typed), index, "{typed}");
        }
        assert_ne!(key.index("110105194912310021"), index);
        assert_ne!(BlindKey::from_bytes([8; 32]).index("11010519491231002X"), index);
    }

    #[test]
    fn a_digest_depends_on_key_and_request_and_keys_are_never_printed() {
        let key = DigestKey::from_bytes([7; 32]);
        assert_eq!(key.digest(b"a"), DigestKey::from_bytes([7; 32]).digest(b"a"));
        assert_ne!(key.digest(b"a"), key.digest(b"b"));
        assert_ne!(key.digest(b"a"), DigestKey::from_bytes([8; 32]).digest(b"a"));
        assert_ne!(key.digest(b"A").0, BlindKey::from_bytes([7; 32]).index("A").0, "purposes are kept apart");
        assert_eq!(format!("{key:?} {:?}", BlindKey::from_bytes([7; 32])), "DigestKey BlindKey");
    }
}
