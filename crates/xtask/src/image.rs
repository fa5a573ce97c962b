//! The container image: static binaries, and nothing else, FROM scratch. Pulls nothing.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::machine::{Machine, Need, on_path};
use crate::steps;

const TAG: &str = "tongban:local";

const BINARIES: &[&str] = &["city-node", "county-node", "township-node", "village-node", "tongban"];

/// Links the binaries statically, strips them into a folder outside the clone, and builds the image from there.
pub(crate) fn build(machine: &Machine) -> anyhow::Result<()> {
    machine.set_up(&[Need::Build])?;
    if !on_path("docker") {
        bail!("docker is missing: sudo apt-get install -y docker.io");
    }
    let context = machine.target_folder().join("image");
    fresh(&context)?;
    link(machine)?;
    for name in BINARIES {
        let mut strip = machine.command("strip");
        strip.arg("-o").arg(context.join(name)).arg(machine.target_folder().join("debug").join(name));
        steps::run(&format!("strip {name}"), &mut strip)?;
    }
    // Sticky and open to all, as /tmp: the image does not know who will run it.
    let data = context.join("root/data");
    fresh(&data)?;
    std::fs::set_permissions(&data, Permissions::from_mode(0o1777))?;
    std::fs::copy(machine.root().join("deploy/Dockerfile"), context.join("Dockerfile")).context("deploy/Dockerfile")?;
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

/// Links statically without compiling RocksDB again. Flags for every crate (`RUSTFLAGS`) would do that, and so would choosing
/// one package (`cargo rustc -p`), as the features of what it builds with then differ. A wrapper touches our crates only.
fn link(machine: &Machine) -> anyhow::Result<()> {
    let library = static_library(machine)?;
    let wrapper = machine.target_folder().join("rustc-static");
    // Cargo first asks what the compiler can do, under the crate name `___`: that must be answered without the flags.
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in\n*\" --crate-name ___ \"*) exec \"$@\" ;;\n\
         *\" --crate-type bin \"*) exec \"$@\" -C target-feature=+crt-static -L 'native={}' ;;\n\
         *) exec \"$@\" ;;\nesac\n",
        library.display()
    );
    std::fs::write(&wrapper, script).with_context(|| wrapper.display().to_string())?;
    std::fs::set_permissions(&wrapper, Permissions::from_mode(0o755))?;
    let mut build = machine.cargo();
    build.args(["build", "--workspace", "--locked"]).env("RUSTC_WORKSPACE_WRAPPER", &wrapper);
    build.args(BINARIES.iter().flat_map(|name| ["--bin", name]));
    steps::run("link static programs", &mut build)
}

fn fresh(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}
