//! The voters of a measured unit as processes of their own, with what each takes of the processors and of memory. Only what was
//! started here is ended here.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::Instant;

/// How long a process may take to end after it was asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// Ticks of `/proc/PID/stat` in a second, on every Linux that this is built for.
const TICKS_A_SECOND: f64 = 100.0;

/// Running voters.
pub(super) struct Processes {
    children: Vec<Child>,
}

/// What voters have taken since they were started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// Seconds on a processor, all voters together.
    pub(super) processor_seconds: f64,
    /// The most that one of them has resident now, in bytes.
    pub(super) resident: u64,
    /// The most that one of them ever had resident, in bytes.
    pub(super) resident_at_most: u64,
}

impl Processes {
    /// Starts a node for each settings file.
    pub(super) fn start(settings: &[PathBuf]) -> anyhow::Result<Self> {
        let program = harness::binary::binary("city-node")?;
        let mut processes = Self { children: Vec::new() };
        for file in settings {
            let log = File::create(file.with_extension("log"))?;
            let child = Command::new(&program)
                .arg("--config")
                .arg(file)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
                .with_context(|| format!("{} cannot be started", program.display()))?;
            processes.children.push(child);
        }
        Ok(processes)
    }

    /// What they have taken so far.
    pub(super) fn taken(&mut self) -> anyhow::Result<Taken> {
        let mut taken = Taken::default();
        for child in &mut self.children {
            if let Some(status) = child.try_wait()? {
                bail!("a voter ended by itself: {status}");
            }
            let folder = PathBuf::from(format!("/proc/{}", child.id()));
            let stat = std::fs::read_to_string(folder.join("stat"))?;
            taken.processor_seconds += processor_seconds(&stat).context("/proc/PID/stat is not as proc(5) says")?;
            let status = std::fs::read_to_string(folder.join("status"))?;
            taken.resident = taken.resident.max(bytes_of(&status, "VmRSS:")?);
            taken.resident_at_most = taken.resident_at_most.max(bytes_of(&status, "VmHWM:")?);
        }
        Ok(taken)
    }

    /// Asks all to stop, and waits until their folders are released.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        for child in &self.children {
            let status = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status()?;
            if !status.success() {
                bail!("a voter could not be asked to stop");
            }
        }
        let until = Instant::now() + ENDS_WITHIN;
        while let Some(child) = self.children.first_mut() {
            match child.try_wait()? {
                Some(status) if status.success() => drop(self.children.remove(0)),
                Some(status) => bail!("a voter did not stop cleanly: {status}"),
                None if Instant::now() > until => bail!("a voter did not stop within {} s", ENDS_WITHIN.as_secs()),
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        Ok(())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            // One that has ended already is as good.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Of proc(5)'s `stat`: user and system time. The name in the second field may hold blanks.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_A_SECOND)
}

/// Of proc(5)'s `status`: a size, told in KiB.
fn bytes_of(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|kib| kib.trim().parse::<u64>().ok());
    Ok(kib.with_context(|| format!("/proc/PID/status has no {name}"))? * 1024)
}

/// All that lies in a folder, in bytes.
pub(super) fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        // A file may be gone by now: compaction goes on.
        let Ok(about) = item.metadata() else { continue };
        bytes += if about.is_dir() { folder_bytes(&item.path())? } else { about.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_takes_is_read_as_the_system_tells_it() {
        let stat = "42 (a (odd) name) S 1 42 42 0 -1 4194560 100 0 0 0 250 150 0 0 20 0 9 0 1000 1 1 1";
        assert_eq!(processor_seconds(stat), Some(4.0));
        assert_eq!(processor_seconds("42"), None);
        let status = "Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(bytes_of(status, "VmRSS:").unwrap(), 1 << 20);
        assert_eq!(bytes_of(status, "VmHWM:").unwrap(), 2 << 20);
        assert!(bytes_of(status, "VmSwap:").is_err());
        let own = std::fs::read_to_string("/proc/self/stat").unwrap();
        assert!(processor_seconds(&own).is_some_and(|seconds| seconds >= 0.0));
    }

    #[test]
    fn all_that_lies_in_a_folder_counts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("one"), [0; 10]).unwrap();
        std::fs::write(folder.path().join("in/other"), [0; 7]).unwrap();
        assert_eq!(folder_bytes(folder.path()).unwrap(), 17);
    }
}
