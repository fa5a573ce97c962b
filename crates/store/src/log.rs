//! A group's log in RocksDB.

use std::ops::Range;
use std::sync::Arc;

use domain::store::{Key, StoreFault};
use protocol::seam::{GroupLog, LogRecord, Synced};
use rocksdb::WriteBatch;

use crate::engine::{Engine, write_record};
use crate::group::{Group, LogExtent};
use crate::keys::{self, MetaTable, Purged};
use crate::options::Family;

/// Entries that wait on disk for being deleted in one range: range deletions cost every later scan a little, single ones
/// cost the write-ahead log as much as the entries did.
const PURGE_AT_ONCE: u64 = 4096;
/// Up to so many entries are truncated one by one: a truncation is short, and a range deletion would lie where reads go.
const TRUNCATE_SINGLY: u64 = 256;

/// A group's log in the node's RocksDB. Clones are the same log.
#[derive(Clone)]
pub struct RocksLog {
    pub(crate) engine: Arc<Engine>,
    pub(crate) group: Arc<Group>,
}

impl RocksLog {
    fn key<K: Key>(&self, table: MetaTable, key: &K) -> Vec<u8> {
        keys::key(self.group.keyspace, table, key)
    }

    fn fact(&self, table: MetaTable) -> Result<Option<Vec<u8>>, StoreFault> {
        self.engine.get(Family::Meta, &self.key(table, &()))
    }

    fn put_fact(&self, table: MetaTable, bytes: &[u8]) -> Result<(), StoreFault> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.engine.family(Family::Meta)?, self.key(table, &()), bytes);
        self.engine.write(batch)
    }

    fn read_held(&self, held: &Range<u64>, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault> {
        let (first, end) = (range.start.max(held.start), range.end.min(held.end));
        if first >= end {
            return Ok(vec![]);
        }
        let key = |index| keys::entry(self.group.keyspace, index);
        let rows = self.engine.scan(Family::Log, &key(first), key(end), limit, None)?;
        let expected = (first..end).take(limit);
        let mut entries = Vec::with_capacity(rows.len());
        for (index, row) in expected.zip(rows.into_iter().map(Some).chain(std::iter::repeat(None))) {
            let found = row.as_ref().and_then(|(key, _)| keys::entry_index(key));
            let Some((_, bytes)) = row.filter(|_| found == Some(index)) else {
                let what = format!("entry {index} is missing from the log {}..{}", held.start, held.end);
                return Err(StoreFault::Broken { promise: "log order", what });
            };
            entries.push(LogRecord { index, bytes });
        }
        Ok(entries)
    }
}

impl GroupLog for RocksLog {
    fn append(&self, entries: Vec<LogRecord>, synced: Synced) -> Result<(), StoreFault> {
        let mut extent = self.group.log();
        let mut held = extent.held.clone();
        let family = self.engine.family(Family::Log)?;
        let mut batch = WriteBatch::default();
        for LogRecord { index, bytes } in &entries {
            if held.is_empty() && *index >= extent.first_allowed {
                held = *index..*index;
            }
            if *index != held.end || *index < extent.first_allowed {
                let expected = held.end.max(extent.first_allowed);
                let what = format!("entry {index} came where {expected} was expected");
                return Err(StoreFault::Broken { promise: "log order", what });
            }
            held.end += 1;
            batch.put_cf(family, keys::entry(self.group.keyspace, *index), bytes);
        }
        self.engine.write(batch)?;
        extent.held = held;
        self.engine.when_synced(synced)
    }

    fn truncate_from(&self, first: u64) -> Result<(), StoreFault> {
        let mut extent = self.group.log();
        let LogExtent { held, .. } = &mut *extent;
        let first = first.max(held.start);
        if first >= held.end {
            return Ok(());
        }
        let family = self.engine.family(Family::Log)?;
        let key = |index| keys::entry(self.group.keyspace, index);
        let mut batch = WriteBatch::default();
        if held.end - first <= TRUNCATE_SINGLY {
            (first..held.end).for_each(|index| batch.delete_cf(family, key(index)));
        } else {
            batch.delete_range_cf(family, key(first), key(held.end));
        }
        self.engine.write(batch)?;
        held.end = first;
        Ok(())
    }

    fn purge_to(&self, last: u64, mark: Vec<u8>) -> Result<(), StoreFault> {
        let mut extent = self.group.log();
        let mut after = extent.clone();
        after.first_allowed = after.first_allowed.max(last.saturating_add(1));
        after.held.start = after.held.start.max(after.first_allowed);
        after.held.end = after.held.end.max(after.held.start);
        let mut batch = WriteBatch::default();
        if after.first_allowed - after.deleted_below >= PURGE_AT_ONCE {
            let key = |index| keys::entry(self.group.keyspace, index);
            let family = self.engine.family(Family::Log)?;
            batch.delete_range_cf(family, key(after.deleted_below), key(after.first_allowed));
            after.deleted_below = after.first_allowed;
        }
        let purged = Purged { last: after.first_allowed - 1, deleted_below: after.deleted_below, mark };
        let bytes = write_record(MetaTable::Purged, &purged)?;
        batch.put_cf(self.engine.family(Family::Meta)?, self.key(MetaTable::Purged, &()), bytes);
        self.engine.write(batch)?;
        *extent = after;
        Ok(())
    }

    fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault> {
        self.engine.check()?;
        // Held over the scan: a truncation in between would look like a missing entry.
        let extent = self.group.log();
        self.read_held(&extent.held, range, limit)
    }

    fn last(&self) -> Result<Option<LogRecord>, StoreFault> {
        self.engine.check()?;
        let extent = self.group.log();
        let last = extent.held.end.saturating_sub(1);
        Ok(self.read_held(&extent.held, last..extent.held.end, 1)?.pop())
    }

    fn purged(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        let purged: Option<Purged> = self.engine.get_record(MetaTable::Purged, &self.key(MetaTable::Purged, &()))?;
        Ok(purged.map(|purged| purged.mark))
    }

    fn save_vote(&self, vote: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        let _order = self.group.log();
        self.put_fact(MetaTable::Vote, &vote)?;
        self.engine.when_synced(synced)
    }

    fn vote(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.fact(MetaTable::Vote)
    }

    fn save_committed(&self, committed: Vec<u8>) -> Result<(), StoreFault> {
        self.put_fact(MetaTable::Committed, &committed)
    }

    fn committed(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.fact(MetaTable::Committed)
    }
}

impl std::fmt::Debug for RocksLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksLog").field("unit", &self.group.unit).field("generation", &self.group.generation).finish()
    }
}
