//! Who may carry mail between two units that cannot reach each other: any unit above one of them, or a county (protocol.md §2). One
//! hop, so that nothing goes in circles.
//!
//! A relay can delay. It cannot read, for bodies are sealed; nor forge, for envelopes, greetings and statements are signed.

use domain::division::Tier;
use domain::ids::UnitId;
use protocol::directory::Directory;

/// Units that may carry between the two, in the order in which they are tried: those above the sender, nearest first, those above the
/// receiver, then counties.
pub fn relays(directory: &Directory, from: UnitId, to: UnitId) -> Vec<UnitId> {
    let mut found: Vec<UnitId> = Vec::new();
    let counties = directory.units().filter(|unit| unit.tier == Tier::County).map(|unit| unit.unit);
    for unit in above(directory, from).into_iter().chain(above(directory, to)).chain(counties) {
        if unit != from && unit != to && !found.contains(&unit) {
            found.push(unit);
        }
    }
    found
}

/// Whether a unit may have carried what is said to be of another.
pub fn may_carry(directory: &Directory, relay: UnitId, from: UnitId, to: UnitId) -> bool {
    relays(directory, from, to).contains(&relay)
}

/// The units above one, nearest first.
pub fn above(directory: &Directory, unit: UnitId) -> Vec<UnitId> {
    let mut above = Vec::new();
    let mut at = unit;
    // A tree of four tiers; a directory that went round in circles was refused when it was read.
    while let Some(parent) = directory.parent(at).map(|parent| parent.unit)
        && !above.contains(&parent)
    {
        above.push(parent);
        at = parent;
    }
    above
}
