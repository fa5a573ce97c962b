//! A node's open data folder: hands out each group's log and rows, and tells when the store breaks.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;

use crate::engine::{Engine, Opened};
use crate::fault::OpenFault;
use crate::folder::Folder;
use crate::group::{self, Group};
use crate::log::RocksLog;
use crate::mark::{Identity, Mark};
use crate::rows::RocksRows;

type Groups = BTreeMap<(UnitId, Generation), Arc<Group>>;

/// A node's data folder. Cheap to clone; the folder is closed, and its lock released, when the last clone and the last handle
/// of a group are gone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    shared: Arc<Shared>,
}

struct Shared {
    groups: Mutex<Groups>,
    mark: Mark,
}

impl Store {
    /// Opens the folder of the node that `identity` names; makes it when there is none.
    ///
    /// # Errors
    /// An [`OpenFault`] says what is wrong with the folder and what to do; nothing was changed in it.
    pub fn open(path: &Path, identity: &Identity) -> Result<Self, OpenFault> {
        Self::open_syncing(path, identity, |opened| move || opened.sync())
    }

    /// With another way to sync: tests hold it up and let it fail.
    fn open_syncing<S: FnMut() -> Result<(), StoreFault> + Send + 'static>(
        path: &Path,
        identity: &Identity,
        sync: impl FnOnce(Arc<Opened>) -> S,
    ) -> Result<Self, OpenFault> {
        let (lock, mark, db) = Folder::new(path).open(identity)?;
        let opened = Arc::new(Opened { db, _lock: Some(lock) });
        let not_usable = |why: String| OpenFault::NotUsable { folder: path.to_owned(), why };
        let engine = Engine::start(Arc::clone(&opened), sync(opened))
            .map_err(|why| not_usable(format!("the sync thread: {why}")))?;
        let shared = Arc::new(Shared { groups: Mutex::default(), mark });
        let store = Self { engine: Arc::new(engine), shared };
        store.sweep().map_err(|why| not_usable(why.to_string()))?;
        Ok(store)
    }

    fn sweep(&self) -> Result<(), StoreFault> {
        let named = group::all(&self.engine)?.into_iter().map(|(_, _, row)| row.rows).collect();
        self.engine.sweep_rows(&named)
    }

    /// Whose folder it is, and its incarnation.
    pub fn mark(&self) -> &Mark {
        &self.shared.mark
    }

    /// A group's log and rows; made, empty, when the store has none of that name. Every call returns the same ones.
    pub fn group(&self, unit: UnitId, generation: Generation) -> Result<(RocksLog, RocksRows), StoreFault> {
        self.engine.check()?;
        let group = match self.groups_lock().entry((unit, generation)) {
            Entry::Occupied(group) => Arc::clone(group.get()),
            Entry::Vacant(place) => {
                let group = match Group::find(&self.engine, unit, generation)? {
                    Some(group) => group,
                    None => Group::make(&self.engine, unit, generation)?,
                };
                Arc::clone(place.insert(Arc::new(group)))
            }
        };
        let log = RocksLog { engine: Arc::clone(&self.engine), group: Arc::clone(&group) };
        Ok((log, RocksRows { engine: Arc::clone(&self.engine), group }))
    }

    /// The groups that the store keeps, by unit and generation.
    pub fn groups(&self) -> Result<Vec<(UnitId, Generation)>, StoreFault> {
        Ok(group::all(&self.engine)?.into_iter().map(|(unit, generation, _)| (unit, generation)).collect())
    }

    /// Registers who is told, once, when a sync or another call of the disk failed: the node must stop (protocol.md §8).
    /// Told at once when it has happened. Called on the store's own thread: must not wait for the store.
    pub fn on_fault(&self, call: impl FnOnce(StoreFault) + Send + 'static) -> Result<(), StoreFault> {
        self.engine.syncer()?.on_fault(Box::new(call));
        Ok(())
    }

    /// What broke the store, if anything.
    pub fn fault(&self) -> Option<StoreFault> {
        self.engine.check().err()
    }

    /// Syncs since the folder was opened: how many appends share one is told by the ratio.
    pub fn syncs(&self) -> u64 {
        self.engine.syncer().map_or(0, |syncer| syncer.syncs())
    }

    fn groups_lock(&self) -> MutexGuard<'_, Groups> {
        self.shared.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("mark", &self.shared.mark).field("syncs", &self.syncs()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
