//! Proofs and bundles: what a unit's rows give is believed by the directory's keys alone, and every change to it is told.

mod support;

use domain::audit::{AuditHead, HeadNews, SignatureBytes, Tree};
use domain::command::{
    Close, Command, Found, MailArrived, Outcome, Proposal, Stamp, TellHead, Telling, chain, stream_start,
};
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::{CaseId, Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::mail::Mail;
use domain::principal::{Principal, PrincipalKind};
use domain::store::UnitRead;
use domain::tables::{Fork, HeadsTold};
use domain::time::Timestamp;
use protocol::audit::{
    AuditProof, Bundle, Document, Finding, ProofRefusal, SignedFault, check_countersignature, check_head, countersign,
    sign_head,
};
use protocol::crypto::Standard;
use protocol::directory::{Directory, Listing, NodeListing, PublicKey, SignedDirectory, UnitListing};
use protocol::machine;
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet};
use protocol::record;
use protocol::sealing::SealingKey;
use protocol::signing::SigningKey;
use support::{Counting, unit};

const AT: Timestamp = Timestamp(1_770_000_000_000);

fn county() -> UnitId {
    unit(370_811_000_000)
}

fn township() -> UnitId {
    unit(370_811_002_000)
}

/// A township whose books the county has signed, and who may sign for whom.
struct World {
    directory: Directory,
    rows: MapSnapshot,
    keys: [SigningKey; 2],
    commands: u64,
}

impl World {
    fn new() -> Self {
        let entropy = Counting::new(1);
        let keys = [SigningKey::generate(&entropy), SigningKey::generate(&entropy)];
        let listed = |unit: UnitId, tier, parent, node| UnitListing {
            unit,
            name: unit.to_string(),
            tier,
            parent,
            generation: Generation::FIRST,
            sealing_key: PublicKey(SealingKey::generate(&entropy).public_key().unwrap().0),
            voters: vec![NodeId(node)],
        };
        let node = |node: u64, unit, key: &SigningKey| NodeListing {
            node: NodeId(node),
            unit,
            quic: vec![format!("127.0.0.1:{}", 7000 + node)],
            http: format!("127.0.0.1:{}", 8000 + node),
            signing_key: PublicKey(key.verifying_key().bytes.try_into().unwrap()),
        };
        let city = unit(370_800_000_000);
        let listing = Listing {
            region: "jining".parse().unwrap(),
            number: 1,
            publishing_key: PublicKey([9; 32]),
            units: vec![
                listed(city, Tier::City, None, 3),
                listed(county(), Tier::County, Some(city), 2),
                listed(township(), Tier::Township, Some(county()), 1),
            ],
            nodes: vec![node(1, township(), &keys[0]), node(2, county(), &keys[1]), node(3, city, &keys[1])],
        };
        let authority = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signed = SignedDirectory::sign(listing, &authority).unwrap();
        let directory = signed.verify(&PublicKey(authority.verifying_key().to_bytes())).unwrap();
        let mut world = Self { directory, rows: MapSnapshot::default(), keys, commands: 0 };
        world.run(Command::Found(Found {
            region: "jining".to_owned(),
            unit: township(),
            name: "许庄街道".to_owned(),
            tier: Tier::Township,
            parent: Some(county()),
            children: vec![],
            generation: Generation::FIRST,
        }));
        world
    }

    fn run(&mut self, command: Command) {
        let outcome = self.log(command);
        assert!(outcome.reply.ruling().is_ok(), "{outcome:?}");
    }

    fn log(&mut self, command: Command) -> Outcome {
        self.commands += 1;
        let stamp = Stamp {
            time: AT.plus_millis(i64::try_from(self.commands).unwrap()),
            minted: uuid::Uuid::from_u128(self.commands.into()),
            principal: Principal { kind: PrincipalKind::Staff, name: "demo-window".to_owned() },
            policy: ContentHash::default(),
            idempotency: None,
        };
        let mut writes = WriteSet::default();
        let payload = record::write(&Proposal { command, stamp }).unwrap();
        let outcome = machine::apply(&self.rows, &mut writes, &payload).unwrap();
        self.rows.write(&writes);
        outcome
    }

    fn work(&mut self, commands: u64) {
        for _ in 0..commands {
            // Refused, and in the books all the same.
            let nobody = CaseId(uuid::Uuid::from_u128(self.commands.into()));
            assert!(self.log(Command::Close(Close { case: nobody })).reply.ruling().is_err());
        }
    }

    /// The township tells its head; the county signs under it and says so.
    fn tell(&mut self, answered: u64) {
        let rows = Overlay::new(&self.rows);
        let tree = Tree::of(&rows, Generation::FIRST).unwrap().unwrap();
        let head = AuditHead {
            region: "jining".to_owned(),
            unit: township(),
            generation: Generation::FIRST,
            size: self.commands,
            root: tree.root(self.commands).unwrap(),
            state: rows.state_hash().unwrap(),
            at: AT,
        };
        let signed = sign_head(head, (NodeId(1), &self.keys[0]), &Standard).unwrap();
        let to = vec![Telling { to: county(), countersignature: None, answers: false }];
        self.run(Command::TellHead(Box::new(TellHead { signed: signed.clone(), to })));

        let by = (county(), Generation::FIRST, AT);
        let countersignature = countersign(signed, by, (NodeId(2), &self.keys[1]), &Standard).unwrap();
        let theirs = AuditHead {
            region: "jining".to_owned(),
            unit: county(),
            generation: Generation::FIRST,
            size: 1,
            root: ContentHash::default(),
            state: ContentHash::default(),
            at: AT,
        };
        let signed = sign_head(theirs, (NodeId(2), &self.keys[1]), &Standard).unwrap();
        let news = |countersignature| {
            Mail::Head(Box::new(HeadNews {
                signed: signed.clone(),
                since: 0,
                proof: vec![],
                countersignature,
                answers: true,
            }))
        };
        let mut before = stream_start(county(), 1, township());
        for sequence in 1..answered {
            // What the county said before: in a stream, each mail leads to the next.
            before = chain(before, MailSequence(sequence), &news(None)).unwrap();
        }
        let mail = news(Some(countersignature));
        self.run(Command::MailArrived(Box::new(MailArrived {
            from: county(),
            generation: Generation::FIRST,
            sequence: MailSequence(answered),
            before,
            mail,
            objection: None,
        })));
    }

    fn proof(&self, sequences: &[u64]) -> Result<AuditProof, ProofRefusal> {
        let sequences: Vec<Sequence> = sequences.iter().copied().map(Sequence).collect();
        AuditProof::of(&Overlay::new(&self.rows), &sequences).unwrap()
    }

    fn bundle(&self) -> Bundle {
        Bundle::of(&Overlay::new(&self.rows)).unwrap().unwrap()
    }
}

/// Something done to a document afterwards.
type Change<'a, T> = &'a dyn Fn(&mut T);

/// Twenty commands, told and signed, and five more.
fn told() -> World {
    let mut world = World::new();
    world.work(19);
    world.tell(1);
    world.work(5);
    world
}

#[test]
fn a_proof_stands_by_itself_and_every_change_to_it_is_told() {
    let world = told();
    let proof = world.proof(&[3, 17]).unwrap();
    let proved = proof.check(&world.directory, &Standard).unwrap();
    let [witness] = proved.witnesses[..] else { panic!("{proved:?}") };
    assert_eq!((witness.by, witness.up_to, witness.covers_all), (county(), Sequence(20), true));

    // As a document it is read back, and is still a proof.
    let text = serde_json::to_string_pretty(&Document::Proof(proof.clone())).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), Document::Proof(proof.clone()));

    let altered = |change: &dyn Fn(&mut AuditProof)| {
        let mut altered = proof.clone();
        change(&mut altered);
        altered.check(&world.directory, &Standard).map(|_| ()).map_err(|fault| fault.code())
    };
    let changes: &[(&str, &str, Change<'_, AuditProof>)] = &[
        ("who did it", "audit.path", &|proof| proof.rows[0].audit.principal.name.push('x')),
        ("when", "audit.path", &|proof| proof.rows[1].audit.at = AT),
        ("its outcome", "audit.path", &|proof| proof.rows[0].audit.refused = Some("case.moving".into())),
        ("its number", "audit.path", &|proof| proof.rows[0].sequence = Sequence(4)),
        ("the first number", "audit.path", &|proof| proof.first = Sequence(2)),
        ("a number before the first", "audit.path", &|proof| proof.rows[0].sequence = Sequence(0)),
        ("the path", "audit.path", &|proof| proof.rows[0].path.truncate(1)),
        ("another's path", "audit.path", &|proof| proof.rows[0].path = proof.rows[1].path.clone()),
        ("the root", "audit.signature", &|proof| proof.head.head.root = ContentHash::default()),
        ("the size", "audit.signature", &|proof| proof.head.head.size += 1),
        ("the unit", "audit.signer", &|proof| proof.head.head.unit = county()),
        ("the life", "audit.signer", &|proof| proof.head.head.generation = Generation(2)),
        ("the region", "audit.region", &|proof| proof.head.head.region = "elsewhere".into()),
        ("who signed", "audit.signer", &|proof| proof.head.signer = NodeId(2)),
        ("an unknown node", "audit.signer", &|proof| proof.head.signer = NodeId(9)),
        ("no signature", "audit.signature", &|proof| proof.head.signature = SignatureBytes(vec![])),
        ("when it was seen", "audit.signature", &|proof| {
            proof.countersignatures[0].countersignature.at = AT.plus_millis(1);
        }),
        ("the other path", "audit.forked", &|proof| proof.countersignatures[0].path.push(ContentHash::default())),
        ("nothing in it", "audit.file", &|proof| proof.rows.clear()),
        ("a later form", "audit.file", &|proof| proof.form = 2),
    ];
    for (what, code, change) in changes {
        assert_eq!(altered(change), Err(*code), "{what}");
    }
}

#[test]
fn what_is_not_told_yet_is_not_proved() {
    let world = told();
    let told = Sequence(20);
    assert_eq!(world.proof(&[3, 24]), Err(ProofRefusal::NotTold { sequence: Sequence(24), told }));
    let last = Sequence(27);
    assert_eq!(world.proof(&[28]), Err(ProofRefusal::RowMissing { sequence: Sequence(28), last }));
    assert_eq!(world.proof(&[0]), Err(ProofRefusal::RowMissing { sequence: Sequence(0), last }));
    let untold = World::new();
    let none = Sequence(0);
    assert_eq!(untold.proof(&[1]), Err(ProofRefusal::NotTold { sequence: Sequence(1), told: none }));
}

#[test]
fn a_bundle_is_recomputed_and_every_change_to_it_is_told() {
    let world = told();
    let bundle = world.bundle();
    let verified = bundle.check(&world.directory, &Standard);
    assert_eq!(verified.findings, []);
    assert_eq!((verified.rows, verified.heads), (27, 2));
    assert_eq!(verified.witnesses, [(county(), Sequence(20))]);
    let text = serde_json::to_string(&Document::Bundle(bundle.clone())).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), Document::Bundle(bundle.clone()));

    let altered = |change: &dyn Fn(&mut Bundle)| {
        let mut altered = bundle.clone();
        change(&mut altered);
        let findings = altered.check(&world.directory, &Standard).findings;
        findings.iter().map(Finding::code).collect::<Vec<_>>()
    };
    let fork = Fork { of: county(), known: None, came: bundle.told[0].clone(), what: "both sides".to_owned(), at: AT };
    let changes: &[(&str, &[&str], Change<'_, Bundle>)] = &[
        ("a row", &["audit.rows", "audit.forked"], &|b| b.rows[4].1.command = 2),
        ("a row that nobody has signed for", &[], &|b| b.rows[25].1.command = 2),
        ("a row torn out", &["audit.rows"; 3], &|b| drop(b.rows.remove(4))),
        ("the end torn off", &["audit.rows"; 2], &|b| b.rows.truncate(10)),
        ("a head", &["audit.signature", "audit.rows"], &|b| b.told[0].head.root = ContentHash::default()),
        ("a neighbour's head", &["audit.signature"], &|b| b.seen[0].head.size = 2),
        ("a countersignature", &["audit.signer"], &|b| b.countersignatures[0].by = unit(370_800_000_000)),
        ("evidence", &["audit.forked"], &|b| b.forks.push(fork.clone())),
    ];
    for (what, codes, change) in changes {
        assert_eq!(altered(change), *codes, "{what}");
    }
}

#[test]
fn signatures_are_of_the_units_own_nodes() {
    let world = told();
    let rows = Overlay::new(&world.rows);
    let told = rows.get::<HeadsTold>(&county()).unwrap().unwrap().signed;
    assert_eq!(check_head(&told, &world.directory, &Standard), Ok(()));
    let by_other = sign_head(told.head.clone(), (NodeId(2), &world.keys[1]), &Standard).unwrap();
    let fault = SignedFault::SignerOfOther { node: NodeId(2), unit: county(), said: township() };
    assert_eq!(check_head(&by_other, &world.directory, &Standard), Err(fault));
    // With the right number and the wrong key.
    let forged = sign_head(told.head.clone(), (NodeId(1), &world.keys[1]), &Standard).unwrap();
    assert_eq!(check_head(&forged, &world.directory, &Standard), Err(SignedFault::Signature { node: NodeId(1) }));

    let by = (county(), Generation::FIRST, AT);
    let sound = countersign(told.clone(), by, (NodeId(2), &world.keys[1]), &Standard).unwrap();
    assert_eq!(check_countersignature(&sound, &world.directory, &Standard), Ok(()));
    // Under a head that its unit never signed.
    let unsigned = countersign(forged, by, (NodeId(2), &world.keys[1]), &Standard).unwrap();
    let fault = check_countersignature(&unsigned, &world.directory, &Standard);
    assert_eq!(fault, Err(SignedFault::Signature { node: NodeId(1) }));
    // A head is not taken for a countersignature.
    let mixed = domain::audit::Countersignature { signature: told.signature.clone(), ..sound };
    assert!(check_countersignature(&mixed, &world.directory, &Standard).is_err());
}
