//! The authority as files: one folder for itself, one per node, one per program.
//!
//! ```text
//! REGION/authority/            kept away from every node
//!     authority.pem  authority.key  directory.key  publishing.key  blind.key
//!     units/CODE/sealing.key  digest.key
//! REGION/directory.json        to look at, and to bring to nodes that are already set up
//! REGION/nodes/CODE-N/         carried to the node's machine
//! REGION/clients/NAME/         carried to the program
//! ```
//!
//! Files with secrets are the owner's alone (0600), folders too (0700). A file is written beside its place and then moved there.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use domain::ids::UnitId;
use protocol::keyed_hash::{BlindKey, DigestKey};
use protocol::sealing::SealingKey;
use zeroize::Zeroizing;

use super::certificates::Issuer;
use super::keys::{read_directory, read_signing_key, write_signing_key};
use super::{Authority, AuthorityFault, Existing, UnitKeys};

pub(super) const CERTIFICATE: &str = "node.pem";
pub(super) const KEY: &str = "node.key";
pub(super) const AUTHORITY_CERTIFICATE: &str = "authority.pem";
pub(super) const AUTHORITY_KEY: &str = "authority.pub";
/// The file with the signed directory, in every folder.
pub const DIRECTORY: &str = "directory.json";
pub(super) const SIGNING_KEY: &str = "signing.key";
pub(super) const SEALING_KEY: &str = "sealing.key";
pub(super) const DIGEST_KEY: &str = "digest.key";
pub(super) const BLIND_KEY: &str = "blind.key";
pub(super) const PUBLISHING_KEY: &str = "publishing.key";

const FOLDER: &str = "authority";
const UNITS: &str = "units";
const ISSUER_KEY: &str = "authority.key";
const DIRECTORY_KEY: &str = "directory.key";

pub(super) const OWNER_ONLY: u32 = 0o600;
const EVERYBODY_READS: u32 = 0o644;
const OWNER_ONLY_FOLDER: u32 = 0o700;

impl Authority {
    /// Writes itself, and the folders of the nodes and programs that were made since it was opened. Folders of nodes that were
    /// written before keep their keys and get the new directory.
    ///
    /// # Errors
    /// Another authority that is to be kept, or a file that cannot be written.
    pub fn write(&self, region: &Path, existing: Existing) -> Result<(), AuthorityFault> {
        let own = region.join(FOLDER);
        if existing == Existing::Keep && own.exists() && !self.is_at(&own)? {
            return Err(AuthorityFault::Exists { path: own });
        }
        // The certificate first: a folder that was left half-written is recognised as this authority's.
        write_public(&own.join(AUTHORITY_CERTIFICATE), &self.issuer.certificate)?;
        write(&own.join(ISSUER_KEY), self.issuer.key().as_bytes(), OWNER_ONLY)?;
        write_secret(&own.join(DIRECTORY_KEY), self.directory_key.as_bytes())?;
        write_signing_key(&own.join(PUBLISHING_KEY), &self.publishing_key)?;
        write_secret(&own.join(BLIND_KEY), self.blind_key.reveal())?;
        for (unit, keys) in &self.units {
            let folder = own.join(UNITS).join(unit.to_string());
            write_secret(&folder.join(SEALING_KEY), keys.sealing.reveal())?;
            write_secret(&folder.join(DIGEST_KEY), keys.digest.reveal())?;
        }
        let directory = self.directory.to_json()?;
        write_public(&region.join(DIRECTORY), &directory)?;
        for listed in &self.directory.listing.nodes {
            let folder = Self::node_folder(region, listed.unit, listed.node);
            match self.nodes.get(&listed.node) {
                Some(keys) => keys.write(&folder)?,
                // Carried to its machine already, folder and all.
                None if !folder.exists() => {}
                None => write_public(&folder.join(DIRECTORY), &directory)?,
            }
        }
        for (name, keys) in &self.programs {
            keys.write(&Self::program_folder(region, name))?;
        }
        Ok(())
    }

    /// Opens the authority that was written to a region's folder.
    ///
    /// # Errors
    /// Which file is missing or not what it should be, or a directory that it has not signed.
    pub fn open(region: &Path) -> Result<Self, AuthorityFault> {
        let own = region.join(FOLDER);
        let certificate = read_text(&own.join(AUTHORITY_CERTIFICATE))?.to_string();
        let issuer = Issuer::open(certificate, &read_text(&own.join(ISSUER_KEY))?)?;
        let directory_key = ed25519_dalek::SigningKey::from_bytes(&*read_key(&own.join(DIRECTORY_KEY))?);
        let directory = read_directory(region)?;
        let public = protocol::directory::PublicKey(directory_key.verifying_key().to_bytes());
        let checked = directory.clone().verify(&public)?;
        let unit_keys = |unit: UnitId| {
            let folder = own.join(UNITS).join(unit.to_string());
            let sealing = SealingKey::from_bytes(*read_key(&folder.join(SEALING_KEY))?);
            let digest = DigestKey::from_bytes(*read_key(&folder.join(DIGEST_KEY))?);
            Ok::<_, AuthorityFault>((unit, UnitKeys { sealing, digest }))
        };
        Ok(Self {
            region: checked.region().clone(),
            issuer,
            directory_key,
            publishing_key: read_signing_key(&own.join(PUBLISHING_KEY))?,
            blind_key: BlindKey::from_bytes(*read_key(&own.join(BLIND_KEY))?),
            units: checked.units().map(|unit| unit_keys(unit.unit)).collect::<Result<_, _>>()?,
            directory,
            nodes: std::collections::BTreeMap::new(),
            programs: std::collections::BTreeMap::new(),
        })
    }

    fn is_at(&self, own: &Path) -> Result<bool, AuthorityFault> {
        let path = own.join(AUTHORITY_CERTIFICATE);
        match fs::read_to_string(&path) {
            Ok(certificate) => Ok(certificate == self.issuer.certificate),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
            Err(why) => Err(AuthorityFault::File { path, why }),
        }
    }
}

/// A key as one line of hexadecimal digits.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), AuthorityFault> {
    let line = Zeroizing::new(hex::encode(bytes) + "\n");
    write(path, line.as_bytes(), OWNER_ONLY)
}

pub(super) fn write_public(path: &Path, text: &str) -> Result<(), AuthorityFault> {
    write(path, text.as_bytes(), EVERYBODY_READS)
}

pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityFault> {
    let fault = |why| AuthorityFault::File { path: path.to_owned(), why };
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(folder).map_err(fault)?;
    }
    let beside = path.with_added_extension("new");
    // What an interrupted write left may have other rights: it is not written into.
    match fs::remove_file(&beside) {
        Err(why) if why.kind() != ErrorKind::NotFound => return Err(fault(why)),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).map_err(fault)?;
    file.write_all(bytes).map_err(fault)?;
    file.sync_all().map_err(fault)?;
    fs::rename(&beside, path).map_err(fault)
}

pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, AuthorityFault> {
    let text = fs::read_to_string(path).map_err(|why| AuthorityFault::File { path: path.to_owned(), why })?;
    Ok(Zeroizing::new(text))
}

pub(super) fn read_hex(path: &Path) -> Result<Zeroizing<Vec<u8>>, AuthorityFault> {
    let content = || AuthorityFault::Content { path: path.to_owned(), expected: "a line of hexadecimal digits" };
    hex::decode(read_text(path)?.trim_end()).map(Zeroizing::new).map_err(|_| content())
}

pub(super) fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, AuthorityFault> {
    let content = || AuthorityFault::Content { path: path.to_owned(), expected: "a key of 32 bytes" };
    let bytes: [u8; 32] = read_hex(path)?.as_slice().try_into().map_err(|_| content())?;
    Ok(Zeroizing::new(bytes))
}
