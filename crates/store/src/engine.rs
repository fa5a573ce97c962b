//! RocksDB as the rest of this crate sees it: batches, gets and scans by family; any error breaks the store.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::store::{Record, StoreFault};
use protocol::record;
use protocol::seam::{Row, Synced};
use rocksdb::{ColumnFamily, DB, DBRawIterator, ReadOptions, Snapshot, WriteBatch};

use crate::folder::FolderLock;
use crate::keys::{self, MetaTable, NextKeyspace};
use crate::options::Family;
use crate::syncer::Syncer;

/// RocksDB and the folder's lock, which is released after the database is closed: fields are dropped in order.
pub(crate) struct Opened {
    pub(crate) db: DB,
    /// None in a read-only view.
    pub(crate) _lock: Option<FolderLock>,
}

impl Opened {
    /// Brings everything that was written to the disk.
    pub(crate) fn sync(&self) -> Result<(), StoreFault> {
        self.db.flush_wal(true).map_err(|why| device("a sync failed", &why))
    }
}

/// The open database with its sync thread, which ends before the database is closed.
pub(crate) struct Engine {
    /// None in a read-only view.
    syncer: Option<Syncer>,
    opened: Arc<Opened>,
    next_keyspace: Mutex<()>,
}

impl Engine {
    /// With a thread that syncs by calling `sync`.
    pub(crate) fn start(
        opened: Arc<Opened>,
        sync: impl FnMut() -> Result<(), StoreFault> + Send + 'static,
    ) -> std::io::Result<Self> {
        Ok(Self { syncer: Some(Syncer::start(sync)?), opened, next_keyspace: Mutex::default() })
    }

    /// For reading only.
    pub(crate) fn read_only(db: DB) -> Self {
        let opened = Arc::new(Opened { db, _lock: None });
        Self { syncer: None, opened, next_keyspace: Mutex::default() }
    }

    pub(crate) fn syncer(&self) -> Result<&Syncer, StoreFault> {
        self.syncer.as_ref().ok_or_else(|| StoreFault::Device("the store is open for reading only".to_owned()))
    }

    pub(crate) fn db(&self) -> &DB {
        &self.opened.db
    }

    /// Writes all of a batch or none, unsynced: the next sync keeps it.
    pub(crate) fn write(&self, batch: WriteBatch) -> Result<(), StoreFault> {
        self.syncer()?.check()?;
        self.db().write(batch).map_err(|why| self.broken("a write failed", &why))
    }

    /// Calls `synced` when everything written so far is synced. The store must not be broken yet: see [`Self::write`].
    pub(crate) fn when_synced(&self, synced: Synced) -> Result<(), StoreFault> {
        self.syncer()?.wait_for(synced);
        Ok(())
    }

    /// The bytes under a key.
    pub(crate) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.check()?;
        self.db().get_cf(self.family(family)?, key).map_err(|why| self.broken("a read failed", &why))
    }

    /// The record under a key of `meta`.
    pub(crate) fn get_record<R: Record>(&self, table: MetaTable, key: &[u8]) -> Result<Option<R>, StoreFault> {
        let bytes = self.get(Family::Meta, key)?;
        bytes.map(|bytes| read_record(table, &bytes)).transpose()
    }

    /// At most `limit` keys with their bytes, from `first` up to but not including `end`; as `snapshot` saw them, or now.
    pub(crate) fn scan(
        &self,
        family: Family,
        first: &[u8],
        end: Vec<u8>,
        limit: usize,
        snapshot: Option<&Snapshot<'_>>,
    ) -> Result<Vec<Row>, StoreFault> {
        let mut rows = Vec::new();
        if limit == 0 || first >= end.as_slice() {
            return Ok(rows);
        }
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(end);
        if let Some(snapshot) = snapshot {
            options.set_snapshot(snapshot);
        }
        let mut at = self.iterator(family, options)?;
        at.seek(first);
        while let Some((key, bytes)) = at.item() {
            rows.push((key.to_vec(), bytes.to_vec()));
            if rows.len() == limit {
                break;
            }
            at.next();
        }
        at.status().map_err(|why| self.broken("a scan failed", &why))?;
        Ok(rows)
    }

    /// The last key from `first` up to but not including `end`.
    pub(crate) fn last_key(&self, family: Family, first: Vec<u8>, end: Vec<u8>) -> Result<Option<Vec<u8>>, StoreFault> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(first);
        options.set_iterate_upper_bound(end);
        let mut at = self.iterator(family, options)?;
        at.seek_to_last();
        at.status().map_err(|why| self.broken("a scan failed", &why))?;
        Ok(at.key().map(<[u8]>::to_vec))
    }

    /// A keyspace that was never used. Its number is kept in the same order as what is written into it.
    pub(crate) fn take_keyspace(&self) -> Result<u32, StoreFault> {
        let _one_at_a_time = self.next_keyspace.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys::key(0, MetaTable::NextKeyspace, &());
        let NextKeyspace(next) = self.get_record(MetaTable::NextKeyspace, &key)?.unwrap_or(NextKeyspace(1));
        let Some(behind) = next.checked_add(1).filter(|behind| *behind < u32::MAX) else {
            return Err(StoreFault::Device("all keyspaces are used up".to_owned()));
        };
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(Family::Meta)?, key, write_record(MetaTable::NextKeyspace, &NextKeyspace(behind))?);
        self.write(batch)?;
        Ok(next)
    }

    /// Deletes the rows of keyspaces that no group names: snapshots whose installation a crash or a fault cut off.
    pub(crate) fn sweep_rows(&self, named: &BTreeSet<u32>) -> Result<(), StoreFault> {
        let rows = self.family(Family::Rows)?;
        let mut at = self.iterator(Family::Rows, ReadOptions::default())?;
        let mut batch = WriteBatch::default();
        at.seek_to_first();
        // One seek per keyspace that is there, not one per number ever given out.
        while let Some(keyspace) = at.key().and_then(keys::keyspace) {
            let (first, end) = keys::whole(keyspace);
            if !named.contains(&keyspace) {
                tracing::info!(keyspace, "deleting the rows of a snapshot that was never installed");
                batch.delete_range_cf(rows, first, end.clone());
            }
            at.seek(end);
        }
        at.status().map_err(|why| self.broken("a scan failed", &why))?;
        if batch.is_empty() { Ok(()) } else { self.write(batch) }
    }

    pub(crate) fn family(&self, family: Family) -> Result<&ColumnFamily, StoreFault> {
        let name = family.name();
        self.db().cf_handle(name).ok_or_else(|| StoreFault::Device(format!("column family {name} is not open")))
    }

    /// Breaks the store and returns the fault: after an error of RocksDB nothing that it says can be relied on.
    pub(crate) fn broken(&self, what: &str, why: &rocksdb::Error) -> StoreFault {
        let fault = device(what, why);
        if let Some(syncer) = &self.syncer {
            syncer.poison(fault.clone());
        }
        fault
    }

    pub(crate) fn check(&self) -> Result<(), StoreFault> {
        self.syncer.as_ref().map_or(Ok(()), Syncer::check)
    }

    fn iterator(&self, family: Family, options: ReadOptions) -> Result<DBRawIterator<'_>, StoreFault> {
        self.check()?;
        Ok(self.db().raw_iterator_cf_opt(self.family(family)?, options))
    }
}

/// A record of the store's own.
pub(crate) fn write_record<R: Record>(table: MetaTable, value: &R) -> Result<Vec<u8>, StoreFault> {
    record::write(value).map_err(|why| StoreFault::Unreadable { table: table as u8, why: why.to_string() })
}

pub(crate) fn read_record<R: Record>(table: MetaTable, bytes: &[u8]) -> Result<R, StoreFault> {
    record::read(bytes).map_err(|why| StoreFault::Unreadable { table: table as u8, why: why.to_string() })
}

fn device(what: &str, why: &rocksdb::Error) -> StoreFault {
    StoreFault::Device(format!("{what}: {why}"))
}
