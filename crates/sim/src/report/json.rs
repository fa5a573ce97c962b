//! What came of runs, for programs.

use serde::Serialize;

use crate::play::Played;

#[derive(Serialize)]
struct Run<'a> {
    passed: bool,
    #[serde(flatten)]
    played: &'a Played,
}

/// A list of runs as JSON; times are milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// Never for what a run holds; the writer's own.
pub fn to_json(runs: &[Played]) -> serde_json::Result<String> {
    let runs: Vec<Run<'_>> = runs.iter().map(|played| Run { passed: played.passed(), played }).collect();
    serde_json::to_string_pretty(&runs)
}
