//! Sending mail: what goes to whom next, what a reply means, when to try again. State here may be lost: the outbox rows and the
//! receiver's cursor are the truth (protocol.md §2).
//!
//! A stream begins with a greeting: after this node became leader, after a restart, after a failed delivery. Nothing is sent before
//! the peer has said how far it is, and what it says is held against the rows ([`crate::streams`]). The units above are greeted even
//! where nothing waits for them: a unit that was set back has to hear of it before it does anything.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{Command, KeepDispute, MailAcknowledged, Proposal, stream_start};
use domain::digest::ContentHash;
use domain::ids::{MailSequence, NodeId, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursors, Outbox, OutboxHead, OutboxHeads};
use domain::time::Timestamp;
use protocol::directory::UnitListing;
use protocol::envelope::{Outgoing, seal_mail};
use protocol::mail_exchange::{Carry, MOST_ENVELOPES, MailBatch, MailHello, MailReply, MailRequest};
use protocol::record;
use protocol::sealing::SealingPublicKey;
use protocol::statement::{MailGreeting, MailStatement, SignedStatement, Told, asked};

use crate::identity::Tools;
use crate::relay::{above, relays};
use crate::status::MailStatus;
use crate::streams::{Accusers, Contradiction, Verdict, contradiction};
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

/// At most so many peers for whom nothing waits are greeted at once: a county has hundreds of them.
const GREETED_AT_ONCE: usize = 16;

/// Something to send on the mail channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// For which unit.
    pub to: UnitId,
    /// To which node it goes, and of which unit that is: the receiver's, or a relay's.
    pub hop: (NodeId, UnitId),
    /// A [`MailRequest`] record.
    pub body: Vec<u8>,
    /// How long an answer is waited for.
    pub within_millis: u64,
}

/// The sending side of every stream of the unit.
#[derive(Debug, Default)]
pub struct Sending {
    peers: BTreeMap<UnitId, Peer>,
    /// Those whose last delivery failed: few, while a county has hundreds of peers.
    failing: BTreeSet<UnitId>,
    /// Those to be greeted though nothing may wait for them; `None` before the rows were looked at.
    to_greet: Option<BTreeSet<UnitId>>,
    accusers: Accusers,
    /// What peers said that contradicts rows which may not have been fresh, and what they were known to have.
    suspicions: BTreeMap<UnitId, (SignedStatement, MailSequence)>,
}

#[derive(Debug, Default)]
struct Peer {
    under_way: Option<UnderWay>,
    /// An acknowledgement is being logged.
    logging: bool,
    /// It answered a greeting, and nothing failed since.
    greeted: bool,
    /// Which of the peer's voters is tried: the one it named as leader, else the next in turn.
    voter: usize,
    ways: Ways,
    not_before: Timestamp,
    pause_millis: i64,
    last_fault: Option<String>,
    /// What it said that contradicts our log.
    told: Option<Told>,
    disputed: bool,
}

/// What was asked of a peer and is not answered yet.
#[derive(Clone, Copy, Debug)]
struct UnderWay {
    asked: ContentHash,
    is_greeting: bool,
    /// What the peer was known to have then.
    committed: MailSequence,
    way: Way,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The peer's node answered.
    Replied(MailReply),
    /// Nothing came back.
    Failed(String),
}

/// What became of a suspicion once the rows were fresh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What is to be kept as evidence.
    pub proposals: Vec<Proposal>,
    /// To be sent before anything else: what this unit has to confess to its peers.
    pub confessions: Vec<Delivery>,
    /// Why the group has to stop.
    pub verdict: Option<Verdict>,
}

impl Sending {
    /// What may go out now: at most one to each peer. `rows` hold everything that was ever confirmed, as an earlier leader may have
    /// confirmed it.
    pub fn poll(&mut self, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Vec<Delivery>, StoreFault> {
        let waited_for = waited_for(rows)?;
        let idle = self.idle_to_greet(rows, tools, &waited_for)?;
        let mut deliveries = Vec::new();
        for to in waited_for.into_iter().chain(idle) {
            let head = rows.get::<OutboxHeads>(&to)?;
            let peer = self.peers.entry(to).or_default();
            let waits = head.is_some_and(|head| head.committed < head.written);
            let is_suspected = self.suspicions.contains_key(&to);
            if peer.is_busy() || is_suspected || peer.pauses(tools.now) || (peer.greeted && !waits) {
                continue;
            }
            let made = match tools.directory.unit(to) {
                None => Err("not in the region's directory".to_owned()),
                Some(listing) => peer.next(rows, listing, head, tools)?,
            };
            match made {
                Ok(delivery) => deliveries.push(delivery),
                Err(why) => {
                    peer.fail(tools.now, why);
                    self.failing.insert(to);
                }
            }
        }
        Ok(deliveries)
    }

    /// Some of those that are to be greeted once and for whom nothing waits.
    fn idle_to_greet(
        &mut self,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
        waited_for: &[UnitId],
    ) -> Result<Vec<UnitId>, StoreFault> {
        if self.to_greet.is_none() {
            let known = heads(rows)?.into_iter().map(|(peer, _)| peer);
            let above = above(tools.directory, tools.identity.unit);
            self.to_greet = Some(known.chain(above).collect());
        }
        let greeted = |peer: &UnitId| self.peers.get(peer).is_some_and(|peer| peer.greeted);
        let to_greet = self.to_greet.get_or_insert_default();
        to_greet.retain(|peer| !greeted(peer));
        let under_way =
            |peer: &&UnitId| self.suspicions.contains_key(*peer) || self.peers.get(*peer).is_some_and(Peer::is_busy);
        let room = GREETED_AT_ONCE.saturating_sub(to_greet.iter().filter(under_way).count());
        let free = |peer: &&UnitId| !waited_for.contains(*peer) && !under_way(peer);
        let ready = |peer: &&UnitId| !self.peers.get(*peer).is_some_and(|peer| peer.pauses(tools.now));
        Ok(to_greet.iter().filter(free).filter(ready).take(room).copied().collect())
    }

    /// When a peer that failed is tried again, if one waits for that: for who sleeps until something is to be done.
    pub fn tried_again_at(&self) -> Option<Timestamp> {
        let free = self.failing.iter().filter(|peer| !self.suspicions.contains_key(*peer));
        let waiting = free.filter_map(|peer| self.peers.get(peer)).filter(|peer| !peer.is_busy());
        waiting.map(|peer| peer.not_before).min()
    }

    /// What follows from how a delivery ended.
    pub fn handle_delivered(
        &mut self,
        to: UnitId,
        delivered: Delivered,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Option<Proposal>, StoreFault> {
        let peer = self.peers.entry(to).or_default();
        let Some(under_way) = peer.under_way.take() else { return Ok(None) };
        let why = match delivered {
            Delivered::Replied(MailReply::Stated(signed)) => {
                let identity = tools.identity;
                let checked = signed.check((to, identity.unit), under_way.asked, tools.directory, tools.crypto);
                match checked {
                    Err(fault) => peer.lost(under_way.way, tools.now, format!("{fault} [{}]", fault.code())),
                    Ok(statement) => {
                        peer.ways.came_through(under_way.way, tools.now);
                        if contradiction(rows, identity, statement, under_way.committed)?.is_some() {
                            self.suspicions.insert(to, (*signed, under_way.committed));
                            return Ok(None);
                        }
                        match &statement.refused {
                            Some(refused) => format!("refused ({}): {}", refused.code, refused.why),
                            None => match self.agreed(to, statement, under_way, rows, tools)? {
                                Ok(proposal) => return Ok(proposal),
                                Err(why) => why,
                            },
                        }
                    }
                }
            }
            Delivered::Replied(MailReply::NotLeader { hint }) => {
                let voters = tools.directory.unit(to).map(|unit| unit.voters.as_slice()).unwrap_or_default();
                match hint.and_then(|node| voters.iter().position(|voter| *voter == node)) {
                    Some(leader) if leader != peer.voter % voters.len().max(1) && under_way.way == Way::Straight => {
                        peer.voter = leader;
                        return Ok(None);
                    }
                    // A relay may have made it up.
                    _ => peer.lost(under_way.way, tools.now, "no leader there at the moment".to_owned()),
                }
            }
            // Of a relay, or of a node that has stopped: nothing of what it says is the unit's word.
            Delivered::Replied(MailReply::Refused { code, why, .. }) => {
                peer.lost(under_way.way, tools.now, format!("refused ({code}): {why}"))
            }
            Delivered::Replied(MailReply::Ack(_)) => {
                peer.lost(under_way.way, tools.now, "an answer that nobody signed [mail.signature]".to_owned())
            }
            Delivered::Failed(why) => peer.lost(under_way.way, tools.now, why),
        };
        let peer = self.peers.entry(to).or_default();
        peer.fail(tools.now, why);
        self.failing.insert(to);
        Ok(None)
    }

    /// The peer and these rows agree about the streams between them.
    fn agreed(
        &mut self,
        to: UnitId,
        statement: &MailStatement,
        under_way: UnderWay,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Result<Option<Proposal>, String>, StoreFault> {
        let (committed, mirrored) = (statement.read_of(tools.identity.generation), statement.mirrored);
        let mirrored = mirrored.min(committed);
        let head = rows.get::<OutboxHeads>(&to)?;
        let is_news = head.is_some_and(|head| committed > head.committed || mirrored > head.mirrored);
        if !is_news && !under_way.is_greeting {
            return Ok(Err("nothing of what was sent was taken".to_owned()));
        }
        self.failing.remove(&to);
        self.accusers.remove(to);
        let peer = self.peers.entry(to).or_default();
        (peer.greeted, peer.disputed, peer.told) = (true, false, None);
        (peer.pause_millis, peer.last_fault) = (0, None);
        if !is_news {
            return Ok(Ok(None));
        }
        // The rows say what is committed only once this is applied: until then the same mail would go out again.
        peer.logging = true;
        let generation = tools.identity.generation;
        let acknowledged = MailAcknowledged { peer: to, generation, committed, mirrored };
        Ok(Ok(Some(Proposal { command: Command::MailAcknowledged(acknowledged), stamp: tools.own_stamp() })))
    }

    /// An acknowledgement was applied, or came to nothing: the stream may go on.
    pub fn acknowledged(&mut self, to: UnitId) {
        self.peers.entry(to).or_default().logging = false;
    }

    /// Whether every unit above has answered a greeting and agrees: until then a unit whose only disk was set back does not know it.
    pub fn has_heard(&self, tools: &Tools<'_>) -> bool {
        let agrees = |unit: &UnitId| self.peers.get(unit).is_some_and(|peer| peer.greeted);
        above(tools.directory, tools.identity.unit).iter().all(agrees)
    }

    /// Whether a peer said what cannot be, by rows that may have been old: whoever runs this makes sure that they are fresh, and then
    /// calls [`Self::judge`].
    pub fn has_suspicions(&self) -> bool {
        !self.suspicions.is_empty()
    }

    /// Holds what peers said against rows that are known to be fresh.
    pub fn judge(&mut self, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Judged, StoreFault> {
        let mut judged = Judged::default();
        for (to, (signed, committed)) in std::mem::take(&mut self.suspicions) {
            let found = contradiction(rows, tools.identity, &signed.statement, committed)?;
            let peer = self.peers.entry(to).or_default();
            peer.greeted = false;
            let Some(found) = found else { continue };
            let already = std::mem::replace(&mut peer.disputed, true);
            peer.fail(tools.now, found.to_string());
            self.failing.insert(to);
            self.to_greet.get_or_insert_default().insert(to);
            let said = record::write(&signed).map_err(|fault| StoreFault::Device(fault.to_string()))?;
            if !already {
                tracing::error!(unit = %tools.identity.unit, peer = %to, %found, "a neighbour contradicts this unit's log");
                judged.proposals.extend(dispute(to, found, said.clone(), tools));
            }
            if found.is_about_us() {
                self.accusers.add(to, found, said);
                let peer = self.peers.entry(to).or_default();
                let MailStatement { read, acknowledged, .. } = signed.statement;
                peer.told = Some(Told { read, acknowledged });
                if let (false, Some(listing)) = (already, tools.directory.unit(to)) {
                    let head = rows.get::<OutboxHeads>(&to)?;
                    judged.confessions.extend(peer.next(rows, listing, head, tools)?);
                }
            }
        }
        judged.verdict = self.verdict(tools);
        Ok(judged)
    }

    /// A peer's own greeting said of this unit what cannot be of its log, by rows that were fresh.
    pub fn accused(&mut self, by: UnitId, what: Contradiction, said: Vec<u8>, tools: &Tools<'_>) -> Judged {
        let peer = self.peers.entry(by).or_default();
        let already = std::mem::replace(&mut peer.disputed, true);
        peer.greeted = false;
        peer.fail(tools.now, what.to_string());
        self.failing.insert(by);
        self.to_greet.get_or_insert_default().insert(by);
        self.accusers.add(by, what, said.clone());
        let proposals = if already { vec![] } else { dispute(by, what, said, tools).into_iter().collect() };
        Judged { proposals, confessions: vec![], verdict: self.verdict(tools) }
    }

    fn verdict(&self, tools: &Tools<'_>) -> Option<Verdict> {
        self.accusers.verdict(&above(tools.directory, tools.identity.unit))
    }

    /// How each stream is.
    pub fn status(&self, rows: &impl UnitRead) -> Result<Vec<MailStatus>, StoreFault> {
        let status = |(peer, head): (UnitId, OutboxHead)| {
            let waiting = (peer, head.committed.next())..=(peer, MailSequence(u64::MAX));
            let oldest = rows.scan::<Outbox>(waiting, 1)?.first().map(|(_, mail)| mail.at);
            let state = self.peers.get(&peer);
            let last_fault = state.and_then(|state| state.last_fault.clone());
            let through = state.and_then(|state| state.ways.through());
            let stopped = state.is_some_and(|state| state.disputed);
            Ok(MailStatus { peer, backlog: head.written.0 - head.committed.0, oldest, last_fault, through, stopped })
        };
        heads(rows)?.into_iter().map(status).collect()
    }
}

impl Peer {
    fn is_busy(&self) -> bool {
        self.under_way.is_some() || self.logging
    }

    fn pauses(&self, now: Timestamp) -> bool {
        let longest = if self.disputed { PAUSE_DISPUTED_MILLIS } else { PAUSE_LONGEST_MILLIS };
        // No pause is longer than this: one that seems so was set by a clock that has been set back since.
        (1..=longest).contains(&self.not_before.0.saturating_sub(now.0))
    }

    /// Nothing came back that way, or nothing of the peer's own.
    fn lost(&mut self, way: Way, now: Timestamp, why: String) -> String {
        if self.ways.failed(way, now) {
            self.pause_millis = 0;
        }
        match way {
            Way::Straight => why,
            Way::Through(relay) => format!("through {relay}: {why}"),
        }
    }

    fn fail(&mut self, now: Timestamp, why: String) {
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
    fn next(
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
        self.under_way = Some(UnderWay { asked: asked(&request), is_greeting, committed, way });
        let within_millis = if is_greeting { GREETING_MILLIS } else { BATCH_MILLIS };
        let straight = Delivery { to: to.unit, hop: (node, to.unit), body: request, within_millis };
        let Way::Through(relay) = way else { return Ok(Ok(straight)) };
        let hop = tools.directory.unit(relay).and_then(|listing| {
            let at = self.voter.checked_rem(listing.voters.len())?;
            Some((*listing.voters.get(at)?, relay))
        });
        let carry = Carry { to: to.unit, node, request: straight.body };
        let body = record::write(&MailRequest::Carry(Box::new(carry))).map_err(|fault| fault.to_string());
        Ok(match (hop, body) {
            (Some(hop), Ok(body)) => Ok(Delivery { hop, body, to: to.unit, within_millis }),
            (None, _) => Err(format!("the relay {relay} has no nodes")),
            (_, Err(why)) => Err(why),
        }
        .inspect_err(|_| self.under_way = None))
    }
}

/// Keeps what a peer said as evidence. An own log that is known to be wrong is written no further: that is for the verdict.
fn dispute(peer: UnitId, what: Contradiction, said: Vec<u8>, tools: &Tools<'_>) -> Option<Proposal> {
    let (of, generation) = match what.is_about_us() {
        true => (tools.identity.unit, tools.identity.generation),
        false => (peer, domain::ids::Generation::FIRST),
    };
    let keep = KeepDispute { peer, of, generation, what: what.to_string(), said };
    Some(Proposal { command: Command::KeepDispute(Box::new(keep)), stamp: tools.peer_stamp(peer) })
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
