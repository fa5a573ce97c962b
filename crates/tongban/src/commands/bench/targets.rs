//! The two ways into the measured unit: the binary client over QUIC with a certificate, and the JSON interface over HTTP. Both
//! hand in the same application, and both are answered once it is synced on a majority of the voters.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::ids::{NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use protocol::client::ClientReply;
use protocol::record;
use protocol::seam::{Channel, Links};
use transport::Quic;
use unit::{Act, Application, Call, Called, Request};

use super::load::Target;

const DEADLINE_MILLIS: u64 = 30_000;

/// Over QUIC, with a client certificate: one connection for all clients, one stream a request.
#[derive(Clone)]
pub(super) struct OverQuic {
    links: Quic,
    unit: UnitId,
    leader: Arc<AtomicU64>,
    application: Arc<Application>,
}

impl OverQuic {
    pub(super) fn new(links: Quic, unit: UnitId, leader: NodeId, application: Application) -> Self {
        Self { links, unit, leader: Arc::new(AtomicU64::new(leader.0)), application: Arc::new(application) }
    }

    /// From now on another node of the unit is asked: the one that was asked does not answer.
    pub(super) fn ask_another(&self) {
        let nodes: Vec<u64> = self.links.directory().nodes_of(self.unit).map(|node| node.node.0).collect();
        let at = nodes.iter().position(|node| *node == self.leader.load(Ordering::Relaxed));
        let next = nodes.get(at.map_or(0, |at| (at + 1) % nodes.len()));
        if let Some(next) = next {
            self.leader.store(*next, Ordering::Relaxed);
        }
    }
}

impl Target for OverQuic {
    async fn commit(&self) -> Result<(), String> {
        /// The lead may move once or twice while a machine is overloaded.
        const TRIES: usize = 3;
        // The node puts the certificate's name in its place.
        let principal = Principal { kind: PrincipalKind::Staff, name: "operator".to_owned() };
        let key = super::super::new_key().map_err(|why| why.to_string())?;
        let act = Act::Submit(Box::new((*self.application).clone()));
        let call = Call::Submit(Request { principal: principal.clone(), idempotency_key: Some(key), act });
        let framed = call.framed(principal).map_err(|why| why.to_string())?;
        let bytes = record::write(&framed).map_err(|why| why.to_string())?;
        for _ in 0..TRIES {
            let to = NodeId(self.leader.load(Ordering::Relaxed));
            let answer = self.links.request(to, self.unit, Channel::Client, bytes.clone(), DEADLINE_MILLIS).await;
            match record::read(&answer.map_err(|why| why.to_string())?).map_err(|why| why.to_string())? {
                ClientReply::Answer { body } => {
                    return match serde_json::from_slice(&body).map_err(|why| why.to_string())? {
                        Called::Submitted(outcome) => outcome.map(drop).map_err(|why| why.to_string()),
                        _ => Err("an answer to another question".to_owned()),
                    };
                }
                ClientReply::NotLeader { hint: Some(leader) } => self.leader.store(leader.0, Ordering::Relaxed),
                ClientReply::NotLeader { hint: None } => return Err("the unit has no leader".to_owned()),
                ClientReply::Unknown { why } | ClientReply::Malformed { why } => return Err(why),
            }
        }
        Err("the lead moved too often".to_owned())
    }
}

/// Over HTTP, to the leader's own address, on kept connections.
#[derive(Clone)]
pub(super) struct OverHttp {
    http: reqwest::Client,
    url: String,
    body: Arc<Vec<u8>>,
}

impl OverHttp {
    pub(super) fn new(leader: SocketAddr, application: &Application) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, url: format!("http://{leader}/v1/cases"), body: Arc::new(serde_json::to_vec(application)?) })
    }
}

impl Target for OverHttp {
    async fn commit(&self) -> Result<(), String> {
        let key = super::super::new_key().map_err(|why| why.to_string())?;
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .header("x-tongban-person", "demo-applicant")
            .timeout(std::time::Duration::from_millis(DEADLINE_MILLIS))
            .body((*self.body).clone());
        let response = request.send().await.map_err(|why| why.to_string())?;
        let status = response.status();
        // Read to its end: the connection is used again.
        let body = response.bytes().await.map_err(|why| why.to_string())?;
        if status.as_u16() == 201 { Ok(()) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&body))) }
    }
}
