//! Who mirrors a unit, by the signed directory: the first voters of the unit right above, also after that unit went on as a next life.

use domain::division::Tier;
use domain::ids::{Generation, NodeId, Sequence, UnitId};
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use unit::mirrors::{Mirrors, keepers};

const CITY: u64 = 370_800_000_000;
const COUNTY: u64 = 370_811_000_000;
const VILLAGE: u64 = 370_811_002_001;

fn unit(code: u64) -> UnitId {
    UnitId::new(code).unwrap()
}

/// Nodes 1, 2, 3 of the city, `county` of the county, 5 of a village right below it.
fn directory(number: u64, (generation, county): (u32, u64)) -> Directory {
    let units = [
        (CITY, Tier::City, None, 1, vec![1, 2, 3]),
        (COUNTY, Tier::County, Some(CITY), generation, vec![county]),
        (VILLAGE, Tier::Village, Some(COUNTY), 1, vec![5]),
    ];
    let node = |unit_of: u64, node: u64| NodeListing {
        node: NodeId(node),
        unit: unit(unit_of),
        quic: vec![format!("10.0.0.{node}:7400")],
        http: format!("10.0.0.{node}:8400"),
        signing_key: PublicKey([3; 32]),
    };
    let nodes = [(CITY, 1), (CITY, 2), (CITY, 3), (COUNTY, 4), (COUNTY, 9), (VILLAGE, 5)];
    let listed = |(code, tier, parent, generation, voters): (u64, Tier, Option<u64>, u32, Vec<u64>)| UnitListing {
        unit: unit(code),
        name: code.to_string(),
        tier,
        parent: parent.map(unit),
        generation: Generation(generation),
        sealing_key: PublicKey([2; 32]),
        voters: voters.into_iter().map(NodeId).collect(),
    };
    let listing = Listing {
        region: "jining".parse().unwrap(),
        number,
        publishing_key: PublicKey([1; 32]),
        units: units.into_iter().map(listed).collect(),
        nodes: nodes.map(|(of, number)| node(of, number)).into(),
    };
    let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let signed = SignedDirectory::sign(listing, &authority).unwrap();
    signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap()
}

#[test]
fn mirrors_are_the_first_voters_of_the_unit_right_above_and_nobody_else() {
    let listed = directory(1, (1, 4));
    // Whose · by how many nodes of the unit above · who is one of them.
    for (of, nodes, expected) in [
        (COUNTY, 0, vec![]),
        (COUNTY, 1, vec![1]),
        (COUNTY, 2, vec![1, 2]),
        (COUNTY, 9, vec![1, 2, 3]),
        (VILLAGE, 2, vec![4]),
        (CITY, 2, vec![]),
    ] {
        let mut mirrors = Mirrors::new(nodes, 1_000);
        mirrors.listed(&listed, unit(of));
        let has: Vec<u64> = (1..=9).filter(|node| mirrors.has(NodeId(*node))).collect();
        assert_eq!(has, expected, "{of} by {nodes}");
        assert_eq!(mirrors.is_mirrored(), !expected.is_empty());
        if let Some(above) = listed.parent(unit(of)) {
            let keeping: Vec<u64> = keepers(&listed, above.unit, nodes).into_iter().map(|node| node.0).collect();
            assert_eq!(keeping, expected, "both sides count alike");
        }
    }
}

#[test]
fn a_next_life_of_the_unit_above_takes_the_place_of_the_one_before() {
    let mut mirrors = Mirrors::new(1, 1_000);
    mirrors.listed(&directory(1, (1, 4)), unit(VILLAGE));
    mirrors.heard(NodeId(4), Sequence(7), Sequence(7), 0);
    assert_eq!(mirrors.least(), Some(Sequence(7)));
    mirrors.listed(&directory(2, (2, 9)), unit(VILLAGE));
    assert!(!mirrors.has(NodeId(4)));
    assert_eq!(mirrors.least(), Some(Sequence(0)), "the new one has not asked yet");
    mirrors.heard(NodeId(9), Sequence(8), Sequence(8), 0);
    assert_eq!(mirrors.least(), Some(Sequence(8)));
}
