//! `tongban bench size`: whether a command costs as much in a unit that holds many cases as in one that holds few, and how soon and
//! in how much memory such a unit is back after a stop.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use comfy_table::CellAlignment;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::cluster::{Cluster, Stopped, VOTERS};
use super::load::{self, Round, Target};
use super::processes::{Processes, Taken, folder_bytes};
use super::targets::OverQuic;
use super::{Output, columns, load_average, print, print_json};

/// What a command costs in a unit as it grows, and what a restart of it takes.
///
/// Three voters, a process each. Applications are handed in over QUIC until so many cases are stored; at each size a window is measured:
/// seconds of a processor for each command, which other work on the machine changes little, and commands a second, which it does. In the
/// end all voters are stopped and started again.
#[derive(Debug, Args)]
pub(super) struct Size {
    /// At which numbers of stored cases, in rising order. A unit has 99,999 case numbers a day.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [10_000, 30_000, 60_000],
          value_parser = clap::value_parser!(u64).range(1..=90_000))]
    cases: Vec<u64>,
    /// How long each window lasts.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many clients ask at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    clients: u16,
    /// Where data is written meanwhile: what is measured is this disk. Removed at the end.
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// One size.
struct Window {
    cases: u64,
    round: Round,
    processor_micros: f64,
    taken: Taken,
    data: u64,
}

/// The voters after they were started again.
struct Restart {
    cases: u64,
    /// From the start of the processes to the first command that was confirmed.
    confirmed_after: Duration,
    taken: Taken,
}

/// Between two windows cases are handed in for so long at a time.
const FILLING: Duration = Duration::from_secs(5);
const STARTS_WITHIN: Duration = Duration::from_secs(60);

impl Size {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if !self.cases.is_sorted_by(|one, other| one < other) {
            bail!("--cases: each number must be larger than the one before it");
        }
        let folder = tempfile::Builder::new().prefix("tongban-bench-").tempdir_in(&self.dir);
        let folder = folder.with_context(|| format!("{} cannot be written to", self.dir.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("clients").build()?;
        let load_before = load_average();
        self.say("making the unit");
        let unit = Cluster::start(folder.path())?.stop_for_now();
        let (windows, restart) = self.measure(&runtime, &unit)?;
        let settings = self.settings(&load_before);
        match self.output {
            Output::Json => print_json(&as_json(&settings, &windows, &restart)),
            Output::Text => print(text(&settings, &windows, &restart)),
        }
        Ok(())
    }

    fn measure(&self, runtime: &Runtime, unit: &Stopped) -> anyhow::Result<(Vec<Window>, Restart)> {
        let target = {
            let _within = runtime.enter();
            OverQuic::new(unit.program()?, unit.unit(), unit.first(), unit.application().clone())
        };
        let clients = usize::from(self.clients);
        let window = Duration::from_secs(self.seconds);
        let mut voters = Processes::start(unit.settings())?;
        runtime.block_on(first_confirmed(&target))?;
        let (mut stored, mut windows) = (1, Vec::new());
        for cases in &self.cases {
            while stored < *cases {
                self.say(&format!("{stored} of {cases} cases"));
                let filled = runtime.block_on(load::run(&target, clients, FILLING));
                if filled.commands == 0 {
                    bail!("nothing is confirmed any more: {}", filled.fault.unwrap_or_default());
                }
                stored += filled.commands;
            }
            self.say(&format!("measuring at {stored} cases"));
            let before = voters.taken()?;
            let round = runtime.block_on(load::run(&target, clients, window));
            let taken = voters.taken()?;
            let seconds = taken.processor_seconds - before.processor_seconds;
            let processor_micros = seconds * 1e6 / (round.commands.max(1) as f64);
            let data = folder_bytes(unit.data())?;
            let at = stored;
            stored += round.commands;
            windows.push(Window { cases: at, round, processor_micros, taken, data });
        }
        self.say("starting the voters again");
        runtime.block_on(voters.stop())?;
        let started = Instant::now();
        let mut voters = Processes::start(unit.settings())?;
        runtime.block_on(first_confirmed(&target))?;
        let confirmed_after = started.elapsed();
        let restart = Restart { cases: stored, confirmed_after, taken: voters.taken()? };
        runtime.block_on(voters.stop())?;
        Ok((windows, restart))
    }

    fn say(&self, what: &str) {
        eprintln!("… {what}");
    }

    fn settings(&self, load_before: &str) -> Vec<(&'static str, String)> {
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let built = if cfg!(debug_assertions) { "with debug assertions" } else { "as a release" };
        vec![
            (
                "machine",
                format!("{processors} processors; load average {load_before} before, {} after", load_average()),
            ),
            (
                "unit",
                format!(
                    "{} built {built}; {VOTERS} voters, a process each, on loopback; sync on",
                    env!("CARGO_PKG_VERSION")
                ),
            ),
            (
                "load",
                format!(
                    "{} clients in a closed loop over QUIC, on the same machine; windows of {} s",
                    self.clients, self.seconds
                ),
            ),
        ]
    }
}

/// Asks until a command is confirmed: voters are starting.
async fn first_confirmed(target: &OverQuic) -> anyhow::Result<()> {
    let mut why = String::new();
    let deadline = Instant::now() + STARTS_WITHIN;
    while Instant::now() < deadline {
        match target.commit().await {
            Ok(()) => return Ok(()),
            Err(fault) => why = fault,
        }
        target.ask_another();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bail!("the unit confirmed nothing within {} s: {why}", STARTS_WITHIN.as_secs())
}

const MIB: f64 = 1024.0 * 1024.0;

fn text(settings: &[(&'static str, String)], windows: &[Window], restart: &Restart) -> String {
    let mut table = columns([
        "cases",
        "processor µs",
        "beside the first",
        "commands/s",
        "p50 ms",
        "p99 ms",
        "resident MiB",
        "data MiB",
    ]);
    for window in windows {
        table.add_row([
            window.cases.to_string(),
            format!("{:.0}", window.processor_micros),
            beside_first(windows, window).map(|times| format!("× {times:.2}")).unwrap_or_default(),
            format!("{:.0}", window.round.per_second()),
            format!("{:.2}", window.round.quantile_millis(0.5)),
            format!("{:.2}", window.round.quantile_millis(0.99)),
            format!("{:.0}", window.taken.resident as f64 / MIB),
            format!("{:.0}", window.data as f64 / MIB),
        ]);
    }
    for column in 0..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for (name, value) in settings {
        text += &format!("{name:<9} {value}\n");
    }
    text += &table.to_string();
    for window in windows {
        if let Some(fault) = &window.round.fault {
            text += &format!("\n! at {} cases {} failed, the first one: {fault}", window.cases, window.round.failed);
        }
    }
    text += &format!(
        "\nstarted again with {} cases: the first command was confirmed after {:.2} s, at most {:.0} MiB resident in a voter until then",
        restart.cases,
        restart.confirmed_after.as_secs_f64(),
        restart.taken.resident_at_most as f64 / MIB,
    );
    text
}

fn beside_first(windows: &[Window], window: &Window) -> Option<f64> {
    let first = windows.first()?.processor_micros;
    (first > 0.0).then(|| window.processor_micros / first)
}

fn as_json(settings: &[(&'static str, String)], windows: &[Window], restart: &Restart) -> serde_json::Value {
    let each = |window: &Window| {
        json!({
            "cases": window.cases,
            "processor_micros_per_command": window.processor_micros,
            "beside_the_first": beside_first(windows, window),
            "commands_per_second": window.round.per_second(),
            "p50_millis": window.round.quantile_millis(0.5),
            "p99_millis": window.round.quantile_millis(0.99),
            "confirmed": window.round.commands,
            "failed": window.round.failed,
            "first_fault": window.round.fault,
            "resident_bytes": window.taken.resident,
            "data_bytes": window.data,
        })
    };
    let settings: serde_json::Map<String, serde_json::Value> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({
        "settings": settings,
        "windows": windows.iter().map(each).collect::<Vec<_>>(),
        "restart": {
            "cases": restart.cases,
            "first_confirmed_after_seconds": restart.confirmed_after.as_secs_f64(),
            "resident_at_most_bytes": restart.taken.resident_at_most,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Real voters, few cases: the figures are of what really ran.
    #[test]
    fn a_unit_is_filled_measured_and_started_again() {
        let dir = tempfile::tempdir().unwrap();
        let size =
            Size { cases: vec![20, 60], seconds: 1, clients: 4, dir: dir.path().to_owned(), output: Output::Json };
        let unit = Cluster::start(dir.path()).unwrap().stop_for_now();
        let runtime = Runtime::new().unwrap();
        let (windows, restart) = size.measure(&runtime, &unit).unwrap();
        assert_eq!(windows.len(), 2);
        for (window, least) in windows.iter().zip([20, 60]) {
            assert!(window.cases >= least, "{} cases", window.cases);
            assert_eq!(window.round.fault, None);
            assert!(window.round.commands > 0 && window.processor_micros > 0.0 && window.data > 0);
            assert!(window.taken.resident > 1 << 20);
        }
        assert!(restart.cases >= windows[1].cases + windows[1].round.commands);
        let told = text(&size.settings("0"), &windows, &restart);
        assert!(told.contains("started again with"), "{told}");
        assert_eq!(as_json(&size.settings("0"), &windows, &restart)["windows"][0]["beside_the_first"], 1.0);
    }
}
