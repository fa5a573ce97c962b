//! scenarios/schema.json and docs/scenarios-reference.md are what the reader's own table of words says, and every file of the
//! library is a scenario.
//!
//! `BLESS=1 cargo test -p sim --test scenarios_document` writes them anew (`cargo xtask bless` does).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::division::DivisionTree;
use sim::scenario::{FaultKind, Scenario, load, reference, schema};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn recorded(path: &str, rendered: &str) {
    let file = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, rendered).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == rendered, "{path} is not what the reader's words say: run `cargo xtask bless`");
}

#[test]
fn the_schema_is_up_to_date() {
    recorded("scenarios/schema.json", &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"));
}

#[test]
fn the_reference_is_up_to_date() {
    recorded("docs/scenarios-reference.md", &reference());
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

fn library() -> Vec<(PathBuf, Scenario)> {
    let (tree, findings) = DivisionTree::from_csv(domain::sample::DIVISIONS);
    assert_eq!(findings, []);
    let mut paths = Vec::new();
    files(&root().join("scenarios"), &mut paths);
    paths.sort();
    let mut wrong = Vec::new();
    let mut read = Vec::new();
    for path in paths {
        match load(&path, &tree) {
            Ok(scenario) => read.push((path, scenario)),
            Err(faults) => wrong.extend(faults.iter().map(ToString::to_string)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    read
}

#[test]
fn the_library_reads_and_every_title_is_its_own() {
    let library = library();
    assert!(library.len() >= 30, "only {} scenarios", library.len());
    let titles: BTreeSet<&str> = library.iter().map(|(_, scenario)| scenario.title.as_str()).collect();
    assert_eq!(titles.len(), library.len(), "two scenarios have one title");
    for (path, scenario) in &library {
        let path = path.display();
        assert!(!scenario.expectations.is_empty(), "{path} expects nothing");
        let faults = scenario.require.faults.len() as u64;
        assert!(faults + scenario.require.commands + scenario.require.cases > 0, "{path} requires nothing to happen");
    }
}

/// Every kind of fault is demanded by some file, so that none can silently stop to fire.
#[test]
fn the_library_demands_every_kind_of_fault() {
    let demanded: BTreeSet<FaultKind> =
        library().into_iter().flat_map(|(_, scenario)| scenario.require.faults).collect();
    let missing: Vec<_> = FaultKind::ALL.iter().filter(|kind| !demanded.contains(kind)).collect();
    assert_eq!(missing, Vec::<&FaultKind>::new());
}

/// The guide's files are read as they stand there.
#[test]
fn the_files_in_the_guide_are_scenarios() {
    let text = std::fs::read_to_string(root().join("docs/scenarios.md")).unwrap();
    let (tree, _) = DivisionTree::from_csv(domain::sample::DIVISIONS);
    let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole: Vec<&&str> = blocks.iter().filter(|block| block.starts_with("title")).collect();
    assert!(!whole.is_empty(), "the guide shows no whole file");
    for block in whole {
        let faults = sim::scenario::read(Path::new("docs/scenarios.md"), (*block).to_owned(), &tree).err();
        let told: Vec<String> = faults.into_iter().flatten().map(|fault| fault.to_string()).collect();
        assert!(told.is_empty(), "{}\n{block}", told.join("\n"));
    }
    assert!(
        text.contains(&sim::scenario::template("My first scenario")),
        "the guide shows another template than `new` writes"
    );
}
