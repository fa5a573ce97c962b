//! `tongban dev`: a small Jining in this process, on real QUIC and real disks. Not for production.
//!
//! A city with three voters, two counties, three townships and four villages: twelve nodes on one runtime, which differ from twelve
//! machines in nothing but their addresses.

mod control;
mod keeper;
mod show;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::calendar::WorkCalendar;
use domain::catalogue::{CatalogueDraft, ChunkRef, DraftOptions, import::MatterList};
use domain::command::chunk_hash;
use domain::division::Tier;
use domain::ids::{NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use node::{MachineClock, Ready};
use protocol::seam::Clock;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use unit::{Act, Publication, Request};

use super::Failure;
use control::{Asked, Deed, Order};
use keeper::{Handle, Orders, Told};

/// Start a small Jining in this process, to try things out. Not for production.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Dev {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stop a unit of the running region, as if its machines were switched off.
    Stop(Switch),
    /// Start it again.
    Start(Switch),
}

#[derive(Debug, Args)]
struct Start {
    /// Where keys and data are kept.
    #[arg(long, value_name = "DIR", default_value = "tongban-dev")]
    dir: PathBuf,
    /// The first of twelve ports, TCP and UDP; 0 takes any that are free.
    #[arg(long, value_name = "BASE", default_value_t = 8400)]
    port: u16,
    /// Written, whole, once the region is ready: addresses, units and people as JSON, for programs.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// How long a county may leave an offer unanswered before the city is asked. Holds for the catalogue of the first start.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
}

#[derive(Debug, Args)]
struct Switch {
    /// Its code or name, e.g. 370811 or 任城区.
    unit: String,
    /// Only this node of it.
    #[arg(long, value_name = "NUMBER")]
    node: Option<u64>,
    /// The folder of the running region.
    #[arg(long, value_name = "DIR", default_value = "tongban-dev")]
    dir: PathBuf,
}

impl Dev {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Some(Command::Stop(switch)) => switch.give(Deed::Stop),
            Some(Command::Start(switch)) => switch.give(Deed::Start),
            None => {
                let runtime =
                    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
                runtime.block_on(self.start.run()).map_err(|why| Failure::failed(format!("{why:#}")))
            }
        }
    }
}

impl Switch {
    fn give(self, deed: Deed) -> Result<(), Failure> {
        let told = control::give(&self.dir, Order { deed, unit: self.unit, node: self.node })
            .map_err(|why| Failure::failed(format!("{why:#}")))?;
        println!("{told}");
        Ok(())
    }
}

/// The running region: orders to each node's keeper.
struct Fleet {
    keepers: BTreeMap<(UnitId, NodeId), Orders>,
}

impl Start {
    async fn run(self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let stop = node::program::stop_signal()?;
        println!("{}", show::notice());
        let world = world::open(&self.dir, self.port, self.patience)?;
        let (units, nodes) = (world.units(), world.nodes.len());
        let patience_seconds = world.made.patience_seconds.unwrap_or(self.patience);
        let what = if world.fresh { "made: keys, certificates, directory" } else { "found, with its data" };
        show::step(
            begun.elapsed(),
            &format!("region of {units} units and {nodes} nodes {what} ({})", self.dir.display()),
        );
        node::telemetry::start(&node::config::Log { level: node::config::LogLevel::Warn, form: Default::default() });

        let mut stop = std::pin::pin!(stop);
        let (fleet, ready, handles) = tokio::select! {
            biased;
            () = &mut stop => bail!("stopped before the region had started; the next start goes on from here"),
            () = tokio::time::sleep(START_PATIENCE) => bail!("the region did not start within {} s", START_PATIENCE.as_secs()),
            started = start_all(world) => started?,
        };
        show::step(begun.elapsed(), &format!("{nodes} nodes run; every unit has a leader"));
        let orders = control::listen(&self.dir).await?;
        if let Some(number) = publish(&handles, patience_seconds).await? {
            show::step(begun.elapsed(), &format!("sample catalogue published at the city as version {number}"));
        }
        let installed = installed(&handles, begun + START_PATIENCE).await;
        show::step(begun.elapsed(), &format!("catalogue installed at {installed} of {units} units"));
        // Whoever holds a unit holds its disk and address: a stopped node must be able to let go of them.
        drop(handles);

        let units = show::units(&ready);
        println!("\n{}", show::table(&units));
        println!("Anybody may act as demo-applicant, who applies. 任何人可使用 demo-applicant 身份提出申请。\n");
        let seconds = begun.elapsed().as_secs_f64();
        let region = "jining".to_owned();
        let folder = std::path::absolute(&self.dir)?.display().to_string();
        let shown = show::Shown { region, process: std::process::id(), seconds, folder, units };
        let text = serde_json::to_string_pretty(&shown)?;
        control::write_whole(&self.dir.join("ready.json"), &text, 0o644)?;
        if let Some(file) = &self.ready_file {
            control::write_whole(file, &text, 0o644)?;
        }
        println!("READY in {seconds:.1} s\n");
        println!("{}\n", show::things_to_try(&self.dir, &shown.units));

        fleet.obey(orders, stop).await;
        println!("stopping …");
        control::forget(&self.dir);
        drop(std::fs::remove_file(self.dir.join("ready.json")));
        fleet.stop_all().await;
        println!("stopped; the data is kept in {}", self.dir.display());
        Ok(())
    }
}

/// On a machine that is busy with something else; usually it takes a second or two.
const START_PATIENCE: Duration = Duration::from_secs(120);

type Started = (Fleet, Vec<(Tier, Ready)>, BTreeMap<(UnitId, NodeId), Handle>);

/// Starts all nodes at once and waits until each unit can answer at each of its nodes.
async fn start_all(world: world::World) -> anyhow::Result<Started> {
    let mut keepers = BTreeMap::new();
    let mut starting = Vec::new();
    for planned in world.nodes {
        let (name, tier) = ((planned.unit, planned.node), planned.tier);
        let (started, waiting) = oneshot::channel();
        keepers.insert(name, keeper::keep(planned, started));
        starting.push((name, tier, waiting));
    }
    let mut ready = Vec::new();
    let mut handles = BTreeMap::new();
    for (name, tier, waiting) in starting {
        let (handle, told) =
            waiting.await.context("a node's task ended")?.map_err(|fault| anyhow::anyhow!(fault.message(false)))?;
        handles.insert(name, handle);
        ready.push((tier, told));
    }
    Ok((Fleet { keepers }, ready, handles))
}

impl Fleet {
    /// Does what control asks until the process is asked to stop.
    async fn obey(&self, mut orders: mpsc::Receiver<Asked>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let (order, told) = tokio::select! {
                biased;
                () = &mut stop => return,
                Some(asked) = orders.recv() => asked,
            };
            let reply = self.switch(&order).await;
            if let Ok(text) = &reply {
                println!("{text}");
            }
            drop(told.send(reply));
        }
    }

    async fn switch(&self, order: &Order) -> Result<String, String> {
        let divisions = node::divisions();
        let place = divisions.find(&order.unit).map_err(|fault| fault.to_string())?;
        let meant: Vec<_> = self
            .keepers
            .iter()
            .filter(|((unit, node), _)| *unit == place.unit && order.node.is_none_or(|only| only == node.0))
            .collect();
        if meant.is_empty() {
            let units: BTreeSet<String> =
                self.keepers.keys().map(|(unit, node)| format!("{unit} (node {node})")).collect();
            let units: Vec<String> = units.into_iter().collect();
            return Err(format!("{} {} has no such node here; there are {}", place.unit, place.name, units.join(", ")));
        }
        let mut waiting = Vec::new();
        for ((_, node), keeper) in meant {
            let (told, reply) = oneshot::channel();
            let order = match order.deed {
                Deed::Stop => keeper::Order::Stop(told),
                Deed::Start => keeper::Order::Start(told),
            };
            keeper.send(order).await.map_err(|_| "the region is stopping".to_owned())?;
            waiting.push((node, reply));
        }
        let mut lines = Vec::new();
        for (node, reply) in waiting {
            let what = match reply.await.map_err(|_| "the region is stopping".to_owned())? {
                Told::Started => "runs again".to_owned(),
                Told::Waits => "runs, and waits for its unit's other voters".to_owned(),
                Told::Stopped => "is stopped: the rest of the region cannot reach it".to_owned(),
                Told::Already => {
                    format!("was {} already", if order.deed == Deed::Stop { "stopped" } else { "running" })
                }
                Told::Failed(why) => return Err(format!("node {node}: {why}")),
            };
            lines.push(format!("node {node} of {} {} {what}", place.unit, place.name));
        }
        Ok(lines.join("\n"))
    }

    async fn stop_all(self) {
        let mut waiting = Vec::new();
        for keeper in self.keepers.values() {
            let (told, reply) = oneshot::channel();
            if keeper.send(keeper::Order::Stop(told)).await.is_ok() {
                waiting.push(reply);
            }
        }
        for reply in waiting {
            drop(reply.await);
        }
    }
}

/// Publishes the sample catalogue if the city has none; the version's number if it did.
async fn publish(handles: &BTreeMap<(UnitId, NodeId), Handle>, patience_seconds: u32) -> anyhow::Result<Option<u64>> {
    let city = handles.values().next().context("a region has a city")?;
    if city.status().await.catalogue.is_some() {
        return Ok(None);
    }
    let divisions = node::divisions();
    let units: BTreeSet<UnitId> = handles.keys().map(|(unit, _)| *unit).collect();
    let options = DraftOptions { patience_seconds, below_city: Some(units) };
    let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
    let list = MatterList::from_csv(domain::sample::MATTERS);
    let pieces = CatalogueDraft::build(&list.rows, &divisions, calendar, &options).into_chunks()?;
    let name = format!("demo-administrator-{}", city.unit());
    let principal = Principal { kind: PrincipalKind::Staff, name };
    let mut chunks = Vec::new();
    for (kind, bytes) in pieces {
        chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
        let json = String::from_utf8(bytes)?;
        submit(city, &principal, None, Act::KeepCatalogueChunk { json }).await?;
    }
    let publication = Publication { effective: MachineClock.now().date(), chunks };
    submit(city, &principal, Some("dev-sample-catalogue"), Act::PublishCatalogue(publication)).await?;
    Ok(city.status().await.catalogue.map(|pin| pin.number))
}

/// Acts until the outcome is known. A busy machine may need more than one try; the same key means the same request.
async fn submit(city: &Handle, principal: &Principal, key: Option<&str>, act: Act) -> anyhow::Result<()> {
    const TRIES: usize = 3;
    let request = Request { principal: principal.clone(), idempotency_key: key.map(str::to_owned), act };
    let mut tries = 1;
    loop {
        match city.submit(request.clone()).await {
            Ok(_) => return Ok(()),
            Err(unit::SubmitFault::Unavailable(_)) if tries < TRIES => tries += 1,
            Err(why) => bail!("the sample catalogue was not taken [{}]: {why}", why.code()),
        }
    }
}

/// Waits until every unit has the city's newest catalogue; how many have it when the time is over.
async fn installed(handles: &BTreeMap<(UnitId, NodeId), Handle>, deadline: Instant) -> usize {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
    let mut waiting: BTreeMap<UnitId, &Handle> = handles.iter().map(|((unit, _), handle)| (*unit, handle)).collect();
    let all = waiting.len();
    loop {
        let mut have = Vec::new();
        for (unit, handle) in &waiting {
            if handle.status().await.catalogue.is_some() {
                have.push(*unit);
            }
        }
        waiting.retain(|unit, _| !have.contains(unit));
        if waiting.is_empty() || Instant::now() >= deadline {
            return all - waiting.len();
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
