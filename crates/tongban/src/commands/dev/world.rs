//! The region of `tongban dev` on disk: made on the first start, found on later ones, and brought to the addresses that this start
//! listens on.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, bail};
use domain::division::Tier;
use domain::ids::{NodeId, UnitId};
use node::config::Config;
use node::region::{self, Made, Plan};
use node::{MachineClock, MachineEntropy, Sockets};
use protocol::seam::Clock;
use transport::authority::{Authority, Existing};
use transport::topology::TopologyNode;

/// City, counties, townships, villages, with their numbers of voters: units of the real tree, in the order of their ports.
const UNITS: [(&str, usize); 10] = [
    ("370800", 3),
    ("370811", 1),
    ("370812", 1),
    ("370811002", 1),
    ("370811005", 1),
    ("370812001", 1),
    ("370811002001", 1),
    ("370811002201", 1),
    ("370811005001", 1),
    ("370812001002", 1),
];

/// A node that can be started.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) node: NodeId,
    pub(super) unit: UnitId,
    pub(super) name: String,
    pub(super) tier: Tier,
    pub(super) config: Config,
    /// Taken already; gone once the node has started.
    pub(super) sockets: Option<Sockets>,
}

/// The region, found or made.
#[derive(Debug)]
pub(super) struct World {
    pub(super) made: Made,
    pub(super) nodes: Vec<Planned>,
    /// Whether this start made it.
    pub(super) fresh: bool,
}

impl World {
    /// How many units it has.
    pub(super) fn units(&self) -> usize {
        self.made.nodes.iter().map(|node| node.unit).collect::<BTreeSet<_>>().len()
    }
}

/// Takes the addresses, then finds or makes the region in `folder` and lists the nodes under them.
pub(super) fn open(folder: &Path, base: u16, patience_seconds: u32) -> anyhow::Result<World> {
    let count = UNITS.iter().map(|(_, voters)| voters).sum::<usize>();
    let mut sockets = Vec::with_capacity(count);
    for at in 0..count {
        sockets.push(take(base, at)?);
    }
    let addresses = sockets.iter().map(addresses).collect::<Result<Vec<_>, _>>()?;
    let region = folder.join("region");
    let fresh = !region.exists();
    let made = if fresh { make(&region, &addresses, patience_seconds)? } else { found(&region, &addresses)? };
    if made.nodes.len() != count {
        bail!("{} has {} nodes, this release starts {count}: choose another --dir", region.display(), made.nodes.len());
    }
    let mut nodes = Vec::with_capacity(count);
    for ((made, sockets), (http, quic)) in made.nodes.iter().zip(sockets).zip(addresses) {
        let mut config = Config::read(&region.join(&made.folder).join(region::NODE_FILE))?;
        (config.http, config.quic) = (http, quic);
        // A folder of an older release does not say so.
        config.people.demo = true;
        nodes.push(Planned {
            node: made.node,
            unit: made.unit,
            name: made.name.clone(),
            tier: made.tier,
            config,
            sockets: Some(sockets),
        });
    }
    Ok(World { made, nodes, fresh })
}

/// One port for both, TCP and UDP; any free ones for base 0.
fn take(base: u16, at: usize) -> anyhow::Result<Sockets> {
    let port = match base {
        0 => 0,
        base => {
            u16::try_from(at).ok().and_then(|at| base.checked_add(at)).context("--port is too high for twelve nodes")?
        }
    };
    let address: SocketAddr = (Ipv4Addr::LOCALHOST, port).into();
    Sockets::bind(address, address).map_err(|fault| {
        anyhow::anyhow!(
            "{}\nhelp: stop what listens there (another `tongban dev`?), or choose --port",
            fault.message(false)
        )
    })
}

/// HTTP and QUIC.
fn addresses(sockets: &Sockets) -> std::io::Result<(SocketAddr, SocketAddr)> {
    Ok((sockets.http.local_addr()?, sockets.quic.local_addr()?))
}

fn make(region: &Path, addresses: &[(SocketAddr, SocketAddr)], patience_seconds: u32) -> anyhow::Result<Made> {
    let mut text = include_str!("topology.toml").replace("{patience}", &patience_seconds.to_string());
    text = text.replace(" `{...}` is filled in with the ports.", "");
    let mut addresses = addresses.iter();
    for (place, voters) in UNITS {
        text += &format!("\n[[unit]]\nplace = \"{place}\"\n");
        for (http, quic) in addresses.by_ref().take(voters) {
            text += &format!(
                "[[unit.node]]\nquic = [\"{quic}\"]\nhttp = \"{http}\"\nlisten_quic = \"{quic}\"\nlisten_http = \"{http}\"\n"
            );
        }
    }
    if let Some(folder) = region.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        std::fs::write(folder.join("topology.toml"), &text).with_context(|| folder.display().to_string())?;
    }
    let plan = Plan::parse(Path::new("topology.toml"), text, &node::divisions())?;
    Ok(region::init(&plan, region, MachineClock.now(), &MachineEntropy)?)
}

/// What an earlier start made; nodes whose addresses changed are listed anew.
fn found(region: &Path, addresses: &[(SocketAddr, SocketAddr)]) -> anyhow::Result<Made> {
    let summary = region.join(region::SUMMARY);
    let damaged =
        || format!("{} cannot be read: remove the folder to begin anew (all its cases are lost)", summary.display());
    let text = std::fs::read_to_string(&summary).with_context(damaged)?;
    let mut made: Made = serde_json::from_str(&text).with_context(damaged)?;
    let mut authority = Authority::open(region)?;
    let mut moved = false;
    for (node, (http, quic)) in made.nodes.iter_mut().zip(addresses) {
        let (http, quic) = (http.to_string(), vec![quic.to_string()]);
        let listed = authority.directory().listing.nodes.iter().find(|listed| listed.node == node.node);
        if listed.is_none_or(|listed| listed.http != http || listed.quic != quic) {
            authority.move_node(node.node, TopologyNode { quic, http: http.clone() })?;
            node.http = http;
            moved = true;
        }
    }
    if moved {
        authority.write(region, Existing::Keep)?;
    }
    Ok(made)
}
