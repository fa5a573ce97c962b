//! `tongban bench`: what this machine gives, measured on a region made for it and removed afterwards.

mod cluster;
mod commit;
mod etcd;
mod load;
mod processes;
mod report;
mod search;
mod size;
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
    /// What a command costs in a unit as it grows, and what a restart of it takes.
    Size(size::Size),
    /// How long a unit takes to find matters, and what its index takes of memory.
    Search(search::Search),
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Commit(commit) => commit.run().map_err(|why| Failure::failed(format!("{why:#}"))),
            Command::Size(size) => size.run().map_err(|why| Failure::failed(format!("{why:#}"))),
            Command::Search(search) => search.run().map_err(|why| Failure::failed(format!("{why:#}"))),
        }
    }
}

/// Over one, five and fifteen minutes, where the system tells.
fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = text.split_whitespace().take(3).collect();
    if three.is_empty() { "unknown".to_owned() } else { three.join(" ") }
}
