//! Every interleaving, unmutated and under each mutant, and the table of docs/testing.md that says what came of it.

use std::collections::BTreeSet;

use stateright::{Checker as _, Model as _};

use super::{Claims, Mutant};

/// Properties that must be reachable; every other one must never be broken.
const REACHED: [&str; 8] = [
    "given back",
    "recalled, and stands",
    "a word goes after its case",
    "a word waits for a move",
    "granted a second time",
    "passed on, and decided",
    "ended as a duplicate",
    "both accepted, one decided, one ended",
];

#[expect(clippy::print_stderr, reason = "the counts are this test's report")]
/// What is found, and the row of docs/testing.md that does not stand there.
fn exhaust(mutant: Mutant, claim_first: bool) -> (BTreeSet<&'static str>, Option<String>) {
    let checker = Claims { mutant, claim_first }.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done());
    let found: BTreeSet<_> = checker.discoveries().into_keys().collect();
    let unique = checker.unique_state_count();
    let document = include_str!("../../../../docs/testing.md");
    let form = if claim_first { "claim first" } else { "declared" };
    let row = format!("| {mutant:?} | {form} | {unique} |");
    eprintln!("{row} {found:?}");
    (found, (!document.contains(&row)).then_some(row))
}

fn holds(claim_first: bool) {
    let (found, missing) = exhaust(Mutant::None, claim_first);
    assert_eq!(found, BTreeSet::from(REACHED), "a promise is broken, or a witness is missing");
    assert_eq!(missing, None, "docs/testing.md, section Claims model, should have it");
}

#[test]
fn no_interleaving_breaks_a_promise_on_declarations() {
    holds(false);
}

#[test]
fn no_interleaving_breaks_a_promise_where_the_claim_comes_first() {
    holds(true);
}

#[test]
fn every_mutant_is_caught_by_its_property() {
    use Mutant::*;
    let winner = "the earlier receipt stands, a tie goes to the home";
    let (mut missing, mut escaped) = (Vec::new(), Vec::new());
    for (mutant, claim_first, by) in [
        (DecideWithoutClaim, false, "never two decisions"),
        (AcceptWithoutClaim, true, "never two acceptances where the claim comes first"),
        (HomeGrantsTwice, false, "never two decisions"),
        (KeepsWhatItGaveBack, false, "never two decisions"),
        (DecidedGivesBack, false, "a decided case has the claim"),
        (LaterReceiptWins, false, winner),
        (TieGoesAway, false, winner),
        (LoserLives, false, "at rest one live case"),
        (WordLostOnTheWay, false, "at rest nobody waits for the home"),
        (AsksAgain, false, "a duplicate is linked to one that did not end as one"),
        (PassesOnUnanswered, false, "never two decisions"),
    ] {
        let (found, row) = exhaust(mutant, claim_first);
        missing.extend(row);
        if !found.contains(by) {
            escaped.push(format!("{mutant:?} breaks {found:?}, expected {by}"));
        }
    }
    assert_eq!(escaped, Vec::<String>::new());
    assert_eq!(missing, Vec::<String>::new(), "docs/testing.md, section Claims model, should have these");
}
