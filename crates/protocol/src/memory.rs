//! A disk in memory behind the seams of a group: for tests, for replay, and the ground on which simulation builds its faults.
//!
//! What is written is seen at once and kept only by a sync, as on a real disk; [`MemoryDisk::crash`] takes back what no sync
//! kept. All groups of a disk share one order of batches, as they share one write-ahead log in RocksDB: a crash keeps a prefix
//! of it. Not here: latency, torn sectors, rot, quotas.

use std::collections::BTreeMap;
use std::ops::{Bound, Range, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;

use crate::overlay::WriteSet;
use crate::seam::{GroupLog, GroupRows, LogRecord, Row, RowSnapshot, StagedRows, Synced};

/// Rows in a sorted map. A clone is a frozen view and costs nothing; the first write after it copies the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapSnapshot {
    rows: Arc<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MapSnapshot {
    /// Puts and deletes what a batch says.
    pub fn write(&mut self, writes: &WriteSet) {
        for (key, row) in writes.iter() {
            self.put(key.to_vec(), row.map(<[u8]>::to_vec));
        }
    }

    /// All rows, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.rows.iter().map(|(key, row)| (key.as_slice(), row.as_slice()))
    }

    /// What was there before.
    fn put(&mut self, key: Vec<u8>, row: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let rows = Arc::make_mut(&mut self.rows);
        match row {
            Some(row) => rows.insert(key, row),
            None => rows.remove(&key),
        }
    }
}

impl FromIterator<Row> for MapSnapshot {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        Self { rows: Arc::new(rows.into_iter().collect()) }
    }
}

impl RowSnapshot for MapSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.rows.get(key).cloned())
    }

    fn has(&self, key: &[u8]) -> Result<bool, StoreFault> {
        Ok(self.rows.contains_key(key))
    }

    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault> {
        let (first, last) = range.into_inner();
        if first > last {
            return Ok(vec![]);
        }
        let rows = self.rows.range::<[u8], _>((Bound::Included(first), Bound::Included(last)));
        Ok(rows.take(limit).map(|(key, row)| (key.clone(), row.clone())).collect())
    }
}

/// A disk in memory, shared by all groups of a node. Clones are the same disk.
#[derive(Clone)]
pub struct MemoryDisk {
    disk: Arc<Mutex<Disk>>,
}

impl MemoryDisk {
    /// Syncs every batch at once, before the call that wrote it returns.
    pub fn automatic() -> Self {
        Self::new(true)
    }

    /// Syncs when [`Self::sync`] is called, and at no other time.
    pub fn manual() -> Self {
        Self::new(false)
    }

    fn new(automatic: bool) -> Self {
        Self { disk: Arc::new(Mutex::new(Disk::empty(automatic))) }
    }

    /// A group's log and rows, empty when the disk holds none. Good until the next [`Self::crash`].
    pub fn group(&self, unit: UnitId, generation: Generation) -> (MemoryLog, MemoryRows) {
        let mut disk = self.lock();
        disk.groups.entry((unit, generation)).or_default();
        let handle = Handle { disk: self.clone(), group: (unit, generation), life: disk.life };
        (MemoryLog { handle: handle.clone() }, MemoryRows { handle })
    }

    /// The groups that were opened since the disk was made.
    pub fn groups(&self) -> Vec<(UnitId, Generation)> {
        self.lock().groups.keys().copied().collect()
    }

    /// Keeps everything that was written so far and tells who waits for it. Returns how many waited.
    pub fn sync(&self) -> usize {
        let mut disk = self.lock();
        let answer = match &disk.failed {
            Some(fault) => Err(fault.clone()),
            None => {
                disk.syncs += 1;
                disk.unsynced.clear();
                Ok(())
            }
        };
        let waiting = std::mem::take(&mut disk.waiting);
        drop(disk);
        answer_all(waiting, &answer)
    }

    /// A sync that fails: who waits is told so, and every call from now on fails until [`Self::crash`].
    pub fn fail_sync(&self) -> usize {
        let fault = device("a sync failed; what is on the disk is unknown");
        let mut disk = self.lock();
        disk.failed = Some(fault.clone());
        let waiting = std::mem::take(&mut disk.waiting);
        drop(disk);
        answer_all(waiting, &Err(fault))
    }

    /// The power goes: what no sync kept is gone, and every handle opened before is dead.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// As [`Self::crash`], but the first `batches` of the unsynced ones had reached the disk by themselves.
    pub fn crash_keeping(&self, batches: usize) {
        let mut disk = self.lock();
        let kept = batches.min(disk.unsynced.len());
        let lost = disk.unsynced.split_off(kept);
        for batch in lost.into_iter().rev() {
            disk.take_back(batch);
        }
        disk.unsynced.clear();
        disk.failed = None;
        disk.life += 1;
        let waiting = std::mem::take(&mut disk.waiting);
        drop(disk);
        answer_all(waiting, &Err(dead()));
    }

    /// Another disk with what a crash would leave here now.
    pub fn copy(&self) -> Self {
        let mut disk = self.lock();
        let (undo, automatic) = (std::mem::take(&mut disk.unsynced), disk.automatic);
        let groups = disk.groups.clone();
        let mut copy = Disk { groups, ..Disk::empty(automatic) };
        for (name, changes) in undo.iter().rev() {
            copy.take_back((*name, changes.clone()));
        }
        disk.unsynced = undo;
        Self { disk: Arc::new(Mutex::new(copy)) }
    }

    /// One bit of one row of a group flips, chosen by `draw`. Whether there was a row.
    pub fn rot(&self, unit: UnitId, generation: Generation, draw: u64) -> bool {
        let mut disk = self.lock();
        let Some(group) = disk.groups.get_mut(&(unit, generation)) else { return false };
        let count = group.rows.rows.len();
        let at = usize::try_from(draw % count.max(1) as u64).unwrap_or(0);
        let Some((key, mut row)) = group.rows.rows.iter().nth(at).map(|(key, row)| (key.clone(), row.clone())) else {
            return false;
        };
        let Some(byte) = row.last_mut() else { return false };
        *byte ^= 1;
        group.rows.put(key, Some(row));
        true
    }

    /// Batches that a crash would take back now.
    pub fn unsynced(&self) -> usize {
        self.lock().unsynced.len()
    }

    /// Syncs so far.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    // A panic elsewhere left no half-done batch behind: batches are changed in one go under the lock.
    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let disk = self.lock();
        f.debug_struct("MemoryDisk")
            .field("groups", &disk.groups.len())
            .field("unsynced", &disk.unsynced.len())
            .field("waiting", &disk.waiting.len())
            .finish_non_exhaustive()
    }
}

/// A group's log on a [`MemoryDisk`].
#[derive(Clone, Debug)]
pub struct MemoryLog {
    handle: Handle,
}

/// A group's rows on a [`MemoryDisk`].
#[derive(Clone, Debug)]
pub struct MemoryRows {
    handle: Handle,
}

/// Rows on their way into a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryStaged {
    handle: Handle,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl GroupLog for MemoryLog {
    fn append(&self, entries: Vec<LogRecord>, synced: Synced) -> Result<(), StoreFault> {
        self.handle.write(Some(synced), |group| {
            let mut next = group.log.last_key_value().map(|(last, _)| last + 1);
            for LogRecord { index, .. } in &entries {
                // Nothing held: the log may begin anywhere behind what was purged.
                let expected = next.unwrap_or(group.first_allowed.max(*index));
                if *index != expected {
                    let what = format!("entry {index} came where {expected} was expected");
                    return Err(StoreFault::Broken { promise: "log order", what });
                }
                next = Some(index + 1);
            }
            Ok(entries.into_iter().map(|entry| Change::Entry(entry.index, Some(entry.bytes))).collect())
        })
    }

    fn truncate_from(&self, first: u64) -> Result<(), StoreFault> {
        self.handle.write(None, |group| Ok(group.log.range(first..).map(|(index, _)| remove(index)).collect()))
    }

    fn purge_to(&self, last: u64, mark: Vec<u8>) -> Result<(), StoreFault> {
        self.handle.write(None, |group| {
            let mut changes: Vec<_> = group.log.range(..=last).map(|(index, _)| remove(index)).collect();
            changes.push(Change::Fact(Fact::Purged, Some(mark)));
            changes.push(Change::FirstAllowed(group.first_allowed.max(last.saturating_add(1))));
            Ok(changes)
        })
    }

    fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault> {
        self.handle.read(|group| {
            if range.is_empty() {
                return vec![];
            }
            group.log.range(range).take(limit).map(log_record).collect()
        })
    }

    fn last(&self) -> Result<Option<LogRecord>, StoreFault> {
        self.handle.read(|group| group.log.last_key_value().map(log_record))
    }

    fn purged(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.handle.fact(&Fact::Purged)
    }

    fn save_vote(&self, vote: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        self.handle.write(Some(synced), |_| Ok(vec![Change::Fact(Fact::Vote, Some(vote))]))
    }

    fn vote(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.handle.fact(&Fact::Vote)
    }

    fn save_committed(&self, committed: Vec<u8>) -> Result<(), StoreFault> {
        self.handle.write(None, |_| Ok(vec![Change::Fact(Fact::Committed, Some(committed))]))
    }

    fn committed(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.handle.fact(&Fact::Committed)
    }
}

impl GroupRows for MemoryRows {
    type Snapshot = MapSnapshot;

    fn snapshot(&self) -> Result<MapSnapshot, StoreFault> {
        self.handle.read(|group| group.rows.clone())
    }

    fn commit(&self, writes: &WriteSet, applied: Vec<u8>) -> Result<(), StoreFault> {
        self.handle.write(None, |_| {
            let rows = writes.iter().map(|(key, row)| Change::Row(key.to_vec(), row.map(<[u8]>::to_vec)));
            Ok(rows.chain([Change::Fact(Fact::Applied, Some(applied))]).collect())
        })
    }

    fn applied(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        self.handle.fact(&Fact::Applied)
    }

    fn stage(&self) -> Result<impl StagedRows, StoreFault> {
        self.handle.read(|_| MemoryStaged { handle: self.handle.clone(), rows: BTreeMap::new() })
    }

    fn save_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreFault> {
        self.handle.write(None, |_| Ok(vec![Change::Fact(Fact::Note(name.to_owned()), Some(bytes))]))
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.handle.fact(&Fact::Note(name.to_owned()))
    }
}

impl StagedRows for MemoryStaged {
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault> {
        self.handle.read(|_| ())?;
        self.rows.extend(rows);
        Ok(())
    }

    fn install(self, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        let rows = MapSnapshot { rows: Arc::new(self.rows) };
        let changes = vec![Change::Rows(rows), Change::Fact(Fact::Applied, Some(applied))];
        self.handle.write(Some(synced), |_| Ok(changes))
    }
}

type GroupName = (UnitId, Generation);

struct Disk {
    automatic: bool,
    /// Counts crashes: a handle of a former life is dead.
    life: u64,
    failed: Option<StoreFault>,
    groups: BTreeMap<GroupName, Group>,
    /// What takes each unsynced batch back, in the order of the batches.
    unsynced: Vec<(GroupName, Vec<Change>)>,
    waiting: Vec<Synced>,
    syncs: u64,
}

impl Disk {
    fn empty(automatic: bool) -> Self {
        Self {
            automatic,
            life: 0,
            failed: None,
            groups: BTreeMap::new(),
            unsynced: Vec::new(),
            waiting: Vec::new(),
            syncs: 0,
        }
    }

    fn take_back(&mut self, (name, undo): (GroupName, Vec<Change>)) {
        let group = self.groups.entry(name).or_default();
        for change in undo.into_iter().rev() {
            group.change(change);
        }
    }
}

#[derive(Clone, Default)]
struct Group {
    log: BTreeMap<u64, Vec<u8>>,
    /// No entry may come below: purged.
    first_allowed: u64,
    facts: BTreeMap<Fact, Vec<u8>>,
    rows: MapSnapshot,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    Vote,
    Committed,
    Purged,
    Applied,
    Note(String),
}

/// One thing put in the place of another; `None` removes.
#[derive(Clone)]
enum Change {
    Entry(u64, Option<Vec<u8>>),
    FirstAllowed(u64),
    Fact(Fact, Option<Vec<u8>>),
    Row(Vec<u8>, Option<Vec<u8>>),
    Rows(MapSnapshot),
}

impl Group {
    /// Makes the change and returns the one that takes it back.
    fn change(&mut self, change: Change) -> Change {
        match change {
            Change::Entry(index, bytes) => Change::Entry(index, replace(&mut self.log, index, bytes)),
            Change::FirstAllowed(index) => Change::FirstAllowed(std::mem::replace(&mut self.first_allowed, index)),
            Change::Fact(fact, bytes) => Change::Fact(fact.clone(), replace(&mut self.facts, fact, bytes)),
            Change::Row(key, row) => Change::Row(key.clone(), self.rows.put(key, row)),
            Change::Rows(rows) => Change::Rows(std::mem::replace(&mut self.rows, rows)),
        }
    }
}

fn replace<K: Ord>(map: &mut BTreeMap<K, Vec<u8>>, key: K, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
    match bytes {
        Some(bytes) => map.insert(key, bytes),
        None => map.remove(&key),
    }
}

fn remove(index: &u64) -> Change {
    Change::Entry(*index, None)
}

fn log_record((index, bytes): (&u64, &Vec<u8>)) -> LogRecord {
    LogRecord { index: *index, bytes: bytes.clone() }
}

#[derive(Clone, Debug)]
struct Handle {
    disk: MemoryDisk,
    group: GroupName,
    life: u64,
}

impl Handle {
    fn alive(&self, disk: &Disk) -> Result<(), StoreFault> {
        if disk.life != self.life {
            return Err(dead());
        }
        disk.failed.clone().map_or(Ok(()), Err)
    }

    fn read<T>(&self, read: impl FnOnce(&Group) -> T) -> Result<T, StoreFault> {
        let mut disk = self.disk.lock();
        self.alive(&disk)?;
        Ok(read(disk.groups.entry(self.group).or_default()))
    }

    fn fact(&self, fact: &Fact) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(|group| group.facts.get(fact).cloned())
    }

    /// One batch: all of the changes or none.
    fn write(
        &self,
        synced: Option<Synced>,
        changes: impl FnOnce(&Group) -> Result<Vec<Change>, StoreFault>,
    ) -> Result<(), StoreFault> {
        let mut disk = self.disk.lock();
        self.alive(&disk)?;
        let group = disk.groups.entry(self.group).or_default();
        let changes = changes(group)?;
        let undo = changes.into_iter().map(|change| group.change(change)).collect();
        disk.unsynced.push((self.group, undo));
        disk.waiting.extend(synced);
        let automatic = disk.automatic;
        drop(disk);
        if automatic {
            self.disk.sync();
        }
        Ok(())
    }
}

// Outside the lock: what is called may write again.
fn answer_all(waiting: Vec<Synced>, answer: &Result<(), StoreFault>) -> usize {
    let count = waiting.len();
    for synced in waiting {
        synced(answer.clone());
    }
    count
}

fn device(what: &str) -> StoreFault {
    StoreFault::Device(what.to_owned())
}

fn dead() -> StoreFault {
    device("the disk crashed since this group was opened; open it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn group(disk: &MemoryDisk) -> (MemoryLog, MemoryRows) {
        disk.group(UnitId::new(370_811_002_001).unwrap(), Generation::FIRST)
    }

    fn entry(index: u64, byte: u8) -> LogRecord {
        LogRecord { index, bytes: vec![byte] }
    }

    fn writes(rows: &[(&[u8], Option<&[u8]>)]) -> WriteSet {
        let mut set = WriteSet::default();
        for (key, row) in rows {
            set.write(key.to_vec(), row.map(<[u8]>::to_vec));
        }
        set
    }

    fn told() -> (impl Fn() -> Synced, mpsc::Receiver<Result<(), StoreFault>>) {
        let (to, from) = mpsc::channel();
        let synced = move || {
            let to = to.clone();
            Box::new(move |answer| to.send(answer).unwrap()) as Synced
        };
        (synced, from)
    }

    #[test]
    fn a_crash_takes_back_what_no_sync_kept() {
        let disk = MemoryDisk::manual();
        let (log, rows) = group(&disk);
        let (synced, told) = told();
        log.append(vec![entry(1, 1), entry(2, 2)], synced()).unwrap();
        log.save_vote(b"first".to_vec(), synced()).unwrap();
        rows.commit(&writes(&[(b"a", Some(b"1"))]), b"2".to_vec()).unwrap();
        assert!(told.try_recv().is_err(), "told before the sync");
        assert_eq!(disk.sync(), 2);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), vec![Ok(()), Ok(())]);

        log.truncate_from(2).unwrap();
        log.append(vec![entry(2, 3), entry(3, 3)], synced()).unwrap();
        log.save_vote(b"second".to_vec(), synced()).unwrap();
        log.purge_to(1, b"1".to_vec()).unwrap();
        rows.commit(&writes(&[(b"a", None), (b"b", Some(b"2"))]), b"3".to_vec()).unwrap();
        let mut staged = rows.stage().unwrap();
        staged.add(vec![(b"c".to_vec(), b"3".to_vec())]).unwrap();
        staged.install(b"9".to_vec(), synced()).unwrap();
        assert_eq!(rows.snapshot().unwrap().get(b"c"), Ok(Some(b"3".to_vec())));
        assert_eq!(disk.unsynced(), 6);

        disk.crash();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), vec![Err(dead()); 3]);
        assert_eq!(log.last(), Err(dead()), "a handle of the former life");
        let (log, rows) = group(&disk);
        assert_eq!(log.read(0..9, 9), Ok(vec![entry(1, 1), entry(2, 2)]));
        assert_eq!(log.vote(), Ok(Some(b"first".to_vec())));
        assert_eq!(log.purged(), Ok(None));
        assert_eq!(rows.applied(), Ok(Some(b"2".to_vec())));
        assert_eq!(rows.snapshot().unwrap(), [(b"a".to_vec(), b"1".to_vec())].into_iter().collect());
    }

    #[test]
    fn a_crash_may_keep_a_prefix_but_never_half_a_batch() {
        for kept in 0..=3 {
            let disk = MemoryDisk::manual();
            let (_, rows) = group(&disk);
            for batch in 1..=3_u8 {
                let set = writes(&[(b"a", Some(&[batch])), (b"b", Some(&[batch]))]);
                rows.commit(&set, vec![batch]).unwrap();
            }
            disk.crash_keeping(usize::from(kept));
            let (_, rows) = group(&disk);
            let expected = (kept > 0).then_some(vec![kept]);
            assert_eq!(rows.applied(), Ok(expected.clone()));
            for key in [b"a", b"b"] {
                assert_eq!(rows.snapshot().unwrap().get(key), Ok(expected.clone()), "{kept} kept");
            }
        }
    }

    #[test]
    fn a_failed_sync_fails_everything_until_the_restart() {
        let disk = MemoryDisk::manual();
        let (log, rows) = group(&disk);
        let (synced, told) = told();
        log.append(vec![entry(1, 1)], synced()).unwrap();
        assert_eq!(disk.fail_sync(), 1);
        assert!(told.recv().unwrap().is_err());
        assert!(log.append(vec![entry(2, 2)], synced()).is_err());
        assert!(rows.snapshot().is_err());
        disk.crash();
        assert_eq!(group(&disk).0.last(), Ok(None));
    }

    #[test]
    fn a_view_stays_as_it_was() {
        let disk = MemoryDisk::automatic();
        let (_, rows) = group(&disk);
        rows.commit(&writes(&[(b"a", Some(b"1"))]), vec![]).unwrap();
        let before = rows.snapshot().unwrap();
        rows.commit(&writes(&[(b"a", Some(b"2"))]), vec![]).unwrap();
        assert_eq!(before.get(b"a"), Ok(Some(b"1".to_vec())));
        assert_eq!(rows.snapshot().unwrap().get(b"a"), Ok(Some(b"2".to_vec())));
    }
}
