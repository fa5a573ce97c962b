//! The region's places as pages and answers name them.

use std::sync::Arc;

use domain::division::{DivisionTree, FindFault};
use domain::ids::UnitId;

use crate::problem::Problem;

/// The region's table of places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(pub(crate) Arc<DivisionTree>);

impl Places {
    /// The place's name, or its grouped code where the region's table has no such place.
    pub(crate) fn name(&self, unit: UnitId) -> String {
        self.0.get(unit).map_or_else(|| unit.grouped(), |place| place.name.clone())
    }

    /// Names from the city down, or the grouped code.
    pub(crate) fn path(&self, unit: UnitId) -> String {
        if self.0.get(unit).is_some() { self.0.path(unit) } else { unit.grouped() }
    }

    /// The place that a field of a request means. The answer lists what may have been meant, never what was typed.
    pub(crate) fn find(&self, field: &str, asked: &str) -> Result<UnitId, Problem> {
        let fault = match self.0.find(asked) {
            Ok(place) => return Ok(place.unit),
            Err(fault) => fault,
        };
        let problem = Problem::of(fault.code()).field(field);
        Err(match fault {
            FindFault::Empty => problem,
            FindFault::Ambiguous { candidates, .. } | FindFault::Unknown { nearest: candidates, .. } => {
                problem.places(self, &candidates.iter().map(|candidate| candidate.unit).collect::<Vec<_>>())
            }
        })
    }
}
