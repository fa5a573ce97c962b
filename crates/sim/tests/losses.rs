//! Random worlds in which units are lost and go on from mirrors that lag: two hundred over perfect logs in every test run.

#![expect(clippy::print_stdout, reason = "a test tells how much it played")]

use sim::generate;
use sim::ground::region::divisions;
use sim::play::{Options, Played};
use sim::run::run;
use sim::scenario::{FaultKind, Fidelity};

fn play(seed: u64) -> Played {
    let scenario = generate::world_with_losses(seed, &divisions());
    run(&scenario, Fidelity::Core, &Options::default()).expect("a generated world has a region")
}

fn hold(seeds: std::ops::Range<u64>) {
    let played: Vec<Played> = seeds.map(play).collect();
    let failed: Vec<String> = played
        .iter()
        .filter(|played| !played.passed())
        .map(|played| format!("seed {}: {}", played.seed, played.failures.join("\n  ")))
        .collect();
    assert!(failed.is_empty(), "{} of {} worlds failed:\n{}", failed.len(), played.len(), failed.join("\n"));
    let lost: u64 = played.iter().filter_map(|one| one.faults.get(&FaultKind::Promote)).sum();
    assert!(lost >= played.len() as u64, "only {lost} units were lost");
    let commands: u64 = played.iter().map(|one| one.counts.commands).sum();
    println!("{} worlds, {lost} units lost, {commands} commands, no invariant broken", played.len());
}

/// `cargo xtask soak --seeds A..B losses`: as many as wanted.
#[test]
#[ignore = "a long run: cargo xtask soak"]
fn many_worlds_with_losses_hold() {
    let seeds = std::env::var("TONGBAN_SEEDS").unwrap_or_else(|_| "1..2001".to_owned());
    let (from, to) = seeds.split_once("..").expect("TONGBAN_SEEDS is A..B");
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    for seed in from..to {
        println!("seed {seed}");
        hold(seed..seed + 1);
    }
}

#[test]
fn worlds_1_to_100_hold() {
    hold(1..101);
}

#[test]
fn worlds_101_to_200_hold() {
    hold(101..201);
}
