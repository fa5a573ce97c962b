//! Snapshots: a frozen view of the rows, turned into frames on its way to a follower and staged there frame by frame, so that
//! neither side ever holds a unit's state in memory.

use std::collections::VecDeque;

use domain::digest::ContentHash;
use domain::store::StoreFault;
use protocol::record::{self, RecordFault};
use protocol::seam::{Row, RowSnapshot, StagedRows, Synced};

use crate::form::{Applied, SnapshotFrame};
use crate::log::unreadable;

/// A frame is full when it has about so many bytes.
const FRAME_BYTES: usize = 512 << 10;
/// Rows read at a time.
const ROWS_AT_ONCE: usize = 16;
/// Behind every key: no key begins with so many.
const BEHIND_ALL: [u8; 64] = [0xFF; 64];

/// What openraft hands around as a snapshot's data.
pub enum SnapshotBody<S> {
    /// The rows as they were at the snapshot's position.
    View(S),
    /// Rows that came from a leader, complete and checked, waiting to be flipped in.
    Staged(Box<dyn Stage>),
}

impl<S> std::fmt::Debug for SnapshotBody<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::View(_) => "SnapshotBody::View",
            Self::Staged(_) => "SnapshotBody::Staged",
        })
    }
}

/// [`StagedRows`] without its type, which has no name.
pub trait Stage: Send {
    /// As [`StagedRows::add`].
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault>;
    /// As [`StagedRows::install`].
    fn install(self: Box<Self>, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault>;
}

impl<S: StagedRows> Stage for S {
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault> {
        StagedRows::add(self, rows)
    }

    fn install(self: Box<Self>, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault> {
        StagedRows::install(*self, applied, synced)
    }
}

/// All rows of a view, a few at a time, in the order of their keys.
pub(crate) struct AllRows<'a, S> {
    view: &'a S,
    from: Option<Vec<u8>>,
}

impl<'a, S: RowSnapshot> AllRows<'a, S> {
    pub(crate) fn new(view: &'a S) -> Self {
        Self { view, from: Some(vec![]) }
    }

    fn from(view: &'a S, from: Option<Vec<u8>>) -> Self {
        Self { view, from }
    }

    /// Empty at the end.
    pub(crate) fn next(&mut self) -> Result<Vec<Row>, StoreFault> {
        let Some(from) = &self.from else { return Ok(vec![]) };
        let rows = self.view.scan(from..=&BEHIND_ALL, ROWS_AT_ONCE)?;
        self.from = rows.last().map(|(key, _)| [key.as_slice(), &[0]].concat());
        Ok(rows)
    }
}

/// A view as frames.
pub(crate) struct Packer<S> {
    view: S,
    head: Option<Applied>,
    from: Option<Vec<u8>>,
    waiting: VecDeque<Row>,
    rows: u64,
    hash: ContentHash,
    ended: bool,
}

impl<S: RowSnapshot> Packer<S> {
    pub(crate) fn new(applied: Applied, view: S) -> Self {
        Self {
            view,
            head: Some(applied),
            from: Some(vec![]),
            waiting: VecDeque::new(),
            rows: 0,
            hash: ContentHash::default(),
            ended: false,
        }
    }

    /// The next frame, and whether it is the last; `None` after that.
    pub(crate) fn next(&mut self) -> Result<Option<(Vec<u8>, bool)>, StoreFault> {
        if self.ended {
            return Ok(None);
        }
        let frame = match self.head.take() {
            Some(applied) => SnapshotFrame::Head(applied),
            None => match self.fill()? {
                rows if rows.is_empty() => {
                    self.ended = true;
                    SnapshotFrame::Tail { rows: self.rows, hash: self.hash }
                }
                rows => SnapshotFrame::Rows(rows),
            },
        };
        let bytes = record::write(&frame).map_err(|why| unreadable("a snapshot frame", &why))?;
        self.hash = chain(self.hash, &bytes);
        Ok(Some((bytes, self.ended)))
    }

    fn fill(&mut self) -> Result<Vec<Row>, StoreFault> {
        let (mut frame, mut bytes) = (Vec::new(), 0);
        while bytes < FRAME_BYTES {
            if self.waiting.is_empty() {
                let mut all = AllRows::from(&self.view, self.from.take());
                self.waiting.extend(all.next()?);
                self.from = all.from;
            }
            let Some((key, row)) = self.waiting.pop_front() else { break };
            bytes += key.len() + row.len();
            frame.push((key, row));
        }
        self.rows += frame.len() as u64;
        Ok(frame)
    }
}

/// Frames on their way into the rows.
pub(crate) struct Unpacker {
    applied: Applied,
    stage: Box<dyn Stage>,
    last_key: Option<Vec<u8>>,
    rows: u64,
    hash: ContentHash,
}

/// What a frame did.
pub(crate) enum Unpacked {
    /// More are to come.
    More(Unpacker),
    /// That was the tail, and it fits.
    Complete(Applied, Box<dyn Stage>),
}

/// Why frames are not a snapshot. Nothing was changed: it is to be begun anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Not a frame, or damaged.
    #[error("a snapshot frame: {0}")]
    Record(#[from] RecordFault),
    /// Frames in another order.
    #[error("a snapshot begins with its head and has only one")]
    Head,
    /// Rows in another order.
    #[error("snapshot rows are not in the order of their keys")]
    Order,
    /// Some rows are missing.
    #[error("the snapshot's tail counts {told} rows, {got} came")]
    Count {
        /// By the tail.
        told: u64,
        /// As came.
        got: u64,
    },
    /// Other frames came than were sent.
    #[error("the snapshot's tail has hash {told}, what came has {got}")]
    Hash {
        /// By the tail.
        told: ContentHash,
        /// As came.
        got: ContentHash,
    },
    /// It ended before its tail.
    #[error("the snapshot ends before its tail")]
    Cut,
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Unpacker {
    /// With the first frame.
    pub(crate) fn begin(frame: &[u8], stage: Box<dyn Stage>) -> Result<Self, FrameFault> {
        let SnapshotFrame::Head(applied) = record::read(frame)? else { return Err(FrameFault::Head) };
        Ok(Self { applied, stage, last_key: None, rows: 0, hash: chain(ContentHash::default(), frame) })
    }

    /// With each of the others.
    pub(crate) fn take(mut self, frame: &[u8]) -> Result<Unpacked, FrameFault> {
        match record::read(frame)? {
            SnapshotFrame::Head(_) => Err(FrameFault::Head),
            SnapshotFrame::Rows(rows) => {
                let keys = self.last_key.iter().chain(rows.iter().map(|(key, _)| key));
                if !keys.is_sorted_by(|a, b| a < b) {
                    return Err(FrameFault::Order);
                }
                self.last_key = rows.last().map(|(key, _)| key.clone()).or(self.last_key);
                self.rows += rows.len() as u64;
                self.hash = chain(self.hash, frame);
                self.stage.add(rows)?;
                Ok(Unpacked::More(self))
            }
            SnapshotFrame::Tail { rows, .. } if rows != self.rows => {
                Err(FrameFault::Count { told: rows, got: self.rows })
            }
            SnapshotFrame::Tail { hash, .. } if hash != self.hash => {
                Err(FrameFault::Hash { told: hash, got: self.hash })
            }
            SnapshotFrame::Tail { .. } => Ok(Unpacked::Complete(self.applied, self.stage)),
        }
    }
}

fn chain(hash: ContentHash, frame: &[u8]) -> ContentHash {
    hash.chain("snapshot", frame)
}
