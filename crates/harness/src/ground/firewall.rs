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

/// What is lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Losses {
    /// Everything on these ways.
    pub(super) cut: BTreeSet<Way>,
    /// On these so many packets of a thousand, drawn for each one.
    pub(super) thinned: Vec<(Way, u32)>,
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

    /// From now on this is lost here, and nothing else.
    pub(super) fn set(&self, losses: &Losses) -> Result<()> {
        let mut script = String::from(
            "add table ip tongban\n\
             add counter ip tongban cut\n\
             add counter ip tongban thinned\n\
             add set ip tongban ways { type ipv4_addr . ipv4_addr; }\n\
             add chain ip tongban arriving { type filter hook input priority 0; policy accept; }\n\
             flush chain ip tongban arriving\n\
             flush set ip tongban ways\n\
             add rule ip tongban arriving meta l4proto udp ip saddr . ip daddr @ways counter name cut drop\n",
        );
        for (from, to) in &losses.cut {
            writeln!(script, "add element ip tongban ways {{ {from} . {to} }}")?;
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
