//! A region of nodes as processes, each with an address of its own.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::binary::binary;
use crate::network::{address, run};
use crate::node::{Node, Runs, host_name};

/// A unit to be made.
#[derive(Clone, Copy, Debug)]
pub struct UnitSpec<'a> {
    /// Its division code, 6, 9 or 12 digits.
    pub code: &'a str,
    /// How many nodes.
    pub nodes: usize,
}

/// As what nodes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Processes beside the test, in its own network (`network::enter_own_network`).
    Processes,
    /// Containers of the image that `cargo xtask image` builds, in a network of their own.
    Containers,
}

/// A running region. Its folder is kept when a test fails, and named.
#[derive(Debug)]
pub struct Region {
    /// Every node, in the order of the specification.
    pub nodes: Vec<Node>,
    folder: Option<TempDir>,
    network: Option<String>,
}

impl Region {
    /// Makes and starts a region. `extra` is added to the topology file.
    pub async fn start(form: Form, units: &[UnitSpec<'_>], extra: &str) -> Result<Self> {
        let mut region = Self::make(form, units, extra, &[])?;
        region.start_all().await?;
        Ok(region)
    }

    /// Makes a region and starts nothing. The program that makes its keys runs with these variables in its environment.
    pub(crate) fn make(
        form: Form,
        units: &[UnitSpec<'_>],
        extra: &str,
        environment: &[(OsString, OsString)],
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tongban-region-").tempdir()?;
        let network = match form {
            Form::Processes => None,
            Form::Containers => Some(format!("tongban-{}-{}", std::process::id(), next_network())),
        };
        if let Some(network) = &network {
            run("docker", &["network", "create", network])?;
        }
        let mut region = Self { nodes: Vec::new(), folder: None, network };
        region.nodes = make(folder.path(), region.network.as_deref(), units, (extra, environment))?;
        region.folder = Some(folder);
        Ok(region)
    }

    /// Starts every node, and waits until every unit has a leader.
    pub(crate) async fn start_all(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.start().await?;
        }
        self.until("every unit has a leader", async |region| {
            for node in &region.nodes {
                let status = node.status().await;
                if !status.is_ok_and(|status| !status["leader"].is_null()) {
                    return false;
                }
            }
            true
        })
        .await
    }

    /// Adds a machine to a unit by `tongban region add-node`: it has a folder then, does not run, and does not vote. Gives its place in
    /// [`Self::nodes`]. The program runs with these variables in its environment.
    pub fn add_node(&mut self, code: &str, environment: &[(OsString, OsString)]) -> Result<usize> {
        let number = self.nodes.iter().map(|node| node.number).max().unwrap_or_default() + 1;
        let host = host(self.network.as_deref(), number)?;
        let (quic, http) = (format!("{host}:8440"), format!("{host}:8400"));
        let folder = self.folder().context("the region's folder was given away")?;
        let mut line = vec!["region", "add-node", code, "--quic", &quic, "--http", &http, "-o", "json"];
        if self.network.is_none() {
            line.extend(["--listen-quic", &quic, "--listen-http", &http]);
        }
        let added = tongban_in(environment, &line, &[("--region", folder.as_path())])?;
        let added: Value = serde_json::from_slice(&added)?;
        self.nodes.push(listed(&added, &folder, self.network.as_deref())?);
        Ok(self.nodes.len() - 1)
    }

    /// Lets a unit whose machines are gone go on from its mirror by `tongban unit promote`: its next life has a folder then, and does not
    /// run. Gives its place in [`Self::nodes`], and what the program said.
    pub fn promote(&mut self, code: &str, people: [&str; 2]) -> Result<(usize, Value)> {
        let number = self.nodes.iter().map(|node| node.number).max().unwrap_or_default() + 1;
        let host = host(self.network.as_deref(), number)?;
        let (quic, http) = (format!("{host}:8440"), format!("{host}:8400"));
        let folder = self.folder().context("the region's folder was given away")?;
        let [one, other] = people;
        let mut line = vec!["unit", "promote", code, "--person", one, "--person", other, "--old-voters-off", "--yes"];
        line.extend(["--quic", &quic, "--http", &http, "-o", "json"]);
        if self.network.is_none() {
            line.extend(["--listen-quic", &quic, "--listen-http", &http]);
        }
        let promoted = tongban_in(&[], &line, &[("--region", folder.as_path())])?;
        let promoted: Value = serde_json::from_slice(&promoted)?;
        self.nodes.push(listed(&promoted, &folder, self.network.as_deref())?);
        Ok((self.nodes.len() - 1, promoted))
    }

    /// The folder that `tongban region init` made.
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("region"))
    }

    /// The nodes of a unit.
    pub fn of(&self, code: &str) -> Vec<&Node> {
        let code = format!("{code:0<12}");
        self.nodes.iter().filter(|node| node.unit == code).collect()
    }

    /// The place of a unit's first node in [`Self::nodes`].
    pub fn first(&self, code: &str) -> usize {
        let code = format!("{code:0<12}");
        self.nodes.iter().position(|node| node.unit == code).unwrap_or(usize::MAX)
    }

    /// Waits until something holds, at most a minute; a node that ended meanwhile is told with its log.
    pub async fn until(&mut self, what: &str, holds: impl AsyncFn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(90);
        while !holds(self).await {
            if Instant::now() > deadline {
                let mut nodes = String::new();
                for node in &self.nodes {
                    let status = node.status().await.map_or_else(|why| why.to_string(), |status| status.to_string());
                    writeln!(nodes, "--- node {} of {}: {status}\n{}", node.number, node.unit, warnings(&node.log()))?;
                }
                bail!("never: {what}; the region is kept in {:?}\n{nodes}", self.keep());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Keeps the region's folder after the test, and says where.
    pub fn keep(&mut self) -> Option<PathBuf> {
        self.folder.take().map(TempDir::keep)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(kept) = self.keep()
        {
            eprintln!("the region is kept in {}", kept.display());
        }
        // The network goes after its containers.
        self.nodes.clear();
        if let Some(network) = &self.network
            && let Err(why) = run("docker", &["network", "rm", network])
        {
            eprintln!("{why}");
        }
    }
}

/// The last lines of a log that somebody should see.
fn warnings(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// So that several regions of one process have networks of their own.
fn next_network() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn make(
    folder: &Path,
    network: Option<&str>,
    units: &[UnitSpec<'_>],
    (extra, environment): (&str, &[(OsString, OsString)]),
) -> Result<Vec<Node>> {
    let mut topology = format!("region = \"jining\"\n{extra}\n[people]\ndemo = true\n");
    let mut number = 0_u64;
    for unit in units {
        writeln!(topology, "[[unit]]\nplace = \"{}\"", unit.code)?;
        for _ in 0..unit.nodes {
            number += 1;
            let host = host(network, number)?;
            writeln!(topology, "[[unit.node]]\nquic = [\"{host}:8440\"]\nhttp = \"{host}:8400\"")?;
            if network.is_none() {
                writeln!(topology, "listen_quic = \"{host}:8440\"\nlisten_http = \"{host}:8400\"")?;
            }
        }
    }
    let file = folder.join("topology.toml");
    std::fs::write(&file, topology)?;
    let out = folder.join("region");
    let made = Command::new(binary("tongban")?)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .args(["region", "init", "--topology"])
        .arg(&file)
        .arg("--out")
        .arg(&out)
        .output()
        .context("tongban region init")?;
    if !made.status.success() {
        bail!("tongban region init: {}", String::from_utf8_lossy(&made.stderr));
    }
    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("region.json"))?)?;
    let nodes = summary["nodes"].as_array().context("region.json names no nodes")?;
    nodes.iter().map(|node| listed(node, &out, network)).collect()
}

/// How other nodes call a node.
fn host(network: Option<&str>, number: u64) -> Result<String> {
    Ok(match network {
        Some(network) => format!("{network}-{}", host_name(number)),
        None => address(usize::try_from(number)?).to_string(),
    })
}

/// What `tongban` prints for these words; each option names its folder.
///
/// # Errors
/// It failed: with what it said.
pub fn tongban(words: &[&str], folders: &[(&str, &Path)]) -> Result<Vec<u8>> {
    tongban_in(&[], words, folders)
}

fn tongban_in(environment: &[(OsString, OsString)], words: &[&str], folders: &[(&str, &Path)]) -> Result<Vec<u8>> {
    let folders = folders.iter().flat_map(|(option, folder)| [OsStr::new(*option), folder.as_os_str()]);
    let line: Vec<&OsStr> = words.iter().map(OsStr::new).chain(folders).collect();
    let mut command = Command::new(binary("tongban")?);
    command.envs(environment.iter().map(|(name, value)| (name, value))).args(&line).stdin(Stdio::null());
    let output = command.output().context("tongban")?;
    if !output.status.success() {
        bail!("tongban {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn listed(node: &Value, out: &Path, network: Option<&str>) -> Result<Node> {
    let text = |name: &str| node[name].as_str().map(str::to_owned).with_context(|| format!("region.json: {name}"));
    let number = node["node"].as_u64().context("region.json: node")?;
    let runs = match network {
        Some(network) => Runs::Container(network.to_owned(), None),
        None => Runs::Process(None),
    };
    Ok(Node::new(text("unit")?, number, &text("tier")?, out.join(text("folder")?), runs))
}
