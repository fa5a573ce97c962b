//! `tongban scenario replay`.

use std::path::PathBuf;

use clap::Args;

use super::Real;
use super::work::{self, Job};
use crate::commands::{Failure, print};

/// Play one scenario again and print everything that happens.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The scenario file.
    #[arg(value_name = "FILE", required_unless_present = "random", conflicts_with = "random")]
    file: Option<PathBuf>,
    /// The world made at random from this seed.
    #[arg(long, value_name = "SEED")]
    random: Option<u64>,
    /// How real.
    #[arg(long, value_enum, default_value = "consensus")]
    fidelity: Real,
    /// Another seed than the file's own.
    #[arg(long, conflicts_with = "random")]
    seed: Option<u64>,
    /// Write the scenario as a file too: what a random world does, step by step.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write a report that a browser shows.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl Replay {
    pub(super) fn run(self) -> Result<(), Failure> {
        let tree = sim::ground::region::divisions();
        let mut scenario = match (&self.file, self.random) {
            (Some(file), _) => work::load(file, &tree)?,
            (None, Some(seed)) => sim::generate::world(seed, &tree),
            (None, None) => return Err(Failure::refused("error: a file or --random SEED is needed")),
        };
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        let write = |path: &PathBuf, text: String| {
            std::fs::write(path, text).map_err(|why| Failure::failed(format!("{}: {why}", path.display())))
        };
        if let Some(path) = &self.save {
            write(path, scenario.to_toml())?;
        }
        let job = Job { scenario, fidelity: self.fidelity.into(), file: self.file };
        work::enter_network_for(std::slice::from_ref(&job))?;
        let played = job.play(&work::stop_flag())?;
        print(sim::play::transcript::transcript(&played).trim_end());
        if let Some(path) = &self.report {
            write(path, sim::report::page(std::slice::from_ref(&played)))?;
        }
        if played.passed() { Ok(()) } else { Err(Failure::failed("the run failed")) }
    }
}
