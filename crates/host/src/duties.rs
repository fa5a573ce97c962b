//! The loop: waits for one thing, does what follows from it, looks at what the leader owes. Everything that takes time is
//! spawned and comes back as an event; the loop itself never waits for a peer or a disk.

use std::sync::atomic::Ordering;
use std::time::Duration;

use consensus::{ProposeFault, Stop};
use domain::command::{Command, Found, Proposal};
use domain::ids::{Sequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::stretch;
use domain::tables::Meta;
use domain::time::Timestamp;
use futures::channel::mpsc;
use futures::future::join_all;
use futures::{FutureExt, StreamExt, select_biased};
use openraft_rt::{AsyncRuntime, Instant};
use protocol::mail_exchange::MailReply;
use protocol::record;
use protocol::seam::{Channel, Clock, Links};
use unit::clock::{MOST_APART_MILLIS, doubted_first};
use unit::duties::{Duties, Duty, DutyId};
use unit::outbox::{Delivered, Delivery, Judged, Logging, Sending};
use unit::streams::Contradiction;

use crate::host::{Host, Inner, World};

/// What comes back to the loop.
#[derive(Debug)]
pub(crate) enum Event {
    /// A duty's proposal has an outcome or none.
    Settled(DutyId),
    /// A delivery ended.
    Delivered(UnitId, Delivered),
    /// An acknowledgement's proposal has an outcome or none.
    Logged(Vec<UnitId>),
    /// The founding's proposal has an outcome or none.
    Founded,
    /// The rows were shown to hold everything that was confirmed, or could not be, in that turn of leading.
    Fresh(Turn, bool),
    /// The same, because peers said what cannot be.
    Judge(Turn, bool),
    /// A peer's greeting says of this unit what cannot be of its log.
    Accused(UnitId, Contradiction, Vec<u8>),
    /// Evidence's proposal has an outcome or none.
    Kept,
    /// The node shuts down.
    Stop,
}

/// Counts the times that this node was the leader: what was found out in one is no news in another.
pub(crate) type Turn = u64;

/// Whether the rows hold everything that earlier leaders confirmed. Until then peers are told nothing: who says less than it once
/// said is taken for one that was set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Unknown,
    Asked,
    Fresh,
}

/// The longest that the loop sleeps: due timers and pauses are seen at most this late.
const LOOK_MILLIS: u64 = 100;
/// How long peers are told what has to be confessed before the group ends.
const CONFESS_MILLIS: u64 = 2_000;
/// How long mail waits for the unit's mirrors before its peer is tried again later.
const MIRRORED_MILLIS: u64 = 10_000;
/// How long a command may take to be applied.
const PROPOSE_MILLIS: u64 = 8_000;
/// A unit with one voter waits so long after its start for the units above, which may know more of it than its disk does.
const HEAR_AT_MOST: Duration = Duration::from_secs(3);
/// A clock in doubt is mostly confirmed within that time.
const CONFIRMED_SOON: Duration = Duration::from_secs(5);
/// After a failed proposal the duty is looked at again, not at once.
const PAUSE_MILLIS: u64 = 100;

pub(crate) async fn run<W: World>(host: Host<W>, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut lead = Lead::<W> {
        host,
        duties: Duties::default(),
        sending: Sending::default(),
        founding: false,
        turn: 0,
        freshness: Freshness::Unknown,
        judging: false,
        disowned: false,
        hears_since: None,
        looked_at: Sequence(0),
    };
    let mut changes = lead.host.inner.group.changes();
    loop {
        let event = {
            let mut sleep = Box::pin(lead.host.inner.sleep(Duration::from_millis(LOOK_MILLIS)).fuse());
            let mut changed = Box::pin(changes.next().fuse());
            // Biased, so that a simulation's order is the order of this list.
            select_biased! {
                event = events.next() => event,
                view = changed => match view {
                    Ok(_) => None,
                    Err(_) => return,
                },
                () = sleep => None,
            }
        };
        match event {
            Some(Event::Stop) => return,
            Some(event) => lead.handle(event),
            None => {}
        }
        while let Ok(event) = events.try_recv() {
            if matches!(event, Event::Stop) {
                return;
            }
            lead.handle(event);
        }
        lead.host.inner.waiting.wake();
        if let Err(fault) = lead.look() {
            // Consensus may not touch the store for hours: without the loop's word the group would go on without its duties.
            tracing::error!(unit = %lead.host.inner.identity.unit, %fault, "the leader's duties cannot be read");
            lead.host.inner.group.fail(fault).await;
            return;
        }
    }
}

struct Lead<W: World> {
    host: Host<W>,
    duties: Duties,
    sending: Sending,
    founding: bool,
    turn: Turn,
    freshness: Freshness,
    judging: bool,
    /// The verdict is given: what is left is to tell peers and to end.
    disowned: bool,
    hears_since: Option<<W::Runtime as AsyncRuntime>::Instant>,
    /// How far the rows were at the last look: mail that it found waits until the mirrors have that.
    looked_at: Sequence,
}

impl<W: World> Lead<W> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Settled(id) => self.duties.settled(id),
            Event::Logged(peers) => {
                let sending = &mut self.sending;
                // A fault of the store shows at the next look.
                drop(self.host.inner.look(|rows, tools| sending.logged(peers, rows, tools)));
            }
            Event::Founded => self.founding = false,
            Event::Delivered(to, delivered) => {
                let sending = &mut self.sending;
                let acknowledged =
                    self.host.inner.look(|rows, tools| sending.handle_delivered(to, delivered, rows, tools));
                // A fault of the store shows at the next look.
                if let Ok(Ok(Some(Logging { peers, proposal }))) = acknowledged {
                    self.propose(proposal, Event::Logged(peers));
                }
            }
            Event::Fresh(turn, fresh) if turn == self.turn => {
                self.freshness = if fresh { Freshness::Fresh } else { Freshness::Unknown };
            }
            Event::Judge(turn, fresh) if turn == self.turn => {
                self.judging = false;
                let sending = &mut self.sending;
                if fresh && let Ok(Ok(judged)) = self.host.inner.look(|rows, tools| sending.judge(rows, tools)) {
                    self.judged(judged);
                }
            }
            Event::Accused(by, what, said) => {
                let sending = &mut self.sending;
                if let Ok(judged) = self.host.inner.look(|_, tools| sending.accused(by, what, said, tools)) {
                    self.judged(judged);
                }
            }
            Event::Fresh(..) | Event::Judge(..) | Event::Kept | Event::Stop => {}
        }
    }

    /// What follows from a contradiction: evidence in the log, or the end of the group.
    fn judged(&mut self, judged: Judged) {
        let Judged { proposals, confessions, verdict } = judged;
        let Some(verdict) = verdict.filter(|_| !self.disowned) else {
            for proposal in proposals {
                self.propose(proposal, Event::Kept);
            }
            for confession in confessions {
                self.deliver(confession);
            }
            return;
        };
        self.disowned = true;
        let host = self.host.clone();
        drop(W::Runtime::spawn(async move {
            let inner = &host.inner;
            // A note that cannot be kept is found out again from the same peers.
            if let Err(fault) = inner.keep_verdict(&verdict) {
                tracing::error!(unit = %inner.identity.unit, %fault, "why the group stops could not be kept");
            }
            let told = join_all(confessions.into_iter().map(|confession| inner.carry_out(confession)));
            let patience = Box::pin(inner.sleep(Duration::from_millis(CONFESS_MILLIS)));
            drop(futures::future::select(Box::pin(told), patience).await);
            inner.disown(verdict.why).await;
        }));
    }

    /// Ends the wait for the units above: they agree, or cannot be heard now, and a unit that is cut off goes on working.
    fn hear(&mut self) -> Result<(), StoreFault> {
        let inner = &self.host.inner;
        if !inner.hearing.load(Ordering::SeqCst) {
            return Ok(());
        }
        let since = *self.hears_since.get_or_insert_with(<W::Runtime as AsyncRuntime>::Instant::now);
        let sending = &self.sending;
        let has_heard = inner.look(|_, tools| sending.has_heard(tools))?;
        if has_heard || since + HEAR_AT_MOST <= <W::Runtime as AsyncRuntime>::Instant::now() {
            inner.hearing.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Shows that the rows hold everything that was confirmed, and says so.
    fn freshen(&self, then: impl FnOnce(Turn, bool) -> Event + Send + 'static) {
        let (host, turn) = (self.host.clone(), self.turn);
        drop(W::Runtime::spawn(async move {
            let inner = &host.inner;
            let fresh = inner.barrier().await.is_ok() && inner.group.view().leads;
            if !fresh {
                inner.sleep(Duration::from_millis(PAUSE_MILLIS)).await;
            }
            inner.send(then(turn, fresh));
        }));
    }

    /// Looks at what is owed. A node that does not lead owes nothing, and forgets what it had under way.
    fn look(&mut self) -> Result<(), StoreFault> {
        let inner = &self.host.inner;
        if self.disowned {
            return Ok(());
        }
        let touched = inner.group.take_touched();
        if !inner.group.view().leads {
            self.duties = Duties::default();
            self.sending = Sending::default();
            (self.turn, self.freshness, self.judging) = (self.turn + 1, Freshness::Unknown, false);
            inner.led_since.store(inner.clock.steady_millis(), Ordering::Relaxed);
            // What a former leader knew of its streams is no news any more.
            inner.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
            return Ok(());
        }
        if self.freshness == Freshness::Unknown {
            self.freshness = Freshness::Asked;
            self.freshen(Event::Fresh);
        }
        if inner.must_settle() {
            let host = self.host.clone();
            drop(W::Runtime::spawn(async move { host.inner.settle_voters().await }));
        }
        if self.sending.has_suspicions() && !self.judging {
            self.judging = true;
            self.freshen(Event::Judge);
        }
        self.hear()?;
        let is_fresh = self.freshness == Freshness::Fresh;
        let inner = &self.host.inner;
        let (duties, sending) = (&mut self.duties, &mut self.sending);
        let (founded, at, owed, deliveries, to_log, mail) = inner.look(|rows, tools| {
            let meta = rows.get::<Meta>(&())?;
            let at = meta.as_ref().map_or(Sequence(0), |meta| meta.sequence);
            let is_inherited = meta.as_ref().is_some_and(|meta| meta.generation < tools.identity.generation);
            let founded = meta.is_some() && !is_inherited;
            // A disk that was emptied has neighbours who know better: they are greeted before the log has its first command.
            let deliveries = if is_fresh && !is_inherited { sending.poll(rows, tools, &touched)? } else { vec![] };
            let owed = if founded { duties.poll(rows, tools, &touched)? } else { vec![] };
            let to_log = sending.to_log(rows, tools)?;
            Ok::<_, StoreFault>((founded, at, owed, deliveries, to_log, sending.status(rows)?))
        })??;
        self.looked_at = at;
        *inner.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = mail;
        if founded {
            inner.founded.store(true, Ordering::SeqCst);
        }
        if !founded && !self.founding {
            self.founding = true;
            if let Some(proposal) = inner.founding()? {
                self.propose(proposal, Event::Founded);
            }
        }
        for Duty { id, proposal } in owed {
            self.propose(proposal, Event::Settled(id));
        }
        if let Some(Logging { peers, proposal }) = to_log {
            self.propose(proposal, Event::Logged(peers));
        }
        for delivery in deliveries {
            self.deliver(delivery);
        }
        Ok(())
    }

    fn propose(&self, proposal: Proposal, then: Event) {
        let host = self.host.clone();
        drop(W::Runtime::spawn(async move {
            let inner = &host.inner;
            match inner.propose_later(&proposal).await {
                Ok(outcome) => {
                    if let Err(refusal) = outcome.reply.ruling() {
                        tracing::debug!(unit = %inner.identity.unit, command = proposal.command.kind(), %refusal, "a duty was refused");
                    }
                }
                Err(fault) => {
                    tracing::debug!(unit = %inner.identity.unit, command = proposal.command.kind(), %fault, "a duty waits");
                    inner.sleep(Duration::from_millis(PAUSE_MILLIS)).await;
                }
            }
            inner.send(then);
        }));
    }

    fn deliver(&self, delivery: Delivery) {
        let host = self.host.clone();
        let (to, at) = (delivery.to, self.looked_at);
        let waits = !delivery.is_greeting && host.inner.must_be_mirrored();
        drop(W::Runtime::spawn(async move {
            let delivered = match waits && !host.inner.mirrored_to(at, MIRRORED_MILLIS).await {
                true => Delivered::Failed("it waits for the unit's mirror [mirror.behind]".to_owned()),
                false => host.inner.carry_out(delivery).await,
            };
            host.inner.send(Event::Delivered(to, delivered));
        }));
    }
}

impl<W: World> Inner<W> {
    async fn carry_out(&self, delivery: Delivery) -> Delivered {
        let Delivery { hop: (node, group), body, within_millis, .. } = delivery;
        match self.links.request(node, group, Channel::Mail, body, within_millis).await {
            Err(fault) => Delivered::Failed(fault.to_string()),
            Ok(bytes) => match record::read::<MailReply>(&bytes) {
                Ok(reply) => Delivered::Replied(reply),
                Err(fault) => Delivered::Failed(fault.to_string()),
            },
        }
    }

    /// Proposes one entry.
    pub(crate) async fn propose(&self, proposal: &Proposal) -> Result<domain::command::Outcome, ProposeFault> {
        let is_first = matches!(proposal.command, Command::Found(_) | Command::Recover(_));
        if !is_first {
            self.log_doubt().await?;
            // The clock was set since it stamped this, and may be trusted again: what it showed before is not logged as certain.
            if (self.clock.now().0 - proposal.stamp.time.0).abs() > MOST_APART_MILLIS {
                return Err(ProposeFault::NoLeader);
            }
        }
        self.log(proposal, is_first).await
    }

    async fn log(&self, proposal: &Proposal, is_first: bool) -> Result<domain::command::Outcome, ProposeFault> {
        let disowned = self.disowned.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(why) = disowned {
            return Err(Stop::Contradicted(why).into());
        }
        // Mail and people may come before the founding has been logged: they wait, for a log begins with it.
        if self.hearing.load(Ordering::SeqCst) || !(is_first || self.founded.load(Ordering::SeqCst)) {
            return Err(ProposeFault::NoLeader);
        }
        self.group.propose(proposal, Duration::from_millis(PROPOSE_MILLIS)).await
    }

    /// Proposes what nobody waits for: while a clock is in doubt that may soon be confirmed, as after every start, it waits too.
    pub(crate) async fn propose_later(&self, proposal: &Proposal) -> Result<domain::command::Outcome, ProposeFault> {
        let is_hopeful = self.clock_doubt().is_some() && self.doubted_for() < CONFIRMED_SOON;
        if is_hopeful && !self.is_time_open()? {
            return Err(ProposeFault::NoLeader);
        }
        self.propose(proposal).await
    }

    fn is_time_open(&self) -> Result<bool, ProposeFault> {
        Ok(self.look(|rows, _| stretch::open(rows)).map_err(Stop::from)?.map_err(Stop::from)?.is_some())
    }

    /// Logs, before anything that a doubted clock stamps, that the log's time is uncertain from here on.
    pub(crate) async fn log_doubt(&self) -> Result<(), ProposeFault> {
        // The rows are looked at only where it matters: every proposal comes by here.
        if self.clock_doubt().is_none() {
            return Ok(());
        }
        let first = self.look(|rows, tools| doubted_first(rows, tools)).map_err(Stop::from)?.map_err(Stop::from)?;
        if let Some(first) = first {
            self.log(&first, false).await?;
        }
        Ok(())
    }

    /// The first command of the log: what the region's directory says of this unit.
    fn founding(&self) -> Result<Option<Proposal>, StoreFault> {
        if let Some(recovery) = self.recovery()? {
            return Ok(Some(recovery));
        }
        let directory = self.directory();
        let Some(listing) = directory.unit(self.identity.unit) else { return Ok(None) };
        let found = Found {
            region: self.identity.region.clone(),
            unit: listing.unit,
            name: listing.name.clone(),
            tier: listing.tier,
            parent: listing.parent,
            children: directory.children(listing.unit).map(|child| child.unit).collect(),
            generation: listing.generation,
        };
        self.look(|_, tools| {
            let mut stamp = tools.own_stamp();
            if tools.clock_doubt.is_some() {
                // Nothing is known of the time yet.
                stamp.time = Timestamp::default();
            }
            Some(Proposal { command: Command::Found(found), stamp })
        })
    }
}
