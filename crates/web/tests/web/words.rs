//! The words: the same keys in both languages, every used key there, no key unused; and no template that needs a script.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![here(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// Keys with the names of their arguments.
fn keys(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(here(&format!("locales/{language}/pages.ftl"))).unwrap();
    let line = |line: &str| -> Option<(String, BTreeSet<String>)> {
        let (key, words) = line.split_once(" = ")?;
        let arguments = words.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
        Some((key.to_owned(), arguments.collect()))
    };
    let lines: Vec<_> = text.lines().filter_map(line).collect();
    let keys: BTreeMap<_, _> = lines.iter().cloned().collect();
    assert_eq!(keys.len(), lines.len(), "a key stands twice in {language}");
    keys
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_arguments() {
    assert_eq!(keys("en"), keys("zh-CN"));
}

#[test]
fn every_key_is_used_and_every_used_key_is_there() {
    let known = keys("en");
    let mut text = String::new();
    for (_, source) in files("src", "rs").into_iter().chain(files("templates", "html")) {
        text.push_str(&source);
    }
    // Keys of rules and reasons are put together from the words that programs read.
    let composed = |key: &str| key.starts_with("rule-") || key.starts_with("ruled-out-") || key.starts_with("day-");
    let unused: Vec<_> = known.keys().filter(|key| !composed(key) && !text.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "never said: {unused:?}");
    let said = ["say(\"", "tell(\"", "words(\""].iter().flat_map(|call| text.split(call).skip(1));
    let missing: BTreeSet<_> =
        said.filter_map(|rest| rest.split('"').next()).filter(|key| !known.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in the words: {missing:?}");
}

#[test]
fn no_template_has_a_script_or_style_of_its_own() {
    for (path, text) in files("templates", "html") {
        let lower = text.to_lowercase();
        for forbidden in [
            "<script",
            "<style",
            " style=",
            "javascript:",
            " onclick",
            " onload",
            " onsubmit",
            "http://",
            "https://",
            "|safe",
        ] {
            assert!(!lower.contains(forbidden), "{} has {forbidden}", path.display());
        }
    }
}
