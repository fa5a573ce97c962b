//! What a group gives to a mirror of its unit: committed commands by the unit's own sequence, and its rows as frames; and how such
//! rows become a next life's. Nothing of Raft leaves here: a place in the log is told to nobody but who asks on from it.

use std::collections::BTreeSet;

use domain::digest::ContentHash;
use domain::ids::{NodeId, Sequence};
use domain::store::{StoreFault, UnitRead};
use domain::tables::Meta;
use protocol::machine::state_hash;
use protocol::overlay::Overlay;
use protocol::record;
use protocol::seam::{GroupLog, GroupRows, RowSnapshot, Synced};

use crate::form::{Applied, Content, Member, Members, Position};
use crate::log::{read_form, unreadable};
use crate::machine::{SNAPSHOT_NOTE, applied};
use crate::snapshot::{FrameFault, Packer, Stage, Unpacked, Unpacker};

/// Entries that are no commands stand among the last ones: elections, changes of voters. So many more are looked at first.
const SLACK: u64 = 64;

/// Commands behind one that a mirror has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The last command that is applied here.
    pub head: Sequence,
    /// Rolling hash of the state at `head`.
    pub hash: ContentHash,
    /// Payloads in their order, from the first one that is missing on; `None` where the log does not go back so far.
    pub commands: Option<Vec<Vec<u8>>>,
    /// Where the last of them lies: for asking on from it.
    pub place: Option<Place>,
}

/// A command and where it lies in this replica's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    sequence: Sequence,
    index: u64,
}

/// The applied commands behind `after`, about `most_bytes` of them at most. `place` is what was told with the last ones, if it is known.
///
/// # Errors
/// A log or rows that cannot be read, or that do not fit each other.
pub fn commands_after<L: GroupLog>(
    log: &L,
    rows: &impl GroupRows,
    after: Sequence,
    place: Option<Place>,
    most_bytes: usize,
) -> Result<Tail, StoreFault> {
    let (end, view) = settled(rows)?;
    let head = Overlay::new(&view).get::<Meta>(&())?.map_or(Sequence(0), |meta| meta.sequence);
    let tail = Tail { head, hash: state_hash(&view)?, commands: Some(vec![]), place };
    let missing = head.0.saturating_sub(after.0);
    let Some(end) = end.filter(|_| missing > 0) else { return Ok(tail) };
    let first = match place.filter(|place| place.sequence == after) {
        Some(place) => place.index + 1,
        None => match first_missing(log, end, missing)? {
            Some(first) => first,
            None => return Ok(Tail { commands: None, place: None, ..tail }),
        },
    };
    let (mut commands, mut bytes, mut last) = (Vec::new(), 0, place);
    let mut walk = Walk { log, next: first, end };
    while bytes < most_bytes {
        match walk.next()? {
            Step::Command(index, payload) => {
                bytes += payload.len();
                commands.push(payload);
                last = Some(Place { sequence: Sequence(after.0 + commands.len() as u64), index });
            }
            Step::Other => {}
            Step::End => break,
            // Purged while it was read, or since the place was told.
            Step::Purged => return Ok(Tail { commands: None, place: None, ..tail }),
        }
        if commands.len() as u64 == missing {
            break;
        }
    }
    Ok(Tail { commands: Some(commands), place: last, ..tail })
}

/// How far the log is applied, and the rows there.
fn settled<W: GroupRows>(rows: &W) -> Result<(Option<u64>, W::Snapshot), StoreFault> {
    loop {
        let before = rows.applied()?;
        let view = rows.snapshot()?;
        // Applied on meanwhile: a view and its place are taken one after the other.
        if rows.applied()? == before {
            return Ok((applied(rows)?.last.map(|last| last.index), view));
        }
    }
}

/// Where the first of the last `missing` commands up to entry `end` lies; `None` where the log does not go back so far.
fn first_missing<L: GroupLog>(log: &L, end: u64, missing: u64) -> Result<Option<u64>, StoreFault> {
    let mut span = missing.saturating_add(SLACK);
    loop {
        let from = (end + 1).saturating_sub(span);
        let begins = log.read(from..end + 1, 1)?.first().map_or(end + 1, |record| record.index);
        let mut walk = Walk { log, next: begins, end };
        let mut places = Vec::new();
        loop {
            match walk.next()? {
                Step::Command(index, _) => places.push(index),
                Step::Other => {}
                Step::End => break,
                Step::Purged => return Ok(None),
            }
        }
        let found = places.len() as u64;
        if found >= missing {
            return Ok(usize::try_from(found - missing).ok().and_then(|at| places.get(at).copied()));
        }
        if from == 0 || begins > from {
            return Ok(None);
        }
        span = span.saturating_mul(2);
    }
}

struct Walk<'a, L> {
    log: &'a L,
    next: u64,
    end: u64,
}

enum Step {
    Command(u64, Vec<u8>),
    Other,
    End,
    Purged,
}

impl<L: GroupLog> Walk<'_, L> {
    fn next(&mut self) -> Result<Step, StoreFault> {
        if self.next > self.end {
            return Ok(Step::End);
        }
        let Some(record) = self.log.read(self.next..self.end + 1, 1)?.into_iter().next() else {
            return Ok(Step::Purged);
        };
        if record.index != self.next {
            return Ok(Step::Purged);
        }
        self.next += 1;
        Ok(match read_form(&record)?.content {
            Content::Command(payload) => Step::Command(record.index, payload),
            Content::Blank | Content::Members(_) => Step::Other,
        })
    }
}

/// A view's rows as frames: a head, rows in the order of their keys, a tail with a checksum over all.
pub struct Pack<S>(Packer<S>);

impl<S: RowSnapshot> Pack<S> {
    /// From the first row on. Who stands where in a log is not told.
    pub fn new(view: S) -> Self {
        Self(Packer::new(Applied::default(), view))
    }

    /// The next frame, and whether it is the last; `None` after that.
    ///
    /// # Errors
    /// Rows that cannot be read.
    pub fn frame(&mut self) -> Result<Option<(Vec<u8>, bool)>, StoreFault> {
        self.0.next()
    }
}

/// Frames on their way into a group's rows. Nothing is seen of them before [`Unpack::install`].
pub struct Unpack(Unpacking);

enum Unpacking {
    Begins(Box<dyn Stage>),
    Runs(Box<Unpacker>),
    Whole(Box<dyn Stage>),
}

impl Unpack {
    /// Beside the rows.
    ///
    /// # Errors
    /// The disk.
    pub fn begin(rows: &impl GroupRows) -> Result<Self, StoreFault> {
        Ok(Self(Unpacking::Begins(crate::machine::stage(rows)?)))
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// A frame that is damaged, missing or too many: the whole is to be begun anew.
    pub fn take(self, frame: &[u8]) -> Result<Self, FrameFault> {
        Ok(Self(match self.0 {
            Unpacking::Begins(stage) => Unpacking::Runs(Box::new(Unpacker::begin(frame, stage)?)),
            Unpacking::Runs(unpacker) => match unpacker.take(frame)? {
                Unpacked::More(unpacker) => Unpacking::Runs(Box::new(unpacker)),
                Unpacked::Complete(_, stage) => Unpacking::Whole(stage),
            },
            Unpacking::Whole(_) => return Err(FrameFault::Head),
        }))
    }

    /// Puts whole rows in the place of those that were there, with `mark` as how far they are, in one flip.
    ///
    /// # Errors
    /// Frames that did not come to their tail, or the disk.
    pub fn install(self, mark: Vec<u8>, synced: Synced) -> Result<(), FrameFault> {
        let Unpacking::Whole(stage) = self.0 else { return Err(FrameFault::Cut) };
        Ok(stage.install(mark, synced)?)
    }

    /// Puts whole rows into an empty group as those of a next life with this one voter: the log begins behind them, as behind a snapshot.
    ///
    /// # Errors
    /// Frames that did not come to their tail, or the disk.
    pub fn found<L: GroupLog, W: GroupRows>(
        self,
        (log, rows): (&L, &W),
        voter: NodeId,
        synced: Synced,
    ) -> Result<(), FrameFault> {
        let begins = Position { term: 0, leader: NodeId(0), index: 0 };
        let members =
            Members { voters: vec![BTreeSet::from([voter])], nodes: [(voter, Member { incarnation: None })].into() };
        let applied = Applied { last: Some(begins), members_at: Some(begins), members };
        let mark = record::write(&begins).map_err(|why| unreadable("a position", &why))?;
        log.purge_to(begins.index, mark)?;
        let applied = record::write(&applied).map_err(|why| unreadable("the applied position", &why))?;
        rows.save_note(SNAPSHOT_NOTE, applied.clone())?;
        self.install(applied, synced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::LogEntry;
    use domain::command::{Close, Command, Found, Proposal, Stamp};
    use domain::division::Tier;
    use domain::ids::{CaseId, Generation, UnitId};
    use domain::principal::{Principal, PrincipalKind};
    use domain::time::Timestamp;
    use protocol::memory::{MemoryDisk, MemoryLog, MemoryRows};
    use protocol::overlay::WriteSet;
    use protocol::seam::LogRecord;
    use uuid::Uuid;

    fn county() -> UnitId {
        UnitId::new(370_811_000_000).unwrap()
    }

    fn proposal(number: u64) -> Vec<u8> {
        let found = Found {
            region: "jining".into(),
            unit: county(),
            name: "任城区".into(),
            tier: Tier::County,
            parent: None,
            children: vec![],
            generation: Generation::FIRST,
        };
        let command = match number {
            1 => Command::Found(found),
            _ => Command::Close(Close { case: CaseId(Uuid::from_u128(u128::from(number))) }),
        };
        let stamp = Stamp {
            time: Timestamp(1_770_000_000_000),
            minted: Uuid::from_u128(u128::from(number)),
            principal: Principal { kind: PrincipalKind::Unit, name: county().to_string() },
            policy: ContentHash::default(),
            idempotency: None,
        };
        record::write(&Proposal { command, stamp }).unwrap()
    }

    /// A log whose first entry and every third after it are no commands, applied up to its end.
    fn logged(commands: u64) -> (MemoryLog, MemoryRows, u64) {
        let (log, rows) = MemoryDisk::automatic().group(county(), Generation::FIRST);
        let (mut index, mut number) = (0, 0);
        while number < commands {
            let at = Position { term: 1, leader: NodeId(1), index };
            let content = match index % 3 {
                0 => Content::Blank,
                _ => {
                    number += 1;
                    let mut writes = WriteSet::default();
                    protocol::machine::apply(&rows.snapshot().unwrap(), &mut writes, &proposal(number)).unwrap();
                    let applied = Applied { last: Some(at), ..Applied::default() };
                    rows.commit(&writes, record::write(&applied).unwrap()).unwrap();
                    Content::Command(proposal(number))
                }
            };
            let bytes = record::write(&LogEntry { at, content }).unwrap();
            log.append(vec![LogRecord { index, bytes }], Box::new(|_| {})).unwrap();
            index += 1;
        }
        (log, rows, index)
    }

    fn numbers(tail: &Tail) -> Option<Vec<u64>> {
        let known: Vec<_> = (1..=500).map(proposal).collect();
        let number = |payload: &Vec<u8>| 1 + known.iter().position(|known| known == payload).unwrap() as u64;
        tail.commands.as_ref().map(|commands| commands.iter().map(number).collect())
    }

    #[test]
    fn commands_are_found_by_the_units_own_count() {
        let (log, rows, _) = logged(300);
        for after in [0, 1, 150, 298, 299, 300] {
            let tail = commands_after(&log, &rows, Sequence(after), None, usize::MAX).unwrap();
            assert_eq!(numbers(&tail), Some((after + 1..=300).collect()), "after {after}");
            assert_eq!(tail.head, Sequence(300));
        }
        assert_eq!(commands_after(&log, &rows, Sequence(301), None, 9).unwrap().commands, Some(vec![]));
    }

    #[test]
    fn batches_go_on_from_the_place_that_was_told() {
        let (log, rows, _) = logged(120);
        let (mut after, mut place, mut batches) = (Sequence(0), None, 0);
        while after < Sequence(120) {
            let tail = commands_after(&log, &rows, after, place, 1_000).unwrap();
            let came = numbers(&tail).unwrap();
            assert_eq!(came.first(), Some(&(after.0 + 1)));
            (after, place, batches) = (Sequence(after.0 + came.len() as u64), tail.place, batches + 1);
        }
        assert!(batches > 5, "{batches} batches");
    }

    #[test]
    fn what_was_purged_is_not_told() {
        let (log, rows, end) = logged(300);
        let mark = record::write(&Position { term: 1, leader: NodeId(1), index: end / 2 }).unwrap();
        log.purge_to(end / 2, mark).unwrap();
        let tail = |after| commands_after(&log, &rows, Sequence(after), None, usize::MAX).unwrap();
        assert_eq!(tail(10).commands, None);
        assert_eq!(numbers(&tail(290)), Some((291..=300).collect()));
        let gone = Place { sequence: Sequence(10), index: 15 };
        assert_eq!(commands_after(&log, &rows, Sequence(10), Some(gone), 9).unwrap().commands, None);
    }
}
