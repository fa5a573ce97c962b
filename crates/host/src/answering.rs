//! What other nodes ask of this replica: consensus of its own group, mail of other units, clients' requests that a follower
//! passed on.

use std::time::Duration;

use domain::command::Proposal;
use domain::ids::UnitId;
use futures::future::join_all;
use protocol::client::{ClientReply, ClientRequest};
use protocol::mail_exchange::{MailReply, MailRequest};
use protocol::record;
use protocol::seam::{Answers, Channel, Peer};
use unit::Call;
use unit::inbox::{InboxFault, acknowledgement, admit};

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

impl<W: World> Inner<W> {
    async fn take_mail(&self, from: Peer, body: &[u8]) -> Result<Vec<u8>, String> {
        let request = MailRequest::read(body).map_err(|fault| fault.to_string())?;
        let reply = self.mail_reply(from, request).await;
        record::write(&reply).map_err(|fault| fault.to_string())
    }

    async fn mail_reply(&self, from: Peer, request: MailRequest) -> MailReply {
        let view = self.group.view();
        if !view.leads {
            return MailReply::NotLeader { hint: view.leader };
        }
        // The cursor must not be older than what an earlier leader has acknowledged.
        if self.barrier().await.is_err() {
            return MailReply::NotLeader { hint: None };
        }
        let proposals = match request {
            MailRequest::Hello(hello) => {
                let known = self.look(|rows, _| hello_fault(rows, from, &hello));
                match known {
                    Ok(None) => vec![],
                    Ok(Some((code, why))) => return MailReply::Refused { code, why, passing: false },
                    Err(fault) => return stopped(&fault.to_string()),
                }
            }
            MailRequest::Batch(batch) => match self.look(|rows, tools| admit(rows, tools, from, &batch)) {
                Ok(Ok(proposals)) => proposals,
                Ok(Err(fault)) => return self.refused(from, &fault),
                Err(fault) => return stopped(&fault.to_string()),
            },
        };
        self.log_in_order(&proposals).await;
        match self.look(|rows, _| acknowledgement(rows, from)) {
            Ok(Ok(ack)) => MailReply::Ack(ack),
            Ok(Err(fault)) | Err(fault) => stopped(&fault.to_string()),
        }
    }

    /// Proposes all at once: they are queued in this order, and one that overtook another is refused and comes again.
    async fn log_in_order(&self, proposals: &[Proposal]) {
        let all = join_all(proposals.iter().map(|proposal| self.propose(proposal)));
        let deadline = Box::pin(self.sleep(Duration::from_millis(TAKE_MILLIS)));
        // Whatever was not logged in time is simply not acknowledged.
        drop(futures::future::select(Box::pin(all), deadline).await);
    }

    fn refused(&self, from: Peer, fault: &InboxFault) -> MailReply {
        tracing::warn!(unit = %self.identity.unit, from = %from.unit, node = %from.node, %fault, "mail is refused");
        MailReply::Refused { code: fault.code().to_owned(), why: fault.to_string(), passing: fault.is_passing() }
    }
}

fn hello_fault(
    rows: &impl domain::store::UnitRead,
    from: Peer,
    hello: &protocol::mail_exchange::MailHello,
) -> Option<(String, String)> {
    let cursor = rows.get::<domain::tables::InboxCursors>(&from.unit).ok()?;
    let fault = hello.check(cursor.as_ref()).err()?;
    Some((fault.code().to_owned(), fault.to_string()))
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
            Ok(call) => self.serve_here(program, call).await,
        };
        record::write(&reply).map_err(|fault| fault.to_string())
    }
}
