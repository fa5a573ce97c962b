//! A whole prefecture at work.

use sim::ground::core::{Options, Suite, Summary, prefecture};

fn play(cases: u64, suite: Suite) -> Summary {
    prefecture(Options { cases, seed: 1, days: 28, suite }).unwrap()
}

/// Slow: every unit takes the whole catalogue. How many cases is told by `CASES`, the suite by `SUITE`.
#[test]
#[ignore = "minutes of one core: run by hand or by the soak"]
fn every_unit_works_and_every_case_comes_to_its_end() {
    let cases = std::env::var("CASES").map_or(10_000, |cases| cases.parse().unwrap());
    let suite =
        if std::env::var("SUITE").is_ok_and(|suite| suite == "standard") { Suite::Standard } else { Suite::Null };
    let summary = play(cases, suite);
    let told = format!("{summary:#?}\n");
    if let Ok(file) = std::env::var("SUMMARY_TO") {
        std::fs::write(file, &told).unwrap();
    }
    assert_eq!(summary.units, 5_098);
    assert!(summary.stopped.is_empty(), "{told}");
    let ended: u64 = summary.ended.values().sum();
    assert_eq!(ended, cases, "{told}");
    assert!(!summary.ended.contains_key(Summary::LEFT), "{told}");
    assert!(summary.commands >= cases * 12, "{told}");
}
