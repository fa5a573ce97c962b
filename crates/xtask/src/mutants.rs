//! The checkers' own test: our crates with all deliberate defects compiled in (`--cfg mutants`), one chosen at a time.
//!
//! The cfg is added by this program itself, standing before rustc for the crates of the workspace only: crates from outside are
//! not compiled again, and what is built without it keeps its own files in the same target folder.

use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::machine::{Machine, Need};
use crate::steps;

/// Says to this program, started by cargo in front of rustc, what it is there for.
const STANDS_BEFORE_RUSTC: &str = "TONGBAN_MUTANTS_RUSTC";

/// Builds and plays: every defect must be caught by the invariant that the table in `crates/sim/tests/mutants.rs` names.
pub(crate) fn run(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    machine.set_up(&[Need::Build, Need::Test])?;
    let own = std::env::current_exe().context("this program's own file")?;
    let mut command = machine.cargo();
    command.args(["nextest", "run", "-p", "sim", "--test", "mutants", "--locked", "--no-capture"]).args(arguments);
    command.env("RUSTC_WORKSPACE_WRAPPER", own).env(STANDS_BEFORE_RUSTC, "1");
    steps::run("every mutant is caught", &mut command)
}

/// Whether cargo started this program in front of rustc.
pub(crate) fn stands_before_rustc() -> bool {
    std::env::var_os(STANDS_BEFORE_RUSTC).is_some()
}

/// Runs rustc with the one cfg more.
pub(crate) fn rustc(rustc: &str, arguments: &[String]) -> ExitCode {
    let status = Command::new(rustc).args(arguments).args(["--cfg", "mutants"]).status();
    match status.ok().and_then(|status| status.code()) {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
