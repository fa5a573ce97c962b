//! Writing what the gate only reads.

use crate::gate;
use crate::machine::{Machine, Need};
use crate::steps;

/// Repairs what a program can: format, index of decisions, recorded documents.
pub(crate) fn fix(machine: &Machine) -> anyhow::Result<()> {
    machine.set_up(&[Need::Build])?;
    steps::run("format", machine.cargo().args(["fmt", "--all"]))?;
    gate::decisions::write(machine)?;
    steps::run("write the documents that tests record", gate::documents(machine)?.env("BLESS", "1"))
}

/// Writes every recorded output anew: transcripts, golden bytes, documents. Look at the difference before committing it.
pub(crate) fn bless(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    machine.set_up(&[Need::Build, Need::Test])?;
    let mut command = machine.cargo();
    command.args(["nextest", "run", "--workspace", "--locked"]).args(arguments);
    command.env("BLESS", "1").env("INSTA_UPDATE", "always");
    steps::run("tests that write what they record", &mut command)?;
    steps::run("what changed", machine.command("git").current_dir(machine.root()).args(["status", "--short"]))
}
