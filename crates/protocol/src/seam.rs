//! The seams between what is pure and what touches the world. A real world (RocksDB, QUIC, the machine's clock) and a simulated
//! one implement them; everything above is the same code in both.
//!
//! Reads and unsynced writes return at once; what must reach the disk calls back when it is there. Nothing here blocks on a sync.

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::{Range, RangeInclusive};
use std::pin::Pin;

use domain::digest::ContentHash;
use domain::ids::{NodeId, UnitId};
use domain::store::StoreFault;
use domain::time::Timestamp;

use crate::overlay::WriteSet;

/// Called once, when what was handed over is on disk and synced, or can never be. Dropped uncalled when the call that it was
/// handed to returned a fault itself.
///
/// A fault stops the node: after a failed sync nobody knows what is on the disk (promise 6).
pub type Synced = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;

/// One entry of a group's log as it lies on disk: its index, its header record and payload in one byte string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// The entry's index.
    pub index: u64,
    /// A record (`record::write`) of `consensus`' own entry type. openraft's types are never kept raw.
    pub bytes: Vec<u8>,
}

/// A group's log on disk. Cheap to clone; all clones are the same log.
pub trait GroupLog: Clone + Send + Sync + 'static {
    /// Adds entries, in order, behind the last one. Calls `synced` after the next sync. A gap is a broken promise; a log that
    /// holds nothing may begin anywhere behind what was purged.
    fn append(&self, entries: Vec<LogRecord>, synced: Synced) -> Result<(), StoreFault>;
    /// Removes every entry from `first` on. Ordered before every later append; durable with the next sync.
    fn truncate_from(&self, first: u64) -> Result<(), StoreFault>;
    /// Removes every entry up to and including `last`; `mark` is kept as what was last removed.
    fn purge_to(&self, last: u64, mark: Vec<u8>) -> Result<(), StoreFault>;
    /// Entries in `range` that are there, in order, at most `limit` of them.
    fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<LogRecord>, StoreFault>;
    /// The last entry, if any.
    fn last(&self) -> Result<Option<LogRecord>, StoreFault>;
    /// What `purge_to` was last told.
    fn purged(&self) -> Result<Option<Vec<u8>>, StoreFault>;
    /// Keeps the vote in the place of the one before, in the same order as appends. Calls `synced` after the next sync.
    fn save_vote(&self, vote: Vec<u8>, synced: Synced) -> Result<(), StoreFault>;
    /// The vote last kept.
    fn vote(&self) -> Result<Option<Vec<u8>>, StoreFault>;
    /// Keeps the committed log id; may be lost.
    fn save_committed(&self, committed: Vec<u8>) -> Result<(), StoreFault>;
    /// The committed log id last kept, if it survived.
    fn committed(&self) -> Result<Option<Vec<u8>>, StoreFault>;
}

/// A frozen view of a group's rows. Keys here carry table and key, not the keyspace in front of them.
pub trait RowSnapshot: Send + Sync {
    /// The bytes under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault>;
    /// What is read from the bytes under a key, which need not be copied for it.
    fn read<T>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, StoreFault> {
        Ok(read(self.get(key)?.as_deref()))
    }
    /// Whether something lies under a key.
    fn has(&self, key: &[u8]) -> Result<bool, StoreFault> {
        Ok(self.get(key)?.is_some())
    }
    /// At most `limit` rows whose keys lie in `range`, in order.
    fn scan(&self, range: RangeInclusive<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreFault>;
}

/// A key (table and key) and the record under it.
pub type Row = (Vec<u8>, Vec<u8>);

/// A group's rows on disk. Cheap to clone; all clones are the same rows.
pub trait GroupRows: Clone + Send + Sync + 'static {
    /// Its frozen view.
    type Snapshot: RowSnapshot + 'static;
    /// A view of what is written now.
    fn snapshot(&self) -> Result<Self::Snapshot, StoreFault>;
    /// Writes all of `writes` and `applied` in one unsynced batch: after a crash either both are there or neither.
    fn commit(&self, writes: &WriteSet, applied: Vec<u8>) -> Result<(), StoreFault>;
    /// What was last applied: a record of `consensus`.
    fn applied(&self) -> Result<Option<Vec<u8>>, StoreFault>;
    /// Begins to install a snapshot beside the rows: nothing is seen of it until [`StagedRows::install`].
    fn stage(&self) -> Result<impl StagedRows, StoreFault>;
    /// Keeps small facts about the group beside its rows (the current snapshot's description). An installation leaves them.
    fn save_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreFault>;
    /// A fact kept by `save_note`.
    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreFault>;
}

/// Rows of a snapshot on their way in.
pub trait StagedRows: Send + 'static {
    /// Adds rows; keys as in [`RowSnapshot`].
    fn add(&mut self, rows: Vec<Row>) -> Result<(), StoreFault>;
    /// Puts them in the place of the rows, and `applied` with them, in one flip that is synced when `synced` is called.
    fn install(self, applied: Vec<u8>, synced: Synced) -> Result<(), StoreFault>;
}

/// The machine's clock, or a simulated one.
pub trait Clock: Send + Sync + 'static {
    /// Wall time.
    fn now(&self) -> Timestamp;
    /// Milliseconds that went by since some moment, whatever the wall clock was set to meanwhile: what tells a jump from time that
    /// passed. A clock that cannot tell says its wall time.
    fn steady_millis(&self) -> i64 {
        self.now().0
    }
}

/// Where randomness comes from: keys, nonces, uuids.
pub trait Entropy: Send + Sync + 'static {
    /// Fills with unpredictable bytes; with a seed's bytes in simulation.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why nothing came back from a peer. Always passing: whoever asked tries again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// No connection, or it broke.
    #[error("node {node} cannot be reached: {why}")]
    Unreachable {
        /// The node.
        node: NodeId,
        /// What the link said.
        why: String,
    },
    /// No answer within the deadline.
    #[error("node {node} did not answer within {millis} ms")]
    Deadline {
        /// The node.
        node: NodeId,
        /// The deadline.
        millis: u64,
    },
    /// The peer refused: another unit's certificate, unknown group, too large.
    #[error("node {node} refused: {why}")]
    Refused {
        /// The node.
        node: NodeId,
        /// What it said.
        why: String,
    },
}

/// What a request is about; decides its priority: vote and heartbeat > append > mail > bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Channel {
    /// Raft: votes, heartbeats, leader transfer. Within a unit only.
    Vote = 1,
    /// Raft: entries. Within a unit only; long-lived and pipelined.
    Append = 2,
    /// Raft: a snapshot. Within a unit only.
    Snapshot = 3,
    /// Mail between units.
    Mail = 4,
    /// A client's command or question, forwarded to the leader or sent by a program.
    Client = 5,
    /// What a node's clock shows.
    Time = 6,
    /// Whether there is a later region directory. Answered by the link itself: no unit is meant.
    Directory = 7,
    /// Sealed files of materials, within a unit and between units that share a case.
    Blob = 8,
    /// A unit's committed commands, to its mirrors at the unit above.
    Mirror = 9,
}

impl Channel {
    /// From the number on a frame.
    pub fn from_number(number: u8) -> Option<Self> {
        let all = [Self::Vote, Self::Append, Self::Snapshot, Self::Mail, Self::Client, Self::Time, Self::Directory];
        all.into_iter().chain([Self::Blob, Self::Mirror]).find(|channel| *channel as u8 == number)
    }
}

/// Who of a unit's voters holds which sealed files (docs/adr/0027). A world in which nobody hands files in has `()`.
pub trait Blobs: Send + Sync + 'static {
    /// Those of `voters` that hold every one of `blobs` whole, on disk and synced. Who does not answer soon does not hold them.
    fn holders(
        &self,
        voters: BTreeSet<NodeId>,
        blobs: Vec<ContentHash>,
    ) -> Pin<Box<dyn Future<Output = BTreeSet<NodeId>> + Send + '_>>;
}

impl Blobs for () {
    fn holders(
        &self,
        _: BTreeSet<NodeId>,
        _: Vec<ContentHash>,
    ) -> Pin<Box<dyn Future<Output = BTreeSet<NodeId>> + Send + '_>> {
        Box::pin(std::future::ready(BTreeSet::new()))
    }
}

/// Who is at the other end of a link, from its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Its unit.
    pub unit: UnitId,
    /// Which life of the unit.
    pub generation: domain::ids::Generation,
    /// The node.
    pub node: NodeId,
}

/// Sends to other nodes. Cheap to clone.
pub trait Links: Clone + Send + Sync + 'static {
    /// One request, one answer. `group` is the unit whose group is meant.
    fn request(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
        deadline_millis: u64,
    ) -> impl Future<Output = Result<Vec<u8>, LinkFault>> + Send;

    /// A long-lived stream of requests whose answers come in the same order; several may be under way.
    fn open_stream(
        &self,
        to: NodeId,
        group: UnitId,
        channel: Channel,
    ) -> impl Future<Output = Result<impl LinkStream, LinkFault>> + Send;
}

/// A long-lived stream of requests. Dropping it ends it at both sides.
pub trait LinkStream: Send + 'static {
    /// Hands over one request; waits only while the stream's bounded queue is full.
    fn send(&mut self, body: Vec<u8>) -> impl Future<Output = Result<(), LinkFault>> + Send;
    /// The next answer, in the order of requests.
    fn receive(&mut self) -> impl Future<Output = Result<Vec<u8>, LinkFault>> + Send;
    /// The two halves, for one task that sends and one that receives.
    fn split(self) -> (impl LinkSender, impl LinkReceiver);
}

/// The sending half of a [`LinkStream`].
pub trait LinkSender: Send + 'static {
    /// As [`LinkStream::send`].
    fn send(&mut self, body: Vec<u8>) -> impl Future<Output = Result<(), LinkFault>> + Send;
}

/// The receiving half of a [`LinkStream`].
pub trait LinkReceiver: Send + 'static {
    /// As [`LinkStream::receive`].
    fn receive(&mut self) -> impl Future<Output = Result<Vec<u8>, LinkFault>> + Send;
}

/// Answers what other nodes send. The implementation of [`Links`] calls it for every request that arrives.
pub trait Answers: Send + Sync + 'static {
    /// One request. Requests of one stream are handed over in order and answered in order; on an append stream the next
    /// one may be handed over while earlier ones are still being answered, so that one sync serves several.
    ///
    /// `Err` is told to the peer as [`LinkFault::Refused`], and ends the stream. When the peer gives up, the future is
    /// dropped wherever it waits: what must happen in any case is handed over before the first wait.
    fn answer(
        &self,
        from: Peer,
        group: UnitId,
        channel: Channel,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, String>> + Send;

    /// One request of a program that is no node: `name` is what the authority calls it in its certificate. It may use
    /// [`Channel::Client`] only, so that is not said. A world without programs leaves it as it is.
    fn answer_program(
        &self,
        name: &str,
        group: UnitId,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, String>> + Send {
        let _ = (group, body);
        let refused = format!("this node answers no programs, and so not {name}");
        async move { Err(refused) }
    }
}
