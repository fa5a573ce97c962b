//! What steps say about each other: a case is used after it was submitted, only what was cut is healed, only what ended starts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::division::Tier;
use domain::ids::UnitId;

use super::fault::Problem;
use super::fields::Reading;
use super::steps::Placed;
use super::time::cut;
use super::{Action, DiskFault, ExpectedAnswer, NodeChoice, Shape};

/// Labels of cases, with when they are submitted and in which line.
pub(super) type Cases = BTreeMap<String, (Duration, usize)>;

/// Notes what contradicts what went before, and gives the labels of all cases; `meant` are those of steps that cannot be read too.
pub(super) fn check(reading: &mut Reading<'_>, steps: &[Placed], meant: &BTreeSet<&str>) -> Cases {
    let mut all = submitted(reading, steps);
    for label in meant {
        all.entry((*label).to_owned()).or_default();
    }
    let mut state = State::default();
    for placed in steps {
        if let Some(label) = placed.step.action.case() {
            let before = |(_, line): &(Duration, usize)| *line <= placed.step.line;
            let later = all.get(label).filter(|found| !before(found)).map(|(_, line)| *line);
            if later.is_some() || !all.contains_key(label) {
                let known = all.iter().filter(|(_, found)| before(found)).map(|(label, _)| label.clone()).collect();
                reading.note(placed.value.clone(), Problem::CaseUnknown { label: cut(label), known, later });
            }
        }
        if let Err((what, remedy)) = state.take(reading, placed) {
            reading.contradiction(placed.word.clone(), what, remedy);
        }
    }
    all
}

fn submitted(reading: &mut Reading<'_>, steps: &[Placed]) -> Cases {
    let mut cases = Cases::new();
    for placed in steps {
        let Action::Submit(application) = &placed.step.action else { continue };
        match cases.get(&application.case) {
            Some((_, line)) => {
                let what = format!("line {line} submits a case `{}` already", application.case);
                reading.contradiction(placed.value.clone(), what, "give each case a label of its own");
            }
            None => {
                cases.insert(application.case.clone(), (placed.step.at, placed.step.line));
            }
        }
    }
    cases
}

/// What holds after the steps so far.
#[derive(Default)]
struct State {
    /// Cuts that were not healed, and until when those last that end by themselves.
    cuts: Vec<(Shape, Option<Duration>)>,
    /// Units of which a replica ended or may have.
    ended: BTreeSet<UnitId>,
    /// Units of which a disk is full or slow.
    sick: BTreeSet<UnitId>,
}

type Fault = (String, String);

fn fault(what: String, remedy: &str) -> Result<(), Fault> {
    Err((what, remedy.to_owned()))
}

impl State {
    fn take(&mut self, reading: &Reading<'_>, placed: &Placed) -> Result<(), Fault> {
        let at = placed.step.at;
        let name = |unit: UnitId| {
            let known = reading.units.iter().find(|known| known.unit == unit);
            known.map_or_else(|| unit.to_string(), |known| known.alias.clone())
        };
        match &placed.step.action {
            Action::Cut(shape) => {
                let until = match shape {
                    Shape::Flapping { lasting, .. } => Some(at + *lasting),
                    Shape::Swizzle { units, every } => {
                        Some(at + *every * u32::try_from(units.len() * 2).unwrap_or(u32::MAX))
                    }
                    _ => None,
                };
                self.cuts.push((shape.clone(), until));
            }
            Action::Heal(unit) => return self.heal(at, *unit, &name),
            Action::Crash { nodes, .. } => {
                self.ended.extend(units_of(*nodes, reading));
            }
            Action::Restart(nodes) => return self.restart(*nodes, reading, &name),
            Action::Disk { nodes, fault } => return self.disk(*nodes, *fault, reading, &name),
            Action::Publish { .. } | Action::Catalogue(_)
                if reading.units.first().is_none_or(|city| Tier::of(city.unit) != Tier::City) =>
            {
                return fault("only a city publishes, and this world has none".into(), "add the city to units");
            }
            Action::Decide { granted: false, reasons, .. }
                if reasons.trim().is_empty() && placed.step.answer == ExpectedAnswer::Done =>
            {
                return fault(
                    "a denial without reasons is refused".into(),
                    "add `reasons = \"…\"`, or expect it: `answer = \"case.reasons_missing\"`",
                );
            }
            Action::NotAccept { reasons, .. }
                if reasons.trim().is_empty() && placed.step.answer == ExpectedAnswer::Done =>
            {
                return fault(
                    "a non-acceptance without reasons is refused".into(),
                    "add `reasons = \"…\"`, or expect it: `answer = \"case.reasons_missing\"`",
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn heal(&mut self, at: Duration, unit: Option<UnitId>, name: &dyn Fn(UnitId) -> String) -> Result<(), Fault> {
        self.cuts.retain(|(_, until)| until.is_none_or(|until| until > at));
        let remedy = "take the line out, or move it behind the cut that it ends";
        let Some(unit) = unit else {
            let cut = !std::mem::take(&mut self.cuts).is_empty();
            return if cut { Ok(()) } else { fault("nothing is cut at this time".into(), remedy) };
        };
        let before = self.cuts.len();
        let cut = self.cuts.iter().any(|(shape, _)| touches(shape, unit));
        for (shape, _) in &mut self.cuts {
            if let Shape::Group(units) | Shape::Ring(units) | Shape::Bridge(units) = shape {
                units.retain(|other| *other != unit);
            }
        }
        self.cuts.retain(|(shape, _)| !is_over(shape, unit));
        debug_assert!(self.cuts.len() <= before);
        if cut { Ok(()) } else { fault(format!("`{}` is not cut at this time", name(unit)), remedy) }
    }

    fn restart(
        &mut self,
        nodes: NodeChoice,
        reading: &Reading<'_>,
        name: &dyn Fn(UnitId) -> String,
    ) -> Result<(), Fault> {
        if let NodeChoice::Leader(unit) = nodes {
            return fault(
                "a replica that has ended leads nothing".into(),
                &format!("write restart = \"{0}\" (all that have ended), or \"{0}/2\"", name(unit)),
            );
        }
        let units = units_of(nodes, reading);
        if units.iter().all(|unit| !self.ended.contains(unit)) {
            let whom = match nodes {
                NodeChoice::Everyone => "no replica".to_owned(),
                _ => units.first().map_or_else(String::new, |unit| format!("no replica of `{}`", name(*unit))),
            };
            return fault(format!("{whom} has ended before this"), "take the line out, or crash it first");
        }
        if !matches!(nodes, NodeChoice::Nth(..)) {
            self.ended.retain(|unit| !units.contains(unit));
        }
        Ok(())
    }

    fn disk(
        &mut self,
        nodes: NodeChoice,
        disk: DiskFault,
        reading: &Reading<'_>,
        name: &dyn Fn(UnitId) -> String,
    ) -> Result<(), Fault> {
        let units = units_of(nodes, reading);
        let whom = || units.first().map_or_else(String::new, |unit| name(*unit));
        match disk {
            DiskFault::SyncFails | DiskFault::Dead | DiskFault::Rot => self.ended.extend(units),
            DiskFault::Full => {
                self.ended.extend(units.clone());
                self.sick.extend(units);
            }
            DiskFault::Slow(_) => self.sick.extend(units),
            DiskFault::Mended => {
                if units.iter().all(|unit| !self.sick.contains(unit)) {
                    let what = format!("no disk of `{}` is full or slow", whom());
                    return fault(what, "take the line out; other faults are for good");
                }
                self.sick.retain(|unit| !units.contains(unit));
            }
            DiskFault::RolledBack(_) | DiskFault::Wiped => {
                if units.iter().any(|unit| !self.ended.contains(unit)) {
                    let what = format!("`{}` is running: its folder is in use", whom());
                    return fault(what, "crash the replica before this step, and restart it afterwards");
                }
            }
        }
        Ok(())
    }
}

fn units_of(nodes: NodeChoice, reading: &Reading<'_>) -> Vec<UnitId> {
    match nodes {
        NodeChoice::All(unit) | NodeChoice::Leader(unit) | NodeChoice::Nth(unit, _) => vec![unit],
        NodeChoice::Everyone => reading.units.iter().map(|known| known.unit).collect(),
    }
}

fn touches(shape: &Shape, unit: UnitId) -> bool {
    match shape {
        Shape::Unit(cut) => *cut == unit,
        Shape::Pair(a, b, _) | Shape::Flapping { pair: (a, b), .. } => *a == unit || *b == unit,
        Shape::Group(units) | Shape::Ring(units) | Shape::Bridge(units) | Shape::Swizzle { units, .. } => {
            units.contains(&unit)
        }
        Shape::Node(nodes) => match nodes {
            NodeChoice::All(cut) | NodeChoice::Leader(cut) | NodeChoice::Nth(cut, _) => *cut == unit,
            NodeChoice::Everyone => true,
        },
    }
}

/// Whether nothing of a cut is left once a unit's links are joined.
fn is_over(shape: &Shape, healed: UnitId) -> bool {
    match shape {
        Shape::Group(units) | Shape::Ring(units) | Shape::Bridge(units) => units.is_empty(),
        Shape::Swizzle { .. } => false,
        shape => touches(shape, healed),
    }
}
