//! A replica's disk: the memory disk of `protocol` with an explicit sync barrier, and everything that disks do wrong.
//!
//! What is written is kept by the next sync; the syncer of a life makes one whenever somebody waits, after the disk's latency.
//! Faults are inflicted from outside; production code above sees what it would see of a real disk.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::{Generation, NodeId, UnitId};
use domain::store::StoreFault;
use protocol::memory::{MapSnapshot, MemoryDisk, MemoryLog, MemoryRows};
use protocol::overlay::WriteSet;
use protocol::seam::{GroupLog, GroupRows, LogRecord, Row, StagedRows, Synced};
use tokio::sync::Notify;

/// Called with every batch of rows once it is written, before anybody is told.
pub(super) type OnCommit = Arc<dyn Fn(&WriteSet) + Send + Sync>;
/// Called when a snapshot was put in the place of the rows.
pub(super) type OnInstall = Arc<dyn Fn() + Send + Sync>;

/// The name of a folder that a node makes after so long: another each time, and the same in every run.
pub(super) fn incarnation(node: NodeId, lived: Duration) -> [u8; 16] {
    let millis = u64::try_from(lived.as_millis()).unwrap_or(u64::MAX);
    ((u128::from(node.0) << 64) | u128::from(millis)).to_be_bytes()
}

/// How long a sync takes on a disk that is well.
const SYNC: Duration = Duration::from_millis(2);

/// One replica's disk. It outlives the replica's lives. Clones are the same disk.
#[derive(Clone, Debug)]
pub(super) struct SimDisk {
    memory: MemoryDisk,
    /// The folder's own name: a copy brings it along.
    incarnation: [u8; 16],
    state: Arc<Mutex<State>>,
    dirty: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    latency: Option<Duration>,
    fail_next_sync: bool,
    full: bool,
    dead: bool,
}

impl SimDisk {
    /// An empty folder.
    pub(super) fn new(incarnation: [u8; 16]) -> Self {
        Self { memory: MemoryDisk::manual(), incarnation, state: Arc::default(), dirty: Arc::default() }
    }

    /// The folder's own name.
    pub(super) fn incarnation(&self) -> [u8; 16] {
        self.incarnation
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A group's log and rows, for one life of the replica.
    pub(super) fn open(&self, unit: UnitId, generation: Generation, hooks: (OnCommit, OnInstall)) -> (SimLog, SimRows) {
        let (log, rows) = self.memory.group(unit, generation);
        (
            SimLog { log, disk: self.clone() },
            SimRows { rows, disk: self.clone(), on_commit: hooks.0, on_install: hooks.1 },
        )
    }

    /// Syncs whenever something waits, for as long as the life goes on that runs it.
    pub(super) async fn keep_synced(self) {
        loop {
            self.dirty.notified().await;
            let latency = self.state().latency.unwrap_or(SYNC);
            tokio::time::sleep(latency).await;
            let fails = {
                let mut state = self.state();
                state.dead || std::mem::take(&mut state.fail_next_sync)
            };
            if fails {
                self.memory.fail_sync();
            } else {
                self.memory.sync();
            }
        }
    }

    /// The power goes: of the unsynced batches the first `kept_percent` had reached the disk. Returns how many were lost.
    pub(super) fn crash(&self, kept_percent: u8) -> usize {
        let unsynced = self.memory.unsynced();
        let kept = unsynced * usize::from(kept_percent.min(100)) / 100;
        self.memory.crash_keeping(kept);
        unsynced - kept
    }

    /// Syncs take so long from now on; as usual where `None`.
    pub(super) fn slow(&self, latency: Option<Duration>) {
        self.state().latency = latency;
    }

    /// The next sync fails.
    pub(super) fn fail_next_sync(&self) {
        self.state().fail_next_sync = true;
        self.dirty.notify_one();
    }

    /// No byte more can be written, or again.
    pub(super) fn full(&self, full: bool) {
        self.state().full = full;
    }

    /// Every call fails from now on.
    pub(super) fn die(&self) {
        self.state().dead = true;
        self.dirty.notify_one();
    }

    /// Well again, with what is on it.
    pub(super) fn mend(&self) {
        *self.state() = State::default();
    }

    /// What a copy of the folder holds now: all that a sync kept.
    pub(super) fn copy(&self) -> SimDisk {
        SimDisk { memory: self.memory.copy(), ..Self::new(self.incarnation) }
    }

    /// The folder is put back to a copy, or emptied. Only while no life of the replica goes on.
    pub(super) fn replace(&mut self, copy: &SimDisk) {
        self.memory = copy.memory.copy();
        self.incarnation = copy.incarnation;
    }

    /// A bit of a row flips. Says whether there was one.
    pub(super) fn rot(&self, unit: UnitId, generation: Generation, draw: u64) -> bool {
        self.memory.rot(unit, generation, draw)
    }

    fn writable(&self) -> Result<(), StoreFault> {
        let state = self.state();
        if state.dead {
            return Err(StoreFault::Device("input/output error: the device is gone".to_owned()));
        }
        if state.full {
            return Err(StoreFault::Device("no space left on device".to_owned()));
        }
        Ok(())
    }

    fn readable(&self) -> Result<(), StoreFault> {
        if self.state().dead {
            return Err(StoreFault::Device("input/output error: the device is gone".to_owned()));
        }
        Ok(())
    }
}

/// A group's log on a [`SimDisk`].
#[derive(Clone, Debug)]
pub(super) struct SimLog {
    log: MemoryLog,
    disk: SimDisk,
}

impl SimLog {
    fn wait(&self, handed_over: Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.disk.dirty.notify_one();
        handed_over
    }
}

impl GroupLog for SimLog {
    fn append(&self, entries: Vec<LogRecord>, synced: Synced) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.wait(self.log.append(entries, synced))
    }

    fn truncate_from(&self, first: u64) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.log.truncate_from(first)
    }

    fn purge_to(&self, last: u64, mark: Vec<u8>) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.log.purge_to(last, mark)
    }

    fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault> {
        self.disk.readable()?;
        self.log.read(range, limit)
    }

    fn last(&self) -> Result<Option<LogRecord>, StoreFault> {
        self.disk.readable()?;
        self.log.last()
    }

    fn purged(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.disk.readable()?;
        self.log.purged()
    }

    fn save_vote(&self, vote: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.wait(self.log.save_vote(vote, synced))
    }

    fn vote(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.disk.readable()?;
        self.log.vote()
    }

    fn save_committed(&self, committed: Vec<u8>) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.log.save_committed(committed)
    }

    fn committed(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.disk.readable()?;
        self.log.committed()
    }
}

/// A group's rows on a [`SimDisk`].
#[derive(Clone)]
pub(super) struct SimRows {
    rows: MemoryRows,
    disk: SimDisk,
    on_commit: OnCommit,
    on_install: OnInstall,
}

impl GroupRows for SimRows {
    type Snapshot = MapSnapshot;

    fn snapshot(&self) -> Result<MapSnapshot, StoreFault> {
        self.disk.readable()?;
        self.rows.snapshot()
    }

    fn commit(&self, writes: &WriteSet, applied: Vec<u8>) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.rows.commit(writes, applied)?;
        if !writes.is_empty() {
            (self.on_commit)(writes);
        }
        Ok(())
    }

    fn applied(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.disk.readable()?;
        self.rows.applied()
    }

    fn stage(&self) -> Result<impl StagedRows, StoreFault> {
        self.disk.writable()?;
        Ok(Staged { staged: self.rows.stage()?, disk: self.disk.clone(), on_install: Arc::clone(&self.on_install) })
    }

    fn save_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.rows.save_note(name, bytes)
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.disk.readable()?;
        self.rows.note(name)
    }
}

struct Staged<S> {
    staged: S,
    disk: SimDisk,
    on_install: OnInstall,
}

impl<S: StagedRows> StagedRows for Staged<S> {
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault> {
        self.disk.writable()?;
        self.staged.add(rows)
    }

    fn install(self, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        self.disk.writable()?;
        let installed = self.staged.install(applied, synced);
        self.disk.dirty.notify_one();
        if installed.is_ok() {
            (self.on_install)();
        }
        installed
    }
}
