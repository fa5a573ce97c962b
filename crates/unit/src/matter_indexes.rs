//! The index that a unit's matters are searched by: made of installed rows when it is first asked for, in steps, and kept in memory.
//!
//! Derived and never replicated: a replica that has none makes one. Called by [`crate::query`] and, step by step, by `host`.

use std::sync::{Arc, Mutex, PoisonError};

use domain::catalogue::{CataloguePin, installed};
use domain::store::{StoreFault, UnitRead};
use search::MatterIndex;

/// Matters of one step: it takes some milliseconds, for which others wait.
const STEP: usize = 256;
/// The version that was asked for last, and the one before: units in one process come to a version one after the other.
const MOST_KEPT: usize = 2;

/// Indexes by catalogue version.
#[derive(Debug, Default)]
pub struct MatterIndexes {
    /// What was asked for last stands last.
    kept: Mutex<Vec<(CataloguePin, State)>>,
}

#[derive(Debug)]
enum State {
    /// Added up to this code.
    Making(Box<MatterIndex>, String),
    Ready(Arc<MatterIndex>),
}

impl MatterIndexes {
    /// The index of a version, as far as one step more makes it: `None` while there is more to do. Whoever asks meanwhile helps.
    pub fn step(&self, rows: &impl UnitRead, pin: CataloguePin) -> Result<Option<Arc<MatterIndex>>, StoreFault> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| *known == pin).map(|at| kept.remove(at).1);
        let state = match known.unwrap_or_else(|| State::Making(Box::default(), String::new())) {
            State::Making(mut index, after) => {
                let matters = installed::matters_after(rows, pin.number, &after, STEP)?;
                matters.iter().for_each(|matter| index.add(matter));
                match matters.last().filter(|_| matters.len() == STEP) {
                    Some(last) => State::Making(index, last.code.to_string()),
                    None => State::Ready(Arc::new(index.finished())),
                }
            }
            ready @ State::Ready(_) => ready,
        };
        let index = match &state {
            State::Ready(index) => Some(Arc::clone(index)),
            State::Making(..) => None,
        };
        if kept.len() == MOST_KEPT {
            kept.remove(0);
        }
        kept.push((pin, state));
        Ok(index)
    }

    /// The index of a version, all of it.
    pub fn whole(&self, rows: &impl UnitRead, pin: CataloguePin) -> Result<Arc<MatterIndex>, StoreFault> {
        loop {
            if let Some(index) = self.step(rows, pin)? {
                return Ok(index);
            }
        }
    }
}
