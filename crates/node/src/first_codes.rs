//! The two codes by which a unit's first two accounts are opened: shown once where the region's authority is, kept as hashes in the
//! folders of the unit's nodes (docs/accounts.md).
//!
//! ```text
//! FOLDER/first-accounts.json         the hashes of the codes (0600); of no use once the unit has accounts
//! ```

use std::path::{Path, PathBuf};

use domain::digest::ContentHash;
use domain::ids::UnitId;
use protocol::seam::Entropy;

use crate::seals::{FolderFault, made, read, write};

const FILE: &str = "first-accounts.json";

/// Makes two codes, one for each of two people, and puts their hashes into the folders of the unit's nodes. A node reads them when they
/// are used: it need not be started again.
///
/// # Errors
/// Files that cannot be read or written, or a unit without a node here.
pub fn issue(region: &Path, unit: UnitId, entropy: &dyn Entropy) -> Result<[String; 2], FolderFault> {
    let made = made(region)?;
    let folders: Vec<PathBuf> =
        made.nodes.iter().filter(|node| node.unit == unit).map(|node| region.join(&node.folder)).collect();
    if folders.is_empty() {
        return Err(FolderFault { path: region.to_owned(), why: format!("unit {unit} has no node here") });
    }
    let codes = [code(entropy), code(entropy)];
    let hashes = codes.each_ref().map(|code| web::invitation_hash(code));
    for folder in folders {
        write(&folder.join(FILE), &hashes, 0o600)?;
    }
    Ok(codes)
}

/// The hashes in a node's folder; none where it has none, or a file that is none.
pub(crate) fn kept(folder: &Path) -> Option<[ContentHash; 2]> {
    read(&folder.join(FILE)).unwrap_or_else(|fault| {
        tracing::warn!(%fault, "the codes for the first accounts cannot be read");
        None
    })
}

fn code(entropy: &dyn Entropy) -> String {
    let mut random = [0; 32];
    entropy.fill(&mut random);
    web::invitation_code(random)
}
