//! What a unit's mirror has: the same commands, some of them not yet.
//!
//! A mirror as a stream is not built; here it is the recorded log itself, cut where its lag says. What matters about it is kept: a
//! peer deletes only mail that the mirror has read, and a unit with one voter sends only what its mirror has.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{Generation, MailSequence, UnitId};
use domain::tables::InboxCursor;
use domain::time::Timestamp;
use protocol::overlay::WriteSet;

use crate::scenario::Lag;

/// What is known of a unit's mirror.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// How far it is behind; `None` for a unit whose loss nobody plays: all that it reads counts as mirrored.
    pub(crate) lag: Option<Lag>,
    /// Of a unit that was promoted: so many it had, and gets no more.
    pub(crate) frozen: Option<u64>,
    /// So many commands it has in any case: what was acknowledged or sent hangs on them.
    pub(crate) least: u64,
    /// When each command was applied, by true time.
    pub(crate) applied_at: Vec<Timestamp>,
    /// How far peers' streams were read, with the command that brought it there.
    pub(crate) read: BTreeMap<UnitId, Vec<(u64, InboxCursor)>>,
}

/// The commands that a mirror had, as what they wrote.
pub(crate) struct Mirrored {
    pub(crate) writes: Vec<Arc<WriteSet>>,
}

impl Mirror {
    /// How many of so many commands a mirror has that is so far behind now.
    pub(crate) fn had(&self, lag: Lag, commands: u64, now: Timestamp) -> u64 {
        match lag {
            Lag::Commands(behind) => commands.saturating_sub(behind),
            Lag::Time(behind) => {
                let behind = i64::try_from(behind.as_millis()).unwrap_or(i64::MAX);
                let until = Timestamp(now.0.saturating_sub(behind));
                self.applied_at.partition_point(|at| *at <= until) as u64
            }
        }
    }

    /// How far a mirror with so many commands has read a peer's stream.
    pub(crate) fn has_read(&self, (peer, generation): (UnitId, Generation), had: u64) -> MailSequence {
        let known = self.read.get(&peer).into_iter().flatten().rev();
        let cursor = known.map(|(at, cursor)| (at, cursor)).find(|(at, _)| **at <= had).map(|(_, cursor)| cursor);
        let cursor = cursor.filter(|cursor| cursor.generation == generation);
        cursor.map_or(MailSequence(0), |cursor| cursor.sequence)
    }
}
