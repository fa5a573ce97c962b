//! A region's folder: made once from a topology, with one folder per node that is carried to its machine.
//!
//! What is in the folders is `transport::authority`'s; this adds each node's `node.toml`. Called by `tongban region init` and
//! `tongban dev`.

mod change;
mod promotion;
mod topology;

use std::fs;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::division::Tier;
use domain::ids::{NodeId, UnitId};
use domain::time::Timestamp;
use protocol::directory::RegionName;
use protocol::seam::Entropy;
use serde::{Deserialize, Serialize};
use transport::ProgramName;
use transport::authority::{Authority, AuthorityFault, Existing};

pub use change::{NewNode, add_node, set_voters};
pub use promotion::{PromoteFault, Promoted, Promotion, PromotionPlan};
pub use topology::{Plan, PlannedNode};

/// What was made: also kept as `region.json`, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The region.
    pub region: RegionName,
    /// Its nodes, in the order of the topology.
    pub nodes: Vec<MadeNode>,
    /// The operator's client certificate, relative to the region's folder.
    pub operator: PathBuf,
    /// For the catalogues that are built for this region; the usual time where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_seconds: Option<u32>,
}

/// A node that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeNode {
    /// Its number.
    pub node: NodeId,
    /// Its unit.
    pub unit: UnitId,
    /// The unit's name.
    pub name: String,
    /// The unit's tier: which of the four programs runs it.
    pub tier: Tier,
    /// Where people and programs reach it.
    pub http: String,
    /// Its folder, relative to the region's.
    pub folder: PathBuf,
}

/// Why a region was not made, or not changed. Nothing is left behind of one that was not made.
#[derive(Debug, thiserror::Error)]
pub enum InitFault {
    /// The folder is there and holds something: a region's keys are never written over.
    #[error("{} holds {entry:?} already: choose a folder that is new or empty", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// One of the things in it.
        entry: String,
    },
    /// A file or folder.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The authority refused.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// The unit has no node in the region.
    #[error("unit {unit} is not listed in {}", folder.display())]
    Unit {
        /// Which.
        unit: UnitId,
        /// Of which region's folder.
        folder: PathBuf,
    },
    /// What was made cannot be written down: a defect.
    #[error("a file of the region has no form: {0}")]
    Form(String),
}

impl InitFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Occupied { .. } => "region.occupied",
            Self::File { .. } => "region.file",
            Self::Authority(_) => "region.authority",
            Self::Unit { .. } => "http.unit_elsewhere",
            Self::Form(_) => "region.form",
        }
    }
}

/// The name under which the operator's command line is let in.
pub const OPERATOR: &str = "operator";

/// The file with [`Made`].
pub const SUMMARY: &str = "region.json";

/// The file of a node's settings.
pub const NODE_FILE: &str = "node.toml";

/// Makes a region in `folder`: all of it, or nothing.
///
/// # Errors
/// A folder that holds something, files that cannot be written, a topology that the authority refuses.
pub fn init(plan: &Plan, folder: &Path, now: Timestamp, entropy: &dyn Entropy) -> Result<Made, InitFault> {
    refuse_occupied(folder)?;
    let operator: ProgramName = OPERATOR.parse().map_err(|why| InitFault::Form(format!("{why}")))?;
    let mut authority = Authority::found(&plan.topology, now, entropy)?;
    authority.admit(&operator, now)?;
    // Written beside its place and moved there whole, so that no half of a region is ever taken for one.
    let beside = beside(folder);
    if let Err(why) = fs::remove_dir_all(&beside)
        && why.kind() != io::ErrorKind::NotFound
    {
        return Err(InitFault::File { path: beside, why });
    }
    let made = write(plan, &authority, &operator, &beside).inspect_err(|_| drop(fs::remove_dir_all(&beside)))?;
    fs::rename(&beside, folder).map_err(|why| InitFault::File { path: folder.to_owned(), why })?;
    Ok(made)
}

fn write(plan: &Plan, authority: &Authority, operator: &ProgramName, folder: &Path) -> Result<Made, InitFault> {
    authority.write(folder, Existing::Keep)?;
    let mut made = Made {
        region: plan.topology.region.clone(),
        nodes: Vec::new(),
        operator: Authority::program_folder(Path::new(""), operator),
        patience_seconds: plan.patience_seconds,
    };
    let listed = plan.topology.units.iter().flat_map(|unit| unit.nodes.iter().map(move |node| (unit, node)));
    // The authority numbers nodes in the order of the topology.
    for (((number, _), (unit, listed)), planned) in authority.nodes().zip(listed).zip(&plan.nodes) {
        let own = Authority::node_folder(Path::new(""), unit.code, number);
        write_new(&folder.join(&own).join(NODE_FILE), &node_file(plan, number, planned)?)?;
        made.nodes.push(MadeNode {
            node: number,
            unit: unit.code,
            name: unit.name.clone(),
            tier: unit.tier,
            http: listed.http.clone(),
            folder: own,
        });
    }
    let summary = serde_json::to_string_pretty(&made).map_err(|why| InitFault::Form(why.to_string()))?;
    write_new(&folder.join(SUMMARY), &(summary + "\n"))?;
    Ok(made)
}

fn node_file(plan: &Plan, node: NodeId, planned: &PlannedNode) -> Result<String, InitFault> {
    #[derive(Serialize)]
    struct NodeFile<'a> {
        node: u64,
        unit: UnitId,
        region: &'a str,
        data: &'a Path,
        listen: Listen,
        #[serde(flatten)]
        settings: &'a crate::config::Settings,
    }
    #[derive(Serialize)]
    struct Listen {
        quic: String,
        http: String,
    }
    let listen = Listen { quic: planned.quic.to_string(), http: planned.http.to_string() };
    let PlannedNode { unit, data, .. } = planned;
    let file = NodeFile { node: node.0, unit: *unit, region: ".", data, listen, settings: &plan.settings };
    let text = toml::to_string(&file).map_err(|why| InitFault::Form(why.to_string()))?;
    Ok(format!(
        "# Settings of one node, made by `tongban region init`. Paths are relative to this file. `region` is the folder with\n\
         # the node's certificate, keys and the signed directory. What is left out has its default.\n{text}"
    ))
}

fn refuse_occupied(folder: &Path) -> Result<(), InitFault> {
    let file = |why| InitFault::File { path: folder.to_owned(), why };
    match fs::read_dir(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(file(why)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(entry) => {
                let entry = entry.map_err(file)?.file_name().to_string_lossy().into_owned();
                Err(InitFault::Occupied { folder: folder.to_owned(), entry })
            }
        },
    }
}

fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(".new");
    folder.with_file_name(beside)
}

fn write_new(path: &Path, text: &str) -> Result<(), InitFault> {
    let fault = |why| InitFault::File { path: path.to_owned(), why };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).map_err(fault)?;
    file.write_all(text.as_bytes()).map_err(fault)?;
    file.sync_all().map_err(fault)
}
