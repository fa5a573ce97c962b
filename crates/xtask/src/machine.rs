//! The machine that this runs on: what it must have, and the one environment in which everything is compiled.
//!
//! RocksDB takes about 20 CPU-minutes from nothing. So that this is paid once, every command here uses the same target folder
//! outside the clone, the same profile, and the same `CC` and `CXX`: a build script runs again when those change.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{oracle, steps};

/// What a command needs of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compiling the workspace.
    Build,
    /// Running the tests.
    Test,
    /// The whole gate: a tool that takes minutes to compile, and that the gate can do without.
    Gate,
}

/// A Debian package that set-up looks after.
struct Package {
    name: &'static str,
    why: &'static str,
    need: Need,
    /// Without it the command cannot go on; else it is only slower or skips something.
    required: bool,
    is_there: fn() -> bool,
}

const PACKAGES: &[Package] = &[
    Package { name: "g++", why: "compiles RocksDB", need: Need::Build, required: true, is_there: || on_path("c++") },
    Package {
        name: "libclang-dev",
        why: "reads RocksDB's headers for its Rust bindings",
        need: Need::Build,
        required: true,
        is_there: has_libclang,
    },
    Package {
        name: "ccache",
        why: "keeps what was compiled of RocksDB for the next clone",
        need: Need::Build,
        required: false,
        is_there: || on_path("ccache"),
    },
    Package {
        name: "python3-venv",
        why: "runs the oracle of legal time",
        need: Need::Test,
        required: true,
        is_there: || steps::answers(Command::new("python3").args(["-c", "import ensurepip, venv"])),
    },
    Package {
        name: "iproute2",
        why: "network namespaces for the process tests",
        need: Need::Test,
        required: false,
        is_there: || on_path("ip"),
    },
    Package {
        name: "nftables",
        why: "cuts links in scenarios on real nodes",
        need: Need::Test,
        required: false,
        is_there: || on_path("nft"),
    },
    Package {
        name: "strace",
        why: "ends real nodes at a named moment, by holding up their syncs",
        need: Need::Test,
        required: false,
        is_there: || on_path("strace"),
    },
    Package {
        name: "faketime",
        why: "sets the clocks of real nodes, so that a scenario's quiet days pass in a moment",
        need: Need::Test,
        required: false,
        is_there: has_faketime,
    },
    Package {
        name: "iptables",
        why: "cuts links in the process tests, and queues packets of bad ones",
        need: Need::Test,
        required: false,
        is_there: || on_path("iptables"),
    },
];

/// Where the clone is and what is compiled where.
pub(crate) struct Machine {
    root: PathBuf,
    target_folder: PathBuf,
    cache_folder: PathBuf,
}

impl Machine {
    /// Looks at the environment; changes nothing.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("the workspace is two folders above xtask")?
            .to_path_buf();
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache_folder = match (folder("XDG_CACHE_HOME"), folder("HOME")) {
            (Some(cache), _) => cache.join("tongban"),
            (None, Some(home)) => home.join(".cache/tongban"),
            (None, None) => bail!("neither HOME nor XDG_CACHE_HOME is set: set one, for the compiled crates"),
        };
        let target_folder = folder("CARGO_TARGET_DIR").unwrap_or_else(|| cache_folder.join("target"));
        let target_folder = std::path::absolute(target_folder).context("the current folder is gone")?;
        Ok(Self { root, target_folder, cache_folder })
    }

    /// The clone.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it compiles.
    pub(crate) fn target_folder(&self) -> &Path {
        &self.target_folder
    }

    /// Of the oracle of legal time; there once set up.
    pub(crate) fn oracle_python(&self) -> PathBuf {
        self.cache_folder.join("oracle/bin/python")
    }

    /// A program in the shared environment, started from where the user stands.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // `cargo run` tells its child about the package it runs; ring's build script, for one, would take that for a change.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let of_cargo_run = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"];
            if text == "CARGO_PRIMARY_PACKAGE" || of_cargo_run.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment());
        command
    }

    /// cargo in the shared environment, in the clone.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.command("cargo");
        command.current_dir(&self.root);
        command
    }

    /// Lines for a shell, so that plain cargo shares what was compiled.
    pub(crate) fn exports(&self) -> String {
        let mut lines = String::new();
        for (name, value) in self.environment() {
            let value = value.to_string_lossy().replace('\'', r"'\''");
            let _ = writeln!(lines, "export {name}='{value}'");
        }
        lines
    }

    /// Brings the machine to where the command can go on, or says what only its owner can do.
    pub(crate) fn set_up(&self, needs: &[Need]) -> anyhow::Result<()> {
        let missing = || PACKAGES.iter().filter(|package| needs.contains(&package.need) && !(package.is_there)());
        let absent: Vec<&Package> = missing().collect();
        if !absent.is_empty() {
            for package in &absent {
                println!("[    ] {} is missing: {}", package.name, package.why);
            }
            let names: Vec<&str> = absent.iter().map(|package| package.name).collect();
            if is_root() && on_path("apt-get") {
                apt_get("read Debian's package lists", &["update", "-q"])?;
                let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
                arguments.extend(&names);
                apt_get(&format!("install {}", names.join(" ")), &arguments)?;
            } else {
                println!("[    ] to have it: sudo apt-get install -y {}", names.join(" "));
            }
        }
        let lacking: Vec<&str> = missing().filter(|package| package.required).map(|package| package.name).collect();
        if !lacking.is_empty() {
            bail!("cannot go on without {0}: sudo apt-get install -y {0}", lacking.join(" "));
        }
        println!("[    ] compiled crates are kept in {}", self.target_folder.display());
        if needs.contains(&Need::Test) {
            if !self.has_tool("nextest") {
                self.install("cargo-nextest", "runs the tests")?;
            }
            oracle::set_up(self)?;
        }
        if needs.contains(&Need::Gate)
            && !self.has_tool("deny")
            && let Err(error) = self.install("cargo-deny", "checks bans, licences and sources")
        {
            println!("[    ] going on without it: the gate checks the licences itself too ({error:#})");
        }
        steps::run("fetch what Cargo.lock names", self.cargo().args(["fetch", "--locked", "-q"]))
    }

    /// Whether cargo has that subcommand.
    pub(crate) fn has_tool(&self, subcommand: &str) -> bool {
        steps::answers(self.cargo().args([subcommand, "--version"]))
    }

    /// In cargo's own temporary folder: nothing of a tool is shared with the workspace.
    fn install(&self, tool: &str, why: &str) -> anyhow::Result<()> {
        println!("[    ] {tool} is missing: {why}; compiling it takes some minutes, once");
        let mut install = self.command("cargo");
        install.args(["install", "--locked", "-q", tool]).env_remove("CARGO_TARGET_DIR");
        steps::run(&format!("install {tool}"), &mut install)
    }

    /// The same for every command: a build script runs again when `CC` or `CXX` changes.
    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment = vec![
            ("CARGO_TARGET_DIR", self.target_folder.clone().into_os_string()),
            ("TONGBAN_ORACLE_PYTHON", self.oracle_python().into_os_string()),
        ];
        if on_path("ccache") {
            for (name, compiler) in [("CC", "ccache cc"), ("CXX", "ccache c++")] {
                environment.push((name, std::env::var_os(name).unwrap_or_else(|| compiler.into())));
            }
            let folder = std::env::var_os("CCACHE_DIR").unwrap_or_else(|| self.cache_folder.join("ccache").into());
            environment.push(("CCACHE_DIR", folder));
        }
        environment
    }
}

fn apt_get(what: &str, arguments: &[&str]) -> anyhow::Result<()> {
    steps::run(what, Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Whether a program of that name is in one of the folders of `PATH`; administrators' folders count too.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).any(|folder| folder.join(program).is_file())
}

/// Whether the library that bindgen loads is where it looks for it.
fn has_libclang() -> bool {
    let mut folders = vec![PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64"), PathBuf::from("/usr/local/lib")];
    folders.extend(std::env::var_os("LIBCLANG_PATH").map(PathBuf::from));
    folders.push(PathBuf::from(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH)));
    folders
        .extend(entries(Path::new("/usr/lib")).into_iter().filter(|path| named(path, "llvm-")).map(|p| p.join("lib")));
    folders
        .iter()
        .flat_map(|folder| entries(folder))
        .any(|path| named(&path, "libclang.so") || named(&path, "libclang-"))
}

fn has_faketime() -> bool {
    let library = |folder: &str| Path::new(folder).join("faketime/libfaketimeMT.so.1").is_file();
    library("/usr/lib") || library(&format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn named(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}
