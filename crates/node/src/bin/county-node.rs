//! Runs a node of a county.

use std::process::ExitCode;

use domain::division::Tier;

fn main() -> ExitCode {
    node::program::main(Tier::County)
}
