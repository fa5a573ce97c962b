//! openraft's own suite for storage, on both implementations of the seams.

use std::sync::atomic::{AtomicU64, Ordering};

use consensus::suite::{LogStore, Machine, Types};
use domain::ids::{Generation, UnitId};
use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use openraft_rt_tokio::TokioRuntime;
use protocol::memory::{MemoryDisk, MemoryLog, MemoryRows};
use store::{RocksLog, RocksRows, Store};

use crate::support::open_store;

type C = Types<TokioRuntime>;

/// Every test of the suite gets a group of its own.
#[derive(Default)]
struct Units(AtomicU64);

impl Units {
    fn next(&self) -> UnitId {
        UnitId::new(370_800_000_000 + self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
}

struct Memory(Units);

impl StoreBuilder<C, LogStore<MemoryLog>, Machine<MemoryRows>> for Memory {
    async fn build(&self) -> Result<((), LogStore<MemoryLog>, Machine<MemoryRows>), StorageError<C>> {
        let (log, rows) = MemoryDisk::automatic().group(self.0.next(), Generation::FIRST);
        Ok(((), LogStore::unwatched(log), Machine::unwatched(rows)))
    }
}

struct Rocks(Units, Store);

impl StoreBuilder<C, LogStore<RocksLog>, Machine<RocksRows>> for Rocks {
    async fn build(&self) -> Result<((), LogStore<RocksLog>, Machine<RocksRows>), StorageError<C>> {
        let (log, rows) = self.1.group(self.0.next(), Generation::FIRST).unwrap();
        Ok(((), LogStore::unwatched(log), Machine::unwatched(rows)))
    }
}

#[tokio::test]
async fn suite_on_memory() {
    Suite::test_all(Memory(Units::default())).await.unwrap();
}

#[tokio::test]
async fn suite_on_rocksdb() {
    let folder = tempfile::tempdir().unwrap();
    Suite::test_all(Rocks(Units::default(), open_store(folder.path(), 1))).await.unwrap();
}
