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
    /// As people would say it.
    #[arg(long, default_value = "A village's case is decided at the county")]
    title: String,
}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        let refused = |why: std::io::Error| Failure::refused(format!("error: {}: {why}", self.file.display()));
        let mut file = std::fs::File::create_new(&self.file).map_err(refused)?;
        file.write_all(sim::scenario::template(&self.title).as_bytes()).map_err(refused)?;
        let path = self.file.display();
        print(format_args!("{path} is written. Play it: tongban scenario run {path}"));
        Ok(())
    }
}
