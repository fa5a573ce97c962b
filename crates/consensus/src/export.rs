//! Reads a recorded log: for export as evidence, and for replay through `protocol::machine::apply` alone.

use std::collections::VecDeque;

use domain::store::StoreFault;
use protocol::seam::{GroupLog, GroupRows, LogRecord};

use crate::form::{Content, LogEntry};
use crate::log::read_form;
use crate::machine::applied;

const ENTRIES_AT_ONCE: usize = 64;

/// A command as it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCommand {
    /// Its place in the group's log. Never part of state; only for finding it again.
    pub index: u64,
    /// A record of `domain`'s `Proposal`: what `protocol::machine::apply` takes.
    pub payload: Vec<u8>,
}

/// The commands whose writes are in `rows`, in their order, as far back as the log goes.
///
/// Replayed onto empty rows they give the same state hash, if [`LoggedCommands::is_whole`]. May run beside a running group: it
/// ends at what was applied when it was called.
pub fn read_log<L: GroupLog>(log: &L, rows: &impl GroupRows) -> Result<LoggedCommands<L>, StoreFault> {
    let end = applied(rows)?.last.map_or(0, |last| last.index + 1);
    let whole = log.purged()?.is_none();
    Ok(LoggedCommands { log: log.clone(), next: 0, end, whole, batch: VecDeque::new() })
}

/// The commands that a log holds from an index on, committed or not: for whoever follows a log and knows from elsewhere how far it
/// is applied.
pub fn read_log_from<L: GroupLog>(log: &L, first: u64) -> Result<LoggedCommands<L>, StoreFault> {
    let end = log.last()?.map_or(0, |last| last.index + 1);
    let whole = log.purged()?.is_none();
    Ok(LoggedCommands { log: log.clone(), next: first, end, whole, batch: VecDeque::new() })
}

/// Commands of a log, in order. Ends after the first fault.
#[derive(Debug)]
pub struct LoggedCommands<L> {
    log: L,
    next: u64,
    end: u64,
    whole: bool,
    batch: VecDeque<LogRecord>,
}

impl<L: GroupLog> LoggedCommands<L> {
    /// Whether nothing of the log was purged: the commands begin with the unit's founding.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    fn next_entry(&mut self) -> Result<Option<LogEntry>, StoreFault> {
        if self.batch.is_empty() && self.next < self.end {
            self.batch = self.log.read(self.next..self.end, ENTRIES_AT_ONCE)?.into();
        }
        let Some(record) = self.batch.pop_front() else { return Ok(None) };
        self.next = record.index + 1;
        read_form(&record).map(Some)
    }
}

impl<L: GroupLog> Iterator for LoggedCommands<L> {
    type Item = Result<LoggedCommand, StoreFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_entry() {
                Ok(Some(LogEntry { at, content: Content::Command(payload) })) => {
                    return Some(Ok(LoggedCommand { index: at.index, payload }));
                }
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(fault) => {
                    self.end = 0;
                    self.batch.clear();
                    return Some(Err(fault));
                }
            }
        }
    }
}
