//! `tongban scenario run`.

use std::path::PathBuf;

use clap::Args;
use sim::scenario::Fidelity;

use super::work::{self, Job};
use super::{Real, Seeds};
use crate::commands::{Failure, print};

/// Play scenario files, or all of a folder.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Scenario files, or folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// How real; each file says where it can be played. Where this is left out it is played at those of them that are simulated.
    #[arg(long, value_enum, value_delimiter = ',')]
    fidelity: Vec<Real>,
    /// Other seeds than the file's own: A..B, without B.
    #[arg(long)]
    seeds: Option<Seeds>,
    /// How many runs at once; one for each processor where left out. Runs on real nodes go one after the other.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Write a report that a browser shows; of several runs, with an index in front.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write which faults took effect into this document: the columns of the fidelities that are played now.
    #[arg(long, value_name = "FILE.md")]
    coverage: Option<PathBuf>,
    /// Write everything that came of the runs, for programs.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Failure> {
        let tree = sim::ground::region::divisions();
        let mut jobs = Vec::new();
        for file in work::files(&self.files)? {
            let scenario = work::load(&file, &tree)?;
            for fidelity in self.fidelities(&scenario) {
                let seeds = self.seeds.map_or_else(|| vec![scenario.seed], |seeds| seeds.iter().collect());
                for seed in seeds {
                    let scenario = sim::scenario::Scenario { seed, ..scenario.clone() };
                    jobs.push(Job { scenario, fidelity, file: Some(file.clone()) });
                }
            }
        }
        if jobs.is_empty() {
            return Err(Failure::refused("error: none of these scenarios can be played at that fidelity"));
        }
        let stopwatch = work::Stopwatch::start();
        let played = work::play_all(&jobs, work::threads(self.jobs.map(usize::from)), work::Told::Later)?;
        if let Some(path) = &self.report {
            write(path, &sim::report::page(&played))?;
            print(format_args!("report: {}", path.display()));
        }
        if let Some(path) = &self.json {
            write(path, &sim::report::to_json(&played).map_err(Failure::failed)?)?;
        }
        if let Some(path) = &self.coverage {
            let mut coverage = sim::coverage::Coverage::default();
            played.iter().for_each(|one| coverage.add(one));
            let before = std::fs::read_to_string(path).ok();
            write(path, &coverage.document(before.as_deref()).map_err(Failure::failed)?)?;
        }
        print(sim::report::table(&played, work::colours()).trim_end());
        work::conclude(&played, jobs.len(), stopwatch.seconds())
    }

    fn fidelities(&self, scenario: &sim::scenario::Scenario) -> Vec<Fidelity> {
        let simulated = [Fidelity::Core, Fidelity::Consensus];
        let wanted: Vec<Fidelity> = if self.fidelity.is_empty() {
            simulated.to_vec()
        } else {
            self.fidelity.iter().map(|f| (*f).into()).collect()
        };
        wanted.into_iter().filter(|fidelity| scenario.fidelities.contains(fidelity)).collect()
    }
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|why| Failure::failed(format!("{}: {why}", path.display())))
}
