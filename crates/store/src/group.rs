//! Where a group lies in the database, and what is kept in memory about it: the extent of its log, the keyspace of its rows.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;
use rocksdb::WriteBatch;

use crate::engine::{Engine, read_record, write_record};
use crate::keys::{self, GroupRow, MetaTable, Purged};
use crate::options::Family;

/// One group of an open store. All handles of the group share it.
pub(crate) struct Group {
    pub(crate) unit: UnitId,
    pub(crate) generation: Generation,
    /// The keyspace of the log and of facts about the group.
    pub(crate) keyspace: u32,
    log: Mutex<LogExtent>,
    rows: Mutex<GroupRow>,
}

/// Which entries there are. Held while the log is written, so that batches and callbacks keep one order.
#[derive(Clone, Debug)]
pub(crate) struct LogExtent {
    /// Indexes of the entries; empty when there are none. Without gaps.
    pub(crate) held: Range<u64>,
    /// No entry may come below: purged.
    pub(crate) first_allowed: u64,
    /// Entries below are deleted on disk, too.
    pub(crate) deleted_below: u64,
}

impl Group {
    /// Finds a group; `None` when the store has none of that name.
    pub(crate) fn find(engine: &Engine, unit: UnitId, generation: Generation) -> Result<Option<Self>, StoreFault> {
        let row: Option<GroupRow> = engine.get_record(MetaTable::Group, &keys::group(unit, generation))?;
        row.map(|row| Self::load(engine, unit, generation, row)).transpose()
    }

    /// Makes a group without log or rows. Kept by the first sync that anything of it waits for.
    pub(crate) fn make(engine: &Engine, unit: UnitId, generation: Generation) -> Result<Self, StoreFault> {
        let row = GroupRow { install_epoch: 0, log: engine.take_keyspace()?, rows: engine.take_keyspace()? };
        let mut batch = WriteBatch::default();
        put_place(engine, &mut batch, unit, generation, &row)?;
        engine.write(batch)?;
        Self::load(engine, unit, generation, row)
    }

    fn load(engine: &Engine, unit: UnitId, generation: Generation, row: GroupRow) -> Result<Self, StoreFault> {
        let keyspace = row.log;
        let purged: Option<Purged> =
            engine.get_record(MetaTable::Purged, &keys::key(keyspace, MetaTable::Purged, &()))?;
        let first_allowed = purged.as_ref().map_or(0, |purged| purged.last.saturating_add(1));
        let deleted_below = purged.as_ref().map_or(0, |purged| purged.deleted_below);
        let held = held(engine, keyspace, first_allowed)?;
        let extent = LogExtent { held, first_allowed, deleted_below };
        Ok(Self { unit, generation, keyspace, log: Mutex::new(extent), rows: Mutex::new(row) })
    }

    // Nothing is changed under these locks before the batch is written: a panic leaves them as the disk is.
    pub(crate) fn log(&self) -> MutexGuard<'_, LogExtent> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rows(&self) -> MutexGuard<'_, GroupRow> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn held(engine: &Engine, keyspace: u32, from: u64) -> Result<Range<u64>, StoreFault> {
    let first = keys::entry(keyspace, from);
    let (_, end) = keys::whole(keyspace);
    let index = |key: &[u8]| {
        let why = "the key of an entry has no index".to_owned();
        keys::entry_index(key).ok_or(StoreFault::Unreadable { table: MetaTable::Entry as u8, why })
    };
    let lowest = engine.scan(Family::Log, &first, end.clone(), 1, None)?;
    let highest = engine.last_key(Family::Log, first, end)?;
    match (lowest.first(), highest) {
        (Some((lowest, _)), Some(highest)) => Ok(index(lowest)?..index(&highest)?.saturating_add(1)),
        _ => Ok(from..from),
    }
}

/// Puts into a batch where a group lies.
pub(crate) fn put_place(
    engine: &Engine,
    batch: &mut WriteBatch,
    unit: UnitId,
    generation: Generation,
    row: &GroupRow,
) -> Result<(), StoreFault> {
    let bytes = write_record(MetaTable::Group, row)?;
    batch.put_cf(engine.family(Family::Meta)?, keys::group(unit, generation), bytes);
    Ok(())
}

/// All groups of a store and where they lie.
pub(crate) fn all(engine: &Engine) -> Result<Vec<(UnitId, Generation, GroupRow)>, StoreFault> {
    let first = keys::key(0, MetaTable::Group, &());
    let mut end = first.clone();
    end.extend([0xFF; 13]);
    let rows = engine.scan(Family::Meta, &first, end, usize::MAX, None)?;
    let read = |(key, bytes): (Vec<u8>, Vec<u8>)| {
        let why = "the key of a group has no unit and generation".to_owned();
        let (unit, generation) =
            keys::group_name(&key).ok_or(StoreFault::Unreadable { table: MetaTable::Group as u8, why })?;
        Ok((unit, generation, read_record(MetaTable::Group, &bytes)?))
    };
    rows.into_iter().map(read).collect()
}
