//! `tongban region init`: a region's authority, and one folder per node to carry to its machine.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use node::region::{self, Made, Plan};
use node::{MachineClock, MachineEntropy};
use protocol::seam::Clock;

use super::Failure;

/// Make the keys, certificates and configuration of a region.
#[derive(Debug, Args)]
pub(crate) struct Region {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a region from a topology file: its authority, one folder per node, and the operator's certificate.
    Init(Init),
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

impl Region {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init(init) => init.run(),
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
