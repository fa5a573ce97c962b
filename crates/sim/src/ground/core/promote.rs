//! A unit is lost, and goes on from its mirror as its next life; another is declared lost.

use std::sync::Arc;

use domain::ids::UnitId;
use protocol::seam::Peer;

use super::cell::Cell;
use super::faults::not_here;
use super::{CoreGround, Place, Todo};
use crate::ground::draw::Draw;
use crate::ground::{NotHere, What};
use crate::scenario::{FaultKind, Lag};

/// News of a new directory reaches everybody within so long.
const NEWS_MILLIS: u64 = 60_000;
/// A former self that nobody tells anything reads the directory after so long.
const FORMER_MILLIS: i64 = 5 * 60_000;
/// A unit that cannot be told is told a little later.
const TOLD_AGAIN_MILLIS: i64 = 5_000;

fn people() -> [String; 2] {
    ["李明".to_owned(), "王芳".to_owned()]
}

impl CoreGround {
    pub(super) fn promote(&mut self, step: usize, at: usize, (lag, former_runs): (Lag, bool)) -> Result<(), NotHere> {
        let cell = &self.places[at].cell;
        let unit = cell.identity.unit;
        let why = |fault: &dyn std::fmt::Display| not_here("promote", &fault.to_string());
        let mirror = cell.mirrored(lag, self.now).map_err(|fault| why(&fault))?;
        let lost = cell.commands.saturating_sub(mirror.writes.len() as u64);
        let formers = self.common.directory.unit(unit).map(|listing| listing.voters.clone()).unwrap_or_default();
        let draw = Draw::new(self.seed, &format!("life of {unit} after {}", cell.identity.generation.0));
        let (identity, keys) = self.region.next_life(unit, &draw).map_err(|fault| why(&fault))?;
        let before = std::mem::replace(&mut self.common.directory, Arc::clone(&self.region.directory));
        for other in (0..self.places.len()).filter(|other| *other != at) {
            self.places[other].cell.directory.get_or_insert_with(|| Arc::clone(&before));
            let told = self.now.plus_millis(self.draw.below(NEWS_MILLIS) as i64);
            self.later(told, Todo::Directory { at: other });
        }
        let next = self.places[at].cell.next_life((identity, keys, draw), &mirror);
        let life = self.places[at].life + 1;
        let mut former = std::mem::replace(&mut self.places[at], Place { life, ..Place::new(next) });
        former.cell.mirror.frozen = Some(mirror.writes.len() as u64);
        self.let_former_run(&mut former, former_runs.then_some(before));
        let Peer { unit, generation, node } = self.places[at].cell.peer();
        let known = former_runs.then_some(self.places.len());
        self.formers.extend(formers.iter().map(|former| (*former, known)));
        if former_runs {
            let when = self.now.plus_millis(FORMER_MILLIS);
            self.later(when, Todo::Directory { at: self.places.len() });
            self.places.push(former);
            self.is_ready(self.places.len() - 1);
        }
        let how = format!("{} goes on as life {}, {lost} commands are lost", self.alias(at), generation.0);
        self.tell(What::Promoted { unit, generation, node, formers, mirror: mirror.writes });
        self.tell_fault(Some(step), FaultKind::Promote, how);
        self.tell_up(at);
        let place = &mut self.places[at];
        place.cell.recover(&mut self.common, self.now, people());
        self.is_ready(at);
        self.later(self.now, Todo::Release);
        Ok(())
    }

    /// What the old machines applied is told before their unit goes on without it.
    fn let_former_run(&mut self, former: &mut Place, directory: Option<Arc<protocol::directory::Directory>>) {
        let Peer { node, unit, generation } = former.cell.peer();
        for writes in former.cell.take_applied() {
            self.tell(What::Applied { unit, generation, node, writes });
        }
        former.life += 1;
        former.cell.forget();
        former.cell.crash_at.clear();
        former.paused_until = None;
        former.is_ready = false;
        former.wakes_at = None;
        former.is_up = true;
        former.cell.directory = directory;
    }

    pub(super) fn declare_lost(&mut self, step: usize, at: usize, peer: UnitId) -> Result<(), NotHere> {
        let declared = self.places[at].cell.declare_lost(&mut self.common, self.now, (peer, people()));
        declared.map_err(|why| not_here("declare-lost", &why))?;
        let how = format!("{} waits for {} no more", self.alias(at), self.world.alias(peer));
        self.tell_fault(Some(step), FaultKind::DeclareLost, how);
        self.is_ready(at);
        Ok(())
    }

    /// The directory in force reaches a unit, if anything does.
    pub(super) fn tell_directory(&mut self, at: usize) {
        let unit = self.places[at].cell.identity.unit;
        let city = self.common.directory.city();
        let is_cut = unit != city && self.links.blocked(city, unit, self.now).is_some();
        if is_cut || !self.hears(at) {
            if self.places[at].cell.stopped.is_none() {
                self.later(self.now.plus_millis(TOLD_AGAIN_MILLIS), Todo::Directory { at });
            }
            return;
        }
        if self.places[at].cell.directory.take().is_some() {
            self.is_ready(at);
            self.release();
        }
    }

    /// Units whose loss the scenario plays have a mirror that is as far behind as it says.
    pub(super) fn expect_losses(&mut self, losses: impl Iterator<Item = (UnitId, Lag)>) {
        for (unit, lag) in losses {
            if let Some(at) = self.by_unit.get(&unit) {
                self.places[*at].cell.mirror.lag.get_or_insert(lag);
            }
        }
    }
}

impl Place {
    pub(super) fn new(cell: Cell) -> Self {
        Self {
            cell,
            life: 0,
            is_up: true,
            paused_until: None,
            is_ready: false,
            wakes_at: None,
            clock_turn: 0,
            has_told_stop: false,
        }
    }
}
