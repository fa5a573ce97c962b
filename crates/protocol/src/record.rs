//! Records: what lies on disk and travels, in front of every body: kind, version, flags, checksum (architecture §5).
//!
//! `kind u16 · version u8 · flags u8 · crc32 u32 · body`, big endian; the checksum covers everything but itself. A body never
//! changes its form: an older version is read by its own frozen struct and brought forward by `From`.

use domain::codec::{self, CodecFault};
use domain::store::Record;

/// Bytes before the body.
pub const HEADER: usize = 8;

/// Why bytes are not the record that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Fewer bytes than a header.
    #[error("a record has at least {HEADER} bytes, this one {0}")]
    Short(usize),
    /// Another type.
    #[error("record kind {got} where kind {expected} was expected")]
    Kind {
        /// What came.
        got: u16,
        /// What was expected.
        expected: u16,
    },
    /// Written by a newer release.
    #[error("record kind {kind} has version {got}; this release reads up to {newest}: upgrade first")]
    Newer {
        /// Of the record.
        kind: u16,
        /// Its version.
        got: u8,
        /// The newest that is known here.
        newest: u8,
    },
    /// Flags that this release does not know.
    #[error("record kind {kind} has unknown flags {flags:#04x}: upgrade first")]
    Flags {
        /// Of the record.
        kind: u16,
        /// As written.
        flags: u8,
    },
    /// Damaged on disk or on its way.
    #[error("record kind {kind}: checksum {got:#010x} does not fit {expected:#010x}: the bytes are damaged")]
    Checksum {
        /// Of the record.
        kind: u16,
        /// As written.
        got: u32,
        /// Of the bytes.
        expected: u32,
    },
    /// The body is not what its version says.
    #[error(transparent)]
    Body(#[from] CodecFault),
}

/// The value as a record.
pub fn write<R: Record>(value: &R) -> Result<Vec<u8>, RecordFault> {
    let [high, low] = R::KIND.to_be_bytes();
    let mut bytes = codec::encode_after(&[high, low, R::VERSION, 0, 0, 0, 0, 0], value)?;
    let checksum = checksum(&bytes);
    bytes[4..HEADER].copy_from_slice(&checksum.to_be_bytes());
    Ok(bytes)
}

/// The value of a record of any version up to the newest.
pub fn read<R: Record>(bytes: &[u8]) -> Result<R, RecordFault> {
    let (version, body) = body::<R>(bytes)?;
    read_body(version, body)
}

/// The version of a record and its body as it was written, unread: all else is checked.
pub fn body<R: Record>(bytes: &[u8]) -> Result<(u8, &[u8]), RecordFault> {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(RecordFault::Short(bytes.len()));
    };
    let kind = u16::from_be_bytes([header[0], header[1]]);
    let (version, flags) = (header[2], header[3]);
    if kind != R::KIND {
        return Err(RecordFault::Kind { got: kind, expected: R::KIND });
    }
    let got = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let expected = checksum(bytes);
    if got != expected {
        return Err(RecordFault::Checksum { kind, got, expected });
    }
    if flags != 0 {
        return Err(RecordFault::Flags { kind, flags });
    }
    if version > R::VERSION {
        return Err(RecordFault::Newer { kind, got: version, newest: R::VERSION });
    }
    Ok((version, body))
}

fn read_body<R: Record>(version: u8, body: &[u8]) -> Result<R, RecordFault> {
    if version == R::VERSION {
        return Ok(codec::decode(body)?);
    }
    // Version 0 is `NoPrevious`, whose reader refuses: the recursion ends there.
    if R::VERSION == 0 {
        return Err(RecordFault::Newer { kind: R::KIND, got: version, newest: 0 });
    }
    read_body::<R::Previous>(version, body).map(Into::into)
}

fn checksum(record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record[..4]);
    hasher.update(&record[HEADER..]);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::tables::Count;

    #[test]
    fn what_is_written_is_read_and_every_damage_is_seen() {
        let bytes = write(&Count(7)).unwrap();
        assert_eq!(read::<Count>(&bytes), Ok(Count(7)));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(read::<Count>(&damaged).is_err(), "byte {at} bit {bit}");
            }
        }
        for length in 0..bytes.len() {
            assert!(read::<Count>(&bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_newer_record_says_that_an_upgrade_is_needed() {
        let mut bytes = write(&Count(7)).unwrap();
        bytes[2] = 2;
        let sum = checksum(&bytes);
        bytes[4..8].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(read::<Count>(&bytes), Err(RecordFault::Newer { kind: 4, got: 2, newest: 1 }));
    }
}
