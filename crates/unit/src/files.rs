//! Files of materials as people hand them in and read them: an upload's ticket, what a command says of it, what a case's files are
//! called and how they open. Their bytes are kept by whoever implements [`FileKeeper`] (docs/adr/0027).

use domain::case::CaseRow;
use domain::digest::ContentHash;
use domain::files::{CaseFile, FilesRefusal, MOST_FILES, MediaType};
use domain::ids::{CaseId, UnitId};
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use domain::store::UnitRead;
use domain::tables::Cases;
use protocol::blob::{FileKey, FileLabel};
use protocol::record;
use protocol::sealing::{DataKey, Field, SealingKey, unwrap};
use protocol::seam::Entropy;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::handle::Pending;
use crate::identity::Tools;
use crate::request::{CaseName, Code, MOST_NAME, RequestFault};
use crate::stamp::{StampFault, case_id};

/// A file that was uploaded, of a material.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedFile {
    /// Of which material, as listed.
    pub material: String,
    /// As the upload was answered.
    pub ticket: Ticket,
}

/// What an upload is answered with: sealed under a key that the unit's own nodes have, so that it names a file, its kind and its key
/// to them and says nothing to anybody else. Written as hexadecimal digits. It is nowhere kept: who loses it uploads again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(String);

// A ticket lets its bearer hand the file in.
impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket({} characters)", self.0.len())
    }
}

impl From<String> for Ticket {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Ticket {
    /// As it is given to people.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a file that was taken.
    ///
    /// # Errors
    /// [`FilesRefusal::TicketUnfit`] where it cannot be sealed: a defect.
    pub fn issue(file: &Uploaded, key: &SealingKey, entropy: &dyn Entropy) -> Result<Self, FilesRefusal> {
        let plain = record::write(file).map_err(|_| FilesRefusal::TicketUnfit)?;
        let sealed = ticket_key(key).seal(NO_CASE, Field::File, &plain, entropy);
        let Sealed(sealed) = sealed.map_err(|_| FilesRefusal::TicketUnfit)?;
        Ok(Self(sealed.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The file that it names.
    ///
    /// # Errors
    /// [`FilesRefusal::TicketUnfit`] for what is no ticket of this unit.
    pub fn read(&self, key: &SealingKey) -> Result<Uploaded, FilesRefusal> {
        let unfit = || FilesRefusal::TicketUnfit;
        let digits = self.0.trim();
        if digits.len() > MOST_TICKET
            || !digits.len().is_multiple_of(2)
            || !digits.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return Err(unfit());
        }
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| unfit());
        let sealed = (0..digits.len()).step_by(2).map(byte).collect::<Result<Vec<_>, _>>()?;
        let plain = ticket_key(key).open(NO_CASE, Field::File, &Sealed(sealed)).map_err(|_| unfit())?;
        record::read(&plain).map_err(|_| unfit())
    }
}

const MOST_TICKET: usize = 4096;
/// A ticket is of no case yet.
const NO_CASE: CaseId = CaseId(Uuid::nil());

/// The key of tickets follows from the unit's sealing key, as that of request digests does: all of its nodes have the same.
fn ticket_key(sealing: &SealingKey) -> DataKey {
    DataKey::from_bytes(ContentHash::of_bytes("file ticket key", sealing.reveal()).0)
}

/// A file that was taken, as its ticket names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Of the sealed bytes.
    pub blob: ContentHash,
    /// Sealed.
    pub bytes: u64,
    /// What it is.
    pub media: MediaType,
    /// Its name and key.
    pub label: FileLabel,
}

domain::first_form! {
    161: Uploaded;
}

/// A file of a case that can be opened here. It holds the file's key: it never leaves the node that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFile {
    /// Of which material.
    pub material: String,
    /// Of the sealed bytes.
    pub blob: ContentHash,
    /// Sealed.
    pub bytes: u64,
    /// In the clear.
    pub plain_bytes: u64,
    /// What it is.
    pub media: MediaType,
    /// Its name and key.
    pub label: FileLabel,
}

/// Keeps the bytes of files. `node` implements it; `web` calls it.
pub trait FileKeeper: Send + Sync + 'static {
    /// Takes an upload, and answers once a majority of the unit's voters have it on disk and synced.
    fn take<'a>(
        &'a self,
        unit: UnitId,
        name: String,
        source: Box<dyn FileSource + 'a>,
    ) -> Pending<'a, Result<(Ticket, Taken), FileFault>>;

    /// Bytes of a file in the clear, from an offset on: up to the end of the segment that the offset lies in; none at its end.
    fn read<'a>(&'a self, file: &'a OpenFile, offset: u64) -> Pending<'a, Result<Vec<u8>, FileFault>>;

    /// Whether all of the file is here.
    fn is_here(&self, blob: ContentHash) -> bool;
}

/// Where an upload comes from.
pub trait FileSource: Send {
    /// The next bytes; `None` at the end.
    ///
    /// An error is that it was cut off.
    fn next(&mut self) -> Pending<'_, Option<Result<Vec<u8>, FileFault>>>;
}

/// What an uploader is told of what was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// In the clear.
    pub plain_bytes: u64,
    /// What it is.
    pub media: MediaType,
}

/// Why a file is not taken or not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// None of the kinds that are taken.
    #[error("the file's first bytes are of no kind that is taken")]
    Media,
    /// Longer than a file may be.
    #[error("the file has more than {most} bytes")]
    Large {
        /// The bound.
        most: u64,
    },
    /// The scanner found something.
    #[error("the scanner found {what}")]
    Infected {
        /// By its name for it.
        what: String,
    },
    /// The scanner cannot be asked.
    #[error("{why}")]
    Scanner {
        /// Its fault.
        why: String,
    },
    /// The upload ended early, or stood still for too long.
    #[error("the upload was cut off")]
    Cut,
    /// Fewer than a majority of the voters have it.
    #[error("the file is on {on} of {of} voters")]
    NotHeld {
        /// So many have it.
        on: usize,
        /// So many there are.
        of: usize,
    },
    /// It has not come here yet.
    #[error("the file has not arrived here")]
    NotArrived,
    /// The disk.
    #[error("{why}")]
    Disk {
        /// What it said.
        why: String,
    },
}

impl FileFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media => "file.media_unknown",
            Self::Large { .. } => "file.too_large",
            Self::Infected { .. } => "file.infected",
            Self::Scanner { .. } => "file.scanner_down",
            Self::Cut => "file.cut",
            Self::NotHeld { .. } => "file.not_held",
            Self::NotArrived => "file.not_arrived",
            Self::Disk { .. } => "file.disk",
        }
    }
}

/// What a command says of files that were uploaded, for a case under its data key.
pub(crate) fn named(
    files: &[HandedFile],
    case: CaseId,
    key: &DataKey,
    tools: &Tools<'_>,
) -> Result<Vec<CaseFile>, StampFault> {
    if files.len() > MOST_FILES {
        return Err(Refusal::Files(FilesRefusal::TooMany { most: MOST_FILES }).into());
    }
    let name = |file: &HandedFile| {
        if file.material.chars().count() > MOST_NAME {
            let what = format!("at most {MOST_NAME} characters");
            return Err(RequestFault { code: Code::Field, field: "files.material".to_owned(), what }.into());
        }
        let unfit = |refusal| StampFault::Refused(Refusal::Files(refusal));
        let Uploaded { blob, bytes, media, label } = file.ticket.read(&tools.keys.sealing).map_err(unfit)?;
        let label = label.seal(case, key, tools.entropy).map_err(|_| unfit(FilesRefusal::TicketUnfit))?;
        Ok(CaseFile { material: file.material.trim().to_owned(), blob, bytes, media, label })
    };
    files.iter().map(name).collect()
}

/// The same for a case that is here.
pub(crate) fn named_for(
    files: &[HandedFile],
    case: CaseId,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<Vec<CaseFile>, StampFault> {
    let row = rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
    let key = data_key(case, &row, tools).ok_or_else(|| elsewhere(case, &row))?;
    named(files, case, &key, tools)
}

fn data_key(case: CaseId, row: &CaseRow, tools: &Tools<'_>) -> Option<DataKey> {
    unwrap(row.key.as_ref()?, case, tools.identity.unit, &tools.keys.sealing, tools.crypto).ok()
}

fn elsewhere(case: CaseId, row: &CaseRow) -> Refusal {
    match row.custody.role.counterpart() {
        Some(with) => Refusal::CaseElsewhere { with },
        None => Refusal::CaseUnknown { case },
    }
}

/// The files of a case, in the order in which they came.
///
/// # Errors
/// No such case here, or its content is elsewhere.
pub fn of_case(name: CaseName, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Vec<OpenFile>, StampFault> {
    let case = case_id(name, rows)?;
    let row = rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
    let key = data_key(case, &row, tools).ok_or_else(|| elsewhere(case, &row))?;
    let content = row.content.as_ref().ok_or_else(|| elsewhere(case, &row))?;
    let open = |file: &CaseFile| {
        // One whose label does not open was named by a defect: the others are still read.
        let label = FileLabel::open(&file.label, case, &key).ok()?;
        let plain_bytes = protocol::blob::plain_bytes(file.bytes)?;
        let CaseFile { material, blob, bytes, media, .. } = file.clone();
        Some(OpenFile { material, blob, bytes, plain_bytes, media, label })
    };
    Ok(content.files().filter_map(open).collect())
}

/// A new file's label.
pub fn label(name: &str, key: FileKey) -> FileLabel {
    // A name is shown and written by others: one line, no path.
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).take(MOST_NAME).collect();
    FileLabel { name: name.trim().to_owned(), key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn a_ticket_is_read_by_its_unit_alone_and_no_other_text_is_one() {
        let entropy = Counting(AtomicU8::new(1));
        let (own, other) = (SealingKey::generate(&entropy), SealingKey::generate(&entropy));
        let file = Uploaded {
            blob: ContentHash([7; 32]),
            bytes: 5_000,
            media: MediaType::Png,
            label: label("C:\\scans\\营业执照\n.png", FileKey::generate(&entropy)),
        };
        assert_eq!(file.label.name, "营业执照.png");
        let ticket = Ticket::issue(&file, &own, &entropy).unwrap();
        assert_eq!(ticket.read(&own), Ok(file));
        assert_eq!(ticket.read(&other), Err(FilesRefusal::TicketUnfit));
        let mut forged = ticket.as_str().to_owned();
        forged.replace_range(100..102, if &forged[100..102] == "00" { "01" } else { "00" });
        for text in [forged, ticket.as_str()[2..].to_owned(), "abc".into(), "键值".into(), String::new()] {
            assert_eq!(Ticket::from(text.clone()).read(&own), Err(FilesRefusal::TicketUnfit), "{text}");
        }
    }

    #[test]
    fn an_uploaded_file_has_the_bytes_it_always_had() {
        let entropy = Counting(AtomicU8::new(1));
        let label = label("a.pdf", FileKey::generate(&entropy));
        let file = Uploaded { blob: ContentHash([7; 32]), bytes: 5_000, media: MediaType::Png, label };
        let bytes = record::write(&file).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, GOLDEN);
        assert_eq!(record::read(&bytes), Ok(file));
    }

    const GOLDEN: &str = concat!(
        "00a1010099f46f74070707070707070707070707070707070707070707070707070707070707070788270305612e7064",
        "660102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
    );
}
