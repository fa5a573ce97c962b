//! Every interleaving, unmutated and under each mutant, and the table of docs/testing.md that says what came of it.

use std::collections::BTreeSet;

use stateright::{Checker as _, HasDiscoveries, Model as _};

use super::{CITY, COUNTY, Mutant, Promotion, TOWNSHIP, UNITS, bit};

/// Properties that must be reachable; every other one must never be broken.
const REACHED: [&str; 4] = [
    "handed over",
    "a new generation owns after its round",
    "a new generation yields to a peer",
    "a former self acts for nothing",
];

const ALL: u8 = 0b111;

/// Nobody is lost; the township receives, and offers up to `last_offer` are made in each block of attempts.
fn calm(last_offer: u32) -> Promotion {
    Promotion {
        mutant: Mutant::None,
        receiver: TOWNSHIP,
        last_offer,
        victims: 0,
        promotions: 0,
        losable: 0,
        partners: ALL,
        former_acts: true,
    }
}

fn one(victim: usize, last_offer: u32) -> Promotion {
    Promotion { victims: bit(victim), promotions: 1, ..calm(last_offer) }
}

/// The county receives, and is lost: of several voters, it sends what its mirror has not.
fn at_the_county(last_offer: u32) -> Promotion {
    Promotion { receiver: COUNTY, ..one(COUNTY, last_offer) }
}

/// One unit comes back, another is declared lost.
fn with_lost(victim: usize, lost: usize, last_offer: u32) -> Promotion {
    Promotion { losable: bit(lost), ..one(victim, last_offer) }
}

/// Two units may be lost, together or one after the other, or one of them twice: of two promotions in all.
fn two(victims: [usize; 2]) -> Promotion {
    Promotion { victims: victims.into_iter().map(bit).fold(0, |all, victim| all | victim), promotions: 2, ..calm(1) }
}

/// The two offer to each other alone; the third only answers fences.
fn two_among_themselves() -> Promotion {
    Promotion { partners: bit(TOWNSHIP) | bit(COUNTY), ..two([TOWNSHIP, COUNTY]) }
}

/// One unit comes back, is lost again, and comes back once more.
fn county_twice() -> Promotion {
    Promotion { victims: bit(COUNTY), ..two([COUNTY, COUNTY]) }
}

#[expect(clippy::print_stderr, reason = "the counts are this test's report")]
fn exhaust(name: &str, model: Promotion) {
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    for (name, path) in checker.discoveries().into_iter().filter(|(name, _)| !REACHED.contains(name)) {
        eprintln!("{name}: {:?}", path.into_actions());
    }
    let found: BTreeSet<_> = checker.discoveries().into_keys().collect();
    let row = format!("| {name} | {} |", checker.unique_state_count());
    eprintln!("{row}");
    assert_eq!(found, BTreeSet::from(REACHED), "a promise is broken, or a witness is missing");
    assert!(checker.is_done());
    let document = include_str!("../../../../docs/testing.md");
    assert!(document.contains(&row), "docs/testing.md, section Promotion model, should have: {row}");
}

#[test]
fn nobody_is_lost() {
    exhaust("nobody lost", calm(4));
}

#[test]
fn any_one_unit_comes_back() {
    for (at, name) in UNITS.into_iter().zip(["township back", "county back", "city back"]) {
        exhaust(name, one(at, 2));
    }
    exhaust("county back, received there", at_the_county(2));
}

#[test]
fn a_unit_comes_back_and_another_is_declared_lost() {
    exhaust("township back, county lost", with_lost(TOWNSHIP, COUNTY, 2));
    exhaust("county back, township lost", with_lost(COUNTY, TOWNSHIP, 2));
}

#[test]
fn two_come_back_at_once() {
    exhaust("township and county back, between themselves", two_among_themselves());
}

#[test]
#[ignore = "minutes: `cargo xtask soak` and whoever changes a rule run it"]
fn soak_one_unit_comes_back_with_three_offers() {
    exhaust("township back, three offers", one(TOWNSHIP, 3));
}

#[test]
#[ignore = "minutes: `cargo xtask soak` and whoever changes a rule run it"]
fn soak_two_come_back_at_once() {
    exhaust("county back, and once more", county_twice());
    exhaust("township and county back", two([TOWNSHIP, COUNTY]));
    exhaust("county and city back, former selves dead", Promotion { former_acts: false, ..two([COUNTY, CITY]) });
}

#[test]
fn every_mutant_is_caught_by_its_invariant() {
    use Mutant::*;
    let (i1, i3, i11) = ("I1 at most one acting owner", "I3 one decision per attempt", "I11 nothing hangs at rest");
    let (i4, newest, order) = ("I4 attempts strictly rise", "I2 an owner has the newest content", "no contradiction");
    let mut escaped = Vec::new();
    for (mutant, model, by) in [
        (ActsOnPrepare, one(TOWNSHIP, 2), i1),
        (SkipsRound, at_the_county(2), i1),
        (FirstAnswerEndsRound, at_the_county(2), newest),
        (ActsOnInherited, at_the_county(2), i1),
        (EarlyMailIsLive, one(COUNTY, 2), order),
        (AnswerStands, one(TOWNSHIP, 2), i11),
        (LiveCasesAreJudged, one(COUNTY, 2), i11),
        (OwnLogDecides, one(TOWNSHIP, 2), i11),
        (OwnBeforePeer, one(TOWNSHIP, 2), i11),
        (ReceiverBeforeGiver, one(TOWNSHIP, 2), i3),
        (AttemptStays, one(TOWNSHIP, 2), i4),
        (UndecidedCounts, one(TOWNSHIP, 2), i11),
        (OwnContentGoesOn, one(COUNTY, 2), "I2 never orphaned"),
        (CommitIsNotRepeated, one(TOWNSHIP, 2), i11),
        (CommitIsAborted, one(TOWNSHIP, 2), i3),
        (OffersStayOpen, one(TOWNSHIP, 2), i11),
        (SendsUnmirrored, with_lost(TOWNSHIP, COUNTY, 2), i1),
        (BelievesFenced, with_lost(TOWNSHIP, COUNTY, 2), order),
        (GivesToFenced, one(COUNTY, 2), i1),
        (AnswersOutliveTheirUnit, two_among_themselves(), i11),
        (AnyAnswerCounts, county_twice(), order),
    ] {
        let model = Promotion { mutant, ..model };
        let stop = HasDiscoveries::AllOf(BTreeSet::from([by]));
        let found = model.checker().threads(2).finish_when(stop).spawn_bfs().join().discoveries();
        if !found.contains_key(by) {
            escaped.push(format!("{mutant:?} breaks {:?}, expected {by}", found.into_keys().collect::<Vec<_>>()));
        }
    }
    assert_eq!(escaped, Vec::<String>::new());
}
