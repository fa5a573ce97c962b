//! Which links are cut and how good they are: the rules that every simulated message meets, the same for both simulated grounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::scenario::{Direction, FaultKind, LinkQuality, Shape};

/// Inside a unit: one switch.
const LAN: Duration = Duration::from_micros(500);
/// How much later an overtaken message comes.
const OVERTAKEN: Duration = Duration::from_millis(400);
/// A message that was lost is sent again by the link itself; each loss costs this.
const RESENT: Duration = Duration::from_millis(300);
/// So many losses one after the other break the connection.
const MOST_LOSSES: u32 = 6;

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The node.
    pub node: NodeId,
    /// Its unit.
    pub unit: UnitId,
}

/// The network of a world.
#[derive(Debug)]
pub struct Network {
    usual: LinkQuality,
    pairs: BTreeMap<(UnitId, UnitId), LinkQuality>,
    /// Directed: from, to.
    cut: BTreeSet<(UnitId, UnitId)>,
    cut_nodes: BTreeSet<NodeId>,
    units: Vec<UnitId>,
    /// Until when a rate-limited link is busy, since the start.
    busy: BTreeMap<(UnitId, UnitId), Duration>,
    draws: ChaCha8Rng,
}

/// What becomes of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When it arrives, after it was sent; `None` if it never does.
    pub arrives_after: Option<Duration>,
    /// Whether it arrives once more, so much later.
    pub again_after: Option<Duration>,
    /// Faults that it met.
    pub faults: Vec<FaultKind>,
}

impl Network {
    /// A network in which everyone reaches everyone.
    pub fn new(
        units: Vec<UnitId>,
        usual: LinkQuality,
        pairs: &BTreeMap<(UnitId, UnitId), LinkQuality>,
        draws: ChaCha8Rng,
    ) -> Self {
        let mut both_ways = BTreeMap::new();
        for ((a, b), quality) in pairs {
            both_ways.insert((*a, *b), *quality);
            both_ways.insert((*b, *a), *quality);
        }
        Self {
            usual,
            pairs: both_ways,
            cut: BTreeSet::new(),
            cut_nodes: BTreeSet::new(),
            units,
            busy: BTreeMap::new(),
            draws,
        }
    }

    /// Whether what `from` sends reaches `to` at all.
    pub fn reaches(&self, from: End, to: End) -> bool {
        if from.node == to.node {
            return true;
        }
        let whole = !self.cut_nodes.contains(&from.node) && !self.cut_nodes.contains(&to.node);
        whole && (from.unit == to.unit || !self.cut.contains(&(from.unit, to.unit)))
    }

    /// Cuts one way between two units.
    pub fn cut_one_way(&mut self, from: UnitId, to: UnitId) {
        self.cut.insert((from, to));
    }

    /// Joins one pair of units again, both ways.
    pub fn join(&mut self, a: UnitId, b: UnitId) {
        self.cut.remove(&(a, b));
        self.cut.remove(&(b, a));
    }

    /// Cuts a unit from all others.
    pub fn cut_unit(&mut self, unit: UnitId) {
        for other in self.units.clone() {
            if other != unit {
                self.cut.insert((unit, other));
                self.cut.insert((other, unit));
            }
        }
    }

    /// Cuts a node from everyone, its own unit included.
    pub fn cut_node(&mut self, node: NodeId) {
        self.cut_nodes.insert(node);
    }

    /// Cuts in a shape that does not change by itself; `false` for those that do (flapping, swizzle) and for single nodes.
    pub fn cut(&mut self, shape: &Shape) -> bool {
        match shape {
            Shape::Unit(unit) => self.cut_unit(*unit),
            Shape::Pair(a, b, direction) => {
                self.cut.insert((*a, *b));
                if *direction == Direction::Both {
                    self.cut.insert((*b, *a));
                }
            }
            Shape::Group(group) => self.part(|a, b| group.contains(&a) != group.contains(&b)),
            Shape::Ring(ring) => {
                let place = |unit| ring.iter().position(|known| *known == unit);
                self.part(|a, b| match (place(a), place(b)) {
                    (Some(a), Some(b)) => {
                        let apart = a.abs_diff(b);
                        apart != 1 && apart + 1 != ring.len()
                    }
                    _ => false,
                });
            }
            Shape::Bridge(units) => {
                let Some((bridge, rest)) = units.split_first() else { return true };
                let half = |unit| rest.iter().position(|known| *known == unit).map(|at| at < rest.len() / 2);
                self.part(|a, b| a != *bridge && b != *bridge && half(a).zip(half(b)).is_some_and(|(a, b)| a != b));
            }
            Shape::Node(_) | Shape::Flapping { .. } | Shape::Swizzle { .. } => return false,
        }
        true
    }

    fn part(&mut self, apart: impl Fn(UnitId, UnitId) -> bool) {
        for a in &self.units {
            for b in &self.units {
                if a != b && apart(*a, *b) {
                    self.cut.insert((*a, *b));
                }
            }
        }
    }

    /// Joins all links of a unit, or all links there are.
    pub fn heal(&mut self, unit: Option<UnitId>, nodes_of: impl Fn(NodeId) -> Option<UnitId>) {
        match unit {
            None => {
                self.cut.clear();
                self.cut_nodes.clear();
            }
            Some(unit) => {
                self.cut.retain(|(a, b)| *a != unit && *b != unit);
                self.cut_nodes.retain(|node| nodes_of(*node) != Some(unit));
            }
        }
    }

    /// From now on links are of this quality: one pair both ways, or all.
    pub fn set_quality(&mut self, pair: Option<(UnitId, UnitId)>, quality: LinkQuality) {
        match pair {
            Some((a, b)) => {
                self.pairs.insert((a, b), quality);
                self.pairs.insert((b, a), quality);
            }
            None => {
                self.usual = quality;
                self.pairs.clear();
            }
        }
    }

    /// How good the link from one unit to another is, where it is not cut.
    pub fn quality(&self, from: UnitId, to: UnitId) -> LinkQuality {
        self.pairs.get(&(from, to)).copied().unwrap_or(self.usual)
    }

    /// What becomes of a message of so many bytes, sent at `now` since the start. `may_repeat`: whether this kind of message
    /// can come twice or be overtaken at all.
    pub fn fate(&mut self, from: End, to: End, bytes: usize, now: Duration, may_repeat: bool) -> Fate {
        let mut fate = Fate { arrives_after: None, again_after: None, faults: vec![] };
        if !self.reaches(from, to) {
            return fate;
        }
        if from.unit == to.unit {
            fate.arrives_after = Some(LAN);
            return fate;
        }
        let quality = self.quality(from.unit, to.unit);
        let mut after = quality.delay + quality.jitter.mul_f64(self.draws.random::<f64>());
        if after >= Duration::from_millis(100) {
            fate.faults.push(FaultKind::Delay);
        }
        let mut losses = 0;
        while self.chance(quality.loss_percent) {
            fate.faults.push(FaultKind::Loss);
            losses += 1;
            after += RESENT;
            if losses == MOST_LOSSES {
                return fate;
            }
        }
        if let Some(rate) = quality.rate {
            let takes = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
            let free = self.busy.get(&(from.unit, to.unit)).copied().unwrap_or_default().max(now);
            self.busy.insert((from.unit, to.unit), free + takes);
            after += free + takes - now;
            fate.faults.push(FaultKind::Rate);
        }
        if may_repeat && self.chance(quality.reorder_percent) {
            after += OVERTAKEN.mul_f64(self.draws.random::<f64>());
            fate.faults.push(FaultKind::Reorder);
        }
        if may_repeat && self.chance(quality.duplicate_percent) {
            fate.again_after = Some(after + OVERTAKEN.mul_f64(self.draws.random::<f64>()));
            fate.faults.push(FaultKind::Duplicate);
        }
        fate.arrives_after = Some(after);
        fate
    }

    fn chance(&mut self, percent: f64) -> bool {
        // Nothing is drawn where nothing can happen, so that a rule that is added shifts no other draw.
        percent > 0.0 && self.draws.random::<f64>() * 100.0 < percent
    }
}
