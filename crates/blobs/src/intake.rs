//! An upload, from its first byte to its name: what it is, whether it is too long, whether something harmful is in it; sealed as it comes.

use domain::digest::ContentHash;
use domain::files::MediaType;
use protocol::blob::{FileKey, FileSealer};
use protocol::sealing::SealFault;

use crate::folder::{BlobFolder, StoreFault, Unnamed};
use crate::scanner::{Scan, Scanner, ScannerFault, Verdict};
use crate::sniff::{SNIFFED_BYTES, sniff};

/// Why an upload is not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum IntakeFault {
    /// It is none of the kinds that are taken.
    #[error("the file's first bytes are of no kind that is taken")]
    Media,
    /// It has more bytes than a file may.
    #[error("the file has more than {most} bytes")]
    Large {
        /// The bound.
        most: u64,
    },
    /// The scanner found something.
    #[error("the scanner found {0}")]
    Infected(String),
    /// The scanner cannot be asked.
    #[error(transparent)]
    Scanner(#[from] ScannerFault),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The sealing.
    #[error(transparent)]
    Seal(#[from] SealFault),
}

/// A file that was taken: whole, synced, and sealed under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The blob's name.
    pub blob: ContentHash,
    /// Sealed.
    pub bytes: u64,
    /// In the clear.
    pub plain_bytes: u64,
    /// What it is.
    pub media: MediaType,
}

/// An upload under way.
pub struct Intake<'a> {
    file: Unnamed<'a>,
    sealer: FileSealer,
    scan: Box<dyn Scan>,
    /// Until it is known what the file is.
    first: Vec<u8>,
    media: Option<MediaType>,
    plain_bytes: u64,
    most: u64,
    sealed: Vec<u8>,
}

impl<'a> Intake<'a> {
    /// Begins; the file may have at most so many bytes.
    ///
    /// # Errors
    /// The disk's, or the scanner's.
    pub fn begin(folder: &'a BlobFolder, key: &FileKey, scanner: &dyn Scanner, most: u64) -> Result<Self, IntakeFault> {
        let (file, scan) = (folder.begin()?, scanner.begin()?);
        let mut sealed = Vec::new();
        let sealer = FileSealer::begin(key, &mut sealed);
        Ok(Self { file, sealer, scan, first: Vec::new(), media: None, plain_bytes: 0, most, sealed })
    }

    /// What comes next of it.
    ///
    /// # Errors
    /// As soon as it is known that it is not taken.
    pub fn add(&mut self, plain: &[u8]) -> Result<(), IntakeFault> {
        self.plain_bytes += plain.len() as u64;
        if self.plain_bytes > self.most {
            return Err(IntakeFault::Large { most: self.most });
        }
        if self.media.is_some() {
            return self.keep(plain);
        }
        self.first.extend_from_slice(plain);
        if self.first.len() < SNIFFED_BYTES {
            return Ok(());
        }
        self.settle_media()
    }

    fn settle_media(&mut self) -> Result<(), IntakeFault> {
        self.media = Some(sniff(&self.first[..self.first.len().min(SNIFFED_BYTES)]).ok_or(IntakeFault::Media)?);
        let first = std::mem::take(&mut self.first);
        self.keep(&first)
    }

    fn keep(&mut self, plain: &[u8]) -> Result<(), IntakeFault> {
        self.scan.add(plain)?;
        self.sealer.add(plain, &mut self.sealed)?;
        self.file.add(&self.sealed)?;
        self.sealed.clear();
        Ok(())
    }

    /// All has come: scanned, sealed, synced, named.
    ///
    /// # Errors
    /// It is not taken.
    pub fn end(mut self) -> Result<Taken, IntakeFault> {
        if self.media.is_none() {
            self.settle_media()?;
        }
        let Self { mut file, sealer, scan, media, mut sealed, .. } = self;
        let media = media.ok_or(IntakeFault::Media)?;
        if let Verdict::Found(what) = scan.end()? {
            return Err(IntakeFault::Infected(what));
        }
        let plain_bytes = sealer.end(&mut sealed)?;
        file.add(&sealed)?;
        let (blob, bytes) = file.name()?;
        Ok(Taken { blob, bytes, plain_bytes, media })
    }
}
