//! The signed region directory: which units and nodes there are, where they are reached and by which keys they are known.
//!
//! The region's authority signs it; every node carries it and believes nothing about another unit that is not in it. What is in
//! it is public within the region: no private key, and not the key of blind indexes. It is not replicated state: `domain` never
//! reads it. Made by `transport::authority`; read by `transport` (whom to dial, whom to let in), by mail (keys, who may say
//! what) and by the command line.
//!
//! Two types, so that nobody acts on what was not checked: a [`SignedDirectory`] is what came from a file or a peer, a
//! [`Directory`] is what passed [`SignedDirectory::verify`].

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use domain::codec::{self, CodecFault};
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{Generation, NodeId, UnitId};
use domain::mail::MailKind;
use domain::text::Malformed;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// A region's name as it stands in certificates and envelopes, e.g. `jining`: 1–63 small letters, digits and inner dashes.
///
/// One DNS label, because nodes are named `node-N.unit-CODE.REGION` in their certificates.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionName(String);

impl RegionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegionName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(inner);
        if !fits || text.starts_with('-') || text.ends_with('-') {
            return Err(Malformed::new("region name", text, "1 to 63 small letters, digits and inner dashes"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RegionName {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<RegionName> for String {
    fn from(name: RegionName) -> Self {
        name.0
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionName({self})")
    }
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])+ $name:ident, $bytes:literal, $what:literal, $expected:literal) => {
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}…)"), hex::encode(&self.0[..4]))
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| Malformed::new($what, text, $expected))?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { to.serialize_bytes(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                use serde::de::Error;
                if from.is_human_readable() {
                    String::deserialize(from)?.parse().map_err(D::Error::custom)
                } else {
                    let bytes = Vec::<u8>::deserialize(from)?;
                    let got = bytes.len();
                    bytes.try_into().map(Self).map_err(|_| D::Error::invalid_length(got, &$expected))
                }
            }
        }
    };
}

hexadecimal!(
    /// A public key of 32 bytes: Ed25519 where something is signed, X25519 where something is sealed.
    PublicKey, 32, "public key", "64 hexadecimal digits"
);
hexadecimal!(
    /// The authority's Ed25519 signature.
    DirectorySignature, 64, "directory signature", "128 hexadecimal digits"
);

/// What the authority signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The region.
    pub region: RegionName,
    /// Rises with every change; a node never goes back to a lower one.
    pub number: u64,
    /// Under which the city publishes catalogues (Ed25519).
    pub publishing_key: PublicKey,
    /// Every unit, in the order of codes.
    pub units: Vec<UnitListing>,
    /// Every node, in the order of numbers.
    pub nodes: Vec<NodeListing>,
}

/// A unit as the region knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitListing {
    /// Its code.
    pub unit: UnitId,
    /// Its name, e.g. `许庄街道`.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The unit above; `None` for the city.
    pub parent: Option<UnitId>,
    /// Which life of its log speaks for it.
    pub generation: Generation,
    /// To which mail for it is sealed (HPKE, X25519).
    pub sealing_key: PublicKey,
    /// The nodes that vote in it.
    pub voters: Vec<NodeId>,
}

/// A node as the region knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeListing {
    /// Its number, unique within the region and never used again.
    pub node: NodeId,
    /// The unit it is a replica of.
    pub unit: UnitId,
    /// Where its QUIC endpoint is reached, best first: `host:port`, `[v6]:port`; names are resolved at every dial.
    pub quic: Vec<String>,
    /// Where its HTTP interface is reached: `host:port`.
    pub http: String,
    /// Under which it signs what its unit says (Ed25519).
    pub signing_key: PublicKey,
}

/// A directory as it lies in a file or travels: nothing in it is believed before [`SignedDirectory::verify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedDirectory {
    /// What is signed.
    pub listing: Listing,
    /// Over the listing's content hash, so that the JSON form and the record carry the same one.
    pub signature: DirectorySignature,
}

domain::first_form! {
    64: SignedDirectory;
}

impl SignedDirectory {
    /// The authority's word for `listing`, which is put in order and checked first: a wrong directory is never signed.
    ///
    /// # Errors
    /// What [`Directory`] would refuse.
    pub fn sign(mut listing: Listing, authority: &SigningKey) -> Result<Self, DirectoryFault> {
        listing.units.sort_by_key(|unit| unit.unit);
        listing.nodes.sort_by_key(|node| node.node);
        let signature = DirectorySignature(authority.sign(&signed_bytes(&listing)?).to_bytes());
        Directory::check(listing.clone())?;
        Ok(Self { listing, signature })
    }

    /// The directory, if the authority with this key signed it and it makes sense.
    ///
    /// # Errors
    /// A signature that does not fit, or what [`Directory`] promises and the listing breaks.
    pub fn verify(self, authority: &PublicKey) -> Result<Directory, DirectoryFault> {
        let foreign = || DirectoryFault::Signature { authority: *authority, region: self.listing.region.clone() };
        let key = VerifyingKey::from_bytes(&authority.0).map_err(|_| foreign())?;
        let signature = Signature::from_bytes(&self.signature.0);
        key.verify_strict(&signed_bytes(&self.listing)?, &signature).map_err(|_| foreign())?;
        Directory::check(self.listing)
    }

    /// The file form, for people to read and compare.
    ///
    /// # Errors
    /// None that a listing can cause; the writer's own.
    pub fn to_json(&self) -> Result<String, DirectoryFault> {
        let text = serde_json::to_string_pretty(self).map_err(|why| DirectoryFault::Json(why.to_string()))?;
        Ok(text + "\n")
    }

    /// From the file form.
    ///
    /// # Errors
    /// Line, column and what was expected there.
    pub fn from_json(text: &str) -> Result<Self, DirectoryFault> {
        serde_json::from_str(text).map_err(|why| DirectoryFault::Json(why.to_string()))
    }
}

fn signed_bytes(listing: &Listing) -> Result<[u8; 32], CodecFault> {
    Ok(ContentHash::of_bytes("region directory", &codec::encode(listing)?).0)
}

/// Why a directory is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryFault {
    /// Changed after it was signed, or signed by another authority.
    #[error("the directory of region {region} is not signed by the authority {authority}")]
    Signature {
        /// The authority that this node believes.
        authority: PublicKey,
        /// What the directory calls its region.
        region: RegionName,
    },
    /// Older than the one at hand.
    #[error("directory {got} is older than {have}, which is in use: a node never goes back")]
    Older {
        /// In use.
        have: u64,
        /// Came.
        got: u64,
    },
    /// Another one under the same number: the authority signed both.
    #[error("two directories have the number {number}: keep both, and ask who runs the region's authority")]
    Twice {
        /// Their number.
        number: u64,
    },
    /// Of another region.
    #[error("the directory is of region {got}, this node is of region {have}")]
    Region {
        /// In use.
        have: RegionName,
        /// Came.
        got: RegionName,
    },
    /// Names a unit twice.
    #[error("unit {0} is listed twice")]
    UnitTwice(UnitId),
    /// Names a node twice, or gives it to two units.
    #[error("node {0} is listed twice")]
    NodeTwice(NodeId),
    /// Not exactly one unit without a parent, or it is no city.
    #[error("a region has one city and it alone has no parent; here {0:?} have none")]
    Roots(Vec<UnitId>),
    /// A parent that is missing or not of a higher tier.
    #[error("unit {unit}, a {tier:?}, cannot lie in {parent}: no such unit of a higher tier is listed")]
    Parent {
        /// Whose.
        unit: UnitId,
        /// Its tier.
        tier: Tier,
        /// What is listed as its parent.
        parent: UnitId,
    },
    /// A node of a unit that is not listed.
    #[error("node {node} belongs to unit {unit}, which is not listed")]
    NodeWithoutUnit {
        /// The node.
        node: NodeId,
        /// Its unit.
        unit: UnitId,
    },
    /// No voters, one twice, or one that is no node of the unit.
    #[error("unit {unit} lists the voters {voters:?}, but its nodes are {nodes:?}")]
    Voters {
        /// Whose.
        unit: UnitId,
        /// As listed.
        voters: Vec<NodeId>,
        /// Its nodes.
        nodes: Vec<NodeId>,
    },
    /// An address that is none.
    #[error("node {node}: {address:?} is not an address: expected host:port or [v6]:port")]
    Address {
        /// Whose.
        node: NodeId,
        /// As listed.
        address: String,
    },
    /// The file form cannot be read.
    #[error("the directory file cannot be read: {0}")]
    Json(String),
    /// The listing has no canonical bytes.
    #[error(transparent)]
    Codec(#[from] CodecFault),
}

/// A directory that the authority signed and that makes sense: one city, every parent a listed unit of a higher tier, every
/// node of a listed unit, every unit with voters among its nodes, every address one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    region: RegionName,
    number: u64,
    publishing_key: PublicKey,
    city: UnitId,
    units: BTreeMap<UnitId, UnitListing>,
    nodes: BTreeMap<NodeId, NodeListing>,
}

impl Directory {
    /// The region.
    pub fn region(&self) -> &RegionName {
        &self.region
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Under which the city publishes catalogues.
    pub fn publishing_key(&self) -> &PublicKey {
        &self.publishing_key
    }

    /// The unit above all.
    pub fn city(&self) -> UnitId {
        self.city
    }

    /// A unit.
    pub fn unit(&self, unit: UnitId) -> Option<&UnitListing> {
        self.units.get(&unit)
    }

    /// A node.
    pub fn node(&self, node: NodeId) -> Option<&NodeListing> {
        self.nodes.get(&node)
    }

    /// Every unit, in the order of codes.
    pub fn units(&self) -> impl Iterator<Item = &UnitListing> {
        self.units.values()
    }

    /// Every node, in the order of numbers.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeListing> {
        self.nodes.values()
    }

    /// The nodes of one unit.
    pub fn nodes_of(&self, unit: UnitId) -> impl Iterator<Item = &NodeListing> {
        self.nodes.values().filter(move |node| node.unit == unit)
    }

    /// The unit above.
    pub fn parent(&self, unit: UnitId) -> Option<&UnitListing> {
        self.unit(self.unit(unit)?.parent?)
    }

    /// The units right below.
    pub fn children(&self, unit: UnitId) -> impl Iterator<Item = &UnitListing> {
        self.units.values().filter(move |below| below.parent == Some(unit))
    }

    /// Whether one unit may send another this kind of mail: words about cases go between any two units of the region,
    /// catalogues only from a unit to those right below it, heads of the books, and broken promises, between those two alike.
    pub fn may_exchange(&self, from: UnitId, to: UnitId, kind: MailKind) -> bool {
        let (Some(sender), Some(receiver)) = (self.unit(from), self.unit(to)) else { return false };
        match kind {
            MailKind::Move | MailKind::Offer | MailKind::News | MailKind::Claim => from != to,
            MailKind::Fence | MailKind::Answer | MailKind::Concern => from != to,
            MailKind::Manifest | MailKind::Chunk => receiver.parent == Some(from),
            MailKind::Head | MailKind::Breach => receiver.parent == Some(from) || sender.parent == Some(to),
        }
    }

    /// Whether this one may take the place of `other`, which is in use: same region, same or higher number.
    ///
    /// # Errors
    /// Another region's, or an older one.
    pub fn may_follow(&self, other: &Self) -> Result<(), DirectoryFault> {
        if self.region != other.region {
            return Err(DirectoryFault::Region { have: other.region.clone(), got: self.region.clone() });
        }
        if self.number < other.number {
            return Err(DirectoryFault::Older { have: other.number, got: self.number });
        }
        Ok(())
    }

    fn check(listing: Listing) -> Result<Self, DirectoryFault> {
        let mut units = BTreeMap::new();
        for unit in listing.units {
            if let Some(twice) = units.insert(unit.unit, unit) {
                return Err(DirectoryFault::UnitTwice(twice.unit));
            }
        }
        let mut nodes = BTreeMap::new();
        for node in listing.nodes {
            check_node(&node, &units)?;
            if let Some(twice) = nodes.insert(node.node, node) {
                return Err(DirectoryFault::NodeTwice(twice.node));
            }
        }
        for unit in units.values() {
            check_parent(unit, &units)?;
            check_voters(unit, &nodes)?;
        }
        let roots: Vec<&UnitListing> = units.values().filter(|unit| unit.parent.is_none()).collect();
        let city = match roots.as_slice() {
            [city] if city.tier == Tier::City => city.unit,
            _ => return Err(DirectoryFault::Roots(roots.iter().map(|unit| unit.unit).collect())),
        };
        let Listing { region, number, publishing_key, .. } = listing;
        Ok(Self { region, number, publishing_key, city, units, nodes })
    }
}

fn check_parent(unit: &UnitListing, units: &BTreeMap<UnitId, UnitListing>) -> Result<(), DirectoryFault> {
    let Some(parent) = unit.parent else { return Ok(()) };
    // Tiers rise strictly towards the city, so there are no rings.
    match units.get(&parent) {
        Some(above) if above.tier < unit.tier => Ok(()),
        _ => Err(DirectoryFault::Parent { unit: unit.unit, tier: unit.tier, parent }),
    }
}

fn check_voters(unit: &UnitListing, nodes: &BTreeMap<NodeId, NodeListing>) -> Result<(), DirectoryFault> {
    let own: Vec<NodeId> = nodes.values().filter(|node| node.unit == unit.unit).map(|node| node.node).collect();
    let named: std::collections::BTreeSet<&NodeId> = unit.voters.iter().collect();
    let strangers = unit.voters.iter().any(|voter| !own.contains(voter));
    if named.is_empty() || named.len() < unit.voters.len() || strangers {
        return Err(DirectoryFault::Voters { unit: unit.unit, voters: unit.voters.clone(), nodes: own });
    }
    Ok(())
}

fn check_node(node: &NodeListing, units: &BTreeMap<UnitId, UnitListing>) -> Result<(), DirectoryFault> {
    if !units.contains_key(&node.unit) {
        return Err(DirectoryFault::NodeWithoutUnit { node: node.node, unit: node.unit });
    }
    let none = String::new();
    let addresses = || node.quic.iter().chain(std::iter::once(&node.http));
    let wrong = if node.quic.is_empty() { Some(&none) } else { addresses().find(|address| !is_address(address)) };
    match wrong {
        Some(address) => Err(DirectoryFault::Address { node: node.node, address: address.clone() }),
        None => Ok(()),
    }
}

/// `host:port` with a name or IPv4 address, or `[v6]:port`.
fn is_address(text: &str) -> bool {
    if text.parse::<std::net::SocketAddr>().is_ok() {
        return true;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    !host.is_empty() && host.bytes().all(letter) && port.parse::<u16>().is_ok()
}
