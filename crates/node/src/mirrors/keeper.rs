//! One mirror: the rows of one life of a unit below, in a keyspace of their own, and what is applied to them. Knows no link: whoever
//! follows the unit hands it what came.
//!
//! A mirror that is given what does not fit stops itself, never its host. One that is frozen takes nothing more, for good.

use consensus::{FrameFault, Unpack};
use domain::digest::ContentHash;
use domain::ids::{Generation, Sequence};
use domain::mirror::MirrorMark;
use domain::store::{StoreFault, UnitRead};
use domain::tables::Meta;
use protocol::machine::{apply, state_hash};
use protocol::overlay::{Layer, Overlay, WriteSet};
use protocol::record::{self, RecordFault};
use protocol::seam::{GroupLog, GroupRows, Synced};
use tokio::sync::oneshot;

/// A mirror of one life of a unit.
pub(crate) struct Keeper<L, W> {
    pub(crate) generation: Generation,
    log: L,
    pub(crate) rows: W,
    mark: MirrorMark,
}

/// Why a mirror does not take what came. All but the disk's stop the mirror and nothing else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MirrorFault {
    #[error("commands behind {got} came where those behind {expected} were asked for")]
    Gap { expected: u64, got: u64 },
    #[error("command {at} cannot be applied here, perhaps it is of a newer release: {why}")]
    Unknown { at: u64, why: String },
    #[error("command {expected} brought the unit's count to {got}")]
    Count { expected: u64, got: u64 },
    #[error("at command {at} the unit's state is {told:?}, here it is {here:?}: one of the two is damaged")]
    Diverged { at: u64, told: ContentHash, here: ContentHash },
    #[error("the rows that came are of generation {got}, generation {expected} was asked for")]
    Generation { expected: u32, got: u32 },
    #[error("it stands still for good, for a next life was begun from it")]
    Frozen,
    #[error(transparent)]
    Frames(#[from] FrameFault),
    #[error("how far the mirror is cannot be read: {0}")]
    Mark(#[from] RecordFault),
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl<L: GroupLog, W: GroupRows> Keeper<L, W> {
    /// From what lies there.
    pub(crate) fn open(generation: Generation, (log, rows): (L, W)) -> Result<Self, MirrorFault> {
        let mark = match rows.applied()?.map(|bytes| record::read(&bytes)).transpose()? {
            Some(mark @ (MirrorMark::Frozen { .. } | MirrorMark::Promoted { .. })) => mark,
            // The rows say it themselves: a crash right after an installation leaves a mark that is older than they are.
            Some(MirrorMark::Follows { .. }) | None => {
                let meta = Overlay::new(&rows.snapshot()?).get::<Meta>(&())?;
                MirrorMark::Follows { at: meta.map_or(Sequence(0), |meta| meta.sequence) }
            }
        };
        Ok(Self { generation, log, rows, mark })
    }

    /// The last command whose writes are here.
    pub(crate) fn at(&self) -> Sequence {
        match &self.mark {
            MirrorMark::Follows { at } | MirrorMark::Frozen { at, .. } => *at,
            MirrorMark::Promoted { .. } => Sequence(0),
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        !matches!(self.mark, MirrorMark::Follows { .. })
    }

    pub(crate) fn hash(&self) -> Result<ContentHash, StoreFault> {
        state_hash(&self.rows.snapshot()?)
    }

    /// Applies commands that follow `after`. The unit said that its state was `hash` at `head`. Nothing of a batch that does not fit is
    /// kept. What was applied is acknowledged only after [`Self::sync`].
    pub(crate) fn take(
        &mut self,
        after: Sequence,
        payloads: &[impl AsRef<[u8]>],
        (head, hash): (Sequence, ContentHash),
    ) -> Result<(), MirrorFault> {
        if self.is_frozen() {
            return Err(MirrorFault::Frozen);
        }
        // A batch that came twice begins before what is here.
        if after > self.at() {
            return Err(MirrorFault::Gap { expected: self.at().0, got: after.0 });
        }
        let known = usize::try_from(self.at().0 - after.0).unwrap_or(usize::MAX);
        let under = self.rows.snapshot()?;
        let mut writes = WriteSet::default();
        let mut at = self.at();
        for payload in payloads.iter().skip(known) {
            let expected = at.next();
            apply(&under, &mut writes, payload.as_ref())
                .map_err(|fault| MirrorFault::Unknown { at: expected.0, why: fault.to_string() })?;
            let meta = Overlay::new(&Layer { under: &under, writes: &writes }).get::<Meta>(&())?;
            let got = meta.as_ref().map_or(Sequence(0), |meta| meta.sequence);
            if got != expected {
                return Err(MirrorFault::Count { expected: expected.0, got: got.0 });
            }
            let generation = meta.map_or(self.generation, |meta| meta.generation);
            if generation != self.generation {
                return Err(MirrorFault::Generation { expected: self.generation.0, got: generation.0 });
            }
            at = expected;
        }
        if at == head {
            let here = state_hash(&Layer { under: &under, writes: &writes })?;
            if here != hash {
                return Err(MirrorFault::Diverged { at: at.0, told: hash, here });
            }
        }
        drop(under);
        if at > self.at() {
            self.keep(&writes, MirrorMark::Follows { at })?;
        }
        Ok(())
    }

    fn keep(&mut self, writes: &WriteSet, mark: MirrorMark) -> Result<(), MirrorFault> {
        self.rows.commit(writes, record::write(&mark)?)?;
        self.mark = mark;
        Ok(())
    }

    /// Takes rows that came whole in the place of those that are here.
    pub(crate) async fn install(&mut self, unpacked: Unpack) -> Result<(), MirrorFault> {
        if self.is_frozen() {
            return Err(MirrorFault::Frozen);
        }
        // How far the rows are is known once they can be read.
        let (synced, waits) = synced();
        unpacked.install(record::write(&MirrorMark::Follows { at: Sequence(0) })?, synced)?;
        reached(waits).await?;
        let meta = Overlay::new(&self.rows.snapshot()?).get::<Meta>(&())?;
        let (at, generation) = meta.map_or((Sequence(0), self.generation), |meta| (meta.sequence, meta.generation));
        if generation != self.generation {
            return Err(MirrorFault::Generation { expected: self.generation.0, got: generation.0 });
        }
        self.keep(&WriteSet::default(), MirrorMark::Follows { at })
    }

    /// Waits until all that was applied is on the disk.
    pub(crate) async fn sync(&self) -> Result<(), StoreFault> {
        let (synced, waits) = synced();
        // The mirror has no log: an append of nothing waits for the next sync, which covers what was written before it.
        self.log.append(vec![], synced)?;
        reached(waits).await
    }

    /// Takes nothing more, from now on and after every restart.
    pub(crate) async fn freeze(&mut self, people: [String; 2]) -> Result<(), MirrorFault> {
        if !self.is_frozen() {
            let at = self.at();
            self.keep(&WriteSet::default(), MirrorMark::Frozen { at, people })?;
        }
        Ok(self.sync().await?)
    }
}

pub(crate) type Waits = oneshot::Receiver<Result<(), StoreFault>>;

pub(crate) fn synced() -> (Synced, Waits) {
    let (told, waits) = oneshot::channel();
    // Nobody waits any more once the node shuts down.
    (Box::new(move |result| drop(told.send(result))), waits)
}

pub(crate) async fn reached(waits: Waits) -> Result<(), StoreFault> {
    waits.await.unwrap_or_else(|_| Err(StoreFault::Device("the store forgot to tell of a sync".to_owned())))
}

#[cfg(test)]
mod tests;
