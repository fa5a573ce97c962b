//! The group's log and votes, as openraft wants them, on a [`GroupLog`].
//!
//! Appends are told as done when the shared sync has passed; votes are waited for. A truncation is ordered before the append
//! that follows it and durable with it, which is all that Raft needs of it.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::store::{Record, StoreFault};
use futures::{Stream, StreamExt, stream};
use openraft::alias::{LogIdOf, VoteOf};
use openraft::async_runtime::{Oneshot, OneshotSender};
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{AsyncRuntime, OptionalSend, RaftLogReader};
use protocol::record::{self, RecordFault};
use protocol::seam::{GroupLog, LogRecord, Synced};

use crate::alarm::Alarm;
use crate::form::{Ballot, LogEntry, Position};
use crate::types::{Entry, Types};

/// About so many bytes of entries go into one message to a follower, and lie in memory at a time while entries are applied.
const BATCH_BYTES: usize = 1 << 20;
/// Entries are read in steps of so many until there are enough bytes.
const STEP: u64 = 64;

/// A group's log behind openraft's traits. Clones are the same log.
#[derive(Clone, Debug)]
pub struct LogStore<L> {
    log: L,
    alarm: Alarm,
    flushed: Flushed,
}

/// Up to where the log was synced, of what is still in it: what this replica itself has acknowledged. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flushed(Arc<Mutex<Option<Position>>>);

impl Flushed {
    fn state(&self) -> MutexGuard<'_, Option<Position>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last entry that was synced since the replica started.
    pub(crate) fn last(&self) -> Option<Position> {
        *self.state()
    }

    fn reached(&self, last: Option<Position>) {
        if last.is_some() {
            *self.state() = last;
        }
    }

    /// What is taken off the log's end is acknowledged no more.
    fn cut(&self, after: Option<Position>) {
        let mut state = self.state();
        *state = (*state).min(after);
    }
}

impl<L: GroupLog> LogStore<L> {
    /// Over a log; `alarm` is rung when it fails.
    pub fn new(log: L, alarm: Alarm) -> Self {
        Self { log, alarm, flushed: Flushed::default() }
    }

    pub(crate) fn flushed(&self) -> Flushed {
        self.flushed.clone()
    }

    /// For tests: with an alarm nobody listens to.
    #[doc(hidden)]
    pub fn unwatched(log: L) -> Self {
        Self::new(log, Alarm::default())
    }

    fn guard<T>(&self, result: Result<T, StoreFault>) -> io::Result<T> {
        result.map_err(|fault| self.alarm.ring(fault))
    }

    /// Entries from the beginning of `range`, without a gap between them, until `most_bytes` are reached.
    fn read(&self, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let (mut from, mut bytes) = (range.start, 0);
        while from < range.end && bytes < most_bytes {
            let step = self.guard(self.log.read(from..range.end.min(from.saturating_add(STEP)), STEP as usize))?;
            let Some(last) = step.last() else {
                // Nothing in this step: the beginning may have been purged, in which case the rest begins further on.
                match self.guard(self.first_from(from + STEP.min(range.end - from), range.end))? {
                    Some(first) if entries.is_empty() => {
                        from = first;
                        continue;
                    }
                    Some(first) => return Err(self.alarm.ring(gap(from, first))),
                    None => break,
                }
            };
            from = last.index + 1;
            for record in step {
                if bytes >= most_bytes {
                    break;
                }
                let expected = entries.last().map(|entry| entry.log_id.index + 1);
                if let Some(expected) = expected.filter(|expected| *expected != record.index) {
                    return Err(self.alarm.ring(gap(expected, record.index)));
                }
                bytes += record.bytes.len();
                entries.push(self.guard(read_entry(&record))?);
            }
        }
        Ok(entries)
    }

    fn first_from(&self, from: u64, end: u64) -> Result<Option<u64>, StoreFault> {
        if from >= end {
            return Ok(None);
        }
        Ok(self.log.read(from..end, 1)?.first().map(|record| record.index))
    }

    fn fact<T: Record>(&self, bytes: Result<Option<Vec<u8>>, StoreFault>) -> io::Result<Option<T>> {
        let Some(bytes) = self.guard(bytes)? else { return Ok(None) };
        self.guard(record::read(&bytes).map_err(|why| unreadable("a fact of the log", &why))).map(Some)
    }

    fn write<T: Record>(&self, value: &T) -> io::Result<Vec<u8>> {
        self.guard(record::write(value).map_err(|why| unreadable("a value", &why)))
    }
}

/// The entry in a record of the log.
pub(crate) fn read_entry(record: &LogRecord) -> Result<Entry, StoreFault> {
    let entry = read_form(record)?;
    entry.try_into()
}

/// As [`read_entry`], in the form in which it lies there.
pub(crate) fn read_form(record: &LogRecord) -> Result<LogEntry, StoreFault> {
    let entry: LogEntry = record::read(&record.bytes).map_err(|why| unreadable("a log entry", &why))?;
    if entry.at.index != record.index {
        let what = format!("log entry {} lies at {}", entry.at.index, record.index);
        return Err(StoreFault::Broken { promise: "I12", what });
    }
    Ok(entry)
}

/// A [`Synced`] and the future that waits for it.
pub(crate) fn synced<R: AsyncRuntime>() -> (Synced, impl Future<Output = Result<(), StoreFault>> + Send) {
    let (told, waits) = R::Oneshot::channel::<Result<(), StoreFault>>();
    // Nobody waits any more when the group has stopped meanwhile.
    let synced: Synced = Box::new(move |result| drop(told.send(result)));
    let waiting = async move {
        let dropped = || StoreFault::Device("the store forgot to tell of a sync".to_owned());
        waits.await.unwrap_or_else(|_| Err(dropped()))
    };
    (synced, waiting)
}

pub(crate) fn unreadable(what: &str, why: &RecordFault) -> StoreFault {
    StoreFault::Broken { promise: "I12", what: format!("{what}: {why}") }
}

fn gap(expected: u64, found: u64) -> StoreFault {
    StoreFault::Broken { promise: "I12", what: format!("the log has no entry {expected} but has {found}") }
}

fn bounds(range: &impl RangeBounds<u64>) -> Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    start..end.max(start)
}

impl<R: AsyncRuntime, L: GroupLog> RaftLogReader<Types<R>> for LogStore<L> {
    async fn try_get_log_entries<B>(&mut self, range: B) -> io::Result<Vec<Entry>>
    where
        B: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        self.read(bounds(&range), usize::MAX)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.read(start..end, BATCH_BYTES)
    }

    /// A batch at a time: a follower may have thousands of entries to apply.
    async fn entries_stream<B>(&mut self, range: B) -> impl Stream<Item = io::Result<Entry>> + OptionalSend
    where
        B: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let log = self.clone();
        let batches = stream::try_unfold(bounds(&range), move |range| {
            let batch = log.read(range.clone(), BATCH_BYTES);
            async move {
                let batch = batch?;
                let Some(last) = batch.last() else { return Ok(None) };
                let rest = last.log_id.index + 1..range.end;
                Ok::<_, io::Error>(Some((batch, rest)))
            }
        });
        batches
            .map(|batch| match batch {
                Ok(entries) => stream::iter(entries.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(why) => stream::iter(vec![Err(why)]),
            })
            .flatten()
            .boxed()
    }

    async fn read_vote(&mut self) -> io::Result<Option<VoteOf<Types<R>>>> {
        let ballot: Option<Ballot> = self.fact(self.log.vote())?;
        Ok(ballot.map(Into::into))
    }
}

impl<R: AsyncRuntime, L: GroupLog> RaftLogStorage<Types<R>> for LogStore<L> {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types<R>>> {
        let purged: Option<Position> = self.fact(self.log.purged())?;
        let last = match self.guard(self.log.last())? {
            Some(record) => Some(self.guard(read_form(&record))?.at),
            None => None,
        };
        Ok(LogState { last_purged_log_id: purged.map(Into::into), last_log_id: last.or(purged).map(Into::into) })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &VoteOf<Types<R>>) -> io::Result<()> {
        let ballot = self.write(&Ballot::from(*vote))?;
        let (synced, waiting) = synced::<R>();
        self.guard(self.log.save_vote(ballot, synced))?;
        let result = waiting.await;
        self.guard(result)
    }

    async fn save_committed(&mut self, committed: Option<LogIdOf<Types<R>>>) -> io::Result<()> {
        let Some(committed) = committed else { return Ok(()) };
        let bytes = self.write(&Position::from(committed))?;
        self.guard(self.log.save_committed(bytes))
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogIdOf<Types<R>>>> {
        let committed: Option<Position> = self.fact(self.log.committed())?;
        // It is not synced by itself: after a crash it may name an entry that never got to the disk.
        let last = self.guard(self.log.last())?.map(|record| record.index);
        let known = committed.filter(|committed| last.is_some_and(|last| committed.index <= last));
        Ok(known.map(Into::into))
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types<R>>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut records = Vec::new();
        let mut last = None;
        for entry in entries {
            let index = entry.log_id.index;
            last = Some(Position::from(entry.log_id));
            records.push(LogRecord { index, bytes: self.write(&LogEntry::from(entry))? });
        }
        #[cfg(mutants)]
        if domain::mutants::is(domain::mutants::Mutant::AcknowledgedUnsynced) {
            let appended = self.guard(self.log.append(records, Box::new(|_| {})));
            callback.io_completed(Ok(()));
            return appended;
        }
        let (alarm, flushed) = (self.alarm.clone(), self.flushed.clone());
        let synced = move |result: Result<(), StoreFault>| {
            if result.is_ok() {
                flushed.reached(last);
            }
            callback.io_completed(result.map_err(|why| alarm.ring(why)));
        };
        self.guard(self.log.append(records, Box::new(synced)))
    }

    async fn truncate_after(&mut self, last: Option<LogIdOf<Types<R>>>) -> io::Result<()> {
        let first = last.map_or(0, |last| last.index + 1);
        self.flushed.cut(last.map(Into::into));
        self.guard(self.log.truncate_from(first))
    }

    async fn purge(&mut self, last: LogIdOf<Types<R>>) -> io::Result<()> {
        let mark = self.write(&Position::from(last))?;
        self.guard(self.log.purge_to(last.index, mark))
    }
}
