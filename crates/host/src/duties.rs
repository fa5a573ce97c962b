//! The loop: waits for one thing, does what follows from it, looks at what the leader owes. Everything that takes time is
//! spawned and comes back as an event; the loop itself never waits for a peer or a disk.

use std::time::Duration;

use consensus::ProposeFault;
use domain::command::{Command, Found, Proposal};
use domain::ids::UnitId;
use domain::store::{StoreFault, UnitRead};
use domain::tables::Meta;
use futures::channel::mpsc;
use futures::{FutureExt, StreamExt, select_biased};
use openraft_rt::AsyncRuntime;
use protocol::mail_exchange::{MailReply, MailRequest};
use protocol::record;
use protocol::seam::{Channel, Links};
use unit::duties::{Duties, Duty, DutyId};
use unit::outbox::{Delivered, Delivery, Sending};

use crate::host::{Host, Inner, World};

/// What comes back to the loop.
#[derive(Debug)]
pub(crate) enum Event {
    /// A duty's proposal has an outcome or none.
    Settled(DutyId),
    /// A delivery ended.
    Delivered(UnitId, Delivered),
    /// An acknowledgement's proposal has an outcome or none.
    Acknowledged(UnitId),
    /// The founding's proposal has an outcome or none.
    Founded,
    /// The node shuts down.
    Stop,
}

/// The longest that the loop sleeps: due timers and pauses are seen at most this late.
const LOOK_MILLIS: u64 = 100;
/// How long a peer may take to log a batch of mail.
const DELIVERY_MILLIS: u64 = 10_000;
/// How long a command may take to be applied.
const PROPOSE_MILLIS: u64 = 8_000;
/// After a failed proposal the duty is looked at again, not at once.
const PAUSE_MILLIS: u64 = 100;

pub(crate) async fn run<W: World>(host: Host<W>, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut lead = Lead::<W> { host, duties: Duties::default(), sending: Sending::default(), founding: false };
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
}

impl<W: World> Lead<W> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Settled(id) => self.duties.settled(id),
            Event::Acknowledged(peer) => self.sending.acknowledged(peer),
            Event::Founded => self.founding = false,
            Event::Delivered(to, delivered) => {
                let sending = &mut self.sending;
                let acknowledged = self.host.inner.look(|_, tools| sending.handle_delivered(to, delivered, tools));
                if let Ok(Some(proposal)) = acknowledged {
                    self.propose(proposal, Event::Acknowledged(to));
                }
            }
            Event::Stop => {}
        }
    }

    /// Looks at what is owed. A node that does not lead owes nothing, and forgets what it had under way.
    fn look(&mut self) -> Result<(), StoreFault> {
        let inner = &self.host.inner;
        if !inner.group.view().leads {
            self.duties = Duties::default();
            self.sending = Sending::default();
            // What a former leader knew of its streams is no news any more.
            inner.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
            return Ok(());
        }
        let (duties, sending) = (&mut self.duties, &mut self.sending);
        let (founded, owed, deliveries, mail) = inner.look(|rows, tools| {
            let founded = rows.get::<Meta>(&())?.is_some();
            if !founded {
                return Ok((false, vec![], vec![], vec![]));
            }
            let owed = duties.poll(rows, tools)?;
            let deliveries = sending.poll(rows, tools)?;
            Ok::<_, StoreFault>((true, owed, deliveries, sending.status(rows)?))
        })??;
        *inner.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = mail;
        if !founded && !self.founding {
            self.founding = true;
            if let Some(proposal) = inner.founding()? {
                self.propose(proposal, Event::Founded);
            }
        }
        for Duty { id, proposal } in owed {
            self.propose(proposal, Event::Settled(id));
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
            match inner.propose(&proposal).await {
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
        drop(W::Runtime::spawn(async move {
            let Delivery { to, node, batch } = delivery;
            let inner = &host.inner;
            let delivered = match record::write(&MailRequest::Batch(batch)) {
                Err(fault) => Delivered::Failed(fault.to_string()),
                Ok(body) => match inner.links.request(node, to, Channel::Mail, body, DELIVERY_MILLIS).await {
                    Err(fault) => Delivered::Failed(fault.to_string()),
                    Ok(bytes) => match record::read::<MailReply>(&bytes) {
                        Ok(reply) => Delivered::Replied(reply),
                        Err(fault) => Delivered::Failed(fault.to_string()),
                    },
                },
            };
            inner.send(Event::Delivered(to, delivered));
        }));
    }
}

impl<W: World> Inner<W> {
    /// Proposes one entry.
    pub(crate) async fn propose(&self, proposal: &Proposal) -> Result<domain::command::Outcome, ProposeFault> {
        self.group.propose(proposal, Duration::from_millis(PROPOSE_MILLIS)).await
    }

    /// The first command of the log: what the region's directory says of this unit.
    fn founding(&self) -> Result<Option<Proposal>, StoreFault> {
        let Some(listing) = self.directory.unit(self.identity.unit) else { return Ok(None) };
        let found = Found {
            region: self.identity.region.clone(),
            unit: listing.unit,
            name: listing.name.clone(),
            tier: listing.tier,
            parent: listing.parent,
            children: self.directory.children(listing.unit).map(|child| child.unit).collect(),
            generation: listing.generation,
        };
        self.look(|_, tools| Some(Proposal { command: Command::Found(found), stamp: tools.own_stamp() }))
    }
}
