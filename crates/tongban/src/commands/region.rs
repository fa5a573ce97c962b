//! `tongban region`: a region's authority, one folder per node to carry to its machine, and machines that are added later.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use domain::ids::{NodeId, UnitId};
use node::region::{self, InitFault, Made, NewNode, Plan};
use node::{MachineClock, MachineEntropy};
use protocol::seam::Clock;

use super::{Failure, Output, print_json};
use crate::client::{RegionFault, divisions};

/// Make the keys, certificates and configuration of a region, and add machines to it.
#[derive(Debug, Args)]
pub(crate) struct Region {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a region from a topology file: its authority, one folder per node, and the operator's certificate.
    Init(Init),
    /// Give a new machine of a unit a number, keys and a folder. It votes once `tongban unit add-voter` or `replace` made it.
    AddNode(AddNode),
    /// List in the directory who votes in a unit, once its voters have changed.
    SetVoters(SetVoters),
    /// Give a body of a unit an electronic seal of the region's test authority: for trying things out, without force in law.
    Seal(GiveSeal),
    /// Revoke an electronic seal from now on.
    RevokeSeal(RevokeSeal),
}

#[derive(Debug, Args)]
struct GiveSeal {
    /// The unit's code or name.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// Whose seal: unified social credit code, as the catalogue's entries have it.
    #[arg(long, value_name = "CODE")]
    body: domain::identifiers::CreditCode,
    /// The body's name, as on the seal.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// How long its certificate holds.
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    days: u32,
    /// The region's folder, with its authority.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
}

#[derive(Debug, Args)]
struct RevokeSeal {
    /// The number of its certificate.
    #[arg(value_name = "NUMBER")]
    serial: u64,
    /// The region's folder, with its authority.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
}

impl GiveSeal {
    fn run(self) -> Result<(), Failure> {
        let Self { unit: asked, body, name, days, region } = self;
        let serial = node::seals::issue(&region, (unit(&asked)?, body, name), days, &MachineEntropy)
            .map_err(|fault| Failure::refused(format!("error[seal.file]: {fault}")))?;
        println!("Seal {serial} is in the folders of the unit's nodes: they use it from their next start.");
        Ok(())
    }
}

impl RevokeSeal {
    fn run(self) -> Result<(), Failure> {
        node::seals::revoke(&self.region, self.serial, &MachineEntropy)
            .map_err(|fault| Failure::refused(format!("error[seal.file]: {fault}")))?;
        println!("Seal {} is revoked: bring {} to whoever judges papers.", self.serial, node::seals::ROOT);
        Ok(())
    }
}

#[derive(Debug, Args)]
struct Init {
    /// Which units the region starts with, and where their nodes are.
    #[arg(long, value_name = "FILE")]
    topology: PathBuf,
    /// A new or empty folder. What is there is never written over.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct AddNode {
    /// Whose machine: the unit's code or name.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The region's folder, with its authority.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
    /// Where other nodes reach it, e.g. 10.0.0.9:7400; best first, any number of times.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    quic: Vec<String>,
    /// Where people and programs reach it.
    #[arg(long, value_name = "HOST:PORT")]
    http: String,
    /// Where it listens for other nodes; on every interface at the port of --quic where left out.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_quic: Option<SocketAddr>,
    /// Where it listens for people and programs; likewise.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_http: Option<SocketAddr>,
    /// Its data folder, relative to its own.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
struct SetVoters {
    /// The unit's code or name.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The region's folder, with its authority.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
    /// The numbers of the nodes that vote now, as `tongban unit show` tells them.
    #[arg(long, value_name = "NUMBER,…", required = true, value_delimiter = ',')]
    voters: Vec<u64>,
}

impl Region {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init(init) => init.run(),
            Command::AddNode(add) => add.run(),
            Command::SetVoters(set) => set.run(),
            Command::Seal(seal) => seal.run(),
            Command::RevokeSeal(revoke) => revoke.run(),
        }
    }
}

impl Init {
    fn run(self) -> Result<(), Failure> {
        let styled = std::io::stderr().is_terminal();
        let plan = Plan::read(&self.topology, &node::divisions())
            .map_err(|fault| Failure::refused(if styled { fault.styled() } else { fault.to_string() }))?;
        let made = region::init(&plan, &self.out, MachineClock.now(), &MachineEntropy)
            .map_err(|fault| Failure::refused(format!("error[{}]: {fault}", fault.code())))?;
        tell(&self.out, &made);
        Ok(())
    }
}

/// The unit that a code or name means.
fn unit(asked: &str) -> Result<UnitId, Failure> {
    Ok(divisions().find(asked).map_err(RegionFault::from)?.unit)
}

fn told(fault: &InitFault) -> Failure {
    Failure::refused(format!("error[{}]: {fault}", fault.code()))
}

impl AddNode {
    fn run(self) -> Result<(), Failure> {
        let Self { unit: asked, region: folder, quic, http, listen_quic, listen_http, data, output } = self;
        let new = NewNode { unit: unit(&asked)?, quic, http, listen_quic, listen_http, data };
        let added =
            region::add_node(&folder, new, MachineClock.now(), &MachineEntropy).map_err(|fault| told(&fault))?;
        if output == Output::Json {
            let json = serde_json::to_value(&added).map_err(Failure::failed)?;
            print_json(&json);
            return Ok(());
        }
        let own = folder.join(&added.folder);
        println!("Node {} of {} {} is listed; it does not vote yet.", added.node, added.unit.grouped(), added.name);
        println!("folder      {}   carry it to the machine, keep its rights, and start it there:", own.display());
        println!("            {}-node --config {}", added.tier.as_str(), own.join(region::NODE_FILE).display());
        println!(
            "directory   {}   bring it to one running node of the unit, into its folder: within seconds all have it",
            folder.join("directory.json").display()
        );
        println!(
            "then        tongban unit add-voter {node} --at {unit}, or tongban unit replace OLD --by {node} --at {unit}",
            node = added.node,
            unit = added.unit
        );
        Ok(())
    }
}

impl SetVoters {
    fn run(self) -> Result<(), Failure> {
        let voters = self.voters.into_iter().map(NodeId).collect();
        let number = region::set_voters(&self.region, unit(&self.unit)?, voters).map_err(|fault| told(&fault))?;
        println!(
            "Directory {number} is signed: bring {} to one running node, into its folder.",
            self.region.join("directory.json").display()
        );
        Ok(())
    }
}

fn tell(out: &Path, made: &Made) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["node", "unit", "", "program", "HTTP", "folder"]);
    for node in &made.nodes {
        table.add_row([
            node.node.to_string(),
            node.unit.grouped(),
            node.name.clone(),
            format!("{}-node", node.tier.as_str()),
            node.http.clone(),
            out.join(&node.folder).display().to_string(),
        ]);
    }
    println!("Region {} is made in {}.\n{table}", made.region, out.display());
    println!(
        "authority   {}   keep it away from every node: whoever has it can be any of them",
        out.join("authority").display()
    );
    println!("operator    {}   for `tongban` on your machine", out.join(&made.operator).display());
    println!("summary     {}   for programs", out.join(region::SUMMARY).display());
    if let Some(first) = made.nodes.first() {
        println!("\nCarry each node's folder to its machine, keep its rights, and start it there, e.g.");
        println!(
            "  {}-node --config {}",
            first.tier.as_str(),
            out.join(&first.folder).join(region::NODE_FILE).display()
        );
    }
}
