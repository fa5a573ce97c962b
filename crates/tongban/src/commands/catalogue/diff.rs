//! `tongban catalogue diff`: what changes from one catalogue to another, in plain words.

use std::path::PathBuf;

use clap::Args;
use domain::catalogue::changes::changes;
use serde_json::{Value, json};

use super::source::Source;
use super::{Failure, Output, Words, print, print_json};

/// Both in any form that `catalogue import` takes. Nothing is asked of a node.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// As it was.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// As it is.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// In which language.
    #[arg(long, value_enum, default_value_t)]
    words: Words,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Diff {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (old, new) = (Source::read(&self.old)?.into_draft(), Source::read(&self.new)?.into_draft());
        let language = self.words.into();
        let told = changes(&old, &new, language);
        match self.output {
            Output::Json => {
                let each = told.iter().map(|change| {
                    json!({
                        "matter": change.matter,
                        "unit": change.unit.map(|unit| unit.to_string()),
                        "sheet": change.sheet.key(),
                        "words": change.words(language),
                    })
                });
                print_json(&each.collect::<Value>());
            }
            Output::Text if told.is_empty() => print("Nothing changes. 没有变化。"),
            Output::Text => told.iter().for_each(|change| print(change.words(language))),
        }
        Ok(())
    }
}
