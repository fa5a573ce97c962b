//! The one store that `apply` sees: typed rows on order-preserving keys.
//!
//! Who implements it: the overlay in `protocol`, over RocksDB and over the simulated disk alike. Keys carry no unit: the
//! keyspace in front of them says whose they are, and domain never sees it.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use uuid::Uuid;

use crate::claims::ClaimKey;
use crate::codec;
use crate::digest::ContentHash;
use crate::ids::{Attempt, CaseId, ConcernId, Generation, MailSequence, NodeId, Sequence, UnitId};
use crate::time::{CivilDate, Timestamp};

/// The store could not answer, or what it holds cannot be: the group stops (promise 6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The disk, or what stands for it, failed.
    #[error("store: {0}")]
    Device(String),
    /// A row is there and cannot be read.
    #[error("table {table}: a row cannot be read: {why}")]
    Unreadable {
        /// The table's number on disk.
        table: u8,
        /// What the record reader said.
        why: String,
    },
    /// Rows contradict each other, or an order that cannot come came: a promise is broken.
    #[error("broken promise {promise}: {what}")]
    Broken {
        /// The invariant, e.g. `I4`.
        promise: &'static str,
        /// Both sides of the contradiction.
        what: String,
    },
    /// Another life of this unit is at work: this one is the former, stops at once, and its log is evidence.
    #[error("generation {met} of this unit is at work: generation {ours} has stopped, keep its folder as evidence")]
    Superseded {
        /// Which life this is.
        ours: u32,
        /// Which one was met.
        met: u32,
    },
}

/// A persisted or sent type. Its body never changes: a new form is a new version with a `From` for the old one.
pub trait Record: Serialize + DeserializeOwned {
    /// Which type it is, once for ever (docs/formats.md).
    const KIND: u16;
    /// Which form of it, from 1.
    const VERSION: u8;
    /// The form before this one; [`NoPrevious`] for the first.
    type Previous: Record + Into<Self>;
}

/// The form before the first: has no values.
#[derive(Clone, Copy, Debug)]
pub enum NoPrevious {}

impl Serialize for NoPrevious {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<'de> Deserialize<'de> for NoPrevious {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("no such version"))
    }
}

impl Record for NoPrevious {
    const KIND: u16 = 0;
    const VERSION: u8 = 0;
    type Previous = Self;
}

/// Declares first forms: `first_form!(10: CaseRow);`, and the empty way from the form before.
#[macro_export]
macro_rules! first_form {
    ($($kind:literal: $type:ty;)+) => {$(
        impl $crate::store::Record for $type {
            const KIND: u16 = $kind;
            const VERSION: u8 = 1;
            type Previous = $crate::store::NoPrevious;
        }

        impl From<$crate::store::NoPrevious> for $type {
            fn from(none: $crate::store::NoPrevious) -> Self {
                match none {}
            }
        }
    )+};
}

/// A table: its number on disk, its key, its row.
pub trait Table {
    /// Once for ever (docs/formats.md).
    const ID: u8;
    /// Orders rows as its bytes do.
    type Key: Key;
    /// What is kept under a key.
    type Row: Record;
}

/// A key whose bytes order as its values do.
pub trait Key: Sized + Clone {
    /// Adds the key's bytes.
    fn write(&self, to: &mut Vec<u8>);
    /// Takes the key's bytes from the front; `None` when they are not a key.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

/// A row with its key.
pub type KeyRow<T> = (<T as Table>::Key, <T as Table>::Row);

/// Reading rows: what questions need.
pub trait UnitRead {
    /// The row under a key.
    fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreFault>;
    /// The canonical bytes of the row under a key, in the form in which it was written, without reading it.
    fn body<T: Table>(&self, key: &T::Key) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.get::<T>(key)?.map(|row| codec::encode(&row)).transpose()?)
    }
    /// What is made of a row's bytes as they lie there, which need not be copied or read for it. They say nothing by themselves, but
    /// equal bytes are equal rows.
    fn stored<T: Table, R>(&self, key: &T::Key, make: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, StoreFault> {
        Ok(make(self.body::<T>(key)?.as_deref()))
    }
    /// Whether there is a row under a key, without reading it.
    fn has<T: Table>(&self, key: &T::Key) -> Result<bool, StoreFault> {
        Ok(self.get::<T>(key)?.is_some())
    }
    /// At most `limit` rows from `range`, in the order of their keys; sees own writes.
    fn scan<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<KeyRow<T>>, StoreFault>;
    /// The keys alone, without reading the rows.
    fn keys<T: Table>(&self, range: RangeInclusive<T::Key>, limit: usize) -> Result<Vec<T::Key>, StoreFault> {
        Ok(self.scan::<T>(range, limit)?.into_iter().map(|(key, _)| key).collect())
    }
}

/// Writing rows: what `apply` needs. All writes of one command take effect together or not at all.
pub trait UnitStore: UnitRead {
    /// Puts a row in the place of what was there.
    fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> Result<(), StoreFault>;
    /// Removes a row; none there is no fault.
    fn delete<T: Table>(&mut self, key: &T::Key) -> Result<(), StoreFault>;
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*head)
}

macro_rules! number_keys {
    ($($type:ty),+) => {$(
        impl Key for $type {
            fn write(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_be_bytes());
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                take(from).map(Self::from_be_bytes)
            }
        }
    )+};
}
number_keys!(u8, u16, u32, u64);

macro_rules! newtype_keys {
    ($($type:ident($inner:ty)),+) => {$(
        impl Key for $type {
            fn write(&self, to: &mut Vec<u8>) {
                self.0.write(to);
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                <$inner>::read(from).map($type)
            }
        }
    )+};
}
newtype_keys!(
    Sequence(u64),
    MailSequence(u64),
    Attempt(u32),
    Generation(u32),
    NodeId(u64),
    Timestamp(i64),
    ContentHash([u8; 32]),
    CaseId(Uuid),
    ConcernId(Uuid),
    ClaimKey(ContentHash)
);

impl Key for i64 {
    /// The sign bit is turned so that negative numbers come first.
    fn write(&self, to: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        u64::read(from).map(|bits| (bits ^ (1 << 63)).cast_signed())
    }
}

impl Key for CivilDate {
    fn write(&self, to: &mut Vec<u8>) {
        i64::from(self.days_since(CivilDate::EPOCH)).write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let days = i32::try_from(i64::read(from)?).ok()?;
        Some(CivilDate::EPOCH.plus_days(days))
    }
}

impl Key for [u8; 32] {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        take(from)
    }
}

impl Key for Uuid {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.as_bytes());
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        take(from).map(Uuid::from_bytes)
    }
}

impl Key for UnitId {
    fn write(&self, to: &mut Vec<u8>) {
        self.get().write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        u64::read(from).and_then(UnitId::new)
    }
}

impl Key for String {
    /// Zero bytes are doubled with 0xFF, and two zeros end it, so that a text orders before its continuations.
    fn write(&self, to: &mut Vec<u8>) {
        for byte in self.bytes() {
            to.push(byte);
            if byte == 0 {
                to.push(0xFF);
            }
        }
        to.extend_from_slice(&[0, 0]);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        loop {
            match take::<1>(from)? {
                [0] => match take::<1>(from)? {
                    [0] => return String::from_utf8(bytes).ok(),
                    [0xFF] => bytes.push(0),
                    _ => return None,
                },
                [byte] => bytes.push(byte),
            }
        }
    }
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
        self.2.write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?, C::read(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes<K: Key>(key: &K) -> Vec<u8> {
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        bytes
    }

    fn check<K: Key + Ord + std::fmt::Debug>(a: K, b: K) -> Result<(), TestCaseError> {
        prop_assert_eq!(bytes(&a).cmp(&bytes(&b)), a.cmp(&b));
        prop_assert_eq!(K::read(&mut bytes(&a).as_slice()), Some(a));
        Ok(())
    }

    proptest! {
        #[test]
        fn keys_order_as_their_bytes(a: (i64, String, u32), b: (i64, String, u32)) {
            check(a, b)?;
        }

        #[test]
        fn texts_with_zeros_order_too(a in "[\0ab]{0,4}", b in "[\0ab]{0,4}", n: u8, m: u8) {
            check((a, n), (b, m))?;
        }
    }
}
