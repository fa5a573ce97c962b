//! What a crash leaves, seen by copying the folder while its store is open: the copy is what kill -9 would have left.

use std::path::Path;
use std::sync::mpsc;

use domain::ids::NodeId;
use protocol::overlay::WriteSet;
use protocol::seam::{GroupLog, GroupRows, LogRecord, RowSnapshot, StagedRows, Synced};

use super::*;

type Answer = Result<(), StoreFault>;

fn identity() -> Identity {
    let unit = unit();
    Identity { region: "jining".to_owned(), unit, generation: Generation::FIRST, node: NodeId(1) }
}

fn unit() -> UnitId {
    UnitId::new(370_811_002_001).unwrap()
}

fn group(store: &Store) -> (RocksLog, RocksRows) {
    store.group(unit(), Generation::FIRST).unwrap()
}

fn entry(index: u64) -> LogRecord {
    LogRecord { index, bytes: index.to_be_bytes().to_vec() }
}

fn one_row(key: &[u8], row: &[u8]) -> WriteSet {
    let mut writes = WriteSet::default();
    writes.write(key.to_vec(), Some(row.to_vec()));
    writes
}

fn told() -> (impl Fn() -> Synced, mpsc::Receiver<Answer>) {
    let (to, from) = mpsc::channel();
    let synced = move || {
        let to = to.clone();
        Box::new(move |answer| to.send(answer).unwrap()) as Synced
    };
    (synced, from)
}

/// A store whose syncs wait for leave, and are real when they are given it.
struct Gate {
    starts: mpsc::Receiver<()>,
    answers: mpsc::Sender<Answer>,
}

fn gated(path: &Path) -> (Store, Gate) {
    let (started, starts) = mpsc::channel();
    let (answers, answered) = mpsc::channel::<Answer>();
    let sync = |opened: Arc<Opened>| {
        move || {
            // Without a gate any more the test is over: the last sync is free.
            let _ = started.send(());
            answered.recv().unwrap_or(Ok(())).and_then(|()| opened.sync())
        }
    };
    (Store::open_syncing(path, &identity(), sync).unwrap(), Gate { starts, answers })
}

impl Gate {
    fn let_one_pass(&self) {
        self.starts.recv().unwrap();
        self.answers.send(Ok(())).unwrap();
    }
}

fn copy_folder(from: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (entry, path) = entry.map(|entry| (to.join(entry.file_name()), entry.path())).unwrap();
            if path.is_dir() {
                copy(&path, &entry);
            } else {
                std::fs::copy(path, entry).unwrap();
            }
        }
    }
    let to = tempfile::tempdir().unwrap();
    copy(from, to.path());
    to
}

#[test]
fn a_kill_keeps_what_was_synced_and_never_half_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let (store, gate) = gated(folder.path());
    let (log, rows) = group(&store);
    let (synced, told) = told();
    log.append(vec![entry(1), entry(2)], synced()).unwrap();
    rows.commit(&one_row(b"a", b"1"), b"applied 2".to_vec()).unwrap();
    gate.starts.recv().unwrap();
    log.save_vote(b"vote".to_vec(), synced()).unwrap();
    gate.answers.send(Ok(())).unwrap();
    assert_eq!(told.recv().unwrap(), Ok(()));
    gate.starts.recv().unwrap();
    // The vote's sync has begun and not ended, and these are in nobody's sync yet.
    log.append(vec![entry(3)], synced()).unwrap();
    rows.commit(&one_row(b"a", b"2"), b"applied 3".to_vec()).unwrap();
    assert!(told.try_recv().is_err(), "told before the sync");

    let left = copy_folder(folder.path());
    let after = Store::open(left.path(), &identity()).unwrap();
    let (log_after, rows_after) = group(&after);
    assert_eq!(log_after.last(), Ok(Some(entry(2))));
    assert_eq!(rows_after.applied(), Ok(Some(b"applied 2".to_vec())));
    assert_eq!(rows_after.snapshot().unwrap().get(b"a"), Ok(Some(b"1".to_vec())));
    log_after.append(vec![entry(3)], synced()).unwrap();
    assert_eq!(told.recv().unwrap(), Ok(()), "the copy syncs by itself");

    gate.answers.send(Ok(())).unwrap();
    assert_eq!(told.recv().unwrap(), Ok(()));
    gate.let_one_pass();
    assert_eq!(told.recv().unwrap(), Ok(()));
    let left = copy_folder(folder.path());
    let (log_after, rows_after) = group(&Store::open(left.path(), &identity()).unwrap());
    assert_eq!(log_after.read(0..9, 9), Ok(vec![entry(1), entry(2), entry(3)]));
    assert_eq!(log_after.vote(), Ok(Some(b"vote".to_vec())));
    assert_eq!(rows_after.applied(), Ok(Some(b"applied 3".to_vec())));
    drop(gate);
}

#[test]
fn an_installation_is_there_wholly_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (store, gate) = gated(folder.path());
    let (log, rows) = group(&store);
    let (synced, told) = told();
    rows.commit(&one_row(b"old", b"1"), b"applied 1".to_vec()).unwrap();
    log.append(vec![entry(1)], synced()).unwrap();
    gate.let_one_pass();
    told.recv().unwrap().unwrap();

    let mut staged = rows.stage().unwrap();
    staged.add(vec![(b"new".to_vec(), b"9".to_vec())]).unwrap();
    log.append(vec![entry(2)], synced()).unwrap();
    gate.let_one_pass();
    told.recv().unwrap().unwrap();
    // Its rows are on the disk and it is not installed: a restart deletes them.
    let left = copy_folder(folder.path());
    let after = Store::open(left.path(), &identity()).unwrap();
    let family = |engine: &Engine| engine.scan(crate::options::Family::Rows, &[], vec![0xFF; 8], 99, None).unwrap();
    assert_eq!(family(&store.engine).len(), 2);
    assert_eq!(family(&after.engine).len(), 1);

    staged.install(b"applied 9".to_vec(), synced()).unwrap();
    gate.starts.recv().unwrap();
    let read = |rows: &RocksRows| {
        let view = rows.snapshot().unwrap();
        (view.get(b"old").unwrap(), view.get(b"new").unwrap(), rows.applied().unwrap())
    };
    let old = (Some(b"1".to_vec()), None, Some(b"applied 1".to_vec()));
    let new = (None, Some(b"9".to_vec()), Some(b"applied 9".to_vec()));
    assert_eq!(read(&rows), new, "seen at once by who goes on");
    let left = copy_folder(folder.path());
    assert_eq!(read(&group(&Store::open(left.path(), &identity()).unwrap()).1), old);
    gate.answers.send(Ok(())).unwrap();
    told.recv().unwrap().unwrap();
    let left = copy_folder(folder.path());
    assert_eq!(read(&group(&Store::open(left.path(), &identity()).unwrap()).1), new);
    assert_eq!(family(&store.engine).len(), 1, "the old rows are gone");
    drop(gate);
}

#[test]
fn a_failed_sync_breaks_every_group_and_tells_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let (store, gate) = gated(folder.path());
    let (log, rows) = group(&store);
    let (other, _) = store.group(unit(), Generation(2)).unwrap();
    let (synced, told) = told();
    let (stop, stopped) = mpsc::channel();
    store.on_fault(move |fault| stop.send(fault).unwrap()).unwrap();
    let view = rows.snapshot().unwrap();

    log.append(vec![entry(1)], synced()).unwrap();
    gate.starts.recv().unwrap();
    other.save_vote(b"vote".to_vec(), synced()).unwrap();
    let fault = StoreFault::Device("a sync failed: IO error".to_owned());
    gate.answers.send(Err(fault.clone())).unwrap();
    assert_eq!(told.recv().unwrap(), Err(fault.clone()));
    assert_eq!(told.recv().unwrap(), Err(fault.clone()), "the other group, that waited for the next sync");
    assert_eq!(stopped.recv().unwrap(), fault);

    assert_eq!(store.fault(), Some(fault.clone()));
    assert_eq!(log.append(vec![entry(2)], synced()), Err(fault.clone()));
    assert_eq!(other.save_vote(b"vote".to_vec(), synced()), Err(fault.clone()));
    assert_eq!(rows.commit(&WriteSet::default(), vec![]), Err(fault.clone()));
    assert_eq!(log.last(), Err(fault.clone()));
    assert_eq!(view.get(b"a"), Err(fault.clone()));
    assert_eq!(store.group(unit(), Generation(3)).err(), Some(fault));
    assert!(told.try_recv().is_err(), "a call that fails drops its callback");
}
