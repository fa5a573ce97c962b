//! `tongban scenario shrink`.

use std::path::PathBuf;

use clap::Args;

use super::Simulated;
use super::work::{self, Job};
use crate::commands::{Failure, print};

/// Make a failing scenario smaller while it goes on failing in the same way.
#[derive(Debug, Args)]
pub(super) struct Shrink {
    /// The scenario file.
    #[arg(value_name = "FILE", required_unless_present = "random", conflicts_with = "random")]
    file: Option<PathBuf>,
    /// The world made at random from this seed.
    #[arg(long, value_name = "SEED")]
    random: Option<u64>,
    /// How real.
    #[arg(long, value_enum, default_value = "consensus")]
    fidelity: Simulated,
    /// Another seed than the file's own.
    #[arg(long, conflicts_with = "random")]
    seed: Option<u64>,
    /// Where to write the smaller scenario; beside the file, or `random-SEED.smaller.toml`, where left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// At most so many runs.
    #[arg(long, default_value_t = 200)]
    tries: usize,
}

impl Shrink {
    pub(super) fn run(self) -> Result<(), Failure> {
        let tree = sim::ground::region::divisions();
        let out = self.out.clone().unwrap_or_else(|| match (&self.file, self.random) {
            (Some(file), _) => file.with_extension("smaller.toml"),
            (None, seed) => PathBuf::from(format!("random-{}.smaller.toml", seed.unwrap_or_default())),
        });
        let mut first = match (&self.file, self.random) {
            (Some(file), _) => work::load(file, &tree)?,
            (None, Some(seed)) => sim::generate::world(seed, &tree),
            (None, None) => return Err(Failure::refused("error: a file or --random SEED is needed")),
        };
        first.seed = self.seed.unwrap_or(first.seed);
        let stop = work::stop_flag();
        let fails = |scenario: &sim::scenario::Scenario| {
            let job = Job { scenario: scenario.clone(), fidelity: self.fidelity.into(), file: None };
            let played = job.play(&stop).ok()?;
            played.failures.first().map(|why| what_broke(why))
        };
        let Some(shrunk) = sim::shrink::shrink(&first, self.tries, fails) else {
            return Err(Failure::refused("error: this scenario passes: there is nothing to make smaller"));
        };
        let path = out.display();
        std::fs::write(&out, shrunk.scenario.to_toml()).map_err(|why| Failure::failed(format!("{path}: {why}")))?;
        let (before, after) = (first.steps.len(), shrunk.scenario.steps.len());
        print(format_args!("{before} steps became {after} in {} runs; written to {path}", shrunk.tried));
        if shrunk.stopped_early {
            print("more may go: the limit of runs was reached (--tries)");
        }
        Ok(())
    }
}

/// The words of a failure that stay the same while a scenario gets smaller: what broke (`I1 broken`, a line and what was never so there),
/// and the code of an answer.
fn what_broke(failure: &str) -> String {
    let what = failure.split(':').next().unwrap_or_default();
    let answered = failure.split_once("answered ").and_then(|(_, answer)| answer.split_whitespace().next());
    [what].into_iter().chain(answered).collect::<Vec<_>>().join(" answered ")
}
