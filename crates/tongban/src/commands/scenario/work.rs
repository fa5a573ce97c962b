//! Many runs side by side, with a bar on a terminal, ended cleanly by Ctrl-C; and what is said of them at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::division::DivisionTree;
use indicatif::{ProgressBar, ProgressStyle};
use sim::play::{Options, Played};
use sim::report::counted;
use sim::run::{run, side_by_side};
use sim::scenario::{Fidelity, Scenario};

use crate::commands::{Failure, print};

/// Exit code of a command that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// One run to be made.
pub(super) struct Job {
    pub(super) scenario: Scenario,
    pub(super) fidelity: Fidelity,
    pub(super) file: Option<PathBuf>,
}

impl Job {
    /// The command that plays it again.
    fn replay(&self) -> String {
        let (fidelity, seed) = (self.fidelity.as_str(), self.scenario.seed);
        match &self.file {
            Some(file) => {
                format!("tongban scenario replay {} --fidelity {fidelity} --seed {seed}", file.display())
            }
            None => format!("tongban scenario replay --random {seed} --fidelity {fidelity}"),
        }
    }

    fn options(&self, stop: &Arc<AtomicBool>) -> Options {
        Options {
            file: self.file.as_ref().map(|file| file.display().to_string()),
            replay: self.replay(),
            stop: Arc::clone(stop),
        }
    }

    /// Plays it on this thread.
    pub(super) fn play(&self, stop: &Arc<AtomicBool>) -> Result<Played, Failure> {
        let options = self.options(stop);
        match self.fidelity {
            Fidelity::Core | Fidelity::Consensus => {
                run(&self.scenario, self.fidelity, &options).map_err(Failure::failed)
            }
            real => {
                harness::ground::play(&self.scenario, real, &options).map_err(|why| Failure::failed(format!("{why:#}")))
            }
        }
    }

    fn is_real(&self) -> bool {
        matches!(self.fidelity, Fidelity::Process | Fidelity::Container)
    }
}

/// Before anything is played: nodes as processes live in a network of their own, in which this command is run once more.
pub(super) fn enter_network_for(jobs: &[Job]) -> Result<(), Failure> {
    if jobs.iter().any(|job| job.fidelity == Fidelity::Process) {
        harness::network::enter_own_network().map_err(|why| Failure::failed(format!("{why:#}")))?;
    }
    Ok(())
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the process at once.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if set.swap(true, Ordering::Relaxed) {
                    std::process::exit(INTERRUPTED.into());
                }
            }
        });
    });
    stop
}

/// When a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// As it comes: of very many runs, of which nothing else is printed.
    AtOnce,
    /// With all others at the end.
    Later,
}

/// Plays all of them; those that were made before Ctrl-C where it came.
pub(super) fn play_all(jobs: &[Job], threads: usize, told: Told) -> Result<Vec<Played>, Failure> {
    enter_network_for(jobs)?;
    // Regions of real nodes would take each other's addresses.
    let threads = if jobs.iter().any(Job::is_real) { 1 } else { threads };
    let stop = stop_flag();
    let bar = ProgressBar::new(jobs.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {elapsed}, {msg}").map_err(Failure::failed)?;
    bar.set_style(style);
    let failed = std::sync::atomic::AtomicUsize::new(0);
    let results = side_by_side(
        jobs,
        threads,
        &stop,
        |job| job.play(&stop),
        |result| {
            bar.inc(1);
            if let Ok(played) = result
                && !played.passed()
                && !played.was_stopped()
            {
                let failed = failed.fetch_add(1, Ordering::Relaxed) + 1;
                bar.set_message(format!("{failed} failed"));
                if told == Told::AtOnce {
                    bar.suspend(|| print(failure(played)));
                }
            }
        },
    );
    bar.finish_and_clear();
    let results: Result<Vec<Played>, Failure> = results.into_iter().collect();
    results.map(|mut played| {
        played.retain(|played| !played.was_stopped());
        played
    })
}

fn failure(played: &Played) -> String {
    let name = played.file.as_deref().unwrap_or(&played.title);
    let mut text = format!("FAILED {name} at {} (seed {})", played.fidelity.as_str(), played.seed);
    for why in &played.failures {
        text.push_str("\n  ");
        text.push_str(why);
    }
    text.push_str("\n  again: ");
    text.push_str(&played.replay);
    text
}

/// The last line, and the exit code: a run that failed is a failure of the command, and one that was not made leaves it unfinished.
pub(super) fn conclude(played: &[Played], wanted: usize, seconds: f64) -> Result<(), Failure> {
    let failed = played.iter().filter(|played| !played.passed()).count();
    let (mut commands, mut cases, mut virtual_seconds) = (0, 0, 0.0);
    for one in played {
        commands += one.counts.commands;
        cases += one.counts.cases;
        virtual_seconds += (one.ended.0 - one.started.0) as f64 / 1000.0;
    }
    print(format_args!(
        "{}: {} passed, {failed} failed; {}, {commands} commands, {virtual_seconds:.0} virtual seconds in {seconds:.1} s",
        counted(played.len(), "run"),
        played.len() - failed,
        counted(cases as usize, "case"),
    ));
    let skipped: usize = played.iter().map(|played| played.skipped.len()).sum();
    if skipped > 0 {
        print(format_args!(
            "{} could not be done where they were played: SKIPPED lines of `scenario replay`",
            counted(skipped, "step")
        ));
    }
    if failed > 0 {
        return Err(Failure::failed(format!("{failed} of {} failed", counted(played.len(), "run"))));
    }
    if played.len() < wanted {
        let text = format!("stopped: {} of {} were made", played.len(), counted(wanted, "run"));
        return Err(Failure { text, exit: INTERRUPTED });
    }
    Ok(())
}

/// The scenario files that are named, and those in folders that are named, in the order of their names.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in named {
        if path.is_dir() {
            collect(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        return Err(Failure::refused("error: no scenario files (*.toml) there"));
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut paths: Vec<PathBuf> = entries
        .map_err(|why| Failure::refused(format!("error: {}: {why}", folder.display())))?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

/// A scenario of a file, or all that is wrong with it.
pub(super) fn load(path: &Path, tree: &DivisionTree) -> Result<Scenario, Failure> {
    use std::io::IsTerminal as _;

    let styled = std::io::stderr().is_terminal();
    sim::scenario::load(path, tree).map_err(|faults| {
        let told = faults.iter().map(|fault| if styled { fault.styled() } else { fault.to_string() });
        Failure::refused(told.collect::<Vec<_>>().join("\n\n"))
    })
}

/// Colours where the output is a terminal.
pub(super) fn colours() -> sim::report::Colours {
    use std::io::IsTerminal as _;

    if std::io::stdout().is_terminal() { sim::report::Colours::Ansi } else { sim::report::Colours::None }
}

/// How many runs at once, where nothing is said: one for each processor.
pub(super) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Real time that a command took.
pub(super) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "how long a command takes is real time, and decides nothing")]
    pub(super) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "how long a command takes is real time, and decides nothing")]
    pub(super) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
