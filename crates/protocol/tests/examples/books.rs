//! Examples of the books: their tree, heads and what neighbours signed.

use domain::audit::{AuditHead, Countersignature, HeadNews, SignatureBytes, SignedHead};
use domain::command::{Command, TellHead, Telling};
use domain::ids::{Generation, NodeId, Sequence};
use domain::mail::Mail;
use domain::principal::PrincipalKind;
use domain::tables::{Audit, AuditNode, AuditTree, Fork, HeadOwed, HeadSeen, HeadTold};

use super::{AT, Examples, case, county, hash, number, pin, principal, village};

pub(crate) fn audit() -> Examples<Audit> {
    let done = |kind| Audit {
        at: AT,
        principal: principal(kind),
        policy: hash(16),
        catalogue: Some(pin()),
        command: 4,
        digest: hash(17),
        case: Some(case()),
        number: Some(number()),
        refused: None,
    };
    let refused = Audit { refused: Some("case.moving".into()), number: None, ..done(PrincipalKind::Staff) };
    vec![
        ("public", done(PrincipalKind::Public)),
        ("unit", done(PrincipalKind::Unit)),
        ("peer", done(PrincipalKind::Peer)),
        ("refused", refused),
    ]
}

fn signed_head() -> SignedHead {
    let head = AuditHead {
        region: "jining".into(),
        unit: village(),
        generation: Generation::FIRST,
        size: 300,
        root: hash(26),
        state: hash(27),
        at: AT,
    };
    SignedHead { head, signer: NodeId(7), signature: SignatureBytes(vec![28; 64]) }
}

fn signed_by_neighbour() -> Countersignature {
    Countersignature {
        head: signed_head(),
        by: county(),
        generation: Generation(2),
        at: AT,
        signer: NodeId(4),
        signature: SignatureBytes(vec![29; 64]),
    }
}

pub(super) fn first_head() -> Mail {
    let news = HeadNews { signed: signed_head(), since: 0, proof: vec![], countersignature: None, answers: false };
    Mail::Head(Box::new(news))
}

pub(super) fn answering_head() -> Mail {
    let proof = vec![hash(30), hash(31)];
    let countersignature = Some(signed_by_neighbour());
    Mail::Head(Box::new(HeadNews { signed: signed_head(), since: 200, proof, countersignature, answers: true }))
}

pub(super) fn tell_head() -> Command {
    let to = vec![
        Telling { to: county(), countersignature: Some(signed_by_neighbour()), answers: true },
        Telling { to: village(), countersignature: None, answers: false },
    ];
    Command::TellHead(Box::new(TellHead { signed: signed_head(), to }))
}

pub(crate) fn audit_tree() -> Examples<AuditTree> {
    let told = AuditTree { first: Sequence(300), untold_since: None, told_at: Some(AT) };
    vec![("told", told), ("untold", AuditTree { untold_since: Some(AT), told_at: None, ..told })]
}

pub(crate) fn audit_node() -> Examples<AuditNode> {
    vec![("node", AuditNode(hash(30)))]
}

pub(crate) fn head_told() -> Examples<HeadTold> {
    vec![("awaited", HeadTold { signed: signed_head(), awaited: true })]
}

pub(crate) fn head_seen() -> Examples<HeadSeen> {
    vec![("seen", HeadSeen { signed: signed_head(), at: AT })]
}

pub(crate) fn head_owed() -> Examples<HeadOwed> {
    vec![("owed", HeadOwed { since: AT })]
}

pub(crate) fn countersignature() -> Examples<Countersignature> {
    vec![("signed", signed_by_neighbour())]
}

pub(crate) fn fork() -> Examples<Fork> {
    let what = "the path does not lead from 200 to the root of 300 leaves".to_owned();
    let fork = Fork { of: village(), known: Some(signed_head()), came: signed_head(), what, at: AT };
    vec![("of a neighbour", fork.clone()), ("of our own", Fork { known: None, ..fork })]
}
