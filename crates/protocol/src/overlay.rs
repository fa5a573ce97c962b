//! The one `UnitStore`: a sorted map of writes over a frozen view of rows. Serves RocksDB and the simulated disk alike.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};
use std::sync::{Mutex, PoisonError};

use domain::digest::ContentHash;
use domain::store::{Key, KeyRow, StoreFault, Table, UnitRead, UnitStore};

use crate::record::{self, RecordFault};
use crate::seam::{Row, RowSnapshot};

/// The writes of one or more commands, in the order of their keys. `None` is a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteSet {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl WriteSet {
    /// Keys (table and key) with what to put there.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.writes.iter().map(|(key, row)| (key.as_slice(), row.as_deref()))
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Puts or deletes one row.
    pub fn write(&mut self, key: Vec<u8>, row: Option<Vec<u8>>) {
        self.writes.insert(key, row);
    }

    /// Adds what came after.
    pub fn extend(&mut self, later: Self) {
        if self.writes.is_empty() {
            self.writes = later.writes;
        } else {
            self.writes.extend(later.writes);
        }
    }
}

/// A view with writes on top of it, as bytes.
#[derive(Debug)]
pub struct Layer<'a, S> {
    /// What lies under.
    pub under: &'a S,
    /// What was written since.
    pub writes: &'a WriteSet,
}

impl<S: RowSnapshot> RowSnapshot for Layer<'_, S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        match self.writes.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.under.get(key),
        }
    }

    fn read<T>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, StoreFault> {
        match self.writes.writes.get(key) {
            Some(written) => Ok(read(written.as_deref())),
            None => self.under.read(key, read),
        }
    }

    fn has(&self, key: &[u8]) -> Result<bool, StoreFault> {
        match self.writes.writes.get(key) {
            Some(written) => Ok(written.is_some()),
            None => self.under.has(key),
        }
    }

    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault> {
        let (first, last) = range.into_inner();
        if first > last {
            return Ok(vec![]);
        }
        let own = || self.writes.writes.range::<[u8], _>((Bound::Included(first), Bound::Included(last)));
        // Most looks are at tables that nothing was written to.
        if own().next().is_none() {
            return self.under.scan(first..=last, limit);
        }
        let deleted = own().filter(|(_, row)| row.is_none()).count();
        // Every deletion hides at most one row of the view: with as many more, `limit` are left.
        let under = self.under.scan(first..=last, limit.saturating_add(deleted))?;
        let (mut under, mut own) = (under.into_iter().peekable(), own().peekable());
        let mut rows = Vec::new();
        while rows.len() < limit {
            // What was written hides what lies under the same key.
            let order = match (under.peek(), own.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((key, _)), Some((written, _))) => key.cmp(written),
            };
            if order == Ordering::Less {
                rows.extend(under.next());
                continue;
            }
            if order == Ordering::Equal {
                under.next();
            }
            rows.extend(own.next().and_then(|(key, row)| Some((key.clone(), row.clone()?))));
        }
        Ok(rows)
    }
}

/// A frozen view that keeps what was read of it, for as long as a batch of commands is applied over it: most of them read the same
/// rows of the catalogue.
#[derive(Debug)]
pub struct Remembering<S> {
    under: S,
    rows: Mutex<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    scans: Mutex<BTreeMap<Scanned, Vec<Row>>>,
}

/// First key, last key, limit.
type Scanned = (Vec<u8>, Vec<u8>, usize);

impl<S: RowSnapshot> Remembering<S> {
    /// Nothing read yet.
    pub fn new(under: S) -> Self {
        Self { under, rows: Mutex::default(), scans: Mutex::default() }
    }
}

impl<S: RowSnapshot> RowSnapshot for Remembering<S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(key, |row| row.map(<[u8]>::to_vec))
    }

    fn read<T>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, StoreFault> {
        // Only whole rows are put in: a panic under the lock leaves nothing half done.
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = rows.get(key) {
            return Ok(read(row.as_deref()));
        }
        let row = self.under.get(key)?;
        Ok(read(rows.entry(key.to_vec()).or_insert(row).as_deref()))
    }

    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault> {
        let (first, last) = range.into_inner();
        let scanned = (first.to_vec(), last.to_vec(), limit);
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = scans.get(&scanned) {
            return Ok(rows.clone());
        }
        let rows = self.under.scan(first..=last, limit)?;
        if !rows.is_empty() {
            scans.insert(scanned, rows.clone());
        }
        Ok(rows)
    }
}

/// Rows as one command sees them: its own writes over a view.
#[derive(Debug)]
pub struct Overlay<'a, S> {
    under: &'a S,
    writes: WriteSet,
}

impl<'a, S: RowSnapshot> Overlay<'a, S> {
    /// Nothing written yet.
    pub fn new(under: &'a S) -> Self {
        Self { under, writes: WriteSet::default() }
    }

    /// What was written.
    pub fn into_writes(self) -> WriteSet {
        self.writes
    }

    /// The rolling hash of the state under what is written here.
    ///
    /// # Errors
    /// Bytes that are no hash.
    pub fn state_hash(&self) -> Result<ContentHash, StoreFault> {
        crate::machine::state_hash(self.under)
    }

    fn layer(&self) -> Layer<'_, S> {
        Layer { under: self.under, writes: &self.writes }
    }
}

/// Nearly all keys are shorter: one allocation.
const USUAL_KEY_BYTES: usize = 48;

/// A row's key on disk, behind the keyspace: table u8 · key.
pub fn row_key<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_KEY_BYTES);
    bytes.push(T::ID);
    key.write(&mut bytes);
    bytes
}

fn unreadable<T: Table>(why: RecordFault) -> StoreFault {
    StoreFault::Unreadable { table: T::ID, why: why.to_string() }
}

fn read_key<T: Table>(bytes: &[u8]) -> Result<T::Key, StoreFault> {
    let unreadable = || StoreFault::Unreadable { table: T::ID, why: "its key is not of this table".to_owned() };
    let mut rest = bytes.get(1..).ok_or_else(unreadable)?;
    T::Key::read(&mut rest).filter(|_| rest.is_empty()).ok_or_else(unreadable)
}

impl<S: RowSnapshot> UnitRead for Overlay<'_, S> {
    fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreFault> {
        self.layer().read(&row_key::<T>(key), |bytes| bytes.map(record::read).transpose())?.map_err(unreadable::<T>)
    }

    fn body<T: Table>(&self, key: &T::Key) -> Result<Option<Vec<u8>>, StoreFault> {
        let body = |bytes: &[u8]| record::body::<T::Row>(bytes).map(|(_, body)| body.to_vec());
        self.layer().read(&row_key::<T>(key), |bytes| bytes.map(body).transpose())?.map_err(unreadable::<T>)
    }

    fn stored<T: Table, R>(&self, key: &T::Key, make: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, StoreFault> {
        self.layer().read(&row_key::<T>(key), make)
    }

    fn has<T: Table>(&self, key: &T::Key) -> Result<bool, StoreFault> {
        self.layer().has(&row_key::<T>(key))
    }

    fn scan<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<KeyRow<T>>, StoreFault> {
        let (first, last) = (row_key::<T>(range.start()), row_key::<T>(range.end()));
        let rows = self.layer().scan(&first..=&last, limit)?;
        let read = |(key, row): Row| Ok((read_key::<T>(&key)?, record::read(&row).map_err(unreadable::<T>)?));
        rows.into_iter().map(read).collect()
    }

    fn keys<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<T::Key>, StoreFault> {
        let (first, last) = (row_key::<T>(range.start()), row_key::<T>(range.end()));
        let rows = self.layer().scan(&first..=&last, limit)?;
        rows.into_iter().map(|(key, _)| read_key::<T>(&key)).collect()
    }
}

impl<S: RowSnapshot> UnitStore for Overlay<'_, S> {
    fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> Result<(), StoreFault> {
        let bytes = record::write(row).map_err(unreadable::<T>)?;
        self.writes.write(row_key::<T>(key), Some(bytes));
        Ok(())
    }

    fn delete<T: Table>(&mut self, key: &T::Key) -> Result<(), StoreFault> {
        self.writes.write(row_key::<T>(key), None);
        Ok(())
    }
}
