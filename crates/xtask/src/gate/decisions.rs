//! The index of docs/adr is written from the decisions themselves: their number, title, status and date.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::machine::Machine;

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let (path, index) = index(machine)?;
    if std::fs::read_to_string(&path).unwrap_or_default() != index {
        bail!("docs/adr/README.md is not what the decisions say: run `cargo xtask fix`");
    }
    Ok(())
}

/// Writes the index.
pub(crate) fn write(machine: &Machine) -> anyhow::Result<()> {
    let (path, index) = index(machine)?;
    std::fs::write(&path, index).with_context(|| path.display().to_string())
}

fn index(machine: &Machine) -> anyhow::Result<(PathBuf, String)> {
    let folder = machine.root().join("docs/adr");
    let mut text = String::from(
        "# Decisions\n\nOne page each: context, options considered, decision, cost. `template.md` starts a new one; this index is\n\
         written by `cargo xtask fix`. A decision is never rewritten: a later one replaces it, and both say so.\n\n\
         | | Decision | Status | Date |\n|---|---|---|---|\n",
    );
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).context("docs/adr")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(|c: char| c.is_ascii_digit()) && name.ends_with(".md") {
            names.push(name);
        }
    }
    names.sort();
    for (place, name) in (1..).zip(&names) {
        let page = std::fs::read_to_string(folder.join(name))?;
        let Head { title, status, date } = head(&page).with_context(|| format!("docs/adr/{name}"))?;
        let number = name.get(..4).and_then(|digits| digits.parse().ok());
        if number != Some(place) {
            bail!("docs/adr/{name}: decision {place} was due here; numbers have no gaps and no doubles");
        }
        let _ = writeln!(text, "| {place:04} | [{title}]({name}) | {status} | {date} |");
    }
    Ok((folder.join("README.md"), text))
}

#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    title: &'a str,
    status: &'a str,
    date: &'a str,
}

/// The first lines of a decision: `# Title`, an empty line, `Status: … · Date: …`.
fn head(page: &str) -> anyhow::Result<Head<'_>> {
    let mut lines = page.lines();
    let title = lines.next().and_then(|line| line.strip_prefix("# ")).context("the first line is not `# Title`")?;
    let facts = lines.find(|line| !line.is_empty()).and_then(|line| line.strip_prefix("Status: "));
    let (status, date) = facts
        .and_then(|facts| facts.split_once(" · Date: "))
        .context("under the title stands no `Status: … · Date: …`")?;
    for section in ["## Context", "## Options", "## Decision", "## Cost"] {
        if !page.lines().any(|line| line.starts_with(section)) {
            bail!("it has no section `{section}`");
        }
    }
    Ok(Head { title, status, date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_and_incomplete_pages_refused() {
        let page = "# Use X\n\nStatus: accepted · Date: 2026-11-23\n\n## Context\n## Options\n## Decision\n## Cost\n";
        let expected = Head { title: "Use X", status: "accepted", date: "2026-11-23" };
        assert_eq!(head(page).unwrap(), expected);
        assert!(head(&page.replace("## Cost", "")).is_err());
        assert!(head(&page.replace("Status", "State")).is_err());
    }
}
