//! Which packets between nodes are lost: one table of nftables in every network namespace in which nodes receive. A change is one
//! transaction, and counters, one for each way, outlive it. HTTP is left alone, for people and for the watcher's eyes.

use std::collections::{BTreeMap, BTreeSet};
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

/// How many packets were lost so far, by their way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) cut: BTreeMap<Way, u64>,
    pub(super) thinned: BTreeMap<Way, u64>,
}

/// As counters of losses are called: why, from where, to where.
const CUT: &str = "cut";
const THINNED: &str = "thinned";

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
             add map ip tongban cut {{ type ipv4_addr . ipv4_addr : counter; }}\n\
             add set ip tongban held {{ type ipv4_addr . ipv4_addr; }}\n\
             add chain ip tongban arriving {{ type filter hook input priority 0; policy accept; }}\n\
             add chain ip tongban queueing {{ type filter hook input priority -160; policy accept; }}\n\
             flush chain ip tongban arriving\n\
             flush chain ip tongban queueing\n\
             flush map ip tongban cut\n\
             flush set ip tongban held\n\
             add rule ip tongban queueing meta l4proto udp meta mark != {PASSED} ip saddr . ip daddr @held \
             meta mark set {HELD}\n\
             add rule ip tongban arriving meta l4proto udp counter name ip saddr . ip daddr map @cut drop\n",
        );
        // A way that is not in the map has no counter, and the rule is none of its packets' business.
        for (from, to) in &losses.cut {
            writeln!(script, "add counter ip tongban {CUT}-{from}-{to}")?;
            writeln!(script, "add element ip tongban cut {{ {from} . {to} : \"{CUT}-{from}-{to}\" }}")?;
        }
        for (from, to) in &losses.held {
            writeln!(script, "add element ip tongban held {{ {from} . {to} }}")?;
        }
        for ((from, to), of_thousand) in &losses.thinned {
            writeln!(
                script,
                "add counter ip tongban {THINNED}-{from}-{to}\n\
                 add rule ip tongban arriving meta l4proto udp ip saddr {from} ip daddr {to} \
                 numgen random mod 1000 < {of_thousand} counter name {THINNED}-{from}-{to} drop"
            )?;
        }
        self.nft(&["-f", "-"], &script).map(drop)
    }

    /// What was lost here since the table was made.
    pub(super) fn lost(&self) -> Result<Lost> {
        let told: Value = serde_json::from_str(&self.nft(&["-j", "list", "counters"], "")?)?;
        let entries = told["nftables"].as_array().context("nft names no counters")?;
        let counters = entries.iter().map(|entry| &entry["counter"]);
        let counted = counters.filter_map(|counter| Some((counter["name"].as_str()?, counter["packets"].as_u64()?)));
        let mut lost = Lost::default();
        for (name, packets) in counted {
            let mut words = name.split('-');
            let (why, from, to) = (words.next(), words.next(), words.next());
            let (Some(Ok(from)), Some(Ok(to))) = (from.map(str::parse), to.map(str::parse)) else { continue };
            match why {
                Some(CUT) => lost.cut.insert((from, to), packets),
                Some(THINNED) => lost.thinned.insert((from, to), packets),
                _ => None,
            };
        }
        Ok(lost)
    }
}
