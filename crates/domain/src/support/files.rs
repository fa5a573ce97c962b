//! A file of a material.

use crate::digest::ContentHash;
use crate::files::{CaseFile, MediaType};
use crate::sealed::Sealed;

pub(crate) fn case_file(material: &str, name: u8) -> CaseFile {
    CaseFile {
        material: material.to_owned(),
        blob: ContentHash([name; 32]),
        bytes: 1000,
        media: MediaType::Jpeg,
        label: Sealed(vec![name; 90]),
    }
}
