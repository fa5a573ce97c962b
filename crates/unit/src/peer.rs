//! One peer that mail is sent to: how far it is, what is under way, what goes next and which way.

use domain::command::stream_start;
use domain::digest::ContentHash;
use domain::ids::{Generation, MailSequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursors, Outbox, OutboxHead, OutboxHeads};
use domain::time::Timestamp;
use protocol::directory::UnitListing;
use protocol::envelope::{Outgoing, seal_mail};
use protocol::mail_exchange::{Carry, MOST_ENVELOPES, MailBatch, MailHello, MailRequest};
use protocol::record;
use protocol::sealing::SealingPublicKey;
use protocol::statement::{MailGreeting, Told, asked};

use crate::identity::Tools;
use crate::outbox::Delivery;
use crate::relay::relays;
use crate::ways::{Way, Ways};

/// About that many bytes go in one batch, less than could: a slow link acknowledges within its deadline.
const BATCH_BYTES: usize = 1 << 20;

/// First and longest pause after a failure. Delivery is retried for ever.
const PAUSE_FIRST_MILLIS: i64 = 200;
const PAUSE_LONGEST_MILLIS: i64 = 5_000;
/// A peer with whom there is a contradiction is greeted so often: people have to look, and it may be over then.
const PAUSE_DISPUTED_MILLIS: i64 = 60_000;

/// How long a peer may take to log a batch of mail, and to answer a greeting.
const BATCH_MILLIS: u64 = 10_000;
const GREETING_MILLIS: u64 = 5_000;

#[derive(Debug, Default)]
pub(crate) struct Peer {
    pub(crate) under_way: Option<UnderWay>,
    pub(crate) known: Option<Known>,
    /// Since when more is known than is logged.
    pub(crate) unlogged_since: Option<Timestamp>,
    /// Bytes of requests that it has acknowledged since.
    pub(crate) unlogged_bytes: usize,
    /// An acknowledgement is being logged.
    pub(crate) logging: bool,
    /// It answered a greeting, and nothing failed since.
    pub(crate) greeted: bool,
    /// Which of the peer's voters is tried: the one it named as leader, else the next in turn.
    pub(crate) voter: usize,
    pub(crate) ways: Ways,
    pub(crate) not_before: Timestamp,
    pub(crate) pause_millis: i64,
    pub(crate) last_fault: Option<String>,
    /// What it said that contradicts our log.
    pub(crate) told: Option<Told>,
    pub(crate) disputed: bool,
}

/// What a peer said last of how far it has our mail, and in which life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) generation: Generation,
    pub(crate) committed: MailSequence,
    pub(crate) mirrored: MailSequence,
}

/// What was asked of a peer and is not answered yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnderWay {
    pub(crate) asked: ContentHash,
    pub(crate) is_greeting: bool,
    /// What the peer was known to have then.
    pub(crate) committed: MailSequence,
    pub(crate) bytes: usize,
    pub(crate) way: Way,
}

impl Peer {
    pub(crate) fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// What the peer said, unless a later life of it has sent its fence since: that one may have less.
    pub(crate) fn believed(&self, rows: &impl UnitRead, to: UnitId) -> Result<Option<Known>, StoreFault> {
        let Some(known) = self.known else { return Ok(None) };
        let cursor = rows.get::<InboxCursors>(&to)?;
        Ok(Some(known).filter(|known| cursor.is_none_or(|cursor| cursor.generation <= known.generation)))
    }

    /// The stream's head, with what the peer has acknowledged whether it is logged or not.
    pub(crate) fn head(&self, rows: &impl UnitRead, to: UnitId) -> Result<Option<OutboxHead>, StoreFault> {
        rows.get::<OutboxHeads>(&to)?.map(|head| self.advanced(head, rows, to)).transpose()
    }

    /// A head as it is logged, with what the peer has acknowledged since.
    pub(crate) fn advanced(
        &self,
        head: OutboxHead,
        rows: &impl UnitRead,
        to: UnitId,
    ) -> Result<OutboxHead, StoreFault> {
        if head.mirrored == head.written {
            return Ok(head);
        }
        let Some(known) = self.believed(rows, to)? else { return Ok(head) };
        let (committed, mirrored) = (head.committed.max(known.committed), head.mirrored.max(known.mirrored));
        Ok(OutboxHead { committed, mirrored, ..head })
    }

    /// What the peer said, where that is more than is logged, and by how many mails.
    pub(crate) fn unlogged(&self, rows: &impl UnitRead, to: UnitId) -> Result<Option<(Known, u64)>, StoreFault> {
        let (Some(head), Some(known)) = (rows.get::<OutboxHeads>(&to)?, self.believed(rows, to)?) else {
            return Ok(None);
        };
        let committed = known.committed.0.saturating_sub(head.committed.0);
        let mails = committed.max(known.mirrored.0.saturating_sub(head.mirrored.0));
        Ok(Some((known, mails)).filter(|(_, mails)| *mails > 0))
    }

    pub(crate) fn pauses(&self, now: Timestamp) -> bool {
        let longest = if self.disputed { PAUSE_DISPUTED_MILLIS } else { PAUSE_LONGEST_MILLIS };
        // No pause is longer than this: one that seems so was set by a clock that has been set back since.
        (1..=longest).contains(&self.not_before.0.saturating_sub(now.0))
    }

    /// Nothing came back that way, or nothing of the peer's own.
    pub(crate) fn lost(&mut self, way: Way, now: Timestamp, why: String) -> String {
        if self.ways.failed(way, now) {
            self.pause_millis = 0;
        }
        match way {
            Way::Straight => why,
            Way::Through(relay) => format!("through {relay}: {why}"),
        }
    }

    pub(crate) fn fail(&mut self, now: Timestamp, why: String) {
        self.pause_millis = match self.disputed {
            true => PAUSE_DISPUTED_MILLIS,
            false => (self.pause_millis * 2).clamp(PAUSE_FIRST_MILLIS, PAUSE_LONGEST_MILLIS),
        };
        self.not_before = now.plus_millis(self.pause_millis);
        self.voter = self.voter.wrapping_add(1);
        self.greeted = false;
        self.last_fault = Some(why);
    }

    /// The next thing to send: a greeting before anything else.
    pub(crate) fn next(
        &mut self,
        rows: &impl UnitRead,
        to: &UnitListing,
        head: Option<OutboxHead>,
        tools: &Tools<'_>,
    ) -> Result<Result<Delivery, String>, StoreFault> {
        let voters = to.voters.len().max(1);
        let Some(node) = to.voters.get(self.voter % voters).copied() else {
            return Ok(Err("it has no nodes in the region's directory".to_owned()));
        };
        let is_greeting = !self.greeted;
        let made = match (is_greeting, &head) {
            (true, _) => greeting(rows, to.unit, head, self.told, tools)?,
            (false, Some(head)) => batch(rows, to, head, tools)?.map(MailRequest::Batch),
            (false, None) => Err("nothing was written to it".to_owned()),
        };
        let request = match made.and_then(|request| record::write(&request).map_err(|fault| fault.to_string())) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why)),
        };
        let way = self.ways.next(|| relays(tools.directory, tools.identity.unit, to.unit), tools.now);
        let committed = head.map_or(MailSequence(0), |head| head.committed);
        let bytes = request.len();
        self.under_way = Some(UnderWay { asked: asked(&request), is_greeting, committed, bytes, way });
        let within_millis = if is_greeting { GREETING_MILLIS } else { BATCH_MILLIS };
        let straight = Delivery { to: to.unit, hop: (node, to.unit), body: request, within_millis, is_greeting };
        let Way::Through(relay) = way else { return Ok(Ok(straight)) };
        let hop = tools.directory.unit(relay).and_then(|listing| {
            let at = self.voter.checked_rem(listing.voters.len())?;
            Some((*listing.voters.get(at)?, relay))
        });
        let carry = Carry { to: to.unit, node, request: straight.body };
        let body = record::write(&MailRequest::Carry(Box::new(carry))).map_err(|fault| fault.to_string());
        Ok(match (hop, body) {
            (Some(hop), Ok(body)) => Ok(Delivery { hop, body, to: to.unit, within_millis, is_greeting }),
            (None, _) => Err(format!("the relay {relay} has no nodes")),
            (_, Err(why)) => Err(why),
        }
        .inspect_err(|_| self.under_way = None))
    }
}

fn greeting(
    rows: &impl UnitRead,
    to: UnitId,
    head: Option<OutboxHead>,
    told: Option<Told>,
    tools: &Tools<'_>,
) -> Result<Result<MailRequest, String>, StoreFault> {
    let (from, generation) = (tools.identity.unit, tools.identity.generation);
    let start = || stream_start(from, generation.0, to);
    let (written, chain) = head.map_or_else(|| (MailSequence(0), start()), |head| (head.written, head.chain));
    let mut nonce = [0; 8];
    tools.entropy.fill(&mut nonce);
    let greeting = MailGreeting {
        region: tools.identity.region.clone(),
        hello: MailHello { from, generation, to, written, chain },
        acknowledged: head.map_or(MailSequence(0), |head| head.committed),
        read: rows.get::<InboxCursors>(&to)?,
        told,
        nonce: u64::from_be_bytes(nonce),
    };
    let signed = greeting.sign((tools.identity.node, &tools.keys.signing), tools.crypto);
    Ok(signed.map(|signed| MailRequest::Greet(Box::new(signed))).map_err(|fault| fault.to_string()))
}

fn batch(
    rows: &impl UnitRead,
    to: &UnitListing,
    head: &OutboxHead,
    tools: &Tools<'_>,
) -> Result<Result<MailBatch, String>, StoreFault> {
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
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        bytes += envelope.len();
        if !batch.envelopes.is_empty() && (bytes > BATCH_BYTES || !batch.has_room_for(envelope.len())) {
            break;
        }
        batch.envelopes.push(envelope);
    }
    Ok(Ok(batch))
}
