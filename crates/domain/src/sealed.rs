//! Personal fields as `domain` sees them: bytes it cannot read.
//!
//! Sealing and opening are in `protocol::sealing`. Domain compares blind indexes and moves sealed bytes; it never holds a name
//! or number of a person (promise 7).

use serde::{Deserialize, Serialize};

/// A personal field, sealed under its case's data key: form · nonce · ciphertext · tag (`protocol::sealing`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// A case's data key, sealed to one unit's key; erasing every wrap of it erases the person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// A keyed hash of an applicant's identifier: equal for equal people, and says nothing else to whom lacks the region's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlindIndex(pub [u8; 32]);

macro_rules! silent_debug {
    ($($type:ident),+) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({} bytes)"), self.0.len())
            }
        }
    )+};
}
silent_debug!(Sealed, WrappedKey, BlindIndex);
