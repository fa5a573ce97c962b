//! The read-only gate: what must hold before anything lands. Every check runs; the failures are told together.

mod codes;
pub(crate) mod decisions;
mod dependencies;
mod glossary;
mod licences;
mod links;
mod sources;

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use crate::machine::Machine;
use crate::{layers, metadata, steps};

/// Runs the checks whose names contain one of `wanted`, or all; changes no file of the clone.
pub(crate) fn run(machine: &Machine, wanted: &[String]) -> anyhow::Result<()> {
    type Check = fn(&Machine) -> anyhow::Result<()>;
    let checks: &[(&str, Check)] = &[
        ("format", format),
        ("directions between crates", directions),
        ("unused dependencies", dependencies::check),
        ("licences", licences::check),
        ("cargo-deny", cargo_deny),
        ("files: length, machines, what pure crates open", sources::check),
        ("error codes in use are documented", codes::check),
        ("index of decisions", decisions::check),
        ("names of the glossary", glossary::check),
        ("links between documents", links::check),
        ("lints", lints),
        ("documentation", documentation),
        ("recorded documents", recorded_documents),
    ];
    let mut failed = Vec::new();
    let ((), took) = steps::timed(|| {
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
        for (name, check) in checks.iter().filter(|(name, _)| is_wanted(name)) {
            println!("[gate] {name} …");
            let (result, took) = steps::timed(|| check(machine));
            match result {
                Ok(()) => println!("[ ok ] {name}: {:.1} s", took.as_secs_f64()),
                Err(error) => {
                    println!("[FAIL] {name}: {error:#}");
                    failed.push(*name);
                }
            }
        }
    });
    if !failed.is_empty() {
        bail!("the gate is closed: {} (`cargo xtask fix` repairs what a program can)", failed.join("; "));
    }
    println!("[done] gate: {:.1} s", took.as_secs_f64());
    Ok(())
}

/// Fails with the lines, if there are any.
fn none(what: &str, lines: &[String]) -> anyhow::Result<()> {
    if !lines.is_empty() {
        bail!("{what}\n       {}", lines.join("\n       "));
    }
    Ok(())
}

/// Files of the clone that are, or are about to be, under version control.
fn files(machine: &Machine) -> anyhow::Result<Vec<PathBuf>> {
    let mut git = machine.command("git");
    git.current_dir(machine.root()).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let listed = steps::output(&mut git)?;
    let paths = listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from);
    // Deleted, and not yet committed so.
    Ok(paths.filter(|path| machine.root().join(path).is_file()).collect())
}

fn format(machine: &Machine) -> anyhow::Result<()> {
    cargo(machine, &["fmt", "--all", "--check"])
}

fn lints(machine: &Machine) -> anyhow::Result<()> {
    cargo(machine, &["clippy", "--workspace", "--all-targets", "--locked", "-q", "--", "-D", "warnings"])
}

fn documentation(machine: &Machine) -> anyhow::Result<()> {
    let mut command = machine.cargo();
    command.args(["doc", "--workspace", "--no-deps", "--locked", "-q"]).env("RUSTDOCFLAGS", "-D warnings");
    ended_well(&mut command)
}

fn directions(machine: &Machine) -> anyhow::Result<()> {
    none("crates/xtask/src/layers.rs says otherwise", &layers::breaches(&metadata::packages(machine)?))
}

fn cargo_deny(machine: &Machine) -> anyhow::Result<()> {
    if !machine.has_tool("deny") {
        println!(
            "       skipped: cargo-deny is not installed (`cargo xtask test` installs it); licences and sources were checked above"
        );
        return Ok(());
    }
    cargo(machine, &["deny", "--locked", "check", "bans", "licenses", "sources"])
}

/// Compares the documents that tests write with what they would write.
fn recorded_documents(machine: &Machine) -> anyhow::Result<()> {
    ended_well(&mut documents(machine)?)
}

/// Runs the tests that write documents: `crates/*/tests/*_document.rs`. With `BLESS` set they write.
pub(crate) fn documents(machine: &Machine) -> anyhow::Result<Command> {
    let mut command = machine.cargo();
    // Of the workspace, so that the crates they use are those that all other commands compiled.
    command.args(["test", "-q", "--locked", "--workspace"]);
    for path in files(machine)? {
        let test = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.starts_with("crates")
            && path.parent().is_some_and(|folder| folder.ends_with("tests"))
            && test.ends_with("_document")
        {
            command.args(["--test", &*test]);
        }
    }
    Ok(command)
}

fn cargo(machine: &Machine, arguments: &[&str]) -> anyhow::Result<()> {
    ended_well(machine.cargo().args(arguments))
}

fn ended_well(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{status}, see above");
    }
    Ok(())
}
