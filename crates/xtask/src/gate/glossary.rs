//! Names that docs/glossary.md gives for the code are in the code: the last column of its tables.

use anyhow::Context as _;

use super::{files, none};
use crate::machine::Machine;

const GLOSSARY: &str = "docs/glossary.md";

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let glossary = std::fs::read_to_string(machine.root().join(GLOSSARY)).context(GLOSSARY)?;
    let mut sources = String::new();
    for path in files(machine)? {
        let name = path.to_string_lossy();
        if name.starts_with("crates/") && name.contains("/src/") && name.ends_with(".rs") {
            sources += &std::fs::read_to_string(machine.root().join(&path))?;
        }
    }
    let defined = |name: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        ["struct", "enum", "trait"].iter().any(|kind| {
            let definition = format!("pub {kind} {name}");
            sources.match_indices(&definition).any(|(at, _)| ends(&sources[at + definition.len()..]))
        })
    };
    let missing: Vec<String> = names(&glossary).filter(|name| !defined(name)).map(str::to_owned).collect();
    none("the glossary names what the code does not have", &missing)
}

fn names(glossary: &str) -> impl Iterator<Item = &str> {
    glossary.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once("| `").map(|(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_last_column() {
        let table = "| 单元 | unit | in `code` | `UnitId` |\n| 权力 | power | a `word` | |\n";
        assert_eq!(names(table).collect::<Vec<_>>(), ["UnitId"]);
    }
}
