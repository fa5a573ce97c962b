//! Licences and sources of every crate in the build, against the allow list of deny.toml.
//!
//! cargo-deny says the same and more, and takes many minutes to compile: this keeps the rule where it is not installed.

use anyhow::{Context as _, bail};

use super::none;
use crate::machine::Machine;
use crate::metadata::{self, Package};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(machine: &Machine) -> anyhow::Result<()> {
    let rules = std::fs::read_to_string(machine.root().join("deny.toml")).context("deny.toml")?;
    let allowed = allow_list(&rules)?;
    let packages = metadata::packages(machine)?;
    let found: Vec<String> = packages.iter().filter_map(|package| complaint(package, &allowed)).collect();
    none("deny.toml does not allow", &found)
}

fn complaint(package: &Package, allowed: &[&str]) -> Option<String> {
    let Package { name, version, licence, source, .. } = package;
    if source.as_deref().is_some_and(|source| source != CRATES_IO) {
        return Some(format!("{name} {version}: comes from {}", source.as_deref().unwrap_or_default()));
    }
    match licence.as_deref().map(|expression| permits(expression, allowed)) {
        Some(Ok(true)) => None,
        Some(Ok(false)) => Some(format!("{name} {version}: {}", licence.as_deref().unwrap_or_default())),
        Some(Err(error)) => Some(format!("{name} {version}: {error}")),
        None => Some(format!("{name} {version}: names no licence")),
    }
}

/// The strings of `allow = [ … ]` under `[licenses]`.
fn allow_list(rules: &str) -> anyhow::Result<Vec<&str>> {
    let section = rules.split_once("[licenses]").context("deny.toml has no [licenses]")?.1;
    let list = section.split_once("allow = [").context("[licenses] has no allow list")?.1;
    let list = list.split_once(']').context("the allow list has no end")?.0;
    Ok(list.split('"').skip(1).step_by(2).collect())
}

/// Whether an SPDX expression can be met with allowed licences only. `/` is an old way to write `OR`.
fn permits(expression: &str, allowed: &[&str]) -> anyhow::Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = either(&mut rest, allowed)?;
    if !rest.is_empty() {
        bail!("licence expression {expression:?} cannot be read at {rest:?}");
    }
    Ok(met)
}

fn either(words: &mut &[&str], allowed: &[&str]) -> anyhow::Result<bool> {
    let mut met = both(words, allowed)?;
    while let Some(rest) = words.strip_prefix(&["OR"]) {
        *words = rest;
        met |= both(words, allowed)?;
    }
    Ok(met)
}

fn both(words: &mut &[&str], allowed: &[&str]) -> anyhow::Result<bool> {
    let mut met = single(words, allowed)?;
    while let Some(rest) = words.strip_prefix(&["AND"]) {
        *words = rest;
        met &= single(words, allowed)?;
    }
    Ok(met)
}

fn single(words: &mut &[&str], allowed: &[&str]) -> anyhow::Result<bool> {
    let Some((first, rest)) = words.split_first() else { bail!("a licence expression ends too early") };
    *words = rest;
    if *first == "(" {
        let met = either(words, allowed)?;
        *words = words.strip_prefix(&[")"]).context("a licence expression lacks a closing bracket")?;
        return Ok(met);
    }
    match words {
        ["WITH", exception, rest @ ..] => {
            *words = rest;
            Ok(allowed.contains(&format!("{first} WITH {exception}").as_str()))
        }
        _ => Ok(allowed.contains(first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-2.0-only", false),
            ("MIT OR GPL-2.0-only", true),
            ("MIT/Unlicense", true),
            ("MIT AND BSD-3-Clause", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("GPL-3.0 WITH Classpath-exception", false),
        ] {
            assert_eq!(permits(expression, &allowed).unwrap(), expected, "{expression}");
        }
        assert!(permits("MIT OR", &allowed).is_err());
        assert!(permits("(MIT", &allowed).is_err());
        assert!(permits("MIT MIT", &allowed).is_err());
    }
}
