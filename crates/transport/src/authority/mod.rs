//! The region's authority: who makes and keeps the keys from which everything else is believed.
//!
//! From one topology it makes its own certificate, one certificate and one set of keys per node, and the signed directory. Later
//! it adds units, moves addresses and lets programs in; every change signs a directory with the next number. Its folder is kept
//! away from the nodes: whoever has it can be any of them. It never runs on a network, and does not revoke: a node is put out
//! by a directory that does not list it, a program by the end of its certificate.

mod certificates;
mod files;
mod keys;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::ids::{Generation, NodeId, UnitId};
use domain::time::Timestamp;
use protocol::directory::{DirectoryFault, Listing, NodeListing, PublicKey, RegionName, SignedDirectory, UnitListing};
use protocol::keyed_hash::{BlindKey, DigestKey};
use protocol::sealing::{SealFault, SealingKey};
use protocol::seam::{Entropy, Peer};
use protocol::signing::SigningKey;

use crate::credentials::PemFault;
use crate::identity::{Identity, ProgramName};
use crate::topology::{Topology, TopologyNode, TopologyUnit};
use certificates::Issuer;

pub use files::DIRECTORY;
pub use keys::{NodeKeys, ProgramKeys, believed, keep_directory, read_directory};

/// A region's authority, open.
#[derive(Debug)]
pub struct Authority {
    region: RegionName,
    issuer: Issuer,
    directory_key: ed25519_dalek::SigningKey,
    publishing_key: SigningKey,
    blind_key: BlindKey,
    units: BTreeMap<UnitId, UnitKeys>,
    directory: SignedDirectory,
    /// Made since it was opened; what was written before lies in the nodes' folders only.
    nodes: BTreeMap<NodeId, NodeKeys>,
    programs: BTreeMap<ProgramName, ProgramKeys>,
}

/// What all nodes of a unit hold. The authority keeps them, to give them to a node that is added later.
#[derive(Clone, Debug)]
struct UnitKeys {
    sealing: SealingKey,
    digest: DigestKey,
}

/// Whether an authority that is already in a folder may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is kept, and writing is refused.
    Keep,
    /// It is replaced: every node of it is cut off for good.
    Replace,
}

/// What an authority cannot do.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFault {
    /// There is one already.
    #[error("{path} holds the authority of a region already; choose another folder, or say that it may be replaced")]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// A file or folder.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// A file that is not what it should be.
    #[error("{path} is not {expected}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// What is to be added is of another region.
    #[error("the topology is of region {got}, the authority of region {have}")]
    Region {
        /// The authority's.
        have: RegionName,
        /// The topology's.
        got: RegionName,
    },
    /// A node that the directory does not list.
    #[error("node {0} is not listed")]
    Node(NodeId),
    /// A unit that the directory does not list.
    #[error("unit {0} is not listed")]
    Unit(UnitId),
    /// What would be signed makes no sense.
    #[error(transparent)]
    Directory(#[from] DirectoryFault),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A certificate or key that was written cannot be read.
    #[error(transparent)]
    Pem(#[from] PemFault),
    /// A sealing key.
    #[error(transparent)]
    Sealing(#[from] SealFault),
}

impl Authority {
    /// A new one for a region. Nothing is written before [`Authority::write`].
    ///
    /// # Errors
    /// A topology that makes no sense, or a certificate that cannot be made.
    pub fn found(topology: &Topology, now: Timestamp, entropy: &dyn Entropy) -> Result<Self, AuthorityFault> {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        let directory_key = ed25519_dalek::SigningKey::from_bytes(&secret);
        let publishing_key = SigningKey::generate(entropy);
        let mut listing = Listing {
            region: topology.region.clone(),
            number: 1,
            publishing_key: keys::public(&publishing_key),
            units: vec![],
            nodes: vec![],
        };
        let mut units = BTreeMap::new();
        let added = list(&mut listing, &mut units, &topology.units, entropy)?;
        let mut authority = Self {
            region: topology.region.clone(),
            issuer: Issuer::found(&topology.region, now)?,
            directory: SignedDirectory::sign(listing, &directory_key)?,
            directory_key,
            publishing_key,
            blind_key: BlindKey::generate(entropy),
            units,
            nodes: BTreeMap::new(),
            programs: BTreeMap::new(),
        };
        authority.equip(added, now)?;
        Ok(authority)
    }

    /// Adds units to a region that has an authority, with nodes numbered on.
    ///
    /// # Errors
    /// Another region's topology, one that makes no sense beside what is listed, or a certificate that cannot be made. Nothing is
    /// changed then.
    pub fn add(&mut self, more: &Topology, now: Timestamp, entropy: &dyn Entropy) -> Result<(), AuthorityFault> {
        if more.region != self.region {
            return Err(AuthorityFault::Region { have: self.region.clone(), got: more.region.clone() });
        }
        let mut listing = self.directory.listing.clone();
        let mut units = self.units.clone();
        let added = list(&mut listing, &mut units, &more.units, entropy)?;
        self.sign(listing)?;
        self.units = units;
        self.equip(added, now)
    }

    /// Adds a machine to a unit that is listed: a node with the next number. Listed as a voter it may speak for the unit; it votes once the
    /// unit's voters make it one. Numbers are never used again: a machine whose folder was lost comes back as another node.
    ///
    /// # Errors
    /// A unit that is not listed, an address that is none, or a certificate that cannot be made. Nothing is changed then.
    pub fn add_node(
        &mut self,
        unit: UnitId,
        addresses: TopologyNode,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<NodeId, AuthorityFault> {
        let mut listing = self.directory.listing.clone();
        let listed = listing.units.iter_mut().find(|listed| listed.unit == unit).ok_or(AuthorityFault::Unit(unit))?;
        let last = listing.nodes.iter().map(|node| node.node.0).max().unwrap_or_default();
        let peer = Peer { unit, generation: listed.generation, node: NodeId(last + 1) };
        listed.voters.push(peer.node);
        let signing_key = SigningKey::generate(entropy);
        let signing_public = keys::public(&signing_key);
        let TopologyNode { quic, http } = addresses;
        listing.nodes.push(NodeListing { node: peer.node, unit, quic, http, signing_key: signing_public });
        self.sign(listing)?;
        self.equip(vec![(peer, signing_key)], now)?;
        Ok(peer.node)
    }

    /// The next life of a unit that was lost: one new machine under a new certificate, which alone votes. The unit's own keys are those that
    /// the authority keeps, so that what was sealed to it is read. Nodes of the life before stay listed, for what they signed, and are let
    /// in no more.
    ///
    /// # Errors
    /// A unit that is not listed, an address that is none, or a certificate that cannot be made. Nothing is changed then.
    pub fn next_life(
        &mut self,
        unit: UnitId,
        addresses: TopologyNode,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Peer, AuthorityFault> {
        let peer = self.next_peer(unit)?;
        let mut listing = self.directory.listing.clone();
        for listed in listing.units.iter_mut().filter(|listed| listed.unit == unit) {
            listed.generation = peer.generation;
            listed.voters = vec![peer.node];
        }
        let signing_key = SigningKey::generate(entropy);
        let signing_public = keys::public(&signing_key);
        let TopologyNode { quic, http } = addresses;
        listing.nodes.push(NodeListing { node: peer.node, unit, quic, http, signing_key: signing_public });
        self.sign(listing)?;
        self.equip(vec![(peer, signing_key)], now)?;
        Ok(peer)
    }

    /// Whom [`Self::next_life`] would make.
    ///
    /// # Errors
    /// A unit that is not listed.
    pub fn next_peer(&self, unit: UnitId) -> Result<Peer, AuthorityFault> {
        let listing = &self.directory.listing;
        let listed = listing.units.iter().find(|listed| listed.unit == unit).ok_or(AuthorityFault::Unit(unit))?;
        let last = listing.nodes.iter().map(|node| node.node.0).max().unwrap_or_default();
        Ok(Peer { unit, generation: Generation(listed.generation.0 + 1), node: NodeId(last + 1) })
    }

    /// Lists who votes in a unit now, once its voters have changed: these speak for the unit, are sent its mail and asked the time. Who
    /// votes no more stays listed as a node: what it signed is checked by its key.
    ///
    /// # Errors
    /// A unit that is not listed, nobody, one twice, or one that is no node of the unit.
    pub fn set_voters(&mut self, unit: UnitId, voters: Vec<NodeId>) -> Result<(), AuthorityFault> {
        let mut listing = self.directory.listing.clone();
        let listed = listing.units.iter_mut().find(|listed| listed.unit == unit).ok_or(AuthorityFault::Unit(unit))?;
        listed.voters = voters;
        self.sign(listing)
    }

    /// Lists a node under other addresses.
    ///
    /// # Errors
    /// A node that is not listed, or an address that is none.
    pub fn move_node(&mut self, node: NodeId, addresses: TopologyNode) -> Result<(), AuthorityFault> {
        let mut listing = self.directory.listing.clone();
        let listed = listing.nodes.iter_mut().find(|listed| listed.node == node);
        let listed = listed.ok_or(AuthorityFault::Node(node))?;
        (listed.quic, listed.http) = (addresses.quic, addresses.http);
        self.sign(listing)
    }

    /// Gives a program a certificate, or a new one.
    ///
    /// # Errors
    /// A certificate that cannot be made.
    pub fn admit(&mut self, name: &ProgramName, now: Timestamp) -> Result<&ProgramKeys, AuthorityFault> {
        let identity = Identity { region: self.region.clone(), holder: crate::Holder::Program(name.clone()) };
        let link = self.issuer.issue(&identity, now)?;
        let keys = ProgramKeys { link, directory: self.directory.clone(), authority_key: self.public_key() };
        self.programs.insert(name.clone(), keys);
        Ok(&self.programs[name])
    }

    /// The directory as last signed.
    pub fn directory(&self) -> &SignedDirectory {
        &self.directory
    }

    /// Under which its directories are believed.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.directory_key.verifying_key().to_bytes())
    }

    /// The keys of a node that was made since this authority was opened.
    pub fn node(&self, node: NodeId) -> Option<&NodeKeys> {
        self.nodes.get(&node)
    }

    /// Every node that was made since this authority was opened.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &NodeKeys)> {
        self.nodes.iter().map(|(node, keys)| (*node, keys))
    }

    /// A node's folder within the region's: `nodes/CODE-N`.
    pub fn node_folder(region: &Path, unit: UnitId, node: NodeId) -> PathBuf {
        region.join("nodes").join(format!("{unit}-{node}"))
    }

    /// A program's folder within the region's: `clients/NAME`.
    pub fn program_folder(region: &Path, name: &ProgramName) -> PathBuf {
        region.join("clients").join(name.as_str())
    }

    fn sign(&mut self, mut listing: Listing) -> Result<(), AuthorityFault> {
        listing.number = self.directory.listing.number + 1;
        self.directory = SignedDirectory::sign(listing, &self.directory_key)?;
        self.nodes.values_mut().for_each(|keys| keys.directory = self.directory.clone());
        self.programs.values_mut().for_each(|keys| keys.directory = self.directory.clone());
        Ok(())
    }

    fn equip(&mut self, added: Vec<(Peer, SigningKey)>, now: Timestamp) -> Result<(), AuthorityFault> {
        let city = self.directory.listing.units.iter().find(|unit| unit.parent.is_none()).map(|unit| unit.unit);
        for (peer, signing_key) in added {
            let Some(unit) = self.units.get(&peer.unit) else { continue };
            let keys = NodeKeys {
                link: self.issuer.issue(&Identity::of_node(self.region.clone(), peer), now)?,
                signing_key,
                sealing_key: unit.sealing.clone(),
                digest_key: unit.digest.clone(),
                blind_key: self.blind_key.clone(),
                publishing_key: (Some(peer.unit) == city).then(|| self.publishing_key.clone()),
                directory: self.directory.clone(),
                authority_key: self.public_key(),
            };
            self.nodes.insert(peer.node, keys);
        }
        Ok(())
    }
}

/// Adds units and nodes to a listing; nodes are numbered on from the highest.
fn list(
    listing: &mut Listing,
    keys: &mut BTreeMap<UnitId, UnitKeys>,
    more: &[TopologyUnit],
    entropy: &dyn Entropy,
) -> Result<Vec<(Peer, SigningKey)>, AuthorityFault> {
    let mut last = listing.nodes.iter().map(|node| node.node.0).max().unwrap_or(0);
    let mut added = vec![];
    for unit in more {
        let own = UnitKeys { sealing: SealingKey::generate(entropy), digest: DigestKey::generate(entropy) };
        let mut voters = vec![];
        for node in &unit.nodes {
            last += 1;
            let peer = Peer { unit: unit.code, generation: Generation::FIRST, node: NodeId(last) };
            let signing_key = SigningKey::generate(entropy);
            voters.push(peer.node);
            listing.nodes.push(NodeListing {
                node: peer.node,
                unit: unit.code,
                quic: node.quic.clone(),
                http: node.http.clone(),
                signing_key: keys::public(&signing_key),
            });
            added.push((peer, signing_key));
        }
        listing.units.push(UnitListing {
            unit: unit.code,
            name: unit.name.clone(),
            tier: unit.tier,
            parent: unit.parent,
            generation: Generation::FIRST,
            sealing_key: PublicKey(own.sealing.public_key()?.0),
            voters,
        });
        // A code that is listed twice is refused when the listing is signed; the first one's keys stay.
        keys.entry(unit.code).or_insert(own);
    }
    Ok(added)
}
