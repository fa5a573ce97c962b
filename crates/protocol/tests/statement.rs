//! Signed words that open and answer streams: believed from the unit's own node, about what was asked, and nothing else.

mod support;

use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::tables::InboxCursor;
use protocol::crypto::Standard;
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use protocol::mail_exchange::MailHello;
use protocol::sealing::SealingKey;
use protocol::signing::SigningKey;
use protocol::statement::{MailGreeting, MailStatement, StatementFault, Told, asked};

use support::{Counting, unit};

const VILLAGE_NODE: NodeId = NodeId(1);
const COUNTY_NODE: NodeId = NodeId(2);
const CITY_NODE: NodeId = NodeId(3);

fn city() -> UnitId {
    unit(370_800_000_000)
}

fn county() -> UnitId {
    unit(370_811_000_000)
}

fn village() -> UnitId {
    unit(370_811_002_001)
}

/// A region, and the keys of its nodes in their order.
fn region() -> (Directory, Vec<SigningKey>) {
    let entropy = Counting::new(1);
    let keys: Vec<_> = (0..3).map(|_| SigningKey::generate(&entropy)).collect();
    let listed = |unit: UnitId, tier, parent, node| UnitListing {
        unit,
        name: unit.to_string(),
        tier,
        parent,
        generation: Generation::FIRST,
        sealing_key: PublicKey(SealingKey::generate(&entropy).public_key().unwrap().0),
        voters: vec![node],
    };
    let node = |node: NodeId, unit, key: &SigningKey| NodeListing {
        node,
        unit,
        quic: vec![format!("127.0.0.1:{}", 7000 + node.0)],
        http: format!("127.0.0.1:{}", 8000 + node.0),
        signing_key: PublicKey(key.verifying_key().bytes.try_into().unwrap()),
    };
    let listing = Listing {
        region: "jining".parse().unwrap(),
        number: 1,
        publishing_key: PublicKey([9; 32]),
        units: vec![
            listed(city(), Tier::City, None, CITY_NODE),
            listed(county(), Tier::County, Some(city()), COUNTY_NODE),
            listed(village(), Tier::Village, Some(county()), VILLAGE_NODE),
        ],
        nodes: vec![
            node(VILLAGE_NODE, village(), &keys[0]),
            node(COUNTY_NODE, county(), &keys[1]),
            node(CITY_NODE, city(), &keys[2]),
        ],
    };
    let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let signed = SignedDirectory::sign(listing, &authority).unwrap();
    (signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap(), keys)
}

fn cursor(sequence: u64) -> InboxCursor {
    InboxCursor { generation: Generation::FIRST, sequence: MailSequence(sequence), chain: ContentHash([5; 32]) }
}

fn statement(asked: ContentHash) -> MailStatement {
    MailStatement {
        region: "jining".to_owned(),
        by: county(),
        generation: Generation::FIRST,
        to: village(),
        asked,
        read: Some(cursor(5)),
        mirrored: MailSequence(5),
        acknowledged: MailSequence(0),
        refused: None,
    }
}

#[test]
fn an_acknowledgement_is_the_receivers_own_and_answers_this_request_or_it_is_none() {
    let (directory, keys) = region();
    let question = asked(b"a batch");
    let county_key = (COUNTY_NODE, &keys[1]);
    let check = |signed: protocol::statement::SignedStatement| {
        signed.check((county(), village()), question, &directory, &Standard).map(drop)
    };
    let sign = |statement: MailStatement, by: (NodeId, &SigningKey)| statement.sign(by, &Standard).unwrap();
    assert_eq!(check(sign(statement(question), county_key)), Ok(()));

    // What a relay can try: say it itself, change it, play an old one again, say another's.
    let (generation, signer) = (Generation::FIRST, CITY_NODE);
    let of_relay = StatementFault::Signer { signer, unit: county(), generation };
    assert_eq!(check(sign(statement(question), (CITY_NODE, &keys[2]))), Err(of_relay));
    let in_its_name = sign(statement(question), (COUNTY_NODE, &keys[2]));
    assert_eq!(check(in_its_name), Err(StatementFault::Signature { signer: COUNTY_NODE }));
    let mut raised = sign(statement(question), county_key);
    raised.statement.read = Some(cursor(6));
    assert_eq!(check(raised), Err(StatementFault::Signature { signer: COUNTY_NODE }));
    let earlier = asked(b"an earlier batch");
    let old = StatementFault::Asked { asked: question, answers: earlier };
    assert_eq!(check(sign(statement(earlier), county_key)), Err(old));
    let other = MailStatement { to: city(), ..statement(question) };
    assert!(matches!(check(sign(other, county_key)), Err(StatementFault::Units { .. })));
    let elsewhere = MailStatement { region: "linyi".to_owned(), ..statement(question) };
    assert!(matches!(check(sign(elsewhere, county_key)), Err(StatementFault::Region { .. })));
    let later = MailStatement { generation: Generation(2), ..statement(question) };
    assert!(matches!(check(sign(later, county_key)), Err(StatementFault::Signer { .. })));
}

#[test]
fn only_who_knows_what_was_read_and_still_says_less_confesses() {
    let (directory, keys) = region();
    let greeting = |written: u64, told: Option<InboxCursor>| MailGreeting {
        region: "jining".to_owned(),
        hello: MailHello {
            from: village(),
            generation: Generation::FIRST,
            to: county(),
            written: MailSequence(written),
            chain: ContentHash([5; 32]),
        },
        acknowledged: MailSequence(0),
        read: None,
        told: told.map(|read| Told { read: Some(read), acknowledged: MailSequence(0) }),
        nonce: 7,
    };
    assert_eq!(greeting(3, None).confession(), None, "it may be late");
    assert!(greeting(3, Some(cursor(5))).confession().unwrap().contains("[mail.rolled_back]"));
    assert_eq!(greeting(5, Some(cursor(5))).confession(), None, "it caught up");
    assert_eq!(greeting(6, Some(cursor(5))).confession(), None);
    let mut forgot = greeting(5, Some(cursor(5)));
    forgot.told = Some(Told { read: Some(cursor(5)), acknowledged: MailSequence(2) });
    assert!(forgot.confession().unwrap().contains("[mail.forgotten]"));
    forgot.read = Some(cursor(2));
    assert_eq!(forgot.confession(), None);

    let signed = greeting(3, Some(cursor(5))).sign((VILLAGE_NODE, &keys[0]), &Standard).unwrap();
    assert!(signed.check((village(), county()), &directory, &Standard).is_ok());
    let mut altered = signed.clone();
    altered.greeting.hello.written = MailSequence(2);
    let fault = StatementFault::Signature { signer: VILLAGE_NODE };
    assert_eq!(altered.check((village(), county()), &directory, &Standard), Err(fault));
    assert!(matches!(signed.check((village(), city()), &directory, &Standard), Err(StatementFault::Units { .. })));
}
