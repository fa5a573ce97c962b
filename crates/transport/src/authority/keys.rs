//! What a node or program is given, in memory and as a folder that is carried to its machine.

use std::path::Path;

use protocol::directory::{Directory, DirectoryFault, PublicKey, SignedDirectory};
use protocol::keyed_hash::{BlindKey, DigestKey};
use protocol::sealing::SealingKey;
use protocol::signing::SigningKey;

use super::certificates::Issued;
use super::files::{read_hex, read_key, read_text, write_public, write_secret};
use super::{AuthorityFault, files};
use crate::credentials::Credentials;

/// All keys of one node.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    pub(crate) link: Issued,
    /// Under which it signs what its unit says.
    pub signing_key: SigningKey,
    /// With which its unit opens what is sealed to it.
    pub sealing_key: SealingKey,
    /// Its unit's key of request digests.
    pub digest_key: DigestKey,
    /// The region's key of blind indexes.
    pub blind_key: BlindKey,
    /// With which catalogues are published; the city's nodes only.
    pub publishing_key: Option<SigningKey>,
    /// Whom it knows.
    pub directory: SignedDirectory,
    /// Under which directories are believed.
    pub authority_key: PublicKey,
}

/// What one program holds.
#[derive(Clone, Debug)]
pub struct ProgramKeys {
    pub(crate) link: Issued,
    /// Whom it knows.
    pub directory: SignedDirectory,
    /// Under which directories are believed.
    pub authority_key: PublicKey,
}

impl NodeKeys {
    /// What it shows on a link.
    ///
    /// # Errors
    /// A certificate or key that is damaged.
    pub fn credentials(&self) -> Result<Credentials, AuthorityFault> {
        Ok(Credentials::from_pem(&self.link.certificate, &self.link.key, &self.link.authority)?)
    }

    /// Whom it knows, checked.
    ///
    /// # Errors
    /// A directory that the authority did not sign.
    pub fn directory(&self) -> Result<Directory, DirectoryFault> {
        self.directory.clone().verify(&self.authority_key)
    }

    /// From a node's folder, as [`super::Authority::write`] left it.
    ///
    /// # Errors
    /// Which file is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self, AuthorityFault> {
        let publishing = folder.join(files::PUBLISHING_KEY);
        Ok(Self {
            link: read_link(folder)?,
            signing_key: read_signing_key(&folder.join(files::SIGNING_KEY))?,
            sealing_key: SealingKey::from_bytes(*read_key(&folder.join(files::SEALING_KEY))?),
            digest_key: DigestKey::from_bytes(*read_key(&folder.join(files::DIGEST_KEY))?),
            blind_key: BlindKey::from_bytes(*read_key(&folder.join(files::BLIND_KEY))?),
            publishing_key: publishing.exists().then(|| read_signing_key(&publishing)).transpose()?,
            directory: read_directory(folder)?,
            authority_key: PublicKey(*read_key(&folder.join(files::AUTHORITY_KEY))?),
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), AuthorityFault> {
        write_link(folder, &self.link, &self.directory, &self.authority_key)?;
        write_signing_key(&folder.join(files::SIGNING_KEY), &self.signing_key)?;
        write_secret(&folder.join(files::SEALING_KEY), self.sealing_key.reveal())?;
        write_secret(&folder.join(files::DIGEST_KEY), self.digest_key.reveal())?;
        write_secret(&folder.join(files::BLIND_KEY), self.blind_key.reveal())?;
        match &self.publishing_key {
            Some(key) => write_signing_key(&folder.join(files::PUBLISHING_KEY), key),
            None => Ok(()),
        }
    }
}

impl ProgramKeys {
    /// What it shows on a link.
    ///
    /// # Errors
    /// A certificate or key that is damaged.
    pub fn credentials(&self) -> Result<Credentials, AuthorityFault> {
        Ok(Credentials::from_pem(&self.link.certificate, &self.link.key, &self.link.authority)?)
    }

    /// Whom it knows, checked.
    ///
    /// # Errors
    /// A directory that the authority did not sign.
    pub fn directory(&self) -> Result<Directory, DirectoryFault> {
        self.directory.clone().verify(&self.authority_key)
    }

    /// From a program's folder, as [`super::Authority::write`] left it.
    ///
    /// # Errors
    /// Which file is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self, AuthorityFault> {
        Ok(Self {
            link: read_link(folder)?,
            directory: read_directory(folder)?,
            authority_key: PublicKey(*read_key(&folder.join(files::AUTHORITY_KEY))?),
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), AuthorityFault> {
        write_link(folder, &self.link, &self.directory, &self.authority_key)
    }
}

/// As the directory lists it.
pub(super) fn public(key: &SigningKey) -> PublicKey {
    let mut bytes = [0; 32];
    // The only suite that makes keys is Ed25519, whose keys have 32 bytes.
    bytes.copy_from_slice(&key.verifying_key().bytes);
    PublicKey(bytes)
}

fn write_link(
    folder: &Path,
    link: &Issued,
    directory: &SignedDirectory,
    authority_key: &PublicKey,
) -> Result<(), AuthorityFault> {
    write_public(&folder.join(files::CERTIFICATE), &link.certificate)?;
    files::write(&folder.join(files::KEY), link.key.as_bytes(), files::OWNER_ONLY)?;
    write_public(&folder.join(files::AUTHORITY_CERTIFICATE), &link.authority)?;
    write_public(&folder.join(files::AUTHORITY_KEY), &format!("{authority_key}\n"))?;
    write_public(&folder.join(files::DIRECTORY), &directory.to_json()?)
}

fn read_link(folder: &Path) -> Result<Issued, AuthorityFault> {
    Ok(Issued {
        certificate: read_text(&folder.join(files::CERTIFICATE))?.to_string(),
        key: read_text(&folder.join(files::KEY))?.to_string(),
        authority: read_text(&folder.join(files::AUTHORITY_CERTIFICATE))?.to_string(),
    })
}

/// Whom a folder believes, checked: that of a node or program, or any that holds `directory.json` and `authority.pub`.
///
/// # Errors
/// Which file is missing or not what it should be, or a directory that the authority did not sign.
pub fn believed(folder: &Path) -> Result<Directory, AuthorityFault> {
    let authority_key = PublicKey(*read_key(&folder.join(files::AUTHORITY_KEY))?);
    Ok(read_directory(folder)?.verify(&authority_key)?)
}

/// The directory in a folder, as it lies there: not believed yet.
///
/// # Errors
/// A file that is missing, or no directory.
pub fn read_directory(folder: &Path) -> Result<SignedDirectory, AuthorityFault> {
    Ok(SignedDirectory::from_json(&read_text(&folder.join(files::DIRECTORY))?)?)
}

/// Keeps a directory in a node's folder in the place of the one that is there, in one go.
///
/// # Errors
/// The file cannot be written.
pub fn keep_directory(folder: &Path, directory: &SignedDirectory) -> Result<(), AuthorityFault> {
    write_public(&folder.join(files::DIRECTORY), &directory.to_json()?)
}

pub(super) fn write_signing_key(path: &Path, key: &SigningKey) -> Result<(), AuthorityFault> {
    write_secret(path, &key.reveal())
}

pub(super) fn read_signing_key(path: &Path) -> Result<SigningKey, AuthorityFault> {
    let content = || AuthorityFault::Content { path: path.to_owned(), expected: "a signing key" };
    SigningKey::from_bytes(&read_hex(path)?).map_err(|_| content())
}
