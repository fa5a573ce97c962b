//! Links from one document of the clone to another lead somewhere.

use super::{files, none};
use crate::machine::Machine;

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for path in files(machine)?.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(machine.root().join(&path))?;
        let folder = machine.root().join(path.parent().unwrap_or(&path));
        for target in targets(&text) {
            if !folder.join(target).exists() {
                found.push(format!("{}: {target}", path.display()));
            }
        }
    }
    none("links that lead nowhere", &found)
}

/// Files that `[text](file#part)` names; addresses and parts of the same page are left out, and so is what stands in code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for part in line.split("](").skip(1) {
            let Some((target, _)) = part.split_once(')') else { continue };
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push(file);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_files_only() {
        let text = "[a](x.md#part) [b](https://example.org) [c](#here)\n```\n[d](y.md)\n```\n[e](docs/z.md)";
        assert_eq!(targets(text), ["x.md", "docs/z.md"]);
    }
}
