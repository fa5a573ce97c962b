use consensus::Pack;
use domain::command::{Close, Command, Found, Proposal, Stamp};
use domain::division::Tier;
use domain::ids::{CaseId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::time::Timestamp;
use protocol::memory::{MapSnapshot, MemoryDisk, MemoryLog, MemoryRows};
use uuid::Uuid;

use super::*;

type Mirror = Keeper<MemoryLog, MemoryRows>;

fn county() -> UnitId {
    UnitId::new(370_811_000_000).unwrap()
}

fn proposal(number: u64, generation: Generation) -> Vec<u8> {
    let command = match number {
        1 => Command::Found(Found {
            region: "jining".into(),
            unit: county(),
            name: "任城区".into(),
            tier: Tier::County,
            parent: None,
            children: vec![],
            generation,
        }),
        // A refusal is a command like any other: it is counted and has its row.
        _ => Command::Close(Close { case: CaseId(Uuid::from_u128(u128::from(number))) }),
    };
    let principal = Principal { kind: PrincipalKind::Unit, name: "370811000000".into() };
    let stamp = Stamp {
        time: Timestamp(1_770_000_000_000 + i64::try_from(number).unwrap()),
        minted: Uuid::from_u128(u128::from(number)),
        principal,
        policy: ContentHash::default(),
        idempotency: None,
    };
    record::write(&Proposal { command, stamp }).unwrap()
}

/// What the unit logged up to a number, and its state's hash there.
fn unit(up_to: u64) -> (Vec<Vec<u8>>, (Sequence, ContentHash), MapSnapshot) {
    let payloads: Vec<_> = (1..=up_to).map(|number| proposal(number, Generation::FIRST)).collect();
    let mut rows = MapSnapshot::default();
    for payload in &payloads {
        let mut writes = WriteSet::default();
        apply(&rows, &mut writes, payload).unwrap();
        rows.write(&writes);
    }
    let hash = state_hash(&rows).unwrap();
    (payloads, (Sequence(up_to), hash), rows)
}

fn mirror(disk: &MemoryDisk) -> Mirror {
    Keeper::open(Generation::FIRST, disk.group(county(), Generation::FIRST)).unwrap()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn batches_are_taken_in_order_once_and_survive_a_restart() {
    let disk = MemoryDisk::automatic();
    let mut kept = mirror(&disk);
    let (payloads, head, _) = unit(6);
    let (_, at_four, _) = unit(4);
    kept.take(Sequence(0), &payloads[..4], at_four).unwrap();
    assert_eq!(kept.at(), Sequence(4));
    // Came twice, and with more behind it.
    kept.take(Sequence(0), &payloads[..4], at_four).unwrap();
    assert_eq!((kept.at(), kept.hash().unwrap()), at_four);
    kept.take(Sequence(2), &payloads[2..], head).unwrap();
    assert_eq!((kept.at(), kept.hash().unwrap()), head);
    let again = mirror(&disk);
    assert_eq!((again.at(), again.hash().unwrap()), head);
}

#[test]
fn what_does_not_fit_is_not_kept() {
    let (payloads, head, _) = unit(5);
    let disk = MemoryDisk::automatic();
    let mut kept = mirror(&disk);
    let (first, at_two, _) = unit(2);
    kept.take(Sequence(0), &first, at_two).unwrap();
    let other = (Sequence(5), ContentHash([7; 32]));
    assert_eq!(kept.take(Sequence(3), &payloads[3..], head), Err(MirrorFault::Gap { expected: 2, got: 3 }));
    assert!(matches!(kept.take(Sequence(2), &payloads[2..], other), Err(MirrorFault::Diverged { at: 5, .. })));
    let newer = [vec![0, 10, 99, 0, 0, 0, 0, 0]];
    assert!(matches!(kept.take(Sequence(2), &newer, head), Err(MirrorFault::Unknown { at: 3, .. })));
    assert_eq!((kept.at(), kept.hash().unwrap()), at_two, "nothing of a batch that does not fit is kept");
    kept.take(Sequence(2), &payloads[2..], head).unwrap();
    assert_eq!(kept.at(), Sequence(5));

    let mut other_life = mirror(&MemoryDisk::automatic());
    let second = [proposal(1, Generation(2))];
    let fault = MirrorFault::Generation { expected: 1, got: 2 };
    assert_eq!(other_life.take(Sequence(0), &second, (Sequence(9), head.1)), Err(fault));
}

#[test]
fn a_frozen_mirror_takes_nothing_more_after_a_restart_either() {
    let disk = MemoryDisk::automatic();
    let mut kept = mirror(&disk);
    let (payloads, head, _) = unit(3);
    let (_, at_two, _) = unit(2);
    kept.take(Sequence(0), &payloads[..2], at_two).unwrap();
    wait(kept.freeze(["李明".into(), "王芳".into()])).unwrap();
    assert_eq!(kept.take(Sequence(2), &payloads[2..], head), Err(MirrorFault::Frozen));
    let mut again = mirror(&disk);
    assert!(again.is_frozen());
    assert_eq!(again.take(Sequence(2), &payloads[2..], head), Err(MirrorFault::Frozen));
    assert_eq!((again.at(), again.hash().unwrap()), at_two);
}

#[test]
fn rows_that_came_whole_take_the_place_of_those_that_were_there() {
    let disk = MemoryDisk::automatic();
    let mut kept = mirror(&disk);
    let (first, at_two, _) = unit(2);
    kept.take(Sequence(0), &first, at_two).unwrap();
    let (payloads, head, rows) = unit(9);
    let (_, at_eight, eight) = unit(8);
    let mut pack = Pack::new(eight);
    let mut unpack = Unpack::begin(&kept.rows).unwrap();
    let cut = Unpack::begin(&kept.rows).unwrap();
    while let Some((frame, _)) = pack.frame().unwrap() {
        unpack = unpack.take(&frame).unwrap();
    }
    assert_eq!(wait(kept.install(cut)), Err(MirrorFault::Frames(FrameFault::Cut)));
    wait(kept.install(unpack)).unwrap();
    assert_eq!((kept.at(), kept.hash().unwrap()), at_eight);
    kept.take(Sequence(8), &payloads[8..], head).unwrap();
    assert_eq!((kept.at(), kept.hash().unwrap()), head);
    assert_eq!(
        protocol::machine::table_hash(&kept.rows.snapshot().unwrap()).unwrap(),
        protocol::machine::table_hash(&rows).unwrap(),
        "byte for byte"
    );
}
