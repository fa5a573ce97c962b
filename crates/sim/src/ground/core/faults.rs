//! Bringing faults about, and ending them.

use std::time::Duration;

use domain::ids::UnitId;
use protocol::seam::Peer;
use unit::clock::ClockWatch;

use super::{CoreGround, ELECTION_MILLIS, Todo};
use crate::ground::{NotHere, What};
use crate::scenario::{Action, ClockFault, FaultKind, Fidelity, Moment, NodeChoice, Shape};

/// A clock that jumps there and back.
#[derive(Clone, Copy)]
pub(super) struct Strobe {
    step: usize,
    by_millis: i64,
    every_millis: i64,
    until: domain::time::Timestamp,
    /// The true error of the clock, to which it comes back.
    base: i64,
    is_there: bool,
}

pub(super) fn not_here(action: &str, why: &str) -> NotHere {
    NotHere { action: action.to_owned(), fidelity: Fidelity::Core, why: why.to_owned() }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

const ONE_LOG: &str = "each unit is one perfect log here, without other replicas";

impl CoreGround {
    pub(super) fn bring_about(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        match action {
            Action::Cut(Shape::Node(_)) => return Err(not_here("cut of one replica", ONE_LOG)),
            Action::Cut(shape) => {
                for joined in self.links.cut(step, shape, self.now) {
                    self.later(joined, Todo::Release);
                }
                // A stream that waits for its link sends nothing that could be lost: the cut itself is the fault.
                self.tell_fault(Some(step), shape.kind(), String::new());
            }
            Action::Heal(unit) => {
                self.links.heal(*unit);
                self.later(self.now, Todo::Release);
                if self.compares_clocks {
                    self.everyone_is_ready();
                }
            }
            Action::Link { pair, quality } => self.links.set(step, *pair, *quality),
            Action::Crash { nodes, when, .. } => {
                for at in self.chosen("crash", *nodes)? {
                    self.begin_crash(step, at, *nodes, *when);
                }
            }
            Action::Restart(nodes) => {
                for at in self.chosen("restart", *nodes)? {
                    if !self.places[at].is_up {
                        self.restart(at);
                        self.tell_fault(Some(step), FaultKind::Restart, format!("{} runs again", self.alias(at)));
                    }
                }
            }
            Action::Pause { nodes, lasting } => {
                for at in self.chosen("pause", *nodes)? {
                    let until = self.now.plus_millis(millis(*lasting));
                    self.places[at].paused_until = Some(until);
                    self.later(until, Todo::Resume { at });
                    self.tell_fault(Some(step), FaultKind::Pause, format!("{} stands still", self.alias(at)));
                }
            }
            Action::Clock { nodes, fault } => {
                for at in self.chosen("clock", *nodes)? {
                    self.set_clock(step, at, *fault);
                }
            }
            Action::Disk { .. } => return Err(not_here("disk", "a perfect log has no disk")),
            Action::ReplayMail { from, to } => {
                let (from, to) = (self.place("replay-mail", *from)?, self.place("replay-mail", *to)?);
                if !self.replay(step, from, to) {
                    return Err(not_here("replay-mail", "nothing was sent between the two so far"));
                }
            }
            Action::ForgeMail { from, to, forgery } => {
                let (from, to) = (self.place("forge-mail", *from)?, self.place("forge-mail", *to)?);
                if !self.forge(step, from, to, *forgery) {
                    return Err(not_here("forge-mail", "it takes real mail, and none was sent between the two so far"));
                }
            }
            Action::Advance(by) => {
                let until = self.now.plus_millis(millis(*by));
                self.pass(until);
                self.tell_fault(Some(step), FaultKind::Advance, format!("it is {until}"));
            }
            Action::Promote { unit, lag, former_runs } => {
                let at = self.place("promote", *unit)?;
                self.promote(step, at, (*lag, *former_runs))?;
            }
            Action::DeclareLost { peer, by } => {
                let at = self.place("declare-lost", *by)?;
                self.declare_lost(step, at, *peer)?;
            }
            Action::Submit(_)
            | Action::Traffic { .. }
            | Action::Accept { .. }
            | Action::NotAccept { .. }
            | Action::Decide { .. }
            | Action::Deliver { .. }
            | Action::Withdraw { .. }
            | Action::TakeBack { .. }
            | Action::Handle { .. }
            | Action::Concern { .. }
            | Action::ConfirmTime { .. }
            | Action::Voters(_)
            | Action::Catalogue(_)
            | Action::Publish { .. } => {
                return Err(not_here("act", "what people do is no fault: it is asked of a unit"));
            }
        }
        Ok(())
    }

    fn place(&self, action: &str, unit: UnitId) -> Result<usize, NotHere> {
        let known = self.by_unit.get(&unit).copied();
        known.ok_or_else(|| not_here(action, &format!("{unit} is no unit of this world")))
    }

    fn chosen(&self, action: &str, nodes: NodeChoice) -> Result<Vec<usize>, NotHere> {
        match nodes {
            NodeChoice::All(unit) | NodeChoice::Leader(unit) | NodeChoice::Nth(unit, 0 | 1) => {
                Ok(vec![self.place(action, unit)?])
            }
            NodeChoice::Nth(..) => Err(not_here(&format!("{action} of a further replica"), ONE_LOG)),
            NodeChoice::Everyone => Ok((0..self.places.len()).collect()),
        }
    }

    fn begin_crash(&mut self, step: usize, at: usize, nodes: NodeChoice, when: Option<Moment>) {
        if let Some(moment) = when {
            self.places[at].cell.crash_at.insert(moment, step);
            return;
        }
        if !self.places[at].is_up {
            return;
        }
        self.crash(at);
        self.tell_fault(Some(step), FaultKind::Crash, format!("{} ended", self.alias(at)));
        // Where other voters are a majority they go on without the one that ended.
        let unit = self.places[at].cell.identity.unit;
        let voters = self.common.directory.unit(unit).map_or(1, |listing| listing.voters.len());
        if voters > 2 && matches!(nodes, NodeChoice::Leader(_) | NodeChoice::Nth(..)) {
            let life = self.places[at].life;
            self.later(self.now.plus_millis(ELECTION_MILLIS), Todo::Elected { at, life });
        }
    }

    /// The unit is deaf from now on, and its leader's memory is lost.
    pub(super) fn crash(&mut self, at: usize) {
        let place = &mut self.places[at];
        place.life += 1;
        place.is_up = false;
        place.paused_until = None;
        place.wakes_at = None;
        place.cell.forget();
        let Peer { node, unit, .. } = place.cell.peer();
        self.tell(What::Down { node, unit });
    }

    pub(super) fn restart(&mut self, at: usize) {
        if std::mem::replace(&mut self.places[at].is_up, true) {
            return;
        }
        // A machine that has just started cannot tell whether its clock is right. The city's voters are one log here: they agree.
        let cell = &mut self.places[at].cell;
        cell.watch = ClockWatch::started(self.common.directory.parent(cell.identity.unit).is_some(), self.now.0);
        self.compares_clocks = true;
        self.tell_up(at);
        self.is_ready(at);
        self.later(self.now, Todo::Release);
    }

    fn set_clock(&mut self, step: usize, at: usize, fault: ClockFault) {
        self.compares_clocks = true;
        let place = &mut self.places[at];
        place.clock_turn += 1;
        let (turn, before) = (place.clock_turn, place.cell.clock_ahead);
        let (kind, how) = match fault {
            ClockFault::Offset(ahead) => {
                place.cell.clock_ahead = ahead;
                if ahead == 0 {
                    // Set right: no fault.
                    self.has_jumped(at, before);
                    return self.everyone_is_ready();
                }
                (FaultKind::ClockOffset, format!("is {ahead} ms ahead"))
            }
            ClockFault::Set(shown) => {
                place.cell.clock_ahead = shown.0 - self.now.0;
                (FaultKind::ClockSet, format!("shows {shown}"))
            }
            ClockFault::Strobe { by_millis, every, lasting } => {
                let strobe = Strobe {
                    step,
                    by_millis,
                    every_millis: millis(every).max(1),
                    until: self.now.plus_millis(millis(lasting)),
                    base: place.cell.clock_ahead,
                    is_there: false,
                };
                return self.strobe(at, turn, strobe);
            }
        };
        self.has_jumped(at, before);
        self.tell_fault(Some(step), kind, format!("the clock of {} {how}", self.alias(at)));
        self.everyone_is_ready();
    }

    /// As `host` notices a jump between two looks, in a unit that has a witness.
    fn has_jumped(&mut self, at: usize, before: i64) {
        let cell = &mut self.places[at].cell;
        if self.common.directory.parent(cell.identity.unit).is_some() {
            cell.watch.look(self.now.plus_millis(before), self.now.0);
            cell.watch.look(cell.clock(self.now), self.now.0);
        }
    }

    /// A clock is right or wrong for those below it, too.
    pub(super) fn everyone_is_ready(&mut self) {
        for at in 0..self.places.len() {
            self.is_ready(at);
        }
    }

    /// One jump of a strobe.
    pub(super) fn strobe(&mut self, at: usize, turn: u32, mut strobe: Strobe) {
        if self.places[at].clock_turn != turn {
            return;
        }
        strobe.is_there = !strobe.is_there && self.now < strobe.until;
        let before = self.places[at].cell.clock_ahead;
        self.places[at].cell.clock_ahead = strobe.base + if strobe.is_there { strobe.by_millis } else { 0 };
        let how = format!("the clock of {} jumps to {} ms ahead", self.alias(at), self.places[at].cell.clock_ahead);
        self.has_jumped(at, before);
        self.tell_fault(Some(strobe.step), FaultKind::ClockStrobe, how);
        self.everyone_is_ready();
        if self.now < strobe.until {
            let next = self.now.plus_millis(strobe.every_millis).min(strobe.until);
            self.later(next, Todo::Strobe { at, turn, strobe });
        }
    }
}
