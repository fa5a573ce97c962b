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
        // What broke is the first words of the first failure: `I1 broken`, `never`, a line's number.
        let fails = |scenario: &sim::scenario::Scenario| {
            let job = Job { scenario: scenario.clone(), fidelity: self.fidelity.into(), file: None };
            let played = job.play(&stop).ok()?;
            played.failures.first().map(|why| why.split(':').next().unwrap_or_default().to_owned())
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
