//! The observer: reads every event and knows, for each unit, what its most advanced replica has written down.
//!
//! It derives the [`Moment`] that invariants look at, each case's path, counts, and the answers that expectations ask for. It sees
//! everything and changes nothing; it knows no rule of the domain beyond how rows are read.

mod expected;
mod moment;
mod oracle;
mod path;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::case::Stage;
use domain::digest::ContentHash;
use domain::handoff::{Custody, Role};
use domain::ids::{CaseId, CaseNumber, Generation, NodeId, Sequence, UnitId};
use domain::licence::LicenceNumber;
use domain::store::{StoreFault, Table, UnitRead};
use domain::tables::{
    Cases, InboxCursors, Inherited, Licences, Meta, OpenStretches, OutboxHeads, Rounds, Tasks, Timers, UnitMeta,
    Versions,
};
use domain::time::Timestamp;
use protocol::overlay::WriteSet;
use unit::Request;

pub use moment::{CaseChange, Change, Changed, Moment};
pub use oracle::{Asked, Certainty, Oracle, RequestName};
pub use rows::Rows;

use crate::ground::{Event, Ticket, What};
use crate::play::Counts;
use moment::Marks;
use path::Path;

/// How much of the rows is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All of them: what the state checker and the comparison with a replay need.
    #[default]
    All,
    /// What custody, expectations and paths need; for runs of millions of commands.
    Lean,
}

impl Keep {
    fn wants(self, table: u8) -> bool {
        const LEAN: [u8; 10] = [
            Meta::ID,
            Cases::ID,
            Tasks::ID,
            Timers::ID,
            OutboxHeads::ID,
            InboxCursors::ID,
            Versions::ID,
            Rounds::ID,
            Inherited::ID,
            OpenStretches::ID,
        ];
        match self {
            Self::All => true,
            Self::Lean => LEAN.contains(&table),
        }
    }
}

/// What a unit is to a case, as its most advanced replica says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which life of the unit.
    pub generation: Generation,
    /// Role and attempt.
    pub custody: Custody,
    /// How far the case has got, as the unit knows.
    pub stage: Option<Stage>,
    /// Whether content and key are here.
    pub keeps: bool,
    /// Since when role and attempt are so, by true time.
    pub since: Timestamp,
}

/// A replica as events tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its unit.
    pub unit: UnitId,
    /// Whether it runs.
    pub up: bool,
    /// Why its group stopped by itself, if it did since it last started.
    pub stopped: Option<String>,
    /// Its last command; unknown after a snapshot was installed, until the next batch.
    pub sequence: Option<Sequence>,
}

/// A unit was lost, and went on from its mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The unit.
    pub unit: UnitId,
    /// Its life before.
    pub former: Generation,
    /// The last command that the mirror had: those after it are the lost tail.
    pub mirror: Sequence,
    /// When, by true time.
    pub at: Timestamp,
    /// Cases that were received there in the lost tail: their receipts said "kept here".
    pub receipts: BTreeSet<CaseId>,
    /// Cases that the mirror had: the round has to find each.
    pub inherited: BTreeSet<CaseId>,
}

/// One life of one unit.
#[derive(Debug, Default)]
struct Watched {
    rows: Rows,
    meta: Option<UnitMeta>,
    /// Rolling state hashes after batches, by the last command of each.
    hashes: BTreeMap<Sequence, ContentHash>,
}

/// Knows what happened. Feed it every event, in order.
#[derive(Debug, Default)]
pub struct Observer {
    keep: Keep,
    units: BTreeMap<(UnitId, Generation), Watched>,
    current: BTreeMap<UnitId, Generation>,
    replicas: BTreeMap<NodeId, Replica>,
    leads: BTreeMap<UnitId, NodeId>,
    cases: BTreeMap<CaseId, Path>,
    labels: BTreeMap<String, CaseId>,
    /// Nodes of former lives: what they do is void.
    formers: BTreeSet<NodeId>,
    losses: Vec<Loss>,
    numbers: BTreeMap<String, CaseId>,
    oracle: Oracle,
    counts: Counts,
}

impl Observer {
    /// Knows nothing yet.
    pub fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// An act is begun; `label` is what steps call the case that it hands in.
    pub fn begun(&mut self, ticket: Ticket, at: Timestamp, unit: UnitId, request: &Request, label: Option<&str>) {
        self.oracle.begun(ticket, at, unit, request, label);
    }

    /// Something happened.
    pub fn observe<'a>(&mut self, event: &'a Event) -> Moment<'a> {
        let mut moment = Moment { at: event.at, event, change: None, divergence: None };
        match &event.what {
            What::Applied { unit, generation, node, writes } => {
                let who = (*unit, *generation, *node);
                match self.applied(who, writes, &mut moment) {
                    Ok(()) => {}
                    Err(fault) => moment.divergence = Some(format!("node {node} of unit {unit} wrote {fault}")),
                }
            }
            What::Promoted { unit, generation, formers, mirror, .. } => {
                if let Err(fault) = self.promoted((*unit, *generation), formers, mirror, event.at) {
                    moment.divergence = Some(format!("the mirror of {unit}: {fault}"));
                }
            }
            What::Up { node, .. } | What::Down { node, .. } | What::Stopped { node, .. }
                if self.formers.contains(node) => {}
            What::Installed { unit, node } => self.replica(*node, *unit).sequence = None,
            What::Answered { ticket, answer } => {
                self.oracle.answered(*ticket, event.at, answer);
                let asked = self.oracle.asked(*ticket);
                if let Some((label, (case, _))) = asked.and_then(|asked| Some((asked.label.clone()?, asked.receipt()?)))
                {
                    self.label(label, case);
                }
            }
            What::Up { node, unit } => {
                let replica = self.replica(*node, *unit);
                (replica.up, replica.stopped) = (true, None);
            }
            What::Down { node, unit } => self.replica(*node, *unit).up = false,
            What::Stopped { node, unit, why } => self.replica(*node, *unit).stopped = Some(why.clone()),
            What::Leads { node, unit } => drop(self.leads.insert(*unit, *node)),
            What::Fault { .. } | What::VotersChanged { .. } => {}
        }
        (self.counts.answered, self.counts.unknown) = self.oracle.tally();
        moment
    }

    fn replica(&mut self, node: NodeId, unit: UnitId) -> &mut Replica {
        let fresh = Replica { unit, up: true, stopped: None, sequence: None };
        self.replicas.entry(node).or_insert(fresh)
    }

    fn applied(
        &mut self,
        (unit, generation, node): (UnitId, Generation, NodeId),
        writes: &WriteSet,
        moment: &mut Moment<'_>,
    ) -> Result<(), StoreFault> {
        // Entries of consensus itself write nothing of the unit's.
        let Some(marks) = Marks::of(writes)? else { return Ok(()) };
        if self.formers.contains(&node) {
            // What a former self does is void; its log is judged at the end like any other.
            let watched = self.units.entry((unit, generation)).or_default();
            moment.divergence = watched.compare(&marks);
            watched.meta = Some(marks.meta);
            let keep = self.keep;
            watched.rows.write(writes, |table| keep.wants(table));
            return Ok(());
        }
        self.replica(node, unit).sequence = Some(marks.meta.sequence);
        let current = self.current.entry(unit).or_insert(generation);
        *current = generation.max(*current);
        let keep = self.keep;
        let watched = self.units.entry((unit, generation)).or_default();
        moment.divergence = watched.compare(&marks).map(|what| format!("node {node} of unit {unit}: {what}"));
        let known = watched.meta.as_ref().map_or(Sequence(0), |meta| meta.sequence);
        if marks.meta.sequence <= known {
            return Ok(());
        }
        let before = watched.meta.replace(marks.meta.clone());
        let change = Change::read(&watched.rows, (unit, generation, node), before, marks.meta, writes);
        watched.rows.write(writes, |table| keep.wants(table));
        self.count(&change);
        self.follow(&change, moment.at);
        moment.change = Some(change);
        Ok(())
    }

    /// A new life begins with what its mirror had; what came after that is the lost tail.
    fn promoted(
        &mut self,
        (unit, generation): (UnitId, Generation),
        formers: &[NodeId],
        mirror: &[Arc<WriteSet>],
        at: Timestamp,
    ) -> Result<(), StoreFault> {
        let mut watched = Watched::default();
        let keep = self.keep;
        for writes in mirror {
            if let Some(marks) = Marks::of(writes)? {
                watched.meta = Some(marks.meta);
            }
            watched.rows.write(writes, |table| keep.wants(table));
        }
        self.formers.extend(formers);
        self.replicas.retain(|node, _| !formers.contains(node));
        let former = self.generation(unit).unwrap_or(Generation::FIRST);
        let (mut receipts, mut inherited) = (BTreeSet::new(), BTreeSet::new());
        for (case, path) in &mut self.cases {
            match watched.rows.get::<Cases>(case)? {
                Some(row) => {
                    inherited.insert(*case);
                    path.comes_back(unit, generation, &row, at);
                }
                None => {
                    path.is_lost(unit, at);
                    let received_here = path.number.is_some_and(|number| number.unit() == unit);
                    let known = self.losses.iter().any(|loss| loss.receipts.contains(case));
                    if received_here && !known {
                        receipts.insert(*case);
                    }
                }
            }
        }
        let sequence = watched.meta.as_ref().map_or(Sequence(0), |meta| meta.sequence);
        self.oracle.lost(unit, sequence);
        self.units.insert((unit, generation), watched);
        self.current.insert(unit, generation);
        self.losses.push(Loss { unit, former, mirror: sequence, at, receipts, inherited });
        Ok(())
    }

    /// Every loss so far, in order.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Whether a command that somebody was told of at a moment is in a lost tail.
    pub fn is_in_lost_tail(&self, unit: UnitId, sequence: Sequence, told: Timestamp) -> bool {
        self.losses.iter().any(|loss| loss.unit == unit && told <= loss.at && sequence > loss.mirror)
    }

    /// Whether a case was received in a lost tail: whoever else heard of it may bring it back, and nobody has to.
    pub fn is_lost_receipt(&self, case: CaseId) -> bool {
        self.losses.iter().any(|loss| loss.receipts.contains(&case))
    }

    /// Whether a unit comes back and has not judged yet all that it inherited.
    pub fn is_recovering(&self, unit: UnitId) -> bool {
        self.rows(unit).is_some_and(|rows| rows.get::<Rounds>(&()).is_ok_and(|open| open.is_some()))
    }

    /// The stretch of uncertain time that a unit's log is in.
    pub fn open_stretch(&self, unit: UnitId) -> Option<Sequence> {
        let open = self.rows(unit)?.get::<OpenStretches>(&()).ok()??;
        Some(open.since)
    }

    /// Whether a unit's log is in a stretch whose time is uncertain.
    pub fn is_time_uncertain(&self, unit: UnitId) -> bool {
        self.open_stretch(unit).is_some()
    }

    /// Whether any unit does: promises that need everybody's word wait.
    pub fn anybody_recovers(&self) -> bool {
        !self.losses.is_empty() && self.units().any(|unit| self.is_recovering(unit))
    }

    /// Whether a case is only read at a unit: inherited, and not judged yet.
    pub fn is_inherited(&self, case: CaseId, unit: UnitId) -> bool {
        if self.losses.iter().all(|loss| loss.unit != unit) {
            return false;
        }
        let Some(rows) = self.rows(unit) else { return false };
        let open = rows.get::<Rounds>(&()).ok().flatten();
        open.is_some_and(|open| open.is_inherited(rows, case).unwrap_or(false))
    }

    fn count(&mut self, change: &Change) {
        self.counts.commands += change.audits.len() as u64;
        for cursor in &change.cursors {
            let (before, after) = (cursor.before.as_ref(), cursor.after.as_ref());
            let same_life = before.filter(|before| Some(before.generation) == after.map(|after| after.generation));
            let read = |cursor: &domain::tables::InboxCursor| cursor.sequence.0;
            self.counts.mail += after.map_or(0, read).saturating_sub(same_life.map_or(0, read));
        }
    }

    fn follow(&mut self, change: &Change, at: Timestamp) {
        for (number, case) in &change.numbers {
            self.numbers.entry(number.clone()).or_insert(*case);
        }
        for case in &change.cases {
            let content = case.content();
            if let (None, Some(content)) = (&case.before, content)
                && content.receiver == change.unit
            {
                self.counts.cases += 1;
                let key = Some(&content.submission_key).filter(|key| !key.is_empty());
                // Known by its key even where nobody was told of the receipt.
                let label = key.and_then(|key| self.oracle.label_under(change.unit, key)).cloned();
                if let Some(label) = label {
                    self.label(label, case.key);
                }
            }
            self.cases.entry(case.key).or_default().follow(change, case, at);
        }
    }

    fn label(&mut self, label: String, case: CaseId) {
        self.cases.entry(case).or_default().label = Some(label.clone());
        self.labels.entry(label).or_insert(case);
    }

    /// Which life of a unit is the newest.
    pub fn generation(&self, unit: UnitId) -> Option<Generation> {
        self.current.get(&unit).copied()
    }

    /// The units that were seen, in the order of their codes.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        self.current.keys().copied()
    }

    /// The rows of a unit's newest life.
    pub fn rows(&self, unit: UnitId) -> Option<&Rows> {
        self.rows_of(unit, self.generation(unit)?)
    }

    /// The rows of one life of a unit.
    pub fn rows_of(&self, unit: UnitId, generation: Generation) -> Option<&Rows> {
        self.units.get(&(unit, generation)).map(|watched| &watched.rows)
    }

    /// What a unit's newest life is, and how far it has got.
    pub fn meta(&self, unit: UnitId) -> Option<&UnitMeta> {
        self.units.get(&(unit, self.generation(unit)?))?.meta.as_ref()
    }

    /// The rolling state hash that a unit had after one of its commands, where a batch ended with it.
    pub fn state_at(&self, unit: UnitId, generation: Generation, sequence: Sequence) -> Option<ContentHash> {
        self.units.get(&(unit, generation))?.hashes.get(&sequence).copied()
    }

    /// Whether all rows are kept.
    pub fn keeps_all(&self) -> bool {
        self.keep == Keep::All
    }

    /// Every replica that was seen.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.replicas.iter().map(|(node, replica)| (*node, replica))
    }

    /// The replica that last said that it leads a unit.
    pub fn leader(&self, unit: UnitId) -> Option<NodeId> {
        self.leads.get(&unit).copied()
    }

    /// Every case that was seen.
    pub fn cases(&self) -> impl Iterator<Item = CaseId> {
        self.cases.keys().copied()
    }

    /// What the newest life of each unit is to a case.
    pub fn standings(&self, case: CaseId) -> impl Iterator<Item = (UnitId, &Standing)> {
        let all = self.cases.get(&case).into_iter().flat_map(|path| &path.standings);
        let current = |(unit, standing): &(UnitId, &Standing)| self.generation(*unit) == Some(standing.generation);
        all.map(|(unit, standing)| (*unit, standing)).filter(current)
    }

    /// What one unit is to a case.
    pub fn standing(&self, case: CaseId, unit: UnitId) -> Option<&Standing> {
        self.standings(case).find(|(at, _)| *at == unit).map(|(_, standing)| standing)
    }

    /// Units that may come to act on a case without another's leave: owners and who offers it.
    pub fn owners(&self, case: CaseId) -> Vec<UnitId> {
        let owns = |standing: &Standing| matches!(standing.custody.role, Role::Owner | Role::Offering { .. });
        let owning = self.standings(case).filter(|(_, standing)| owns(standing)).map(|(unit, _)| unit);
        owning.filter(|unit| !self.is_inherited(case, *unit)).collect()
    }

    /// The case that steps call so.
    pub fn labelled(&self, label: &str) -> Option<CaseId> {
        self.labels.get(label).copied()
    }

    /// The licence that was issued in a case, as somebody who issued it knows it: its newest number.
    pub fn licence_of(&self, label: &str) -> Option<LicenceNumber> {
        let case = self.labelled(label)?;
        self.units().into_iter().find_map(|unit| {
            let licence = self.rows(unit)?.get::<Licences>(&case).ok().flatten()?;
            licence.current().map(|issue| issue.number.clone())
        })
    }

    /// What steps call a case.
    pub fn label_of(&self, case: CaseId) -> Option<&str> {
        self.cases.get(&case)?.label.as_deref()
    }

    /// The case of a printed number.
    pub fn numbered(&self, number: &str) -> Option<CaseId> {
        self.numbers.get(number).copied()
    }

    /// The printed number of a case.
    pub fn number_of(&self, case: CaseId) -> Option<CaseNumber> {
        self.cases.get(&case)?.number
    }

    /// For messages: the label, else the number, else the internal name.
    pub fn name_of(&self, case: CaseId) -> String {
        let number = || self.number_of(case).map(|number| number.to_string());
        self.label_of(case).map(str::to_owned).or_else(number).unwrap_or_else(|| case.to_string())
    }

    /// What people asked for and were told.
    pub fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// How much flowed so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Units in which a replica has stopped by itself and not been started again.
    pub fn stopped(&self) -> BTreeSet<UnitId> {
        self.replicas.values().filter(|replica| replica.stopped.is_some()).map(|replica| replica.unit).collect()
    }
}

impl Watched {
    /// How a batch contradicts what another replica of the unit wrote; also keeps its hash for those that come later.
    fn compare(&mut self, marks: &Marks<'_>) -> Option<String> {
        let sequence = marks.meta.sequence;
        for (key, row) in &marks.audits {
            if self.rows.bytes(key).is_some_and(|known| known != *row) {
                let command = key.get(1..).and_then(|rest| rest.try_into().ok()).map(u64::from_be_bytes);
                return Some(format!(
                    "command {} is another one than at the first replica",
                    command.unwrap_or_default()
                ));
            }
        }
        let Some(state) = marks.state.and_then(|state| state.try_into().ok()).map(ContentHash) else {
            return Some(format!("no state hash with command {}", sequence.0));
        };
        let known = *self.hashes.entry(sequence).or_insert(state);
        (known != state).then(|| {
            let (known, state) = (known.short(), state.short());
            format!("after command {} the state is {state}; at the first replica it was {known}", sequence.0)
        })
    }
}
