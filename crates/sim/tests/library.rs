//! The library of scenarios: every file passes at each simulated fidelity that it names, and its story is the one that is
//! recorded beside it. `BLESS=1` records anew; a change is then read as a diff.

#![expect(clippy::print_stdout, reason = "a test tells how much it played, and its own process its traces")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use sim::ground::region::divisions;
use sim::play::transcript::transcript;
use sim::play::{Options, Played};
use sim::run::{run, side_by_side};
use sim::scenario::{Fidelity, Scenario, load};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("scenarios")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found
}

/// How the file is named in its transcript: from the library's folder on, so that it is the same in every clone.
fn name(path: &Path) -> String {
    format!("scenarios/{}", path.strip_prefix(folder()).unwrap().display())
}

fn play(path: &Path, scenario: &Scenario, fidelity: Fidelity) -> Played {
    let file = name(path);
    let replay = format!("tongban scenario replay {file} --fidelity {}", fidelity.as_str());
    run(scenario, fidelity, &Options { file: Some(file), replay, ..Options::default() }).unwrap()
}

/// What is wrong with a run and its record; nothing where both are as they must be.
fn held(path: &Path, played: &Played) -> Vec<String> {
    let mut wrong = Vec::new();
    if !played.passed() {
        wrong.push(format!("{} at {}:\n  {}", name(path), played.fidelity.as_str(), played.failures.join("\n  ")));
        return wrong;
    }
    let recorded = path.with_extension(format!("{}.txt", played.fidelity.as_str()));
    let now = transcript(played);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&recorded, &now).unwrap();
        return wrong;
    }
    let known = std::fs::read_to_string(&recorded).unwrap_or_default();
    if known != now {
        let first = known.lines().zip(now.lines()).position(|(a, b)| a != b);
        let at = first.unwrap_or_else(|| known.lines().count().min(now.lines().count()));
        wrong.push(format!(
            "{} at {}: line {} of its transcript differs (cargo xtask bless records it anew):\n  was {:?}\n  is  {:?}",
            name(path),
            played.fidelity.as_str(),
            at + 1,
            known.lines().nth(at).unwrap_or("nothing"),
            now.lines().nth(at).unwrap_or("nothing"),
        ));
    }
    wrong
}

fn every_file_at(fidelity: Fidelity) {
    let tree = divisions();
    let scenarios: Vec<(PathBuf, Scenario)> = files(&folder())
        .into_iter()
        .map(|path| {
            let scenario = load(&path, &tree).unwrap_or_else(|faults| {
                panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            });
            (path, scenario)
        })
        .filter(|(_, scenario)| scenario.fidelities.contains(&fidelity))
        .collect();
    assert!(scenarios.len() >= 30, "only {} scenarios name {}", scenarios.len(), fidelity.as_str());
    let wrong = Mutex::new(Vec::new());
    side_by_side(
        &scenarios,
        2,
        &AtomicBool::new(false),
        |(path, scenario)| held(path, &play(path, scenario, fidelity)),
        |found| wrong.lock().unwrap().extend(found.iter().cloned()),
    );
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} runs:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
    println!("{} scenarios at {}", scenarios.len(), fidelity.as_str());
}

#[test]
fn every_scenario_passes_over_perfect_logs_as_recorded() {
    every_file_at(Fidelity::Core);
}

#[test]
fn every_scenario_passes_on_real_consensus_as_recorded() {
    every_file_at(Fidelity::Consensus);
}
