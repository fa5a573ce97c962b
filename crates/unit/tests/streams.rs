//! What a unit does about what its neighbours say of the mail between them: one stream stops, or the whole unit, or nothing at all.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::command::{Acknowledged, Command, MailAcknowledged};
use domain::digest::ContentHash;
use domain::division::{DivisionTree, Tier};
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::store::UnitStore as _;
use domain::tables::{InboxCursor, InboxCursors, OutboxHead, OutboxHeads};
use domain::time::Timestamp;
use protocol::crypto::Standard;
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use protocol::keyed_hash::BlindKey;
use protocol::mail_exchange::{Carried, MailBatch, MailReply, MailRequest};
use protocol::memory::MapSnapshot;
use protocol::overlay::Overlay;
use protocol::record;
use protocol::sealing::SealingKey;
use protocol::seam::{Entropy, Peer};
use protocol::signing::SigningKey;
use protocol::statement::{MailStatement, asked};
use protocol::touched::Touched;
use unit::MatterIndexes;
use unit::identity::{Identity, Keys, Tools};
use unit::inbox::{Incoming, state, take};
use unit::outbox::{Delivered, Delivery, Judged, Logging, Sending};

const AT: Timestamp = Timestamp(1_772_000_000_000);

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = ContentHash::of_bytes("test entropy", &drawn.to_be_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

fn unit(code: u64) -> UnitId {
    UnitId::new(code).unwrap()
}

fn city() -> UnitId {
    unit(370_800_000_000)
}

fn county() -> UnitId {
    unit(370_811_000_000)
}

fn other_county() -> UnitId {
    unit(370_812_000_000)
}

fn third_county() -> UnitId {
    unit(370_829_000_000)
}

/// A city with three counties, one node each; the first of the counties is under test.
struct Region {
    directory: Directory,
    keys: Vec<(UnitId, NodeId, SigningKey)>,
    own: Keys,
    identity: Identity,
    entropy: Counting,
    divisions: DivisionTree,
    indexes: MatterIndexes,
}

impl Region {
    fn new() -> Self {
        let entropy = Counting(AtomicU64::new(1));
        let units = [city(), county(), other_county(), third_county()];
        let numbered = units.iter().zip(1..).map(|(unit, node)| (*unit, NodeId(node), SigningKey::generate(&entropy)));
        let keys: Vec<_> = numbered.collect();
        let listed = |unit: UnitId, node| UnitListing {
            unit,
            name: unit.to_string(),
            tier: if unit == city() { Tier::City } else { Tier::County },
            parent: (unit != city()).then(city),
            generation: Generation::FIRST,
            sealing_key: PublicKey(SealingKey::generate(&entropy).public_key().unwrap().0),
            voters: vec![node],
        };
        let node = |unit, node: NodeId, key: &SigningKey| NodeListing {
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
            units: keys.iter().map(|(unit, number, _)| listed(*unit, *number)).collect(),
            nodes: keys.iter().map(|(unit, number, key)| node(*unit, *number, key)).collect(),
        };
        let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signed = SignedDirectory::sign(listing, &authority).unwrap();
        let directory = signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap();
        let sealing = SealingKey::generate(&entropy);
        let own = Keys {
            digest: Keys::digest_key(&sealing),
            sealing,
            signing: keys[1].2.clone(),
            blind: BlindKey::from_bytes([3; 32]),
            publishing: None,
        };
        let (region, generation) = ("jining".to_owned(), Generation::FIRST);
        let identity = Identity { region, unit: county(), generation, node: NodeId(2) };
        let (divisions, indexes) = (DivisionTree::default(), MatterIndexes::default());
        Self { directory, keys, own, identity, entropy, divisions, indexes }
    }

    fn tools(&self, later_millis: i64) -> Tools<'_> {
        Tools {
            identity: &self.identity,
            directory: &self.directory,
            keys: &self.own,
            crypto: &Standard,
            entropy: &self.entropy,
            now: AT.plus_millis(later_millis),
            divisions: &self.divisions,
            clock_doubt: None,
            heads_every_millis: 0,
            indexes: &self.indexes,
        }
    }

    /// What is said in a unit's name to a delivery, as the node of `by` signs it: that so much has been read.
    fn says(&self, of: UnitId, by: UnitId, delivery: &Delivery, read: u64) -> Delivered {
        let request = match MailRequest::read(&delivery.body).unwrap() {
            MailRequest::Carry(carry) => carry.request,
            _ => delivery.body.clone(),
        };
        let (generation, sequence) = (Generation::FIRST, MailSequence(read));
        let statement = MailStatement {
            region: "jining".to_owned(),
            by: of,
            generation,
            to: county(),
            asked: asked(&request),
            read: Some(InboxCursor { generation, sequence, chain: ContentHash([5; 32]) }),
            mirrored: sequence,
            acknowledged: MailSequence(0),
            refused: None,
        };
        let (_, node, key) = self.keys.iter().find(|(unit, ..)| *unit == by).unwrap();
        Delivered::Replied(MailReply::Stated(Box::new(statement.sign((*node, key), &Standard).unwrap())))
    }
}

fn head(written: u64, committed: u64) -> OutboxHead {
    let committed = MailSequence(committed);
    OutboxHead { written: MailSequence(written), chain: ContentHash([5; 32]), committed, mirrored: committed }
}

/// Three mails written to each of the others, all acknowledged.
fn rows(snapshot: &MapSnapshot) -> Overlay<'_, MapSnapshot> {
    let mut rows = Overlay::new(snapshot);
    for peer in [city(), other_county(), third_county()] {
        rows.put::<OutboxHeads>(&peer, &head(3, 3)).unwrap();
    }
    rows
}

#[test]
fn one_lying_peer_stops_its_stream_and_the_unit_above_the_unit() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let rows = rows(&snapshot);
    let mut sending = Sending::default();
    let greetings = sending.poll(&rows, &region.tools(0), &Touched::default()).unwrap();
    assert_eq!(greetings.len(), 3, "everybody is greeted, though nothing waits");
    assert!(greetings.iter().all(|one| matches!(MailRequest::read(&one.body).unwrap(), MailRequest::Greet(_))));
    let hear = |sending: &mut Sending, peer, read, later| {
        let greeting = greetings.iter().find(|one| one.to == peer).unwrap();
        let (said, tools) = (region.says(peer, peer, greeting, read), region.tools(later));
        assert_eq!(sending.handle_delivered(peer, said, &rows, &tools), Ok(None));
        sending.has_suspicions().then(|| sending.judge(&rows, &tools).unwrap())
    };

    // It says that it has read what was never written.
    let judged = hear(&mut sending, other_county(), 9, 10).expect("a suspicion");
    assert_eq!(judged.verdict, None, "a single neighbour stops nobody");
    assert!(matches!(&judged.proposals[..], [one] if matches!(one.command, Command::KeepDispute(_))), "{judged:?}");
    assert_eq!(judged.confessions.len(), 1);
    let status = sending.status(&rows).unwrap();
    let of = |peer| status.iter().find(|one| one.peer == peer).unwrap();
    assert!(of(other_county()).stopped && !of(third_county()).stopped);
    assert!(of(other_county()).last_fault.as_ref().unwrap().contains("[mail.rolled_back]"));

    // Another agrees; the unit above does not.
    assert_eq!(hear(&mut sending, third_county(), 3, 20), None);
    let judged = hear(&mut sending, city(), 9, 30).expect("a suspicion");
    let verdict = judged.verdict.expect("the unit above is believed");
    assert!(verdict.why.contains("up to 9, we have written 3"), "{}", verdict.why);
    assert_eq!(verdict.said.len(), 2, "both words are kept");
}

#[test]
fn a_suspicion_by_old_rows_accuses_nobody() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    let mut sending = Sending::default();
    let greetings = sending.poll(&rows, &region.tools(0), &Touched::default()).unwrap();
    let greeting = greetings.iter().find(|one| one.to == city()).unwrap();
    let said = region.says(city(), city(), greeting, 4);
    assert_eq!(sending.handle_delivered(city(), said, &rows, &region.tools(10)), Ok(None));
    assert!(sending.has_suspicions());
    // Meanwhile the log is read to its end: mail 4 was written by an earlier leader.
    rows.put::<OutboxHeads>(&city(), &head(4, 3)).unwrap();
    assert_eq!(sending.judge(&rows, &region.tools(20)).unwrap(), Judged::default());
}

#[test]
fn a_peer_that_has_forgotten_is_the_one_in_doubt() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let rows = rows(&snapshot);
    let mut sending = Sending::default();
    let greetings = sending.poll(&rows, &region.tools(0), &Touched::default()).unwrap();
    let greeting = greetings.iter().find(|one| one.to == city()).unwrap();
    let said = region.says(city(), city(), greeting, 2);
    assert_eq!(sending.handle_delivered(city(), said, &rows, &region.tools(10)), Ok(None));
    let judged = sending.judge(&rows, &region.tools(20)).unwrap();
    assert_eq!((judged.verdict, judged.confessions.len()), (None, 0));
    let [Command::KeepDispute(kept)] = &judged.proposals.iter().map(|one| one.command.clone()).collect::<Vec<_>>()[..]
    else {
        panic!("evidence is kept")
    };
    assert_eq!((kept.peer, kept.of), (city(), city()));
}

#[test]
fn a_relay_cannot_acknowledge_in_the_receivers_place() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    rows.put::<OutboxHeads>(&other_county(), &head(3, 2)).unwrap();
    let mut sending = Sending::default();
    let mut now = 0;
    // Straight ways fail until a relay is tried.
    let carried = loop {
        let polled = sending.poll(&rows, &region.tools(now), &Touched::default()).unwrap();
        now += 10_000;
        let Some(delivery) = polled.into_iter().find(|one| one.to == other_county()) else { continue };
        if delivery.hop.1 != other_county() {
            break delivery;
        }
        let failed = Delivered::Failed("cut".to_owned());
        assert_eq!(sending.handle_delivered(other_county(), failed, &rows, &region.tools(now)), Ok(None));
    };
    assert_eq!(carried.hop, (NodeId(1), city()), "the unit above comes first");
    let forged = region.says(other_county(), city(), &carried, 3);
    assert_eq!(sending.handle_delivered(other_county(), forged, &rows, &region.tools(now)), Ok(None));
    assert!(!sending.has_suspicions());
    let status = sending.status(&rows).unwrap();
    let of = status.iter().find(|one| one.peer == other_county()).unwrap();
    assert!(of.last_fault.as_ref().unwrap().contains("node 1 is none of generation 1"), "{of:?}");
    assert_eq!((of.backlog, of.through), (1, None));
}

#[test]
fn what_a_relay_brings_is_taken_from_those_who_may_and_answered_to_its_sender() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let (rows, tools) = (Overlay::new(&snapshot), region.tools(0));
    let request = record::write(&MailRequest::Batch(MailBatch { envelopes: vec![] })).unwrap();
    let nested = record::write(&MailRequest::Carried(Box::new(Carried { from: city(), request: request.clone() })));
    for ((by, node), from, request, refused) in [
        ((city(), 1), other_county(), request.clone(), None),
        ((third_county(), 4), other_county(), request.clone(), None),
        // A village, as it were: nobody above anybody, and no county.
        ((unit(370_811_002_001), 9), other_county(), request.clone(), Some("mail.relay_unfit")),
        ((city(), 1), other_county(), nested.unwrap(), Some("mail.relay_unfit")),
    ] {
        let peer = Peer { unit: by, generation: Generation::FIRST, node: NodeId(node) };
        let carried = Carried { from, request: request.clone() };
        let bytes = record::write(&MailRequest::Carried(Box::new(carried))).unwrap();
        let Ok(Incoming::Asking(asking)) = Incoming::read(peer, &bytes) else { panic!("a request") };
        let taken = take(&rows, &tools, &asking).unwrap();
        assert_eq!(taken.refused.as_ref().map(|refused| refused.code.as_str()), refused);
        let MailReply::Stated(signed) = state(&rows, &tools, &asking, taken.refused, None).unwrap() else {
            panic!("a signed answer")
        };
        assert_eq!((signed.statement.to, signed.statement.asked), (from, asked(&request)));
    }
}

const HOUR: i64 = 3_600_000;

/// Of whom what is logged.
type Logged = Vec<(UnitId, u64)>;

/// Sends a greeting to a peer at a moment and hears so much read; gives what is logged at once.
fn hears(
    sending: &mut Sending,
    rows: &Overlay<'_, MapSnapshot>,
    region: &Region,
    at: i64,
    (peer, read): (UnitId, u64),
) -> Logged {
    let polled = sending.poll(rows, &region.tools(at), &Touched::default()).unwrap();
    heard(sending, rows, region, &polled, at, (peer, read))
}

/// A peer answers what was asked of it.
fn heard(
    sending: &mut Sending,
    rows: &Overlay<'_, MapSnapshot>,
    region: &Region,
    asked: &[Delivery],
    at: i64,
    (peer, read): (UnitId, u64),
) -> Logged {
    let greeting = asked.iter().find(|one| one.to == peer).expect("the peer is asked");
    let said = region.says(peer, peer, greeting, read);
    let logged = sending.handle_delivered(peer, said, rows, &region.tools(at)).unwrap();
    logged.iter().flat_map(committed).collect()
}

fn committed(logging: &Logging) -> Logged {
    let Command::MailAcknowledged(MailAcknowledged { peers, .. }) = &logging.proposal.command else {
        panic!("an acknowledgement: {logging:?}")
    };
    assert_eq!(peers.iter().map(|said| said.peer).collect::<Vec<_>>(), logging.peers);
    peers.iter().map(|Acknowledged { peer, committed, .. }| (*peer, committed.0)).collect()
}

fn backlog(sending: &Sending, rows: &Overlay<'_, MapSnapshot>) -> u64 {
    sending.status(rows).unwrap().into_iter().find(|one| one.peer == city()).unwrap().backlog
}

#[test]
fn what_a_peer_has_is_known_at_once_and_logged_when_it_is_old() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    rows.put::<OutboxHeads>(&city(), &head(3, 1)).unwrap();
    let mut sending = Sending::default();
    assert_eq!(hears(&mut sending, &rows, &region, 0, (city(), 3)), [], "two mails are not worth a command");
    assert_eq!(backlog(&sending, &rows), 0);
    let polled = sending.poll(&rows, &region.tools(10), &Touched::everything()).unwrap();
    assert!(!polled.iter().any(|one| one.to == city()), "what it has is not sent again");

    assert_eq!(sending.next_due(), Some(AT.plus_millis(HOUR)));
    assert_eq!(sending.to_log(&rows, &region.tools(HOUR - 1)).unwrap(), None);
    let logged = sending.to_log(&rows, &region.tools(HOUR)).unwrap().unwrap();
    assert_eq!(committed(&logged), [(city(), 3)]);
    assert_eq!((sending.to_log(&rows, &region.tools(9 * HOUR)).unwrap(), sending.next_due()), (None, None));
    // It came to nothing: later again. It was applied: that is all.
    sending.logged([city()], &rows, &region.tools(2 * HOUR)).unwrap();
    assert_eq!(sending.next_due(), Some(AT.plus_millis(3 * HOUR)));
    assert_eq!(sending.to_log(&rows, &region.tools(3 * HOUR)).unwrap().unwrap().peers, [city()]);
    rows.put::<OutboxHeads>(&city(), &head(3, 3)).unwrap();
    sending.logged([city()], &rows, &region.tools(3 * HOUR)).unwrap();
    assert_eq!(sending.next_due(), None);
}

#[test]
fn much_that_a_peer_has_is_logged_at_once() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    for (written, logged) in [(32, None), (33, Some(33))] {
        rows.put::<OutboxHeads>(&city(), &head(written, 1)).unwrap();
        let heard = hears(&mut Sending::default(), &rows, &region, 0, (city(), written));
        assert_eq!(heard, logged.map(|logged| (city(), logged)).into_iter().collect::<Logged>());
    }
}

#[test]
fn what_is_logged_of_one_peer_takes_along_what_is_known_of_others() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    for (peer, written) in [(city(), 33), (other_county(), 2), (third_county(), 3)] {
        rows.put::<OutboxHeads>(&peer, &head(written, 1)).unwrap();
    }
    let mut sending = Sending::default();
    let asked = sending.poll(&rows, &region.tools(0), &Touched::default()).unwrap();
    assert_eq!(heard(&mut sending, &rows, &region, &asked, 5, (third_county(), 3)), []);
    assert_eq!(heard(&mut sending, &rows, &region, &asked, 9, (other_county(), 2)), []);
    // The one that is much first, then by age.
    let logged = heard(&mut sending, &rows, &region, &asked, 9, (city(), 33));
    assert_eq!(logged, [(city(), 33), (third_county(), 3), (other_county(), 2)]);
    assert_eq!((sending.to_log(&rows, &region.tools(9 * HOUR)).unwrap(), sending.next_due()), (None, None));
}

#[test]
fn a_later_life_of_a_peer_is_sent_what_the_former_had() {
    let (region, snapshot) = (Region::new(), MapSnapshot::default());
    let mut rows = rows(&snapshot);
    rows.put::<OutboxHeads>(&city(), &head(3, 1)).unwrap();
    let mut sending = Sending::default();
    hears(&mut sending, &rows, &region, 0, (city(), 3));
    let chain = ContentHash([8; 32]);
    let fence = InboxCursor { generation: Generation(2), sequence: MailSequence(1), chain };
    rows.put::<InboxCursors>(&city(), &fence).unwrap();
    assert_eq!(backlog(&sending, &rows), 2, "what the former life said counts no more");
    assert_eq!(sending.to_log(&rows, &region.tools(HOUR)).unwrap(), None);
}
