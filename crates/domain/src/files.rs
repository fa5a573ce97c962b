//! Files of materials (材料电子件): scans and photographs that a case names. Their bytes are sealed blobs beside the log
//! (docs/adr/0027); what is here is how a case names them, and how many and how large they may be.

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening};
use crate::digest::ContentHash;
use crate::sealed::Sealed;

/// A case names at most so many files.
pub const MOST_FILES: usize = 64;
/// A file has at most so many bytes in the clear.
pub const MOST_FILE_BYTES: u64 = 200 * 1024 * 1024;
/// The sealed bytes of a case's files come to at most so many.
pub const MOST_CASE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// A material handed in. Its files are in the case's story ([`CaseContent::files`]), their bytes sealed blobs elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// The material's name in the catalogue.
    pub name: String,
    /// Over the names of its files; `None` when shown on paper at the counter.
    pub content: Option<ContentHash>,
}

/// What a file is, as its own first bytes tell: never as somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaType {
    /// PDF.
    Pdf,
    /// 版式文档 OFD (GB/T 33190).
    Ofd,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF.
    Tiff,
    /// WebP.
    Webp,
    /// HEIF, as telephones write.
    Heif,
    /// Windows bitmap.
    Bmp,
}

impl MediaType {
    /// The name in HTTP (RFC 6838).
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
            Self::Heif => "image/heif",
            Self::Bmp => "image/bmp",
        }
    }
}

/// One file of a material, as its case names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    /// Of which material, as listed.
    pub material: String,
    /// Of the sealed bytes: the blob's name.
    pub blob: ContentHash,
    /// Sealed.
    pub bytes: u64,
    /// What it is.
    pub media: MediaType,
    /// The file's own name and its key, sealed under the case's data key: whoever forgets that key forgets the file.
    pub label: Sealed,
}

/// Why files are not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FilesRefusal {
    /// No file was given.
    #[error("no file is named")]
    None,
    /// A file of a material that was not handed in.
    #[error("{material} is not handed in, so no file of it is taken")]
    MaterialAbsent {
        /// As named.
        material: String,
    },
    /// A case has so many already.
    #[error("a case has at most {most} files")]
    TooMany {
        /// The bound.
        most: usize,
    },
    /// Longer than a file or a case's files may be.
    #[error("{bytes} bytes, at most {most} are taken")]
    TooLarge {
        /// Of the file, or of all.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// The case names it already.
    #[error("file {} is named twice", blob.short())]
    Repeated {
        /// Which.
        blob: ContentHash,
    },
    /// It is not on a majority of the unit's voters, so nothing may rely on it.
    #[error("file {} is not on a majority of the unit's voters", blob.short())]
    NotHeld {
        /// Which.
        blob: ContentHash,
    },
    /// What was to name an uploaded file does not: of another unit, or not whole.
    #[error("that ticket is none of this unit's")]
    TicketUnfit,
    /// The case names no such file.
    #[error("this case names no file {}", blob.short())]
    Unknown {
        /// As asked for.
        blob: ContentHash,
    },
}

impl FilesRefusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "file.none",
            Self::MaterialAbsent { .. } => "file.material_absent",
            Self::TooMany { .. } => "file.too_many",
            Self::TooLarge { .. } => "file.too_large",
            Self::Repeated { .. } => "file.repeated",
            Self::NotHeld { .. } => "file.not_held",
            Self::TicketUnfit => "file.ticket_unfit",
            Self::Unknown { .. } => "file.unknown",
        }
    }

    /// Whether the same request may be answered otherwise soon.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::NotHeld { .. })
    }
}

impl CaseContent {
    /// Every file that the case names, in the order in which they came.
    pub fn files(&self) -> impl Iterator<Item = &CaseFile> {
        self.timeline.iter().flat_map(|entry| match &entry.what {
            Happening::FilesCame { files } => files.as_slice(),
            _ => &[],
        })
    }

    /// Says at each material which files it has: the hash over their names; `None` for one that was shown on paper only.
    pub(crate) fn settle_materials(&mut self) -> Result<(), crate::codec::CodecFault> {
        let named: Vec<(String, ContentHash)> = self.files().map(|file| (file.material.clone(), file.blob)).collect();
        for material in &mut self.materials {
            let blobs: Vec<ContentHash> =
                named.iter().filter(|(name, _)| *name == material.name).map(|(_, blob)| *blob).collect();
            material.content = match blobs.is_empty() {
                true => None,
                false => Some(ContentHash::of("files of a material", &blobs)?),
            };
        }
        Ok(())
    }
}

/// Whether a case that names `known` may name `came` too.
///
/// # Errors
/// In this order: none, a material that is not among `materials`, too large by itself, named twice, too many, too large together.
pub fn check<'a>(
    known: impl Iterator<Item = &'a CaseFile>,
    came: &'a [CaseFile],
    materials: impl Fn(&str) -> bool,
) -> Result<(), FilesRefusal> {
    if came.is_empty() {
        return Err(FilesRefusal::None);
    }
    if let Some(file) = came.iter().find(|file| !materials(&file.material)) {
        return Err(FilesRefusal::MaterialAbsent { material: file.material.clone() });
    }
    let most = most_sealed_bytes();
    if let Some(CaseFile { bytes, .. }) = came.iter().find(|file| file.bytes > most) {
        return Err(FilesRefusal::TooLarge { bytes: *bytes, most });
    }
    let all: Vec<&CaseFile> = known.chain(came).collect();
    let repeated = |(at, file): &(usize, &&CaseFile)| all[..*at].iter().any(|before| before.blob == file.blob);
    if let Some((_, file)) = all.iter().enumerate().find(repeated) {
        return Err(FilesRefusal::Repeated { blob: file.blob });
    }
    if all.len() > MOST_FILES {
        return Err(FilesRefusal::TooMany { most: MOST_FILES });
    }
    let bytes = all.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    if bytes > MOST_CASE_BYTES {
        return Err(FilesRefusal::TooLarge { bytes, most: MOST_CASE_BYTES });
    }
    Ok(())
}

/// A sealed file has at most so many bytes: sealing adds a header, and a tag to each segment.
pub fn most_sealed_bytes() -> u64 {
    MOST_FILE_BYTES + MOST_FILE_BYTES / 2048
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: u8, bytes: u64) -> CaseFile {
        CaseFile {
            material: "申请书".into(),
            blob: ContentHash([name; 32]),
            bytes,
            media: MediaType::Pdf,
            label: Sealed(vec![1; 40]),
        }
    }

    #[test]
    fn refusals_in_order() {
        let large = most_sealed_bytes() + 1;
        let many = |bytes| (0..=MOST_FILES as u8).map(|name| file(name, bytes)).collect::<Vec<_>>();
        let twice = |bytes| vec![file(1, bytes), file(1, bytes)];
        let absent = || vec![CaseFile { material: "其他材料".into(), ..file(1, large) }, file(1, 1)];
        let most = MOST_CASE_BYTES;
        for (came, refusal) in [
            (vec![], FilesRefusal::None),
            (absent(), FilesRefusal::MaterialAbsent { material: "其他材料".into() }),
            (twice(large), FilesRefusal::TooLarge { bytes: large, most: most_sealed_bytes() }),
            ([many(most_sealed_bytes()), twice(1)].concat(), FilesRefusal::Repeated { blob: ContentHash([1; 32]) }),
            (many(most_sealed_bytes()), FilesRefusal::TooMany { most: MOST_FILES }),
        ] {
            assert_eq!(check([].iter(), &came, |name| name == "申请书"), Err(refusal));
        }
        let half: Vec<_> = (0..20).map(|name| file(name, most_sealed_bytes())).collect();
        let bytes = 20 * most_sealed_bytes();
        assert_eq!(check(half[..10].iter(), &half[10..], |_| true), Err(FilesRefusal::TooLarge { bytes, most }));
        assert_eq!(check(half[..1].iter(), &half[..1], |_| true), Err(FilesRefusal::Repeated { blob: half[0].blob }));
        assert_eq!(check(half[..1].iter(), &half[1..2], |_| true), Ok(()));
    }
}
