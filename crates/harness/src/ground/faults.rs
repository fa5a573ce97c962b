//! How each fault is made for real nodes, and what cannot be made.

use std::time::Duration;

use anyhow::Result;
use domain::ids::{NodeId, UnitId};
use domain::time::Timestamp;
use sim::ground::draw::Draw;
use sim::ground::{Ground as _, NotHere, What};
use sim::scenario::{Action, ClockFault, Direction, FaultKind, Fidelity, LinkQuality, NodeChoice, Shape, World};
use tokio::time::Instant;

use super::RealGround;
use super::disks;
use super::firewall::Losses;
use super::lines::{Bad, Lines};
use super::traps;

/// A link that is no slower than this is as good as the machine's own.
const USUAL_DELAY: Duration = Duration::from_millis(50);

/// Whether a link is worse than the machine's own in anything but loss.
fn is_bad(quality: &LinkQuality) -> bool {
    let slow = quality.delay > USUAL_DELAY || quality.jitter > USUAL_DELAY || quality.rate.is_some();
    slow || quality.duplicate_percent > 0.0 || quality.reorder_percent > 0.0
}

/// Something that is done at its time.
#[derive(Clone, Debug)]
pub(super) enum Later {
    /// A node that stands still goes on.
    GoesOn(NodeId),
    /// A link is cut, or joined again.
    Link { pair: (UnitId, UnitId), cut: bool },
    /// A unit is cut from everyone, or joined again.
    Unit { unit: UnitId, cut: bool },
    /// A clock is off by so much.
    Clock { node: NodeId, off_millis: i64 },
    /// A folder is copied, to be put back later.
    Copy { node: NodeId, step: usize },
}

/// Waits for something of the runtime from within a call that cannot.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl RealGround {
    pub(super) fn inflict_here(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        let done = match action {
            Action::Cut(shape) => self.cut(step, shape),
            Action::Heal(unit) => {
                let places = &self.places;
                self.links.heal(*unit, |node| places.get(&node).map(|place| place.unit));
                self.set_links()
            }
            Action::Link { pair, quality } => {
                self.can_be(action, quality)?;
                self.link(step, *pair, *quality)
            }
            Action::Crash { nodes, when: None, kept_percent: None } => {
                // What a killed process had not handed to the system is lost as it would be without power; what it had is not.
                self.chosen(*nodes).into_iter().try_for_each(|node| self.crash(step, node))
            }
            Action::Crash { nodes, when: None, kept_percent: Some(0) } => {
                if let Err(why) = disks::own(self.fidelity) {
                    return self.not_here("a power cut", why);
                }
                self.chosen(*nodes).into_iter().try_for_each(|node| self.lose_power(step, node))
            }
            Action::Crash { when: None, .. } => {
                return self.not_here("a power cut of which a share is kept", "no share of a real disk can be chosen");
            }
            Action::Crash { kept_percent: Some(_), .. } => {
                return self.not_here("a power cut at a named moment", "processes alone are ended at a moment");
            }
            Action::Crash { nodes, when: Some(moment), kept_percent: None } => {
                if let Err(why) = traps::can() {
                    return self.not_here("a crash at a named moment", why);
                }
                self.set_trap(step, self.chosen(*nodes), *moment)
            }
            Action::Restart(nodes) => self.restart(step, *nodes),
            Action::Pause { nodes, lasting } => self.pause(step, *nodes, *lasting),
            Action::Clock { .. } | Action::Advance(_) if self.clocks.is_none() => {
                let why = match self.fidelity {
                    Fidelity::Container => "a static program in a container shows the machine's own time",
                    _ => "libfaketime (Debian's package faketime) is not installed",
                };
                return self.not_here("setting wall clocks", why);
            }
            Action::Clock { nodes, fault } => self.clock(step, *nodes, *fault),
            Action::Advance(by) => self.advance(step, *by),
            Action::Disk { nodes, fault } => {
                self.has_disks(*fault)?;
                self.chosen(*nodes).into_iter().try_for_each(|node| self.disk(step, node, *fault))
            }
            Action::ReplayMail { from, to } => {
                self.replay_mail(step, *from, *to);
                Ok(())
            }
            Action::ForgeMail { from, to, forgery } => {
                self.forge_mail(step, *from, *to, *forgery);
                Ok(())
            }
            Action::Voters(change) => self.change_voters(step, *change),
            Action::Promote { .. } | Action::DeclareLost { .. } => {
                return self.not_here("promote", "promotion comes with the engine");
            }
            _ => return self.not_here("an act of people", "acts are begun, not inflicted"),
        };
        // A fault that this machine can make and that cannot be made now: the run proves nothing any more.
        done.unwrap_or_else(|why| panic!("{action:?}: {why:?}"));
        Ok(())
    }

    pub(super) fn not_here(&self, what: &str, why: &str) -> Result<(), NotHere> {
        Err(NotHere { action: what.to_owned(), fidelity: self.fidelity, why: why.to_owned() })
    }

    pub(super) fn do_what_is_due(&mut self) {
        while let Some((key, _)) = self.later.first_key_value() {
            if key.0 > self.now() {
                return;
            }
            let Some((_, what)) = self.later.pop_first() else { return };
            self.busy = Instant::now();
            self.do_later(what.clone()).unwrap_or_else(|why| panic!("{what:?}: {why:?}"));
        }
    }

    fn do_later(&mut self, what: Later) -> Result<()> {
        match what {
            Later::GoesOn(node) => {
                let place = self.places.get_mut(&node).expect("it was stopped");
                // Killed meanwhile: nothing goes on.
                if std::mem::take(&mut place.stands_still)
                    && place.runs
                    && let Some(node) = self.node(node)
                {
                    wait(node.resume())?;
                }
                Ok(())
            }
            Later::Link { pair: (a, b), cut } => {
                if cut {
                    self.links.cut(&Shape::Pair(a, b, Direction::Both));
                } else {
                    self.links.join(a, b);
                }
                self.set_links()
            }
            Later::Unit { unit, cut } => {
                let places = &self.places;
                if cut {
                    self.links.cut_unit(unit);
                } else {
                    self.links.heal(Some(unit), |node| places.get(&node).map(|place| place.unit));
                }
                self.set_links()
            }
            Later::Clock { node, off_millis } => {
                self.places.get_mut(&node).expect("it has a clock").off_millis = off_millis;
                self.set_clocks(vec![node])
            }
            Later::Copy { node, step } => self.copy_folder(node, step),
        }
    }

    /// From now on a fault lasts for so long: time is not hurried meanwhile.
    fn lasts(&mut self, lasting: Duration) -> Timestamp {
        let until = self.now().plus_millis(millis(lasting));
        self.lasting = self.lasting.max(until);
        until
    }

    fn cut(&mut self, step: usize, shape: &Shape) -> Result<()> {
        match shape {
            Shape::Node(choice) => {
                for node in self.chosen(*choice) {
                    self.links.cut_node(node);
                }
            }
            Shape::Flapping { pair, every, lasting } => {
                let until = self.lasts(*lasting);
                let (mut at, mut cut) = (self.now(), true);
                while at < until {
                    self.later(at, Later::Link { pair: *pair, cut });
                    (at, cut) = (at.plus_millis(millis(*every)), !cut);
                }
                self.later(until, Later::Link { pair: *pair, cut: false });
            }
            Shape::Swizzle { units, every } => {
                let mut joined = units.clone();
                let draw = Draw::new(self.seed, &format!("swizzle of step {step}"));
                for at in (1..joined.len()).rev() {
                    joined.swap(at, usize::try_from(draw.below(at as u64 + 1)).unwrap_or_default());
                }
                self.lasts(*every * u32::try_from(2 * units.len()).unwrap_or(u32::MAX));
                let turns = units.iter().map(|unit| (*unit, true)).chain(joined.into_iter().map(|unit| (unit, false)));
                let mut at = self.now();
                for (unit, cut) in turns {
                    self.later(at, Later::Unit { unit, cut });
                    at = at.plus_millis(millis(*every));
                }
            }
            steady => {
                self.links.cut(steady);
            }
        }
        self.proves_cut(step, shape)?;
        self.set_links()
    }

    /// Whether links of a quality can be had here.
    fn can_be(&mut self, action: &Action, quality: &LinkQuality) -> Result<(), NotHere> {
        if !is_bad(quality) || self.lines.is_some() {
            return Ok(());
        }
        let why = match self.fidelity {
            Fidelity::Container => "no queue takes packets in the networks of containers".to_owned(),
            _ => match Lines::open(self.seed) {
                Ok(lines) => {
                    self.lines = Some(lines);
                    return Ok(());
                }
                Err(why) => format!("this machine lets no program hold packets (NFQUEUE): {why:#}"),
            },
        };
        self.not_here(&format!("{action:?}"), &why)
    }

    fn link(&mut self, step: usize, pair: Option<(UnitId, UnitId)>, quality: LinkQuality) -> Result<()> {
        self.links.set_quality(pair, quality);
        self.proves_quality(Some(step), &quality, |from, to| {
            pair.is_none_or(|(a, b)| [(a, b), (b, a)].contains(&(from.unit, to.unit)))
        })?;
        self.set_links()
    }

    /// The links that the world begins with.
    pub(super) fn links_of_the_world(&mut self, world: &World) -> Result<()> {
        let all = [world.links].into_iter().chain(world.pairs.values().copied());
        for quality in all.filter(|quality| is_bad(quality) || quality.loss_percent > 0.0) {
            self.can_be(&Action::Link { pair: None, quality }, &quality)?;
            let pairs = world.pairs.clone();
            self.proves_quality(None, &quality, |from, to| {
                let named = [(from.unit, to.unit), (to.unit, from.unit)].into_iter().find_map(|pair| pairs.get(&pair));
                *named.unwrap_or(&world.links) == quality
            })?;
        }
        self.set_links()
    }

    /// Brings what is lost and held in line with the rules of the simulated network, which say the same at every fidelity.
    pub(super) fn set_links(&mut self) -> Result<()> {
        let ends = self.ends();
        let (mut losses, mut bad) = (Losses::default(), Bad::new());
        for (from, sends) in &ends {
            for (to, receives) in ends.iter().filter(|(to, _)| to.node != from.node) {
                if !self.links.reaches(*from, *to) {
                    losses.cut.insert((*sends, *receives));
                    continue;
                }
                if from.unit == to.unit {
                    continue;
                }
                let (way, quality) = ((*sends, *receives), self.links.quality(from.unit, to.unit));
                if quality.loss_percent > 0.0 {
                    losses.thinned.push((way, (quality.loss_percent * 10.0) as u32));
                }
                if is_bad(&quality) {
                    bad.insert(way, ((from.unit, to.unit), quality));
                }
            }
        }
        if let Some(lines) = &mut self.lines {
            losses.held = bad.keys().copied().collect();
            lines.set(bad)?;
        }
        self.namespaces().iter().try_for_each(|namespace| namespace.set(&losses))
    }

    /// A node's process is gone, however it went.
    pub(super) fn has_ended(&mut self, node: NodeId) {
        let unit = self.places[&node].unit;
        let alone = self.nodes_of(unit).len() == 1;
        let place = self.places.get_mut(&node).expect("a node of the region");
        (place.runs, place.stands_still, place.answered, place.left_behind) = (false, false, false, alone);
        self.statuses.ends(node);
        if self.leaders.get(&unit) == Some(&node) {
            self.leaders.remove(&unit);
        }
    }

    pub(super) fn crash(&mut self, step: usize, node: NodeId) -> Result<()> {
        if !self.places[&node].runs {
            return Ok(());
        }
        self.end(node)?;
        self.fault(step, FaultKind::Crash, format!("node {node} ended"));
        Ok(())
    }

    /// kill -9.
    pub(super) fn end(&mut self, node: NodeId) -> Result<()> {
        if let Some(node) = self.node(node) {
            node.kill()?;
        }
        let unit = self.places[&node].unit;
        self.has_ended(node);
        self.tell(What::Down { node, unit });
        Ok(())
    }

    fn restart(&mut self, step: usize, nodes: NodeChoice) -> Result<()> {
        for node in self.chosen(nodes) {
            if self.places[&node].runs {
                continue;
            }
            self.start_node(node)?;
            self.fault(step, FaultKind::Restart, format!("node {node} starts again"));
        }
        self.touch_syncs()?;
        // A container has a new network each time, and perhaps another address.
        if self.fidelity == Fidelity::Container { self.set_links() } else { Ok(()) }
    }

    fn pause(&mut self, step: usize, nodes: NodeChoice, lasting: Duration) -> Result<()> {
        let until = self.lasts(lasting);
        for node in self.chosen(nodes) {
            if !self.places[&node].runs || self.places[&node].stands_still {
                continue;
            }
            if let Some(node) = self.node(node) {
                wait(node.pause())?;
            }
            let place = self.places.get_mut(&node).expect("a node of the region");
            place.stands_still = true;
            let unit = place.unit;
            if self.leaders.get(&unit) == Some(&node) {
                self.leaders.remove(&unit);
            }
            self.fault(step, FaultKind::Pause, format!("node {node} stands still"));
            self.later(until, Later::GoesOn(node));
        }
        Ok(())
    }

    fn clock(&mut self, step: usize, nodes: NodeChoice, fault: ClockFault) -> Result<()> {
        for node in self.chosen(nodes) {
            let (kind, off_millis, how) = match fault {
                ClockFault::Offset(millis) => {
                    (FaultKind::ClockOffset, millis, format!("node {node} is off by {millis} ms"))
                }
                ClockFault::Set(to) => (FaultKind::ClockSet, to.0 - self.now().0, format!("node {node} shows {to}")),
                ClockFault::Strobe { by_millis, every, lasting } => {
                    let until = self.lasts(lasting);
                    let (mut at, mut off_millis) = (self.now().plus_millis(millis(every)), 0);
                    while at < until {
                        self.later(at, Later::Clock { node, off_millis });
                        off_millis = if off_millis == 0 { by_millis } else { 0 };
                        at = at.plus_millis(millis(every));
                    }
                    self.later(until, Later::Clock { node, off_millis: 0 });
                    (FaultKind::ClockStrobe, by_millis, format!("node {node} jumps by {by_millis} ms"))
                }
            };
            self.do_later(Later::Clock { node, off_millis })?;
            if off_millis != 0 {
                self.fault(step, kind, how);
            }
        }
        Ok(())
    }

    /// Everybody stands still for the moment in which the clocks go on: no word is said in one time and heard in another.
    fn advance(&mut self, step: usize, by: Duration) -> Result<()> {
        let awake = |place: &super::Place| place.runs && !place.stands_still;
        let nodes: Vec<NodeId> = self.places.iter().filter(|(_, place)| awake(place)).map(|(node, _)| *node).collect();
        for node in &nodes {
            if let Some(node) = self.node(*node) {
                wait(node.pause())?;
            }
        }
        self.leap(millis(by))?;
        self.advanced = Some(Instant::now());
        for node in &nodes {
            if let Some(node) = self.node(*node) {
                wait(node.resume())?;
            }
        }
        self.fault(step, FaultKind::Advance, "wall time went on");
        Ok(())
    }

    fn has_disks(&self, fault: sim::scenario::DiskFault) -> Result<(), NotHere> {
        match disks::can(fault, self.fidelity) {
            Ok(()) => Ok(()),
            Err(why) => self.not_here(&format!("{fault:?} of a disk"), why),
        }
    }
}
