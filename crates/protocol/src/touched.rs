//! What commands wrote to: for a leader that derives from rows what it has to do, and need not look at all of them each time.

use std::collections::BTreeSet;

use domain::ids::UnitId;
use domain::store::{Key, Table};
use domain::tables::{InboxCursors, OutboxHeads};

use crate::overlay::WriteSet;

/// Tables that were written to, and peers with whom the state of a stream changed, since this was last taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// One bit a table.
    tables: [u64; 4],
    streams: BTreeSet<UnitId>,
    /// Rows came in another way than by commands: everything may have changed.
    everything: bool,
}

impl Touched {
    /// Nothing is known of what was written before: everything may have changed.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Adds what commands wrote.
    pub fn add(&mut self, writes: &WriteSet) {
        for (key, _) in writes.iter() {
            let Some((table, mut key)) = key.split_first() else { continue };
            self.tables[usize::from(table / 64)] |= 1 << (table % 64);
            if matches!(*table, OutboxHeads::ID | InboxCursors::ID) {
                self.streams.extend(UnitId::read(&mut key));
            }
        }
    }

    /// Adds what was added to another.
    pub fn add_all(&mut self, other: &Self) {
        for (table, others) in self.tables.iter_mut().zip(other.tables) {
            *table |= others;
        }
        self.streams.extend(&other.streams);
        self.everything |= other.everything;
    }

    /// Adds everything.
    pub fn add_everything(&mut self) {
        *self = Self::everything();
    }

    /// What was added since the last time; nothing is left.
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Whether everything may have changed.
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether a table may have changed.
    pub fn has<T: Table>(&self) -> bool {
        self.everything || self.tables[usize::from(T::ID / 64)] & (1 << (T::ID % 64)) != 0
    }

    /// Peers to or from whom mail was written; all where [`Self::is_everything`].
    pub fn streams(&self) -> impl Iterator<Item = UnitId> {
        self.streams.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::row_key;
    use domain::ids::Sequence;
    use domain::tables::{Audits, Tasks};

    #[test]
    fn what_was_written_is_told_once() {
        let peer = UnitId::new(370_811_000_000).unwrap();
        let mut writes = WriteSet::default();
        writes.write(row_key::<OutboxHeads>(&peer), Some(vec![1]));
        writes.write(row_key::<Audits>(&Sequence(1)), None);
        let mut touched = Touched::default();
        touched.add(&writes);
        let taken = touched.take();
        assert!(taken.has::<OutboxHeads>() && taken.has::<Audits>() && !taken.has::<Tasks>());
        assert_eq!(taken.streams().collect::<Vec<_>>(), [peer]);
        assert_eq!(touched, Touched::default());
        assert!(Touched::everything().has::<Tasks>());
    }
}
