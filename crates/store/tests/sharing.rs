//! One sync serves everybody who waits.

use std::sync::mpsc;

use domain::ids::{Generation, NodeId, UnitId};
use protocol::seam::{GroupLog, LogRecord};
use store::{Identity, Store};

const WRITERS: u32 = 8;
const APPENDS: u64 = 50;

#[test]
fn eight_groups_that_append_at_once_share_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let unit = UnitId::new(370_811_002_001).unwrap();
    let identity = Identity { region: "jining".to_owned(), unit, generation: Generation(1), node: NodeId(1) };
    let store = Store::open(folder.path(), &identity).unwrap();
    let group = |writer| store.group(unit, Generation(writer)).unwrap().0;
    std::thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let log = group(writer);
            scope.spawn(move || {
                for index in 1..=APPENDS {
                    let (to, told) = mpsc::channel();
                    let entry = LogRecord { index, bytes: vec![writer as u8; 200] };
                    log.append(vec![entry], Box::new(move |answer| to.send(answer).unwrap())).unwrap();
                    told.recv().unwrap().unwrap();
                }
            });
        }
    });
    let appends = u64::from(WRITERS) * APPENDS;
    assert!(store.syncs() < appends, "{} syncs for {appends} appends", store.syncs());
    assert!(store.syncs() >= APPENDS, "{} syncs: a writer went on before its append was synced", store.syncs());
    for writer in 1..=WRITERS {
        assert_eq!(group(writer).last().unwrap().map(|last| last.index), Some(APPENDS));
    }
}
