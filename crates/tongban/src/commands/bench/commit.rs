//! `tongban bench commit`: rounds of growing numbers of clients, each way in after the other, so that all see the same minute of the
//! same machine.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;

use super::cluster::{Cluster, VOTERS};
use super::etcd::{self, Etcd, Puts};
use super::load::{self, Round, Target};
use super::report::{self, Measured, Settings};
use super::targets::{OverHttp, OverQuic};
use super::{Output, load_average, print, print_json};

/// Commands a second of a unit with three voters, over QUIC and over HTTP, beside three members of etcd.
///
/// A command is an application handed in: checked, sealed, numbered, routed, with its audit row, confirmed once it is synced on a
/// majority. etcd's is a put of as many bytes as such a command has in the log. Everything is on this machine and disk.
#[derive(Debug, Args)]
pub(super) struct Commit {
    /// How long each round lasts. A unit has 99,999 case numbers a day for all rounds of one number of clients.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many rounds each side has with as many clients, the sides in turn; medians and spread are told.
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// How many clients ask at once.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [1, 16, 64, 256],
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    clients: Vec<u16>,
    /// Fail where this cannot be run beside it. Where left out, etcd is run if it is installed.
    #[arg(long, value_enum)]
    against: Option<Against>,
    /// Where data is written meanwhile: what is measured is this disk. Removed at the end.
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    Etcd,
}

/// Before the first round: connections are made, files have grown once.
const WARM_UP: Duration = Duration::from_secs(1);
const WARM_UP_CLIENTS: usize = 8;

impl Commit {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let etcd_version = etcd::version();
        if self.against.is_some() && etcd_version.is_none() {
            bail!("etcd is not installed: on Debian `apt-get install etcd-server`");
        }
        let folder = tempfile::Builder::new().prefix("tongban-bench-").tempdir_in(&self.dir);
        let folder = folder.with_context(|| format!("{} cannot be written to", self.dir.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("clients").build()?;
        let load_before = load_average();
        let (mut measured, mut bytes) = (Vec::new(), 0);
        for clients in &self.clients {
            self.say("starting a unit");
            // A unit has as many case numbers a day as its numbers have digits for: each number of clients asks one of its own.
            let own = folder.path().join(clients.to_string());
            std::fs::create_dir(&own)?;
            let cluster = Cluster::start(&own)?;
            let rounds = self.measure((&runtime, &cluster), &own, etcd_version.is_some(), usize::from(*clients));
            bytes = cluster.command_bytes()?;
            cluster.stop();
            measured.extend(rounds?);
        }
        let settings = self.settings(bytes, etcd_version, load_before);
        match self.output {
            Output::Json => print_json(&report::as_json(&settings, &measured)),
            Output::Text => print(report::text(&settings, &measured)),
        }
        Ok(())
    }

    fn measure(
        &self,
        (runtime, cluster): (&Runtime, &Cluster),
        folder: &std::path::Path,
        with_etcd: bool,
        clients: usize,
    ) -> anyhow::Result<Vec<Measured>> {
        let (leader, http) = cluster.leader()?;
        let http = OverHttp::new(http, cluster.application())?;
        let quic = {
            let _within = runtime.enter();
            OverQuic::new(cluster.program()?, cluster.unit(), leader, cluster.application().clone())
        };
        let warm = |round: Round| match round.commands {
            0 => bail!("nothing was confirmed: {}", round.fault.unwrap_or_default()),
            _ => Ok(()),
        };
        warm(runtime.block_on(load::run(&quic, WARM_UP_CLIENTS, WARM_UP))).context("over QUIC")?;
        warm(runtime.block_on(load::run(&http, WARM_UP_CLIENTS, WARM_UP))).context("over HTTP")?;
        let bytes = cluster.command_bytes()?;
        // From here on a signal must not end this process before it has ended what it started.
        let stop = {
            let _within = runtime.enter();
            node::program::stop_signal()?
        };
        let mut etcd = None;
        if with_etcd {
            self.say("starting etcd");
            let mut members = Etcd::start(folder)?;
            let puts = runtime.block_on(members.target(bytes))?;
            warm(runtime.block_on(load::run(&puts, WARM_UP_CLIENTS, WARM_UP))).context("etcd")?;
            etcd = Some((members, puts));
        }
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop => bail!("asked to stop; everything is ended and removed"),
                measured = self.rounds(clients, &quic, &http, etcd.as_ref().map(|(_, puts)| puts)) => Ok(measured),
            }
        })
    }

    async fn rounds(&self, clients: usize, quic: &OverQuic, http: &OverHttp, etcd: Option<&Puts>) -> Vec<Measured> {
        let (mut over_quic, mut over_http, mut of_etcd) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=self.rounds {
            self.say(&format!("{clients} clients, round {number} of {}", self.rounds));
            over_quic.push(self.round(quic, clients).await);
            over_http.push(self.round(http, clients).await);
            if let Some(etcd) = etcd {
                of_etcd.push(self.round(etcd, clients).await);
            }
        }
        let sides = [("QUIC", over_quic), ("HTTP", over_http), ("etcd", of_etcd)];
        let run = sides.into_iter().filter(|(_, rounds)| !rounds.is_empty());
        run.map(|(interface, rounds)| Measured { interface, clients, rounds }).collect()
    }

    async fn round(&self, target: &impl Target, clients: usize) -> Round {
        load::run(target, clients, Duration::from_secs(self.seconds)).await
    }

    /// What is being done, apart from the answer.
    fn say(&self, what: &str) {
        eprintln!("… {what}");
    }

    fn settings(&self, command_bytes: usize, etcd: Option<String>, load_before: String) -> Settings {
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let built = if cfg!(debug_assertions) { "with debug assertions" } else { "as a release" };
        let mut lines = vec![
            (
                "machine",
                format!("{processors} processors; load average {load_before} before, {} after", load_average()),
            ),
            (
                "rounds",
                format!(
                    "{} of {} s for each, in turn; medians of the rounds; clients in a closed loop, on the servers' machine",
                    self.rounds, self.seconds
                ),
            ),
            (
                "tongban",
                format!(
                    "{} built {built}; a unit of {VOTERS} voters for each number of clients, in one process, a runtime and a RocksDB each, on loopback; sync on; \
                     each command {command_bytes} bytes in the log, plus rows and audit row",
                    env!("CARGO_PKG_VERSION")
                ),
            ),
            ("QUIC", "mutual TLS 1.3, one connection to the leader, one stream a request, JSON in a record".to_owned()),
            ("HTTP", "HTTP/1.1 without TLS to the leader, kept connections, POST /v1/cases".to_owned()),
        ];
        lines.push((
            "etcd",
            match etcd {
                Some(version) => format!(
                    "{version}; three members, a process each, its defaults (fsync on), no TLS; gRPC put to the leader over 8 \
                     connections, a new key of 36 bytes, a value of {command_bytes} bytes"
                ),
                None => "not installed, so not run (`apt-get install etcd-server`)".to_owned(),
            },
        ));
        Settings { lines }
    }
}
