//! Faults as bands: since when and until when each one held, and whom it touched.

use domain::ids::UnitId;
use domain::time::Timestamp;

use super::{Band, story};
use crate::scenario::{Action, FaultKind, NodeChoice, Shape, World};

/// An end that is not known yet.
const OPEN: Timestamp = Timestamp(i64::MAX);

/// Begins the band of an action, or ends those that it takes back.
pub(super) fn note(bands: &mut Vec<Band>, action: &Action, world: &World, now: Timestamp) {
    match action {
        Action::Heal(unit) => {
            end(bands, now, |band| is_cut(band.kind) && unit.is_none_or(|unit| band.units.contains(&unit)));
        }
        Action::Restart(nodes) => {
            let units = units(*nodes, world);
            end(bands, now, |band| {
                matches!(band.kind, FaultKind::Crash | FaultKind::CrashAtMoment)
                    && band.units.iter().any(|u| units.contains(u))
            });
        }
        _ => {}
    }
    let (kind, units, lasting) = match action {
        Action::Cut(shape) => {
            let (units, lasting) = match shape {
                Shape::Unit(unit) => (vec![*unit], None),
                Shape::Pair(a, b, _) => (vec![*a, *b], None),
                Shape::Group(units) | Shape::Ring(units) | Shape::Bridge(units) => (units.clone(), None),
                Shape::Node(nodes) => (self::units(*nodes, world), None),
                Shape::Flapping { pair: (a, b), lasting, .. } => (vec![*a, *b], Some(*lasting)),
                Shape::Swizzle { units, every } => {
                    (units.clone(), Some(*every * u32::try_from(2 * units.len()).unwrap_or(u32::MAX)))
                }
            };
            (shape.kind(), units, lasting)
        }
        Action::Crash { nodes, when, .. } => {
            let kind = if when.is_some() { FaultKind::CrashAtMoment } else { FaultKind::Crash };
            (kind, self::units(*nodes, world), None)
        }
        Action::Pause { nodes, lasting } => (FaultKind::Pause, self::units(*nodes, world), Some(*lasting)),
        _ => return,
    };
    let to = lasting.map_or(OPEN, |lasting| now.plus_millis(super::engine::millis(lasting)));
    bands.push(Band { kind, what: story::action(action, world), units, from: now, to });
}

/// Ends all that still hold.
pub(super) fn end_all(bands: &mut [Band], now: Timestamp) {
    end(bands, now, |_| true);
}

fn end(bands: &mut [Band], now: Timestamp, which: impl Fn(&Band) -> bool) {
    for band in bands.iter_mut().filter(|band| band.to > now) {
        if which(band) {
            band.to = now;
        }
    }
}

fn is_cut(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Cut | FaultKind::CutOneWay | FaultKind::CutNode | FaultKind::Ring | FaultKind::Bridge)
}

fn units(nodes: NodeChoice, world: &World) -> Vec<UnitId> {
    match nodes {
        NodeChoice::All(unit) | NodeChoice::Leader(unit) | NodeChoice::Nth(unit, _) => vec![unit],
        NodeChoice::Everyone => world.units.iter().map(|unit| unit.unit).collect(),
    }
}
