//! A data folder from its path to an open database: the lock, the mark, RocksDB, in this order.
//!
//! Making one: `MARK.new` is written first, then the database, then `MARK.new` becomes `MARK`. A folder with `MARK.new` alone
//! was cut off while it was made; nothing was confirmed out of it, and it is made again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use protocol::record;
use rocksdb::DB;

use crate::fault::OpenFault;
use crate::keys::{self, MetaTable};
use crate::mark::{Identity, Incarnation, Mark, MarkFault};
use crate::options::{self, Family};

const LOCK: &str = "LOCK";
const MARK: &str = "MARK";
const MARK_NEW: &str = "MARK.new";
const DATABASE: &str = "db";
/// What may lie in a folder that is made into a data folder: our own lock, and what a fresh file system holds.
const HARMLESS: [&str; 2] = [LOCK, "lost+found"];

/// Held as long as the store is open. The system releases it when the process ends, however it ends.
pub(crate) struct FolderLock {
    _file: File,
}

/// A folder's path, with the words for what goes wrong there.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Opens the folder for the node of `identity`, and makes it when there is none.
    pub(crate) fn open(&self, identity: &Identity) -> Result<(FolderLock, Mark, DB), OpenFault> {
        fs::create_dir_all(&self.path).map_err(|why| self.not_usable("the folder", &why))?;
        let lock = self.lock()?;
        let (mark, db) = match self.mark()? {
            Some(mark) => {
                if let Some((what, found, expected)) = identity.difference(&mark.identity) {
                    return Err(OpenFault::Another { folder: self.path.clone(), what, found, expected });
                }
                (mark, self.open_database()?)
            }
            None => self.make(identity)?,
        };
        self.same_in_database(&mark, &db)?;
        Ok((lock, mark, db))
    }

    /// Opens the folder for reading, whosever it is, without a lock.
    pub(crate) fn open_read_only(&self) -> Result<(Mark, DB), OpenFault> {
        let Some(mark) = self.mark()? else {
            let why = io::Error::new(ErrorKind::NotFound, "there is none, so this is not a data folder");
            return Err(self.not_usable(MARK, &why));
        };
        self.database_is_there()?;
        let opened = DB::open_cf_descriptors_read_only(
            &options::database(false),
            self.path.join(DATABASE),
            options::families(),
            false,
        );
        let db = opened.map_err(|why| self.not_opened(&why))?;
        self.same_in_database(&mark, &db)?;
        Ok((mark, db))
    }

    /// Opens the folder of a running node to follow it, without a lock. RocksDB puts its own notes into `notes`.
    pub(crate) fn open_following(&self, notes: &Path) -> Result<(Mark, DB), OpenFault> {
        let Some(mark) = self.mark()? else {
            let why = io::Error::new(ErrorKind::NotFound, "there is none yet");
            return Err(self.not_usable(MARK, &why));
        };
        self.database_is_there()?;
        let opened = DB::open_cf_descriptors_as_secondary(
            &options::following(),
            self.path.join(DATABASE).as_path(),
            notes,
            options::families(),
        );
        let db = opened.map_err(|why| self.not_opened(&why))?;
        self.same_in_database(&mark, &db)?;
        Ok((mark, db))
    }

    fn lock(&self) -> Result<FolderLock, OpenFault> {
        let fault = |why: io::Error| self.not_usable(LOCK, &why);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.join(LOCK))
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is a help, not a condition.
                let process = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(OpenFault::InUse { folder: self.path.clone(), process });
            }
            Err(TryLockError::Error(why)) => return Err(fault(why)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(fault)?;
        writeln!(file, "{}", std::process::id()).map_err(fault)?;
        Ok(FolderLock { _file: file })
    }

    fn mark(&self) -> Result<Option<Mark>, OpenFault> {
        let bytes = match fs::read(self.path.join(MARK)) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(self.not_usable(MARK, &why)),
        };
        let text = String::from_utf8(bytes).map_err(|_| self.damaged("MARK is not text"))?;
        Mark::from_text(&text).map(Some).map_err(|fault| match fault {
            MarkFault::Newer(found) => OpenFault::Newer { folder: self.path.clone(), found, newest: crate::FORMAT },
            MarkFault::Damaged(what) => self.damaged(what),
        })
    }

    fn make(&self, identity: &Identity) -> Result<(Mark, DB), OpenFault> {
        let begun = self.path.join(MARK_NEW);
        let database = self.path.join(DATABASE);
        if begun.exists() {
            remove_folder(&database).map_err(|why| self.not_usable(DATABASE, &why))?;
            fs::remove_file(&begun).map_err(|why| self.not_usable(MARK_NEW, &why))?;
        }
        self.nothing_of_others()?;
        let not_made = |what: &str, why: String| self.not_usable(what, &io::Error::other(why));
        let incarnation = Incarnation::mint().map_err(|why| not_made("randomness", why))?;
        let mark = Mark { identity: identity.clone(), incarnation };
        let text = mark.to_text().map_err(|why| not_made(MARK, why))?;
        self.write_synced(&begun, text.as_bytes()).map_err(|why| self.not_usable(MARK_NEW, &why))?;

        let db = DB::open_cf_descriptors(&options::database(true), &database, options::families())
            .map_err(|why| self.not_opened(&why))?;
        let bytes = record::write(&mark).map_err(|why| not_made(DATABASE, why.to_string()))?;
        let meta = self.family(&db, Family::Meta)?;
        db.put_cf(meta, mark_key(), bytes)
            .and_then(|()| db.flush_wal(true))
            .map_err(|why| not_made(DATABASE, why.to_string()))?;

        let named = fs::rename(&begun, self.path.join(MARK)).and_then(|()| sync_folder(&self.path));
        named
            .and_then(|()| self.path.parent().map_or(Ok(()), sync_folder))
            .map_err(|why| self.not_usable(MARK, &why))?;
        Ok((mark, db))
    }

    fn nothing_of_others(&self) -> Result<(), OpenFault> {
        let fault = |why: io::Error| self.not_usable("the folder", &why);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(fault)? {
            entries.push(entry.map_err(fault)?.file_name().to_string_lossy().into_owned());
        }
        if entries.iter().any(|entry| entry == DATABASE) {
            return Err(self.damaged("it has a database, but its MARK is missing"));
        }
        entries.retain(|entry| !HARMLESS.contains(&entry.as_str()));
        entries.sort();
        match entries.into_iter().next() {
            Some(entry) => Err(OpenFault::NotEmpty { folder: self.path.clone(), entry }),
            None => Ok(()),
        }
    }

    fn open_database(&self) -> Result<DB, OpenFault> {
        self.database_is_there()?;
        DB::open_cf_descriptors(&options::database(false), self.path.join(DATABASE), options::families())
            .map_err(|why| self.not_opened(&why))
    }

    fn database_is_there(&self) -> Result<(), OpenFault> {
        match self.path.join(DATABASE).join("CURRENT").try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.damaged("it has a MARK, but db/CURRENT is missing: the database is gone")),
            Err(why) => Err(self.not_usable("db/CURRENT", &why)),
        }
    }

    fn same_in_database(&self, mark: &Mark, db: &DB) -> Result<(), OpenFault> {
        let bytes = db.get_cf(self.family(db, Family::Meta)?, mark_key()).map_err(|why| self.not_opened(&why))?;
        let kept: Option<Mark> = bytes
            .map(|bytes| record::read(&bytes))
            .transpose()
            .map_err(|why| self.damaged(format!("the mark in db cannot be read: {why}")))?;
        match kept {
            Some(kept) if kept == *mark => Ok(()),
            Some(kept) => Err(self.damaged(format!(
                "MARK has incarnation {}, db has {}: they are of two folders",
                mark.incarnation, kept.incarnation
            ))),
            None => Err(self.damaged("db does not say whose it is")),
        }
    }

    fn family<'a>(&self, db: &'a DB, family: Family) -> Result<&'a rocksdb::ColumnFamily, OpenFault> {
        db.cf_handle(family.name()).ok_or_else(|| self.damaged(format!("db has no column family {}", family.name())))
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_folder(&self.path)
    }

    fn not_usable(&self, what: &str, why: &io::Error) -> OpenFault {
        OpenFault::NotUsable { folder: self.path.clone(), why: format!("{what}: {why}") }
    }

    fn damaged(&self, what: impl Into<String>) -> OpenFault {
        OpenFault::Damaged { folder: self.path.clone(), what: what.into() }
    }

    fn not_opened(&self, why: &rocksdb::Error) -> OpenFault {
        let text = format!("db: {why}");
        // RocksDB reports a file that should be there and is not as an error of the system.
        let gone = text.contains("No such file or directory");
        match why.kind() {
            rocksdb::ErrorKind::IOError if !gone => OpenFault::NotUsable { folder: self.path.clone(), why: text },
            _ => self.damaged(text),
        }
    }
}

fn mark_key() -> Vec<u8> {
    keys::key(0, MetaTable::Mark, &())
}

/// Makes the names in a folder durable, not only what the files hold.
fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}
