//! What a replica has in its hands when it acts for its unit: who it is, the region's directory, keys, randomness, the time.

use domain::command::Stamp;
use domain::digest::ContentHash;
use domain::division::DivisionTree;
use domain::ids::{Generation, NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::time::Timestamp;
use protocol::crypto::Crypto;
use protocol::directory::{Directory, PublicKey};
use protocol::keyed_hash::{BlindKey, DigestKey};
use protocol::sealing::SealingKey;
use protocol::seam::Entropy;
use protocol::signing::{Ed25519, SigningKey, Suite, VerifyingKey};
use uuid::{Builder, Uuid};

use crate::clock::ClockDoubt;
use crate::matter_indexes::MatterIndexes;

/// Which replica of which unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The region's name.
    pub region: String,
    /// The unit.
    pub unit: UnitId,
    /// Which life of its log.
    pub generation: Generation,
    /// The node.
    pub node: NodeId,
}

/// The keys of a replica. Held in memory only as long as the node runs; never printed.
#[derive(Debug)]
pub struct Keys {
    /// Opens what is sealed to the unit.
    pub sealing: SealingKey,
    /// Signs mail as this node.
    pub signing: SigningKey,
    /// The region's, for blind indexes.
    pub blind: BlindKey,
    /// The unit's, for digests of requests.
    pub digest: DigestKey,
    /// The city's, for catalogue versions; `None` elsewhere.
    pub publishing: Option<SigningKey>,
}

impl Keys {
    /// The key of request digests follows from the unit's sealing key: all of its nodes have the same without a file more.
    pub fn digest_key(sealing: &SealingKey) -> DigestKey {
        DigestKey::from_bytes(ContentHash::of_bytes("request digest key", sealing.reveal()).0)
    }
}

/// All of it at one moment.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Which replica.
    pub identity: &'a Identity,
    /// The region.
    pub directory: &'a Directory,
    /// Its keys.
    pub keys: &'a Keys,
    /// Seals and signs.
    pub crypto: &'a dyn Crypto,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// The machine's time.
    pub now: Timestamp,
    /// The region's places.
    pub divisions: &'a DivisionTree,
    /// Why the machine's clock is not to be trusted, if so.
    pub clock_doubt: Option<&'a ClockDoubt>,
    /// Neighbours are told a head of the books at most so often, in milliseconds.
    pub heads_every_millis: i64,
    /// What matters are searched by.
    pub indexes: &'a MatterIndexes,
}

/// A key of the directory, for the suite that the directory's form is of.
pub(crate) fn verifying(key: &PublicKey) -> VerifyingKey {
    VerifyingKey { suite: Ed25519.number(), bytes: key.0.to_vec() }
}

impl Tools<'_> {
    /// A new name: uuid v7 of this moment (RFC 9562 §5.7), so that names order by age.
    pub fn mint(&self) -> Uuid {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.now.0).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A stamp for what the unit does by itself.
    pub fn own_stamp(&self) -> Stamp {
        self.stamp(Principal { kind: PrincipalKind::Unit, name: self.identity.unit.to_string() }, "leader duty")
    }

    /// A stamp for what a peer's mail asks for.
    pub fn peer_stamp(&self, peer: UnitId) -> Stamp {
        self.stamp(Principal { kind: PrincipalKind::Peer, name: peer.to_string() }, "peer mail")
    }

    fn stamp(&self, principal: Principal, policy: &'static str) -> Stamp {
        let policy = ContentHash::of_bytes("policy", policy.as_bytes());
        Stamp { time: self.now, minted: self.mint(), principal, policy, idempotency: None }
    }
}
