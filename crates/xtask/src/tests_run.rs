//! The whole test command: set-up, gate, tests. A closed gate does not hide the tests' verdict, nor they the gate's.

use anyhow::bail;

use crate::machine::{Machine, Need};
use crate::{gate, image, steps};

pub(crate) fn everything(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    let (result, took) = steps::timed(|| {
        machine.set_up(&[Need::Build, Need::Test, Need::Gate])?;
        let gate = gate::run(machine, &[]);
        let examples = examples(machine);
        let tests = tests(machine, arguments);
        let failed: Vec<String> =
            [gate, examples, tests].into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
        if !failed.is_empty() {
            bail!("{}", failed.join("\n"));
        }
        Ok(())
    });
    println!("[{}] everything: {:.0} s", if result.is_ok() { "done" } else { "FAIL" }, took.as_secs_f64());
    result
}

fn tests(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    // First: it leaves static programs where the tests look for theirs, and those take no clock from outside. Costs next to
    // nothing where nothing has changed since.
    if steps::answers(machine.command("docker").arg("info")) {
        image::build(machine)?;
    } else {
        println!("[    ] docker does not answer: scenarios in containers are skipped, each with a line that says so");
    }
    // Together, so that the binaries that tests start are built with the tests' own crates, once.
    let build = ["build", "--workspace", "--bins", "--tests", "--locked"];
    steps::run("build programs and tests", machine.cargo().args(build))?;
    let mut command = machine.cargo();
    command.args(["nextest", "run", "--workspace", "--locked"]).args(arguments);
    steps::run("tests", &mut command)
}

/// Examples in documentation, which nextest does not run; left out while there are none, as each crate costs a start of rustdoc.
fn examples(machine: &Machine) -> anyhow::Result<()> {
    let mut search = machine.command("git");
    let fence = r"^ *//[/!] ```(rust|should_panic|no_run|compile_fail)?$";
    search.current_dir(machine.root()).args(["grep", "-qE", fence, "--", "crates/*/src"]);
    // A fence that ends a text block looks the same: then rustdoc finds nothing to run.
    if !steps::answers(&mut search) {
        return Ok(());
    }
    steps::run("examples in documentation", machine.cargo().args(["test", "--workspace", "--doc", "--locked", "-q"]))
}
