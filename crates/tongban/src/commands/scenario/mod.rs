//! `tongban scenario`: simulations of a region, from a file of steps or at random.

mod check;
mod new;
mod prefecture;
mod random;
mod replay;
mod run;
mod shrink;
mod work;

use clap::{Args, Subcommand, ValueEnum};
use sim::scenario::Fidelity;

use super::Failure;

/// Play scenarios: partitions, crashes, clocks, handoffs; every run can be played again exactly.
#[derive(Debug, Args)]
pub(crate) struct Scenario {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenario files, or all of a folder.
    Run(run::Run),
    /// Write a small scenario to start from.
    New(new::New),
    /// Read scenario files and say all that is wrong with them.
    Check(check::Check),
    /// Play one scenario again and print everything that happens.
    Replay(replay::Replay),
    /// Make a failing scenario smaller while it goes on failing in the same way.
    Shrink(shrink::Shrink),
    /// Play worlds made at random, one for each seed.
    Random(random::Random),
    /// Play every unit of the sample prefecture at work.
    Prefecture(prefecture::Prefecture),
}

impl Scenario {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Run(run) => run.run(),
            Command::New(new) => new.run(),
            Command::Check(check) => check.run(),
            Command::Replay(replay) => replay.run(),
            Command::Shrink(shrink) => shrink.run(),
            Command::Random(random) => random.run(),
            Command::Prefecture(prefecture) => prefecture.run(),
        }
    }
}

/// How real a simulation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Simulated {
    /// Rules and duties over perfect logs.
    Core,
    /// Real consensus on simulated machines.
    Consensus,
}

impl From<Simulated> for Fidelity {
    fn from(simulated: Simulated) -> Self {
        match simulated {
            Simulated::Core => Self::Core,
            Simulated::Consensus => Self::Consensus,
        }
    }
}

/// How real a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Real {
    /// Rules and duties over perfect logs.
    Core,
    /// Real consensus on simulated machines.
    Consensus,
    /// Real programs on this machine, in a network of their own.
    Process,
    /// Containers of the shipped image (`cargo xtask image`).
    Container,
}

impl From<Real> for Fidelity {
    fn from(real: Real) -> Self {
        match real {
            Real::Core => Self::Core,
            Real::Consensus => Self::Consensus,
            Real::Process => Self::Process,
            Real::Container => Self::Container,
        }
    }
}

/// Seeds from `A` up to and without `B`, written `A..B`; one seed alone is written as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seeds {
    from: u64,
    to: u64,
}

impl Seeds {
    fn iter(self) -> std::ops::Range<u64> {
        self.from..self.to
    }
}

impl std::str::FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} are no seeds: one number, or two like 1..101, the second one higher");
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        match text.split_once("..") {
            None => number(text).map(|seed| Self { from: seed, to: seed.saturating_add(1) }),
            Some((from, to)) => {
                let seeds = Self { from: number(from)?, to: number(to)? };
                if seeds.from < seeds.to { Ok(seeds) } else { Err(wrong()) }
            }
        }
    }
}
