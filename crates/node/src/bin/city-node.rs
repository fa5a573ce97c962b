//! Runs a node of a city.

use std::process::ExitCode;

use domain::division::Tier;

fn main() -> ExitCode {
    node::program::main(Tier::City)
}
