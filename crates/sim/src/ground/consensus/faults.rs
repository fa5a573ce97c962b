//! How each fault is brought about in a simulated world.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use protocol::seam::Peer;
use rand::RngExt as _;

use super::ConsensusGround;
use super::disk::{OnCommit, OnInstall, SimDisk, incarnation};
use super::runtime::Life;
use super::world::{Shared, Trap, lock};
use crate::ground::moments::moments;
use crate::ground::{NotHere, What, draw};
use crate::scenario::{Action, ClockFault, Direction, DiskFault, FaultKind, Fidelity, LinkQuality, NodeChoice, Shape};

/// What a replica's disk tells of its writes: events, and crashes at their moment.
pub(super) fn hooks(world: &Arc<Shared>, me: Peer, disk: &SimDisk, life: &Life) -> (OnCommit, OnInstall) {
    // Weak: the world holds the replicas, and they their disks' hooks.
    let (weak, trapped, own) = (Arc::downgrade(world), disk.clone(), life.clone());
    let on_commit: OnCommit = Arc::new(move |writes| {
        let Some(world) = weak.upgrade().filter(|_| own.goes_on()) else { return };
        world.tell(What::Applied {
            unit: me.unit,
            generation: me.generation,
            node: me.node,
            writes: Arc::new(writes.clone()),
        });
        if let Some(trap) = sprung(&world, me.node, writes) {
            crash(&world, trap.step, me.node, &trapped, &own, trap.kept_percent, FaultKind::CrashAtMoment);
        }
    });
    let weak = Arc::downgrade(world);
    let on_install: OnInstall = Arc::new(move || {
        if let Some(world) = weak.upgrade() {
            world.tell(What::Installed { unit: me.unit, node: me.node });
        }
    });
    (on_commit, on_install)
}

fn sprung(world: &Shared, node: NodeId, writes: &protocol::overlay::WriteSet) -> Option<Trap> {
    let mut traps = lock(&world.traps);
    if !traps.iter().any(|trap| trap.nodes.contains(&node)) {
        return None;
    }
    let reached = moments(writes);
    let at = traps.iter().position(|trap| trap.nodes.contains(&node) && reached.contains(&trap.moment))?;
    Some(traps.remove(at))
}

/// Ends a replica without warning: its tasks are gone, and of its disk what no sync kept.
pub(super) fn crash(
    world: &Shared,
    step: usize,
    node: NodeId,
    disk: &SimDisk,
    life: &Life,
    kept_percent: u8,
    kind: FaultKind,
) {
    if !life.goes_on() {
        return;
    }
    life.end();
    let lost = disk.crash(kept_percent);
    world.set_host(node, None);
    if let Some(unit) = world.unit_of(node) {
        world.tell(What::Down { node, unit });
    }
    world.fault(Some(step), kind, format!("node {node} ended"));
    if lost > 0 {
        world.fault(Some(step), FaultKind::UnsyncedLost, format!("node {node} lost {lost} unsynced batches"));
    }
}

impl ConsensusGround {
    pub(super) fn inflict_here(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        let not_here = |what: &str, why: &str| {
            Err(NotHere { action: what.to_owned(), fidelity: Fidelity::Consensus, why: why.to_owned() })
        };
        match action {
            Action::Cut(shape) => self.cut(step, shape),
            Action::Heal(unit) => {
                let world = &self.world;
                lock(&world.network).heal(*unit, |node| world.unit_of(node));
            }
            Action::Link { pair, quality } => self.link(step, *pair, *quality),
            Action::Crash { nodes, when: None, kept_percent } => {
                for node in self.chosen(*nodes) {
                    self.crash(step, node, kept_percent.unwrap_or(0), FaultKind::Crash);
                }
            }
            Action::Crash { nodes, when: Some(moment), kept_percent } => {
                let (nodes, kept_percent) = (self.chosen(*nodes), kept_percent.unwrap_or(0));
                lock(&self.world.traps).push(Trap { step, nodes, moment: *moment, kept_percent });
            }
            Action::Restart(nodes) => self.restart(step, *nodes),
            Action::Pause { nodes, lasting } => self.pause(step, *nodes, *lasting),
            Action::Clock { nodes, fault } => self.clock(step, *nodes, *fault),
            Action::Disk { nodes, fault } => self.disk(step, *nodes, *fault),
            Action::ReplayMail { from, to } => self.replay_mail(step, *from, *to),
            Action::ForgeMail { from, to, forgery } => self.forge_mail(step, *from, *to, *forgery),
            Action::Advance(by) => {
                self.world.advance(*by);
                self.world.fault(Some(step), FaultKind::Advance, "wall time went on");
            }
            Action::Voters(change) => self.change_voters(step, *change),
            Action::Promote { .. } | Action::DeclareLost { .. } => {
                return not_here("promote", "promotion comes with the engine");
            }
            _ => return not_here("an act of people", "acts are begun, not inflicted"),
        }
        Ok(())
    }

    fn cut(&mut self, step: usize, shape: &Shape) {
        let kind = shape.kind();
        match shape {
            Shape::Node(choice) => {
                for node in self.chosen(*choice) {
                    lock(&self.world.network).cut_node(node);
                }
            }
            Shape::Flapping { pair: (a, b), every, lasting } => {
                let (world, a, b, every, lasting) = (Arc::clone(&self.world), *a, *b, *every, *lasting);
                self.world.spawn(async move {
                    let until = world.lived() + lasting;
                    while world.lived() < until {
                        lock(&world.network).cut(&Shape::Pair(a, b, Direction::Both));
                        tokio::time::sleep(every).await;
                        lock(&world.network).join(a, b);
                        tokio::time::sleep(every).await;
                    }
                });
            }
            Shape::Swizzle { units, every } => {
                let mut joined = units.clone();
                let mut draws = draw::stream(self.seed, &format!("swizzle of step {step}"));
                for at in (1..joined.len()).rev() {
                    joined.swap(at, draws.random_range(0..=at));
                }
                let (world, units, every) = (Arc::clone(&self.world), units.clone(), *every);
                self.world.spawn(async move {
                    for unit in units {
                        lock(&world.network).cut_unit(unit);
                        tokio::time::sleep(every).await;
                    }
                    for unit in joined {
                        lock(&world.network).heal(Some(unit), |node| world.unit_of(node));
                        tokio::time::sleep(every).await;
                    }
                });
            }
            steady => {
                lock(&self.world.network).cut(steady);
            }
        }
        self.world.fault(Some(step), kind, "");
    }

    fn link(&mut self, step: usize, pair: Option<(domain::ids::UnitId, domain::ids::UnitId)>, quality: LinkQuality) {
        lock(&self.world.network).set_quality(pair, quality);
        // What becomes of single messages is counted where it happens.
        if quality.delay >= Duration::from_millis(100) {
            self.world.fault(Some(step), FaultKind::Delay, "");
        }
    }

    fn restart(&mut self, step: usize, nodes: NodeChoice) {
        for node in self.chosen(nodes) {
            if !self.is_living(node) {
                self.start(node);
                self.world.fault(Some(step), FaultKind::Restart, format!("node {node} starts again"));
            }
        }
    }

    fn pause(&mut self, step: usize, nodes: NodeChoice, lasting: Duration) {
        for node in self.chosen(nodes) {
            let Some((_, life)) = self.world.host(node) else { continue };
            life.stand_still();
            self.world.fault(Some(step), FaultKind::Pause, format!("node {node} stands still"));
            self.world.spawn(async move {
                tokio::time::sleep(lasting).await;
                life.go_on();
            });
        }
    }

    fn clock(&mut self, step: usize, nodes: NodeChoice, fault: ClockFault) {
        for node in self.chosen(nodes) {
            match fault {
                ClockFault::Offset(millis) => {
                    self.world.set_clock_offset(node, millis);
                    if millis != 0 {
                        self.world.fault(
                            Some(step),
                            FaultKind::ClockOffset,
                            format!("node {node} is off by {millis} ms"),
                        );
                    }
                }
                ClockFault::Set(to) => {
                    self.world.set_clock_offset(node, to.0 - self.world.now().0);
                    self.world.fault(Some(step), FaultKind::ClockSet, format!("node {node} shows {to}"));
                }
                ClockFault::Strobe { by_millis, every, lasting } => {
                    self.world.fault(
                        Some(step),
                        FaultKind::ClockStrobe,
                        format!("node {node} jumps by {by_millis} ms"),
                    );
                    let world = Arc::clone(&self.world);
                    self.world.spawn(async move {
                        let until = world.lived() + lasting;
                        while world.lived() < until {
                            world.set_clock_offset(node, by_millis);
                            tokio::time::sleep(every).await;
                            world.set_clock_offset(node, 0);
                            tokio::time::sleep(every).await;
                        }
                    });
                }
            }
        }
    }

    fn disk(&mut self, step: usize, nodes: NodeChoice, fault: DiskFault) {
        for node in self.chosen(nodes) {
            let Some(unit) = self.world.unit_of(node) else { continue };
            let lived = self.world.lived();
            let mut how = format!("disk of node {node}");
            let Some(disk) = self.disks.get_mut(&node) else { continue };
            let kind = match fault {
                DiskFault::SyncFails => {
                    disk.fail_next_sync();
                    FaultKind::SyncFails
                }
                DiskFault::Dead => {
                    disk.die();
                    FaultKind::DiskDead
                }
                DiskFault::Slow(latency) => {
                    disk.slow(Some(latency).filter(|latency| !latency.is_zero()));
                    FaultKind::DiskSlow
                }
                DiskFault::Full => {
                    disk.full(true);
                    FaultKind::DiskFull
                }
                DiskFault::Mended => {
                    disk.mend();
                    continue;
                }
                DiskFault::Rot => {
                    let draw = draw::stream(self.seed, &format!("rot of step {step} node {node}")).random();
                    if !disk.rot(unit, domain::ids::Generation::FIRST, draw) {
                        continue;
                    }
                    FaultKind::Rot
                }
                // Folders are changed while nobody has them open.
                DiskFault::RolledBack(_) | DiskFault::Wiped if self.world.host(node).is_some() => {
                    self.crash(step, node, 0, FaultKind::Crash);
                    self.disk(step, self.nth(node), fault);
                    continue;
                }
                DiskFault::RolledBack(by) => {
                    let wanted = lived.saturating_sub(by);
                    let mut copies = self.copies.get(&node).into_iter().flatten();
                    let Some((at, copy)) = copies.rfind(|(at, _)| *at <= wanted) else { continue };
                    how = format!("folder of node {node} is put back by {} s", (lived - *at).as_secs());
                    disk.replace(copy);
                    FaultKind::RolledBack
                }
                DiskFault::Wiped => {
                    disk.replace(&SimDisk::new(incarnation(node, lived)));
                    FaultKind::Wiped
                }
            };
            self.world.fault(Some(step), kind, how);
        }
    }

    fn is_living(&self, node: NodeId) -> bool {
        self.living.get(&node).is_some_and(Life::goes_on)
    }

    fn nth(&self, node: NodeId) -> NodeChoice {
        let unit = self.world.unit_of(node).unwrap_or(domain::ids::UnitId::FIRST);
        let at = self.listed(unit).iter().position(|known| *known == node).unwrap_or(0);
        NodeChoice::Nth(unit, u8::try_from(at + 1).unwrap_or(u8::MAX))
    }
}
