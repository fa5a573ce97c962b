//! Why a run fails beside its expectations: broken invariants, faults that never came, too little traffic.

use std::collections::BTreeMap;

use super::{Counts, Judged, Verdict};
use crate::scenario::{FaultKind, Scenario};

/// One failure for each broken invariant.
pub(super) fn fail_for(invariants: &[Judged], failures: &mut Vec<String>) {
    for judged in invariants {
        if let Verdict::Broken { what, .. } = &judged.verdict {
            failures.push(format!("{} broken: {what}", judged.id));
        }
    }
}

/// What the scenario demands and did not get.
pub(super) fn requirements(
    scenario: &Scenario,
    counts: &Counts,
    faults: &BTreeMap<FaultKind, u64>,
    failures: &mut Vec<String>,
) {
    for kind in &scenario.require.faults {
        if !faults.contains_key(kind) {
            failures.push(format!("the demanded fault {kind:?} never took effect"));
        }
    }
    let least = &scenario.require;
    for (what, got, wanted) in [
        ("commands", counts.commands, least.commands),
        ("cases", counts.cases, least.cases),
        ("mail", counts.mail, least.mail),
    ] {
        if got < wanted {
            failures.push(format!("too little flowed: {got} {what}, at least {wanted} are demanded"));
        }
    }
}
