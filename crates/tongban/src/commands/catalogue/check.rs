//! `tongban catalogue check`: four-tier sameness (四级四同) of a catalogue.

use std::path::PathBuf;

use clap::Args;
use domain::catalogue::checks::{check_tiers, may_be_published};
use domain::catalogue::sheets::RowIndex;
use serde_json::json;

use super::source::Source;
use super::{Failure, Output, print, print_json, told};

/// In any form that `catalogue import` takes. What a body's own list says otherwise than the catalogue is refused at publication; where
/// free texts differ, or one name stands under two codes, it is a warning, and a person decides. Nothing is asked of a node.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The catalogue.
    #[arg(value_name = "FILE|FOLDER")]
    file: PathBuf,
    /// Findings shown at most; all of them in the JSON form.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    findings: usize,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (draft, rows) = match Source::read(&self.file)? {
            Source::Tables(read) => (read.draft, read.rows),
            other => {
                let draft = other.into_draft();
                let rows = RowIndex::of_written(&draft);
                (draft, rows)
            }
        };
        let (found, compared) = check_tiers(&draft, &rows);
        match self.output {
            Output::Json => {
                let mut json = told::as_json(&draft, &[], &found, None);
                json["compared"] = json!(compared);
                print_json(&json);
            }
            Output::Text => {
                print(format_args!("{compared} matters are exercised at more than one tier."));
                if found.is_empty() {
                    print("Name, code, basis and type are the same at every tier. 四级四同。");
                } else {
                    print(told::text(&draft, &[], &found, self.findings));
                }
            }
        }
        match may_be_published(&found) {
            true => Ok(()),
            false => {
                let why = format!("error[publish.tiers_differ]: {}: tiers differ", self.file.display());
                Err(Failure::refused(why))
            }
        }
    }
}
