//! Runs a node of a township.

use std::process::ExitCode;

use domain::division::Tier;

fn main() -> ExitCode {
    node::program::main(Tier::Township)
}
