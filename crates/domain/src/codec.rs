//! The one codec: postcard bodies of frozen structs.
//!
//! Here rather than in `protocol` because content hashes are taken inside `apply` (docs/adr/0002). Headers, versions and
//! checksums are added by `protocol::record`; nothing else may name postcard.

use serde::{Serialize, de::DeserializeOwned};

/// Bytes that are not what the reader's type says, or a value that has no form in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("body cannot be read as {type_name}: {why}")]
pub struct CodecFault {
    /// The Rust type that was expected.
    pub type_name: &'static str,
    /// What the codec said.
    pub why: String,
}

fn fault<T>(why: impl ToString) -> CodecFault {
    CodecFault { type_name: std::any::type_name::<T>(), why: why.to_string() }
}

/// Most rows and commands are shorter: one allocation instead of a dozen ever larger ones.
const USUAL_BYTES: usize = 1024;

/// The canonical bytes of a value: equal values give equal bytes on every replica.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecFault> {
    encode_after(&[], value)
}

/// The same behind what stands in front of it, so that a header costs no second copy.
pub fn encode_after<T: Serialize>(header: &[u8], value: &T) -> Result<Vec<u8>, CodecFault> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.extend_from_slice(header);
    postcard::to_extend(value, bytes).map_err(fault::<T>)
}

/// The value of canonical bytes; trailing bytes are a fault, not padding.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecFault> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(fault::<T>(format!("{} bytes are left over", rest.len()))),
        Err(why) => Err(fault::<T>(why)),
    }
}
