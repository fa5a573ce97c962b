//! Keys on disk: keyspace u32 BE · table u8 · key. Once for ever (docs/formats.md).
//!
//! Keyspace 0 is the store's own. A group has two: one for its log and the facts about it, which it keeps, and one for its
//! rows, which changes with every installed snapshot. A keyspace is never used again.

use domain::ids::{Generation, UnitId};
use domain::store::Key;
use serde::{Deserialize, Serialize};

/// The numbers of the tables in `meta` and `log`. In `rows`, domain's own table numbers follow the keyspace.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum MetaTable {
    /// Keyspace 0: the folder's [`crate::Mark`].
    Mark = 1,
    /// Keyspace 0: [`NextKeyspace`].
    NextKeyspace = 2,
    /// Keyspace 0, by unit and generation: [`GroupRow`].
    Group = 3,
    /// A log's keyspace: the vote.
    Vote = 4,
    /// A log's keyspace: the committed log id.
    Committed = 5,
    /// A log's keyspace: [`Purged`].
    Purged = 6,
    /// A log's keyspace, by name: small facts.
    Note = 7,
    /// The keyspace of rows: what they were last applied to.
    Applied = 8,
    /// A log's keyspace in the family `log`, by index: entries.
    Entry = 9,
}

/// Where a group lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    /// Counts installed snapshots.
    pub install_epoch: u64,
    /// The keyspace of its log and facts.
    pub log: u32,
    /// The keyspace of its rows.
    pub rows: u32,
}

/// The keyspace that is given out next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NextKeyspace(pub u32);

/// How far a log is purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purged {
    /// The last index that is no longer there.
    pub last: u64,
    /// Entries from here up to `last` lie on disk still: they are deleted in large ranges.
    pub deleted_below: u64,
    /// What the caller keeps about it.
    pub mark: Vec<u8>,
}

domain::first_form! {
    129: GroupRow;
    130: NextKeyspace;
    131: Purged;
}

/// A key of `meta` or `log`.
pub(crate) fn key<K: Key>(keyspace: u32, table: MetaTable, key: &K) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    keyspace.write(&mut bytes);
    bytes.push(table as u8);
    key.write(&mut bytes);
    bytes
}

/// The key of an entry.
pub(crate) fn entry(keyspace: u32, index: u64) -> Vec<u8> {
    key(keyspace, MetaTable::Entry, &index)
}

/// The index in the key of an entry.
pub(crate) fn entry_index(bytes: &[u8]) -> Option<u64> {
    bytes.last_chunk::<8>().map(|index| u64::from_be_bytes(*index))
}

/// The key of a row: `row` carries table and key.
pub(crate) fn row(keyspace: u32, row: &[u8]) -> Vec<u8> {
    [keyspace.to_be_bytes().as_slice(), row].concat()
}

/// The key right behind `last`: where a range that includes it ends.
pub(crate) fn behind(last: &[u8]) -> Vec<u8> {
    [last, &[0]].concat()
}

/// All keys of a keyspace: from the first, up to but not including the second.
pub(crate) fn whole(keyspace: u32) -> (Vec<u8>, Vec<u8>) {
    (keyspace.to_be_bytes().to_vec(), keyspace.saturating_add(1).to_be_bytes().to_vec())
}

/// The keyspace of a key.
pub(crate) fn keyspace(mut bytes: &[u8]) -> Option<u32> {
    u32::read(&mut bytes)
}

/// The key of a group in the store's own keyspace.
pub(crate) fn group(unit: UnitId, generation: Generation) -> Vec<u8> {
    key(0, MetaTable::Group, &(unit, generation.0))
}

/// The group of such a key.
pub(crate) fn group_name(bytes: &[u8]) -> Option<(UnitId, Generation)> {
    let mut rest = bytes.get(5..)?;
    let (unit, generation) = <(UnitId, u32)>::read(&mut rest)?;
    rest.is_empty().then_some((unit, Generation(generation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_bytes_that_are_documented() {
        let unit = UnitId::new(370_811_002_001).unwrap();
        let bytes = group(unit, Generation(2));
        assert_eq!(hex::encode(&bytes), format!("{}{}{:016x}{}", "00000000", "03", unit.get(), "00000002"));
        assert_eq!(group_name(&bytes), Some((unit, Generation(2))));
        assert_eq!(hex::encode(entry(7, 9)), "00000007090000000000000009");
        assert_eq!(entry_index(&entry(7, 9)), Some(9));
        assert_eq!(hex::encode(row(7, &[2, 5])), "000000070205");
        assert_eq!(keyspace(&row(7, &[])), Some(7));
    }
    #[test]
    fn the_stores_own_records_have_their_golden_bytes() {
        fn check<R: domain::store::Record + PartialEq + std::fmt::Debug>(value: R, golden: &str) {
            let bytes = protocol::record::write(&value).unwrap();
            assert_eq!(hex::encode(&bytes), golden);
            assert_eq!(protocol::record::read(&bytes), Ok(value));
        }
        check(GroupRow { install_epoch: 3, log: 1, rows: 300 }, "008101007fd4ba9a0301ac02");
        check(NextKeyspace(301), "0082010037ff86bcad02");
        check(Purged { last: 9, deleted_below: 0, mark: vec![1, 2] }, "00830100644b7b510900020102");
        let identity = crate::Identity {
            region: "jining".to_owned(),
            unit: UnitId::new(370_811_002_001).unwrap(),
            generation: Generation(2),
            node: domain::ids::NodeId(7),
        };
        check(
            crate::Mark { identity, incarnation: crate::Incarnation([0xAB; 16]) },
            "00800100bc8b6874066a696e696e6791b9bbb0e50a0207abababababababababababababababab",
        );
    }
}
