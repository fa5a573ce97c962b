//! Examples of what goes between nodes: the signed directory, an envelope.

use domain::division::Tier;
use domain::ids::{Generation, MailSequence, NodeId};
use protocol::directory::{
    DirectorySignature, Listing, NodeListing, PublicKey, RegionName, SignedDirectory, UnitListing,
};
use protocol::envelope::{Envelope, Header};
use protocol::signing::Signature;

use super::{AT, Examples, county, hash, village};
use crate::support::unit;

pub(crate) fn signed_directory() -> Examples<SignedDirectory> {
    let key = |byte| PublicKey([byte; 32]);
    let region: RegionName = "jining".parse().expect("a name");
    let unit = UnitListing {
        unit: unit(370_800_000_000),
        name: "济宁市".into(),
        tier: Tier::City,
        parent: None,
        generation: Generation::FIRST,
        sealing_key: key(18),
        voters: vec![NodeId(1)],
    };
    let node = NodeListing {
        node: NodeId(1),
        unit: unit.unit,
        quic: vec!["127.0.0.1:7001".into()],
        http: "127.0.0.1:8001".into(),
        signing_key: key(19),
    };
    let listing = Listing { region, number: 1, publishing_key: key(20), units: vec![unit], nodes: vec![node] };
    vec![("one unit", SignedDirectory { listing, signature: DirectorySignature([21; 64]) })]
}

pub(crate) fn envelope() -> Examples<Envelope> {
    let header = Header {
        region: "jining".into(),
        from: village(),
        generation: Generation::FIRST,
        to: county(),
        sequence: MailSequence(3),
        before: hash(13),
        chain: hash(14),
        kind: 1,
        payload_version: 1,
        expires: Some(AT),
        signer: NodeId(7),
    };
    vec![("sealed", Envelope { header, sealed: vec![1, 22], signature: Signature { suite: 1, bytes: vec![23; 64] } })]
}
