//! Envelopes: what is sealed is opened by whom it is meant for, and everything else is refused before the log sees it.

mod support;

use domain::command::{chain, stream_start};
use domain::digest::ContentHash;
use domain::handoff::Move;
use domain::ids::{Attempt, CaseId, Generation, MailSequence, NodeId, UnitId};
use domain::mail::{Mail, MailKind};
use domain::time::Timestamp;
use proptest::prelude::*;
use protocol::crypto::Standard;
use protocol::envelope::{
    Arrival, Envelope, EnvelopeFault, MOST_ENVELOPE_BYTES, Outgoing, Signer, open_mail, seal_mail,
};
use protocol::record::{self, RecordFault};
use protocol::sealing::{SealFault, SealingKey};
use protocol::seam::Peer;
use protocol::signing::SigningKey;
use support::{Counting, unit};

const NOW: Timestamp = Timestamp(1_770_000_000_000);
const NODE: NodeId = NodeId(7);

/// A township writes to its county.
struct World {
    entropy: Counting,
    township: UnitId,
    county: UnitId,
    county_key: SealingKey,
    node_key: SigningKey,
}

impl World {
    fn new() -> Self {
        let entropy = Counting::new(1);
        let (county_key, node_key) = (SealingKey::generate(&entropy), SigningKey::generate(&entropy));
        Self { entropy, township: unit(370_811_002_000), county: unit(370_811_000_000), county_key, node_key }
    }

    fn mail(&self) -> Mail {
        Mail::Move { case: CaseId(uuid::Uuid::from_u128(7)), said: Move::Prepared { attempt: Attempt(3) } }
    }

    fn before(&self) -> ContentHash {
        stream_start(self.township, 1, self.county)
    }

    fn seal_with(&self, mail: &Mail, change: impl FnOnce(&mut Outgoing<'_>)) -> Vec<u8> {
        let mut outgoing = Outgoing {
            region: "jining",
            from: self.township,
            generation: Generation::FIRST,
            to: self.county,
            sequence: MailSequence(1),
            before: self.before(),
            chain: chain(self.before(), MailSequence(1), mail).unwrap(),
            mail,
            expires: Some(NOW.plus_millis(60_000)),
        };
        change(&mut outgoing);
        let to_key = self.county_key.public_key().unwrap();
        seal_mail(outgoing, &to_key, (NODE, &self.node_key), (&Standard, &self.entropy)).unwrap()
    }

    fn seal(&self) -> Vec<u8> {
        self.seal_with(&self.mail(), |_| {})
    }

    fn arrival(&self) -> Arrival<'_> {
        Arrival {
            region: "jining",
            unit: self.county,
            parent: Some(unit(370_800_000_000)),
            key: &self.county_key,
            now: NOW,
            brought_by: Peer { unit: self.township, generation: Generation::FIRST, node: NODE },
            of: self.township,
            crypto: &Standard,
        }
    }

    fn signer(&self) -> Signer {
        Signer { unit: self.township, generation: Generation::FIRST, key: self.node_key.verifying_key() }
    }

    fn open(&self, bytes: &[u8]) -> Result<domain::command::MailArrived, EnvelopeFault> {
        open_mail(bytes, self.arrival(), |node| (node == NODE).then(|| self.signer()))
    }

    /// An envelope that a lawful node signed although it should not have.
    fn signed_anew(&self, change: impl FnOnce(&mut Envelope)) -> Vec<u8> {
        let mut envelope: Envelope = record::read(&self.seal()).unwrap();
        change(&mut envelope);
        let header = domain::codec::encode(&envelope.header).unwrap();
        let signed = [&(header.len() as u64).to_be_bytes(), header.as_slice(), &envelope.sealed].concat();
        envelope.signature = self.node_key.sign("tongban mail", &signed);
        record::write(&envelope).unwrap()
    }
}

#[test]
fn what_is_sealed_is_opened_by_whom_it_is_meant_for() {
    let world = World::new();
    let arrived = world.open(&world.seal()).unwrap();
    assert_eq!(arrived.mail, world.mail());
    assert_eq!((arrived.from, arrived.generation), (world.township, Generation::FIRST));
    assert_eq!((arrived.sequence, arrived.before), (MailSequence(1), world.before()));
}

#[test]
fn the_body_is_read_by_nobody_on_the_way_and_the_header_by_everybody() {
    let world = World::new();
    let bytes = world.seal();
    let body = domain::codec::encode(&world.mail()).unwrap();
    assert!(!bytes.windows(body.len()).any(|window| window == body));
    let envelope: Envelope = record::read(&bytes).unwrap();
    assert_eq!((envelope.header.to, envelope.header.kind), (world.county, MailKind::Move as u16));
    assert_ne!(world.seal(), bytes, "sealed anew each time");
}

#[test]
fn what_does_not_belong_here_is_refused() {
    let world = World::new();
    let other = unit(370_829_000_000);
    type Change = fn(&mut Outgoing<'_>);
    let cases: [(Change, EnvelopeFault); 5] = [
        (|out| out.region = "heze", EnvelopeFault::Region { got: "heze".into(), own: "jining".into() }),
        (|out| out.to = unit(370_829_000_000), EnvelopeFault::NotForUs { to: other, own: world.county }),
        (|out| out.from = unit(370_829_000_000), EnvelopeFault::From { said: other, certified: world.township }),
        (
            |out| out.generation = Generation(2),
            EnvelopeFault::Generation { said: Generation(2), known: Generation::FIRST },
        ),
        (
            |out| out.expires = Some(Timestamp(NOW.0 - 1)),
            EnvelopeFault::Expired { expires: Timestamp(NOW.0 - 1), now: NOW },
        ),
    ];
    for (change, fault) in cases {
        assert_eq!(world.open(&world.seal_with(&world.mail(), change)), Err(fault));
    }
    let no_expiry = world.seal_with(&world.mail(), |out| out.expires = None);
    assert!(world.open(&no_expiry).is_ok());
}

#[test]
fn a_signer_speaks_for_its_own_unit_and_life_only() {
    let world = World::new();
    let open = |signer: Option<Signer>| open_mail(&world.seal(), world.arrival(), |_| signer).map(|_| ());
    assert_eq!(open(None), Err(EnvelopeFault::SignerUnknown { node: NODE }));
    let unit = unit(370_829_000_000);
    let said = world.township;
    assert_eq!(
        open(Some(Signer { unit, ..world.signer() })),
        Err(EnvelopeFault::SignerOfOther { node: NODE, unit, said })
    );
    let generation = Generation(2);
    assert_eq!(
        open(Some(Signer { generation, ..world.signer() })),
        Err(EnvelopeFault::Generation { said: Generation::FIRST, known: generation })
    );
    let key = SigningKey::generate(&world.entropy).verifying_key();
    assert_eq!(open(Some(Signer { key, ..world.signer() })), Err(EnvelopeFault::Signature { node: NODE }));
}

#[test]
fn a_newer_payload_is_parked_for_an_upgrade() {
    let world = World::new();
    let newer_version = world.signed_anew(|envelope| envelope.header.payload_version = Mail::VERSION + 1);
    let newer_kind = world.signed_anew(|envelope| envelope.header.kind = 999);
    let version = Mail::VERSION + 1;
    assert_eq!(world.open(&newer_version), Err(EnvelopeFault::Payload { kind: 1, version }));
    assert_eq!(world.open(&newer_kind), Err(EnvelopeFault::Payload { kind: 999, version: Mail::VERSION }));
    assert!(world.open(&newer_version).unwrap_err().is_parked());
    assert!(world.open(&newer_kind).unwrap_err().is_parked());
    assert!(!EnvelopeFault::Signature { node: NODE }.is_parked());
}

#[test]
fn a_lawful_signature_does_not_excuse_a_false_header() {
    let world = World::new();
    // The header is bound to the sealed body: changed and signed anew, it opens nothing.
    let moved = world.signed_anew(|envelope| envelope.header.sequence = MailSequence(2));
    assert_eq!(world.open(&moved), Err(EnvelopeFault::Seal(SealFault::Closed)));

    let other_chain = ContentHash([9; 32]);
    let false_chain = world.seal_with(&world.mail(), |out| out.chain = other_chain);
    let is = chain(world.before(), MailSequence(1), &world.mail()).unwrap();
    assert_eq!(world.open(&false_chain), Err(EnvelopeFault::Chain { said: other_chain, is }));
}

#[test]
fn the_catalogue_comes_from_the_unit_above_only() {
    let world = World::new();
    let mail = Mail::Chunk { hash: ContentHash::default(), bytes: vec![1, 2, 3] };
    let bytes = world.seal_with(&mail, |_| {});
    let from = world.township;
    assert_eq!(world.open(&bytes), Err(EnvelopeFault::NotFromThem { kind: MailKind::Chunk, from }));
    let below = Arrival { parent: Some(from), ..world.arrival() };
    assert_eq!(open_mail(&bytes, below, |_| Some(world.signer())).map(|arrived| arrived.mail), Ok(mail));
}

#[test]
fn an_envelope_has_a_largest_size_on_both_sides() {
    let world = World::new();
    let mail = Mail::Chunk { hash: ContentHash::default(), bytes: vec![0; MOST_ENVELOPE_BYTES] };
    let outgoing = Outgoing {
        region: "jining",
        from: world.township,
        generation: Generation::FIRST,
        to: world.county,
        sequence: MailSequence(1),
        before: world.before(),
        chain: world.before(),
        mail: &mail,
        expires: None,
    };
    let to_key = world.county_key.public_key().unwrap();
    assert!(seal_mail(outgoing, &to_key, (NODE, &world.node_key), (&Standard, &world.entropy)).is_err());
    let length = MOST_ENVELOPE_BYTES + 1;
    assert_eq!(world.open(&vec![0; length]), Err(EnvelopeFault::Large { length }));
}

#[test]
fn every_damage_is_seen() {
    let world = World::new();
    let bytes = world.seal();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(world.open(&damaged).is_err(), "byte {at}");
        assert!(world.open(&bytes[..at]).is_err(), "length {at}");
    }
}

proptest! {
    /// Damage that mends the checksum too: what a forger sends, rather than what a bad line does.
    #[test]
    fn no_altered_envelope_is_opened(at in 8..400_usize, with in 1..=255_u8) {
        let world = World::new();
        let mut body = world.seal();
        let at = 8 + at % (body.len() - 8);
        body[at] ^= with;
        let forged = support::with_header(record_kind::<Envelope>(), 1, &body[8..]);
        let opened = world.open(&forged);
        let seen_as_damage = matches!(opened, Err(EnvelopeFault::Record(RecordFault::Checksum { .. })));
        prop_assert!(opened.is_err() && !seen_as_damage, "{:?}", opened);
    }

    #[test]
    fn opening_anything_never_panics(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let world = World::new();
        prop_assert!(world.open(&body).is_err());
        prop_assert!(world.open(&support::with_header(record_kind::<Envelope>(), 1, &body)).is_err());
    }
}

fn record_kind<R: domain::store::Record>() -> u16 {
    R::KIND
}
