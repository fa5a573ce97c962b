//! Waiting for what matters to a leader's duties: who leads, and how far the rows are.

use domain::ids::NodeId;
use openraft::alias::WatchReceiverOf;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::Fatal;
use openraft::{AsyncRuntime, RaftMetrics};

use crate::alarm::Alarm;
use crate::fault::Stop;
use crate::status::Role;
use crate::types::Types;

/// Who leads and how far the rows are, as one replica sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What this replica is.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// Who leads, as far as it knows.
    pub leader: Option<NodeId>,
    /// This replica leads **and** has applied everything that its predecessors confirmed: only now do its rows say what is
    /// still to be done. Duties begin here.
    pub leads: bool,
    /// The index of the last entry that is in the rows.
    pub applied: Option<u64>,
}

impl View {
    pub(crate) fn new<R: AsyncRuntime>(metrics: &RaftMetrics<Types<R>>) -> Self {
        let role = Role::of(metrics);
        // A leader's first entry is its own: once that is applied, so is all before it.
        let settled = metrics.last_applied.is_some_and(|applied| applied.leader_id == metrics.vote.leader_id);
        Self {
            role,
            term: metrics.current_term,
            leader: metrics.current_leader.map(NodeId),
            leads: role == Role::Leader && settled,
            applied: metrics.last_applied.map(|applied| applied.index),
        }
    }
}

/// The [`View`] each time it changes. Views in between may be missed, the newest never.
pub struct Changes<R: AsyncRuntime> {
    metrics: WatchReceiverOf<Types<R>, RaftMetrics<Types<R>>>,
    alarm: Alarm,
    seen: Option<View>,
}

impl<R: AsyncRuntime> Changes<R> {
    pub(crate) fn new(metrics: WatchReceiverOf<Types<R>, RaftMetrics<Types<R>>>, alarm: Alarm) -> Self {
        Self { metrics, alarm, seen: None }
    }

    /// The view as it is, at the first call; later, the next one that differs.
    ///
    /// May be dropped while it waits; nothing is lost.
    ///
    /// # Errors
    /// The group has stopped, and why.
    pub async fn next(&mut self) -> Result<View, Stop> {
        loop {
            let running = {
                let metrics = self.metrics.borrow_and_update();
                metrics.running_state.clone().map(|()| View::new(&metrics))
            };
            let view = running.map_err(|fatal| Stop::new(&fatal, &self.alarm))?;
            if self.seen.as_ref() != Some(&view) {
                self.seen = Some(view.clone());
                return Ok(view);
            }
            if self.metrics.changed().await.is_err() {
                return Err(self.why());
            }
        }
    }

    fn why(&self) -> Stop {
        match &self.metrics.borrow_watched().running_state {
            Err(fatal) => Stop::new(fatal, &self.alarm),
            Ok(()) => Stop::new(&Fatal::<Types<R>>::Stopped, &self.alarm),
        }
    }
}
