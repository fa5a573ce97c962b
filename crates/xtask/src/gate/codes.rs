//! Error codes that sources use stand in `domain::codes`: a literal `"area.reason"` that a match arm answers with, or of an area
//! that has rows, has its row there.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::{files, none};
use crate::machine::Machine;

const TABLE: &str = "crates/domain/src/codes.rs";
/// Areas with a file of their own.
const PARTS: &str = "crates/domain/src/codes/";

/// Last parts that make a file's name of what looks like a code.
const ENDINGS_OF_FILES: &[&str] =
    &["toml", "json", "html", "csv", "md", "css", "js", "key", "pem", "pub", "ftl", "log", "rs"];

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let mut table = std::fs::read_to_string(machine.root().join(TABLE)).context(TABLE)?;
    for path in files(machine)?.iter().filter(|path| path.to_string_lossy().starts_with(PARTS)) {
        table += &std::fs::read_to_string(machine.root().join(path))?;
    }
    let documented: BTreeSet<&str> = table.lines().filter_map(|line| code_at_start(line.trim_start())).collect();
    let areas: BTreeSet<&str> = documented.iter().filter_map(|code| Some(code.split_once('.')?.0)).collect();
    let mut found = Vec::new();
    for path in files(machine)? {
        let name = path.to_string_lossy();
        let source = name.starts_with("crates/") && name.contains("/src/") && name.ends_with(".rs");
        if !source || name == TABLE || name.starts_with(PARTS) || name.starts_with("crates/xtask/") {
            continue;
        }
        let text = std::fs::read_to_string(machine.root().join(&path))?;
        for (number, line) in (1..).zip(text.lines()) {
            for (at, _) in line.match_indices('"') {
                let Some(code) = code_at_start(&line[at..]) else { continue };
                let answered = line[..at].ends_with("=> ");
                let area_is_known = areas.contains(code.split('.').next().unwrap_or_default());
                if (answered || area_is_known) && !documented.contains(code) {
                    found.push(format!("{name}:{number}: {code}"));
                }
            }
        }
    }
    none(&format!("codes without a row in {TABLE}"), &found)
}

/// The code, when the text starts with one in quotes.
fn code_at_start(text: &str) -> Option<&str> {
    let code = text.strip_prefix('"')?.split_once('"')?.0;
    let (area, reason) = code.split_once('.')?;
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (word(area) && word(reason) && !ENDINGS_OF_FILES.contains(&reason)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_other_texts() {
        for (text, expected) in [
            ("\"case.unknown\" 404 {", Some("case.unknown")),
            ("\"config.toml\"", None),
            ("\"case\"", None),
            ("\"Case.unknown\"", None),
            ("\"a.b.c\"", None),
            ("case.unknown", None),
        ] {
            assert_eq!(code_at_start(text), expected, "{text}");
        }
    }
}
