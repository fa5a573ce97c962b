//! The lists of `data/`, embedded: what a small Jining, tests and simulations are built from. `data/README.md` names their
//! sources.

/// Divisions of Jining, for [`crate::division::DivisionTree::from_csv`].
pub const DIVISIONS: &[u8] = include_bytes!("../data/jining-regions.csv");

/// Matters of one county-level district, for [`crate::catalogue::import::MatterList::from_csv`].
pub const MATTERS: &[u8] = include_bytes!("../data/county-matters.csv");

/// Days on which the official calendar differs from Monday to Friday, for [`crate::calendar::WorkCalendar::from_csv`].
pub const WORKDAYS: &[u8] = include_bytes!("../data/china-workdays.csv");
