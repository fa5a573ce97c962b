//! A network for one test alone: a fresh network namespace with nothing but loopback, in which addresses can be cut off.
//!
//! Every node has an address of its own in 127.1.0.0/16, so that one rule cuts one node from everyone. Needs `unshare` and
//! `iptables`; user namespaces where the test does not run as root.

use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

const INSIDE: &str = "TONGBAN_OWN_NETWORK";

/// Runs this test again inside a network of its own, and ends this process with its result; returns inside.
///
/// # Errors
/// The namespace cannot be made: says what is missing.
pub fn enter_own_network() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return Ok(());
    }
    let test = std::env::current_exe()?;
    let status = Command::new("unshare")
        .args(["--net", "--map-root-user", "--", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
        .arg(test)
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1")
        .status()
        .context("`unshare` (package util-linux) makes the test's own network")?;
    if let Some(signal) = status.signal() {
        bail!("the test inside its own network was ended by signal {signal}");
    }
    std::process::exit(status.code().unwrap_or(1));
}

/// The address of the n-th node, from 1.
pub fn address(node: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(node).unwrap_or(u16::MAX).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// Whether a link is cut or joined again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// What the node sends over QUIC is lost, and what others send to it. HTTP stays, for the test's eyes.
    Off,
    /// As before.
    Healed,
}

impl Cut {
    fn verb(self) -> &'static str {
        match self {
            Self::Off => "-A",
            Self::Healed => "-D",
        }
    }
}

/// Cuts an address of the test's own network off, or heals it.
pub fn cut_address(address: Ipv4Addr, cut: Cut) -> Result<()> {
    for side in ["-s", "-d"] {
        let address = address.to_string();
        run("iptables", &["-w", "5", cut.verb(), "INPUT", "-p", "udp", side, &address, "-j", "DROP"])?;
    }
    Ok(())
}

/// Cuts a container off inside its own network namespace, or heals it; but its own questions of names.
pub fn cut_container(process: &str, cut: Cut) -> Result<()> {
    for chain in ["INPUT", "OUTPUT"] {
        let rule = ["-w", "5", cut.verb(), chain, "-p", "udp", "-m", "multiport", "--ports", "8440", "-j", "DROP"];
        run("nsenter", &[&["-t", process, "-n", "iptables"], rule.as_slice()].concat())?;
    }
    Ok(())
}

/// Runs a program and gives what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let ran = Command::new(program).args(arguments).output().with_context(|| format!("`{program}` is needed"))?;
    if !ran.status.success() {
        bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&ran.stderr));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}
