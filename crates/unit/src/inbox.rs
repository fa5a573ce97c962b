//! Arriving mail: what is checked before it is logged, and the commands that it becomes, in order (protocol.md §2).

use domain::audit::HeadNews;
use domain::catalogue::SignedManifest;
use domain::command::{Command, KeepDispute, MailArrived, Proposal};
use domain::digest::ContentHash;
use domain::ids::{MailSequence, NodeId, UnitId};
use domain::mail::Mail;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Disputes, InboxCursor, InboxCursors, OutboxHeads};
use protocol::audit::{check_countersignature, check_head};
use protocol::envelope::{Arrival, EnvelopeFault, Signer, open_mail};
use protocol::mail_exchange::{Carried, Carry, MailBatch, MailReply, MailRequest, MailRequestFault};
use protocol::record;
use protocol::seam::Peer;
use protocol::signing::Signature;
use protocol::statement::{MailRefusal, MailStatement, SignedGreeting, StatementFault, asked};

use crate::identity::{Tools, verifying};
use crate::relay::may_carry;
use crate::streams::{Contradiction, contradicts_us};

/// A request on the mail channel, whoever brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Who brought it, by the link's certificate.
    pub by: Peer,
    /// Whose it is: the unit that brought it, or whom a relay speaks for.
    pub from: UnitId,
    /// What is asked.
    pub request: MailRequest,
    /// By which the answer names it.
    pub asked: ContentHash,
}

/// What arrived on the mail channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// To be answered here.
    Asking(Asking),
    /// To be brought to another unit.
    Carry(Carry),
}

impl Incoming {
    /// Reads a request. What a relay brings is read too: one hop, so nothing in it is to be carried on.
    pub fn read(by: Peer, bytes: &[u8]) -> Result<Self, MailRequestFault> {
        Ok(match MailRequest::read(bytes)? {
            MailRequest::Carry(carry) => Self::Carry(*carry),
            MailRequest::Carried(carried) => {
                let Carried { from, request } = *carried;
                let asked = asked(&request);
                Self::Asking(Asking { by, from, request: MailRequest::read(&request)?, asked })
            }
            request => Self::Asking(Asking { by, from: by.unit, request, asked: asked(bytes) }),
        })
    }
}

/// What a request comes to, before anything is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// To be logged, in this order.
    pub proposals: Vec<Proposal>,
    /// Why it is not taken, if so.
    pub refused: Option<MailRefusal>,
    /// What the sender's greeting says of this unit that cannot be of its log, and the greeting as a record.
    pub accused: Option<(Contradiction, Vec<u8>)>,
}

/// Looks at a request. `rows` hold everything that an earlier leader may have acknowledged.
pub fn take(rows: &impl UnitRead, tools: &Tools<'_>, asking: &Asking) -> Result<Taken, StoreFault> {
    let (own, from) = (tools.identity.unit, asking.from);
    if asking.by.unit != from && !may_carry(tools.directory, asking.by.unit, from, own) {
        let why = format!("unit {} may not carry mail of unit {from} to unit {own}", asking.by.unit);
        return Ok(Taken::refused("mail.relay_unfit", why, false));
    }
    match &asking.request {
        MailRequest::Greet(signed) => greeted(rows, tools, from, signed),
        MailRequest::Batch(batch) => match admit(rows, tools, (asking.by, from), batch) {
            Ok(proposals) => Ok(Taken { proposals, ..Taken::default() }),
            Err(InboxFault::Store(fault)) => Err(fault),
            Err(fault) => Ok(Taken::refused(fault.code(), fault.to_string(), fault.is_passing())),
        },
        // Of a release before greetings were signed: good only from the unit itself.
        MailRequest::Hello(hello) if asking.by.unit == from => {
            let checked = hello.check(rows.get::<InboxCursors>(&from)?.as_ref());
            Ok(checked.err().map(|fault| Taken::refused(fault.code(), fault.to_string(), false)).unwrap_or_default())
        }
        MailRequest::Hello(_) | MailRequest::Carry(_) | MailRequest::Carried(_) => {
            let why = "a relay brings signed greetings and batches, and nothing for another relay";
            Ok(Taken::refused("mail.relay_unfit", why.to_owned(), false))
        }
    }
}

fn greeted(
    rows: &impl UnitRead,
    tools: &Tools<'_>,
    from: UnitId,
    signed: &SignedGreeting,
) -> Result<Taken, StoreFault> {
    let greeting = match signed.check((from, tools.identity.unit), tools.directory, tools.crypto) {
        Ok(greeting) => greeting,
        Err(fault @ StatementFault::Signer { .. }) => return Ok(Taken::refused(fault.code(), fault.to_string(), true)),
        Err(fault) => return Ok(Taken::refused(fault.code(), fault.to_string(), false)),
    };
    let said = || record::write(signed).map_err(|fault| StoreFault::Device(fault.to_string()));
    if let Some(what) = contradicts_us(rows, tools.identity, greeting)? {
        let refused = Taken::refused(what.code(), format!("unit {from} says: {what}"), false);
        return Ok(Taken { accused: Some((what, said()?)), ..refused });
    }
    let checked = greeting.hello.check(rows.get::<InboxCursors>(&from)?.as_ref());
    let refused = checked.err().map(|fault| Taken::refused(fault.code(), fault.to_string(), false));
    let mut taken = refused.unwrap_or_default();
    // An old greeting that came late says less than was read, too: only who knows what was said here and still says so confesses.
    let generation = greeting.hello.generation;
    let known = rows.get::<Disputes>(&(from, from))?.is_some_and(|known| known.generation >= generation);
    if let Some(what) = greeting.confession().filter(|_| !known) {
        tracing::error!(unit = %tools.identity.unit, peer = %from, what, "a neighbour's log is not the one that it was");
        let keep = KeepDispute { peer: from, of: from, generation, what, said: said()? };
        let command = Command::KeepDispute(Box::new(keep));
        taken.proposals.push(Proposal { command, stamp: tools.peer_stamp(from) });
    }
    Ok(taken)
}

/// What is answered, once everything that was taken is logged: how far both streams are, signed as this node.
pub fn state(
    rows: &impl UnitRead,
    tools: &Tools<'_>,
    asking: &Asking,
    refused: Option<MailRefusal>,
    mirrored: Option<MailSequence>,
) -> Result<MailReply, StoreFault> {
    let read = rows.get::<InboxCursors>(&asking.from)?;
    let committed = read.map_or(MailSequence(0), |cursor| cursor.sequence);
    let head = rows.get::<OutboxHeads>(&asking.from)?;
    let statement = MailStatement {
        region: tools.identity.region.clone(),
        by: tools.identity.unit,
        generation: tools.identity.generation,
        to: asking.from,
        asked: asking.asked,
        read,
        // Without a mirror, what is committed is as safe as it gets (protocol.md §2).
        mirrored: mirrored.map_or(committed, |mirrored| mirrored.min(committed)),
        acknowledged: head.map_or(MailSequence(0), |head| head.committed),
        refused,
    };
    let signed = statement.sign((tools.identity.node, &tools.keys.signing), tools.crypto);
    let signed = signed.map_err(|fault| StoreFault::Device(fault.to_string()))?;
    Ok(MailReply::Stated(Box::new(signed)))
}

impl Taken {
    fn refused(code: &str, why: String, passing: bool) -> Self {
        let refused = Some(MailRefusal { code: code.to_owned(), why, passing });
        Self { refused, ..Self::default() }
    }
}

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

/// Checks a batch of `from`, brought by `by`, and turns what is new into proposals, in order.
pub fn admit(
    rows: &impl UnitRead,
    tools: &Tools<'_>,
    (by, from): (Peer, UnitId),
    batch: &MailBatch,
) -> Result<Vec<Proposal>, InboxFault> {
    let cursor = rows.get::<InboxCursors>(&from)?;
    let mut proposals = Vec::new();
    for bytes in &batch.envelopes {
        let arrival = Arrival {
            region: &tools.identity.region,
            unit: tools.identity.unit,
            parent: tools.directory.parent(tools.identity.unit).map(|parent| parent.unit),
            key: &tools.keys.sealing,
            now: tools.now,
            brought_by: by,
            of: from,
            crypto: tools.crypto,
        };
        let mut arrived = open_mail(bytes, arrival, |node| signer(tools, node))?;
        if is_known(cursor, &arrived) {
            continue;
        }
        let (to, kind) = (tools.identity.unit, arrived.mail.kind());
        if !tools.directory.may_exchange(from, to, kind) {
            return Err(InboxFault::Pair { from, to, kind });
        }
        arrived.objection = objection(&arrived.mail, tools);
        let command = Command::MailArrived(Box::new(arrived));
        proposals.push(Proposal { command, stamp: tools.peer_stamp(from) });
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
