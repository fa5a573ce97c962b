//! Dependencies that a manifest names and no source does.
//!
//! By text: a crate counts as used when its name stands as a word anywhere in the crate's sources. That can miss an unused one
//! whose name is a common word; it never complains about a used one, except those that work by being linked.

use std::path::{Path, PathBuf};

use super::none;
use crate::machine::Machine;
use crate::metadata::{self, Use};

/// Used without being named in sources: (crate of ours, dependency, why).
const USED_UNNAMED: &[(&str, &str, &str)] = &[];

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for package in metadata::packages(machine)?.iter().filter(|package| package.source.is_none()) {
        let shipped = texts(&[package.folder.join("src"), package.folder.join("build.rs")])?;
        let tested = texts(&["tests", "benches", "examples"].map(|name| package.folder.join(name)))?;
        // Nothing is written yet: its manifest is a plan.
        if shipped.iter().chain(&tested).all(|text| text.trim().is_empty()) {
            continue;
        }
        for dependency in &package.dependencies {
            let named = |texts: &[String]| texts.iter().any(|text| has_word(text, &dependency.named));
            let used = named(&shipped) || (dependency.used == Use::Tested && named(&tested));
            let excused = USED_UNNAMED.iter().any(|(ours, name, _)| *ours == package.name && *name == dependency.name);
            if !used && !excused {
                found.push(format!("{}: {}", package.name, dependency.name));
            }
        }
    }
    none("dependencies that no source names", &found)
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part_of_word) && !text[at + word.len()..].starts_with(part_of_word))
}

/// The Rust sources under these folders and files; those that are not there have none.
fn texts(under: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for path in under {
        collect(path, &mut texts)?;
    }
    Ok(texts)
}

fn collect(path: &Path, texts: &mut Vec<String>) -> anyhow::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), texts)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") && path.is_file() {
        texts.push(std::fs::read_to_string(path)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        for (text, word, expected) in [
            ("use time::Date;", "time", true),
            ("let runtime = 1;", "time", false),
            ("time_uncertain", "time", false),
            ("x = serde_json::Value", "serde", false),
            ("#[derive(serde::Serialize)]", "serde", true),
        ] {
            assert_eq!(has_word(text, word), expected, "{word} in {text}");
        }
    }
}
