//! The overlay against a model: whatever is put, deleted and read through it is what a plain sorted map would give.

mod support;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use domain::codec;
use domain::digest::ContentHash;
use domain::ids::Sequence;
use domain::store::{Table, UnitRead, UnitStore};
use domain::tables::{AnswersByAge, CaseNumbers, CaseRef, Chunk, Chunks, DailyNumbers};
use domain::time::CivilDate;
use proptest::prelude::*;
use protocol::memory::MapSnapshot;
use protocol::overlay::{Layer, Overlay, Remembering, WriteSet, row_key};
use protocol::record;
use protocol::seam::RowSnapshot;

/// Tables side by side with keys of other forms: a scan of one must never show a row of another.
#[derive(Clone, Debug)]
enum Act {
    PutNumber(String, u8),
    DeleteNumber(String),
    PutChunk(u8, u8),
    DeleteChunk(u8),
    GetNumber(String),
    GetChunk(u8),
    ScanNumbers(RangeInclusive<String>, usize),
    ScanChunks(RangeInclusive<u8>, usize),
    /// What was written so far becomes a layer below, as one command's writes lie under the next one's.
    NextCommand,
    /// What was written so far becomes the view on disk.
    Commit,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let text = || "[\0ab]{0,3}";
    let byte = || 0..6_u8;
    let limit = || 0..8_usize;
    let act = prop_oneof![
        4 => (text(), byte()).prop_map(|(key, row)| Act::PutNumber(key, row)),
        2 => text().prop_map(Act::DeleteNumber),
        4 => (byte(), byte()).prop_map(|(key, row)| Act::PutChunk(key, row)),
        2 => byte().prop_map(Act::DeleteChunk),
        1 => text().prop_map(Act::GetNumber),
        1 => byte().prop_map(Act::GetChunk),
        4 => (text(), text(), limit()).prop_map(|(first, last, limit)| Act::ScanNumbers(first..=last, limit)),
        4 => (byte(), byte(), limit()).prop_map(|(first, last, limit)| Act::ScanChunks(first..=last, limit)),
        1 => Just(Act::NextCommand),
        1 => Just(Act::Commit),
    ];
    proptest::collection::vec(act, 0..60)
}

fn case(byte: u8) -> CaseRef {
    CaseRef(domain::ids::CaseId(uuid::Uuid::from_u128(byte.into())))
}

fn hash(byte: u8) -> ContentHash {
    ContentHash([byte; 32])
}

fn expected<K: Ord + Clone, R: Clone>(rows: &BTreeMap<K, R>, range: RangeInclusive<K>, limit: usize) -> Vec<(K, R)> {
    if range.start() > range.end() {
        return vec![];
    }
    rows.range(range).take(limit).map(|(key, row)| (key.clone(), row.clone())).collect()
}

/// Three depths as in production: the view on disk, the writes of earlier commands, the writes of this one.
fn run(acts: Vec<Act>) -> Result<(), TestCaseError> {
    let mut disk = MapSnapshot::default();
    // What was read for one command is remembered for the next ones of the batch, and not beyond it.
    let mut remembering = Remembering::new(disk.clone());
    let mut batch = WriteSet::default();
    let (mut numbers, mut chunks) = (BTreeMap::new(), BTreeMap::new());
    let mut acts = acts.into_iter().peekable();
    while acts.peek().is_some() {
        let mut committed = false;
        let writes = {
            let view = Layer { under: &remembering, writes: &batch };
            let mut overlay = Overlay::new(&view);
            for act in acts.by_ref() {
                match act {
                    Act::PutNumber(key, row) => {
                        overlay.put::<CaseNumbers>(&key, &case(row)).unwrap();
                        numbers.insert(key, case(row));
                    }
                    Act::DeleteNumber(key) => {
                        overlay.delete::<CaseNumbers>(&key).unwrap();
                        numbers.remove(&key);
                    }
                    Act::PutChunk(key, row) => {
                        overlay.put::<Chunks>(&hash(key), &Chunk(vec![row])).unwrap();
                        chunks.insert(hash(key), Chunk(vec![row]));
                    }
                    Act::DeleteChunk(key) => {
                        overlay.delete::<Chunks>(&hash(key)).unwrap();
                        chunks.remove(&hash(key));
                    }
                    Act::GetNumber(key) => {
                        prop_assert_eq!(overlay.get::<CaseNumbers>(&key).unwrap(), numbers.get(&key).copied());
                        let body = numbers.get(&key).map(|row| codec::encode(row).unwrap());
                        prop_assert_eq!(overlay.body::<CaseNumbers>(&key).unwrap(), body);
                        let lies = |row: Option<&[u8]>| row.map(|row| record::read::<CaseRef>(row).unwrap());
                        prop_assert_eq!(
                            overlay.stored::<CaseNumbers, _>(&key, lies).unwrap(),
                            numbers.get(&key).copied()
                        );
                        prop_assert_eq!(overlay.has::<CaseNumbers>(&key).unwrap(), numbers.contains_key(&key));
                    }
                    Act::GetChunk(key) => {
                        prop_assert_eq!(overlay.get::<Chunks>(&hash(key)).unwrap(), chunks.get(&hash(key)).cloned());
                    }
                    Act::ScanNumbers(range, limit) => {
                        let got = overlay.scan::<CaseNumbers>(range.clone(), limit).unwrap();
                        let keys: Vec<String> = got.iter().map(|(key, _)| key.clone()).collect();
                        prop_assert_eq!(overlay.keys::<CaseNumbers>(range.clone(), limit).unwrap(), keys);
                        prop_assert_eq!(got, expected(&numbers, range, limit));
                    }
                    Act::ScanChunks(range, limit) => {
                        let range = hash(*range.start())..=hash(*range.end());
                        let got = overlay.scan::<Chunks>(range.clone(), limit).unwrap();
                        prop_assert_eq!(got, expected(&chunks, range, limit));
                    }
                    Act::NextCommand => break,
                    Act::Commit => {
                        committed = true;
                        break;
                    }
                }
            }
            prop_assert_eq!(overlay.scan::<DailyNumbers>(CivilDate::EPOCH..=CivilDate::EPOCH, 9).unwrap(), vec![]);
            prop_assert_eq!(overlay.scan::<AnswersByAge>(Sequence(0)..=Sequence(u64::MAX), 9).unwrap(), vec![]);
            overlay.into_writes()
        };
        batch.extend(writes);
        if committed {
            disk.write(&batch);
            remembering = Remembering::new(disk.clone());
            batch = WriteSet::default();
        }
    }
    disk.write(&batch);
    let all = disk.scan(&[0_u8][..]..=&[255_u8][..], usize::MAX).unwrap().len();
    prop_assert_eq!(all, numbers.len() + chunks.len(), "nothing else was written");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_overlay_is_a_sorted_map(acts in acts()) {
        run(acts)?;
    }
}

/// The case that a smaller limit would get wrong: what is deleted hides rows of the view that lie behind the limit.
#[test]
fn a_limit_counts_what_is_left_not_what_was_deleted() {
    let mut disk = MapSnapshot::default();
    let mut first = WriteSet::default();
    for byte in 0..6 {
        let row = protocol::record::write(&Chunk(vec![byte])).unwrap();
        first.write(row_key::<Chunks>(&hash(byte)), Some(row));
    }
    disk.write(&first);
    let mut overlay = Overlay::new(&disk);
    for byte in 0..4 {
        overlay.delete::<Chunks>(&hash(byte)).unwrap();
    }
    let left = overlay.scan::<Chunks>(hash(0)..=hash(9), 2).unwrap();
    assert_eq!(left, [(hash(4), Chunk(vec![4])), (hash(5), Chunk(vec![5]))]);
    assert_eq!(Chunks::ID, 13);
}
