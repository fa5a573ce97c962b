//! What the four binaries share: the command line around [`crate::run`].
//!
//! Exit codes: 0 stopped as asked, or healthy; 1 anything else; 2 command line, settings or credentials; 3 data folder; 4 an address
//! that cannot be listened on; 5 stopped by a fault while it ran.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to its operator on its standard streams"
)]

use std::io::{IsTerminal, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use domain::division::Tier;

use crate::config::Config;
use crate::fault::NodeError;
use crate::membership::Membership;
use crate::{run, telemetry};

/// Runs one node of a unit.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    /// Its settings.
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks the settings, certificates and keys, and starts nothing.
    CheckConfig {
        /// Its settings.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Asks a running node whether it is alive: for container health checks.
    Health(Health),
}

#[derive(Debug, Args)]
struct Health {
    /// Of the node's HTTP interface on this machine.
    #[arg(long, default_value_t = 8400)]
    port: u16,
    /// Asks whether it can answer for its unit, not only whether it runs.
    #[arg(long)]
    ready: bool,
}

/// The whole of a binary that runs units of one tier.
pub fn main(tier: Tier) -> ExitCode {
    let cli = Cli::parse();
    match (cli.command, cli.config) {
        (Some(Command::Health(health)), _) => health.ask(),
        (Some(Command::CheckConfig { config }), _) => ended(check(&config, tier)),
        (None, Some(config)) => ended(serve(&config, tier)),
        // clap asks for the one or the other.
        (None, None) => ExitCode::from(2),
    }
}

fn ended(ended: Result<(), NodeError>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{}", fault.message(std::io::stderr().is_terminal()));
            ExitCode::from(fault.exit_code())
        }
    }
}

fn check(path: &std::path::Path, tier: Tier) -> Result<(), NodeError> {
    let config = Config::read(path)?;
    let membership = Membership::read(&config, Some(tier))?;
    println!(
        "{} is good: node {} of {} {} in region {}",
        path.display(),
        membership.peer.node,
        membership.peer.unit,
        membership.listing.name,
        membership.directory.region()
    );
    Ok(())
}

fn serve(path: &std::path::Path, tier: Tier) -> Result<(), NodeError> {
    let config = Config::read(path)?;
    telemetry::start(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(NodeError::Process)?;
    runtime.block_on(async {
        let asked = stop_signal().map_err(NodeError::Process)?;
        run(&config, Some(tier), asked, |ready| println!("{ready}")).await
    })
}

/// Completes at SIGTERM or SIGINT.
///
/// # Errors
/// A system that gives no signals.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

impl Health {
    fn ask(&self) -> ExitCode {
        let path = if self.ready { "/readyz" } else { "/healthz" };
        match get((Ipv4Addr::LOCALHOST, self.port).into(), path) {
            Ok((200, body)) => {
                println!("{}", body.trim_end());
                ExitCode::SUCCESS
            }
            Ok((status, body)) => {
                eprintln!("{path} answered {status}: {}", body.trim_end());
                ExitCode::FAILURE
            }
            Err(why) => {
                eprintln!("no node answers on port {}: {why}", self.port);
                ExitCode::FAILURE
            }
        }
    }
}

/// One request to this machine's own node: a health check needs no HTTP client, and must not wait long.
fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    const PATIENCE: Duration = Duration::from_secs(3);
    const LONGEST: u64 = 64 * 1024;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    let malformed = || std::io::Error::other("the answer is not HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    Ok((status, body.to_owned()))
}
