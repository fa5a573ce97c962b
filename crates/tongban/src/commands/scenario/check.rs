//! `tongban scenario check`.

use std::path::PathBuf;

use clap::Args;
use sim::report::counted;

use super::work;
use crate::commands::{Failure, print};

/// Read scenario files and say all that is wrong with them.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Scenario files, or folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let tree = sim::ground::region::divisions();
        let files = work::files(&self.files)?;
        let faults: Vec<String> =
            files.iter().filter_map(|file| work::load(file, &tree).err()).map(|failure| failure.text).collect();
        if !faults.is_empty() {
            return Err(Failure::refused(faults.join("\n\n")));
        }
        print(format_args!("{} can be played", counted(files.len(), "scenario file")));
        Ok(())
    }
}
