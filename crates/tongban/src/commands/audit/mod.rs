//! `tongban audit`: proofs out of a node's data folder, which stand without it. Reads only; the node may run meanwhile.

mod bundle;
mod proof;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use domain::ids::UnitId;
use node::evidence::{Evidence, GroupEvidence};
use protocol::audit::Document;

use super::{Failure, print};

/// Proofs of what was done, by whom, under which rules: for who trusts neither side.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The audit rows of a case, or one by its number, with their paths to the unit's signed head and what neighbours signed.
    Proof(proof::Proof),
    /// All audit rows of a unit with everything signed that it has.
    Bundle(bundle::Bundle),
}

impl Audit {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Proof(proof) => proof.run(),
            Command::Bundle(bundle) => bundle.run(),
        }
    }
}

/// Where the books lie, and where a document goes.
#[derive(Debug, Args)]
struct Books {
    /// The node's data folder, which holds the file MARK.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Whose books: a unit's code; needed where a folder holds those of several.
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitId>,
    /// A file to write to; standard output where left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What went wrong, in the words of its code: what, where, and what to do.
pub(super) fn coded(code: &str, place: &Path, what: &dyn std::fmt::Display) -> String {
    let remedy = domain::codes::find(code).map_or("", |row| row.remedy.en);
    format!("error[{code}]: {what}\n  place    {}\n  remedy   {remedy}", place.display())
}

impl Books {
    /// The newest life of the unit that is meant.
    fn open(&self) -> Result<(Evidence, GroupEvidence), Failure> {
        let (evidence, groups) = super::unit::open(&self.data)?;
        let units: std::collections::BTreeSet<UnitId> = groups.iter().map(|group| group.unit).collect();
        let group = groups.into_iter().rev().find(|group| match self.unit {
            Some(unit) => group.unit == unit,
            None => units.len() == 1,
        });
        let group = group.ok_or_else(|| {
            let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
            Failure::refused(format!(
                "error: {} holds the books of {}: name one with --unit",
                self.data.display(),
                codes.join(", ")
            ))
        })?;
        Ok((evidence, group))
    }

    fn write(&self, document: &Document) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document).map_err(Failure::failed)?;
        let Some(file) = &self.out else {
            print(text);
            return Ok(());
        };
        let told = |why: std::io::Error| Failure::failed(format!("{}: {why}", file.display()));
        let mut new = std::fs::File::create_new(file).map_err(|why| match why.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::refused(format!("error: {} is there already: nothing is written over", file.display()))
            }
            _ => told(why),
        })?;
        writeln!(new, "{text}").and_then(|()| new.sync_all()).map_err(told)
    }
}
