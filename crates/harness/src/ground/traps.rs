//! What `strace` does to syncs of programs that know nothing of it. For a crash at a named moment every sync of the unit's nodes is
//! held up from the step on, so that between two commands there is time to look and to kill: the node is ended after it has applied
//! the moment's command and before a next one can be committed. What strace saw tells whether that is so; else the crash has not
//! come, and waits. For a slow disk each sync of the node waits for as long as a step says. For a failed sync the next one of each thread gives EIO and does nothing; those after it work again, so that a
//! program that asks once more is told that all is well.
//!
//! Called by the run's look at its nodes. Not here: what a moment is (`sim::ground::moments`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::ids::{NodeId, UnitId};
use sim::ground::moments::moments;
use sim::scenario::{FaultKind, Moment};

use super::faults::wait;
use super::logs::Shown;
use super::{Place, RealGround, machine_time};
use crate::network::{is_root, run};

/// How long each sync waits before it begins: many looks, and shorter than the shortest election timeout.
const HELD: Duration = Duration::from_millis(700);
/// Clocks are compared in whole milliseconds: by so much a comparison may be wrong.
const ROUNDED_MILLIS: i64 = 3;
/// Attaching to the threads of one program takes less.
const ATTACHED_WITHIN: Duration = Duration::from_secs(10);

/// Whether the syncs of a program can be touched on this machine, or why not.
pub(super) fn can() -> Result<(), &'static str> {
    if !is_root() {
        return Err("touching the syncs of a running program needs root");
    }
    if run("strace", &["-V"]).is_err() {
        return Err("strace (Debian's package strace) is not installed");
    }
    Ok(())
}

/// A crash that waits for its moment.
#[derive(Debug)]
struct Trap {
    step: usize,
    nodes: Vec<NodeId>,
    moment: Moment,
}

/// What becomes of a program's syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Each waits for so long before it begins.
    Wait(Duration),
    /// The next one of each thread fails.
    Fail,
}

/// A program whose syncs are touched, until this is dropped.
#[derive(Debug)]
struct Held {
    process: String,
    order: Order,
    strace: Child,
    told: PathBuf,
}

impl Held {
    fn attach(process: String, order: Order, told: PathBuf) -> Result<Self> {
        let inject = match order {
            Order::Wait(lasting) => format!("inject=fdatasync,fsync:delay_enter={}", lasting.as_micros()),
            Order::Fail => "inject=fdatasync,fsync:error=EIO:when=1".to_owned(),
        };
        let strace = Command::new("strace")
            .args(["-f", "-q", "-ttt", "-T", "-p", &process, "-o"])
            .arg(&told)
            .args(["-e", "trace=fdatasync,fsync", "-e", &inject])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("strace")?;
        let mut held = Self { process, order, strace, told };
        let until = machine_time().plus_millis(i64::try_from(ATTACHED_WITHIN.as_millis()).unwrap_or(i64::MAX));
        while !held.is_attached() {
            if machine_time() > until || held.strace.try_wait()?.is_some() {
                bail!("strace does not attach to process {}", held.process);
            }
            wait(tokio::time::sleep(Duration::from_millis(5)));
        }
        Ok(held)
    }

    /// Whether every thread of the program is watched.
    fn is_attached(&self) -> bool {
        let tracer = format!("TracerPid:\t{}\n", self.strace.id());
        let Ok(threads) = fs::read_dir(Path::new("/proc").join(&self.process).join("task")) else { return false };
        threads
            .flatten()
            .all(|thread| fs::read_to_string(thread.path().join("status")).is_ok_and(|s| s.contains(&tracer)))
    }

    fn told(&self) -> Result<String> {
        fs::read_to_string(&self.told).context("what strace told")
    }

    /// Whether a sync ended well between two times, both included, in milliseconds of the machine's clock.
    fn has_synced(&self, from: i64, to: i64) -> Result<bool> {
        Ok(self.told()?.lines().filter_map(sync_ended).any(|ended| (from..=to).contains(&ended)))
    }

    /// When the program was seen to be ended, if it was.
    fn ended(&self) -> Result<Option<i64>> {
        Ok(self.told()?.lines().filter_map(was_killed).min())
    }

    /// Whether a sync was held up: told as it begins to wait.
    fn has_held(&self) -> Result<bool> {
        Ok(self.told()?.lines().any(|line| line.contains("sync(")))
    }

    /// Whether a sync failed because it was told to.
    fn has_failed(&self) -> Result<bool> {
        Ok(self.told()?.lines().any(|line| line.contains("(INJECTED)")))
    }
}

impl Drop for Held {
    /// What was traced goes on by itself.
    fn drop(&mut self) {
        // Ended already where its program has.
        let _ended = self.strace.kill();
        let _ended = self.strace.wait();
    }
}

/// When the sync that a line of strace tells of ended well; `None` for other lines and for syncs that did not end.
fn sync_ended(line: &str) -> Option<i64> {
    let (began, call) = time_and_call(line)?;
    if !call.contains(" = 0") {
        return None;
    }
    // A call that another line interrupted is told once more at its end, with the time of the end.
    let took = match call.starts_with("<...") {
        true => 0.0,
        false => call.rsplit_once('<')?.1.strip_suffix('>')?.parse().ok()?,
    };
    Some(((began + took) * 1000.0) as i64)
}

/// When the thread that a line of strace tells of was ended by SIGKILL, which ends all threads of a program in one moment. A thread
/// that stood in a held-up sync is told as gone only when its time is over; that its call never ended is told at once.
fn was_killed(line: &str) -> Option<i64> {
    let (time, call) = time_and_call(line)?;
    (call.ends_with(" = ?") || call == "+++ killed by SIGKILL +++").then_some((time * 1000.0) as i64)
}

fn time_and_call(line: &str) -> Option<(f64, &str)> {
    let (_, rest) = line.split_once(' ')?;
    let (time, call) = rest.trim().split_once(' ')?;
    Some((time.parse().ok()?, call))
}

/// How long the syncs of a node take.
#[derive(Clone, Copy, Debug)]
struct Slow {
    latency: Duration,
    /// The step that wants it, until it was told that one did.
    step: Option<usize>,
}

/// All crashes that wait, all syncs that are to fail, and the programs that are touched for them.
#[derive(Debug, Default)]
pub(super) struct Traps {
    set: Vec<Trap>,
    /// Nodes whose next sync fails: the step that wants it.
    failing: BTreeMap<NodeId, usize>,
    /// Nodes whose syncs take long.
    slow: BTreeMap<NodeId, Slow>,
    held: BTreeMap<NodeId, Held>,
    attached: u32,
}

impl Traps {
    /// Whether any crash waits, or any sync: then time is left alone.
    pub(super) fn any(&self) -> bool {
        !self.set.is_empty() || !self.slow.is_empty()
    }
}

impl RealGround {
    /// A crash that comes when one of the nodes reaches a moment.
    pub(super) fn set_trap(&mut self, step: usize, nodes: Vec<NodeId>, moment: Moment) -> Result<()> {
        self.traps.set.push(Trap { step, nodes, moment });
        self.touch_syncs()
    }

    /// The next sync of a node fails. Told once it has.
    pub(super) fn fail_next_sync(&mut self, step: usize, node: NodeId) -> Result<()> {
        if !self.places[&node].runs {
            return Ok(());
        }
        self.traps.failing.insert(node, step);
        self.touch_syncs()
    }

    /// Every sync of a node takes so long from now on. Told once one has begun to.
    pub(super) fn slow_syncs(&mut self, step: usize, node: NodeId, latency: Duration) -> Result<()> {
        if latency.is_zero() {
            self.traps.slow.remove(&node);
        } else {
            self.traps.slow.insert(node, Slow { latency, step: Some(step) });
        }
        self.touch_syncs()
    }

    /// Syncs of a node work, and as fast as they can.
    pub(super) fn let_sync(&mut self, node: NodeId) -> Result<()> {
        let failing = self.traps.failing.remove(&node).is_some();
        let slow = self.traps.slow.remove(&node).is_some();
        if failing || slow { self.touch_syncs() } else { Ok(()) }
    }

    /// A node whose end has begun is held up no more.
    pub(super) fn let_go(&mut self, node: NodeId) {
        self.traps.held.remove(&node);
    }

    /// Tells which syncs took long or have failed, and lets go of those nodes whose sync was to fail.
    pub(super) fn look_at_syncs(&mut self) -> Result<()> {
        for (node, slow) in self.traps.slow.clone() {
            let Some(step) = slow.step else { continue };
            let order = Order::Wait(slow.latency);
            let held = self.traps.held.get(&node).filter(|held| held.order == order);
            if held.map_or(Ok(false), Held::has_held)? {
                self.traps.slow.insert(node, Slow { step: None, ..slow });
                self.fault(step, FaultKind::DiskSlow, format!("syncs of node {node} take {:?}", slow.latency));
            }
        }
        for (node, step) in self.traps.failing.clone() {
            let held = self.traps.held.get(&node).filter(|held| held.order == Order::Fail);
            let failed = held.map_or(Ok(false), Held::has_failed)?;
            if failed {
                self.fault(step, FaultKind::SyncFails, format!("a sync of node {node} failed"));
            }
            // One that ended meanwhile was asked for nothing: it starts again on a sound disk.
            if failed || !self.places[&node].runs {
                self.traps.failing.remove(&node);
                self.touch_syncs()?;
            }
        }
        Ok(())
    }

    /// Holds up the nodes of every unit in which a crash waits, makes syncs fail, and touches no others. Called whenever traps or
    /// processes change.
    pub(super) fn touch_syncs(&mut self) -> Result<()> {
        let units: BTreeSet<UnitId> =
            self.traps.set.iter().flat_map(|trap| &trap.nodes).map(|node| self.places[node].unit).collect();
        // A program can be touched by one only.
        let order = |node: &NodeId, place: &Place| match self.traps.failing.contains_key(node) {
            _ if !place.runs => None,
            true => Some(Order::Fail),
            false if units.contains(&place.unit) => Some(Order::Wait(HELD)),
            false => self.traps.slow.get(node).map(|slow| Order::Wait(slow.latency)),
        };
        let wanted = self.places.iter().filter_map(|(node, place)| Some((*node, order(node, place)?)));
        let wanted: BTreeMap<NodeId, Order> = wanted.collect();
        self.traps.held.retain(|node, held| wanted.get(node) == Some(&held.order));
        for (number, order) in wanted {
            let Some(node) = self.node(number) else { continue };
            let (Some(process), folder) = (node.process(), node.folder.clone()) else { continue };
            if self.traps.held.get(&number).is_some_and(|held| held.process == process) {
                continue;
            }
            self.traps.held.remove(&number);
            self.traps.attached += 1;
            let told = folder.join(format!("syncs-{}.txt", self.traps.attached));
            self.traps.held.insert(number, Held::attach(process, order, told)?);
        }
        Ok(())
    }

    /// Ends the node that has just reached a moment for which a crash waits.
    pub(super) fn spring(&mut self, shown: &Shown) -> Result<()> {
        if !self.traps.set.iter().any(|trap| trap.nodes.contains(&shown.node)) {
            return Ok(());
        }
        let reached = moments(&shown.writes);
        let meant = |trap: &Trap| trap.nodes.contains(&shown.node) && reached.contains(&trap.moment);
        let at = self.traps.set.iter().position(meant);
        let Some(at) = at else { return Ok(()) };
        let (step, moment) = (self.traps.set[at].step, self.traps.set[at].moment);
        if !self.places[&shown.node].runs {
            return Ok(());
        }
        // Asked once more, so that as little time as can be lies between its answer and its end.
        let asked = machine_time().0.saturating_sub(ROUNDED_MILLIS);
        let Some(node) = self.node(shown.node) else { return Ok(()) };
        let told = wait(node.get("/v1/status"));
        // Seen too late: it has gone on to a next command, and the crash waits for the next such moment.
        if !told.is_ok_and(|status| status["sequence"].as_u64() == Some(shown.sequence)) {
            return Ok(());
        }
        let voters = self.nodes_of(self.places[&shown.node].unit);
        let run: Vec<NodeId> = voters.iter().copied().filter(|node| self.places[node].runs).collect();
        self.end(shown.node)?;
        let ended = self.traps.held.get(&shown.node).map_or(Ok(None), Held::ended)?;
        // What is synced after its end is committed by nobody: only it counts the answers.
        let ended = ended.unwrap_or(machine_time().0);
        let mut synced = 0;
        for node in run {
            let held = self.traps.held.get(&node);
            synced += usize::from(held.map_or(Ok(true), |held| held.has_synced(asked, ended))?);
        }
        // A next command is committed once a majority has synced it.
        if synced * 2 <= voters.len() {
            self.traps.set.remove(at);
            self.fault(step, FaultKind::CrashAtMoment, format!("node {} ended at {moment:?}", shown.node));
        } else {
            // A crash all the same, but it must not pass for one at its moment.
            self.fault(step, FaultKind::Crash, format!("node {} ended after {moment:?}, too late", shown.node));
        }
        self.touch_syncs()
    }

    /// Gives back the steps whose crash never came, and lets go of everything.
    pub(super) fn disarm_traps(&mut self) -> Vec<usize> {
        self.traps.held.clear();
        self.traps.failing.clear();
        self.traps.slow.clear();
        std::mem::take(&mut self.traps.set).into_iter().map(|trap| trap.step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_syncs_that_ended_well_have_an_end() {
        let table = [
            ("26320 1764.250000 fdatasync(3)                      = 0 (DELAYED) <1.500000>", Some(1_765_750)),
            ("26320 1764.250000 fdatasync(3 <unfinished ...>", None),
            ("26320 1766.000000 <... fdatasync resumed>)          = 0 (DELAYED) <1.5>", Some(1_766_000)),
            ("26320 1764.250000 fdatasync(3)                      = ?", None),
            ("26320 1764.250000 fsync(9) = -1 EIO (Input/output error) (DELAYED) <0.7>", None),
            ("26320 1764.250000 +++ killed by SIGKILL +++", None),
        ];
        for (line, ended) in table {
            assert_eq!(sync_ended(line), ended, "{line}");
        }
    }

    #[test]
    fn a_program_is_ended_when_its_first_thread_is() {
        let table = [
            ("4083  1764.250000 fdatasync(5 <unfinished ...>", None),
            ("4083  1764.365821 <... fdatasync resumed>) = ?", Some(1_764_365)),
            ("4083  1764.365821 fdatasync(5)                      = ?", Some(1_764_365)),
            ("4083  1764.415482 +++ killed by SIGKILL +++", Some(1_764_415)),
            ("4083  1764.415482 +++ exited with 0 +++", None),
            ("4083  1764.613755 <... fdatasync resumed>) = 0 (DELAYED) <0.701679>", None),
            ("4083  1764.197491 fdatasync(5)    = -1 EIO (Input/output error) (INJECTED) <0.000009>", None),
        ];
        for (line, ended) in table {
            assert_eq!(was_killed(line), ended, "{line}");
        }
    }
}
