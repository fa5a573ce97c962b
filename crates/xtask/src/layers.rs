//! Which crate may use which: the table of ARCHITECTURE.md as data, and the check that holds the workspace to it.

use crate::metadata::{Package, Use};

/// One crate's place.
struct Layer {
    name: &'static str,
    /// Our crates that it may ship with.
    uses: &'static [&'static str],
    /// Our crates that only its tests may use as well.
    tests_use: &'static [&'static str],
    /// Names of outside crates that it never sees, not even in tests; `*` at the end stands for any ending.
    never_sees: &'static [&'static str],
    /// Takes part in simulation: its sources open no file, socket, thread or process.
    pure: bool,
}

const DETERMINISTIC: &[&str] =
    &["tokio*", "openraft*", "quinn*", "rocksdb", "axum*", "reqwest", "rand", "getrandom", "fs4"];

const LAYERS: &[Layer] = &[
    Layer { name: "domain", uses: &[], tests_use: &[], never_sees: DETERMINISTIC, pure: true },
    Layer { name: "protocol", uses: &["domain"], tests_use: &[], never_sees: DETERMINISTIC, pure: true },
    Layer { name: "search", uses: &["domain"], tests_use: &[], never_sees: DETERMINISTIC, pure: true },
    Layer { name: "seal", uses: &["domain"], tests_use: &[], never_sees: DETERMINISTIC, pure: true },
    Layer {
        name: "unit",
        uses: &["domain", "protocol", "search"],
        tests_use: &[],
        never_sees: DETERMINISTIC,
        pure: true,
    },
    Layer {
        name: "store",
        uses: &["domain", "protocol"],
        tests_use: &["consensus"],
        never_sees: &["quinn*", "axum*"],
        pure: false,
    },
    Layer {
        name: "blobs",
        uses: &["domain", "protocol"],
        tests_use: &[],
        never_sees: &["openraft*", "quinn*", "axum*", "rocksdb"],
        pure: false,
    },
    Layer {
        name: "consensus",
        uses: &["domain", "protocol"],
        tests_use: &["store"],
        never_sees: &["rocksdb", "quinn*", "axum*"],
        pure: false,
    },
    // Of `domain` the words (ids, hashes), never the rules.
    Layer {
        name: "transport",
        uses: &["domain", "protocol"],
        tests_use: &[],
        never_sees: &["openraft*", "axum*"],
        pure: false,
    },
    Layer {
        name: "host",
        uses: &["domain", "protocol", "unit", "consensus"],
        tests_use: &[],
        never_sees: &["rocksdb", "quinn*", "axum*"],
        pure: false,
    },
    Layer {
        name: "web",
        uses: &["domain", "seal", "unit"],
        tests_use: &["protocol"],
        never_sees: &["openraft*", "quinn*"],
        pure: false,
    },
    Layer {
        name: "node",
        uses: &["domain", "protocol", "unit", "store", "blobs", "consensus", "transport", "host", "web", "seal"],
        tests_use: &["harness"],
        never_sees: &[],
        pure: false,
    },
    Layer {
        name: "sim",
        uses: &["domain", "protocol", "unit", "consensus", "host"],
        tests_use: &[],
        never_sees: &["rocksdb", "quinn*", "axum*"],
        pure: false,
    },
    Layer {
        name: "harness",
        uses: &["domain", "protocol", "unit", "store", "consensus", "transport", "sim"],
        tests_use: &[],
        never_sees: &["openraft*", "rocksdb", "quinn*", "axum*"],
        pure: false,
    },
    Layer {
        name: "tongban",
        uses: &["domain", "protocol", "search", "seal", "unit", "sim", "transport", "node", "harness"],
        tests_use: &[],
        never_sees: &["openraft*", "rocksdb"],
        pure: false,
    },
    Layer {
        name: "tests",
        uses: &[],
        // Stories end by reading the nodes' folders: their logs and rows.
        tests_use: &["domain", "protocol", "store", "consensus", "sim", "harness"],
        never_sees: &["openraft*", "rocksdb", "quinn*"],
        pure: false,
    },
    Layer { name: "xtask", uses: &[], tests_use: &[], never_sees: &["tokio*", "rocksdb"], pure: false },
];

/// Outside crates that exactly these crates of ours know.
const KNOWN_ONLY_TO: &[(&str, &[&str])] = &[
    ("openraft", &["consensus"]),
    ("quinn", &["transport"]),
    ("rustls", &["transport"]),
    ("rcgen", &["transport"]),
    ("axum", &["web"]),
    ("rocksdb", &["store"]),
    ("sm2", &["seal"]),
    ("sm3", &["seal"]),
];

/// The crates whose sources open nothing.
pub(crate) fn pure_crates() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().filter(|layer| layer.pure).map(|layer| layer.name)
}

/// Every breach, one line each.
pub(crate) fn breaches(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_none()) {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == package.name) else {
            found.push(format!("{} has no place in the table of crates/xtask/src/layers.rs", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if dependency.ours {
                let in_tests = dependency.used == Use::Tested && layer.tests_use.contains(&name);
                if !layer.uses.contains(&name) && !in_tests {
                    found.push(format!("{} may not use {name}", layer.name));
                }
                continue;
            }
            if let Some(pattern) = layer.never_sees.iter().find(|pattern| matches(pattern, name)) {
                found.push(format!("{} never sees {pattern}, but depends on {name}", layer.name));
            }
            if let Some((_, owners)) = KNOWN_ONLY_TO.iter().find(|(known, _)| *known == name)
                && !owners.contains(&layer.name)
            {
                found.push(format!(
                    "{name} is known only to {}, but {} depends on it",
                    owners.join(" and "),
                    layer.name
                ));
            }
        }
    }
    found
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::machine::Machine;
    use crate::metadata::{self, Dependency};

    fn package(name: &str, dependencies: &[(&str, Use, bool)]) -> Package {
        let dependency = |&(name, used, ours): &(&str, Use, bool)| Dependency {
            name: name.into(),
            named: name.replace('-', "_"),
            used,
            ours,
        };
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            licence: None,
            source: None,
            folder: PathBuf::new(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn the_workspace_keeps_its_directions() {
        let packages = metadata::packages(&Machine::find().unwrap()).unwrap();
        assert_eq!(breaches(&packages), Vec::<String>::new());
    }

    #[test]
    fn uses_are_judged() {
        use Use::{Shipped, Tested};
        let cases: &[(&str, (&str, Use, bool), &str)] = &[
            ("domain", ("protocol", Shipped, true), "domain may not use protocol"),
            ("domain", ("protocol", Tested, true), "domain may not use protocol"),
            ("domain", ("tokio-util", Shipped, false), "domain never sees tokio*, but depends on tokio-util"),
            ("consensus", ("store", Shipped, true), "consensus may not use store"),
            ("consensus", ("store", Tested, true), ""),
            ("node", ("quinn", Shipped, false), "quinn is known only to transport, but node depends on it"),
            ("transport", ("quinn", Shipped, false), ""),
            ("utils", ("serde", Shipped, false), "utils has no place in the table of crates/xtask/src/layers.rs"),
        ];
        for (name, dependency, expected) in cases {
            assert_eq!(breaches(&[package(name, &[*dependency])]).join("; "), *expected);
        }
    }

    /// A crate may only use what stands above it, so the table has no circle.
    #[test]
    fn the_table_has_no_circle() {
        for (place, layer) in LAYERS.iter().enumerate() {
            for used in layer.uses {
                let above = LAYERS[..place].iter().any(|other| other.name == *used);
                assert!(above, "{} uses {used}, which does not stand above it", layer.name);
            }
        }
    }
}
