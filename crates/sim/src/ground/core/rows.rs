//! A unit's rows in memory, made for thousands of units: written in place, audit rows packed behind one another, the catalogue
//! shared between units that have installed the same slice.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};
use std::sync::Arc;

use domain::digest::ContentHash;
use domain::store::{StoreFault, Table};
use domain::tables::{Audits, Chunks, Entries, Matters};
use protocol::overlay::WriteSet;
use protocol::seam::{Row, RowSnapshot};
use smallvec::SmallVec;

/// Nearly all keys are shorter: compared where they lie, without a jump to each.
type RowKey = SmallVec<[u8; 32]>;
type Map = BTreeMap<RowKey, Box<[u8]>>;

/// Rows of one unit.
#[derive(Debug)]
pub(crate) struct CoreRows {
    /// By the first byte of their keys, which is the table: most tables are small, and what is asked for most has one row.
    tables: Box<[Map; 256]>,
    /// Tables of the catalogue, which units of one county have alike.
    catalogue: Arc<Map>,
    audits: Packed,
}

impl Default for CoreRows {
    fn default() -> Self {
        let tables = Box::new(std::array::from_fn(|_| Map::new()));
        Self { tables, catalogue: Arc::default(), audits: Packed::default() }
    }
}

/// Slices of the catalogue by the hash of their rows.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    known: BTreeMap<ContentHash, Arc<Map>>,
}

fn is_catalogue(table: u8) -> bool {
    matches!(table, Chunks::ID | Matters::ID | Entries::ID)
}

/// An empty key, which no row has, is before all tables.
fn table_of(key: &[u8]) -> u8 {
    key.first().copied().unwrap_or_default()
}

impl CoreRows {
    /// Puts and deletes what a command says. True where a version of the catalogue was installed by it.
    pub(crate) fn write(&mut self, writes: &WriteSet) -> bool {
        let mut installed = false;
        for (key, row) in writes.iter() {
            let table = table_of(key);
            if is_catalogue(table) {
                installed |= table != Chunks::ID;
                put(Arc::make_mut(&mut self.catalogue), key, row);
            } else if table != Audits::ID || !self.audits.take(key, row) {
                put(&mut self.tables[usize::from(table)], key, row);
            }
        }
        installed
    }

    /// Uses the rows of another unit for the catalogue where they are the same.
    pub(crate) fn share(&mut self, slices: &mut Slices) {
        // A slice is what its pieces are, and each piece is named by its hash; the rest is compared in full.
        let (first, end) = (&[Chunks::ID][..], &[Chunks::ID + 1][..]);
        let pieces = self.catalogue.range::<[u8], _>((Bound::Included(first), Bound::Excluded(end)));
        let hash = pieces.fold(ContentHash::default(), |hash, (key, _)| hash.chain("catalogue slice", key));
        match slices.known.get(&hash) {
            Some(known) if *known == self.catalogue => self.catalogue = Arc::clone(known),
            _ => drop(slices.known.insert(hash, Arc::clone(&self.catalogue))),
        }
    }

    /// Bytes of keys and rows that are this unit's alone.
    pub(crate) fn own_bytes(&self) -> usize {
        let rows: usize = self.tables.iter().flatten().map(|(key, row)| key.len() + row.len()).sum();
        rows + self.audits.bytes()
    }

    fn map(&self, table: u8) -> &Map {
        if is_catalogue(table) { &self.catalogue } else { &self.tables[usize::from(table)] }
    }

    /// At most `limit` rows of one table.
    fn scan_table(&self, table: u8, (first, last): (&[u8], &[u8]), limit: usize) -> Vec<Row> {
        // All tables of the catalogue lie in one map.
        let (begin, end) = ([table], [table.saturating_add(1)]);
        let from = if table_of(first) == table { first } else { &begin };
        let to = if table_of(last) == table { Bound::Included(last) } else { Bound::Excluded(&end[..]) };
        let kept = self.map(table).range::<[u8], _>((Bound::Included(from), to)).take(limit);
        let mut rows: Vec<Row> = kept.map(|(key, row)| (key.to_vec(), row.to_vec())).collect();
        if table == Audits::ID {
            rows.extend(self.audits.scan(first, last).take(limit));
            rows.sort();
            rows.truncate(limit);
        }
        rows
    }
}

fn put(map: &mut Map, key: &[u8], row: Option<&[u8]>) {
    let Some(row) = row else { return drop(map.remove(key)) };
    match map.get_mut(key) {
        Some(known) if known.len() == row.len() => known.copy_from_slice(row),
        Some(known) => *known = row.into(),
        None => drop(map.insert(key.into(), row.into())),
    }
}

impl RowSnapshot for CoreRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(key, |row| row.map(<[u8]>::to_vec))
    }

    fn read<T>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, StoreFault> {
        let table = table_of(key);
        let packed = if table == Audits::ID { self.audits.get(key) } else { None };
        Ok(read(packed.or_else(|| self.map(table).get(key).map(|row| &**row))))
    }

    fn has(&self, key: &[u8]) -> Result<bool, StoreFault> {
        self.read(key, |row| row.is_some())
    }

    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault> {
        let (first, last) = range.into_inner();
        if first > last {
            return Ok(vec![]);
        }
        let mut rows = Vec::new();
        for table in table_of(first)..=table_of(last) {
            rows.append(&mut self.scan_table(table, (first, last), limit - rows.len()));
            if rows.len() == limit {
                break;
            }
        }
        Ok(rows)
    }
}

/// Rows of a table whose keys are one number that only rises by one and that are never changed: no key is kept, no row alone.
#[derive(Debug, Default)]
struct Packed {
    first: u64,
    /// Where each row ends: page, and place in it.
    ends: Vec<(u32, u32)>,
    pages: Vec<Vec<u8>>,
}

const PAGE_BYTES: usize = 8 * 1024;

impl Packed {
    /// Takes a row in its turn; false where it is not the next one.
    fn take(&mut self, key: &[u8], row: Option<&[u8]>) -> bool {
        let (Some(number), Some(row)) = (number(key), row) else { return false };
        if self.ends.is_empty() {
            self.first = number;
        } else if number != self.first + self.ends.len() as u64 {
            return false;
        }
        if self.pages.last().is_none_or(|page| page.len() + row.len() > PAGE_BYTES) {
            self.pages.push(Vec::with_capacity(PAGE_BYTES.max(row.len())));
        }
        let at = self.pages.len() - 1;
        let page = &mut self.pages[at];
        page.extend_from_slice(row);
        self.ends.push((at as u32, page.len() as u32));
        true
    }

    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let at = usize::try_from(number(key)?.checked_sub(self.first)?).ok()?;
        self.row(at)
    }

    fn row(&self, at: usize) -> Option<&[u8]> {
        let (page, end) = *self.ends.get(at)?;
        let begin = match at.checked_sub(1).map(|before| self.ends[before]) {
            Some((same, end)) if same == page => end,
            _ => 0,
        };
        self.pages.get(page as usize)?.get(begin as usize..end as usize)
    }

    fn scan(&self, first: &[u8], last: &[u8]) -> impl Iterator<Item = Row> {
        let key = |at: usize| [&[Audits::ID], &(self.first + at as u64).to_be_bytes()[..]].concat();
        (0..self.ends.len())
            .map(move |at| (key(at), at))
            .filter(move |(key, _)| first <= key.as_slice() && key.as_slice() <= last)
            .filter_map(|(key, at)| Some((key, self.row(at)?.to_vec())))
    }

    fn bytes(&self) -> usize {
        self.pages.iter().map(Vec::capacity).sum::<usize>() + self.ends.capacity() * 8
    }
}

fn number(key: &[u8]) -> Option<u64> {
    let (table, number) = key.split_first()?;
    (*table == Audits::ID).then_some(())?;
    number.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use protocol::memory::MapSnapshot;

    use super::*;
    use crate::ground::draw::Draw;

    /// Whatever is written, these rows answer as the plain ones of `protocol` do.
    #[test]
    fn they_answer_as_a_plain_map_does() {
        let draw = Draw::new(1, "rows");
        let (mut plain, mut rows) = (MapSnapshot::default(), CoreRows::default());
        let mut audits = 0_u64;
        for _ in 0..400 {
            let mut writes = WriteSet::default();
            for _ in 0..draw.below(4) {
                let table = [0, Chunks::ID, Matters::ID, Entries::ID, 5, 255][draw.below(6) as usize];
                let row = draw.percent(80.0).then(|| draw.number().to_be_bytes()[..draw.below(8) as usize].to_vec());
                writes.write(vec![table, draw.below(9) as u8], row);
            }
            if draw.percent(70.0) {
                // Now and then a number is left out: such rows are kept as others.
                audits += if draw.percent(5.0) { 2 } else { 1 };
                let key = [&[Audits::ID], &audits.to_be_bytes()[..]].concat();
                writes.write(key, Some(draw.number().to_be_bytes().to_vec()));
            }
            plain.write(&writes);
            rows.write(&writes);
        }
        for (key, row) in plain.iter() {
            assert_eq!(rows.get(key).unwrap().as_deref(), Some(row));
            assert!(rows.has(key).unwrap());
        }
        assert_eq!(rows.get(&[9, 9, 9]), Ok(None));
        let edges: [&[u8]; 8] =
            [&[0], &[5], &[5, 3], &[13], &[20, 255], &[21], &[21, 0, 0, 0, 0, 0, 0, 0, 200], &[255, 255]];
        for first in edges {
            for last in edges {
                for limit in [0, 1, 7, usize::MAX] {
                    assert_eq!(rows.scan(first..=last, limit), plain.scan(first..=last, limit), "{first:?} {last:?}");
                }
            }
        }
    }

    #[test]
    fn equal_slices_are_kept_once() {
        let mut slices = Slices::default();
        let mut unit = |row: &[u8]| {
            let mut rows = CoreRows::default();
            let mut writes = WriteSet::default();
            writes.write(vec![Matters::ID, 1], Some(row.to_vec()));
            assert!(rows.write(&writes));
            rows.share(&mut slices);
            rows
        };
        let (one, same, other) = (unit(b"a row"), unit(b"a row"), unit(b"a rag"));
        assert!(Arc::ptr_eq(&one.catalogue, &same.catalogue) && !Arc::ptr_eq(&one.catalogue, &other.catalogue));
        assert_eq!(other.get(&[Matters::ID, 1]), Ok(Some(b"a rag".to_vec())));
    }
}
