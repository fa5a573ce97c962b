//! Examples of what opens and answers streams of mail, and of what is kept where they contradict each other.

use domain::command::{Command, KeepDispute};
use domain::ids::{Generation, MailSequence, NodeId};
use domain::tables::{Dispute, InboxCursor};
use protocol::mail_exchange::{MailAck, MailHello, MailReply};
use protocol::signing::Signature;
use protocol::statement::{MailGreeting, MailRefusal, MailStatement, SignedGreeting, SignedStatement, Told};

use super::{AT, Examples, county, hash, village};

fn signature() -> Signature {
    Signature { suite: 1, bytes: vec![23; 64] }
}

fn cursor() -> InboxCursor {
    InboxCursor { generation: Generation::FIRST, sequence: MailSequence(5), chain: hash(15) }
}

pub(crate) fn greeting() -> SignedGreeting {
    let greeting = MailGreeting {
        region: "jining".into(),
        hello: MailHello {
            from: village(),
            generation: Generation::FIRST,
            to: county(),
            written: MailSequence(3),
            chain: hash(14),
        },
        acknowledged: MailSequence(2),
        read: Some(cursor()),
        told: Some(Told { read: Some(cursor()), acknowledged: MailSequence(1) }),
        nonce: 300,
    };
    SignedGreeting { greeting, signer: NodeId(7), signature: signature() }
}

pub(crate) fn statement() -> SignedStatement {
    let refused = MailRefusal { code: "mail.rolled_back".into(), why: "both sides".into(), passing: false };
    let statement = MailStatement {
        region: "jining".into(),
        by: county(),
        generation: Generation::FIRST,
        to: village(),
        asked: hash(16),
        read: Some(cursor()),
        mirrored: MailSequence(4),
        acknowledged: MailSequence(1),
        refused: Some(refused),
    };
    SignedStatement { statement, signer: NodeId(2), signature: signature() }
}

pub(crate) fn signed_greeting() -> Examples<SignedGreeting> {
    let mut first = greeting();
    first.greeting.told = None;
    vec![("first", first), ("confession", greeting())]
}

pub(crate) fn signed_statement() -> Examples<SignedStatement> {
    let mut fresh = statement();
    (fresh.statement.read, fresh.statement.refused) = (None, None);
    vec![("nothing read", fresh), ("refused", statement())]
}

pub(crate) fn keep_dispute() -> Command {
    let Dispute { generation, what, said, .. } = dispute_row();
    Command::KeepDispute(Box::new(KeepDispute { peer: village(), of: village(), generation, what, said }))
}

fn dispute_row() -> Dispute {
    Dispute { generation: Generation(2), what: "both sides".into(), said: vec![28, 28], at: AT }
}

pub(crate) fn dispute() -> Examples<Dispute> {
    vec![("of a peer", dispute_row())]
}

pub(crate) fn mail_reply() -> Examples<MailReply> {
    let ack = MailAck { generation: Generation::FIRST, committed: MailSequence(3), mirrored: MailSequence(2) };
    let refused = MailReply::Refused { code: "mail.chain".into(), why: "both sides".into(), passing: false };
    vec![
        ("ack", MailReply::Ack(ack)),
        ("not leader", MailReply::NotLeader { hint: Some(NodeId(7)) }),
        ("refused", refused),
        ("stated", MailReply::Stated(Box::new(statement()))),
    ]
}
