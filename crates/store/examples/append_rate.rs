//! How many synced appends a second a disk takes, by the number of groups that write at once: the table of docs/performance.md.
//!
//! `cargo run -p store --example append_rate -- FOLDER`, on the disk that is meant; the folder must be new or empty.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "it measures, for a person")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use domain::ids::{Generation, NodeId, UnitId};
use protocol::seam::{GroupLog, LogRecord};
use store::{Identity, RocksLog, Store};

const ENTRY_BYTES: usize = 512;
const RUN: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: append_rate FOLDER (new or empty, on the disk that is to be measured)");
        return ExitCode::FAILURE;
    };
    match measure(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let unit: UnitId = "370811002001".parse()?;
    let identity = Identity { region: "bench".to_owned(), unit, generation: Generation(1), node: NodeId(1) };
    let store = Store::open(folder, &identity)?;
    println!("| writers | appends/s | syncs/s | appends per sync | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|---|");
    let mut bare = bare_syncs(&folder.join("bare"))?;
    row("bare file", &mut bare, None);
    let mut generation = 0;
    for writers in [1, 4, 16, 64] {
        let before = store.syncs();
        let logs: Result<Vec<_>, _> = (0..writers)
            .map(|_| {
                generation += 1;
                store.group(unit, Generation(generation)).map(|(log, _)| log)
            })
            .collect();
        let logs = logs?;
        let mut waits = std::thread::scope(|scope| {
            let threads: Vec<_> = logs.iter().map(|log| scope.spawn(|| append_for_a_while(log))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect::<Vec<_>>()
        });
        row(&writers.to_string(), &mut waits, Some(store.syncs() - before));
    }
    Ok(())
}

/// What the disk does without a store: one file, one writer, `fdatasync` after each write.
fn bare_syncs(path: &Path) -> std::io::Result<Vec<Duration>> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < RUN {
        let start = Instant::now();
        file.write_all(&[7; ENTRY_BYTES])?;
        file.sync_data()?;
        waits.push(start.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(waits)
}

/// One append at a time, each waited for: what a log without pipelining does.
fn append_for_a_while(log: &RocksLog) -> Vec<Duration> {
    let begin = Instant::now();
    let mut waits = Vec::new();
    for index in 1.. {
        if begin.elapsed() > RUN {
            break;
        }
        let (to, told) = mpsc::channel();
        let start = Instant::now();
        let entry = LogRecord { index, bytes: vec![7; ENTRY_BYTES] };
        let appended = log.append(vec![entry], Box::new(move |answer| drop(to.send(answer))));
        if appended.is_err() || !matches!(told.recv(), Ok(Ok(()))) {
            eprintln!("the store broke: {appended:?}");
            break;
        }
        waits.push(start.elapsed());
    }
    waits
}

fn row(name: &str, waits: &mut [Duration], syncs: Option<u64>) {
    waits.sort();
    let at = |part: f64| waits.get((waits.len() as f64 * part) as usize).map_or(0.0, |wait| wait.as_secs_f64() * 1e3);
    let syncs = syncs.unwrap_or(waits.len() as u64);
    let (appends, seconds) = (waits.len() as f64, RUN.as_secs_f64());
    println!(
        "| {name} | {:.0} | {:.0} | {:.1} | {:.2} | {:.2} |",
        appends / seconds,
        syncs as f64 / seconds,
        appends / syncs.max(1) as f64,
        at(0.5),
        at(0.99)
    );
}
