//! `tongban bench`: what this machine gives, measured on a region made for it and removed afterwards.

mod cluster;
mod commit;
mod etcd;
mod load;
mod report;
mod targets;

use clap::{Args, Subcommand};

use super::{Failure, Output, columns, print, print_json};

/// Measure what this machine gives.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Commands a second of a unit with three voters, over QUIC and over HTTP, beside three members of etcd.
    Commit(commit::Commit),
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Commit(commit) => commit.run().map_err(|why| Failure::failed(format!("{why:#}"))),
        }
    }
}
