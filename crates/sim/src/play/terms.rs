//! What a scenario sets for the invariants that watch it.

use std::collections::BTreeMap;

use domain::ids::UnitId;

use super::people;
use crate::invariants::Terms;
use crate::scenario::{Action, NodeChoice, Scenario};

/// What a scenario's own facts set for the invariants: its patience, and the people that must be found nowhere in clear.
pub(super) fn terms(scenario: &Scenario) -> Terms {
    let applicants = scenario.steps.iter().enumerate().flat_map(|(at, step)| match &step.action {
        Action::Submit(asked) => vec![asked.applicant.clone()],
        Action::Traffic { cases, .. } => (1..=*cases).map(|n| format!("applicant t{}-{n}", at + 1)).collect(),
        _ => vec![],
    });
    let plants = applicants.flat_map(|words| people::planted(&people::applicant(&words))).collect();
    let has_right_clocks = has_right_clocks(scenario);
    Terms { plants, patience: scenario.world.patience, has_right_clocks, ..Terms::default() }
}

/// Whether no step ever sets the clocks of a majority of voters that can confirm each other, nor that of a city that stands alone.
fn has_right_clocks(scenario: &Scenario) -> bool {
    let mut set: BTreeMap<UnitId, usize> = BTreeMap::new();
    for step in &scenario.steps {
        let Action::Clock { nodes, .. } = &step.action else { continue };
        match nodes {
            NodeChoice::Everyone => return false,
            NodeChoice::All(unit) => *set.entry(*unit).or_default() += usize::from(u8::MAX),
            NodeChoice::Leader(unit) | NodeChoice::Nth(unit, _) => *set.entry(*unit).or_default() += 1,
        }
    }
    let units = scenario.world.units.iter().enumerate();
    let mut judges = units.filter(|(at, unit)| *at == 0 || unit.voters > 1).map(|(_, unit)| unit);
    judges.all(|unit| 2 * set.get(&unit.unit).copied().unwrap_or_default() <= usize::from(unit.voters))
}
