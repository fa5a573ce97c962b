//! `tongban scenario random`.

use std::path::PathBuf;

use clap::Args;

use super::work::{self, Job};
use super::{Seeds, Simulated};
use crate::commands::Failure;

/// Play worlds made at random, one for each seed: thirteen nodes, faults of every kind that a region recovers from by itself.
#[derive(Debug, Args)]
pub(super) struct Random {
    /// Seeds A..B, without B.
    #[arg(long, default_value = "1..21")]
    seeds: Seeds,
    /// How real.
    #[arg(long, value_enum, default_value = "consensus")]
    fidelity: Simulated,
    /// How many runs at once; one for each processor where left out.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Write a report that a browser shows.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl Random {
    pub(super) fn run(self) -> Result<(), Failure> {
        let tree = sim::ground::region::divisions();
        let job =
            |seed| Job { scenario: sim::generate::world(seed, &tree), fidelity: self.fidelity.into(), file: None };
        let jobs: Vec<Job> = self.seeds.iter().map(job).collect();
        let stopwatch = work::Stopwatch::start();
        let played = work::play_all(&jobs, work::threads(self.jobs.map(usize::from)), work::Told::AtOnce)?;
        if let Some(path) = &self.report {
            std::fs::write(path, sim::report::page(&played))
                .map_err(|why| Failure::failed(format!("{}: {why}", path.display())))?;
        }
        work::conclude(&played, jobs.len(), stopwatch.seconds())
    }
}
