//! Content hashes: SHA-256 of canonical bytes, under a name that says what was hashed.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec::{self, CodecFault};
use crate::text::Malformed;

/// SHA-256 of something's canonical bytes; written as 64 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Of bytes, under a purpose: the same bytes hashed for two purposes give two hashes.
    pub fn of_bytes(purpose: &'static str, bytes: &[u8]) -> Self {
        let mut digest = RunningDigest::begin(purpose);
        digest.add(bytes);
        digest.end()
    }

    /// Of a value's canonical bytes.
    pub fn of<T: Serialize>(purpose: &'static str, value: &T) -> Result<Self, CodecFault> {
        Ok(Self::of_bytes(purpose, &codec::encode(value)?))
    }

    /// This hash chained with what comes next.
    pub fn chain(self, purpose: &'static str, next: &[u8]) -> Self {
        let mut digest = self.chaining(purpose);
        digest.add(next);
        digest.end()
    }

    /// The same for what comes next in pieces.
    pub fn chaining(self, purpose: &'static str) -> RunningDigest {
        let mut digest = RunningDigest::begin(purpose);
        digest.add(&self.0);
        digest
    }

    /// The first eight digits, for people.
    pub fn short(self) -> String {
        self.to_string()[..8].to_owned()
    }
}

/// A content hash over bytes that come in pieces: the pieces leave no trace, so whoever adds them marks their ends.
#[derive(Clone, Debug)]
pub struct RunningDigest(Sha256);

impl RunningDigest {
    /// Nothing is added yet.
    pub fn begin(purpose: &'static str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update((purpose.len() as u64).to_be_bytes());
        hasher.update(purpose.as_bytes());
        Self(hasher)
    }

    /// What comes next.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was added.
    pub fn end(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({})", self.short())
    }
}

impl std::str::FromStr for ContentHash {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("content hash", text, "64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).map_err(|_| malformed())?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for ContentHash {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if from.is_human_readable() {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        } else {
            <[u8; 32]>::deserialize(from).map(Self)
        }
    }
}
