//! Sending mail: which batch goes to whom next, what a reply means, when to try again. State here may be lost: the outbox rows
//! and the receiver's cursor are the truth (protocol.md §2).

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{Command, MailAcknowledged, Proposal};
use domain::ids::{MailSequence, NodeId, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Outbox, OutboxHead, OutboxHeads};
use domain::time::Timestamp;
use protocol::directory::UnitListing;
use protocol::envelope::{Outgoing, SealMailFault, seal_mail};
use protocol::mail_exchange::{MOST_ENVELOPES, MailBatch, MailReply};
use protocol::sealing::SealingPublicKey;

use crate::identity::Tools;
use crate::status::MailStatus;

/// About that many bytes go in one batch, less than could: a slow link acknowledges within its deadline.
const BATCH_BYTES: usize = 1 << 20;

/// First and longest pause after a failure. Delivery is retried for ever.
const PAUSE_FIRST_MILLIS: i64 = 200;
const PAUSE_LONGEST_MILLIS: i64 = 5_000;

/// A batch to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To which unit.
    pub to: UnitId,
    /// To which of its nodes.
    pub node: NodeId,
    /// What to send, on the mail channel.
    pub batch: MailBatch,
}

/// The sending side of every stream of the unit.
#[derive(Debug, Default)]
pub struct Sending {
    peers: BTreeMap<UnitId, Peer>,
    /// Those whose last delivery failed: few, while a county has hundreds of peers.
    failing: BTreeSet<UnitId>,
}

#[derive(Debug, Default)]
struct Peer {
    under_way: bool,
    /// Who has the batch that is under way: what a node of a former life acknowledges, its next life may not have.
    sent_to: Option<NodeId>,
    /// What the peer had before that batch: an answer that says no more took nothing of it.
    sent_after: MailSequence,
    /// Which of the peer's voters is tried: the one it named as leader, else the next in turn.
    voter: usize,
    not_before: Timestamp,
    pause_millis: i64,
    last_fault: Option<String>,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The peer's node answered.
    Replied(MailReply),
    /// Nothing came back.
    Failed(String),
}

impl Sending {
    /// The batches that may go out now: at most one to each peer.
    pub fn poll(&mut self, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Vec<Delivery>, StoreFault> {
        let mut deliveries = Vec::new();
        for to in waited_for(rows)? {
            let Some(head) = rows.get::<OutboxHeads>(&to)? else { continue };
            let peer = self.peers.entry(to).or_default();
            // No pause is longer than this: one that seems so was set by a clock that has been set back since.
            let pause = peer.not_before.0.saturating_sub(tools.now.0);
            let waits = peer.under_way || (1..=PAUSE_LONGEST_MILLIS).contains(&pause);
            if waits || head.committed >= head.written {
                continue;
            }
            let Some(listing) = tools.directory.unit(to) else {
                peer.fail(tools.now, "not in the region's directory".to_owned());
                self.failing.insert(to);
                continue;
            };
            let Some(node) = listing.voters.get(peer.voter % listing.voters.len().max(1)).copied() else { continue };
            match batch(rows, listing, &head, tools)? {
                Ok(batch) => {
                    peer.under_way = true;
                    peer.sent_to = Some(node);
                    peer.sent_after = head.committed;
                    deliveries.push(Delivery { to, node, batch });
                }
                Err(fault) => {
                    peer.fail(tools.now, fault.to_string());
                    self.failing.insert(to);
                }
            }
        }
        Ok(deliveries)
    }

    /// When a peer that failed is tried again, if one waits for that: for who sleeps until something is to be done.
    pub fn tried_again_at(&self) -> Option<Timestamp> {
        let waiting = self.failing.iter().filter_map(|peer| self.peers.get(peer)).filter(|peer| !peer.under_way);
        waiting.map(|peer| peer.not_before).min()
    }

    /// What follows from how a delivery ended.
    pub fn handle_delivered(&mut self, to: UnitId, delivered: Delivered, tools: &Tools<'_>) -> Option<Proposal> {
        let peer = self.peers.entry(to).or_default();
        peer.under_way = false;
        let voters = tools.directory.unit(to).map(|unit| unit.voters.as_slice()).unwrap_or_default();
        let is_former = peer.sent_to.take().is_some_and(|node| !voters.contains(&node));
        let why = match delivered {
            Delivered::Replied(MailReply::Ack(_)) if is_former => "an answer of a former self".to_owned(),
            // A next life that has not read so far yet: what lies between goes out again once its fence is here.
            Delivered::Replied(MailReply::Ack(ack)) if ack.committed < peer.sent_after => {
                format!("it has our mail up to {}, and had it up to {}", ack.committed.0, peer.sent_after.0)
            }
            Delivered::Replied(MailReply::Ack(ack)) => {
                peer.pause_millis = 0;
                peer.last_fault = None;
                self.failing.remove(&to);
                let acknowledged = MailAcknowledged {
                    peer: to,
                    generation: ack.generation,
                    committed: ack.committed,
                    mirrored: ack.mirrored,
                };
                // The rows say what is committed only once this is applied: until then the same mail would go out again.
                peer.under_way = true;
                let command = Command::MailAcknowledged(acknowledged);
                return Some(Proposal { command, stamp: tools.own_stamp() });
            }
            Delivered::Replied(MailReply::NotLeader { hint }) => {
                match hint.and_then(|node| voters.iter().position(|voter| *voter == node)) {
                    Some(leader) if leader != peer.voter % voters.len().max(1) => {
                        peer.voter = leader;
                        return None;
                    }
                    _ => "no leader there at the moment".to_owned(),
                }
            }
            Delivered::Replied(MailReply::Refused { code, why, .. }) => format!("refused ({code}): {why}"),
            Delivered::Failed(why) => why,
        };
        peer.fail(tools.now, why);
        self.failing.insert(to);
        None
    }

    /// An acknowledgement was applied, or came to nothing: the stream may go on.
    pub fn acknowledged(&mut self, to: UnitId) {
        self.peers.entry(to).or_default().under_way = false;
    }

    /// How each stream is.
    pub fn status(&self, rows: &impl UnitRead) -> Result<Vec<MailStatus>, StoreFault> {
        let status = |(peer, head): (UnitId, OutboxHead)| {
            let waiting = (peer, head.committed.next())..=(peer, MailSequence(u64::MAX));
            let oldest = rows.scan::<Outbox>(waiting, 1)?.first().map(|(_, mail)| mail.at);
            let last_fault = self.peers.get(&peer).and_then(|state| state.last_fault.clone());
            Ok(MailStatus { peer, backlog: head.written.0 - head.committed.0, oldest, last_fault })
        };
        heads(rows)?.into_iter().map(status).collect()
    }
}

impl Peer {
    fn fail(&mut self, now: Timestamp, why: String) {
        self.pause_millis = (self.pause_millis * 2).clamp(PAUSE_FIRST_MILLIS, PAUSE_LONGEST_MILLIS);
        self.not_before = now.plus_millis(self.pause_millis);
        self.voter = self.voter.wrapping_add(1);
        self.last_fault = Some(why);
    }
}

/// Peers for whom mail is kept, by unit. Steps from one to the next: most peers of a large unit have all of theirs.
fn waited_for(rows: &impl UnitRead) -> Result<Vec<UnitId>, StoreFault> {
    let mut found = Vec::new();
    let mut from = Some(UnitId::FIRST);
    while let Some(first) = from {
        let rest = (first, MailSequence(0))..=(UnitId::LAST, MailSequence(u64::MAX));
        let next = rows.scan::<Outbox>(rest, 1)?.pop().map(|((to, _), _)| to);
        found.extend(next);
        from = next.and_then(|to| UnitId::new(to.get() + 1));
    }
    Ok(found)
}

fn heads(rows: &impl UnitRead) -> Result<Vec<(UnitId, OutboxHead)>, StoreFault> {
    rows.scan::<OutboxHeads>(UnitId::FIRST..=UnitId::LAST, usize::MAX)
}

fn batch(
    rows: &impl UnitRead,
    to: &UnitListing,
    head: &OutboxHead,
    tools: &Tools<'_>,
) -> Result<Result<MailBatch, SealMailFault>, StoreFault> {
    let waiting = (to.unit, head.committed.next())..=(to.unit, head.written);
    let to_key = SealingPublicKey(to.sealing_key.0);
    let mut batch = MailBatch { envelopes: Vec::new() };
    let mut bytes = 0;
    for ((_, sequence), row) in rows.scan::<Outbox>(waiting, MOST_ENVELOPES)? {
        let outgoing = Outgoing {
            region: &tools.identity.region,
            from: tools.identity.unit,
            generation: tools.identity.generation,
            to: to.unit,
            sequence,
            before: row.before,
            chain: row.chain,
            mail: &row.mail,
            expires: None,
        };
        let signer = (tools.identity.node, &tools.keys.signing);
        let envelope = match seal_mail(outgoing, &to_key, signer, (tools.crypto, tools.entropy)) {
            Ok(envelope) => envelope,
            Err(fault) => return Ok(Err(fault)),
        };
        bytes += envelope.len();
        if !batch.envelopes.is_empty() && (bytes > BATCH_BYTES || !batch.has_room_for(envelope.len())) {
            break;
        }
        batch.envelopes.push(envelope);
    }
    Ok(Ok(batch))
}
