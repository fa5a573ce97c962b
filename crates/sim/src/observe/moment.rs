//! What one event changed, decoded: only what changed, with what was there before.

use std::collections::BTreeSet;

use domain::case::{CaseContent, CaseRow, TimelineEntry};
use domain::command::TimerKind;
use domain::digest::ContentHash;
use domain::ids::{CaseId, Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::store::{StoreFault, Table};
use domain::tables::{
    Answer, Answers, Audit, Audits, CaseNumbers, CaseRef, Cases, Contradiction, Evidence, InboxCursor, InboxCursors,
    Meta, Outbox, OutboxHead, OutboxHeads, OutboxMail, Timer, Timers, UnitMeta, Version, Versions,
};
use domain::time::Timestamp;
use protocol::overlay::WriteSet;

use super::rows::{Rows, read_key, read_row};
use crate::ground::Event;

/// One event and what it changed.
#[derive(Debug)]
pub struct Moment<'a> {
    /// True time.
    pub at: Timestamp,
    /// What happened.
    pub event: &'a Event,
    /// What a batch changed that brought its unit further than any replica was before.
    pub change: Option<Change>,
    /// How a replica contradicts another of its unit that was as far.
    pub divergence: Option<String>,
}

/// What one batch changed: everything between the unit's last known command and the batch's last one.
#[derive(Debug)]
pub struct Change {
    /// The unit.
    pub unit: UnitId,
    /// Which life of it.
    pub generation: Generation,
    /// The replica that was first.
    pub node: NodeId,
    /// The unit before; `None` before its founding.
    pub before: Option<UnitMeta>,
    /// The unit now.
    pub meta: UnitMeta,
    /// Rolling state hash after the last command.
    pub state: Option<ContentHash>,
    /// The audit rows of the commands, in order.
    pub audits: Vec<(Sequence, Audit)>,
    /// Audit rows of former commands that the batch writes or deletes: there must be none.
    pub rewritten: Vec<Sequence>,
    /// Cases whose rows changed.
    pub cases: Vec<CaseChange>,
    /// Printed numbers and their cases.
    pub numbers: Vec<(String, CaseId)>,
    /// Mail written: to whom, its place, what.
    pub sent: Vec<(UnitId, MailSequence, OutboxMail)>,
    /// Ends of streams to peers.
    pub heads: Vec<Changed<UnitId, OutboxHead>>,
    /// How far peers' streams were read.
    pub cursors: Vec<Changed<UnitId, InboxCursor>>,
    /// Timers set, moved under another attempt, or gone.
    pub timers: Vec<Changed<(Timestamp, CaseId, TimerKind), Timer>>,
    /// Peers' words that contradict what was known.
    pub evidence: Vec<(Sequence, Contradiction)>,
    /// Catalogue versions.
    pub versions: Vec<Changed<u64, Version>>,
    /// Answers kept or forgotten.
    pub answers: Vec<Changed<(String, String), Answer>>,
    /// Numbers of all tables that the batch touches.
    pub tables: BTreeSet<u8>,
    /// Rows that cannot be read.
    pub unreadable: Vec<String>,
}

/// A row before and after; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<K, R> {
    /// Which.
    pub key: K,
    /// What was there.
    pub before: Option<R>,
    /// What is there.
    pub after: Option<R>,
}

/// A case's row before and after.
pub type CaseChange = Changed<CaseId, CaseRow>;

impl CaseChange {
    /// The content before.
    pub fn content_before(&self) -> Option<&CaseContent> {
        self.before.as_ref().and_then(|row| row.content.as_ref())
    }

    /// The content after.
    pub fn content(&self) -> Option<&CaseContent> {
        self.after.as_ref().and_then(|row| row.content.as_ref())
    }

    /// Lines of the timeline, news included, that the unit did not have before.
    pub fn new_entries(&self) -> Vec<&TimelineEntry> {
        let known: Vec<&TimelineEntry> = self.before.iter().flat_map(entries).collect();
        self.after.iter().flat_map(entries).filter(|entry| !known.contains(entry)).collect()
    }
}

fn entries(row: &CaseRow) -> impl Iterator<Item = &TimelineEntry> {
    row.content.iter().flat_map(|content| &content.timeline).chain(&row.news)
}

impl Change {
    /// The audit rows of commands about a case that were done.
    pub fn done_about(&self, case: CaseId) -> impl Iterator<Item = &(Sequence, Audit)> {
        self.audits.iter().filter(move |(_, audit)| audit.case == Some(case) && audit.refused.is_none())
    }

    /// Of writes on top of `rows`, which are at `meta_before`.
    pub(super) fn read(
        rows: &Rows,
        (unit, generation, node): (UnitId, Generation, NodeId),
        before: Option<UnitMeta>,
        meta: UnitMeta,
        writes: &WriteSet,
    ) -> Self {
        let last = before.as_ref().map_or(Sequence(0), |before| before.sequence);
        let mut change = Self {
            unit,
            generation,
            node,
            before,
            meta,
            state: None,
            audits: vec![],
            rewritten: vec![],
            cases: vec![],
            numbers: vec![],
            sent: vec![],
            heads: vec![],
            cursors: vec![],
            timers: vec![],
            evidence: vec![],
            versions: vec![],
            answers: vec![],
            tables: BTreeSet::new(),
            unreadable: vec![],
        };
        for (key, row) in writes.iter() {
            let table = key.first().copied().unwrap_or_default();
            change.tables.insert(table);
            if let Err(fault) = change.add(rows, last, key, row) {
                change.unreadable.push(fault.to_string());
            }
        }
        change
    }

    fn add(&mut self, rows: &Rows, last: Sequence, key: &[u8], row: Option<&[u8]>) -> Result<(), StoreFault> {
        match key.first().copied().unwrap_or_default() {
            Cases::ID => self.cases.push(changed::<Cases>(rows, key, row)?),
            CaseNumbers::ID => {
                if let Some(bytes) = row {
                    let CaseRef(case) = read_row::<CaseNumbers>(bytes)?;
                    self.numbers.push((read_key::<CaseNumbers>(key)?, case));
                }
            }
            Timers::ID => self.timers.push(changed::<Timers>(rows, key, row)?),
            Outbox::ID => {
                if let (None, Some(bytes)) = (rows.bytes(key), row) {
                    let (to, sequence) = read_key::<Outbox>(key)?;
                    self.sent.push((to, sequence, read_row::<Outbox>(bytes)?));
                }
            }
            OutboxHeads::ID => self.heads.push(changed::<OutboxHeads>(rows, key, row)?),
            InboxCursors::ID => self.cursors.push(changed::<InboxCursors>(rows, key, row)?),
            Answers::ID => self.answers.push(changed::<Answers>(rows, key, row)?),
            Versions::ID => self.versions.push(changed::<Versions>(rows, key, row)?),
            Audits::ID => {
                let sequence = read_key::<Audits>(key)?;
                match row {
                    Some(bytes) if sequence > last => self.audits.push((sequence, read_row::<Audits>(bytes)?)),
                    // What a replica that lagged brings again is compared byte by byte before this is read.
                    Some(_) => {}
                    None => self.rewritten.push(sequence),
                }
            }
            Evidence::ID => {
                if let Some(bytes) = row {
                    self.evidence.push((read_key::<Evidence>(key)?, read_row::<Evidence>(bytes)?));
                }
            }
            STATE_HASH => self.state = row.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(ContentHash),
            _ => {}
        }
        Ok(())
    }
}

/// The machine's own table: the rolling state hash (`protocol::machine`).
pub(super) const STATE_HASH: u8 = 255;

fn changed<T: Table>(rows: &Rows, key: &[u8], row: Option<&[u8]>) -> Result<Changed<T::Key, T::Row>, StoreFault> {
    Ok(Changed {
        key: read_key::<T>(key)?,
        before: rows.bytes(key).map(read_row::<T>).transpose()?,
        after: row.map(read_row::<T>).transpose()?,
    })
}

/// The unit's own row of a batch, its rolling state hash and its audit rows as bytes: what lagging replicas are compared by.
pub(super) struct Marks<'a> {
    pub(super) meta: UnitMeta,
    pub(super) state: Option<&'a [u8]>,
    pub(super) audits: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Marks<'a> {
    /// `None` for a batch that applied no command.
    pub(super) fn of(writes: &'a WriteSet) -> Result<Option<Self>, StoreFault> {
        let (mut meta, mut state, mut audits) = (None, None, Vec::new());
        for (key, row) in writes.iter() {
            match (key.first().copied(), row) {
                (Some(Meta::ID), Some(row)) => meta = Some(read_row::<Meta>(row)?),
                (Some(STATE_HASH), row) => state = row,
                (Some(Audits::ID), Some(row)) => audits.push((key, row)),
                _ => {}
            }
        }
        Ok(meta.map(|meta| Self { meta, state, audits }))
    }
}
