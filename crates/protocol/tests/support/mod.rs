//! What several tests here need.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use domain::digest::ContentHash;
use domain::ids::UnitId;
use protocol::seam::Entropy;

/// Bytes that differ with every draw and are the same in every run.
#[derive(Debug)]
pub(crate) struct Counting(AtomicU64);

impl Counting {
    /// Starts anew for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &drawn.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

/// A unit of the real tree.
pub(crate) fn unit(code: u64) -> UnitId {
    UnitId::new(code).expect("a code of the real tree")
}

/// A record with a right checksum around any body: what a hostile writer makes.
pub(crate) fn with_header(kind: u16, version: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = [&kind.to_be_bytes(), [version, 0].as_slice(), &[0; 4], body].concat();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..4]);
    hasher.update(body);
    bytes[4..8].copy_from_slice(&hasher.finalize().to_be_bytes());
    bytes
}

/// A record as a source file declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Declared {
    pub(crate) kind: u16,
    pub(crate) name: String,
    pub(crate) in_crate: String,
}

/// Every record that a crate declares in a `first_form!` block, in the order of kinds.
pub(crate) fn declared_records() -> Vec<Declared> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(crates).expect("the crates") {
        let folder = folder.expect("a crate").path();
        let in_crate = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        for source in sources(&folder.join("src")) {
            let text = std::fs::read_to_string(&source).expect("a source file");
            for block in text.split("first_form! {").skip(1).filter_map(|rest| rest.split('}').next()) {
                for declaration in block.split(';').map(str::trim).filter(|text| !text.is_empty()) {
                    let Some((kind, name)) = declaration.split_once(": ") else { continue };
                    let Ok(kind) = kind.parse() else { continue };
                    found.push(Declared { kind, name: name.to_owned(), in_crate: in_crate.clone() });
                }
            }
        }
    }
    found.sort();
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// How many variants an enum has, counted in its source.
pub(crate) fn variants(source: &str, heading: &str) -> usize {
    variant_names(source, heading).len()
}

/// The variants of an enum in their order, read from its source: one indented name each.
pub(crate) fn variant_names(source: &str, heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(source);
    let text = std::fs::read_to_string(path).expect("a source file");
    let body = text.split_once(heading).expect("the enum").1;
    let body = body.split_once("\n}").expect("its end").0;
    let name = |line: &str| {
        let rest = line.strip_prefix("    ").filter(|rest| rest.starts_with(char::is_uppercase))?;
        rest.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned)
    };
    body.lines().filter_map(name).collect()
}
