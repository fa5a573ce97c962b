//! Which packets between nodes are lost: one table of nftables in every network namespace in which nodes receive. A change is one
//! transaction, and counters outlive it. HTTP is left alone, for people and for the watcher's eyes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::network::run_with;

/// Where nodes receive: this process's own network, or that of a container's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Own,
    Of(String),
}

/// Directed: who sends, who receives.
pub(super) type Way = (Ipv4Addr, Ipv4Addr);

/// The mark of packets that a queue takes (`lines`), and of those that come from it.
pub(super) const HELD: u32 = 0x7462_0001;
pub(super) const PASSED: u32 = 0x7462_0002;

/// What is lost, and what is held.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Losses {
    /// Everything on these ways.
    pub(super) cut: BTreeSet<Way>,
    /// On these so many packets of a thousand, drawn for each one.
    pub(super) thinned: Vec<(Way, u32)>,
    /// On these, everything is marked for the queue.
    pub(super) held: BTreeSet<Way>,
}

/// How many packets were lost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) cut: u64,
    pub(super) thinned: u64,
}

impl Namespace {
    fn nft(&self, arguments: &[&str], input: &str) -> Result<String> {
        match self {
            Self::Own => run_with("nft", arguments, input),
            Self::Of(process) => run_with("nsenter", &[&["-t", process, "-n", "nft"], arguments].concat(), input),
        }
    }

    /// From now on this is lost and held here, and nothing else. What a queue held can still be lost when it comes out.
    pub(super) fn set(&self, losses: &Losses) -> Result<()> {
        let mut script = format!(
            "add table ip tongban\n\
             add counter ip tongban cut\n\
             add counter ip tongban thinned\n\
             add set ip tongban ways {{ type ipv4_addr . ipv4_addr; }}\n\
             add set ip tongban held {{ type ipv4_addr . ipv4_addr; }}\n\
             add chain ip tongban arriving {{ type filter hook input priority 0; policy accept; }}\n\
             add chain ip tongban queueing {{ type filter hook input priority -160; policy accept; }}\n\
             flush chain ip tongban arriving\n\
             flush chain ip tongban queueing\n\
             flush set ip tongban ways\n\
             flush set ip tongban held\n\
             add rule ip tongban queueing meta l4proto udp meta mark != {PASSED} ip saddr . ip daddr @held \
             meta mark set {HELD}\n\
             add rule ip tongban arriving meta l4proto udp ip saddr . ip daddr @ways counter name cut drop\n",
        );
        for (from, to) in &losses.cut {
            writeln!(script, "add element ip tongban ways {{ {from} . {to} }}")?;
        }
        for (from, to) in &losses.held {
            writeln!(script, "add element ip tongban held {{ {from} . {to} }}")?;
        }
        for ((from, to), of_thousand) in &losses.thinned {
            writeln!(
                script,
                "add rule ip tongban arriving meta l4proto udp ip saddr {from} ip daddr {to} \
                 numgen random mod 1000 < {of_thousand} counter name thinned drop"
            )?;
        }
        self.nft(&["-f", "-"], &script).map(drop)
    }

    /// What was lost here since the table was made.
    pub(super) fn lost(&self) -> Result<Lost> {
        let told: Value = serde_json::from_str(&self.nft(&["-j", "list", "counters"], "")?)?;
        let entries = told["nftables"].as_array().context("nft names no counters")?;
        let count = |name: &str| {
            let counters = entries.iter().map(|entry| &entry["counter"]);
            counters.filter(|counter| counter["name"] == name).filter_map(|counter| counter["packets"].as_u64()).sum()
        };
        Ok(Lost { cut: count("cut"), thinned: count("thinned") })
    }
}
