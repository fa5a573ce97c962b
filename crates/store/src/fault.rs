//! Why a data folder is not opened, and what to do about it.

use std::path::PathBuf;

/// A data folder that cannot be this node's, or cannot be used now. What it held is left as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// Another process holds it.
    #[error(
        "data folder {} is in use by {}: stop that process, or give this node a folder of its own",
        folder.display(),
        process.map_or("another process".to_owned(), |id| format!("process {id}"))
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who said that it holds it.
        process: Option<u32>,
    },
    /// Files cannot be made, read or written in it.
    #[error("data folder {} cannot be used: {why}: check that it exists, who owns it and whether the disk is full", folder.display())]
    NotUsable {
        /// The folder.
        folder: PathBuf,
        /// What the system said, and about which file.
        why: String,
    },
    /// It is not a data folder and holds something else.
    #[error(
        "data folder {} holds {entry:?} and no MARK, so it is not a data folder: name an empty or a new one",
        folder.display()
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// One of the things it holds.
        entry: String,
    },
    /// It was made for another region, unit, generation or node.
    #[error(
        "data folder {} belongs to {what} {found}, but this node is of {what} {expected}: name the folder that was made for this node, or a new one",
        folder.display()
    )]
    Another {
        /// The folder.
        folder: PathBuf,
        /// `region`, `unit`, `generation` or `node`.
        what: &'static str,
        /// Whose folder it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// A newer release wrote it.
    #[error(
        "data folder {} has format {found}; this release reads formats up to {newest}: start the newer release again, or upgrade this one",
        folder.display()
    )]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// Its format.
        found: u64,
        /// The newest that is known here.
        newest: u32,
    },
    /// It is damaged, or files of two folders are mixed.
    #[error(
        "data folder {} is damaged: {what}: keep a copy as evidence, then let this node rejoin its unit with an empty folder, or restore the unit",
        folder.display()
    )]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with which file.
        what: String,
    },
}

impl OpenFault {
    /// The documented code (`domain::codes`).
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "folder.in_use",
            Self::NotUsable { .. } => "folder.not_usable",
            Self::NotEmpty { .. } => "folder.not_empty",
            Self::Another { .. } => "folder.another",
            Self::Newer { .. } => "folder.newer",
            Self::Damaged { .. } => "folder.damaged",
        }
    }
}
