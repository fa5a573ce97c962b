//! What the replicas have written, read from their folders while they run and replayed through `protocol::machine`: the same
//! events that a simulated disk tells by itself.
//!
//! Each log alone is in order; between units only mail is. So a replica's next command waits until the mail that it takes in was
//! seen written by its sender: whoever looks sees the logs merged in an order in which they can have happened, and never a case
//! taken before it was let go of, only because one folder was read before the other.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use consensus::read_log_from;
use domain::command::{Command, Outcome, Proposal};
use domain::ids::{Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::store::{Key as _, Table as _, UnitRead as _};
use domain::tables::{InboxCursor, InboxCursors, Outbox, OutboxHead, OutboxHeads, OutboxMail};
use protocol::machine::{apply, state_hash};
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet};
use protocol::record;
use store::StoreView;
use tokio::time::Instant;

/// So long a command waits at most for the one that caused it. Then it is shown as it is: a case to explain.
const CAUSE_MILLIS: Duration = Duration::from_secs(20);

/// Commands of one account under one key at one unit, and what came of each.
type Outcomes = BTreeMap<(UnitId, String, String), Vec<Outcome>>;

/// One replica's log, as far as it was read.
pub(super) struct Log {
    pub(super) unit: UnitId,
    pub(super) node: NodeId,
    data: PathBuf,
    notes: PathBuf,
    view: Option<StoreView>,
    next_index: u64,
    read: u64,
    waiting: VecDeque<(Vec<u8>, Proposal)>,
    waits_since: Option<Instant>,
    rows: MapSnapshot,
    shown: u64,
    last_fault: Option<String>,
}

/// Something that a replica applied.
pub(super) struct Shown {
    pub(super) unit: UnitId,
    pub(super) node: NodeId,
    pub(super) sequence: u64,
    pub(super) writes: Arc<WriteSet>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Logs {
    logs: Vec<Log>,
    outcomes: Outcomes,
    counted: BTreeMap<UnitId, Sequence>,
    sent: BTreeMap<(UnitId, UnitId), BTreeMap<MailSequence, OutboxMail>>,
}

impl Log {
    fn of(unit: UnitId, node: NodeId, data: PathBuf, notes: PathBuf) -> Self {
        let (view, last_fault, waits_since) = (None, None, None);
        let (waiting, rows) = (VecDeque::new(), MapSnapshot::default());
        Self { unit, node, data, notes, view, next_index: 0, read: 0, waiting, waits_since, rows, shown: 0, last_fault }
    }

    /// Reads what lies in the folder, up to the command that the node says it has applied.
    fn read_to(&mut self, applied: u64) -> Result<()> {
        if self.read >= applied {
            return Ok(());
        }
        let view = match self.view.take() {
            Some(view) => view,
            None => {
                std::fs::create_dir_all(&self.notes)?;
                StoreView::follow(&self.data, &self.notes)?
            }
        };
        view.catch_up()?;
        if let Some((log, _)) = view.group(self.unit, Generation::FIRST)? {
            for command in read_log_from(&log, self.next_index)? {
                if self.read == applied {
                    break;
                }
                let command = command?;
                let proposal = record::read(&command.payload).context("a logged command")?;
                self.waiting.push_back((command.payload, proposal));
                self.next_index = command.index + 1;
                self.read += 1;
            }
        }
        self.view = Some(view);
        Ok(())
    }

    fn head_to(&self, to: UnitId) -> Option<OutboxHead> {
        Overlay::new(&self.rows).get::<OutboxHeads>(&to).ok().flatten()
    }

    fn cursor_of(&self, from: UnitId) -> Option<InboxCursor> {
        Overlay::new(&self.rows).get::<InboxCursors>(&from).ok().flatten()
    }
}

impl Logs {
    pub(super) fn add(&mut self, unit: UnitId, node: NodeId, data: PathBuf, notes: PathBuf) {
        self.logs.push(Log::of(unit, node, data, notes));
    }

    /// The node was started anew: its folder is opened again. `emptied`: and holds another log than before.
    pub(super) fn reopen(&mut self, node: NodeId, emptied: bool) {
        for log in self.logs.iter_mut().filter(|log| log.node == node) {
            log.view = None;
            if emptied {
                *log = Log::of(log.unit, node, log.data.clone(), log.notes.clone());
            }
        }
    }

    /// Reads each log up to what its node says, and shows what can be shown.
    pub(super) fn look(&mut self, applied: impl Fn(NodeId) -> Option<u64>) -> Result<Vec<Shown>> {
        for log in &mut self.logs {
            let Some(applied) = applied(log.node) else { continue };
            // A folder that is written and cleared up at this moment is read at the next look.
            if let Err(why) = log.read_to(applied) {
                (log.view, log.last_fault) = (None, Some(why.to_string()));
            }
        }
        let mut shown = Vec::new();
        loop {
            let before = shown.len();
            for at in 0..self.logs.len() {
                while self.may_come(at) {
                    shown.extend(self.show(at)?);
                }
            }
            if shown.len() == before {
                return Ok(shown);
            }
        }
    }

    fn may_come(&mut self, at: usize) -> bool {
        let Some((_, proposal)) = self.logs[at].waiting.front() else { return false };
        let caused = match &proposal.command {
            Command::MailArrived(arrived) => {
                let to = self.logs[at].unit;
                let written = self.furthest(arrived.from).and_then(|log| log.head_to(to)).map(|head| head.written);
                written.is_some_and(|written| written >= arrived.sequence)
            }
            _ => true,
        };
        let log = &mut self.logs[at];
        let late = log.waits_since.get_or_insert_with(Instant::now).elapsed() > CAUSE_MILLIS;
        caused || late
    }

    fn show(&mut self, at: usize) -> Result<Option<Shown>> {
        let log = &mut self.logs[at];
        let Some((payload, proposal)) = log.waiting.pop_front() else { return Ok(None) };
        log.waits_since = None;
        let mut writes = WriteSet::default();
        let outcome = apply(&log.rows, &mut writes, &payload)?;
        log.rows.write(&writes);
        log.shown = outcome.sequence.0;
        let (unit, node, sequence) = (log.unit, log.node, log.shown);
        let counted = self.counted.entry(unit).or_default();
        if outcome.sequence > *counted {
            *counted = outcome.sequence;
            if let Some(idempotency) = proposal.stamp.idempotency {
                let name = (unit, proposal.stamp.principal.name, idempotency.key);
                self.outcomes.entry(name).or_default().push(outcome);
            }
            for (key, row) in writes.iter().filter(|(key, _)| key.first() == Some(&Outbox::ID)) {
                let (mut key, Some(row)) = (&key[1..], row) else { continue };
                if let (Some((to, sequence)), Ok(mail)) = (<(UnitId, MailSequence)>::read(&mut key), record::read(row))
                {
                    self.sent.entry((unit, to)).or_default().insert(sequence, mail);
                }
            }
        }
        Ok(Some(Shown { unit, node, sequence, writes: Arc::new(writes) }))
    }

    /// The replica of a unit that was read furthest.
    fn furthest(&self, unit: UnitId) -> Option<&Log> {
        self.logs.iter().filter(|log| log.unit == unit).max_by_key(|log| log.shown)
    }

    /// What came of the commands of one account under one key, in their order.
    pub(super) fn outcomes(&self, unit: UnitId, principal: &str, key: &str) -> &[Outcome] {
        self.outcomes.get(&(unit, principal.to_owned(), key.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether mail of a unit has not come to another yet.
    pub(super) fn owes(&self, from: UnitId, to: UnitId) -> bool {
        let head = self.furthest(from).and_then(|log| log.head_to(to));
        let read = self.furthest(to).and_then(|log| log.cursor_of(from)).map(|cursor| cursor.sequence);
        head.is_some_and(|head| head.committed.max(read.unwrap_or(MailSequence(0))) < head.written)
    }

    /// Every mail that one unit ever wrote to another, in order.
    pub(super) fn sent(&self, from: UnitId, to: UnitId) -> Vec<(MailSequence, OutboxMail)> {
        let sent = self.sent.get(&(from, to)).into_iter().flatten();
        sent.map(|(sequence, mail)| (*sequence, mail.clone())).collect()
    }

    /// How far a replica was shown, and the hash of its replayed state there, as text.
    pub(super) fn state(&self, node: NodeId) -> Option<(u64, String)> {
        let log = self.logs.iter().find(|log| log.node == node)?;
        Some((log.shown, state_hash(&log.rows).ok()?.to_string()))
    }

    /// Whether a replica's folder could be read at the last look.
    pub(super) fn is_open(&self, node: NodeId) -> bool {
        self.logs.iter().any(|log| log.node == node && log.view.is_some())
    }

    /// How far a replica was shown.
    pub(super) fn shown(&self, node: NodeId) -> u64 {
        self.logs.iter().find(|log| log.node == node).map_or(0, |log| log.shown)
    }

    /// Why logs were not read lately, for whoever looks for a defect of the watcher itself.
    pub(super) fn last_faults(&self) -> impl Iterator<Item = (NodeId, &str)> {
        self.logs.iter().filter_map(|log| Some((log.node, log.last_fault.as_deref()?)))
    }
}
