//! The folder: what is in it under its name was whole and synced when it got that name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use domain::digest::{ContentHash, RunningDigest};
use domain::time::Timestamp;
use protocol::blob::naming;

const INCOMING: &str = "incoming";
const PARTS: &str = "parts";
const ASIDE: &str = "aside";
/// Read at once when a file is hashed.
const AT_ONCE: usize = 256 * 1024;

/// What goes wrong with the disk, and where.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The disk's own word.
    #[error("{}: {why}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What it said.
        why: io::Error,
    },
    /// The bytes are not those of the name: they were damaged on the way or on the disk.
    #[error("the bytes of {} hash to {}", expected.short(), found.short())]
    Damaged {
        /// By the name.
        expected: ContentHash,
        /// By the bytes.
        found: ContentHash,
    },
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> StoreFault {
    let path = path.to_owned();
    |why| StoreFault::Disk { path, why }
}

/// A blob that is there whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub blob: ContentHash,
    /// Its size.
    pub bytes: u64,
    /// When it was taken, by the file system.
    pub since: Timestamp,
}

/// A node's blobs. One process opens a folder.
#[derive(Debug)]
pub struct BlobFolder {
    path: PathBuf,
    uploads: AtomicU64,
}

impl BlobFolder {
    /// Opens the folder, makes it where there is none, and forgets uploads that a crash ended.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        let incoming = path.join(INCOMING);
        if incoming.exists() {
            fs::remove_dir_all(&incoming).map_err(disk(&incoming))?;
        }
        for made in [&incoming, &path.join(PARTS), &path.join(ASIDE)] {
            fs::create_dir_all(made).map_err(disk(made))?;
        }
        sync_folder(path)?;
        if let Some(parent) = path.parent() {
            sync_folder(parent)?;
        }
        Ok(Self { path: path.to_owned(), uploads: AtomicU64::new(0) })
    }

    fn place(&self, blob: ContentHash) -> PathBuf {
        let name = blob.to_string();
        self.path.join(&name[..2]).join(name)
    }

    /// How many bytes a blob has; `None` where it is not here whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn held(&self, blob: ContentHash) -> Result<Option<u64>, StoreFault> {
        let place = self.place(blob);
        match fs::metadata(&place) {
            Ok(found) => Ok(Some(found.len())),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(disk(&place)(why)),
        }
    }

    /// Bytes of a blob from an offset on, at most so many: none at its end; `None` where it is not here whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&self, blob: ContentHash, offset: u64, most: usize) -> Result<Option<Vec<u8>>, StoreFault> {
        let place = self.place(blob);
        let mut file = match File::open(&place) {
            Ok(file) => file,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(disk(&place)(why)),
        };
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(disk(&place))?;
        file.take(most as u64).read_to_end(&mut bytes).map_err(disk(&place))?;
        Ok(Some(bytes))
    }

    /// Every blob that is here whole, in the order of names.
    ///
    /// # Errors
    /// The disk's.
    pub fn list(&self) -> Result<Vec<Held>, StoreFault> {
        let mut held = Vec::new();
        for shard in fs::read_dir(&self.path).map_err(disk(&self.path))? {
            let shard = shard.map_err(disk(&self.path))?.path();
            if shard.file_name().is_none_or(|name| name.len() != 2) {
                continue;
            }
            for file in fs::read_dir(&shard).map_err(disk(&shard))? {
                let file = file.map_err(disk(&shard))?;
                let named = file.file_name().to_str().and_then(|name| name.parse().ok());
                let (Some(blob), Ok(found)) = (named, file.metadata()) else { continue };
                let since = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                let since = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default();
                held.push(Held { blob, bytes: found.len(), since: Timestamp(since) });
            }
        }
        held.sort_unstable_by_key(|held| held.blob);
        Ok(held)
    }

    /// Forgets a blob that no case names.
    ///
    /// # Errors
    /// The disk's.
    pub fn delete(&self, blob: ContentHash) -> Result<(), StoreFault> {
        let place = self.place(blob);
        match fs::remove_file(&place) {
            Err(why) if why.kind() != ErrorKind::NotFound => Err(disk(&place)(why)),
            _ => Ok(()),
        }
    }

    /// Reads a blob again from the disk. One that is not what its name says is set aside, and is then missing here.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] where it was set aside; the disk's.
    pub fn scrub(&self, blob: ContentHash) -> Result<(), StoreFault> {
        let place = self.place(blob);
        let found = match File::open(&place).and_then(|mut file| hash_of(&mut file)) {
            Ok((hash, _)) => hash.end(),
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
            // A sector that cannot be read is a damage of this blob, not the end of the node.
            Err(why) => {
                self.set_aside(blob)?;
                return Err(disk(&place)(why));
            }
        };
        if found == blob {
            return Ok(());
        }
        self.set_aside(blob)?;
        Err(StoreFault::Damaged { expected: blob, found })
    }

    /// Takes a blob that was found damaged out of use; kept for people to look at.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_aside(&self, blob: ContentHash) -> Result<(), StoreFault> {
        let (place, aside) = (self.place(blob), self.path.join(ASIDE));
        fs::rename(&place, aside.join(blob.to_string())).map_err(disk(&place))?;
        sync_folder(&aside)
    }

    /// How many damaged blobs lie aside.
    ///
    /// # Errors
    /// The disk's.
    pub fn aside(&self) -> Result<usize, StoreFault> {
        let aside = self.path.join(ASIDE);
        Ok(fs::read_dir(&aside).map_err(disk(&aside))?.count())
    }

    /// A new file whose name is not known before its last byte.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn begin(&self) -> Result<Unnamed<'_>, StoreFault> {
        let upload = self.uploads.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(INCOMING).join(upload.to_string());
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(disk(&path))?;
        Ok(Unnamed { folder: self, path, file, hash: naming(), bytes: 0 })
    }

    /// Goes on with a blob that comes from peers, where it ended before.
    ///
    /// # Errors
    /// The disk's.
    pub fn resume(&self, blob: ContentHash) -> Result<Part<'_>, StoreFault> {
        let path = self.path.join(PARTS).join(blob.to_string());
        let opened = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let mut file = opened.map_err(disk(&path))?;
        let (hash, bytes) = hash_of(&mut file).map_err(disk(&path))?;
        Ok(Part { folder: self, blob, path, file, hash, bytes })
    }

    /// Forgets what came of a blob that no case names any more.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget_parts(&self, is_wanted: impl Fn(ContentHash) -> bool) -> Result<(), StoreFault> {
        let parts = self.path.join(PARTS);
        for part in fs::read_dir(&parts).map_err(disk(&parts))? {
            let part = part.map_err(disk(&parts))?;
            let named = part.file_name().to_str().and_then(|name| name.parse().ok());
            if !named.is_some_and(&is_wanted) {
                fs::remove_file(part.path()).map_err(disk(&part.path()))?;
            }
        }
        Ok(())
    }

    /// Gives a synced file its name; the name is on the disk when this returns. Nothing that is only in memory was ever confirmed:
    /// `object_store`'s local files are not synced, which is why this is not one (docs/adr/0027).
    fn name(&self, from: &Path, file: &File, blob: ContentHash) -> Result<(), StoreFault> {
        file.sync_all().map_err(disk(from))?;
        let place = self.place(blob);
        let shard = place.parent().unwrap_or(&self.path);
        if !shard.exists() {
            fs::create_dir_all(shard).map_err(disk(shard))?;
            sync_folder(&self.path)?;
        }
        fs::rename(from, &place).map_err(disk(&place))?;
        sync_folder(shard)
    }
}

/// An upload under way. Dropped before it is named, it is forgotten.
pub(crate) struct Unnamed<'a> {
    folder: &'a BlobFolder,
    path: PathBuf,
    file: File,
    hash: RunningDigest,
    bytes: u64,
}

impl Unnamed<'_> {
    pub(crate) fn add(&mut self, sealed: &[u8]) -> Result<(), StoreFault> {
        self.file.write_all(sealed).map_err(disk(&self.path))?;
        self.hash.add(sealed);
        self.bytes += sealed.len() as u64;
        Ok(())
    }

    pub(crate) fn name(self) -> Result<(ContentHash, u64), StoreFault> {
        let blob = self.hash.clone().end();
        self.folder.name(&self.path, &self.file, blob)?;
        Ok((blob, self.bytes))
    }
}

impl Drop for Unnamed<'_> {
    fn drop(&mut self) {
        // Gone already once it has a name; what stays is removed at the next start.
        drop(fs::remove_file(&self.path));
    }
}

/// A blob on its way from peers. What has come stays when the link breaks.
pub struct Part<'a> {
    folder: &'a BlobFolder,
    blob: ContentHash,
    path: PathBuf,
    file: File,
    hash: RunningDigest,
    bytes: u64,
}

impl Part<'_> {
    /// From which byte on more is needed.
    pub fn offset(&self) -> u64 {
        self.bytes
    }

    /// Adds what came.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, piece: &[u8]) -> Result<(), StoreFault> {
        self.file.write_all(piece).map_err(disk(&self.path))?;
        self.hash.add(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// All has come: synced and named, or forgotten where it is not what was asked for.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] where the bytes are another's; the disk's.
    pub fn end(self) -> Result<(), StoreFault> {
        let (expected, found) = (self.blob, self.hash.end());
        if found != expected {
            fs::remove_file(&self.path).map_err(disk(&self.path))?;
            return Err(StoreFault::Damaged { expected, found });
        }
        self.folder.name(&self.path, &self.file, expected)
    }

    /// What came is of no use: a peer sent more than the blob has.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget(self) -> Result<(), StoreFault> {
        fs::remove_file(&self.path).map_err(disk(&self.path))
    }
}

fn hash_of(file: &mut File) -> io::Result<(RunningDigest, u64)> {
    let (mut hash, mut bytes) = (naming(), 0);
    let mut buffer = vec![0; AT_ONCE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hash, bytes)),
            read => {
                hash.add(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// A name is on the disk once its folder is synced.
fn sync_folder(folder: &Path) -> Result<(), StoreFault> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))
}
