//! The checkers' own test: each deliberate defect is caught by the invariant that is named for it, within the seeds that are
//! stated; the same seeds without a defect break nothing.
//!
//! Compiled only by `cargo xtask mutants`. Defects of the rules show in stories over perfect logs (`units::story`); a defect of
//! the disk shows only where there is one, in the world with consensus.
#![cfg(mutants)]

#[allow(dead_code, reason = "forgeries are for the other tests")]
mod units;

use std::collections::BTreeSet;

use domain::mutants::{Mutant, choose};
use units::{all_broken, broken, story};

/// Where a defect shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// In stories over perfect logs.
    InStories,
    /// Where unsynced writes can be lost.
    WithDisks,
}
use Shows::{InStories, WithDisks};

/// Steps of a story.
const STEPS: usize = 150;

/// Defect, the invariant that must catch it, within so many seeds from 0, and where.
const TABLE: &[(Mutant, &str, u64, Shows)] = &[
    (Mutant::AcknowledgedUnsynced, "I10", 50, WithDisks),
    (Mutant::AbortKeepsAttempt, "I4", 3, InStories),
    (Mutant::TakeKeepsAttempt, "I4", 3, InStories),
    (Mutant::KeysForgotten, "I3", 3, InStories),
    (Mutant::ActsOnPrepare, "I1", 3, InStories),
    (Mutant::ReceiverGivesUp, "I2", 20, InStories),
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
];

#[test]
fn every_mutant_is_in_the_table_once() {
    let named: BTreeSet<Mutant> = TABLE.iter().map(|(mutant, ..)| *mutant).collect();
    assert_eq!((named.len(), TABLE.len()), (Mutant::ALL.len(), Mutant::ALL.len()));
    let document = include_str!("../../../docs/testing.md");
    for (mutant, invariant, seeds, shows) in TABLE {
        let shows = if *shows == InStories { "in stories" } else { "with disks" };
        let row = format!("| {mutant:?} | {invariant} | {seeds} | {shows} |");
        assert!(document.contains(&row), "docs/testing.md, section Invariants and their mutants, should have: {row}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "which seed caught what is this test's report")]
fn each_is_caught_by_its_invariant_and_the_honest_run_passes() {
    let in_stories = || TABLE.iter().filter(|(_, _, _, shows)| *shows == InStories);
    choose(None);
    let most = in_stories().map(|(_, _, seeds, _)| *seeds).max().unwrap_or_default();
    for seed in 0..most {
        assert_eq!(all_broken(&story::play(seed, STEPS)), [], "no mutant, seed {seed}");
    }
    let mut escaped = Vec::new();
    for (mutant, invariant, seeds, _) in in_stories() {
        choose(Some(*mutant));
        let mut others = BTreeSet::new();
        let caught = (0..*seeds).find(|seed| {
            let judged = story::play(*seed, STEPS);
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
