//! One unit's rows as its most advanced replica has them.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};

use domain::store::{Key, KeyRow, StoreFault, Table, UnitRead};
use protocol::overlay::{Overlay, WriteSet, row_key};
use protocol::record;
use protocol::seam::{Row, RowSnapshot};

/// Rows in a sorted map. Read typed through [`UnitRead`], as every other view of a unit.
#[derive(Debug, Default)]
pub struct Rows {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Rows {
    /// Puts and deletes what a batch says, of the tables that are wanted.
    pub(super) fn write(&mut self, writes: &WriteSet, wanted: impl Fn(u8) -> bool) {
        for (key, row) in writes.iter() {
            match row {
                Some(row) if key.first().is_some_and(|table| wanted(*table)) => {
                    self.rows.insert(key.to_vec(), row.to_vec());
                }
                _ => drop(self.rows.remove(key)),
            }
        }
    }

    /// The bytes under a key, as they lie there.
    pub(super) fn bytes(&self, key: &[u8]) -> Option<&[u8]> {
        self.rows.get(key).map(Vec::as_slice)
    }

    /// All rows, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.rows.iter().map(|(key, row)| (key.as_slice(), row.as_slice()))
    }
}

impl RowSnapshot for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.rows.get(key).cloned())
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

impl UnitRead for Rows {
    fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreFault> {
        let Some(bytes) = self.bytes(&row_key::<T>(key)) else { return Ok(None) };
        read_row::<T>(bytes).map(Some)
    }

    fn scan<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<KeyRow<T>>, StoreFault> {
        Overlay::new(self).scan::<T>(range, limit)
    }
}

/// A row's value.
pub(super) fn read_row<T: Table>(bytes: &[u8]) -> Result<T::Row, StoreFault> {
    record::read(bytes).map_err(|why| StoreFault::Unreadable { table: T::ID, why: why.to_string() })
}

/// A row's key, without the table in front.
pub(super) fn read_key<T: Table>(bytes: &[u8]) -> Result<T::Key, StoreFault> {
    let mut rest = bytes.get(1..).unwrap_or_default();
    let key = T::Key::read(&mut rest).filter(|_| rest.is_empty());
    key.ok_or_else(|| StoreFault::Unreadable { table: T::ID, why: "its key is not of this table".to_owned() })
}
