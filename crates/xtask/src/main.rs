//! Set-up, the gate, and everything around the code. `cargo xtask` lists what there is.
//!
//! Knows no product crate, so that it compiles in seconds on a new machine and can prepare it for the rest.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal: what it prints is what it is for"
)]

mod gate;
mod image;
mod layers;
mod machine;
mod metadata;
mod mutants;
mod oracle;
mod repair;
mod soak;
mod steps;
mod tests_run;

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::machine::{Machine, Need};

const HELP: &str = "\
cargo xtask <command>

  dev [args]     set up, build, and run `tongban dev` with these arguments
  test [args]    set up, the gate, and every test (arguments go to cargo nextest)
  check [part]   the gate alone, or the checks whose names contain a part; it only reads
  fix            repair what the gate finds and a program can: format, generated documents
  bless [args]   write recorded outputs anew (tests with BLESS=1; arguments go to cargo nextest)
  soak [args]    the long runs, again and again: --seeds A..B --rounds N [test filter]
  mutants [args] builds our crates with every deliberate defect and checks that each is caught (arguments go to cargo nextest)
  oracle [args]  legal time against the oracle in Python: --timelines N --seed S
  image          the container image `tongban:local` from static binaries
  env            what to `eval` in a shell so that plain cargo shares the compiled crates";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    if mutants::stands_before_rustc() {
        return mutants::rustc(&command, &rest);
    }
    match run(&command, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> anyhow::Result<()> {
    let machine = Machine::find()?;
    match command {
        "dev" => dev(&machine, rest),
        "test" => tests_run::everything(&machine, rest),
        "check" => {
            machine.set_up(&[Need::Build])?;
            gate::run(&machine, rest)
        }
        "fix" => repair::fix(&machine),
        "bless" => repair::bless(&machine, rest),
        "soak" => soak::run(&machine, rest),
        "mutants" => mutants::run(&machine, rest),
        "oracle" => oracle::run(&machine, rest),
        "image" => image::build(&machine),
        "env" => {
            print!("{}", machine.exports());
            Ok(())
        }
        "" | "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("no command {other:?}\n\n{HELP}"),
    }
}

/// Replaces this process by `tongban dev`, so that Ctrl-C and the exit code are its own.
fn dev(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;

    machine.set_up(&[Need::Build])?;
    // Of the workspace, not `-p tongban`: the features of shared crates, and so what is compiled, are then those of the tests.
    steps::run("build tongban", machine.cargo().args(["build", "--locked", "--workspace", "--bin", "tongban"]))?;
    let binary = machine.target_folder().join("debug/tongban");
    let error = machine.command(&binary).arg("dev").args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", binary.display()))
}
