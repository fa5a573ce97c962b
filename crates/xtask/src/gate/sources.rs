//! Rules on single files, by their text.

use anyhow::Context as _;

use super::{files, none};
use crate::layers;
use crate::machine::Machine;

/// One idea a file; more lines hold more than one.
const LINES_AT_MOST: usize = 600;

/// First folders of paths that exist on one person's or one service's machine only.
const FOLDERS_OF_MACHINES: &[&str] = &["root", "home", "Users", "work"];

/// What a simulated world has to supply instead. Clocks and randomness are banned by clippy.toml, everywhere.
const OPENED_BY_NO_PURE_CRATE: &[&str] =
    &["std::fs", "net::Tcp", "net::Udp", "std::thread", "std::process", "std::env::", "std::io"];

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for path in files(machine)? {
        let bytes = std::fs::read(machine.root().join(&path)).with_context(|| path.display().to_string())?;
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let path = path.to_string_lossy();
        if path.ends_with(".rs") && text.lines().count() > LINES_AT_MOST {
            found.push(format!("{path}: {} lines, more than {LINES_AT_MOST}", text.lines().count()));
        }
        let pure = layers::pure_crates().any(|name| path.starts_with(&format!("crates/{name}/src/")));
        let mut in_tests = false;
        let rust = path.ends_with(".rs");
        let mut previous = "";
        for (number, line) in (1..).zip(text.lines()) {
            in_tests |= line.trim() == "#[cfg(test)]";
            if rust && is_unbiased_select(previous, line) {
                found.push(format!("{path}:{number}: `select!` without `biased;` polls in random order"));
            }
            previous = line;
            if let Some(folder) = names_a_machine(line) {
                found.push(format!("{path}:{number}: a path of one machine ({folder})"));
            }
            if pure
                && !in_tests
                && let Some(opened) = OPENED_BY_NO_PURE_CRATE.iter().find(|name| line.contains(**name))
            {
                found.push(format!("{path}:{number}: {opened} in a crate that simulation runs"));
            }
        }
    }
    none("files that break a rule", &found)
}

/// Whether `select! {` was opened on the line before and this one does not make it biased.
fn is_unbiased_select(previous: &str, line: &str) -> bool {
    let opened = previous.trim_end().strip_suffix("select! {").is_some_and(|before| !before.contains("//"));
    opened && line.trim() != "biased;"
}

/// The folder, when the line holds an absolute path into it: `/x/` not preceded by more of a path or an address.
fn names_a_machine(line: &str) -> Option<&'static str> {
    FOLDERS_OF_MACHINES.iter().copied().find(|folder| {
        line.match_indices(&format!("/{folder}/")).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '/' | '}' | ')' | '-' | '_' | '~' | '*')))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_are_biased() {
        for (previous, line, expected) in [
            ("    tokio::select! {", "        biased;", false),
            ("    tokio::select! {", "        x = y => {}", true),
            ("let done = select! {", "x", true),
            ("// select! {", "x", false),
            ("match x {", "x", false),
        ] {
            assert_eq!(is_unbiased_select(previous, line), expected, "{previous} / {line}");
        }
    }

    #[test]
    fn paths_of_machines_are_told_from_addresses() {
        // Put together, so that this file does not break the rule itself.
        let path = |folder: &str| format!("/{folder}/x");
        for (line, expected) in [
            (format!("see {}", path("root")), Some("root")),
            (format!("\"{}\"", path("home")), Some("home")),
            (format!("https://example.org{}", path("home")), None),
            (format!("../shared{}", path("work")), None),
            (path("srv"), None),
        ] {
            assert_eq!(names_a_machine(&line), expected, "{line}");
        }
    }
}
