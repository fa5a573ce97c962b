//! The long runs: ignored tests of the `domain`, `tests` and `sim` crates, with many seeds, over and over; each round is recorded with its date.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};

use crate::machine::{Machine, Need};
use crate::steps;

/// Where ignored tests are long runs.
const LONG_RUNS: &str = "package(domain) | package(tests) | package(sim)";

/// What a soak was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    first_seed: u64,
    last_seed: u64,
    rounds: u64,
    filter: Vec<String>,
}

/// Runs the rounds, and stops at the first that fails: its seeds are the last line of the record.
pub(crate) fn run(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    let request = read(arguments)?;
    machine.set_up(&[Need::Build, Need::Test])?;
    steps::run(
        "build programs and tests",
        machine.cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"]),
    )?;
    let commit =
        steps::output(machine.command("git").current_dir(machine.root()).args(["describe", "--always", "--dirty"]))?;
    let path = machine.target_folder().join("soak.log");
    let mut record = OpenOptions::new().create(true).append(true).open(&path).context("the record of soaks")?;
    let many = request.last_seed - request.first_seed + 1;
    for round in 0..request.rounds {
        let first = request.first_seed + round * many;
        let seeds = format!("{first}..{}", first + many);
        let mut command = machine.cargo();
        command.args(["nextest", "run", "--workspace", "--locked", "--profile", "soak", "--run-ignored", "only"]);
        // The whole workspace, so that nothing is compiled with other features and so once more.
        command.args(["-E", LONG_RUNS]);
        command.args(&request.filter).env("TONGBAN_SEEDS", &seeds);
        let started = now();
        let (result, took) = steps::timed(|| steps::run(&format!("seeds {seeds}"), &mut command));
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        writeln!(record, "{started} {} seeds {seeds} {verdict} {:.0} s", commit.trim(), took.as_secs_f64())?;
        if let Err(error) = result {
            bail!(
                "{error:#}\nagain: TONGBAN_SEEDS={seeds} cargo nextest run --workspace -E '{LONG_RUNS}' --profile soak --run-ignored only"
            );
        }
    }
    println!("[done] recorded in {}", path.display());
    Ok(())
}

/// `--seeds A..B` (the end left out, as in Rust), `--rounds N`, and the rest for nextest.
fn read(arguments: &[String]) -> anyhow::Result<Request> {
    let mut request = Request { first_seed: 1, last_seed: 10, rounds: 1, filter: Vec::new() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seeds" => {
                let seeds = rest.next().context("--seeds wants A..B")?;
                let (first, end) = seeds.split_once("..").with_context(|| format!("{seeds:?} is not A..B"))?;
                request.first_seed = first.parse().with_context(|| format!("{first:?} is no seed"))?;
                let end: u64 = end.parse().with_context(|| format!("{end:?} is no seed"))?;
                if end <= request.first_seed {
                    bail!("{seeds} holds no seed");
                }
                request.last_seed = end - 1;
            }
            "--rounds" => {
                let rounds = rest.next().context("--rounds wants a number")?;
                request.rounds = rounds.parse().with_context(|| format!("{rounds:?} is no number of rounds"))?;
            }
            _ => request.filter.push(argument.clone()),
        }
    }
    Ok(request)
}

/// The time for the record, UTC: `2026-11-23T23:10:05Z`.
#[expect(clippy::disallowed_methods, reason = "dates a line that people read; no run depends on it")]
fn now() -> String {
    let seconds = std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The Gregorian date of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year_of_era + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        for (days, expected) in [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (20_780, (2026, 11, 23))] {
            assert_eq!(civil(days), expected);
        }
    }

    #[test]
    fn requests_are_read() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let expected = Request { first_seed: 5, last_seed: 8, rounds: 3, filter: words("cut_county") };
        assert_eq!(read(&words("--seeds 5..9 cut_county --rounds 3")).unwrap(), expected);
        for bad in ["--seeds", "--seeds 5", "--seeds 5..5", "--seeds a..b", "--rounds x"] {
            assert!(read(&words(bad)).is_err(), "{bad}");
        }
    }
}
