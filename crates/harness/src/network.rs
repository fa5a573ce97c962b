//! A network for one test alone: a fresh network namespace with nothing but loopback, in which addresses can be cut off.
//!
//! Every node has an address of its own in 127.1.0.0/16, so that one rule cuts one node from everyone. Needs `unshare` and
//! `iptables`; user namespaces where the test does not run as root. Mounts are its own too, and go with it however it ends.

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
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount"]);
    if !is_root() {
        unshare.arg("--map-root-user");
    }
    // Killed programs leave their shared memory behind: what is in this one goes with the namespace.
    let inside = "ip link set lo up && { mount -t tmpfs tmpfs /dev/shm || true; } && exec \"$@\"";
    let status = unshare
        .args(["--", "sh", "-c", inside, "sh"])
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

/// Whether this process may mount and loop as it likes: root outside of any user namespace of ours.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
        && std::fs::read_to_string("/proc/self/uid_map")
            .is_ok_and(|map| map.split_whitespace().eq(["0", "0", "4294967295"]))
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

/// Cuts two addresses of the test's own network off from each other, or heals them.
pub fn cut_pair(one: Ipv4Addr, other: Ipv4Addr, cut: Cut) -> Result<()> {
    for (from, to) in [(one, other), (other, one)] {
        let (from, to) = (from.to_string(), to.to_string());
        run("iptables", &["-w", "5", cut.verb(), "INPUT", "-p", "udp", "-s", &from, "-d", &to, "-j", "DROP"])?;
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

/// Runs a program with a text as its input, and gives what it printed.
pub(crate) fn run_with(program: &str, arguments: &[&str], input: &str) -> Result<String> {
    use std::io::Write as _;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .with_context(|| format!("`{program}` is needed"))?;
    child.stdin.take().context("an input")?.write_all(input.as_bytes())?;
    let ran = child.wait_with_output()?;
    if !ran.status.success() {
        bail!("{program} {}: {}\n{input}", arguments.join(" "), String::from_utf8_lossy(&ran.stderr));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// Runs a program and gives what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let ran = Command::new(program).args(arguments).output().with_context(|| format!("`{program}` is needed"))?;
    if !ran.status.success() {
        bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&ran.stderr));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}
