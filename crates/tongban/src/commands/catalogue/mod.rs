//! `tongban catalogue`: from what an office keeps to a version in force, and back. Without --publish nothing leaves this machine.

mod county_list;
mod diff;
mod export;
mod folder;
mod import;
mod publish;
mod source;
mod told;
mod workbook;

use clap::{Args, Subcommand};
use domain::catalogue::sheets::Language;

use super::{Failure, Output, block_on, columns, fresh_key, print, print_json};

/// The catalogue of matters: check it, publish it, write it out, compare two.
#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a catalogue or a list of matters by row and column; with --publish, make it the next version in force at the city.
    Import(import::Import),
    /// Write a catalogue as an XLSX workbook, a folder of CSV files, or canonical JSON.
    Export(export::Export),
    /// What changes from one catalogue to another, in plain words.
    Diff(diff::Diff),
}

/// In which language tables and words are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Words {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl From<Words> for Language {
    fn from(words: Words) -> Self {
        match words {
            Words::Zh => Self::Chinese,
            Words::En => Self::English,
        }
    }
}

impl Catalogue {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Import(import) => import.run(),
            Command::Export(export) => export.run(),
            Command::Diff(diff) => diff.run(),
        }
    }
}
