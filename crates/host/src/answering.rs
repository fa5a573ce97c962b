//! What other nodes ask of this replica: consensus of its own group, mail of other units, mail to be carried to other units,
//! clients' requests that a follower passed on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::command::Proposal;
use domain::ids::UnitId;
use futures::future::join_all;
use protocol::client::{ClientReply, ClientRequest};
use protocol::mail_exchange::{Carried, Carry, MailReply, MailRequest};
use protocol::record;
use protocol::seam::{Answers, Channel, Links, Peer};
use protocol::statement::MailRefusal;
use unit::Call;
use unit::inbox::{Asking, Incoming, Taken, state, take};
use unit::relay::may_carry;

use crate::duties::Event;
use crate::host::{Host, Inner, World};

impl<W: World> Answers for Host<W> {
    async fn answer(&self, from: Peer, group: UnitId, channel: Channel, body: Vec<u8>) -> Result<Vec<u8>, String> {
        let inner = &self.inner;
        if group != inner.identity.unit {
            return Err(format!("unit {group} is not run by node {}", inner.identity.node));
        }
        match channel {
            Channel::Vote | Channel::Append | Channel::Snapshot => inner.group.answer(from.node, channel, body).await,
            Channel::Mail => inner.take_mail(from, &body).await,
            Channel::Time => record::write(&inner.tell_clock()).map_err(|fault| fault.to_string()),
            Channel::Directory => Err("directories are told by the link itself".to_owned()),
            Channel::Blob => Err("files are told by the node that keeps them".to_owned()),
            Channel::Mirror => Err("mirrors are answered by the node that has the log".to_owned()),
            Channel::Client if from.unit == inner.identity.unit => self.serve(None, &body).await,
            Channel::Client => Err(format!("unit {} passes its requests on within itself only", from.unit)),
        }
    }

    async fn answer_program(&self, name: &str, group: UnitId, body: Vec<u8>) -> Result<Vec<u8>, String> {
        if group != self.inner.identity.unit {
            return Err(format!("unit {group} is not run by node {}", self.inner.identity.node));
        }
        self.serve(Some(name), &body).await
    }
}

/// How long a batch may take to be applied before its sender is told to try again.
const TAKE_MILLIS: u64 = 8_000;

/// How long a relay waits for the answer to what it carries: less than who asked it waits for the relay.
const CARRY_MILLIS: u64 = 8_000;
/// So many requests are carried at once; who asks for more is told to try again, so that a relay's own mail never waits for others'.
const MOST_CARRIED: usize = 16;

impl<W: World> Inner<W> {
    async fn take_mail(&self, from: Peer, body: &[u8]) -> Result<Vec<u8>, String> {
        match Incoming::read(from, body).map_err(|fault| fault.to_string())? {
            Incoming::Carry(carry) => self.carry(from, carry).await,
            Incoming::Asking(asking) => {
                record::write(&self.mail_reply(&asking).await).map_err(|fault| fault.to_string())
            }
        }
    }

    async fn mail_reply(&self, asking: &Asking) -> MailReply {
        let view = self.group.view();
        if !view.leads {
            return MailReply::NotLeader { hint: view.leader };
        }
        // The cursor must not be older than what an earlier leader has acknowledged; nor a former life's.
        if self.barrier().await.is_err() || self.awaits_recovery() {
            return MailReply::NotLeader { hint: None };
        }
        let Taken { proposals, refused, accused } = match self.look(|rows, tools| take(rows, tools, asking)) {
            Ok(Ok(taken)) => taken,
            Ok(Err(fault)) | Err(fault) => return stopped(&fault.to_string()),
        };
        if let Some(MailRefusal { code, why, .. }) = &refused {
            tracing::warn!(unit = %self.identity.unit, from = %asking.from, node = %asking.by.node, code, why, "mail is refused");
        }
        if let Some((what, said)) = accused {
            self.send(Event::Accused(asking.from, what, said));
        }
        self.log_in_order(&proposals).await;
        let mirrored = self.mirrored_of(asking.from).await;
        match self.look(|rows, tools| state(rows, tools, asking, refused, mirrored)) {
            Ok(Ok(reply)) => reply,
            Ok(Err(fault)) | Err(fault) => stopped(&fault.to_string()),
        }
    }

    /// Proposes all at once: they are queued in this order, and one that overtook another is refused and comes again.
    async fn log_in_order(&self, proposals: &[Proposal]) {
        let all = join_all(proposals.iter().map(|proposal| self.propose_later(proposal)));
        let deadline = Box::pin(self.sleep(Duration::from_millis(TAKE_MILLIS)));
        // Whatever was not logged in time is simply not acknowledged.
        drop(futures::future::select(Box::pin(all), deadline).await);
    }

    /// Brings a request to a unit that its sender cannot reach, and gives back the answer as it came. Any node can: it needs no log.
    async fn carry(&self, from: Peer, carry: Carry) -> Result<Vec<u8>, String> {
        let Carry { to, node, request } = carry;
        let own = self.identity.unit;
        let directory = self.directory();
        let is_node = directory.node(node).is_some_and(|listing| listing.unit == to);
        if !is_node || !may_carry(&directory, own, from.unit, to) {
            return Err(format!("unit {own} does not carry mail of unit {} to node {node} of unit {to}", from.unit));
        }
        let under_way = self.carrying.fetch_add(1, Ordering::SeqCst);
        // Given back wherever this ends: the sender may give up first, and then it is dropped.
        let _carried = Carrying(&self.carrying);
        if under_way >= MOST_CARRIED {
            return Err(format!("unit {own} carries {MOST_CARRIED} requests of others already, try again"));
        }
        self.carried.fetch_add(1, Ordering::Relaxed);
        let carried = MailRequest::Carried(Box::new(Carried { from: from.unit, request }));
        let body = record::write(&carried).map_err(|fault| fault.to_string())?;
        let answer = self.links.request(node, to, Channel::Mail, body, CARRY_MILLIS).await;
        answer.map_err(|fault| format!("carried on: {fault}"))
    }
}

struct Carrying<'a>(&'a AtomicUsize);

impl Drop for Carrying<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn stopped(why: &str) -> MailReply {
    MailReply::Refused { code: "unit.stopped".to_owned(), why: why.to_owned(), passing: true }
}

impl<W: World> Host<W> {
    /// A request that another node of the unit, or a program with a client certificate, sent.
    async fn serve(&self, program: Option<&str>, body: &[u8]) -> Result<Vec<u8>, String> {
        let request: ClientRequest = record::read(body).map_err(|fault| fault.to_string())?;
        let reply = match Call::read(&request) {
            Err(why) => ClientReply::Malformed { why },
            Ok(call) => self.serve_here(program, &request.principal, call).await,
        };
        record::write(&reply).map_err(|fault| fault.to_string())
    }
}
