//! What cargo knows about the workspace and what it depends on.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use crate::machine::Machine;
use crate::steps;

/// How a crate uses another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// In what is shipped, or in its build script.
    Shipped,
    /// In tests and examples.
    Tested,
}

/// One line of a manifest's dependency table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The crate's name in the registry or the workspace.
    pub(crate) name: String,
    /// How sources name it.
    pub(crate) named: String,
    pub(crate) used: Use,
    /// A crate of this workspace.
    pub(crate) ours: bool,
}

/// A crate, ours or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As the manifest says it.
    pub(crate) licence: Option<String>,
    /// The registry or repository that it comes from; `None` for ours.
    pub(crate) source: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Every crate of the build, ours included.
pub(crate) fn packages(machine: &Machine) -> anyhow::Result<Vec<Package>> {
    let text = steps::output(machine.cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    packages.iter().map(read).collect::<Option<_>>().context("cargo metadata has another form than expected")
}

fn read(package: &Value) -> Option<Package> {
    let text = |field: &str| package[field].as_str().map(str::to_owned);
    let manifest = PathBuf::from(package["manifest_path"].as_str()?);
    let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
        let name = dependency["name"].as_str()?.to_owned();
        let named = dependency["rename"].as_str().unwrap_or(&name).replace('-', "_");
        let used = if dependency["kind"] == "dev" { Use::Tested } else { Use::Shipped };
        Some(Dependency { named, used, ours: dependency["source"].is_null(), name })
    });
    Some(Package {
        name: text("name")?,
        version: text("version")?,
        licence: text("license"),
        source: text("source"),
        folder: manifest.parent()?.to_path_buf(),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}
