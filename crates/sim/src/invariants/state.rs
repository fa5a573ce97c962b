//! The state checker over every unit's rows: what can be said of one unit without the others. And a unit that stops because one
//! of its own promises is broken has found such a contradiction by itself.

use std::collections::BTreeMap;

use domain::check::check;
use domain::ids::UnitId;

use super::{Broken, End, Invariant, Look, Terms};
use crate::ground::What;
use crate::observe::{Moment, Observer};
use crate::scenario::FaultKind;

pub(super) struct State {
    every: u64,
    /// The last command of each unit that it was looked at after.
    looked: BTreeMap<UnitId, u64>,
    /// A disk was damaged: a unit that finds it out and stops does what it must.
    damaged: bool,
}

impl State {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { every: terms.state_every.max(1), looked: BTreeMap::new(), damaged: false }
    }
}

impl Invariant for State {
    fn id(&self) -> &'static str {
        "state"
    }

    fn meaning(&self) -> &'static str {
        "What one office has written down does not contradict itself."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        match &moment.event.what {
            What::Fault { kind: FaultKind::Rot | FaultKind::RolledBack | FaultKind::Wiped, .. } => self.damaged = true,
            What::Stopped { unit, node, why } if !self.damaged && why.contains("broken promise") => {
                return Err(Broken::new(format!("{unit}: node {node} stopped: {why}")));
            }
            _ => {}
        }
        let Some(change) = &moment.change else { return Ok(()) };
        let (unit, sequence) = (change.unit, change.meta.sequence.0);
        let looked = self.looked.entry(unit).or_default();
        if sequence < *looked + self.every {
            return Ok(());
        }
        *looked = sequence;
        is_sound(unit, observer)
    }

    fn finish(&mut self, _: &End<'_>, observer: &Observer) -> Look {
        observer.units().try_for_each(|unit| is_sound(unit, observer))
    }
}

fn is_sound(unit: UnitId, observer: &Observer) -> Look {
    let Some(rows) = observer.rows(unit).filter(|_| observer.keeps_all()) else { return Ok(()) };
    match check(rows) {
        Ok(findings) if findings.is_empty() => Ok(()),
        Ok(findings) => {
            let more = findings.len() - 1;
            let first = findings.into_iter().next().map(|finding| finding.to_string()).unwrap_or_default();
            Err(Broken::new(format!(
                "{unit}: {first}{}",
                if more > 0 { format!(", and {more} more") } else { String::new() }
            )))
        }
        Err(fault) => Err(Broken::new(format!("{unit}: {fault}"))),
    }
}
