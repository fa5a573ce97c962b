//! The region of a scenario: its directory, every key, its places and the catalogue that its city publishes. The same for every
//! fidelity, and the same for one seed in every process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkBytes, DraftFault, DraftOptions, generated};
use domain::division::{DivisionTree, Tier};
use domain::ids::{Generation, NodeId, UnitId};
use protocol::directory::{
    Directory, DirectoryFault, Listing, NodeListing, PublicKey, RegionName, SignedDirectory, UnitListing,
};
use protocol::keyed_hash::BlindKey;
use protocol::sealing::SealingKey;
use protocol::signing::SigningKey;
use unit::identity::{Identity, Keys};

use crate::ground::draw::Draw;
use crate::scenario::World;

/// A region's name in directory and envelopes.
const NAME: &str = "jining";

/// Why a world has no region.
#[derive(Debug, thiserror::Error)]
pub enum RegionFault {
    /// A unit that is no place of the sample list.
    #[error("{unit} is no division of Jining")]
    Unknown {
        /// Which.
        unit: UnitId,
    },
    /// What the directory refuses: no city, two of them, a unit twice.
    #[error(transparent)]
    Directory(#[from] DirectoryFault),
    /// A key that has no public half, or a name that is none: a defect.
    #[error("the region cannot be made: {0}")]
    Key(String),
}

/// A region, as it is before its first command.
#[derive(Debug)]
pub struct Region {
    /// As signed by its authority.
    pub directory: Arc<Directory>,
    /// The places of the sample list.
    pub tree: Arc<DivisionTree>,
    /// In the order of the world.
    pub units: Vec<RegionUnit>,
    /// The city's, for catalogue versions.
    pub publishing: SigningKey,
    /// The region's, for blind indexes.
    pub blind: BlindKey,
    places: BTreeMap<NodeId, (usize, usize)>,
    /// What the directory lists now.
    listing: Listing,
    /// Signs directories.
    authority: ed25519_dalek::SigningKey,
}

/// A unit of a region.
#[derive(Debug)]
pub struct RegionUnit {
    /// Its code.
    pub unit: UnitId,
    /// Its tier.
    pub tier: Tier,
    /// The listed unit above.
    pub parent: Option<UnitId>,
    /// Opens what is sealed to the unit.
    pub sealing: SealingKey,
    /// Its replicas, and behind them its spares; the first is where a perfect log lies.
    pub nodes: Vec<RegionNode>,
    /// How many of them vote from the beginning.
    pub voters: usize,
}

/// A node of a region. Numbers rise from 1 in the order of units.
#[derive(Debug)]
pub struct RegionNode {
    /// Its number.
    pub node: NodeId,
    /// Under which it signs.
    pub signing: SigningKey,
}

/// The places of the sample list.
pub fn divisions() -> DivisionTree {
    DivisionTree::from_csv(domain::sample::DIVISIONS).0
}

impl Region {
    /// The region of a world. All keys follow from the seed.
    ///
    /// # Errors
    /// [`RegionFault`] for a world that is none.
    pub fn of(world: &World, seed: u64) -> Result<Self, RegionFault> {
        let broken = |why: &dyn std::fmt::Display| RegionFault::Key(why.to_string());
        let tree = divisions();
        let draw = Draw::new(seed, "region keys");
        let listed: BTreeSet<UnitId> = world.units.iter().map(|unit| unit.unit).collect();
        let publishing = SigningKey::generate(&draw);
        let blind = BlindKey::generate(&draw);
        let mut units = Vec::new();
        let (mut unit_listings, mut node_listings, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut next = 1;
        for (at, wanted) in world.units.iter().enumerate() {
            let unit = wanted.unit;
            let place = tree.get(unit).ok_or(RegionFault::Unknown { unit })?;
            // A township may be no unit of its own: a village is then fed by the county.
            let parent = tree.ancestors(unit).map(|above| above.unit).find(|above| listed.contains(above));
            let sealing = SealingKey::generate(&draw);
            let mut nodes = Vec::new();
            // Spares are listed, as those who may come to speak for the unit: a step makes them voters.
            for _ in 0..wanted.voters.max(1).saturating_add(wanted.spares) {
                let node = NodeId(next);
                let signing = SigningKey::generate(&draw);
                places.insert(node, (at, nodes.len()));
                node_listings.push(NodeListing {
                    node,
                    unit,
                    quic: vec![format!("node-{next}.invalid:7000")],
                    http: format!("node-{next}.invalid:8000"),
                    signing_key: public(&signing)?,
                });
                nodes.push(RegionNode { node, signing });
                next += 1;
            }
            unit_listings.push(UnitListing {
                unit,
                name: place.name.clone(),
                tier: place.tier,
                parent,
                generation: Generation::FIRST,
                sealing_key: PublicKey(sealing.public_key().map_err(|why| broken(&why))?.0),
                voters: nodes.iter().map(|node| node.node).collect(),
            });
            let voters = usize::from(wanted.voters.max(1));
            units.push(RegionUnit { unit, tier: place.tier, parent, sealing, nodes, voters });
        }
        let listing = Listing {
            region: NAME.parse::<RegionName>().map_err(|why| broken(&why))?,
            number: 1,
            publishing_key: public(&publishing)?,
            units: unit_listings,
            nodes: node_listings,
        };
        let mut secret = [0; 32];
        protocol::seam::Entropy::fill(&draw, &mut secret);
        let authority = ed25519_dalek::SigningKey::from_bytes(&secret);
        let directory = Arc::new(signed(&listing, &authority)?);
        Ok(Self { directory, tree: Arc::new(tree), units, publishing, blind, places, listing, authority })
    }

    /// The next life of a unit: one new machine under a new certificate. The unit's own key comes from escrow, so that what was
    /// sealed to it is read. Nodes of its life before stay listed, for what they signed, and vote no more.
    ///
    /// # Errors
    /// A unit that is none of the region.
    pub fn next_life(&mut self, unit: UnitId, draw: &Draw) -> Result<(Identity, Keys), RegionFault> {
        let at = self.units.iter().position(|known| known.unit == unit).ok_or(RegionFault::Unknown { unit })?;
        let last = self.listing.nodes.iter().map(|listed| listed.node.0).max().unwrap_or_default();
        let (node, signing) = (NodeId(last + 1), SigningKey::generate(draw));
        self.listing.nodes.push(NodeListing {
            node,
            unit,
            quic: vec![format!("node-{}.invalid:7000", node.0)],
            http: format!("node-{}.invalid:8000", node.0),
            signing_key: public(&signing)?,
        });
        self.listing.number += 1;
        let mut generation = Generation::FIRST;
        for listed in self.listing.units.iter_mut().filter(|listed| listed.unit == unit) {
            listed.generation = Generation(listed.generation.0 + 1);
            listed.voters = vec![node];
            generation = listed.generation;
        }
        self.places.insert(node, (at, self.units[at].nodes.len()));
        self.units[at].nodes.push(RegionNode { node, signing });
        self.directory = Arc::new(signed(&self.listing, &self.authority)?);
        let keys = self.keys(node).ok_or(RegionFault::Unknown { unit })?;
        Ok((Identity { region: NAME.to_owned(), unit, generation, node }, keys))
    }

    /// What a replica has in its hands; `None` for a node that is none of the region.
    pub fn keys(&self, node: NodeId) -> Option<Keys> {
        let (unit, node) = self.find(node)?;
        Some(Keys {
            digest: Keys::digest_key(&unit.sealing),
            sealing: unit.sealing.clone(),
            signing: node.signing.clone(),
            blind: self.blind.clone(),
            publishing: (unit.unit == self.directory.city()).then(|| self.publishing.clone()),
        })
    }

    /// Who a replica is in the first life of its unit; `None` for a node that is none of the region.
    pub fn identity(&self, node: NodeId) -> Option<Identity> {
        let (unit, _) = self.find(node)?;
        Some(Identity { region: NAME.to_owned(), unit: unit.unit, generation: Generation::FIRST, node })
    }

    fn find(&self, node: NodeId) -> Option<(&RegionUnit, &RegionNode)> {
        let (unit, node) = self.places.get(&node)?;
        let unit = self.units.get(*unit)?;
        Some((unit, unit.nodes.get(*node)?))
    }
}

fn signed(listing: &Listing, authority: &ed25519_dalek::SigningKey) -> Result<Directory, DirectoryFault> {
    let signed = SignedDirectory::sign(listing.clone(), authority)?;
    signed.verify(&PublicKey(authority.verifying_key().to_bytes()))
}

fn public(key: &SigningKey) -> Result<PublicKey, RegionFault> {
    let bytes = key.verifying_key().bytes.try_into();
    bytes.map(PublicKey).map_err(|_| RegionFault::Key("a public key has not 32 bytes".to_owned()))
}

/// The pieces of a catalogue version over the world's matters and those that steps name, for its units: to be kept and then published by
/// acts at the city.
///
/// # Errors
/// A list that cannot be cut into pieces: a defect of the sample.
pub fn catalogue(
    world: &World,
    named: &BTreeSet<&str>,
    tree: &DivisionTree,
    patience: Duration,
) -> Result<Vec<ChunkBytes>, DraftFault> {
    let mut rows = MatterList::from_csv(domain::sample::MATTERS).rows;
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    let patience_seconds = u32::try_from(patience.as_secs()).unwrap_or(u32::MAX);
    let calendar = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
    // More than the list has: a made-up one of that size. The whole list is asked for by the largest number.
    if world.matters > rows.len() && world.matters < usize::MAX {
        let units = world.units.iter().map(|unit| unit.unit).collect();
        let rows = generated::rows(&rows, world.matters);
        return generated::draft(&rows, tree, &units, calendar, patience_seconds).into_chunks();
    }
    // Evenly over the whole list: the first codes alone are all of one kind.
    let every = (rows.len() / world.matters.max(1)).max(1);
    let most = every.saturating_mul(world.matters);
    let chosen = |at: usize| at.is_multiple_of(every) && at < most;
    let rows = rows.into_iter().enumerate().filter(|(at, row)| chosen(*at) || named.contains(row.code.as_str()));
    let rows: Vec<_> = rows.map(|(_, row)| row).collect();
    let units = world.units.iter().map(|unit| unit.unit).collect();
    let options = DraftOptions { patience_seconds, below_city: Some(units) };
    CatalogueDraft::build(&rows, tree, calendar, &options).into_chunks()
}
