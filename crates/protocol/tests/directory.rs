//! The region directory: what is signed stays as it was signed, and what makes no sense is never believed.

use domain::division::Tier;
use domain::ids::{Generation, NodeId, UnitId};
use domain::mail::MailKind;
use ed25519_dalek::SigningKey;
use protocol::directory::{
    Directory, DirectoryFault, DirectorySignature, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing,
};
use protocol::record;

fn unit(code: &str) -> UnitId {
    code.parse().unwrap()
}

fn authority() -> (SigningKey, PublicKey) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey(key.verifying_key().to_bytes());
    (key, public)
}

fn unit_listing(code: &str, tier: Tier, parent: Option<&str>, voters: &[u64]) -> UnitListing {
    UnitListing {
        unit: unit(code),
        name: format!("单元{code}"),
        tier,
        parent: parent.map(unit),
        generation: Generation::FIRST,
        sealing_key: PublicKey([3; 32]),
        voters: voters.iter().map(|node| NodeId(*node)).collect(),
    }
}

fn node_listing(node: u64, code: &str) -> NodeListing {
    NodeListing {
        node: NodeId(node),
        unit: unit(code),
        quic: vec![format!("node-{node}.example:7443"), format!("[::1]:{}", 7000 + node)],
        http: format!("10.0.0.{node}:8080"),
        signing_key: PublicKey([4; 32]),
    }
}

fn listing() -> Listing {
    Listing {
        region: "jining".parse().unwrap(),
        number: 3,
        publishing_key: PublicKey([9; 32]),
        units: vec![
            unit_listing("370811002", Tier::Township, Some("370811"), &[5]),
            unit_listing("370800", Tier::City, None, &[1, 2, 3]),
            unit_listing("370811", Tier::County, Some("370800"), &[4]),
        ],
        nodes: vec![
            node_listing(1, "370800"),
            node_listing(2, "370800"),
            node_listing(3, "370800"),
            node_listing(5, "370811002"),
            node_listing(4, "370811"),
        ],
    }
}

fn verified() -> Directory {
    let (key, public) = authority();
    SignedDirectory::sign(listing(), &key).unwrap().verify(&public).unwrap()
}

#[test]
fn both_forms_carry_the_same_signature() {
    let (key, public) = authority();
    let signed = SignedDirectory::sign(listing(), &key).unwrap();
    let from_json = SignedDirectory::from_json(&signed.to_json().unwrap()).unwrap();
    let from_record: SignedDirectory = record::read(&record::write(&signed).unwrap()).unwrap();
    assert_eq!(from_json, signed);
    assert_eq!(from_record, signed);
    assert_eq!(from_json.verify(&public).unwrap(), from_record.verify(&public).unwrap());
}

#[test]
fn the_record_has_the_bytes_it_always_had() {
    let (key, _) = authority();
    let bytes = record::write(&SignedDirectory::sign(listing(), &key).unwrap()).unwrap();
    assert_eq!(hex::encode(bytes), include_str!("golden/directory.hex").trim());
}

#[test]
fn no_field_can_be_changed_after_signing() {
    let (key, public) = authority();
    let changes: [fn(&mut SignedDirectory); 6] = [
        |signed| signed.listing.number += 1,
        |signed| signed.listing.region = "heze".parse().unwrap(),
        |signed| signed.listing.publishing_key.0[0] ^= 1,
        |signed| signed.listing.nodes[0].quic[0] = "elsewhere.example:7443".to_owned(),
        |signed| signed.listing.units[1].sealing_key.0[31] ^= 1,
        |signed| signed.signature = DirectorySignature([0; 64]),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut signed = SignedDirectory::sign(listing(), &key).unwrap();
        change(&mut signed);
        assert!(matches!(signed.verify(&public), Err(DirectoryFault::Signature { .. })), "change {at}");
    }
    let other = PublicKey(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
    let signed = SignedDirectory::sign(listing(), &key).unwrap();
    assert!(matches!(signed.verify(&other), Err(DirectoryFault::Signature { .. })));
}

#[test]
fn what_makes_no_sense_is_not_signed() {
    let county = unit("370811");
    let wrong_address = |address: &str| DirectoryFault::Address { node: NodeId(1), address: address.to_owned() };
    type Case = (fn(&mut Listing), DirectoryFault);
    let cases: Vec<Case> = vec![
        (|l| l.units.push(l.units[1].clone()), DirectoryFault::UnitTwice(unit("370800"))),
        (|l| l.nodes.push(l.nodes[0].clone()), DirectoryFault::NodeTwice(NodeId(1))),
        (|l| l.units[2].parent = None, DirectoryFault::Roots(vec![unit("370800"), county])),
        (
            |l| l.units[2].parent = Some("370811002".parse().unwrap()),
            DirectoryFault::Parent { unit: county, tier: Tier::County, parent: unit("370811002") },
        ),
        (
            |l| l.nodes[4].unit = "370899".parse().unwrap(),
            DirectoryFault::NodeWithoutUnit { node: NodeId(4), unit: unit("370899") },
        ),
        (
            |l| l.units[2].voters = vec![NodeId(1)],
            DirectoryFault::Voters { unit: county, voters: vec![NodeId(1)], nodes: vec![NodeId(4)] },
        ),
        (
            |l| l.units[2].voters = vec![NodeId(4), NodeId(4)],
            DirectoryFault::Voters { unit: county, voters: vec![NodeId(4), NodeId(4)], nodes: vec![NodeId(4)] },
        ),
        (|l| l.nodes[0].quic.clear(), wrong_address("")),
        (|l| l.nodes[0].quic[0] = "node-1".to_owned(), wrong_address("node-1")),
        (|l| l.nodes[0].http = "node-1:99999".to_owned(), wrong_address("node-1:99999")),
    ];
    let (key, _) = authority();
    for (change, expected) in cases {
        let mut listing = listing();
        change(&mut listing);
        assert_eq!(SignedDirectory::sign(listing, &key), Err(expected));
    }
}

#[test]
fn catalogues_go_down_one_step_heads_up_and_down_and_words_about_cases_anywhere() {
    let directory = verified();
    let (city, county, township) = (unit("370800"), unit("370811"), unit("370811002"));
    let outside = unit("370899");
    for (from, to, words, catalogue, head) in [
        (city, county, true, true, true),
        (county, township, true, true, true),
        (city, township, true, false, false),
        (county, city, true, false, true),
        (township, city, true, false, false),
        (county, county, false, false, false),
        (county, outside, false, false, false),
        (outside, county, false, false, false),
    ] {
        for kind in [MailKind::Move, MailKind::Offer, MailKind::News, MailKind::Claim, MailKind::Concern] {
            assert_eq!(directory.may_exchange(from, to, kind), words, "{from} {to} {kind:?}");
        }
        for kind in [MailKind::Manifest, MailKind::Chunk] {
            assert_eq!(directory.may_exchange(from, to, kind), catalogue, "{from} {to} {kind:?}");
        }
        assert_eq!(directory.may_exchange(from, to, MailKind::Head), head, "{from} {to}");
    }
}

#[test]
fn the_tree_is_looked_up_in_both_directions() {
    let directory = verified();
    let (city, county) = (unit("370800"), unit("370811"));
    assert_eq!(directory.city(), city);
    assert_eq!(directory.parent(county).map(|above| above.unit), Some(city));
    assert_eq!(directory.parent(city), None);
    assert_eq!(directory.children(city).map(|below| below.unit).collect::<Vec<_>>(), [county]);
    assert_eq!(directory.nodes_of(city).map(|node| node.node.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_node_never_goes_back_to_an_older_directory() {
    let (key, public) = authority();
    let numbered = |number| {
        let listing = Listing { number, ..listing() };
        SignedDirectory::sign(listing, &key).unwrap().verify(&public).unwrap()
    };
    assert_eq!(numbered(4).may_follow(&numbered(3)), Ok(()));
    assert_eq!(numbered(3).may_follow(&numbered(4)), Err(DirectoryFault::Older { have: 4, got: 3 }));
}

#[test]
fn a_misspelt_field_in_the_file_is_told_with_its_place() {
    let (key, _) = authority();
    let text = SignedDirectory::sign(listing(), &key).unwrap().to_json().unwrap().replace("\"voters\"", "\"voter\"");
    let Err(DirectoryFault::Json(why)) = SignedDirectory::from_json(&text) else { panic!("taken") };
    assert!(why.contains("unknown field `voter`") && why.contains("line"), "{why}");
}
