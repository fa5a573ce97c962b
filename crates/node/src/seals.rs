//! Electronic seals as files: the test authority in the region's folder, the seals of a unit's bodies in the folders of its nodes.
//!
//! ```text
//! REGION/authority/seals.json        the test authority's key and what it has certified; kept away from every node
//! FOLDER/seal-authority.json         its root, what papers are judged by; in the region's folder and each node's and program's
//! FOLDER/seals.json                  the seals that a node keeps (0600)
//! ```

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::identifiers::CreditCode;
use domain::ids::UnitId;
use domain::time::Timestamp;
use protocol::seam::{Clock, Entropy};
use seal::sm::SecretKey;
use seal::{BodySeal, BodySeals, Certificate, Certified, Revoked, Root, TestAuthority};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::region::{Made, SUMMARY};
use crate::world::MachineClock;

/// What papers are judged by.
pub const ROOT: &str = "seal-authority.json";
const SEALS: &str = "seals.json";
const DAY_MILLIS: i64 = 86_400_000;

/// A file of a region's or node's folder that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct FolderFault {
    /// Which.
    pub path: PathBuf,
    /// What is wrong.
    pub why: String,
}

/// A seal as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    certificate: Certificate,
    key: String,
}

/// The test authority as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptAuthority {
    name: String,
    key: String,
    last_serial: u64,
    revoked: Vec<Revoked>,
}

impl KeptAuthority {
    fn open(region: &Path, name: &str, entropy: &dyn Entropy) -> Result<Self, FolderFault> {
        match read(&region.join("authority").join(SEALS))? {
            Some(kept) => Ok(kept),
            None => Ok(Self {
                name: name.to_owned(),
                key: new_key(entropy).reveal().to_string(),
                last_serial: 0,
                revoked: vec![],
            }),
        }
    }

    fn authority(&self, region: &Path) -> Result<TestAuthority, FolderFault> {
        let key = SecretKey::from_hex(&self.key).ok_or_else(|| FolderFault {
            path: region.join("authority").join(SEALS),
            why: "the authority's key is none".to_owned(),
        })?;
        Ok(TestAuthority::new(&self.name, key))
    }

    /// Keeps itself, and brings its root to every folder of the region.
    fn keep(&self, region: &Path, made: &Made) -> Result<(), FolderFault> {
        write(&region.join("authority").join(SEALS), self, 0o600)?;
        let root = self.authority(region)?.root(self.revoked.clone());
        let folders = made.nodes.iter().map(|node| region.join(&node.folder)).chain([region.join(&made.operator)]);
        for folder in folders.filter(|folder| folder.is_dir()).chain([region.to_owned()]) {
            write(&folder.join(ROOT), &root, 0o644)?;
        }
        Ok(())
    }
}

/// Certifies a seal of the test authority for a body of a unit, and puts it into the folders of the unit's nodes. A node uses it from its
/// next start. The number of the certificate.
///
/// # Errors
/// Files that cannot be read or written, or a unit without a node here.
pub fn issue(
    region: &Path,
    (unit, body, body_name): (UnitId, CreditCode, String),
    days: u32,
    entropy: &dyn Entropy,
) -> Result<u64, FolderFault> {
    let made = made(region)?;
    let folders: Vec<PathBuf> =
        made.nodes.iter().filter(|node| node.unit == unit).map(|node| region.join(&node.folder)).collect();
    if folders.is_empty() {
        return Err(FolderFault { path: region.to_owned(), why: format!("unit {unit} has no node here") });
    }
    let mut authority = KeptAuthority::open(region, made.region.as_str(), entropy)?;
    authority.last_serial += 1;
    let (key, from) = (new_key(entropy), MachineClock.now());
    let says = Certified {
        serial: authority.last_serial,
        body,
        body_name,
        key: key.public(),
        from,
        until: Timestamp(from.0.saturating_add(i64::from(days) * DAY_MILLIS)),
        issuer: String::new(),
        test: true,
    };
    let certificate = authority.authority(region)?.certify(says);
    let certificate = certificate
        .ok_or_else(|| FolderFault { path: region.to_owned(), why: "the authority gave no signature".to_owned() })?;
    // The number first: one that was given is never given again.
    authority.keep(region, &made)?;
    for folder in folders {
        let path = folder.join(SEALS);
        let mut seals: Vec<Kept> = read(&path)?.unwrap_or_default();
        seals.push(Kept { certificate: certificate.clone(), key: key.reveal().to_string() });
        write(&path, &seals, 0o600)?;
    }
    Ok(authority.last_serial)
}

/// Revokes a seal from now on, in every folder of the region that is here.
///
/// # Errors
/// Files that cannot be read or written, or a number that was never given.
pub fn revoke(region: &Path, serial: u64, entropy: &dyn Entropy) -> Result<(), FolderFault> {
    let made = made(region)?;
    let mut authority = KeptAuthority::open(region, made.region.as_str(), entropy)?;
    if !(1..=authority.last_serial).contains(&serial) {
        return Err(FolderFault { path: region.to_owned(), why: format!("there is no seal number {serial}") });
    }
    authority.revoked.push(Revoked { serial, since: MachineClock.now() });
    authority.keep(region, &made)
}

/// What papers are judged by, from a folder.
///
/// # Errors
/// A file that is missing or no root.
pub fn root(folder: &Path) -> Result<Root, FolderFault> {
    let path = folder.join(ROOT);
    read(&path)?.ok_or_else(|| FolderFault { path, why: "there is no such file".to_owned() })
}

/// The seals in a node's folder; none where it keeps none.
///
/// # Errors
/// A file that is not what it should be.
pub(crate) fn kept(folder: &Path) -> Result<BodySeals, FolderFault> {
    let path = folder.join(SEALS);
    let Some(kept) = read::<Vec<Kept>>(&path)? else { return Ok(BodySeals::none()) };
    let seals = kept.into_iter().map(|Kept { certificate, key }| {
        let key = SecretKey::from_hex(&key)
            .ok_or_else(|| FolderFault { path: path.clone(), why: "a seal's key is none".to_owned() })?;
        Ok(BodySeal { certificate, key })
    });
    Ok(BodySeals::new(root(folder)?, seals.collect::<Result<_, FolderFault>>()?, || MachineClock.now()))
}

fn new_key(entropy: &dyn Entropy) -> SecretKey {
    loop {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        if let Some(key) = SecretKey::from_bytes(&bytes) {
            return key;
        }
    }
}

pub(crate) fn made(region: &Path) -> Result<Made, FolderFault> {
    let path = region.join(SUMMARY);
    read(&path)?.ok_or_else(|| FolderFault { path, why: "there is no such file".to_owned() })
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FolderFault> {
    let fault = |why: String| FolderFault { path: path.to_owned(), why };
    match fs::read_to_string(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(fault(why.to_string())),
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|why| fault(why.to_string())),
    }
}

/// Written beside its place and moved there: whoever reads sees the old file or the new one.
pub(crate) fn write<T: Serialize>(path: &Path, what: &T, mode: u32) -> Result<(), FolderFault> {
    let fault = |why: String| FolderFault { path: path.to_owned(), why };
    let text = serde_json::to_string_pretty(what).map_err(|why| fault(why.to_string()))?;
    let beside = path.with_added_extension("new");
    match fs::remove_file(&beside) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fault(why.to_string())),
        _ => {}
    }
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|why: io::Error| fault(why.to_string()))
}
