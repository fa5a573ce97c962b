//! `tongban`: the command line for people who run, watch or try a region. Each subcommand is one file under `commands`.
//!
//! Talks to nodes over their HTTP interface or starts them in this process; holds no rules of its own.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people on its standard streams"
)]

mod client;
mod commands;
mod forms;
mod words;

use std::process::ExitCode;

use clap::Parser;

use commands::{Cli, Failure};

/// Simulations allocate all the time, in sizes from a row's to a catalogue's (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { text, exit }) => {
            eprintln!("{}", text.trim_end());
            ExitCode::from(exit)
        }
    }
}
