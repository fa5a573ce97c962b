//! `tongban unit check`: whether a folder's rows fit each other.

use clap::Args;
use protocol::overlay::Overlay;
use serde_json::json;

use super::record::meta;
use super::{Failure, Folder, Output, open, print, print_json};

/// Check a folder's rows against each other: cases, worklists, timers, numbers, mail chains, audit rows, catalogue.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    folder: Folder,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (_evidence, groups) = open(&self.folder.data)?;
        let mut told = Vec::new();
        let mut found = 0;
        for group in &groups {
            let rows = group.rows().map_err(Failure::failed)?;
            let meta = meta(&rows).map_err(Failure::failed)?;
            let findings = domain::check::check(&Overlay::new(&rows)).map_err(Failure::failed)?;
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            found += findings.len();
            let sequence = meta.as_ref().map_or(0, |meta| meta.sequence.0);
            if self.output == Output::Text {
                let name = meta.map(|meta| meta.name).unwrap_or_default();
                let what =
                    if findings.is_empty() { "sound".to_owned() } else { format!("{} contradictions", findings.len()) };
                print(format_args!(
                    "{} {name}, generation {}, sequence {sequence}: {what}",
                    group.unit.grouped(),
                    group.generation.0
                ));
                findings.iter().for_each(|finding| print(format_args!("  {finding}")));
            }
            told.push(json!({ "unit": group.unit, "generation": group.generation, "sequence": sequence, "findings": findings }));
        }
        if self.output == Output::Json {
            print_json(&told.into());
        }
        match found {
            0 => Ok(()),
            found => Err(Failure::failed(format!(
                "{found} contradictions: keep the folder as evidence, and tell who runs the region"
            ))),
        }
    }
}
