//! A region of nodes as processes, each with an address of its own.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::binary::binary;
use crate::network::address;
use crate::node::Node;

/// A unit to be made.
#[derive(Clone, Copy, Debug)]
pub struct UnitSpec {
    /// Its division code, 6, 9 or 12 digits.
    pub code: &'static str,
    /// How many nodes.
    pub nodes: usize,
}

/// A running region. Its folder is kept when a test fails, and named.
#[derive(Debug)]
pub struct Region {
    /// Every node, in the order of the specification.
    pub nodes: Vec<Node>,
    folder: Option<TempDir>,
}

impl Region {
    /// Makes and starts a region. `extra` is added to the topology file.
    pub async fn start(units: &[UnitSpec], extra: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tongban-region-").tempdir()?;
        let made = make(folder.path(), units, extra)?;
        let mut region = Self { nodes: made, folder: Some(folder) };
        for node in &mut region.nodes {
            node.start()?;
        }
        region
            .until("every unit has a leader", async |region| {
                for node in &region.nodes {
                    let status = node.status().await;
                    if !status.is_ok_and(|status| !status["leader"].is_null()) {
                        return false;
                    }
                }
                true
            })
            .await?;
        Ok(region)
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
                let logs: String =
                    self.nodes.iter().map(|n| format!("--- node {}\n{}", n.number, tail(&n.log()))).collect();
                bail!("never: {what}\n{logs}");
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
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n") + "\n"
}

fn make(folder: &Path, units: &[UnitSpec], extra: &str) -> Result<Vec<Node>> {
    let mut topology = format!("region = \"jining\"\n{extra}\n");
    let mut number = 0;
    for unit in units {
        writeln!(topology, "[[unit]]\nplace = \"{}\"", unit.code)?;
        for _ in 0..unit.nodes {
            number += 1;
            let address = address(number);
            writeln!(topology, "[[unit.node]]\nquic = [\"{address}:8440\"]\nhttp = \"{address}:8400\"")?;
            writeln!(topology, "listen_quic = \"{address}:8440\"\nlisten_http = \"{address}:8400\"")?;
        }
    }
    let file = folder.join("topology.toml");
    std::fs::write(&file, topology)?;
    let out = folder.join("region");
    let made = Command::new(binary("tongban")?)
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
    nodes.iter().map(|node| listed(node, &out)).collect()
}

fn listed(node: &Value, out: &Path) -> Result<Node> {
    let text = |name: &str| node[name].as_str().map(str::to_owned).with_context(|| format!("region.json: {name}"));
    let number = node["node"].as_u64().context("region.json: node")?;
    let address = address(usize::try_from(number)?);
    Ok(Node::new(text("unit")?, number, &text("tier")?, out.join(text("folder")?), address))
}
