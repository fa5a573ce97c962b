//! A region that changes after it was made: a machine is added to a unit, the unit's voters are listed anew. The authority signs
//! the next directory each time; it gets to running nodes by itself once one of them has the file.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::ids::{NodeId, UnitId};
use domain::time::Timestamp;
use protocol::seam::Entropy;
use transport::authority::{Authority, Existing};
use transport::topology::TopologyNode;

use super::{InitFault, Made, MadeNode, NODE_FILE, SUMMARY, beside};

/// A machine that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// Of which unit.
    pub unit: UnitId,
    /// Where other nodes reach it: `host:port`, best first.
    pub quic: Vec<String>,
    /// Where people and programs reach it: `host:port`.
    pub http: String,
    /// Where it listens for other nodes; on every interface at the port by which they come where `None`.
    pub listen_quic: Option<SocketAddr>,
    /// Where it listens for people and programs; likewise.
    pub listen_http: Option<SocketAddr>,
    /// Its data folder, relative to its own: `data` where `None`.
    pub data: Option<PathBuf>,
}

/// Gives a new machine a number, keys and a folder, and signs a directory that lists it. It does not vote: the unit's voters make it one
/// (`tongban unit add-voter`, `replace`). Its settings are those of a node of the unit whose folder is still here.
///
/// # Errors
/// A region whose authority is not in `folder`, a unit that is not listed, an address that is none, files that cannot be written.
pub fn add_node(folder: &Path, new: NewNode, now: Timestamp, entropy: &dyn Entropy) -> Result<MadeNode, InitFault> {
    let (mut authority, made) = open(folder)?;
    let unit = new.unit;
    if made.nodes.iter().all(|node| node.unit != unit) {
        return Err(InitFault::Unit { unit, folder: folder.to_owned() });
    }
    let addresses = TopologyNode { quic: new.quic.clone(), http: new.http.clone() };
    let node = authority.add_node(unit, addresses, now, entropy)?;
    authority.write(folder, Existing::Keep)?;
    node_folder(folder, made, node, new)
}

/// Writes the settings of a node that the authority has made, and lists it in the summary.
pub(super) fn node_folder(folder: &Path, mut made: Made, node: NodeId, new: NewNode) -> Result<MadeNode, InitFault> {
    let NewNode { unit, quic, http, listen_quic, listen_http, data } = new;
    let listed = made.nodes.iter().find(|node| node.unit == unit).cloned();
    let listed = listed.ok_or_else(|| InitFault::Unit { unit, folder: folder.to_owned() })?;
    let settings = settings(folder, &made, unit)?;
    let own = Authority::node_folder(Path::new(""), unit, node);
    let first = quic.first().map(String::as_str).unwrap_or_default();
    let listen = toml::Table::from_iter([
        ("quic".to_owned(), toml::Value::from(listens(listen_quic, first)?.to_string())),
        ("http".to_owned(), toml::Value::from(listens(listen_http, &http)?.to_string())),
    ]);
    let number = i64::try_from(node.0).map_err(|why| InitFault::Form(why.to_string()))?;
    let data = data.unwrap_or_else(|| PathBuf::from("data")).display().to_string();
    let mut file = toml::Table::from_iter([
        ("node".to_owned(), toml::Value::from(number)),
        ("unit".to_owned(), toml::Value::from(unit.to_string())),
        ("region".to_owned(), toml::Value::from(".")),
        ("data".to_owned(), toml::Value::from(data)),
        ("listen".to_owned(), toml::Value::from(listen)),
    ]);
    file.extend(settings);
    let text = toml::to_string(&file).map_err(|why| InitFault::Form(why.to_string()))?;
    let about = "# Settings of one node, made by `tongban`. Paths are relative to this file.\n";
    replace(&folder.join(&own).join(NODE_FILE), &(about.to_owned() + &text))?;
    let added = MadeNode { node, unit, name: listed.name, tier: listed.tier, http, folder: own };
    // Of a try that was cut off before the directory was signed.
    made.nodes.retain(|known| known.node != node);
    made.nodes.push(added.clone());
    let summary = serde_json::to_string_pretty(&made).map_err(|why| InitFault::Form(why.to_string()))?;
    replace(&folder.join(SUMMARY), &(summary + "\n"))?;
    Ok(added)
}

/// Lists who votes in a unit, once its voters have changed, and gives the number of the directory that says so.
///
/// # Errors
/// A region whose authority is not in `folder`, voters that are no nodes of the unit, files that cannot be written.
pub fn set_voters(folder: &Path, unit: UnitId, voters: Vec<NodeId>) -> Result<u64, InitFault> {
    let (mut authority, _) = open(folder)?;
    authority.set_voters(unit, voters)?;
    authority.write(folder, Existing::Keep)?;
    Ok(authority.directory().listing.number)
}

pub(super) fn open(folder: &Path) -> Result<(Authority, Made), InitFault> {
    let path = folder.join(SUMMARY);
    let summary = fs::read_to_string(&path).map_err(|why| InitFault::File { path, why })?;
    let made = serde_json::from_str(&summary).map_err(|why| InitFault::Form(format!("{SUMMARY}: {why}")))?;
    Ok((Authority::open(folder)?, made))
}

/// What all nodes of a unit have alike: its voters should keep time alike.
fn settings(folder: &Path, made: &Made, unit: UnitId) -> Result<toml::Table, InitFault> {
    let mut files =
        made.nodes.iter().filter(|node| node.unit == unit).map(|node| folder.join(&node.folder).join(NODE_FILE));
    let Some(path) = files.rfind(|path| path.is_file()) else { return Ok(toml::Table::new()) };
    let text = fs::read_to_string(&path).map_err(|why| InitFault::File { path: path.clone(), why })?;
    let mut table: toml::Table = text.parse().map_err(|why| InitFault::Form(format!("{}: {why}", path.display())))?;
    for own in ["node", "unit", "region", "data", "listen"] {
        table.remove(own);
    }
    Ok(table)
}

fn listens(written: Option<SocketAddr>, reached: &str) -> Result<SocketAddr, InitFault> {
    let port = reached.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match (written, port) {
        (Some(address), _) => Ok(address),
        (None, Some(port)) => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        (None, None) => Err(InitFault::Form(format!("{reached:?} is not an address: expected host:port or [v6]:port"))),
    }
}

/// Written beside its place and moved there: whoever reads sees the old file or the new one.
fn replace(path: &Path, text: &str) -> Result<(), InitFault> {
    let fault = |why| InitFault::File { path: path.to_owned(), why };
    let new = beside(path);
    fs::write(&new, text).map_err(fault)?;
    fs::rename(&new, path).map_err(fault)
}
