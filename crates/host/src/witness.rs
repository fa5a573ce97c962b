//! Compares this machine's clock with those of the unit's other voters and of the units above, and keeps what was found.
//!
//! What is found is only a doubt (`unit::clock` judges): the unit goes on receiving, and does nothing that starts or ends a legal
//! period until the doubt is gone (protocol.md §1).

use std::sync::{PoisonError, Weak};
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use futures::future::join_all;
use openraft_rt::AsyncRuntime;
use protocol::clock::ClockSaid;
use protocol::directory::Directory;
use protocol::record;
use protocol::seam::{Channel, Clock, Links};
use unit::clock::{ClockDoubt, ClockWatch, Reading};
use unit::identity::Identity;

use crate::host::{Inner, World};

/// Between two comparisons.
const COMPARED_EVERY: Duration = Duration::from_secs(10);
/// The same while the clock is in doubt, and how often is looked whether it is.
const DOUBTED_EVERY: Duration = Duration::from_secs(1);
/// A witness that takes longer is not heard this time.
const ASK_MILLIS: u64 = 2_000;

/// Compares as long as the replica is there. Holds it only while it compares: a replica that has ended lets go of its disk and
/// address at once.
pub(crate) async fn watch<W: World>(replica: Weak<Inner<W>>) {
    while let Some(inner) = replica.upgrade().filter(|inner| !inner.has_ended()) {
        let directory = inner.directory();
        let witnesses = witnesses(&inner.identity, &directory);
        let asked = witnesses.iter().map(|(node, unit)| inner.reading(*node, *unit));
        let readings: Vec<Reading> = join_all(asked).await.into_iter().flatten().collect();
        let voters = directory.unit(inner.identity.unit).map_or(1, |unit| unit.voters.len());
        inner.watched(|watch, steady| watch.compared(&readings, voters, steady));
        drop(inner);
        if !pause(&replica).await {
            return;
        }
    }
}

/// Until clocks are compared again. A clock that was set is noticed within [`DOUBTED_EVERY`]: from then on people wait. False where the
/// replica has ended.
async fn pause<W: World>(replica: &Weak<Inner<W>>) -> bool {
    let mut waited = Duration::ZERO;
    while waited < COMPARED_EVERY {
        W::Runtime::sleep(DOUBTED_EVERY).await;
        waited += DOUBTED_EVERY;
        match replica.upgrade().filter(|inner| !inner.has_ended()) {
            None => return false,
            Some(inner) if inner.clock_doubt().is_some() => return true,
            Some(_) => {}
        }
    }
    true
}

/// The nodes whose clocks can be asked for: the unit's other voters and the nodes of the unit above.
pub(crate) fn witnesses(own: &Identity, directory: &Directory) -> Vec<(NodeId, UnitId)> {
    let listed = [directory.unit(own.unit), directory.parent(own.unit)];
    let nodes =
        listed.into_iter().flatten().flat_map(|listing| listing.voters.iter().map(|node| (*node, listing.unit)));
    nodes.filter(|(node, _)| *node != own.node).collect()
}

impl<W: World> Inner<W> {
    /// What a witness's clock shows now; nothing where it does not answer.
    async fn reading(&self, node: NodeId, unit: UnitId) -> Option<Reading> {
        let asked = self.clock.steady_millis();
        let answer = self.links.request(node, unit, Channel::Time, Vec::new(), ASK_MILLIS).await.ok()?;
        let (now, came) = (self.clock.now(), self.clock.steady_millis());
        let said: ClockSaid = record::read(&answer).ok()?;
        // It looked at its clock half-way, as far as can be told.
        let then = now.plus_millis(-(came.saturating_sub(asked) / 2));
        let ahead_millis = said.time.0.saturating_sub(then.0);
        Some(Reading { node, ahead_millis, standing: said.standing, is_own: unit == self.identity.unit })
    }

    /// What this node tells a peer that asks.
    pub(crate) fn tell_clock(&self) -> ClockSaid {
        ClockSaid { time: self.clock.now(), standing: self.watched(|watch, _| watch.standing()) }
    }

    /// Why this machine's clock is in doubt at this moment, if it is: a jump is noticed here.
    pub(crate) fn clock_doubt(&self) -> Option<ClockDoubt> {
        self.watched(|watch, _| watch.doubt().cloned())
    }

    /// How long it has been in doubt.
    pub(crate) fn doubted_for(&self) -> Duration {
        let millis = self.watched(|watch, steady| watch.doubted_millis(steady));
        Duration::from_millis(millis.try_into().unwrap_or_default())
    }

    /// Works on the watch, after a look at the clock. Says when a doubt begins or ends.
    pub(crate) fn watched<T>(&self, work: impl FnOnce(&mut ClockWatch, i64) -> T) -> T {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let was_doubted = watch.doubt().is_some();
        let steady = self.clock.steady_millis();
        watch.look(self.clock.now(), steady);
        let done = work(&mut watch, steady);
        // How far clocks are apart changes with every comparison; whether it is trusted is what an operator is told.
        match watch.doubt() {
            Some(ClockDoubt { why, .. }) if !was_doubted => {
                tracing::error!(unit = %self.identity.unit, %why, "this machine's clock is in doubt");
            }
            None if was_doubted => {
                tracing::info!(unit = %self.identity.unit, "this machine's clock agrees with its witnesses");
            }
            _ => {}
        }
        done
    }
}
