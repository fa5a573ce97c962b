//! Three members of etcd on loopback, for comparison: separate processes with data on the same disk, its own defaults, asked over
//! gRPC. Only what was started here is ended here.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use super::load::Target;

const MEMBERS: usize = 3;
/// gRPC connections to the leader: a single one has a window that 256 clients would wait for.
const CONNECTIONS: usize = 8;
const START_PATIENCE: Duration = Duration::from_secs(60);
const DEADLINE: Duration = Duration::from_secs(30);

/// The running members.
pub(super) struct Etcd {
    members: Vec<Child>,
    clients: Vec<SocketAddr>,
}

/// What `etcd --version` says first; nothing where it is not installed.
pub(super) fn version() -> Option<String> {
    let output = Command::new("etcd").arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
}

impl Etcd {
    /// Starts three members with their data in `folder`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let ports = free_ports(2 * MEMBERS)?;
        let (clients, peers) = ports.split_at(MEMBERS);
        let all: Vec<String> = peers.iter().enumerate().map(|(at, peer)| format!("m{at}=http://{peer}")).collect();
        let mut etcd = Self { members: Vec::new(), clients: clients.to_vec() };
        for (at, (client, peer)) in clients.iter().zip(peers).enumerate() {
            let data = folder.join(format!("etcd-{at}"));
            std::fs::create_dir_all(&data)?;
            let log = File::create(folder.join(format!("etcd-{at}.log")))?;
            let member = Command::new("etcd")
                .arg("--name")
                .arg(format!("m{at}"))
                .arg("--data-dir")
                .arg(&data)
                .arg("--listen-client-urls")
                .arg(format!("http://{client}"))
                .arg("--advertise-client-urls")
                .arg(format!("http://{client}"))
                .arg("--listen-peer-urls")
                .arg(format!("http://{peer}"))
                .arg("--initial-advertise-peer-urls")
                .arg(format!("http://{peer}"))
                .arg("--initial-cluster")
                .arg(all.join(","))
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
                .context("etcd cannot be started")?;
            etcd.members.push(member);
        }
        Ok(etcd)
    }

    /// Waits for the leader, and asks it from now on. Must be called within a runtime.
    pub(super) async fn target(&mut self, value_bytes: usize) -> anyhow::Result<Puts> {
        let leader =
            tokio::time::timeout(START_PATIENCE, self.leader()).await.context("etcd elected no leader in time")??;
        let endpoint = Endpoint::from_shared(format!("http://{leader}"))?.timeout(DEADLINE).tcp_nodelay(true);
        let channels = (0..CONNECTIONS).map(|_| endpoint.connect_lazy()).collect();
        Ok(Puts { channels, next: Arc::default(), value: vec![b'x'; value_bytes] })
    }

    async fn leader(&mut self) -> anyhow::Result<SocketAddr> {
        loop {
            for member in &mut self.members {
                if let Some(status) = member.try_wait()? {
                    bail!("etcd ended by itself: {status}");
                }
            }
            for client in &self.clients {
                let channel =
                    Endpoint::from_shared(format!("http://{client}"))?.timeout(Duration::from_secs(1)).connect_lazy();
                let path = PathAndQuery::from_static("/etcdserverpb.Maintenance/Status");
                if let Ok(StatusResponse { header: Some(header), leader }) = ask(channel, path, StatusRequest {}).await
                    && leader != 0
                    && header.member_id == leader
                {
                    return Ok(*client);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        for member in &mut self.members {
            // One that has ended already is as good.
            drop(member.kill());
            drop(member.wait());
        }
    }
}

/// Puts a value under a new key, at the leader.
#[derive(Clone)]
pub(super) struct Puts {
    channels: Vec<Channel>,
    next: Arc<AtomicUsize>,
    value: Vec<u8>,
}

impl Target for Puts {
    async fn commit(&self) -> Result<(), String> {
        let key = super::super::new_key().map_err(|why| why.to_string())?.into_bytes();
        let channel = self.channels[self.next.fetch_add(1, Ordering::Relaxed) % self.channels.len()].clone();
        let path = PathAndQuery::from_static("/etcdserverpb.KV/Put");
        let put: Result<PutResponse, String> = ask(channel, path, PutRequest { key, value: self.value.clone() }).await;
        put.map(drop)
    }
}

async fn ask<Q, A>(channel: Channel, path: PathAndQuery, question: Q) -> Result<A, String>
where
    Q: prost::Message + 'static,
    A: prost::Message + Default + 'static,
{
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|why| why.to_string())?;
    let answered = grpc.unary(tonic::Request::new(question), path, ProstCodec::<Q, A>::default()).await;
    answered.map(tonic::Response::into_inner).map_err(|status| status.to_string())
}

/// Ports that nobody listens on now. Another process may take one before etcd does: then etcd ends, and that is told.
fn free_ports(count: usize) -> anyhow::Result<Vec<SocketAddr>> {
    let held = (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<Vec<_>, _>>()?;
    Ok(held.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
}

// As much of etcd's `rpc.proto` (version 3) as is asked here.

#[derive(Clone, PartialEq, prost::Message)]
struct PutRequest {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PutResponse {
    #[prost(message, optional, tag = "1")]
    header: Option<ResponseHeader>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ResponseHeader {
    #[prost(uint64, tag = "2")]
    member_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StatusRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct StatusResponse {
    #[prost(message, optional, tag = "1")]
    header: Option<ResponseHeader>,
    #[prost(uint64, tag = "4")]
    leader: u64,
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn messages_have_etcd_s_own_bytes() {
        let put = PutRequest { key: b"k".to_vec(), value: b"vv".to_vec() };
        assert_eq!(put.encode_to_vec(), b"\x0a\x01k\x12\x02vv");
        // header { cluster_id: 7, member_id: 300, revision: 5 }, version: "3", dbSize: 9, leader: 300
        let bytes = b"\x0a\x07\x08\x07\x10\xac\x02\x18\x05\x12\x013\x18\x09\x20\xac\x02";
        let status = StatusResponse::decode(bytes.as_slice()).unwrap();
        assert_eq!((status.header.map(|header| header.member_id), status.leader), (Some(300), 300));
    }
}
