//! Sending mail: what goes to whom next, what a reply means, when to try again. State here may be lost: the outbox rows and the
//! receiver's cursor are the truth (protocol.md §2).
//!
//! What a peer acknowledges is remembered here at once, and logged once it is much or an hour old, with what all others acknowledged
//! meanwhile: a log entry for every few mails would be a third of all commands (docs/adr/0017). A leader that comes new to it hears it from the peer's answer to the greeting.
//!
//! A stream begins with a greeting: after this node became leader, after a restart, after a failed delivery. Nothing is sent before
//! the peer has said how far it is, and what it says is held against the rows ([`crate::streams`]). The units above are greeted even
//! where nothing waits for them: a unit that was set back has to hear of it before it does anything.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{Acknowledged, Command, KeepDispute, MailAcknowledged, Proposal};
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Outbox, OutboxHead, OutboxHeads};
use domain::time::Timestamp;
use protocol::mail_exchange::MailReply;
use protocol::record;
use protocol::statement::{MailStatement, SignedStatement, Told};
use protocol::touched::Touched;

use crate::identity::Tools;
use crate::peer::{Known, Peer, UnderWay};
use crate::relay::above;
use crate::status::MailStatus;
use crate::streams::{Accusers, Contradiction, Verdict, contradiction};
use crate::ways::Way;

/// What a peer acknowledged is logged once it is so many mails, or so many bytes of requests, or known for so long.
const LOGGED_MAILS: u64 = 32;
const LOGGED_BYTES: usize = 64 << 10;
const LOGGED_AFTER_MILLIS: i64 = 3_600_000;
/// What at most so many peers acknowledged is logged by one command.
const LOGGED_AT_ONCE: usize = 64;

/// At most so many peers for whom nothing waits are greeted at once: a county has hundreds of them.
const GREETED_AT_ONCE: usize = 16;

/// Something to send on the mail channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// For which unit.
    pub to: UnitId,
    /// To which node it goes, and of which unit that is: the receiver's, or a relay's.
    pub hop: (NodeId, UnitId),
    /// A [`protocol::mail_exchange::MailRequest`] record.
    pub body: Vec<u8>,
    /// How long an answer is waited for.
    pub within_millis: u64,
    /// Whether it only tells how far both streams are: no mail is in it.
    pub is_greeting: bool,
}

/// The sending side of every stream of the unit.
#[derive(Debug, Default)]
pub struct Sending {
    peers: BTreeMap<UnitId, Peer>,
    /// Those for whom something may wait to be sent; `None` before the rows were looked at.
    waiting: Option<BTreeSet<UnitId>>,
    /// Those of whom more is known than is logged, by when it was first known.
    unlogged: BTreeSet<(Timestamp, UnitId)>,
    /// Those whose last delivery failed: few, while a county has hundreds of peers.
    failing: BTreeSet<UnitId>,
    /// Those to be greeted though nothing may wait for them; `None` before the rows were looked at.
    to_greet: Option<BTreeSet<UnitId>>,
    accusers: Accusers,
    /// What peers said that contradicts rows which may not have been fresh, and what they were known to have.
    suspicions: BTreeMap<UnitId, (SignedStatement, MailSequence)>,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The peer's node answered.
    Replied(MailReply),
    /// Nothing came back.
    Failed(String),
}

/// A proposal that logs what peers acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Hand them back to [`Sending::logged`] once it was applied, refused, or came to nothing.
    pub peers: Vec<UnitId>,
    /// What to propose.
    pub proposal: Proposal,
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
    /// confirmed it; `touched` is what changed in them since the last time.
    pub fn poll(
        &mut self,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
        touched: &Touched,
    ) -> Result<Vec<Delivery>, StoreFault> {
        let mut waiting = match self.waiting.take() {
            Some(waiting) if !touched.is_everything() => waiting,
            _ => waited_for(rows)?,
        };
        waiting.extend(touched.streams());
        let idle = self.idle_to_greet(rows, tools, &waiting)?;
        let (mut deliveries, mut done) = (Vec::new(), Vec::new());
        let all = waiting.iter().map(|to| (*to, false)).chain(idle.into_iter().map(|to| (to, true)));
        for (to, is_idle) in all {
            let peer = self.peers.entry(to).or_default();
            let head = peer.head(rows, to)?;
            let waits = head.is_some_and(|head| head.committed < head.written);
            // Who has not said how far it is may have more, where mail is still kept for it.
            let asks = !peer.greeted && (is_idle || head.is_some_and(|head| head.mirrored < head.written));
            if !waits && !asks {
                done.push(to);
                continue;
            }
            if peer.is_busy() || self.suspicions.contains_key(&to) || peer.pauses(tools.now) {
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
        for to in done {
            waiting.remove(&to);
        }
        self.waiting = Some(waiting);
        Ok(deliveries)
    }

    /// The command that logs what peers acknowledged, once some of it is known for long enough.
    pub fn to_log(&mut self, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Option<Logging>, StoreFault> {
        let oldest = self.unlogged.first().map(|(since, _)| *since);
        let is_old = |since: Timestamp| since.plus_millis(LOGGED_AFTER_MILLIS) <= tools.now || since > tools.now;
        match oldest.is_some_and(is_old) {
            true => self.log(None, rows, tools),
            false => Ok(None),
        }
    }

    /// The command that logs what is known of one peer, and then of those of whom it is known for longest; `None` where the rows say
    /// all of it already.
    fn log(
        &mut self,
        mut first: Option<UnitId>,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Option<Logging>, StoreFault> {
        let mut acknowledged: Vec<Acknowledged> = Vec::new();
        while acknowledged.len() < LOGGED_AT_ONCE {
            let oldest = || self.unlogged.first().map(|(_, to)| *to);
            let Some(to) = first.take().or_else(oldest) else { break };
            let peer = self.peers.entry(to).or_default();
            if let Some(since) = peer.unlogged_since.take() {
                self.unlogged.remove(&(since, to));
            }
            peer.unlogged_bytes = 0;
            let Some((known, _)) = peer.unlogged(rows, to)?.filter(|_| !peer.logging) else { continue };
            peer.logging = true;
            let Known { committed, mirrored, .. } = known;
            acknowledged.push(Acknowledged { peer: to, committed, mirrored });
        }
        if acknowledged.is_empty() {
            return Ok(None);
        }
        let peers = acknowledged.iter().map(|said| said.peer).collect();
        let logged = MailAcknowledged { generation: tools.identity.generation, peers: acknowledged };
        let proposal = Proposal { command: Command::MailAcknowledged(logged), stamp: tools.own_stamp() };
        Ok(Some(Logging { peers, proposal }))
    }

    /// Some of those that are to be greeted once and for whom nothing waits.
    fn idle_to_greet(
        &mut self,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
        waited_for: &BTreeSet<UnitId>,
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
        let free = |peer: &&UnitId| !waited_for.contains(peer) && !under_way(peer);
        let ready = |peer: &&UnitId| !self.peers.get(*peer).is_some_and(|peer| peer.pauses(tools.now));
        Ok(to_greet.iter().filter(free).filter(ready).take(room).copied().collect())
    }

    /// When a peer that failed is tried again or what peers acknowledged is logged: for who sleeps until something is to be done.
    pub fn next_due(&self) -> Option<Timestamp> {
        let free = self.failing.iter().filter(|peer| !self.suspicions.contains_key(*peer));
        let failed = free.filter_map(|peer| self.peers.get(peer)).filter(|peer| !peer.is_busy());
        let logged = self.unlogged.first().map(|(since, _)| since.plus_millis(LOGGED_AFTER_MILLIS));
        failed.map(|peer| peer.not_before).chain(logged).min()
    }

    /// What follows from how a delivery ended.
    pub fn handle_delivered(
        &mut self,
        to: UnitId,
        delivered: Delivered,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Option<Logging>, StoreFault> {
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
                                Ok(logging) => return Ok(logging),
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
    ) -> Result<Result<Option<Logging>, String>, StoreFault> {
        let committed = statement.read_of(tools.identity.generation);
        let known = Known { generation: statement.generation, committed, mirrored: statement.mirrored.min(committed) };
        let peer = self.peers.entry(to).or_default();
        let before = peer.head(rows, to)?;
        let is_news = |head: OutboxHead| committed > head.committed || known.mirrored > head.mirrored;
        if !before.is_some_and(is_news) && !under_way.is_greeting {
            return Ok(Err("nothing of what was sent was taken".to_owned()));
        }
        self.failing.remove(&to);
        self.accusers.remove(to);
        (peer.greeted, peer.disputed, peer.told) = (true, false, None);
        (peer.pause_millis, peer.last_fault) = (0, None);
        peer.known = Some(known);
        peer.unlogged_bytes += under_way.bytes;
        let Some((_, mails)) = peer.unlogged(rows, to)? else { return Ok(Ok(None)) };
        if mails >= LOGGED_MAILS || peer.unlogged_bytes >= LOGGED_BYTES {
            return self.log(Some(to), rows, tools).map(Ok);
        }
        self.log_later(to, tools.now);
        Ok(Ok(None))
    }

    /// More is known of a peer than is logged, from now on or since longer.
    fn log_later(&mut self, to: UnitId, now: Timestamp) {
        let peer = self.peers.entry(to).or_default();
        let since = *peer.unlogged_since.get_or_insert(now);
        self.unlogged.insert((since, to));
    }

    /// What such peers acknowledged was logged, or came to nothing and is to be logged later.
    pub fn logged(
        &mut self,
        peers: impl IntoIterator<Item = UnitId>,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<(), StoreFault> {
        for to in peers {
            let peer = self.peers.entry(to).or_default();
            peer.logging = false;
            if peer.unlogged(rows, to)?.is_some() {
                self.log_later(to, tools.now);
            }
        }
        Ok(())
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
            let state = self.peers.get(&peer);
            let head = state.map_or(Ok(head), |state| state.advanced(head, rows, peer))?;
            let waiting = (peer, head.committed.next())..=(peer, MailSequence(u64::MAX));
            let oldest = rows.scan::<Outbox>(waiting, 1)?.first().map(|(_, mail)| mail.at);
            let last_fault = state.and_then(|state| state.last_fault.clone());
            let through = state.and_then(|state| state.ways.through());
            let stopped = state.is_some_and(|state| state.disputed);
            Ok(MailStatus { peer, backlog: head.written.0 - head.committed.0, oldest, last_fault, through, stopped })
        };
        heads(rows)?.into_iter().map(status).collect()
    }
}

/// Keeps what a peer said as evidence. An own log that is known to be wrong is written no further: that is for the verdict.
fn dispute(peer: UnitId, what: Contradiction, said: Vec<u8>, tools: &Tools<'_>) -> Option<Proposal> {
    let (of, generation) = match what.is_about_us() {
        true => (tools.identity.unit, tools.identity.generation),
        false => (peer, Generation::FIRST),
    };
    let keep = KeepDispute { peer, of, generation, what: what.to_string(), said };
    Some(Proposal { command: Command::KeepDispute(Box::new(keep)), stamp: tools.peer_stamp(peer) })
}

/// Peers for whom mail is kept. Steps from one to the next: most peers of a large unit have all of theirs.
fn waited_for(rows: &impl UnitRead) -> Result<BTreeSet<UnitId>, StoreFault> {
    let mut found = BTreeSet::new();
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
