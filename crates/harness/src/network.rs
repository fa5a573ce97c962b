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

/// Cuts an address off: what it sends to others over QUIC is lost, and what others send to it. HTTP stays, for the test's eyes.
pub fn cut(address: Ipv4Addr) -> Result<()> {
    rules("-A", address)
}

/// Undoes [`cut`].
pub fn heal(address: Ipv4Addr) -> Result<()> {
    rules("-D", address)
}

fn rules(verb: &str, address: Ipv4Addr) -> Result<()> {
    for side in ["-s", "-d"] {
        let address = address.to_string();
        let rule = [verb, "INPUT", "-p", "udp", side, &address, "-j", "DROP"];
        let made = Command::new("iptables").args(["-w", "5"]).args(rule).output().context("`iptables` cuts links")?;
        if !made.status.success() {
            bail!("iptables {}: {}", rule.join(" "), String::from_utf8_lossy(&made.stderr));
        }
    }
    Ok(())
}
