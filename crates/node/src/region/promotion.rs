//! A unit that is lost for good goes on from its mirror as its next life (docs/adr/0031): the mirrors are frozen before one is read,
//! their rows become those of a new data folder, and the authority signs a directory that lists the new life.
//!
//! Run by the operator beside the region's folder, with the operator's certificate. What cannot be undone comes last: until the directory is
//! signed, everything may be done again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use consensus::{FrameFault, Unpack};
use domain::ids::{Generation, NodeId, Sequence, UnitId};
use domain::mirror::{MirrorMark, MirrorReply, MirrorRequest};
use domain::store::StoreFault;
use domain::time::Timestamp;
use protocol::directory::Directory;
use protocol::record;
use protocol::seam::{Channel, Entropy, GroupRows, Links};
use store::{OpenFault, Store};
use transport::authority::{Authority, Existing, ProgramKeys};
use transport::topology::TopologyNode;
use transport::{Quic, QuicConfig};

use super::change::{NewNode, node_folder, open};
use super::{InitFault, MadeNode};
use crate::world::{MachineClock, MachineEntropy};

/// A mirror answers at once, or after a sync of its disk.
const FREEZE_MILLIS: u64 = 15_000;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// The machine of the next life; its unit is the one that is lost.
    pub machine: NewNode,
    /// Two people who recorded that the machines of the life before are switched off or destroyed.
    pub people: [String; 2],
}

/// What it comes to, as far as is known before anything is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionPlan {
    /// Its name.
    pub name: String,
    /// The machines that are recorded as gone.
    pub gone: Vec<NodeId>,
    /// The life that was lost.
    pub lost: Generation,
    /// Which machine of which life takes over.
    pub next: (NodeId, Generation),
    /// The nodes of the unit above that are asked for a mirror.
    pub mirrors: Vec<NodeId>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promoted {
    /// The machine of the next life.
    pub node: MadeNode,
    /// Which life.
    pub generation: Generation,
    /// The mirror that was read.
    pub mirror: NodeId,
    /// The last command that it had.
    pub at: Sequence,
    /// The number of the directory that lists the next life.
    pub directory: u64,
}

/// Why it was not done. Nothing was signed then.
#[derive(Debug, thiserror::Error)]
pub enum PromoteFault {
    /// The region's folder.
    #[error(transparent)]
    Region(#[from] InitFault),
    /// The two are not two, or nameless.
    #[error("a loss is recorded by two different people, by name")]
    People,
    /// The city has nobody above it.
    #[error("unit {0} has no unit above that could mirror it: it is restored from a second site")]
    NoParent(UnitId),
    /// Nobody has a mirror.
    #[error("no node of unit {parent} gave a mirror of unit {unit}:{}", .said.iter().map(|said| format!("\n  {said}")).collect::<String>())]
    NoMirror {
        /// The unit.
        unit: UnitId,
        /// Who was asked.
        parent: UnitId,
        /// What each node said.
        said: Vec<String>,
    },
    /// The mirror stopped telling, or told something else.
    #[error("node {mirror} did not give its mirror whole: {why}")]
    Cut {
        /// The mirror.
        mirror: NodeId,
        /// In words.
        why: String,
    },
    /// Its frames do not fit each other.
    #[error("the mirror that came does not fit: {0}")]
    Frames(#[from] FrameFault),
    /// The new data folder.
    #[error(transparent)]
    Data(#[from] OpenFault),
    /// Its disk.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The operator's certificate or line.
    #[error("the region's nodes cannot be asked: {0}")]
    Links(String),
}

impl PromoteFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Region(fault) => fault.code(),
            Self::People => "recovery.two_people",
            Self::NoParent(_) | Self::NoMirror { .. } | Self::Cut { .. } | Self::Frames(_) => "mirror.none",
            Self::Data(fault) => fault.code(),
            Self::Store(_) => "node.store",
            Self::Links(_) => "config.credentials",
        }
    }
}

impl Promotion {
    /// What it comes to. Asks nobody, and changes nothing.
    ///
    /// # Errors
    /// People who are not two, a unit that is not listed or has nobody above it.
    pub fn plan(&self, folder: &Path) -> Result<PromotionPlan, PromoteFault> {
        let [one, other] = &self.people;
        if one.trim().is_empty() || other.trim().is_empty() || one.trim() == other.trim() {
            return Err(PromoteFault::People);
        }
        let unit = self.machine.unit;
        let (authority, _) = open(folder)?;
        let next = authority.next_peer(unit).map_err(InitFault::from)?;
        let listing = &authority.directory().listing;
        let unlisted = || InitFault::Unit { unit, folder: folder.to_owned() };
        let listed = listing.units.iter().find(|listed| listed.unit == unit).ok_or_else(unlisted)?;
        let parent = listed.parent.ok_or(PromoteFault::NoParent(unit))?;
        let above = listing.units.iter().find(|listed| listed.unit == parent);
        Ok(PromotionPlan {
            name: listed.name.clone(),
            gone: listed.voters.clone(),
            lost: listed.generation,
            next: (next.node, next.generation),
            mirrors: above.map(|above| above.voters.clone()).unwrap_or_default(),
        })
    }

    /// Does it. `tell` hears of each step.
    ///
    /// # Errors
    /// Why it was not done; nothing was signed then, and it may be done again.
    pub async fn carry_out(
        self,
        folder: &Path,
        now: Timestamp,
        entropy: &dyn Entropy,
        mut tell: impl FnMut(&str),
    ) -> Result<Promoted, PromoteFault> {
        let plan = self.plan(folder)?;
        let Self { machine, people } = self;
        let unit = machine.unit;
        let (mut authority, made) = open(folder)?;
        // The operator's own folder may hold an older directory than the region's.
        let directory = authority.directory().clone().verify(&authority.public_key());
        let directory = directory.map_err(|why| PromoteFault::Links(why.to_string()))?;
        let links = operator(&folder.join(&made.operator), directory)?;
        let (mirror, at) = freeze(&links, &plan, unit, &people, &mut tell).await?;

        let (node, generation) = plan.next;
        let own = folder.join(Authority::node_folder(Path::new(""), unit, node));
        let data = own.join(machine.data.clone().unwrap_or_else(|| PathBuf::from("data")));
        let made_own = fs::DirBuilder::new().recursive(true).mode(0o700).create(&own);
        made_own.map_err(|why| InitFault::File { path: own.clone(), why })?;
        // Of a try that was cut off: nobody has run on it, for no directory lists it.
        match fs::remove_dir_all(&data) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(InitFault::File { path: data, why }.into());
            }
            _ => {}
        }
        let region = made.region.to_string();
        let identity = store::Identity { region, unit, generation, node };
        let frames = read(&links, (&plan, unit), mirror, &data, &identity, people).await?;
        tell(&format!("the mirror's rows lie in {}: {frames} frames, up to command {}", data.display(), at.0));
        links.shutdown().await;

        let addresses = TopologyNode { quic: machine.quic.clone(), http: machine.http.clone() };
        let node = node_folder(folder, made, node, machine)?;
        authority.next_life(unit, addresses, now, entropy).map_err(InitFault::from)?;
        authority.write(folder, Existing::Keep).map_err(InitFault::from)?;
        let directory = authority.directory().listing.number;
        tell(&format!("directory {directory} lists generation {} of the unit", generation.0));
        Ok(Promoted { node, generation, mirror, at, directory })
    }
}

fn operator(folder: &Path, directory: Directory) -> Result<Quic, PromoteFault> {
    let links = |why: &dyn std::fmt::Display| PromoteFault::Links(why.to_string());
    let keys = ProgramKeys::read(folder).map_err(|why| links(&why))?;
    let config = QuicConfig {
        socket: UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).map_err(|why| links(&why))?,
        credentials: keys.credentials().map_err(|why| links(&why))?,
        directory,
        incarnation: [0; 16],
        clock: Arc::new(MachineClock),
        entropy: Arc::new(MachineEntropy),
        timing: transport::Timing::default(),
    };
    Quic::bind(config).map_err(|why| links(&why))
}

async fn ask(links: &Quic, mirror: NodeId, unit: UnitId, request: &MirrorRequest) -> Result<MirrorReply, String> {
    let body = record::write(request).map_err(|fault| fault.to_string())?;
    let answer = links.request(mirror, unit, Channel::Client, body, FREEZE_MILLIS).await;
    record::read(&answer.map_err(|fault| fault.to_string())?).map_err(|fault| fault.to_string())
}

/// Freezes every mirror that answers, and gives the furthest. One that does not answer is no danger: what is "mirrored" all of them have.
async fn freeze(
    links: &Quic,
    plan: &PromotionPlan,
    unit: UnitId,
    people: &[String; 2],
    tell: &mut impl FnMut(&str),
) -> Result<(NodeId, Sequence), PromoteFault> {
    let (mut furthest, mut said) = (None, Vec::new());
    for mirror in &plan.mirrors {
        let request = MirrorRequest::Freeze { generation: plan.lost, people: people.clone() };
        match ask(links, *mirror, unit, &request).await {
            Ok(MirrorReply::Stands { at, .. }) => {
                tell(&format!("the mirror at node {mirror} stands still for good, at command {}", at.0));
                furthest = furthest.max(Some((at, *mirror)));
            }
            Ok(MirrorReply::Refused { code, why }) => said.push(format!("node {mirror}: {why} [{code}]")),
            Ok(other) => said.push(format!("node {mirror}: {other:?}")),
            Err(why) => said.push(why),
        }
    }
    said.iter().for_each(|said| tell(said));
    match furthest {
        Some((at, mirror)) if at > Sequence(0) => Ok((mirror, at)),
        Some((_, mirror)) => Err(PromoteFault::Cut { mirror, why: "it has nothing of the unit yet".to_owned() }),
        None => {
            let parent = links.directory().parent(unit).map_or(unit, |listing| listing.unit);
            Err(PromoteFault::NoMirror { unit, parent, said })
        }
    }
}

/// Makes the data folder of the next life from a frozen mirror, and gives how many frames came.
async fn read(
    links: &Quic,
    (plan, unit): (&PromotionPlan, UnitId),
    mirror: NodeId,
    data: &Path,
    identity: &store::Identity,
    people: [String; 2],
) -> Result<u32, PromoteFault> {
    let store = Store::open(data, identity)?;
    let (log, rows) = store.group(unit, identity.generation)?;
    let mut unpack = Unpack::begin(&rows)?;
    let mut number = 0;
    loop {
        let request = MirrorRequest::Frozen { generation: plan.lost, frame: number };
        let cut = |why: String| PromoteFault::Cut { mirror, why };
        let (bytes, is_last) = match ask(links, mirror, unit, &request).await {
            Ok(MirrorReply::Frame { frame, bytes, is_last }) if frame == number => (bytes, is_last),
            Ok(MirrorReply::Refused { code, why }) => return Err(cut(format!("{why} [{code}]"))),
            Ok(other) => return Err(cut(format!("{other:?} came where frame {number} was asked for"))),
            Err(why) => return Err(cut(why)),
        };
        unpack = unpack.take(&bytes)?;
        number += 1;
        if is_last {
            break;
        }
    }
    let mark = record::write(&MirrorMark::Promoted { people }).map_err(|why| StoreFault::Device(why.to_string()))?;
    rows.save_note(host::PROMOTED, mark)?;
    let (synced, waits) = crate::mirrors::synced();
    unpack.found((&log, &rows), identity.node, synced)?;
    crate::mirrors::reached(waits).await?;
    Ok(number)
}
