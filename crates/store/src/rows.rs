//! A group's rows in RocksDB: views, commits, and the one flip that installs a snapshot.

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::store::StoreFault;
use protocol::overlay::WriteSet;
use protocol::seam::{GroupRows, Row, RowSnapshot, StagedRows, Synced};
use rocksdb::{Snapshot, WriteBatch};
use self_cell::self_cell;

use crate::engine::Engine;
use crate::group::{Group, put_place};
use crate::keys::{self, GroupRow, MetaTable};
use crate::options::Family;

/// A group's rows in the node's RocksDB. Clones are the same rows.
#[derive(Clone)]
pub struct RocksRows {
    pub(crate) engine: Arc<Engine>,
    pub(crate) group: Arc<Group>,
}

self_cell!(
    /// A view must not outlive the database that it looks into.
    struct Frozen {
        owner: Arc<Engine>,
        #[covariant]
        dependent: Snapshot,
    }
);

/// A frozen view of a group's rows. Keeps the database open, and old versions of rows on disk, as long as it lives.
pub struct RocksSnapshot {
    frozen: Frozen,
    keyspace: u32,
}

impl RocksSnapshot {
    pub(crate) fn new(engine: &Arc<Engine>, keyspace: u32) -> Self {
        Self { frozen: Frozen::new(Arc::clone(engine), |engine| engine.db().snapshot()), keyspace }
    }
}

impl RowSnapshot for RocksSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(key, |row| row.map(<[u8]>::to_vec))
    }

    fn read<T>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, StoreFault> {
        let engine = self.frozen.borrow_owner();
        engine.check()?;
        let key = keys::row(self.keyspace, key);
        let row = self.frozen.borrow_dependent().get_pinned_cf(engine.family(Family::Rows)?, key);
        Ok(read(row.map_err(|why| engine.broken("a read failed", &why))?.as_deref()))
    }

    fn has(&self, key: &[u8]) -> Result<bool, StoreFault> {
        self.read(key, |row| row.is_some())
    }

    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault> {
        let (first, last) = range.into_inner();
        let (first, end) = (keys::row(self.keyspace, first), keys::behind(&keys::row(self.keyspace, last)));
        let snapshot = self.frozen.borrow_dependent();
        let mut rows = self.frozen.borrow_owner().scan(Family::Rows, &first, end, limit, Some(snapshot))?;
        for (key, _) in &mut rows {
            key.drain(..size_of::<u32>());
        }
        Ok(rows)
    }
}

impl RocksRows {
    fn note_key(&self, name: &str) -> Vec<u8> {
        keys::key(self.group.keyspace, MetaTable::Note, &name.to_owned())
    }
}

fn applied_key(keyspace: u32) -> Vec<u8> {
    keys::key(keyspace, MetaTable::Applied, &())
}

impl GroupRows for RocksRows {
    type Snapshot = RocksSnapshot;

    fn snapshot(&self) -> Result<RocksSnapshot, StoreFault> {
        self.engine.check()?;
        let place = self.group.rows();
        Ok(RocksSnapshot::new(&self.engine, place.rows))
    }

    fn commit(&self, writes: &WriteSet, applied: Vec<u8>) -> Result<(), StoreFault> {
        let place = self.group.rows();
        let family = self.engine.family(Family::Rows)?;
        let mut batch = WriteBatch::default();
        for (key, row) in writes.iter() {
            let key = keys::row(place.rows, key);
            match row {
                Some(row) => batch.put_cf(family, key, row),
                None => batch.delete_cf(family, key),
            }
        }
        batch.put_cf(self.engine.family(Family::Meta)?, applied_key(place.rows), applied);
        self.engine.write(batch)
    }

    fn applied(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        let place = self.group.rows();
        self.engine.get(Family::Meta, &applied_key(place.rows))
    }

    fn stage(&self) -> Result<impl StagedRows, StoreFault> {
        let keyspace = self.engine.take_keyspace()?;
        Ok(RocksStaged { engine: Arc::clone(&self.engine), group: Arc::clone(&self.group), keyspace, installed: false })
    }

    fn save_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreFault> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.engine.family(Family::Meta)?, self.note_key(name), bytes);
        self.engine.write(batch)
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.engine.get(Family::Meta, &self.note_key(name))
    }
}

impl std::fmt::Debug for RocksRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksRows").field("unit", &self.group.unit).field("generation", &self.group.generation).finish()
    }
}

/// Rows of a snapshot in a keyspace that no group names yet.
struct RocksStaged {
    engine: Arc<Engine>,
    group: Arc<Group>,
    keyspace: u32,
    installed: bool,
}

impl StagedRows for RocksStaged {
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault> {
        let family = self.engine.family(Family::Rows)?;
        let mut batch = WriteBatch::default();
        for (key, row) in rows {
            batch.put_cf(family, keys::row(self.keyspace, &key), row);
        }
        self.engine.write(batch)
    }

    fn install(mut self, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        let group = Arc::clone(&self.group);
        let mut place = group.rows();
        let meta = self.engine.family(Family::Meta)?;
        let after = GroupRow { install_epoch: place.install_epoch + 1, rows: self.keyspace, ..place.clone() };
        let mut batch = WriteBatch::default();
        put_place(&self.engine, &mut batch, group.unit, group.generation, &after)?;
        batch.put_cf(meta, applied_key(after.rows), applied);
        // In the same batch: either the old rows are named, or they are gone. Views that were taken before still see them.
        batch.delete_cf(meta, applied_key(place.rows));
        let (first, end) = keys::whole(place.rows);
        batch.delete_range_cf(self.engine.family(Family::Rows)?, first, end);
        self.engine.write(batch)?;
        *place = after;
        self.installed = true;
        self.engine.when_synced(synced)
    }
}

impl Drop for RocksStaged {
    /// What was not installed is deleted; a crash before it is made up for at the next opening.
    fn drop(&mut self) {
        if self.installed {
            return;
        }
        let (first, end) = keys::whole(self.keyspace);
        let delete = || {
            let mut batch = WriteBatch::default();
            batch.delete_range_cf(self.engine.family(Family::Rows)?, first, end);
            self.engine.write(batch)
        };
        if let Err(fault) = delete() {
            tracing::debug!(%fault, "a staged snapshot is left for the next opening to delete");
        }
    }
}
