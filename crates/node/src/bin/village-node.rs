//! Runs a node of a village.

use std::process::ExitCode;

use domain::division::Tier;

fn main() -> ExitCode {
    node::program::main(Tier::Village)
}
