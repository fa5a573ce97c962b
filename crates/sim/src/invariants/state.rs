//! The state checker over every unit's rows: what can be said of one unit without the others.

use std::collections::BTreeMap;

use domain::check::check;
use domain::ids::UnitId;

use super::{Broken, End, Invariant, Look, Terms};
use crate::observe::{Moment, Observer};

pub(super) struct State {
    every: u64,
    /// The last command of each unit that it was looked at after.
    looked: BTreeMap<UnitId, u64>,
}

impl State {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { every: terms.state_every.max(1), looked: BTreeMap::new() }
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
