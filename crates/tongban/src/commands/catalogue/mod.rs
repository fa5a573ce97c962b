//! `tongban catalogue`: from what an office keeps to a version in force, and back: proposed, reviewed by another person, published.

mod check;
mod county_list;
mod diff;
mod export;
mod folder;
mod import;
mod proposals;
mod publish;
mod source;
mod still_to_extend;
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
    /// Check a catalogue or a list of matters by row and column; with --propose, make it a proposal for the next version.
    Import(import::Import),
    /// Write a catalogue as an XLSX workbook, a folder of CSV files, or canonical JSON.
    Export(export::Export),
    /// What changes from one catalogue to another, in plain words.
    Diff(diff::Diff),
    /// Whether name, code, basis and type of each matter are the same at every tier (四级四同).
    Check(check::Check),
    /// Proposals for the next version, newest first.
    Proposals(proposals::Proposals),
    /// One proposal: who did what, and what it changes in plain words.
    ShowProposal(proposals::ShowProposal),
    /// Approve what another person proposed, or send it back with reasons.
    Review(proposals::Review),
    /// Take one's own proposal back.
    Withdraw(proposals::Withdraw),
    /// Publish an approved proposal: units install it by themselves.
    Publish(proposals::Publish),
    /// Powers that the province gave the city and that are still to be extended to counties.
    StillToExtend(still_to_extend::StillToExtend),
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
            Command::Check(check) => check.run(),
            Command::Proposals(proposals) => proposals.run(),
            Command::ShowProposal(show) => show.run(),
            Command::Review(review) => review.run(),
            Command::Withdraw(withdraw) => withdraw.run(),
            Command::Publish(publish) => publish.run(),
            Command::StillToExtend(still) => still.run(),
        }
    }
}
