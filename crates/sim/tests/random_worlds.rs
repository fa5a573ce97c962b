//! Random worlds on real consensus: a fixed hundred in every test run, thousands by `cargo xtask soak`. No invariant breaks, every
//! world gets its traffic and its faults, and equal seeds give equal runs, in every process.

#![expect(clippy::print_stdout, reason = "a test tells how much it played, and its own process its traces")]

use std::process::Command;
use std::time::Instant;

use sim::generate;
use sim::ground::region::divisions;
use sim::play::{Options, Played};
use sim::run::run;
use sim::scenario::Fidelity;

/// Plays seeds and gives all that went wrong, each with the command that plays it again.
fn play(seeds: std::ops::Range<u64>, fidelity: Fidelity) -> Vec<Played> {
    let tree = divisions();
    seeds
        .map(|seed| {
            let replay = format!("tongban scenario replay --random {seed} --fidelity {}", fidelity.as_str());
            let options = Options { replay, ..Options::default() };
            run(&generate::world(seed, &tree), fidelity, &options).expect("a generated world has a region")
        })
        .collect()
}

#[track_caller]
fn check(played: &[Played]) {
    let failed: Vec<String> = played
        .iter()
        .filter(|played| !played.passed())
        .map(|played| format!("{}\n  again: {}", played.failures.join("\n  "), played.replay))
        .collect();
    assert!(failed.is_empty(), "{} of {} worlds failed:\n{}", failed.len(), played.len(), failed.join("\n"));
    for one in played {
        let lived = (one.ended.0 - one.started.0) / 1000;
        let faults: u64 = one.faults.values().sum();
        assert!(lived >= 120, "seed {}: {lived} virtual seconds", one.seed);
        assert!(one.counts.commands >= 200, "seed {}: {} commands", one.seed, one.counts.commands);
        assert!(faults >= 3, "seed {}: {faults} faults", one.seed);
    }
    let commands: u64 = played.iter().map(|one| one.counts.commands).sum();
    println!("{} worlds, {commands} commands, no invariant broken", played.len());
}

// Four parts, so that they run beside each other.
#[test]
fn worlds_1_to_25_hold() {
    check(&play(1..26, Fidelity::Consensus));
}

#[test]
fn worlds_26_to_50_hold() {
    check(&play(26..51, Fidelity::Consensus));
}

#[test]
fn worlds_51_to_75_hold() {
    check(&play(51..76, Fidelity::Consensus));
}

#[test]
fn worlds_76_to_100_hold() {
    check(&play(76..101, Fidelity::Consensus));
}

#[test]
fn a_hundred_worlds_hold_over_perfect_logs() {
    check(&play(1..101, Fidelity::Core));
}

/// `cargo xtask soak --seeds A..B random_worlds`: as many as wanted.
#[test]
#[ignore = "a long run: cargo xtask soak"]
fn many_worlds_hold() {
    let seeds = std::env::var("TONGBAN_SEEDS").unwrap_or_else(|_| "1..2001".to_owned());
    let (from, to) = seeds.split_once("..").expect("TONGBAN_SEEDS is A..B");
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let mut total = Total::default();
    let (started, mut told) = (now(), now());
    for seed in from..to {
        let played = play(seed..seed + 1, Fidelity::Consensus);
        check(&played);
        played.iter().for_each(|one| total.add(one));
        if (now() - told).as_secs() >= 60 || seed + 1 == to {
            told = now();
            println!("seeds {from}..{}: {}", seed + 1, total.in_words((now() - started).as_secs_f64()));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the rate of a long run; nothing in it depends on this")]
fn now() -> Instant {
    Instant::now()
}

/// What many worlds came to together.
#[derive(Default)]
struct Total {
    worlds: u64,
    virtual_seconds: i64,
    commands: u64,
    faults: u64,
}

impl Total {
    fn add(&mut self, one: &Played) {
        self.worlds += 1;
        self.virtual_seconds += (one.ended.0 - one.started.0) / 1000;
        self.commands += one.counts.commands;
        self.faults += one.faults.values().sum::<u64>();
    }

    fn in_words(&self, seconds: f64) -> String {
        let Self { worlds, virtual_seconds, commands, faults } = self;
        let rate = *virtual_seconds as f64 / seconds;
        format!(
            "{worlds} worlds, {virtual_seconds} virtual seconds, {commands} commands, {faults} faults, no invariant broken; \
             {seconds:.0} s, {rate:.0} virtual seconds a second"
        )
    }
}

const INSIDE: &str = "TONGBAN_TRACES_OF";

/// What one process says of its runs: a line for each seed and fidelity.
fn traces(seeds: std::ops::Range<u64>) -> Vec<String> {
    let of = |fidelity| {
        play(seeds.clone(), fidelity)
            .into_iter()
            .map(move |one| format!("{fidelity:?} {} {}", one.seed, one.trace.short()))
    };
    of(Fidelity::Consensus).chain(of(Fidelity::Core)).collect()
}

#[test]
fn equal_seeds_give_equal_traces_in_two_fresh_processes() {
    compare("equal_seeds_give_equal_traces_in_two_fresh_processes", 200..210);
}

#[test]
#[ignore = "minutes: cargo xtask soak"]
fn fifty_seeds_give_equal_traces_in_two_fresh_processes() {
    compare("fifty_seeds_give_equal_traces_in_two_fresh_processes", 200..250);
}

/// Plays the seeds in two fresh processes of this test beside each other, and holds their traces against each other.
fn compare(test: &str, seeds: std::ops::Range<u64>) {
    if std::env::var_os(INSIDE).is_some() {
        for line in traces(seeds) {
            println!("trace: {line}");
        }
        return;
    }
    let fresh = || {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--include-ignored", "--nocapture"])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter_map(|line| line.split_once("trace: ").map(|(_, trace)| trace.to_owned()))
            .collect::<Vec<_>>()
    };
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(fresh);
        (fresh(), other.join().unwrap())
    });
    assert_eq!(first.len() as u64, (seeds.end - seeds.start) * 2, "{first:?}");
    assert_eq!(first, second);
}
