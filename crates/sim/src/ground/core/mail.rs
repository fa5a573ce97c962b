//! Mail on its way: sent over the links, held while there is no way, kept for late repeats, forged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use domain::command::chain;
use domain::ids::{CaseId, Generation, MailSequence, UnitId};
use domain::mail::Mail;
use domain::store::UnitRead;
use domain::tables::OutboxHeads;
use domain::time::Timestamp;
use protocol::crypto::Crypto;
use protocol::envelope::{Outgoing, seal_mail};
use protocol::mail_exchange::{Carried, MailBatch, MailReply, MailRequest};
use protocol::record;
use protocol::sealing::SealingPublicKey;
use protocol::seam::{Entropy, Peer};
use protocol::signing::SigningKey;
use protocol::statement::MailStatement;
use unit::outbox::{Delivered, Delivery};

use super::links::Transit;
use super::{CoreGround, Todo};
use crate::scenario::{FaultKind, Forgery};

/// Batches of one stream that are kept for late repeats, and their bytes together.
const MOST_KEPT: usize = 64;
const MOST_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// A request on the mail channel that arrives.
pub(super) struct Arriving {
    from: Peer,
    to: usize,
    body: Arc<Vec<u8>>,
    /// Who waits for an answer, and until when.
    answer: Option<Waiting>,
    /// The step that made it arrive, its kind, and what it is in words.
    told: Option<(usize, FaultKind, String)>,
}

#[derive(Clone, Copy)]
struct Waiting {
    at: usize,
    life: u32,
    until: Timestamp,
}

/// A delivery that cannot be answered before something is mended: its sender waits for that instead of asking every few seconds.
pub(super) struct Held {
    at: usize,
    life: u32,
    to: usize,
}

/// What was sent, for late repeats.
pub(super) struct Book {
    keeps: bool,
    sent: BTreeMap<(UnitId, UnitId), VecDeque<Arc<Vec<u8>>>>,
}

impl Book {
    pub(super) fn new(keeps: bool) -> Self {
        Self { keeps, sent: BTreeMap::new() }
    }

    fn keep(&mut self, from: UnitId, to: UnitId, body: &Arc<Vec<u8>>) {
        if !self.keeps {
            return;
        }
        let kept = self.sent.entry((from, to)).or_default();
        kept.push_back(Arc::clone(body));
        let bytes = |kept: &VecDeque<Arc<Vec<u8>>>| kept.iter().map(|body| body.len()).sum::<usize>();
        while kept.len() > 1 && (kept.len() > MOST_KEPT || bytes(kept) > MOST_KEPT_BYTES) {
            kept.pop_front();
        }
    }

    fn kept(&self, from: UnitId, to: UnitId) -> Vec<Arc<Vec<u8>>> {
        self.sent.get(&(from, to)).into_iter().flatten().cloned().collect()
    }
}

/// When the first copy of a message arrives, if one does.
fn arrival(transit: &Transit) -> Option<Timestamp> {
    match transit {
        Transit::Arrives(times, _) => times.first().copied(),
        Transit::Cut(_) | Transit::Lost(_) => None,
    }
}

fn failed(why: &str) -> Delivered {
    Delivered::Failed(why.to_owned())
}

impl CoreGround {
    /// Sends what a unit has for another, straight or through a relay.
    pub(super) fn deliver(&mut self, at: usize, delivery: Delivery) {
        let Delivery { to: peer, hop: (node, hop), body, within_millis, .. } = delivery;
        let (from, life) = (self.places[at].cell.peer(), self.places[at].life);
        let within = i64::try_from(within_millis).unwrap_or(i64::MAX);
        let waiting = Waiting { at, life, until: self.now.plus_millis(within) };
        let there = match self.formers.get(&node) {
            // By an old directory it goes to the old machines, if they still run.
            Some(former) if hop == peer => *former,
            _ => self.by_unit.get(&peer).copied(),
        };
        let Some(to) = there else {
            return self.fail(waiting, peer, self.now, "nobody is there");
        };
        if hop != peer {
            return self.carry(waiting, (to, hop), &body);
        }
        let body = Arc::new(body);
        self.book.keep(from.unit, peer, &body);
        match self.links.send(from.unit, peer, body.len(), self.now) {
            Transit::Cut((step, kind)) => {
                self.tell_fault(step, kind, format!("mail from {} to {} is held", self.alias(at), self.alias(to)));
                // Where there is another way, its sender finds it by itself.
                match self.relay_between(from.unit, peer).is_some() {
                    true => self.fail(waiting, peer, self.now, "there is no way straight there"),
                    false => self.held.push(Held { at, life, to }),
                }
            }
            Transit::Lost((step, kind)) => {
                self.tell_fault(step, kind, String::new());
                self.fail(waiting, peer, waiting.until, "no answer in time");
            }
            Transit::Arrives(times, told) => {
                for (step, kind) in told {
                    self.tell_fault(step, kind, String::new());
                }
                for (copy, time) in times.into_iter().enumerate() {
                    let in_time = copy == 0 && time <= waiting.until;
                    if copy == 0 && !in_time {
                        self.fail(waiting, peer, waiting.until, "no answer in time");
                    }
                    let (body, answer) = (Arc::clone(&body), in_time.then_some(waiting));
                    self.later(time, Todo::Arrive(Arriving { from, to, body, answer, told: None }));
                }
            }
        }
    }

    /// A unit that hears, reaches both and may carry between them, if one does.
    fn relay_between(&self, from: UnitId, to: UnitId) -> Option<UnitId> {
        let cut = |one, other| self.links.blocked(one, other, self.now).is_some();
        let joins = |one, other| !cut(one, other) && !cut(other, one);
        let relays = unit::relay::relays(&self.common.directory, from, to);
        relays.into_iter().find(|relay| {
            let hears = self.by_unit.get(relay).is_some_and(|at| self.hears(*at));
            hears && joins(from, *relay) && joins(*relay, to)
        })
    }

    /// Sends a request to a relay, which brings it on over its own link: as `host` does at any node of the relay.
    fn carry(&mut self, waiting: Waiting, (to, relay): (usize, UnitId), body: &[u8]) {
        let (from, peer) = (self.places[waiting.at].cell.identity.unit, self.places[to].cell.identity.unit);
        let by = self.by_unit.get(&relay).copied().filter(|relay| self.hears(*relay));
        let (Some(by), Ok(MailRequest::Carry(carry))) = (by, MailRequest::read(body)) else {
            return self.fail(waiting, peer, waiting.until, "the relay does not answer");
        };
        let carrier = self.places[by].cell.peer();
        let carried = MailRequest::Carried(Box::new(Carried { from, request: carry.request }));
        let Ok(body) = record::write(&carried).map(Arc::new) else {
            return self.fail(waiting, peer, self.now, "a request without bytes");
        };
        let first = self.links.send(from, relay, body.len(), self.now);
        let Some(first) = arrival(&first) else {
            return self.fail(waiting, peer, waiting.until, "the relay cannot be reached");
        };
        let second = self.links.send(relay, peer, body.len(), first);
        let Some(time) = arrival(&second).filter(|time| *time <= waiting.until) else {
            return self.fail(waiting, peer, waiting.until, "carried on: no answer in time");
        };
        self.later(time, Todo::Arrive(Arriving { from: carrier, to, body, answer: Some(waiting), told: None }));
    }

    fn fail(&mut self, waiting: Waiting, peer: UnitId, when: Timestamp, why: &str) {
        let Waiting { at, life, .. } = waiting;
        self.later(when.max(self.now), Todo::Delivered { at, life, peer, delivered: failed(why) });
    }

    /// A request arrives at a unit.
    pub(super) fn arrive(&mut self, arriving: Arriving) {
        let to = arriving.to;
        let peer = self.places[to].cell.identity.unit;
        if !self.places[to].is_up || self.places[to].cell.stopped.is_some() {
            if let Some(waiting) = arriving.answer {
                self.hold(waiting, to);
            }
            if let Some((step, kind, what)) = arriving.told {
                self.tell_fault(Some(step), kind, format!("{what}: nobody was there"));
            }
            return;
        }
        if let Some(resumes) = self.places[to].paused_until {
            let answer = arriving.answer.filter(|waiting| resumes <= waiting.until);
            if let (Some(waiting), None) = (arriving.answer, answer) {
                self.fail(waiting, peer, waiting.until, "no answer in time");
            }
            return self.later(resumes, Todo::Arrive(Arriving { answer, ..arriving }));
        }
        let place = &mut self.places[to];
        let before = place.cell.commands;
        let reply = place.cell.take_mail(&mut self.common, self.now, arriving.from, &arriving.body);
        let logged = place.cell.commands - before;
        self.tell_applied(to);
        if let Some((step, kind, what)) = arriving.told {
            self.tell_fault(Some(step), kind, format!("{what}: {}, {logged} logged", in_words(&reply)));
        }
        self.is_ready(to);
        let Some(waiting) = arriving.answer else { return };
        let Waiting { at, life, until } = waiting;
        let delivered = match reply {
            Ok(Some(reply)) => Delivered::Replied(reply),
            Ok(None) => return self.hold(waiting, to),
            Err(why) => Delivered::Failed(why),
        };
        // An answer is a few dozen bytes. Where a relay brought the request, it brings the answer too.
        let (carrier, asker) = (arriving.from.unit, self.places[at].cell.identity.unit);
        let mut back = self.links.send(peer, carrier, 64, self.now);
        if carrier != asker
            && let Some(first) = arrival(&back)
        {
            back = self.links.send(carrier, asker, 64, first);
        }
        match back {
            Transit::Cut((step, kind)) => {
                self.tell_fault(step, kind, format!("the answer of {} is held", self.alias(to)));
                // Where there is another way, its sender finds it by itself.
                match carrier != asker || self.relay_between(asker, peer).is_some() {
                    true => self.fail(waiting, peer, until, "no answer in time"),
                    false => self.held.push(Held { at, life, to }),
                }
            }
            Transit::Lost((step, kind)) => {
                self.tell_fault(step, kind, String::new());
                self.fail(waiting, peer, until, "no answer in time");
            }
            Transit::Arrives(times, _) => match times.first() {
                Some(time) if *time <= until => self.later(*time, Todo::Delivered { at, life, peer, delivered }),
                _ => self.fail(waiting, peer, until, "no answer in time"),
            },
        }
    }

    /// Nobody answers until something is mended. The old machines of a unit that goes on elsewhere are never mended.
    fn hold(&mut self, waiting: Waiting, to: usize) {
        if self.is_former(to) {
            let peer = self.places[to].cell.identity.unit;
            return self.fail(waiting, peer, waiting.until, "no answer in time");
        }
        let Waiting { at, life, .. } = waiting;
        self.held.push(Held { at, life, to });
    }

    /// Tells senders whose way is free again that their delivery failed: they try again.
    pub(super) fn release(&mut self) {
        for held in std::mem::take(&mut self.held) {
            let Held { at, life, to } = held;
            if self.places[at].life != life {
                continue;
            }
            let (from, peer) = (self.places[at].cell.identity.unit, self.places[to].cell.identity.unit);
            let cut = |one, other| self.links.blocked(one, other, self.now).is_some();
            let is_gone = self.is_former(to) && !self.hears(to);
            if !is_gone && (cut(from, peer) || cut(peer, from) || !self.hears(to)) {
                self.held.push(held);
                continue;
            }
            self.later(self.now, Todo::Delivered { at, life, peer, delivered: failed("there was no way") });
        }
    }

    /// Hands what a unit once sent to its receiver again. False where nothing was sent.
    pub(super) fn replay(&mut self, step: usize, from: usize, to: usize) -> bool {
        let sender = self.places[from].cell.peer();
        let kept = self.book.kept(sender.unit, self.places[to].cell.identity.unit);
        for (number, body) in kept.iter().enumerate() {
            let what = format!(
                "batch {} of {} that {} once sent to {}",
                number + 1,
                kept.len(),
                self.alias(from),
                self.alias(to)
            );
            let told = Some((step, FaultKind::ReplayMail, what));
            let arriving = Arriving { from: sender, to, body: Arc::clone(body), answer: None, told };
            self.later(self.now, Todo::Arrive(arriving));
        }
        !kept.is_empty()
    }

    /// Hands a unit mail that is made up or altered. False where that takes mail that was never sent.
    pub(super) fn forge(&mut self, step: usize, from: usize, to: usize, forgery: Forgery) -> bool {
        let mut sender = self.places[from].cell.peer();
        let receiver = self.places[to].cell.identity.unit;
        let kept = self.book.kept(sender.unit, receiver);
        let real = kept.iter().rev().find_map(|body| match MailRequest::read(body) {
            Ok(MailRequest::Batch(mut batch)) => batch.envelopes.pop(),
            _ => None,
        });
        let envelope = match forgery {
            Forgery::Altered => real.map(|mut envelope| {
                let bit = self.draw.below(envelope.len() as u64 * 8) as usize;
                envelope[bit / 8] ^= 1 << (bit % 8);
                envelope
            }),
            Forgery::WrongUnit => {
                let others = self.places.iter().map(|place| place.cell.peer());
                let other = others.into_iter().find(|other| other.unit != sender.unit && other.unit != receiver);
                sender = other.unwrap_or(sender);
                real
            }
            Forgery::UnknownKey => self.made_up(from, to, sender.generation),
            Forgery::OldGeneration => {
                sender.generation = Generation(sender.generation.0.saturating_sub(1));
                self.made_up(from, to, sender.generation)
            }
            Forgery::Junk => {
                let mut junk = vec![0; 200];
                self.draw.fill(&mut junk);
                Some(junk)
            }
        };
        let Some(envelope) = envelope else { return false };
        let Ok(body) = record::write(&MailRequest::Batch(MailBatch { envelopes: vec![envelope] })) else {
            return false;
        };
        let what = format!("{forgery:?} mail in the name of {} to {}", self.alias(from), self.alias(to));
        let told = Some((step, FaultKind::ForgeMail, what));
        let arriving = Arriving { from: sender, to, body: Arc::new(body), answer: None, told };
        self.later(self.now, Todo::Arrive(arriving));
        true
    }

    /// An envelope that fits the stream in every way but for its signature, which is of a key that nobody knows.
    fn made_up(&self, from: usize, to: usize, generation: Generation) -> Option<Vec<u8>> {
        let (sender, receiver) = (&self.places[from].cell, &self.places[to].cell.identity);
        let head = sender.look(&self.common, self.now, |rows, _| rows.get::<OutboxHeads>(&receiver.unit)).ok()?;
        let start = domain::command::stream_start(sender.identity.unit, generation.0, receiver.unit);
        let (written, before) = head.map_or((MailSequence(0), start), |head| (head.written, head.chain));
        let sequence = written.next();
        let mail = Mail::News { case: CaseId(uuid::Uuid::nil()), entries: vec![] };
        let outgoing = Outgoing {
            region: &sender.identity.region,
            from: sender.identity.unit,
            generation,
            to: receiver.unit,
            sequence,
            before,
            chain: chain(before, sequence, &mail).ok()?,
            mail: &mail,
            expires: None,
        };
        let to_key = SealingPublicKey(self.common.directory.unit(receiver.unit)?.sealing_key.0);
        let key = SigningKey::generate(&self.draw);
        let crypto: &dyn Crypto = &*self.common.crypto;
        seal_mail(outgoing, &to_key, (sender.identity.node, &key), (crypto, &self.draw)).ok()
    }
}

fn in_words(reply: &Result<Option<MailReply>, String>) -> String {
    match reply {
        Ok(Some(MailReply::Stated(signed))) => match &signed.statement {
            MailStatement { refused: Some(refused), .. } => format!("refused [{}]", refused.code),
            MailStatement { read, .. } => {
                format!("acknowledged up to {}", read.map_or(0, |cursor| cursor.sequence.0))
            }
        },
        Ok(Some(MailReply::Ack(ack))) => format!("acknowledged up to {}", ack.committed.0),
        Ok(Some(MailReply::Refused { code, .. })) => format!("refused [{code}]"),
        Ok(Some(MailReply::NotLeader { .. }) | None) => "not answered".to_owned(),
        Err(why) => format!("not read ({why})"),
    }
}
