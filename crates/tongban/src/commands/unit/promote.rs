//! `tongban unit promote`: a unit that is lost for good goes on from its mirror, as its next life, on a new machine. What it comes to is
//! shown first, with what happens if what two people record is false; then it is asked for, and told step by step.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::ids::NodeId;
use node::region::{NODE_FILE, NewNode, PromoteFault, Promoted, Promotion, PromotionPlan};
use node::{MachineClock, MachineEntropy};
use protocol::seam::Clock;
use serde_json::json;

use super::voters::agreed;
use super::{Failure, Output, block_on, print, print_json};
use crate::client::{RegionFault, divisions};

#[derive(Debug, Args)]
pub(super) struct Promote {
    /// The unit that is lost: its code or name.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The region's folder, with its authority and the operator's certificate.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
    /// Who records that the old machines are switched off or destroyed: two people, so twice.
    #[arg(long = "person", value_name = "NAME", required = true)]
    people: Vec<String>,
    /// Recorded by both: no machine of the unit runs, nor will ever run again.
    #[arg(long, required = true)]
    old_voters_off: bool,
    /// Where other nodes will reach the new machine, e.g. 10.0.0.9:7400; best first, any number of times.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    quic: Vec<String>,
    /// Where people and programs will reach it.
    #[arg(long, value_name = "HOST:PORT")]
    http: String,
    /// Where it listens for other nodes; on every interface at the port of --quic where left out.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_quic: Option<SocketAddr>,
    /// Where it listens for people and programs; likewise.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_http: Option<SocketAddr>,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Promote {
    pub(super) fn run(self) -> Result<(), Failure> {
        let unit = divisions().find(&self.unit).map_err(RegionFault::from)?.unit;
        let people = <[String; 2]>::try_from(self.people).map_err(|_| told(&PromoteFault::People))?;
        let machine = NewNode {
            unit,
            quic: self.quic,
            http: self.http,
            listen_quic: self.listen_quic,
            listen_http: self.listen_http,
            data: None,
        };
        let promotion = Promotion { machine, people };
        let plan = promotion.plan(&self.region).map_err(|fault| told(&fault))?;
        let (region, output) = (self.region, self.output);
        // Progress goes beside the answer that programs read.
        let tell = |line: &str| match output {
            Output::Text => print(format_args!("{line}")),
            Output::Json => eprint(line),
        };
        tell(&in_words(&plan, &promotion));
        if self.plan || !(self.yes || agreed()?) {
            return Ok(());
        }
        block_on(async move {
            let step = |line: &str| tell(&format!("… {line}"));
            let done = promotion.carry_out(&region, MachineClock.now(), &MachineEntropy, step).await;
            show(&region, done.map_err(|fault| told(&fault))?, output)
        })
    }
}

fn show(region: &Path, promoted: Promoted, output: Output) -> Result<(), Failure> {
    let Promoted { node, generation, mirror, at, directory } = promoted;
    if output == Output::Json {
        let mut value = serde_json::to_value(&node).map_err(Failure::failed)?;
        let more = json!({ "generation": generation, "mirror": mirror, "at": at, "directory": directory });
        if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
            value.extend(more.clone());
        }
        print_json(&value);
        return Ok(());
    }
    let own = region.join(&node.folder);
    print(format_args!(
        "done 已完成: {} {} is generation {}, from the mirror at node {mirror}, which had {} commands.\n\
             folder      {}   carry it, its data too, to the new machine, keep its rights, and start it there:\n\
             \x20           {}-node --config {}\n\
             directory   {}   bring it to one running node of the unit above: within seconds all have it\n\
             then        tongban unit findings --data {}: what came of each case, once every unit has answered",
        node.unit.grouped(),
        node.name,
        generation.0,
        at.0,
        own.display(),
        node.tier.as_str(),
        own.join(NODE_FILE).display(),
        region.join("directory.json").display(),
        own.join("data").display(),
    ));
    Ok(())
}

fn eprint(line: &str) {
    eprintln!("{line}");
}

fn told(fault: &PromoteFault) -> Failure {
    let remedy = domain::codes::find(fault.code()).map_or("", |row| row.remedy.en);
    Failure::refused(format!("error[{}]: {fault}\n  remedy   {remedy}", fault.code()))
}

fn in_words(plan: &PromotionPlan, promotion: &Promotion) -> String {
    let nodes = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", ");
    let (node, generation) = plan.next;
    let [one, other] = &promotion.people;
    format!(
        "{} {} goes on as generation {} 晋升为第 {} 代\n\
         1. The mirrors at nodes {} stand still, for good: they acknowledge generation {} no more 镜像冻结\n\
         2. The furthest one becomes the data folder of node {node} 取最新镜像\n\
         3. The authority signs a directory in which node {node} alone speaks for the unit 签发名录\n\
         4. Once it runs, every unit says what it knows of the unit's cases; until all have, inherited cases are only read 恢复轮次\n\
         Recorded by {one} and {other}: nodes {} are switched off or destroyed 两人记录:原节点已关停或毁坏\n\
         ! If that is false, what they still do is void: numbers are given twice, applicants hold receipts of a unit that is no more. A\n\
         ! machine that comes back stops once it reads the directory; it must never be started again 若不属实,其后所为均无效",
        promotion.machine.unit.grouped(),
        plan.name,
        generation.0,
        generation.0,
        nodes(&plan.mirrors),
        plan.lost.0,
        nodes(&plan.gone),
    )
}
