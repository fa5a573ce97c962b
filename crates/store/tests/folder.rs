//! Folders that are not opened, and what the operator is told.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use domain::ids::{Generation, NodeId, UnitId};
use protocol::overlay::WriteSet;
use protocol::seam::{GroupLog, GroupRows, LogRecord, RowSnapshot};
use store::{Identity, OpenFault, Store, StoreView};
use tempfile::TempDir;

fn identity() -> Identity {
    let unit = UnitId::new(370_811_002_001).unwrap();
    Identity { region: "jining".to_owned(), unit, generation: Generation(1), node: NodeId(7) }
}

fn made() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), &identity()).unwrap());
    folder
}

/// What is said about a folder that is not opened, without its path.
fn refusal(folder: &Path, identity: &Identity) -> String {
    let fault = Store::open(folder, identity).map(drop).expect_err("the folder was opened");
    let text = fault.to_string();
    assert!(domain::codes::find(fault.code()).is_some(), "{} is not documented", fault.code());
    assert!(text.starts_with("data folder ") && text.contains(&folder.display().to_string()), "{text}");
    text.replace(&folder.display().to_string(), "F")
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_keeps_its_incarnation_and_another_one_has_another() {
    let folder = made();
    let mark = || Store::open(folder.path(), &identity()).unwrap().mark().clone();
    assert_eq!(mark(), mark());
    assert_eq!(mark().identity, identity());
    let other = made();
    assert_ne!(Store::open(other.path(), &identity()).unwrap().mark().incarnation, mark().incarnation);
}

#[test]
fn another_nodes_folder_is_refused_with_both_names() {
    let folder = made();
    let with = |change: fn(&mut Identity)| {
        let mut other = identity();
        change(&mut other);
        refusal(folder.path(), &other)
    };
    let remedy = "name the folder that was made for this node, or a new one";
    let expected = |what, found, expected| {
        format!("data folder F belongs to {what} {found}, but this node is of {what} {expected}: {remedy}")
    };
    assert_eq!(with(|i| i.region = "jinan".to_owned()), expected("region", "jining", "jinan"));
    let unit = with(|i| i.unit = UnitId::new(370_811_002_002).unwrap());
    assert_eq!(unit, expected("unit", "370811002001", "370811002002"));
    assert_eq!(with(|i| i.generation = Generation(2)), expected("generation", "1", "2"));
    assert_eq!(with(|i| i.node = NodeId(8)), expected("node", "7", "8"));
    Store::open(folder.path(), &identity()).unwrap();
}

#[test]
fn a_newer_format_is_refused() {
    let folder = made();
    let mark = folder.path().join("MARK");
    let newer = fs::read_to_string(&mark).unwrap().replace("format = 1", "format = 2\ncolour = \"red\"");
    fs::write(&mark, newer).unwrap();
    assert_eq!(
        refusal(folder.path(), &identity()),
        "data folder F has format 2; this release reads formats up to 1: start the newer release again, or upgrade this one"
    );
}

#[test]
fn a_folder_in_use_is_refused_by_name_and_opened_when_it_is_free() {
    let folder = made();
    let store = Store::open(folder.path(), &identity()).unwrap();
    let expected = format!(
        "data folder F is in use by process {}: stop that process, or give this node a folder of its own",
        std::process::id()
    );
    assert_eq!(refusal(folder.path(), &identity()), expected);
    let (_, rows) = store.group(identity().unit, Generation(1)).unwrap();
    let view = rows.snapshot().unwrap();
    drop((store, rows));
    assert_eq!(refusal(folder.path(), &identity()), expected, "a view keeps the database open");
    drop(view);
    Store::open(folder.path(), &identity()).unwrap();
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    assert_eq!(
        refusal(folder.path(), &identity()),
        "data folder F holds \"letter.txt\" and no MARK, so it is not a data folder: name an empty or a new one"
    );
    assert!(!folder.path().join("db").exists());

    let file = folder.path().join("letter.txt");
    let text = refusal(&file, &identity());
    assert!(text.starts_with("data folder F cannot be used: the folder: "), "{text}");
    assert!(text.ends_with(": check that it exists, who owns it and whether the disk is full"), "{text}");
    assert_eq!(fs::read_to_string(file).unwrap(), "dear");
}

#[test]
fn a_fresh_file_system_and_an_interrupted_making_are_made_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    drop(Store::open(folder.path(), &identity()).unwrap());

    // Cut off before the last step, and in the middle of making the database.
    for damage in [None, Some("CURRENT")] {
        let folder = made();
        fs::rename(folder.path().join("MARK"), folder.path().join("MARK.new")).unwrap();
        if let Some(file) = damage {
            fs::remove_file(folder.path().join("db").join(file)).unwrap();
        }
        let store = Store::open(folder.path(), &identity()).unwrap();
        assert_eq!(store.groups(), Ok(vec![]));
        assert!(!folder.path().join("MARK.new").exists());
    }
}

#[test]
fn a_damaged_folder_is_refused_and_says_where() {
    let remedy =
        "keep a copy as evidence, then let this node rejoin its unit with an empty folder, or restore the unit";
    let check = |damage: &dyn Fn(&Path), what: &str| {
        let folder = made();
        damage(folder.path());
        let text = refusal(folder.path(), &identity());
        let expected = format!("data folder F is damaged: {what}");
        assert!(text.starts_with(&expected) && text.ends_with(&format!(": {remedy}")), "{text}\nnot\n{expected}");
    };
    check(&|f| edit(&f.join("MARK"), |bytes| bytes.clear()), "MARK: it names no format");
    check(&|f| edit(&f.join("MARK"), |bytes| bytes.push(0xFF)), "MARK is not text");
    check(&|f| edit(&f.join("MARK"), |bytes| bytes.push(b'=')), "MARK: ");
    let turned = |f: &Path| {
        let mark = f.join("MARK");
        fs::write(&mark, fs::read_to_string(&mark).unwrap().replace("370811002001", "370811002009")).unwrap();
    };
    check(&turned, "MARK: its checksum ");
    check(&|f| fs::remove_file(f.join("MARK")).unwrap(), "it has a database, but its MARK is missing");
    let current = "it has a MARK, but db/CURRENT is missing: the database is gone";
    check(&|f| fs::remove_file(f.join("db/CURRENT")).unwrap(), current);
    check(&|f| fs::remove_dir_all(f.join("db")).unwrap(), current);
    let find = |f: &Path, begin: &str| {
        let names = fs::read_dir(f.join("db")).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(begin)).max().unwrap()
    };
    check(&|f| edit(&find(f, "MANIFEST"), |bytes| bytes[20] ^= 1), "db: Corruption");
    check(&|f| fs::remove_file(find(f, "MANIFEST")).unwrap(), "db: ");
    let mixed = |f: &Path| {
        let other = made();
        fs::remove_file(f.join("MARK")).unwrap();
        fs::copy(other.path().join("MARK"), f.join("MARK")).unwrap();
    };
    check(&mixed, "MARK has incarnation ");
}

/// A log with some entries in the write-ahead log file, closed.
fn with_entries(count: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &identity()).unwrap();
    let (log, _) = store.group(identity().unit, Generation(1)).unwrap();
    for index in 1..=count {
        let (to, told) = mpsc::channel();
        let entry = LogRecord { index, bytes: vec![b'e'; 100] };
        log.append(vec![entry], Box::new(move |answer| to.send(answer).unwrap())).unwrap();
        told.recv().unwrap().unwrap();
    }
    folder
}

fn write_ahead_log(folder: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(folder.join("db")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "log")).max().unwrap()
}

#[test]
fn a_torn_tail_is_dropped_and_a_hole_before_it_is_refused() {
    let folder = with_entries(10);
    edit(&write_ahead_log(folder.path()), |bytes| bytes.truncate(bytes.len() - 7));
    let store = Store::open(folder.path(), &identity()).unwrap();
    let (log, _) = store.group(identity().unit, Generation(1)).unwrap();
    assert_eq!(log.last().unwrap().map(|last| last.index), Some(9), "the last record was never confirmed whole");
    drop((store, log));

    let folder = with_entries(10);
    edit(&write_ahead_log(folder.path()), |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let fault = Store::open(folder.path(), &identity()).map(drop);
    assert!(matches!(&fault, Err(OpenFault::Damaged { what, .. }) if what.starts_with("db: Corruption")), "{fault:?}");
}

#[test]
fn what_lies_behind_the_last_record_is_no_damage_but_a_spoilt_last_record_is() {
    let open_with = |change: fn(&mut Vec<u8>)| {
        let folder = with_entries(10);
        edit(&write_ahead_log(folder.path()), change);
        let store = Store::open(folder.path(), &identity())?;
        let (log, _) = store.group(identity().unit, Generation(1)).unwrap();
        Ok(log.last().unwrap().map(|last| last.index))
    };
    // Blocks that were allocated and not written, or that held something else before.
    assert_eq!(open_with(|bytes| bytes.extend([0; 5000])), Ok(Some(10)));
    assert_eq!(open_with(|bytes| bytes.extend([0x5A; 5000])), Ok(Some(10)));
    // Of full length with other bytes: rot of a confirmed record looks the same, so nobody may drop it unasked.
    let spoilt: Result<_, OpenFault> = open_with(|bytes| {
        let end = bytes.len();
        bytes[end - 40..].fill(0);
    });
    assert!(
        matches!(&spoilt, Err(OpenFault::Damaged { what, .. }) if what.starts_with("db: Corruption")),
        "{spoilt:?}"
    );
}

#[test]
fn a_view_reads_a_stopped_and_a_running_nodes_folder_and_changes_nothing() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(StoreView::open(empty.path()), Err(OpenFault::NotUsable { .. })));

    let folder = with_entries(3);
    let store = Store::open(folder.path(), &identity()).unwrap();
    let (log, rows) = store.group(identity().unit, Generation(1)).unwrap();
    let mut writes = WriteSet::default();
    writes.write(b"a".to_vec(), Some(b"1".to_vec()));
    rows.commit(&writes, vec![3]).unwrap();
    let (to, told) = mpsc::channel();
    log.save_vote(b"vote".to_vec(), Box::new(move |answer| to.send(answer).unwrap())).unwrap();
    told.recv().unwrap().unwrap();

    let check = || {
        let view = StoreView::open(folder.path()).unwrap();
        assert_eq!(view.mark().identity, identity());
        assert_eq!(view.groups(), Ok(vec![(identity().unit, Generation(1))]));
        let log = view.log(identity().unit, Generation(1)).unwrap().unwrap();
        assert_eq!(log.read(0..9, 9).unwrap().len(), 3);
        assert_eq!(log.last().unwrap().map(|last| last.index), Some(3));
        assert_eq!((log.vote(), log.purged(), log.committed()), (Ok(Some(b"vote".to_vec())), Ok(None), Ok(None)));
        let rows = view.rows(identity().unit, Generation(1)).unwrap().unwrap();
        assert_eq!(rows.get(b"a"), Ok(Some(b"1".to_vec())));
        assert!(view.log(identity().unit, Generation(2)).unwrap().is_none());
    };
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder.path().join("db")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    check();
    drop((store, log, rows));
    check();
    assert_eq!(names(), before);
}

#[test]
fn a_running_nodes_log_is_followed_from_outside() {
    let (folder, notes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(folder.path(), &identity()).unwrap();
    let (unit, generation) = (identity().unit, identity().generation);
    let (log, _) = store.group(unit, generation).unwrap();
    let append = |index: u64| {
        let (done, waiting) = mpsc::channel();
        let entry = LogRecord { index, bytes: vec![u8::try_from(index).unwrap(); 3] };
        log.append(vec![entry], Box::new(move |synced| done.send(synced).unwrap())).unwrap();
        waiting.recv().unwrap().unwrap();
    };
    append(0);
    let view = StoreView::follow(folder.path(), notes.path()).unwrap();
    let last = || {
        view.catch_up().unwrap();
        let (log, _) = view.group(unit, generation).unwrap().expect("the group is there");
        log.last().unwrap().map(|last| last.index)
    };
    assert_eq!(last(), Some(0));
    for index in 1..5 {
        append(index);
        assert_eq!(last(), Some(index));
    }
    // What it follows opens, closes and opens again under it.
    drop((log, store));
    let store = Store::open(folder.path(), &identity()).unwrap();
    let (log, _) = store.group(unit, generation).unwrap();
    assert_eq!(log.last().unwrap().map(|last| last.index), Some(4));
    assert_eq!(last(), Some(4));
}
