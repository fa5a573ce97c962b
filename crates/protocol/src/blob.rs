//! Sealed files of materials (docs/adr/0027): how one is sealed in segments, and what nodes say to each other about them.
//!
//! A file is sealed under a key of its own by STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015: a counter and a mark of the end in
//! the nonce) over ChaCha20-Poly1305, so that it streams in constant memory, opens from any segment on, and shows when it was cut
//! or put together otherwise. The sealed bytes' hash is the blob's name. Form: 1 · segments, each 64 KiB · tag (16); the last one
//! may be shorter. A key seals one file, so its nonces begin at nothing.

use std::fmt;

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::ChaCha20Poly1305;
use domain::digest::{ContentHash, RunningDigest};
use domain::ids::{CaseId, NodeId};
use domain::sealed::Sealed;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::record;
use crate::sealing::{DataKey, Field, SealFault};
use crate::seam::Entropy;

/// Names the construction above, in front of everything sealed by it.
const FORM: u8 = 1;
/// Bytes of the file in one segment.
pub const SEGMENT: usize = 64 * 1024;
const TAG: usize = 16;
const HEADER: usize = 1;

/// Bytes of a sealed file in one answer: small beside the memory of a village's machine, large beside a round trip.
pub const MOST_PIECE_BYTES: usize = 1024 * 1024;
/// One question is about so many blobs: all of a case's.
pub const MOST_ASKED: usize = 64;

/// The name of sealed bytes, which come in pieces.
pub fn naming() -> RunningDigest {
    RunningDigest::begin("blob")
}

/// A file's own key. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct FileKey([u8; 32]);

impl FileKey {
    /// A new key, for one file.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self(key)
    }

    fn stream(&self) -> StreamBE32<ChaCha20Poly1305> {
        StreamBE32::new(&self.0.into(), &[0; 7].into())
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey")
    }
}

/// Seals one file that comes in pieces.
pub struct FileSealer {
    stream: StreamBE32<ChaCha20Poly1305>,
    position: u32,
    pending: Vec<u8>,
    bytes: u64,
}

impl FileSealer {
    /// Begins; `out` gets the sealed file from its first byte on.
    pub fn begin(key: &FileKey, out: &mut Vec<u8>) -> Self {
        out.push(FORM);
        Self { stream: key.stream(), position: 0, pending: Vec::with_capacity(SEGMENT), bytes: 0 }
    }

    /// Seals what comes next; `out` gets whole segments.
    ///
    /// # Errors
    /// More segments than are counted: 256 TiB.
    pub fn add(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealFault> {
        self.bytes += plain.len() as u64;
        while !plain.is_empty() {
            // The last segment is marked: a full one waits until it is known not to be it.
            if self.pending.len() == SEGMENT {
                self.seal(false, out)?;
            }
            let (taken, rest) = plain.split_at(plain.len().min(SEGMENT - self.pending.len()));
            self.pending.extend_from_slice(taken);
            plain = rest;
        }
        Ok(())
    }

    /// Ends the file; gives how many bytes it has in the clear.
    ///
    /// # Errors
    /// As [`Self::add`]'s.
    pub fn end(mut self, out: &mut Vec<u8>) -> Result<u64, SealFault> {
        self.seal(true, out)?;
        Ok(self.bytes)
    }

    fn seal(&mut self, is_last: bool, out: &mut Vec<u8>) -> Result<(), SealFault> {
        let sealed = self.stream.encrypt(self.position, is_last, self.pending.as_slice());
        out.extend(sealed.map_err(|_| SealFault::Key)?);
        self.pending.zeroize();
        self.position = self.position.checked_add(1).ok_or(SealFault::Key)?;
        Ok(())
    }
}

impl Drop for FileSealer {
    fn drop(&mut self) {
        self.pending.zeroize();
    }
}

/// How many bytes a file has in the clear of which so many are sealed; `None` where no file has so many.
pub fn plain_bytes(sealed: u64) -> Option<u64> {
    let body = sealed.checked_sub(HEADER as u64)?;
    let whole = (SEGMENT + TAG) as u64;
    let (full, rest) = (body / whole, body % whole);
    match rest {
        0 if full > 0 => Some(full * SEGMENT as u64),
        // A last segment of nothing stands alone in an empty file only.
        rest if rest > TAG as u64 || (rest == TAG as u64 && full == 0) => {
            Some(full * SEGMENT as u64 + rest - TAG as u64)
        }
        _ => None,
    }
}

/// Which sealed bytes hold a segment: its first byte and how many.
pub fn segment_place(segment: u64, sealed: u64) -> (u64, usize) {
    let whole = (SEGMENT + TAG) as u64;
    let first = HEADER as u64 + segment * whole;
    (first, usize::try_from(sealed.saturating_sub(first).min(whole)).unwrap_or_default())
}

/// Opens a segment of a file of which so many bytes are sealed.
///
/// # Errors
/// Another key, another place in another file, or damaged.
pub fn open_segment(key: &FileKey, segment: u64, sealed: u64, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let position = u32::try_from(segment).map_err(|_| SealFault::Closed)?;
    let (first, length) = segment_place(segment, sealed);
    let is_last = first + length as u64 == sealed;
    let opened = key.stream().decrypt(position, is_last, bytes);
    opened.map(Zeroizing::new).map_err(|_| SealFault::Closed)
}

/// What only who may read a case reads of a file: sealed under the case's data key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLabel {
    /// The file's own name, as who uploaded it gave it.
    pub name: String,
    /// Opens it.
    pub key: FileKey,
}

impl FileLabel {
    /// Seals it for a case.
    ///
    /// # Errors
    /// The sealing's.
    pub fn seal(&self, case: CaseId, key: &DataKey, entropy: &dyn Entropy) -> Result<Sealed, SealFault> {
        let plain = Zeroizing::new(record::write(self).map_err(|_| SealFault::Key)?);
        key.seal(case, Field::File, &plain, entropy)
    }

    /// Opens it.
    ///
    /// # Errors
    /// Another case's, or damaged.
    pub fn open(sealed: &Sealed, case: CaseId, key: &DataKey) -> Result<Self, SealFault> {
        record::read(&key.open(case, Field::File, sealed)?).map_err(|_| SealFault::Closed)
    }
}

/// What a node asks another about blobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlobRequest {
    /// Which of these lie whole and synced on the other's disk; at most [`MOST_ASKED`].
    Held {
        /// Their names.
        blobs: Vec<ContentHash>,
    },
    /// Bytes of one.
    Read {
        /// Its name.
        blob: ContentHash,
        /// From which byte on: where a broken transfer ended.
        offset: u64,
        /// At most so many, and at most [`MOST_PIECE_BYTES`].
        most: u32,
    },
    /// Within a unit: read this one from a node that has it, and answer once it is on disk and synced.
    Fetch {
        /// Its name.
        blob: ContentHash,
        /// Its size.
        bytes: u64,
        /// Who has it.
        from: NodeId,
    },
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlobReply {
    /// Whether each that was asked for is there, in the same order.
    Held {
        /// So.
        held: Vec<bool>,
    },
    /// Bytes; none at the end.
    Piece {
        /// Of the whole.
        bytes: u64,
        /// From the offset on.
        #[serde(with = "serde_bytes")]
        piece: Vec<u8>,
    },
    /// Not there, or not for who asks: the two are not told apart.
    Unknown,
}

impl fmt::Debug for BlobReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { held } => write!(f, "Held({held:?})"),
            Self::Piece { bytes, piece } => write!(f, "Piece({} of {bytes} bytes)", piece.len()),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

domain::first_form! {
    74: BlobRequest;
    75: BlobReply;
    76: FileLabel;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counting;
    use proptest::prelude::*;

    fn sealed(key: &FileKey, plain: &[u8], cut: usize) -> Vec<u8> {
        let mut out = vec![];
        let mut sealer = FileSealer::begin(key, &mut out);
        for piece in plain.chunks(cut.max(1)) {
            sealer.add(piece, &mut out).unwrap();
        }
        assert_eq!(sealer.end(&mut out), Ok(plain.len() as u64));
        out
    }

    fn opened(key: &FileKey, bytes: &[u8]) -> Result<Vec<u8>, SealFault> {
        let all = bytes.len() as u64;
        let segments = plain_bytes(all).ok_or(SealFault::Closed)?.div_ceil(SEGMENT as u64).max(1);
        let mut plain = vec![];
        for segment in 0..segments {
            let (first, length) = segment_place(segment, all);
            let first = first as usize;
            plain.extend_from_slice(&open_segment(key, segment, all, &bytes[first..first + length])?);
        }
        Ok(plain)
    }

    #[test]
    fn sizes_at_the_ends_of_segments() {
        let key = FileKey::generate(&Counting::new(1));
        for plain in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT] {
            let bytes = sealed(&key, &vec![7; plain], 50_000);
            assert_eq!(plain_bytes(bytes.len() as u64), Some(plain as u64), "{plain}");
            assert_eq!(opened(&key, &bytes).map(|plain| plain.len()), Ok(plain));
        }
        assert_eq!([0, 1, 16].map(plain_bytes), [None, None, None]);
        assert_eq!(plain_bytes((1 + SEGMENT + TAG + 16) as u64), None, "no last segment of nothing");
    }

    #[test]
    fn a_cut_a_swap_and_every_damage_are_seen() {
        let entropy = Counting::new(1);
        let key = FileKey::generate(&entropy);
        let bytes = sealed(&key, &vec![7; 3 * SEGMENT], SEGMENT);
        let whole = SEGMENT + TAG;
        assert_eq!(opened(&key, &bytes[..1 + 2 * whole]), Err(SealFault::Closed), "its end was cut off");
        let mut swapped = bytes.clone();
        swapped[1..1 + 2 * whole].rotate_left(whole);
        assert_eq!(opened(&key, &swapped), Err(SealFault::Closed), "two segments changed places");
        for at in [1, whole, whole + 1, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(opened(&key, &damaged), Err(SealFault::Closed), "byte {at}");
        }
        assert_eq!(opened(&FileKey::generate(&entropy), &bytes), Err(SealFault::Closed));
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_however_it_came(plain in 0..200_000_usize, cut in 1..100_000_usize) {
            let key = FileKey::generate(&Counting::new(1));
            let plain: Vec<u8> = (0..plain).map(|at| at as u8).collect();
            let bytes = sealed(&key, &plain, cut);
            prop_assert_eq!(opened(&key, &bytes), Ok(plain));
        }
    }
}
