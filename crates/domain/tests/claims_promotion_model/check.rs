//! Every interleaving, unmutated and under each mutant, and the table of docs/testing.md that says what came of it.

use std::collections::BTreeSet;

use stateright::{Checker as _, HasDiscoveries, Model as _};

use super::{CITY, Claims, HOME, Mutant, OTHER};

/// Properties that must be reachable; every other one must never be broken.
const REACHED: [&str; 4] = [
    "a duplicate is live again",
    "an own grant is said again",
    "what was granted is asked for again",
    "decided after a promotion",
];

/// The home and the city receive, and the home is lost.
fn home(mutant: Mutant, claim_first: bool) -> Claims {
    Claims { mutant, claim_first, receivers: &[HOME, CITY], days: &[1, 2], victims: &[HOME], promotions: 1 }
}

/// The same, and the city is lost.
fn city(mutant: Mutant, claim_first: bool) -> Claims {
    Claims { victims: &[CITY], ..home(mutant, claim_first) }
}

/// The city and another county receive, and the home is lost.
fn away(mutant: Mutant, claim_first: bool) -> Claims {
    Claims { receivers: &[CITY, OTHER], ..home(mutant, claim_first) }
}

#[expect(clippy::print_stderr, reason = "the counts are this test's report")]
fn exhaust(name: &str, model: Claims) -> Option<String> {
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    for (name, path) in checker.discoveries().into_iter().filter(|(name, _)| !REACHED.contains(name)) {
        eprintln!("{name}: {:?}", path.into_actions());
    }
    let found: BTreeSet<_> = checker.discoveries().into_keys().collect();
    let row = format!("| {name} | {} |", checker.unique_state_count());
    eprintln!("{row}");
    assert_eq!(found, BTreeSet::from(REACHED), "{name}: a promise is broken, or a witness is missing");
    assert!(checker.is_done());
    let document = include_str!("../../../../docs/testing.md");
    (!document.contains(&row)).then_some(row)
}

#[test]
fn no_interleaving_breaks_a_promise() {
    let mut missing = Vec::new();
    for (form, claim_first) in [("declared", false), ("claim first", true)] {
        for (name, model) in [
            ("home back", home(Mutant::None, claim_first)),
            ("home back, both elsewhere", away(Mutant::None, claim_first)),
            ("city back", city(Mutant::None, claim_first)),
        ] {
            missing.extend(exhaust(&format!("{name}, {form}"), model));
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "docs/testing.md, section Promotion model, should have these");
}

#[test]
fn every_mutant_is_caught_by_its_property() {
    let two = "never two decisions";
    let mut escaped = Vec::new();
    for (mutant, model, by) in [
        (Mutant::GrantsDuringRound, home(Mutant::GrantsDuringRound, false), two),
        (Mutant::ForgetsWhatWasGranted, home(Mutant::ForgetsWhatWasGranted, false), two),
        (Mutant::OwnRowDecides, home(Mutant::OwnRowDecides, false), two),
        (Mutant::GrantsAreNotRepeated, home(Mutant::GrantsAreNotRepeated, false), "at rest nobody waits for the home"),
        (Mutant::LoserStaysEnded, home(Mutant::LoserStaysEnded, false), "at rest not every case ended for another"),
        (Mutant::KeepsItsGrant, city(Mutant::KeepsItsGrant, false), two),
        (Mutant::BelievesFenced, home(Mutant::BelievesFenced, false), two),
    ] {
        let stop = HasDiscoveries::AllOf(BTreeSet::from([by]));
        let checker = model.checker().threads(2).finish_when(stop).spawn_bfs().join();
        let found = checker.discoveries();
        if !found.contains_key(by) {
            escaped.push(format!("{mutant:?} breaks {:?}, expected {by}", found.into_keys().collect::<Vec<_>>()));
        }
    }
    assert_eq!(escaped, Vec::<String>::new());
}
