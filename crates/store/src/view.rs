//! A data folder opened for reading only: for `log export`, to look at the evidence that a stopped unit leaves behind, and to
//! follow a running node from outside.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;
use protocol::seam::{GroupLog, LogRecord};

use crate::engine::Engine;
use crate::fault::OpenFault;
use crate::folder::Folder;
use crate::group::{self, Group};
use crate::log::RocksLog;
use crate::mark::Mark;
use crate::rows::{RocksRows, RocksSnapshot};

/// A data folder as it was when it was opened. Changes nothing in it and takes no lock.
///
/// On the folder of a running node it sees what that node had synced; the node may delete files under it, and then reads fail.
pub struct StoreView {
    engine: Arc<Engine>,
    mark: Mark,
}

impl StoreView {
    /// Opens a folder, whosever it is.
    pub fn open(path: &Path) -> Result<Self, OpenFault> {
        let (mark, db) = Folder::new(path).open_read_only()?;
        Ok(Self { engine: Arc::new(Engine::read_only(db)), mark })
    }

    /// Opens the folder of a running node to follow what it does: [`Self::catch_up`]. What RocksDB notes of its own goes into
    /// the folder `notes`, which must be nobody else's. Logs can be read, rows cannot.
    ///
    /// # Errors
    /// As [`Self::open`]; also a folder that is made at this moment.
    pub fn follow(path: &Path, notes: &Path) -> Result<Self, OpenFault> {
        let (mark, db) = Folder::new(path).open_following(notes)?;
        Ok(Self { engine: Arc::new(Engine::read_only(db)), mark })
    }

    /// Sees from now on what the followed node has synced until now.
    ///
    /// # Errors
    /// The disk, or a folder that is another one by now: open it again.
    pub fn catch_up(&self) -> Result<(), StoreFault> {
        self.engine.db().try_catch_up_with_primary().map_err(|why| self.engine.broken("following failed", &why))
    }

    /// Whose folder it is.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The groups in it.
    pub fn groups(&self) -> Result<Vec<(UnitId, Generation)>, StoreFault> {
        Ok(group::all(&self.engine)?.into_iter().map(|(unit, generation, _)| (unit, generation)).collect())
    }

    /// A group's log and rows behind the seams, if the folder holds the group: for what reads through them. Writing is refused.
    pub fn group(&self, unit: UnitId, generation: Generation) -> Result<Option<(RocksLog, RocksRows)>, StoreFault> {
        let group = Group::find(&self.engine, unit, generation)?.map(Arc::new);
        Ok(group.map(|group| {
            let log = RocksLog { engine: Arc::clone(&self.engine), group: Arc::clone(&group) };
            (log, RocksRows { engine: Arc::clone(&self.engine), group })
        }))
    }

    /// A group's log, if the folder holds the group.
    pub fn log(&self, unit: UnitId, generation: Generation) -> Result<Option<LogView>, StoreFault> {
        let group = Group::find(&self.engine, unit, generation)?;
        let log = group.map(|group| RocksLog { engine: Arc::clone(&self.engine), group: Arc::new(group) });
        Ok(log.map(|log| LogView { log }))
    }

    /// A group's rows, if the folder holds the group.
    pub fn rows(&self, unit: UnitId, generation: Generation) -> Result<Option<RocksSnapshot>, StoreFault> {
        let group = Group::find(&self.engine, unit, generation)?;
        Ok(group.map(|group| RocksSnapshot::new(&self.engine, group.rows().rows)))
    }
}

impl std::fmt::Debug for StoreView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreView").field("mark", &self.mark).finish_non_exhaustive()
    }
}

/// A group's log, to read only. What is asked for is as in [`GroupLog`].
#[derive(Debug)]
pub struct LogView {
    log: RocksLog,
}

impl LogView {
    /// Entries in `range` that are there, in order, at most `limit` of them.
    pub fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault> {
        self.log.read(range, limit)
    }

    /// The last entry, if any.
    pub fn last(&self) -> Result<Option<LogRecord>, StoreFault> {
        self.log.last()
    }

    /// What was last removed, as the consensus marked it.
    pub fn purged(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.log.purged()
    }

    /// The vote last kept.
    pub fn vote(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.log.vote()
    }

    /// The committed log id last kept.
    pub fn committed(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.log.committed()
    }
}
