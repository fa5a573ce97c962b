//! The container image: static binaries, and nothing else, FROM scratch. Pulls nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::machine::{Machine, Need, on_path};
use crate::steps;

const TAG: &str = "tongban:local";

/// Package and name of what the image holds.
const BINARIES: &[(&str, &str)] = &[
    ("node", "city-node"),
    ("node", "county-node"),
    ("node", "township-node"),
    ("node", "village-node"),
    ("tongban", "tongban"),
];

/// Links the binaries statically, strips them into a folder outside the clone, and builds the image from there.
pub(crate) fn build(machine: &Machine) -> anyhow::Result<()> {
    machine.set_up(&[Need::Build])?;
    if !on_path("docker") {
        bail!("docker is missing: sudo apt-get install -y docker.io");
    }
    let library = static_library(machine)?;
    let context = machine.target_folder().join("image");
    fresh(&context)?;
    for (package, name) in BINARIES {
        let binary = link(machine, package, name, &library)?;
        let mut strip = machine.command("strip");
        strip.arg("-o").arg(context.join(name)).arg(binary);
        steps::run(&format!("strip {name}"), &mut strip)?;
    }
    for file in ["Dockerfile", "nsswitch.conf"] {
        std::fs::copy(machine.root().join("deploy").join(file), context.join(file)).with_context(|| file.to_owned())?;
    }
    let mut docker = machine.command("docker");
    docker.args(["build", "--tag", TAG]).arg(&context);
    steps::run(&format!("build image {TAG}"), &mut docker)
}

/// A folder that holds `libstdc++.a` and nothing else. The compiler's own folder also holds libgcc and the C start files; with
/// that one on the search path, the linker takes a mixture that crashes at start.
fn static_library(machine: &Machine) -> anyhow::Result<PathBuf> {
    let asked = steps::output(machine.command("c++").arg("-print-file-name=libstdc++.a"))?;
    let found = Path::new(asked.trim());
    if !found.is_absolute() {
        bail!("the C++ compiler has no static libstdc++.a: sudo apt-get install -y g++");
    }
    let folder = machine.target_folder().join("static-libstdc++");
    fresh(&folder)?;
    std::fs::copy(found, folder.join("libstdc++.a")).with_context(|| found.display().to_string())?;
    Ok(folder)
}

/// Only this last link is static: nothing that it links is compiled again.
fn link(machine: &Machine, package: &str, name: &str, library: &Path) -> anyhow::Result<PathBuf> {
    let mut rustc = machine.cargo();
    rustc.args(["rustc", "--locked", "-p", package, "--bin", name, "--", "-C", "target-feature=+crt-static"]);
    rustc.arg("-L").arg(format!("native={}", library.display()));
    steps::run(&format!("link {name} statically"), &mut rustc)?;
    Ok(machine.target_folder().join("debug").join(name))
}

fn fresh(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}
