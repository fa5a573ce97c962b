//! The same places with the township between county and village as a unit of its own.

use super::{CITY, COUNTY, OTHER_COUNTY, OTHER_VILLAGE, PATIENCE_SECONDS, TestUnit, VILLAGE, World, code, pieces};
use crate::ids::UnitId;

pub(crate) const TOWNSHIP: UnitId = code(370_811_002_000);
/// Reviewed by township and county, decided by the city.
pub(crate) const REVIEWED: &str = "RV1";
/// Held alike, with steps between acceptance and decision.
pub(crate) const FLOW: &str = "FL1";

impl World {
    /// City, two counties, a township of one of them, a village of each county; the catalogue installed everywhere.
    pub(crate) fn with_township() -> Self {
        let mut world = Self::bare();
        let units = [
            TestUnit::found(COUNTY, Some(CITY), &[TOWNSHIP]),
            TestUnit::found(TOWNSHIP, Some(COUNTY), &[VILLAGE]),
            TestUnit::found(VILLAGE, Some(TOWNSHIP), &[]),
        ];
        world.units.extend(units.into_iter().map(|unit| (unit.unit, unit)));
        world.unit(CITY).publish(&pieces(PATIENCE_SECONDS));
        world.exchange();
        for unit in [CITY, COUNTY, OTHER_COUNTY, TOWNSHIP, VILLAGE, OTHER_VILLAGE] {
            assert_eq!(world.unit(unit).catalogue(), Some(1), "{unit}");
        }
        world
    }
}
