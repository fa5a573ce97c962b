//! `tongban scenario new`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::commands::{Failure, print};

/// Write a small scenario to start from.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The file to write; one that is there is left alone.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As people would say it; from the file's name where left out.
    #[arg(long)]
    title: Option<String>,
}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        let refused = |why: std::io::Error| Failure::refused(format!("error: {}: {why}", self.file.display()));
        let mut file = std::fs::File::create_new(&self.file).map_err(refused)?;
        let title = self.title.clone().unwrap_or_else(|| title_of(&self.file));
        file.write_all(sim::scenario::template(&title).as_bytes()).map_err(refused)?;
        let path = self.file.display();
        print(format_args!("{path} is written. Play it: tongban scenario run {path}"));
        Ok(())
    }
}

/// `my-first-scenario.toml` is "My first scenario".
fn title_of(file: &std::path::Path) -> String {
    let words = file.file_stem().unwrap_or_default().to_string_lossy().replace(['-', '_'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}
