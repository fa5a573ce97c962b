//! What every disk behind the seams must do: the same tests against memory and RocksDB, and both against each other.

use std::ops::Range;
use std::sync::mpsc;

use domain::ids::{Generation, NodeId, UnitId};
use domain::store::StoreFault;
use proptest::prelude::*;
use protocol::memory::{MemoryDisk, MemoryLog, MemoryRows};
use protocol::overlay::WriteSet;
use protocol::seam::{GroupLog, GroupRows, LogRecord, Row, RowSnapshot, StagedRows, Synced};
use store::{Identity, RocksLog, RocksRows, Store};
use tempfile::TempDir;

/// A node's disk that can be opened again.
trait Disk: Sized {
    type Log: GroupLog;
    type Rows: GroupRows;
    fn new() -> Self;
    fn group(&self, unit: UnitId, generation: Generation) -> (Self::Log, Self::Rows);
    fn restart(self) -> Self;
}

struct Rocks {
    store: Store,
    folder: TempDir,
}

impl Rocks {
    fn open(folder: TempDir) -> Self {
        let identity =
            Identity { region: "jining".to_owned(), unit: units()[0], generation: Generation::FIRST, node: NodeId(1) };
        Self { store: Store::open(folder.path(), &identity).unwrap(), folder }
    }
}

impl Disk for Rocks {
    type Log = RocksLog;
    type Rows = RocksRows;

    fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn group(&self, unit: UnitId, generation: Generation) -> (RocksLog, RocksRows) {
        self.store.group(unit, generation).unwrap()
    }

    /// Fails when a handle of the store is still alive: the folder is then in use.
    fn restart(self) -> Self {
        drop(self.store);
        Self::open(self.folder)
    }
}

impl Disk for MemoryDisk {
    type Log = MemoryLog;
    type Rows = MemoryRows;

    fn new() -> Self {
        Self::automatic()
    }

    fn group(&self, unit: UnitId, generation: Generation) -> (MemoryLog, MemoryRows) {
        MemoryDisk::group(self, unit, generation)
    }

    fn restart(self) -> Self {
        self.crash();
        self
    }
}

fn units() -> [UnitId; 2] {
    [370_811_002_001, 370_811_002_002].map(|code| UnitId::new(code).unwrap())
}

fn first<D: Disk>(disk: &D) -> (D::Log, D::Rows) {
    disk.group(units()[0], Generation::FIRST)
}

fn entries(range: Range<u64>, byte: u8) -> Vec<LogRecord> {
    range.map(|index| LogRecord { index, bytes: vec![byte, index as u8] }).collect()
}

/// Does what needs a sync and waits for it.
fn synced(call: impl FnOnce(Synced) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
    let (to, from) = mpsc::channel();
    call(Box::new(move |answer| to.send(answer).unwrap()))?;
    from.recv().unwrap()
}

fn append(log: &impl GroupLog, range: Range<u64>, byte: u8) -> Result<(), StoreFault> {
    synced(|done| log.append(entries(range, byte), done))
}

fn writes(rows: &[(&str, Option<&str>)]) -> WriteSet {
    let mut set = WriteSet::default();
    for (key, row) in rows {
        set.write(key.as_bytes().to_vec(), row.map(|row| row.as_bytes().to_vec()));
    }
    set
}

fn text((key, row): &Row) -> (&str, &str) {
    (std::str::from_utf8(key).unwrap(), std::str::from_utf8(row).unwrap())
}

fn all(rows: &impl GroupRows) -> Vec<Row> {
    rows.snapshot().unwrap().scan(&b""[..]..=&[0xFF], usize::MAX).unwrap()
}

fn a_log_is_read_back<D: Disk>() {
    let disk = D::new();
    let (log, _) = first(&disk);
    assert_eq!(log.last(), Ok(None));
    assert_eq!(log.read(0..u64::MAX, 9), Ok(vec![]));
    append(&log, 1..4, 1).unwrap();
    append(&log, 4..6, 1).unwrap();
    append(&log, 6..6, 1).unwrap();
    let check = |log: &D::Log| {
        assert_eq!(log.read(0..u64::MAX, 99), Ok(entries(1..6, 1)));
        assert_eq!(log.read(2..4, 99), Ok(entries(2..4, 1)));
        assert_eq!(log.read(2..9, 2), Ok(entries(2..4, 1)));
        assert_eq!(log.read(6..9, 2), Ok(vec![]));
        assert_eq!(log.read(3..3, 2), Ok(vec![]));
        #[expect(clippy::reversed_empty_ranges, reason = "a caller may ask for it")]
        let backwards = 4..2;
        assert_eq!(log.read(backwards, 2), Ok(vec![]));
        assert_eq!(log.read(1..9, 0), Ok(vec![]));
        assert_eq!(log.last(), Ok(entries(5..6, 1).pop()));
    };
    check(&log);
    drop(log);
    check(&first(&disk.restart()).0);
}

fn a_gap_or_a_repeat_is_a_broken_promise<D: Disk>() {
    let disk = D::new();
    let (log, _) = first(&disk);
    append(&log, 5..7, 1).unwrap();
    for wrong in [8..9, 6..7, 5..6, 0..1] {
        let came = wrong.start;
        let what = format!("entry {came} came where 7 was expected");
        assert_eq!(append(&log, wrong, 2), Err(StoreFault::Broken { promise: "log order", what }));
    }
    let mut gap = entries(7..9, 2);
    gap.remove(0);
    gap.insert(0, entries(9..10, 2).remove(0));
    assert!(synced(|done| log.append(gap, done)).is_err());
    assert_eq!(log.read(0..99, 99), Ok(entries(5..7, 1)), "nothing of it was written");
    append(&log, 7..8, 1).unwrap();
}

fn a_truncated_end_gives_way_to_another<D: Disk>() {
    // A short end and a long one, which a disk may delete in other ways.
    for length in [10, 1000] {
        let disk = D::new();
        let (log, _) = first(&disk);
        append(&log, 1..length, 1).unwrap();
        log.truncate_from(length).unwrap();
        assert_eq!(log.last(), Ok(entries(length - 1..length, 1).pop()));
        log.truncate_from(4).unwrap();
        assert_eq!(log.last(), Ok(entries(3..4, 1).pop()));
        append(&log, 4..6, 2).unwrap();
        let expected = [entries(1..4, 1), entries(4..6, 2)].concat();
        assert_eq!(log.read(0..length, 9999), Ok(expected.clone()));
        drop(log);
        let disk = disk.restart();
        let (log, _) = first(&disk);
        assert_eq!(log.read(0..length, 9999), Ok(expected));
        log.truncate_from(0).unwrap();
        assert_eq!(log.last(), Ok(None));
        append(&log, 3..5, 3).unwrap();
        assert_eq!(log.read(0..length, 9999), Ok(entries(3..5, 3)));
    }
}

fn a_purged_beginning_stays_purged<D: Disk>() {
    // Fewer and more entries than RocksDB deletes at once.
    for length in [20, 10_000] {
        let disk = D::new();
        let (log, _) = first(&disk);
        assert_eq!(log.purged(), Ok(None));
        append(&log, 1..length, 1).unwrap();
        let half = length / 2;
        log.purge_to(half, b"half".to_vec()).unwrap();
        assert_eq!(log.read(0..u64::MAX, 3), Ok(entries(half + 1..half + 4, 1)));
        append(&log, length..length + 1, 1).unwrap();
        drop(log);
        let disk = disk.restart();
        let (log, _) = first(&disk);
        assert_eq!(log.purged(), Ok(Some(b"half".to_vec())));
        assert_eq!(log.read(0..u64::MAX, 3), Ok(entries(half + 1..half + 4, 1)));
        assert_eq!(log.last(), Ok(entries(length..length + 1, 1).pop()));

        // A snapshot from elsewhere reaches further than the log.
        log.purge_to(length + 10, b"beyond".to_vec()).unwrap();
        assert_eq!(log.last(), Ok(None));
        assert!(append(&log, length + 10..length + 11, 2).is_err(), "below what was purged");
        append(&log, length + 11..length + 13, 2).unwrap();
        drop(log);
        let (log, _) = first(&disk.restart());
        assert_eq!(log.purged(), Ok(Some(b"beyond".to_vec())));
        assert_eq!(log.read(0..u64::MAX, 99), Ok(entries(length + 11..length + 13, 2)));
    }
}

fn facts_are_kept<D: Disk>() {
    let disk = D::new();
    let (log, rows) = first(&disk);
    assert_eq!((log.vote(), log.committed(), rows.applied(), rows.note("a")), (Ok(None), Ok(None), Ok(None), Ok(None)));
    log.save_committed(b"committed".to_vec()).unwrap();
    rows.commit(&WriteSet::default(), b"applied".to_vec()).unwrap();
    rows.save_note("a", b"note a".to_vec()).unwrap();
    rows.save_note("ab", b"note ab".to_vec()).unwrap();
    for vote in [b"first vote".to_vec(), b"vote".to_vec()] {
        synced(|done| log.save_vote(vote, done)).unwrap();
    }
    drop((log, rows));
    let disk = disk.restart();
    let (log, rows) = first(&disk);
    assert_eq!(log.vote(), Ok(Some(b"vote".to_vec())));
    assert_eq!(log.committed(), Ok(Some(b"committed".to_vec())));
    assert_eq!(rows.applied(), Ok(Some(b"applied".to_vec())));
    assert_eq!(rows.note("a"), Ok(Some(b"note a".to_vec())));
    assert_eq!(rows.note("ab"), Ok(Some(b"note ab".to_vec())));
}

fn rows_are_scanned_in_order_and_views_stay<D: Disk>() {
    let disk = D::new();
    let (log, rows) = first(&disk);
    let set = writes(&[("b", Some("2")), ("a", Some("1")), ("c", Some("3")), ("ca", Some("4"))]);
    rows.commit(&set, vec![1]).unwrap();
    let before = rows.snapshot().unwrap();
    rows.commit(&writes(&[("b", None), ("c", Some("5")), ("zz", None)]), vec![2]).unwrap();

    let scan = |first: &str, last: &str, limit| before.scan(first.as_bytes()..=last.as_bytes(), limit).unwrap();
    let texts = |rows: &[Row]| rows.iter().map(|row| format!("{}{}", text(row).0, text(row).1)).collect::<Vec<_>>();
    assert_eq!(
        texts(&scan("a", "c", 9)),
        ["a1", "b2", "c3"],
        "the last key is in the range, what begins with it is not"
    );
    assert_eq!(texts(&scan("a", "z", 2)), ["a1", "b2"]);
    assert_eq!(texts(&scan("aa", "b", 9)), ["b2"]);
    assert_eq!(texts(&scan("c", "a", 9)), [""; 0]);
    assert_eq!(before.get(b"b"), Ok(Some(b"2".to_vec())));
    drop(before);

    assert_eq!(texts(&all(&rows)), ["a1", "c5", "ca4"]);
    assert_eq!(rows.snapshot().unwrap().get(b"b"), Ok(None));
    // A sync of the log keeps what was committed before it.
    append(&log, 1..2, 1).unwrap();
    drop((log, rows));
    let (_, rows) = first(&disk.restart());
    assert_eq!(texts(&all(&rows)), ["a1", "c5", "ca4"]);
    assert_eq!(rows.applied(), Ok(Some(vec![2])));
}

fn an_installation_takes_the_place_of_all_rows<D: Disk>() {
    let disk = D::new();
    let (_, rows) = first(&disk);
    rows.commit(&writes(&[("a", Some("1")), ("b", Some("2"))]), b"before".to_vec()).unwrap();
    rows.save_note("snapshot", b"mine".to_vec()).unwrap();
    let mut dropped = rows.stage().unwrap();
    dropped.add(vec![(b"x".to_vec(), b"0".to_vec())]).unwrap();
    let mut staged = rows.stage().unwrap();
    staged.add(vec![(b"b".to_vec(), b"3".to_vec())]).unwrap();
    staged.add(vec![(b"c".to_vec(), b"4".to_vec())]).unwrap();
    drop(dropped);
    let view = rows.snapshot().unwrap();
    assert_eq!(all(&rows).len(), 2, "nothing of it is seen before the flip");
    synced(|done| staged.install(b"after".to_vec(), done)).unwrap();

    let check = |rows: &D::Rows| {
        assert_eq!(all(rows).iter().map(text).collect::<Vec<_>>(), [("b", "3"), ("c", "4")]);
        assert_eq!(rows.applied(), Ok(Some(b"after".to_vec())));
        assert_eq!(rows.note("snapshot"), Ok(Some(b"mine".to_vec())));
    };
    check(&rows);
    assert_eq!(view.get(b"a"), Ok(Some(b"1".to_vec())), "a view taken before still sees the old rows");
    drop((view, rows));
    let disk = disk.restart();
    let (_, rows) = first(&disk);
    check(&rows);
    rows.commit(&writes(&[("c", None)]), b"later".to_vec()).unwrap();
    assert_eq!(all(&rows).len(), 1);
}

fn groups_do_not_see_each_other<D: Disk>() {
    let disk = D::new();
    let names = [(units()[0], Generation(1)), (units()[0], Generation(2)), (units()[1], Generation(1))];
    let handles = names.map(|(unit, generation)| disk.group(unit, generation));
    for (number, (log, rows)) in handles.iter().enumerate() {
        let byte = number as u8;
        append(log, 1..4, byte).unwrap();
        synced(|done| log.save_vote(vec![byte], done)).unwrap();
        rows.commit(&writes(&[("a", Some(&number.to_string()))]), vec![byte]).unwrap();
        rows.save_note("n", vec![byte]).unwrap();
    }
    let (log, rows) = &handles[1];
    log.truncate_from(2).unwrap();
    log.purge_to(1, vec![]).unwrap();
    let staged = rows.stage().unwrap();
    synced(|done| staged.install(vec![9], done)).unwrap();
    drop(handles);
    let disk = disk.restart();
    for (number, (unit, generation)) in names.into_iter().enumerate() {
        let (log, rows) = disk.group(unit, generation);
        let byte = number as u8;
        let (expected, row, applied) = match number {
            1 => (vec![], None, 9),
            _ => (entries(1..4, byte), Some(number.to_string().into_bytes()), byte),
        };
        assert_eq!(log.read(0..9, 9), Ok(expected));
        assert_eq!(log.vote(), Ok(Some(vec![byte])));
        assert_eq!(rows.note("n"), Ok(Some(vec![byte])));
        assert_eq!(rows.snapshot().unwrap().get(b"a"), Ok(row));
        assert_eq!(rows.applied(), Ok(Some(vec![applied])));
    }
}

fn handles_are_the_same_group<D: Disk>() {
    let disk = D::new();
    let ((one, rows), (other, _)) = (first(&disk), first(&disk));
    append(&one, 1..3, 1).unwrap();
    append(&other.clone(), 3..4, 1).unwrap();
    assert_eq!(one.last(), Ok(entries(3..4, 1).pop()));
    rows.clone().commit(&WriteSet::default(), vec![7]).unwrap();
    assert_eq!(rows.applied(), Ok(Some(vec![7])));
}

macro_rules! conformance {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $test() { super::$test::<super::MemoryDisk>(); })+
        }
        mod rocks {
            $(#[test] fn $test() { super::$test::<super::Rocks>(); })+
        }
    };
}
conformance!(
    a_log_is_read_back,
    a_gap_or_a_repeat_is_a_broken_promise,
    a_truncated_end_gives_way_to_another,
    a_purged_beginning_stays_purged,
    facts_are_kept,
    rows_are_scanned_in_order_and_views_stay,
    an_installation_takes_the_place_of_all_rows,
    groups_do_not_see_each_other,
    handles_are_the_same_group,
);

/// One step of the differential test; numbers are taken modulo what fits.
#[derive(Clone, Debug)]
enum Step {
    Append { offset: u64, count: u64, byte: u8 },
    Truncate(u64),
    Purge(u64),
    Commit(Vec<(u8, Option<u8>)>, u8),
    Install(Vec<(u8, u8)>, u8),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop_oneof![9 => Just(0_u64), 1 => 0..4_u64], 0..6_u64, any::<u8>())
            .prop_map(|(offset, count, byte)| Step::Append { offset, count, byte }),
        1 => (0..30_u64).prop_map(Step::Truncate),
        1 => (0..30_u64).prop_map(Step::Purge),
        3 => (proptest::collection::vec((0..12_u8, any::<Option<u8>>()), 0..6), any::<u8>())
            .prop_map(|(rows, applied)| Step::Commit(rows, applied)),
        1 => (proptest::collection::vec((0..12_u8, any::<u8>()), 0..6), any::<u8>())
            .prop_map(|(rows, applied)| Step::Install(rows, applied)),
        1 => Just(Step::Restart),
    ]
}

/// Does the step and tells everything that can be seen afterwards.
fn run<D: Disk>(disk: D, step: &Step) -> (D, impl PartialEq + std::fmt::Debug + use<D>) {
    let (log, rows) = first(&disk);
    let outcome = match step {
        Step::Append { offset, count, byte } => {
            let next = log.last().unwrap().map_or(1, |last| last.index + 1) + offset;
            append(&log, next..next + count, *byte)
        }
        Step::Truncate(first) => log.truncate_from(*first),
        Step::Purge(last) => log.purge_to(*last, last.to_be_bytes().to_vec()),
        Step::Commit(changes, applied) => {
            let mut set = WriteSet::default();
            changes.iter().for_each(|(key, row)| set.write(vec![*key], row.map(|row| vec![row])));
            rows.commit(&set, vec![*applied])
        }
        Step::Install(new, applied) => {
            let mut staged = rows.stage().unwrap();
            staged.add(new.iter().map(|(key, row)| (vec![*key], vec![*row])).collect()).unwrap();
            synced(|done| staged.install(vec![*applied], done))
        }
        Step::Restart => Ok(()),
    };
    drop((log, rows));
    let disk = if matches!(step, Step::Restart) { disk.restart() } else { disk };
    let (log, rows) = first(&disk);
    let seen = (outcome, log.read(0..u64::MAX, 99), log.last(), log.purged(), rows.applied(), all(&rows));
    (disk, seen)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rocksdb_and_memory_cannot_be_told_apart(steps in proptest::collection::vec(step(), 1..40)) {
        let (mut memory, mut rocks) = (<MemoryDisk as Disk>::new(), Rocks::new());
        for step in &steps {
            let (memory_after, of_memory) = run(memory, step);
            let (rocks_after, of_rocks) = run(rocks, step);
            prop_assert_eq!(format!("{of_memory:?}"), format!("{of_rocks:?}"), "after {:?}", step);
            (memory, rocks) = (memory_after, rocks_after);
        }
    }
}
