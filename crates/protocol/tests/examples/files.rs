//! Examples of files of materials: as cases name them, and as nodes speak of them.

use domain::case::{Happening, TimelineEntry};
use domain::command::{AttachFiles, Command, Filed, Receive, ReceiveFiled};
use domain::files::{CaseFile, FilesRefusal, MediaType};
use domain::ids::{CaseId, NodeId};
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use domain::tables::BlobName;
use protocol::blob::{BlobReply, BlobRequest, FileKey, FileLabel};
use protocol::seam::Entropy;

use super::{Examples, entry, hash};

fn files() -> Vec<CaseFile> {
    let file = |name, media| CaseFile {
        material: "营业执照".into(),
        blob: hash(name),
        bytes: 5_000,
        media,
        label: Sealed(vec![4; 40]),
    };
    vec![file(31, MediaType::Pdf), file(32, MediaType::Bmp)]
}

pub(super) fn commands(case: CaseId, receive: &Receive) -> Vec<(&'static str, Command)> {
    let application = Filed::Plain(receive.clone());
    vec![
        ("receive filed", Command::ReceiveFiled(Box::new(ReceiveFiled { application, files: files() }))),
        ("attach files", Command::AttachFiles(AttachFiles { case, files: files() })),
    ]
}

pub(super) fn refusals() -> Vec<(&'static str, Refusal)> {
    let blob = hash(31);
    [
        ("files none", FilesRefusal::None),
        ("file material absent", FilesRefusal::MaterialAbsent { material: "营业执照".into() }),
        ("files too many", FilesRefusal::TooMany { most: 64 }),
        ("files too large", FilesRefusal::TooLarge { bytes: 9, most: 8 }),
        ("file repeated", FilesRefusal::Repeated { blob }),
        ("file not held", FilesRefusal::NotHeld { blob }),
        ("ticket unfit", FilesRefusal::TicketUnfit),
        ("file unknown", FilesRefusal::Unknown { blob }),
    ]
    .map(|(name, refusal)| (name, Refusal::Files(refusal)))
    .into()
}

pub(super) fn timeline() -> Vec<TimelineEntry> {
    vec![entry(701, Happening::FilesCame { files: files() })]
}

pub(crate) fn blob_name() -> Examples<BlobName> {
    vec![("one", BlobName { since: domain::ids::Sequence(7), bytes: 5_000 })]
}

pub(crate) fn blob_request() -> Examples<BlobRequest> {
    vec![
        ("held", BlobRequest::Held { blobs: vec![hash(31), hash(32)] }),
        ("read", BlobRequest::Read { blob: hash(31), offset: 1 << 20, most: 1 << 20 }),
        ("fetch", BlobRequest::Fetch { blob: hash(31), bytes: 5_000, from: NodeId(3) }),
    ]
}

pub(crate) fn blob_reply() -> Examples<BlobReply> {
    vec![
        ("held", BlobReply::Held { held: vec![true, false] }),
        ("piece", BlobReply::Piece { bytes: 5_000, piece: vec![1, 2, 3] }),
        ("unknown", BlobReply::Unknown),
    ]
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub(crate) fn file_label() -> Examples<FileLabel> {
    vec![("scan", FileLabel { name: "执照.pdf".into(), key: FileKey::generate(&Sevens) })]
}
