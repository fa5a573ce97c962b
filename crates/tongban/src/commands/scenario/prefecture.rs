//! `tongban scenario prefecture`.

use clap::{Args, ValueEnum};
use sim::ground::core::{Options, Suite, Summary, prefecture};

use crate::commands::{Failure, print};

/// Play every unit of the sample prefecture at work over perfect logs: what a year of cases costs, and that none is lost.
#[derive(Debug, Args)]
pub(super) struct Prefecture {
    /// How many cases are handed in, over the opening hours of the days.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    cases: u64,
    /// Over so many days, working days or not.
    #[arg(long, default_value_t = 28, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// Fixes everything that is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How envelopes are sealed and signed.
    #[arg(long, value_enum, default_value_t = Sealing::None)]
    suite: Sealing,
    /// Print everything that came of it, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sealing {
    /// Not at all: for many cases.
    None,
    /// As in production.
    Standard,
}

impl Prefecture {
    pub(super) fn run(self) -> Result<(), Failure> {
        let suite = match self.suite {
            Sealing::None => Suite::Null,
            Sealing::Standard => Suite::Standard,
        };
        let Self { cases, days, seed, .. } = self;
        let summary = prefecture(Options { cases, seed, days, suite }).map_err(Failure::failed)?;
        match self.json {
            true => print(serde_json::to_string_pretty(&summary).map_err(Failure::failed)?),
            false => print(in_words(&summary)),
        }
        let left: u64 = summary.ended.get(Summary::LEFT).copied().unwrap_or_default();
        if left > 0 || !summary.stopped.is_empty() {
            let stopped = summary.stopped.join("; ");
            return Err(Failure::failed(format!("{left} cases came to no end; units that stopped: [{stopped}]")));
        }
        Ok(())
    }
}

fn in_words(summary: &Summary) -> String {
    let ended: Vec<String> = summary.ended.iter().map(|(how, cases)| format!("{cases} {how}")).collect();
    let commands = summary.commands as f64;
    let mut text = format!(
        "{} units, {} matters; the catalogue came to all of them with {} commands in {:.0} s of one core\n\
         {} cases: {}\n\
         {} commands ({:.1} a case) in {:.0} s of one core, {:.0} commands/s\n\
         {} MB of rows, at most {} MB of memory\n\
         state {}",
        summary.units,
        summary.matters,
        summary.commands_before,
        summary.seconds_before,
        summary.cases,
        ended.join(", "),
        summary.commands,
        commands / summary.cases as f64,
        summary.seconds,
        commands / summary.seconds.max(0.001),
        summary.row_bytes / 1_000_000,
        summary.memory_bytes / 1_000_000,
        summary.state.short(),
    );
    if let (Some(first), Some(last)) =
        (summary.seconds_per_ten_thousand.first(), summary.seconds_per_ten_thousand.last())
    {
        text.push_str(&format!("\nten thousand cases cost {first:.1} s at first, {last:.1} s at last"));
    }
    for (code, times) in &summary.refused {
        text.push_str(&format!("\nrefused {times} times: {code}"));
    }
    text
}
