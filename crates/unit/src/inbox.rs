//! Arriving mail: what is checked before it is logged, and the commands that it becomes, in order (protocol.md §2).

use domain::audit::HeadNews;
use domain::catalogue::SignedManifest;
use domain::command::{Command, MailArrived, Proposal};
use domain::ids::{MailSequence, NodeId, UnitId};
use domain::mail::Mail;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursor, InboxCursors};
use protocol::audit::{check_countersignature, check_head};
use protocol::envelope::{Arrival, EnvelopeFault, Signer, open_mail};
use protocol::mail_exchange::{MailAck, MailBatch};
use protocol::seam::Peer;
use protocol::signing::Signature;

use crate::identity::{Tools, verifying};

/// Why a batch was not taken. Nothing of it was logged.
#[derive(Debug, thiserror::Error)]
pub enum InboxFault {
    /// An envelope that cannot be: the sender's leader sees the code and tries again, the operator of both sides an alarm.
    #[error(transparent)]
    Envelope(#[from] EnvelopeFault),
    /// The pair may not exchange this kind.
    #[error("unit {from} may not send {kind:?} to unit {to}")]
    Pair {
        /// Who sent it.
        from: UnitId,
        /// To whom.
        to: UnitId,
        /// What.
        kind: domain::mail::MailKind,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl InboxFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Envelope(fault) => fault.code(),
            Self::Pair { .. } => "mail.pair",
            Self::Store(_) => "unit.stopped",
        }
    }

    /// Whether the sender goes on trying by itself; otherwise people have to look.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Envelope(fault) => fault.is_passing(),
            Self::Pair { .. } => false,
            Self::Store(_) => true,
        }
    }
}

/// Checks a batch from `peer` and turns what is new into proposals, in order.
pub fn admit(
    rows: &impl UnitRead,
    tools: &Tools<'_>,
    peer: Peer,
    batch: &MailBatch,
) -> Result<Vec<Proposal>, InboxFault> {
    let cursor = rows.get::<InboxCursors>(&peer.unit)?;
    let mut proposals = Vec::new();
    for bytes in &batch.envelopes {
        let arrival = Arrival {
            region: &tools.identity.region,
            unit: tools.identity.unit,
            parent: tools.directory.parent(tools.identity.unit).map(|parent| parent.unit),
            key: &tools.keys.sealing,
            now: tools.now,
            brought_by: peer,
            crypto: tools.crypto,
        };
        let mut arrived = open_mail(bytes, arrival, |node| signer(tools, node))?;
        if is_known(cursor, &arrived) {
            continue;
        }
        let (from, to, kind) = (arrived.from, tools.identity.unit, arrived.mail.kind());
        if !tools.directory.may_exchange(from, to, kind) {
            return Err(InboxFault::Pair { from, to, kind });
        }
        arrived.objection = objection(&arrived.mail, tools);
        let command = Command::MailArrived(Box::new(arrived));
        proposals.push(Proposal { command, stamp: tools.peer_stamp(peer.unit) });
    }
    Ok(proposals)
}

fn signer(tools: &Tools<'_>, node: NodeId) -> Option<Signer> {
    let listing = tools.directory.node(node)?;
    // A node of a former life stays listed, so that what it signed can be proved; it speaks for the unit no more.
    let unit = tools.directory.unit(listing.unit).filter(|unit| unit.voters.contains(&node))?;
    Some(Signer { unit: listing.unit, generation: unit.generation, key: verifying(&listing.signing_key) })
}

/// An equal repeat of what the cursor has passed need not be logged again. The newest one is, if it differs: a fork.
fn is_known(cursor: Option<InboxCursor>, arrived: &MailArrived) -> bool {
    cursor.is_some_and(|cursor| {
        let passed = arrived.generation == cursor.generation && arrived.sequence < cursor.sequence;
        let same = arrived.generation == cursor.generation
            && arrived.sequence == cursor.sequence
            && domain::command::chain(arrived.before, arrived.sequence, &arrived.mail) == Ok(cursor.chain);
        passed || same
    })
}

/// What is wrong with a mail that is in its place: it is counted and kept as evidence, so that nothing waits behind it.
fn objection(mail: &Mail, tools: &Tools<'_>) -> Option<String> {
    match mail {
        Mail::Manifest(signed) => manifest_objection(signed, tools),
        Mail::Head(news) => head_objection(news, tools),
        _ => None,
    }
}

fn head_objection(news: &HeadNews, tools: &Tools<'_>) -> Option<String> {
    let Tools { directory, crypto, .. } = tools;
    let countersignature = news.countersignature.as_ref();
    let fault = check_head(&news.signed, directory, *crypto).err().or_else(|| {
        countersignature.and_then(|countersignature| check_countersignature(countersignature, directory, *crypto).err())
    });
    fault.map(|fault| format!("a head of the books: {fault}"))
}

fn manifest_objection(signed: &SignedManifest, tools: &Tools<'_>) -> Option<String> {
    let Ok(hash) = signed.manifest.hash() else { return Some("a manifest without canonical form".to_owned()) };
    let key = verifying(tools.directory.publishing_key());
    let signature: Result<Signature, _> = domain::codec::decode(&signed.signature);
    let signed_by_city = signed.signer == tools.directory.city()
        && signature
            .is_ok_and(|signature| tools.crypto.verifies(&key, crate::stamp::CATALOGUE_PURPOSE, &hash.0, &signature));
    (!signed_by_city).then(|| format!("a catalogue version that the city did not sign: {}", hash.short()))
}

/// How far this unit has a peer's stream. Without a mirror, what is committed is as safe as it gets (protocol.md §2).
pub fn acknowledgement(rows: &impl UnitRead, peer: Peer) -> Result<MailAck, StoreFault> {
    let cursor = rows.get::<InboxCursors>(&peer.unit)?.filter(|cursor| cursor.generation == peer.generation);
    let sequence = cursor.map_or(MailSequence(0), |cursor| cursor.sequence);
    Ok(MailAck { generation: peer.generation, committed: sequence, mirrored: sequence })
}
