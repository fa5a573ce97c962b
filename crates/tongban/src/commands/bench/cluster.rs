//! The unit that is measured: a city of three voters on loopback, each a node with a runtime, sockets and a RocksDB of its own, all
//! in this process so that nothing is left behind.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkRef, DraftOptions, Necessity};
use domain::command::{Command, Proposal, chunk_hash};
use domain::division::Tier;
use domain::ids::{NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use node::config::Config;
use node::evidence::Evidence;
use node::region::{self, Plan};
use node::{MachineClock, MachineEntropy, Membership, Node, Sockets};
use protocol::record;
use protocol::seam::Clock;
use tokio::runtime::Runtime;
use transport::Quic;
use transport::authority::ProgramKeys;
use unit::{Act, Applicant, Application, Publication, Request, UnitHandle};

/// Voters of the measured unit.
pub(super) const VOTERS: usize = 3;
const CITY: &str = "370800";
/// The applicant of every application: a number of the standard's own examples.
const IDENTIFIER: &str = "11010519491231002X";
const START_PATIENCE: Duration = Duration::from_secs(60);

/// The running unit.
pub(super) struct Cluster {
    members: Vec<Member>,
    region: PathBuf,
    operator: PathBuf,
    unit: UnitId,
    application: Application,
}

struct Member {
    runtime: Runtime,
    node: Node,
    data: PathBuf,
    settings: PathBuf,
}

/// The unit after its nodes have stopped: its folders, and how to reach it once they are started again.
pub(super) struct Stopped {
    first: NodeId,
    data: PathBuf,
    settings: Vec<PathBuf>,
    region: PathBuf,
    operator: PathBuf,
    unit: UnitId,
    application: Application,
}

impl Stopped {
    /// What every client hands in.
    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn unit(&self) -> UnitId {
        self.unit
    }

    /// One of its nodes.
    pub(super) fn first(&self) -> NodeId {
        self.first
    }

    /// The data folder of that node.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Each node's settings file.
    pub(super) fn settings(&self) -> &[PathBuf] {
        &self.settings
    }

    /// An endpoint with the operator's certificate, as any program would have. Must be called within a runtime.
    pub(super) fn program(&self) -> anyhow::Result<Quic> {
        program(&self.region.join(&self.operator))
    }
}

impl Cluster {
    /// Makes the region in `folder`, starts its nodes, and publishes the sample catalogue.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let sockets = (0..VOTERS).map(|_| take()).collect::<anyhow::Result<Vec<_>>>()?;
        let region = folder.join("region");
        let plan = Plan::parse(Path::new("topology.toml"), topology(&sockets)?, &node::divisions())?;
        let made = region::init(&plan, &region, MachineClock.now(), &MachineEntropy)?;
        let mut members = Vec::new();
        for (made, sockets) in made.nodes.iter().zip(sockets) {
            let settings = region.join(&made.folder).join(region::NODE_FILE);
            let config = Config::read(&settings)?;
            let membership = Membership::read(&config, Some(Tier::City))?;
            // A runtime of its own, as a process would have.
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("node").build()?;
            let node = runtime.block_on(Node::start(&config, membership, sockets))?;
            members.push(Member { runtime, node, data: config.data.clone(), settings });
        }
        let unit: UnitId = CITY.parse()?;
        let draft = draft();
        let application = application(&draft, unit)?;
        let cluster = Self { members, region, operator: made.operator, unit, application };
        cluster.on_first(async |handle| {
            let ready = tokio::time::timeout(START_PATIENCE, publish(handle, draft)).await;
            ready.with_context(|| format!("the unit was not ready within {} s", START_PATIENCE.as_secs()))?
        })?;
        Ok(cluster)
    }

    /// What every client hands in.
    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn unit(&self) -> UnitId {
        self.unit
    }

    /// The leader, and where it serves people and programs.
    pub(super) fn leader(&self) -> anyhow::Result<(NodeId, SocketAddr)> {
        let leader = self.on_first(async |handle| Ok(handle.status().await.leader))?;
        let member = self.members.iter().find(|member| Some(member.node.number()) == leader);
        let member = member.context("the unit has no leader")?;
        Ok((member.node.number(), member.node.http()))
    }

    /// An endpoint with the operator's certificate, as any program would have. Must be called within a runtime.
    pub(super) fn program(&self) -> anyhow::Result<Quic> {
        program(&self.region.join(&self.operator))
    }

    /// Bytes of one application's command as it lies in the log.
    pub(super) fn command_bytes(&self) -> anyhow::Result<usize> {
        let member = self.members.first().context("a unit has voters")?;
        for group in Evidence::open(&member.data)?.groups()? {
            for command in group.commands()? {
                let payload = command?.payload;
                let proposal: Proposal = record::read(&payload)?;
                if matches!(proposal.command, Command::Receive(_)) {
                    return Ok(payload.len());
                }
            }
        }
        bail!("no application is in the log yet")
    }

    fn on_first<T>(&self, work: impl AsyncFnOnce(&dyn UnitHandle) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let member = self.members.first().context("a unit has voters")?;
        let handle = member.node.handle();
        member.runtime.block_on(work(&*handle))
    }

    /// The data folders of its nodes.
    #[cfg(test)]
    fn folders(&self) -> Vec<PathBuf> {
        self.members.iter().map(|member| member.data.clone()).collect()
    }

    /// Stops every node and waits until its folder is released.
    pub(super) fn stop(self) {
        drop(self.stop_for_now());
    }

    /// As [`Self::stop`], to be started again by others.
    pub(super) fn stop_for_now(self) -> Stopped {
        let Self { members, region, operator, unit, application } = self;
        let first = members.first().map_or(NodeId(0), |member| member.node.number());
        let data = members.first().map(|member| member.data.clone()).unwrap_or_default();
        let mut settings = Vec::new();
        for member in members {
            member.runtime.block_on(member.node.shut_down());
            member.runtime.shutdown_timeout(Duration::from_secs(5));
            settings.push(member.settings);
        }
        Stopped { first, data, settings, region, operator, unit, application }
    }
}

/// An endpoint with a program's keys.
fn program(keys: &Path) -> anyhow::Result<Quic> {
    let keys = ProgramKeys::read(keys)?;
    Ok(Quic::bind(transport::QuicConfig {
        socket: std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?,
        credentials: keys.credentials()?,
        directory: keys.directory()?,
        incarnation: [0; 16],
        clock: Arc::new(MachineClock),
        entropy: Arc::new(MachineEntropy),
        timing: transport::Timing::default(),
    })?)
}

/// Any free ports.
fn take() -> anyhow::Result<Sockets> {
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    Sockets::bind(any, any).map_err(|fault| anyhow::anyhow!(fault.message(false)))
}

fn topology(sockets: &[Sockets]) -> anyhow::Result<String> {
    let mut text =
        format!("region = \"bench\"\n[log]\nlevel = \"error\"\n[people]\ndemo = true\n[[unit]]\nplace = \"{CITY}\"\n");
    for sockets in sockets {
        let (quic, http) = (sockets.quic.local_addr()?, sockets.http.local_addr()?);
        text += &format!(
            "[[unit.node]]\nquic = [\"{quic}\"]\nhttp = \"{http}\"\nlisten_quic = \"{quic}\"\nlisten_http = \"{http}\"\n"
        );
    }
    Ok(text)
}

/// The sample list with the city as its only authority: an application stays where it is handed in, and is one command.
fn draft() -> CatalogueDraft {
    let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
    let options = DraftOptions { below_city: Some(BTreeSet::new()), ..DraftOptions::default() };
    let rows = MatterList::from_csv(domain::sample::MATTERS).rows;
    let mut draft = CatalogueDraft::build(&rows, &node::divisions(), calendar, &options);
    // One application is sent again and again: each is to be a case of its own.
    draft.matters.iter_mut().for_each(|matter| matter.claims.repeatable = true);
    draft
}

fn application(draft: &CatalogueDraft, city: UnitId) -> anyhow::Result<Application> {
    let entry = draft.entries.get(&city).and_then(|entries| entries.first()).context("the city has no entry")?;
    let matter = draft.matters.iter().find(|matter| matter.code == entry.matter).context("an entry has its matter")?;
    let brought = matter.materials.iter().filter(|material| material.necessity != Necessity::Optional);
    Ok(Application {
        about: None,
        matter: matter.code.to_string(),
        place: None,
        applicant: Applicant {
            name: "张三".to_owned(),
            identifier: IDENTIFIER.to_owned(),
            telephone: "0537-0000000".to_owned(),
        },
        form: [("说明".to_owned(), "bench".to_owned())].into(),
        materials: brought.map(|material| material.name.clone()).collect(),
        authority: None,
        declared: false,
    })
}

async fn publish(city: &dyn UnitHandle, draft: CatalogueDraft) -> anyhow::Result<()> {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
    loop {
        let status = city.status().await;
        if status.leader.is_some() && status.sequence.0 > 0 {
            break;
        }
        // Nothing tells a follower whose log does not change that there is a leader.
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let mut chunks = Vec::new();
    for (kind, bytes) in draft.into_chunks()? {
        chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
        submit(city, Act::KeepCatalogueChunk { json: String::from_utf8(bytes)? }).await?;
    }
    submit(city, Act::PublishCatalogue(Publication { effective: MachineClock.now().date(), chunks })).await
}

/// Under a key a busy unit may be asked again: the same key is the same request.
async fn submit(city: &dyn UnitHandle, act: Act) -> anyhow::Result<()> {
    let principal = Principal { kind: PrincipalKind::Staff, name: "bench".to_owned() };
    let request = Request { principal, idempotency_key: Some(super::super::new_key()?), act };
    loop {
        match city.submit(request.clone()).await {
            Ok(_) => return Ok(()),
            Err(unit::SubmitFault::Unavailable(unit::Unavailable::Stopped { why, .. })) => {
                bail!("the unit has stopped: {why}")
            }
            Err(unit::SubmitFault::Unavailable(_)) => {}
            Err(why) => bail!("the sample catalogue was not taken [{}]: {why}", why.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::{self, Round};
    use super::super::targets::{OverHttp, OverQuic};
    use super::*;
    use crate::commands::unit::replay;

    #[test]
    fn both_ways_in_commit_and_what_was_recorded_gives_the_same_state_by_the_rules_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path()).unwrap();
        let runtime = Runtime::new().unwrap();
        let (leader, http) = cluster.leader().unwrap();
        let quic = {
            let _within = runtime.enter();
            OverQuic::new(cluster.program().unwrap(), cluster.unit(), leader, cluster.application().clone())
        };
        let http = OverHttp::new(http, cluster.application()).unwrap();
        let time = Duration::from_millis(300);
        let confirmed = |round: Round| {
            assert_eq!((round.failed, round.fault), (0, None));
            round.commands
        };
        let over_quic = confirmed(runtime.block_on(load::run(&quic, 4, time)));
        let over_http = confirmed(runtime.block_on(load::run(&http, 4, time)));
        assert!(over_quic > 0 && over_http > 0, "{over_quic} over QUIC, {over_http} over HTTP");
        assert!(cluster.command_bytes().unwrap() > 100);
        let folders = cluster.folders();
        cluster.stop();
        for folder in folders {
            let units = replay::of_folder(&folder).unwrap();
            assert_eq!(units.iter().map(|unit| unit.same).collect::<Vec<_>>(), [Some(true)], "{units:?}");
        }
    }
}
