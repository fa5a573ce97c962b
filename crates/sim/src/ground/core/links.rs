//! The links between units: which are cut, how good the others are, and when a message arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::ids::UnitId;
use domain::time::Timestamp;

use crate::ground::draw::Draw;
use crate::scenario::{Direction, FaultKind, LinkQuality, Shape, World};

/// What becomes of a message, and which faults had a part in it: the step that brought each about, `None` for the world's own.
#[derive(Debug)]
pub(crate) enum Transit {
    /// The link is cut.
    Cut(Told),
    /// It is lost on its way.
    Lost(Told),
    /// It arrives then: once, or more often.
    Arrives(Vec<Timestamp>, Vec<Told>),
}

/// A fault that took effect.
pub(crate) type Told = (Option<usize>, FaultKind);

/// All links of a region.
#[derive(Debug)]
pub(crate) struct Links {
    cuts: Vec<Cut>,
    everywhere: Quality,
    pairs: BTreeMap<(UnitId, UnitId), Quality>,
    /// Until when a link of bounded rate is busy with what was sent before.
    busy_until: BTreeMap<(UnitId, UnitId), Timestamp>,
    draw: Draw,
}

#[derive(Clone, Copy, Debug)]
struct Quality {
    of: LinkQuality,
    step: Option<usize>,
}

#[derive(Debug)]
struct Cut {
    step: usize,
    shape: Shape,
    since: Timestamp,
    /// For a swizzle: from when to when each unit is cut.
    windows: Vec<(UnitId, Timestamp, Timestamp)>,
    healed: BTreeSet<UnitId>,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn pair(one: UnitId, other: UnitId) -> (UnitId, UnitId) {
    (one.min(other), one.max(other))
}

impl Links {
    pub(crate) fn new(world: &World, draw: Draw) -> Self {
        let own = |of: &LinkQuality| Quality { of: *of, step: None };
        let pairs = world.pairs.iter().map(|((one, other), of)| (pair(*one, *other), own(of))).collect();
        Self { cuts: vec![], everywhere: own(&world.links), pairs, busy_until: BTreeMap::new(), draw }
    }

    /// Cuts links. Gives the moments at which links are joined again by themselves.
    pub(crate) fn cut(&mut self, step: usize, shape: &Shape, now: Timestamp) -> Vec<Timestamp> {
        let mut windows = Vec::new();
        let joined = match shape {
            Shape::Flapping { every, lasting, .. } => {
                let (every, end) = (millis(*every).max(1), now.plus_millis(millis(*lasting)));
                let turns = (0..).map(|turn| now.plus_millis(every.saturating_mul(2 * turn + 1)));
                turns.take_while(|at| *at < end).chain([end]).collect()
            }
            Shape::Swizzle { units, every } => {
                let every = millis(*every);
                let mut others = units.clone();
                for (turn, unit) in units.iter().enumerate() {
                    let at = usize::try_from(self.draw.below(others.len() as u64)).unwrap_or_default();
                    let joins = others.swap_remove(at);
                    windows.push((*unit, now.plus_millis(every * turn as i64), joins, turn));
                }
                let joined_at = |unit: UnitId| {
                    let turn = windows.iter().find(|(_, _, joins, _)| *joins == unit).map_or(0, |(.., turn)| *turn);
                    now.plus_millis(every * (units.len() + turn) as i64)
                };
                windows.iter().map(|(unit, ..)| joined_at(*unit)).collect()
            }
            _ => vec![],
        };
        let windows = windows.iter().zip(&joined).map(|((unit, from, ..), to)| (*unit, *from, *to)).collect();
        self.cuts.push(Cut { step, shape: shape.clone(), since: now, windows, healed: BTreeSet::new() });
        joined
    }

    /// Joins cut links: those of a unit, or all.
    pub(crate) fn heal(&mut self, unit: Option<UnitId>) {
        match unit {
            None => self.cuts.clear(),
            Some(unit) => self.cuts.iter_mut().for_each(|cut| cut.healed.extend([unit])),
        }
    }

    /// Makes links better or worse from now on.
    pub(crate) fn set(&mut self, step: usize, two: Option<(UnitId, UnitId)>, of: LinkQuality) {
        let quality = Quality { of, step: Some(step) };
        match two {
            Some((one, other)) => drop(self.pairs.insert(pair(one, other), quality)),
            None => {
                self.everywhere = quality;
                self.pairs.clear();
            }
        }
    }

    /// Which cut stands in the way, if one does.
    pub(crate) fn blocked(&self, from: UnitId, to: UnitId, now: Timestamp) -> Option<Told> {
        let cut = self.cuts.iter().find(|cut| cut.blocks(from, to, now))?;
        Some((Some(cut.step), cut.shape.kind()))
    }

    /// What becomes of a message of so many bytes that is sent now.
    pub(crate) fn send(&mut self, from: UnitId, to: UnitId, bytes: usize, now: Timestamp) -> Transit {
        if let Some(told) = self.blocked(from, to, now) {
            return Transit::Cut(told);
        }
        let Quality { of, step } = self.pairs.get(&pair(from, to)).copied().unwrap_or(self.everywhere);
        if of.loss_percent > 0.0 && self.draw.percent(of.loss_percent) {
            return Transit::Lost((step, FaultKind::Loss));
        }
        let mut told = Vec::new();
        let mut leaves = now;
        if let Some(rate) = of.rate {
            let busy = self.busy_until.entry((from, to)).or_insert(now);
            let takes = (bytes as u64).saturating_mul(1000).div_ceil(rate.max(1));
            leaves = (*busy).max(now).plus_millis(i64::try_from(takes).unwrap_or(i64::MAX));
            *busy = leaves;
            told.push((step, FaultKind::Rate));
        }
        let jitter = millis(of.jitter).unsigned_abs();
        let drawn = || i64::try_from(self.draw.below(jitter + 1)).unwrap_or_default();
        let mut arrival = leaves.plus_millis(millis(of.delay)).plus_millis(drawn());
        if step.is_some() && of.delay > LinkQuality::default().delay {
            told.push((step, FaultKind::Delay));
        }
        let again = arrival.plus_millis(1 + millis(of.delay) + drawn());
        if of.reorder_percent > 0.0 && self.draw.percent(of.reorder_percent) {
            // So much later that what is sent behind it comes first.
            arrival = arrival.plus_millis(2 * millis(of.delay + of.jitter) + 10);
            told.push((step, FaultKind::Reorder));
        }
        let mut arrivals = vec![arrival];
        if of.duplicate_percent > 0.0 && self.draw.percent(of.duplicate_percent) {
            arrivals.push(again);
            told.push((step, FaultKind::Duplicate));
        }
        Transit::Arrives(arrivals, told)
    }
}

impl Cut {
    fn blocks(&self, from: UnitId, to: UnitId, now: Timestamp) -> bool {
        if self.healed.contains(&from) || self.healed.contains(&to) {
            return false;
        }
        let place = |units: &[UnitId], unit| units.iter().position(|known| *known == unit);
        match &self.shape {
            Shape::Unit(unit) => from == *unit || to == *unit,
            Shape::Pair(one, other, Direction::Both) => pair(from, to) == pair(*one, *other),
            Shape::Pair(one, other, Direction::OneWay) => (from, to) == (*one, *other),
            Shape::Group(units) => units.contains(&from) != units.contains(&to),
            Shape::Ring(units) => match (place(units, from), place(units, to)) {
                (Some(one), Some(other)) => {
                    let apart = one.abs_diff(other);
                    apart != 1 && apart != units.len() - 1
                }
                (None, None) => false,
                _ => true,
            },
            Shape::Bridge(units) => {
                let half = units.len() / 2;
                match (place(units, from), place(units, to)) {
                    // The first of the list reaches both halves.
                    (Some(0), _) | (_, Some(0)) => false,
                    (Some(one), Some(other)) => (one <= half) != (other <= half),
                    _ => false,
                }
            }
            // One log has no followers that could be cut off.
            Shape::Node(_) => false,
            Shape::Flapping { pair: (one, other), every, lasting } => {
                let since = now.0 - self.since.0;
                let turn = since / millis(*every).max(1);
                pair(from, to) == pair(*one, *other) && since < millis(*lasting) && turn % 2 == 0
            }
            Shape::Swizzle { .. } => {
                let cut = |unit| self.windows.iter().any(|(cut, from, to)| *cut == unit && *from <= now && now < *to);
                cut(from) || cut(to)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: u64) -> UnitId {
        UnitId::new(370_811_000_000 + number).unwrap()
    }

    fn links() -> Links {
        let world = World {
            units: vec![],
            patience: Duration::ZERO,
            matters: 0,
            clerks: None,
            links: LinkQuality::default(),
            pairs: BTreeMap::new(),
        };
        Links::new(&world, Draw::new(1, "links"))
    }

    /// Which of four units reach which, one row for each sender.
    fn reach(links: &Links, at: i64) -> [String; 4] {
        let row = |from| {
            let cell = |to| from == to || links.blocked(unit(from), unit(to), Timestamp(at)).is_none();
            (0..4).map(|to| if cell(to) { 'o' } else { '.' }).collect()
        };
        [row(0), row(1), row(2), row(3)]
    }

    #[test]
    fn every_shape_cuts_what_it_says_and_heals() {
        let all: Vec<UnitId> = (0..4).map(unit).collect();
        let flapping = Shape::Flapping {
            pair: (unit(0), unit(1)),
            every: Duration::from_millis(10),
            lasting: Duration::from_millis(35),
        };
        for (shape, at, expected) in [
            (Shape::Unit(unit(1)), 0, ["o.oo", ".o..", "o.oo", "o.oo"]),
            (Shape::Pair(unit(0), unit(2), Direction::Both), 0, ["oo.o", "oooo", ".ooo", "oooo"]),
            (Shape::Pair(unit(0), unit(2), Direction::OneWay), 0, ["oo.o", "oooo", "oooo", "oooo"]),
            (Shape::Group(all[..2].to_vec()), 0, ["oo..", "oo..", "..oo", "..oo"]),
            (Shape::Ring(all.clone()), 0, ["oo.o", "ooo.", ".ooo", "o.oo"]),
            (Shape::Bridge(all.clone()), 0, ["oooo", "ooo.", "ooo.", "o..o"]),
            (flapping.clone(), 5, ["o.oo", ".ooo", "oooo", "oooo"]),
            (flapping.clone(), 15, ["oooo"; 4]),
            (flapping, 37, ["oooo"; 4]),
        ] {
            let mut links = links();
            links.cut(7, &shape, Timestamp(0));
            assert_eq!(reach(&links, at), expected, "{shape:?} at {at}");
            links.heal(Some(unit(1)));
            assert!(reach(&links, at)[1] == "oooo", "{shape:?}");
            links.heal(None);
            assert_eq!(reach(&links, at), ["oooo"; 4]);
        }
    }

    #[test]
    fn a_swizzle_cuts_one_after_the_other_and_ends_with_all_joined() {
        let mut links = links();
        let shape = Shape::Swizzle { units: (0..3).map(unit).collect(), every: Duration::from_millis(10) };
        let mut joined = links.cut(7, &shape, Timestamp(0));
        joined.sort();
        assert_eq!(joined, [30, 40, 50].map(Timestamp));
        assert_eq!(reach(&links, 0)[3], ".ooo");
        assert_eq!(reach(&links, 25)[3], "...o");
        assert_eq!(reach(&links, 50), ["oooo"; 4]);
    }

    #[test]
    fn delay_rate_loss_and_repeats_are_as_asked() {
        let mut links = links();
        let quality = LinkQuality {
            delay: Duration::from_millis(100),
            jitter: Duration::ZERO,
            rate: Some(1000),
            ..LinkQuality::default()
        };
        links.set(3, Some((unit(1), unit(0))), quality);
        let arrivals = |links: &mut Links| match links.send(unit(0), unit(1), 500, Timestamp(0)) {
            Transit::Arrives(at, told) => (at, told),
            other => panic!("{other:?}"),
        };
        let told = vec![(Some(3), FaultKind::Rate), (Some(3), FaultKind::Delay)];
        assert_eq!(arrivals(&mut links), (vec![Timestamp(600)], told));
        assert_eq!(arrivals(&mut links).0, [Timestamp(1100)], "one after the other");
        links.set(4, None, LinkQuality { duplicate_percent: 100.0, ..LinkQuality::default() });
        assert_eq!(arrivals(&mut links).0.len(), 2);
        links.set(5, None, LinkQuality { loss_percent: 100.0, ..LinkQuality::default() });
        assert!(matches!(links.send(unit(0), unit(1), 1, Timestamp(0)), Transit::Lost((Some(5), FaultKind::Loss))));
    }
}
