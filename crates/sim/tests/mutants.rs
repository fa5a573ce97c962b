//! The checkers' own test: each deliberate defect is caught by the invariant that is named for it, within the seeds that are
//! stated; the same seeds without a defect break nothing.
//!
//! Compiled only by `cargo xtask mutants`. Defects of the rules show in stories over perfect logs (`units::story`), those of what comes
//! after a loss in random worlds in which units are lost, or where mail is brought past every check that stands before the log; a
//! defect of the disk shows only where there is one, in worlds with consensus in which the power goes.
#![cfg(mutants)]

#[allow(dead_code, reason = "forgeries are for the other tests")]
mod units;

use std::collections::BTreeSet;
use std::path::Path;

use domain::mutants::{Mutant, choose};
use sim::generate;
use sim::ground::region::divisions;
use sim::play::{Judged, Options};
use sim::run::run;
use sim::scenario::{Fidelity, Scenario};
use units::{all_broken, broken, story};

/// Where a defect shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// In stories over perfect logs.
    InStories,
    /// In such stories with the loss of a unit, and what its former self had under way.
    AfterLoss,
    /// In random worlds over perfect logs in which units are lost.
    InLosses,
    /// Where unsynced writes can be lost.
    WithDisks,
    /// Where a clock leaps and nobody can contradict it.
    WithWrongClocks,
    /// Where gaps are told, or not, and clocks stopped.
    BeforeDecision,
}
use Shows::{AfterLoss, BeforeDecision, InLosses, InStories, WithDisks, WithWrongClocks};

impl Shows {
    /// As docs/testing.md says it.
    fn words(self) -> &'static str {
        match self {
            InStories => "in stories",
            AfterLoss => "after a loss",
            InLosses => "in losses",
            WithDisks => "with disks",
            WithWrongClocks => "with wrong clocks",
            BeforeDecision => "before a decision",
        }
    }

    fn play(self, seed: u64) -> Vec<Judged> {
        let world = |scenario, fidelity| run(&scenario, fidelity, &Options::default()).expect("a region").invariants;
        match self {
            InStories => story::play(seed, STEPS),
            AfterLoss => story::play_with_loss(seed, STEPS),
            InLosses => world(generate::world_with_losses(seed, &divisions()), Fidelity::Core),
            WithWrongClocks => world(of_library(WRONG_CLOCK, seed), Fidelity::Core),
            BeforeDecision => LAW.into_iter().flat_map(|name| world(of_library(name, seed), Fidelity::Core)).collect(),
            WithDisks => world(generate::world_with_power_cuts(seed, &divisions()), Fidelity::Consensus),
        }
    }
}

/// A scenario of the library, under a seed.
fn of_library(name: &str, seed: u64) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name).with_extension("toml");
    let text = std::fs::read_to_string(&path).expect("a file of the library");
    let scenario = sim::scenario::read(&path, text, &divisions()).expect("a scenario");
    Scenario { seed, ..scenario }
}

/// A clock that leaps while its unit is cut off.
const WRONG_CLOCK: &str = "time/a-clock-leaps-while-nobody-can-tell";
/// What the law says of the time before a decision.
const LAW: [&str; 5] = [
    "law/all-gaps-are-told-once",
    "law/nobody-tells-the-gaps-in-time",
    "law/the-clock-stops-and-goes-on",
    "law/what-may-follow-follows",
    "law/gaps-that-nobody-fills",
];

/// Steps of a story.
const STEPS: usize = 150;

/// Defect, the invariant that must catch it, within so many seeds from 0, and where.
const TABLE: &[(Mutant, &str, u64, Shows)] = &[
    (Mutant::AcknowledgedUnsynced, "I10", 5, WithDisks),
    (Mutant::AbortKeepsAttempt, "I4", 3, InStories),
    (Mutant::TakeKeepsAttempt, "I4", 3, InStories),
    (Mutant::KeysForgotten, "I3", 3, InStories),
    (Mutant::ActsOnPrepare, "I1", 3, InStories),
    (Mutant::ReceiverGivesUp, "I2", 60, InStories),
    (Mutant::ReleasedOnOffer, "I2", 3, InStories),
    (Mutant::ReleasedUnsaid, "I11", 3, InStories),
    (Mutant::ClockRead, "I12", 3, InStories),
    (Mutant::CursorApart, "I3", 3, InStories),
    (Mutant::RemoteTimeMerged, "I6", 5, InStories),
    (Mutant::BackDated, "I7", 3, InStories),
    (Mutant::NumberReused, "I14", 3, InStories),
    (Mutant::DecidedTwice, "I3", 10, InStories),
    (Mutant::EventDayCounts, "I6", 3, InStories),
    (Mutant::FiresEarly, "I15", 10, InStories),
    (Mutant::RefusalUnaudited, "I8", 3, InStories),
    (Mutant::PinRenewed, "I9", 20, InStories),
    (Mutant::FieldsInClear, "I16", 3, InStories),
    (Mutant::ActsOnInherited, "I1", 110, InLosses),
    (Mutant::FirstAnswerEndsRound, "I4", 20, InLosses),
    (Mutant::AttemptStays, "I4", 20, InLosses),
    (Mutant::BelievesFenced, "I3", 20, AfterLoss),
    (Mutant::FindingLeftOut, "I10", 5, InLosses),
    (Mutant::JumpBelieved, "I6", 1, WithWrongClocks),
    (Mutant::ActsInUncertainTime, "I6", 1, WithWrongClocks),
    (Mutant::UncertainUnsaid, "I6", 1, WithWrongClocks),
    (Mutant::GapsToldAgain, "I6", 1, BeforeDecision),
    (Mutant::LawNotAwaited, "I6", 1, BeforeDecision),
    (Mutant::AcceptedWhenNoticed, "I6", 1, BeforeDecision),
    (Mutant::StopUncounted, "I6", 1, BeforeDecision),
    (Mutant::GrantedLacking, "I6", 1, BeforeDecision),
    (Mutant::LapsesEarly, "I6", 1, BeforeDecision),
];

#[test]
fn every_mutant_is_in_the_table_once() {
    let named: BTreeSet<Mutant> = TABLE.iter().map(|(mutant, ..)| *mutant).collect();
    assert_eq!((named.len(), TABLE.len()), (Mutant::ALL.len(), Mutant::ALL.len()));
    let document = include_str!("../../../docs/testing.md");
    for (mutant, invariant, seeds, shows) in TABLE {
        let row = format!("| {mutant:?} | {invariant} | {seeds} | {} |", shows.words());
        assert!(document.contains(&row), "docs/testing.md, section Invariants and their mutants, should have: {row}");
    }
}

/// Plays every defect that shows there, and first the same seeds without any.
#[expect(clippy::print_stderr, reason = "which seed caught what is this test's report")]
fn each_is_caught(shows: Shows) {
    let here = || TABLE.iter().filter(|(_, _, _, other)| *other == shows);
    choose(None);
    let most = here().map(|(_, _, seeds, _)| *seeds).max().expect("some defect shows there");
    for seed in 0..most {
        assert_eq!(all_broken(&shows.play(seed)), [], "no mutant, seed {seed}");
    }
    let mut escaped = Vec::new();
    for (mutant, invariant, seeds, _) in here() {
        choose(Some(*mutant));
        let mut others = BTreeSet::new();
        let caught = (0..*seeds).find(|seed| {
            let judged = shows.play(*seed);
            others.extend(all_broken(&judged).into_iter().map(|(id, _)| id));
            broken(&judged, invariant).is_some()
        });
        eprintln!("{mutant:?}: {invariant} within {seeds} seeds: {caught:?}; broken: {others:?}");
        if caught.is_none() {
            escaped.push(*mutant);
        }
    }
    choose(None);
    assert_eq!(escaped, [], "mutants that their invariants did not catch");
}

// One defect is chosen for a whole process: nextest gives each test its own.

#[test]
fn each_is_caught_by_its_invariant_and_the_honest_run_passes() {
    each_is_caught(InStories);
}

#[test]
fn each_is_caught_after_a_loss() {
    each_is_caught(AfterLoss);
}

#[test]
fn each_is_caught_in_worlds_with_losses() {
    each_is_caught(InLosses);
}

#[test]
fn each_is_caught_where_a_clock_is_wrong() {
    each_is_caught(WithWrongClocks);
}

#[test]
fn each_is_caught_before_a_decision() {
    each_is_caught(BeforeDecision);
}

#[test]
fn each_is_caught_where_the_power_goes() {
    each_is_caught(WithDisks);
}
