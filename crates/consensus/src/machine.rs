//! The state machine as openraft wants it: commands go through `protocol::machine::apply` into [`GroupRows`].
//!
//! The rows live on disk and are never rebuilt from a snapshot at start, so a "current snapshot" is only a point: its data is a
//! view of the rows, taken when a follower needs it. A batch of entries is one write with the applied position in it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use domain::command::Outcome;
use domain::store::StoreFault;
use futures::{Stream, StreamExt};
use openraft::alias::{LogIdOf, SnapshotMetaOf, SnapshotOf, StoredMembershipOf};
use openraft::storage::{ApplyResponder, EntryResponder, RaftStateMachine};
use openraft::{AsyncRuntime, EntryPayload, OptionalSend, RaftSnapshotBuilder, Snapshot};
use protocol::overlay::{Remembering, WriteSet};
use protocol::record;
use protocol::seam::{GroupRows, StagedRows};
use protocol::touched::Touched;

use crate::alarm::Alarm;
use crate::form::Applied;
use crate::log::{synced, unreadable};
use crate::snapshot::{AllRows, SnapshotBody, Stage};
use crate::types::{Command, Entry, Meta, Types};

/// Entries applied in one batch, and so the most that a crash between two batches sets apart.
const BATCH_ENTRIES: usize = 256;
/// The name of the note that says that a snapshot point was set.
const SNAPSHOT_NOTE: &str = "snapshot";

/// A group's rows behind openraft's trait.
pub struct Machine<W> {
    rows: W,
    touched: Arc<Mutex<Touched>>,
    alarm: Alarm,
}

impl<W: GroupRows> Machine<W> {
    /// Over rows; `alarm` is rung when they fail or a promise is broken.
    pub fn new(rows: W, alarm: Alarm) -> Self {
        Self { rows, touched: Arc::default(), alarm }
    }

    /// Where it is kept what was written to, for who takes it.
    pub(crate) fn touched(&self) -> Arc<Mutex<Touched>> {
        Arc::clone(&self.touched)
    }

    fn touch(&self, touch: impl FnOnce(&mut Touched)) {
        touch(&mut self.touched.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// For tests: with an alarm nobody listens to.
    #[doc(hidden)]
    pub fn unwatched(rows: W) -> Self {
        Self::new(rows, Alarm::default())
    }

    fn guard<T>(&self, result: Result<T, StoreFault>) -> io::Result<T> {
        result.map_err(|fault| self.alarm.ring(fault))
    }

    fn view(&self) -> Result<(Meta, W::Snapshot), StoreFault> {
        Ok((applied(&self.rows)?.try_into()?, self.rows.snapshot()?))
    }

    /// Applies and writes a batch, and returns who is to be answered what.
    fn apply_batch<R: AsyncRuntime>(&self, batch: Vec<EntryResponder<Types<R>>>) -> Result<Answers<R>, StoreFault> {
        let under = Remembering::new(self.rows.snapshot()?);
        let mut applied = applied(&self.rows)?;
        let mut writes = WriteSet::default();
        let mut answers = Vec::with_capacity(batch.len());
        for (Entry { log_id, payload }, responder) in batch {
            let outcome = match payload {
                EntryPayload::Blank => None,
                EntryPayload::Normal(Command(bytes)) => Some(protocol::machine::apply(&under, &mut writes, &bytes)?),
                EntryPayload::Membership(members) => {
                    applied.members = (&members).into();
                    applied.members_at = Some(log_id.into());
                    None
                }
            };
            applied.last = Some(log_id.into());
            answers.extend(responder.map(|responder| (responder, outcome)));
        }
        // A view that is still held would make a disk in memory copy all of its rows.
        drop(under);
        self.rows.commit(&writes, write(&applied)?)?;
        self.touch(|touched| touched.add(&writes));
        Ok(answers)
    }

    async fn install<R: AsyncRuntime>(
        &self,
        applied: &Applied,
        body: SnapshotBody<W::Snapshot>,
    ) -> Result<(), StoreFault> {
        let bytes = write(applied)?;
        let (synced, waiting) = synced::<R>();
        match body {
            SnapshotBody::Staged(stage) => stage.install(bytes, synced)?,
            SnapshotBody::View(view) => {
                let mut stage = self.rows.stage()?;
                let mut all = AllRows::new(&view);
                loop {
                    let rows = all.next()?;
                    if rows.is_empty() {
                        break;
                    }
                    StagedRows::add(&mut stage, rows)?;
                }
                StagedRows::install(stage, bytes, synced)?;
            }
        }
        waiting.await?;
        self.touch(Touched::add_everything);
        self.rows.save_note(SNAPSHOT_NOTE, write(applied)?)
    }
}

type Answers<R> = Vec<(ApplyResponder<Types<R>>, Option<Outcome>)>;

/// How far the rows are.
pub(crate) fn applied(rows: &impl GroupRows) -> Result<Applied, StoreFault> {
    let Some(bytes) = rows.applied()? else { return Ok(Applied::default()) };
    record::read(&bytes).map_err(|why| unreadable("the applied position", &why))
}

/// Where rows of a snapshot from a leader are put.
pub(crate) fn stage(rows: &impl GroupRows) -> Result<Box<dyn Stage>, StoreFault> {
    Ok(Box::new(rows.stage()?))
}

fn write(applied: &Applied) -> Result<Vec<u8>, StoreFault> {
    record::write(applied).map_err(|why| unreadable("the applied position", &why))
}

/// Lets other tasks run: a follower that catches up has no other reason to wait.
async fn step_aside() {
    let mut again = true;
    futures::future::poll_fn(|context| {
        if std::mem::take(&mut again) {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(())
    })
    .await;
}

impl<R: AsyncRuntime, W: GroupRows> RaftStateMachine<Types<R>> for Machine<W> {
    type SnapshotData = SnapshotBody<W::Snapshot>;
    type SnapshotBuilder = SnapshotPoint<W>;

    async fn applied_state(&mut self) -> io::Result<(Option<LogIdOf<Types<R>>>, StoredMembershipOf<Types<R>>)> {
        let meta: Meta = self.guard(applied(&self.rows).and_then(TryInto::try_into))?;
        Ok((meta.last_log_id, meta.last_membership))
    }

    async fn apply<S>(&mut self, entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<Types<R>>>> + Unpin + OptionalSend,
    {
        let mut batches = entries.ready_chunks(BATCH_ENTRIES);
        while let Some(batch) = batches.next().await {
            let batch = batch.into_iter().collect::<io::Result<Vec<_>>>()?;
            let answers = self.guard(self.apply_batch::<R>(batch))?;
            // Only now: what is answered is in the rows.
            for (responder, outcome) in answers {
                responder.send(outcome);
            }
            step_aside().await;
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotPoint<W> {
        let view = self.view();
        SnapshotPoint { rows: self.rows.clone(), view: Some(view), alarm: self.alarm.clone() }
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMetaOf<Types<R>>,
        snapshot: SnapshotBody<W::Snapshot>,
    ) -> io::Result<()> {
        let applied = Applied::from(meta);
        let installed = self.install::<R>(&applied, snapshot).await;
        self.guard(installed)
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types<R>, SnapshotBody<W::Snapshot>>>> {
        if self.guard(self.rows.note(SNAPSHOT_NOTE))?.is_none() {
            return Ok(None);
        }
        let (meta, view) = self.guard(self.view())?;
        Ok(Some(Snapshot { meta, snapshot: SnapshotBody::View(view) }))
    }
}

/// A point up to which the log may be purged: a view of the rows, taken when it was asked for.
pub struct SnapshotPoint<W: GroupRows> {
    rows: W,
    view: Option<Result<(Meta, W::Snapshot), StoreFault>>,
    alarm: Alarm,
}

impl<R: AsyncRuntime, W: GroupRows> RaftSnapshotBuilder<Types<R>> for SnapshotPoint<W> {
    type SnapshotData = SnapshotBody<W::Snapshot>;

    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types<R>, SnapshotBody<W::Snapshot>>> {
        let Some(view) = self.view.take() else { return Err(io::Error::other("a snapshot point is built once")) };
        let noted = view.and_then(|(meta, view)| {
            self.rows.save_note(SNAPSHOT_NOTE, write(&Applied::from(&meta))?)?;
            Ok(Snapshot { meta, snapshot: SnapshotBody::View(view) })
        });
        noted.map_err(|fault| self.alarm.ring(fault))
    }
}
