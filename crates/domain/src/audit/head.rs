//! Heads: what a unit says of its books at one moment, signed, and what a neighbour signs under it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, CodecFault};
use crate::digest::ContentHash;
use crate::ids::{Generation, NodeId, UnitId};
use crate::text::Malformed;
use crate::time::Timestamp;

/// How a unit's books stand at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The region's name.
    pub region: String,
    /// Whose books.
    pub unit: UnitId,
    /// Which life of its log: each has a tree of its own.
    pub generation: Generation,
    /// How many leaves.
    pub size: u64,
    /// Root of the tree of so many leaves.
    pub root: ContentHash,
    /// Rolling hash of the state after the last of them (protocol.md §9). No neighbour can check it; a replay of the log does.
    pub state: ContentHash,
    /// By the clock of the leader that signed.
    pub at: Timestamp,
}

impl AuditHead {
    /// What is signed.
    pub fn message(&self) -> Result<Vec<u8>, CodecFault> {
        codec::encode(self)
    }
}

/// A head under the signature of a node of its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// What is signed.
    pub head: AuditHead,
    /// The node.
    pub signer: NodeId,
    /// Over [`AuditHead::message`].
    pub signature: SignatureBytes,
}

/// That a neighbour has seen a head, and found it to go on from every one that it saw before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersignature {
    /// What was seen.
    pub head: SignedHead,
    /// Who saw it.
    pub by: UnitId,
    /// Which life of who saw it.
    pub generation: Generation,
    /// When, by its clock.
    pub at: Timestamp,
    /// The node that signed for it.
    pub signer: NodeId,
    /// Over [`Countersignature::message`].
    pub signature: SignatureBytes,
}

impl Countersignature {
    /// What is signed.
    pub fn message(&self) -> Result<Vec<u8>, CodecFault> {
        codec::encode(&(&self.head.head, self.by, self.generation, self.at))
    }
}

/// What neighbours tell each other of their books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadNews {
    /// The sender's head.
    pub signed: SignedHead,
    /// Size of the head that it told this receiver before; 0 where there was none.
    pub since: u64,
    /// That the tree of `since` leaves is the beginning of this one's (RFC 6962 §2.1.2); empty where there was none.
    pub proof: Vec<ContentHash>,
    /// Under the newest head that the receiver told, where there is one.
    pub countersignature: Option<Countersignature>,
    /// Whether this answers the receiver's head: an answer is not answered, so that two units do not talk for ever.
    pub answers: bool,
}

/// A signature with the number of its suite, as `protocol::signing` writes it; hexadecimal digits where people read.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureBytes(pub Vec<u8>);

impl fmt::Display for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureBytes({} bytes)", self.0.len())
    }
}

impl std::str::FromStr for SignatureBytes {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("signature", text, "an even number of hexadecimal digits");
        let digits = text.as_bytes();
        if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| malformed());
        (0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for SignatureBytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for SignatureBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if from.is_human_readable() {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        } else {
            Vec::deserialize(from).map(Self)
        }
    }
}
