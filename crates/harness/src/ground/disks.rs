//! Disks that fail: a node's data folder on a small file system of its own, in a file on a loop device, that can be filled, ended
//! and robbed of its power; and folders that are emptied, put back, or rot. Needs root for the file system; it is mounted in this process's
//! own mount namespace, so that it is gone with it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use domain::ids::NodeId;
use sim::ground::draw::Draw;
use sim::scenario::{Action, DiskFault, FaultKind, Fidelity, NodeChoice, Scenario};

use super::RealGround;
use super::faults::{Later, wait};
use super::traps;
use crate::network::{is_root, run};

const IMAGE_BYTES: u64 = 64 << 20;
const BALLAST: &str = "ballast";
/// `EXT4_IOC_SHUTDOWN`, by the language that every Debian has and that calls any ioctl. All calls fail from then on.
const SHUT_DOWN: &str =
    "open(my $f, '<', $ARGV[0]) or die $!; my $how = pack('L', $ARGV[1]); ioctl($f, 0x8004587D, $how) or die $!";
/// Ends a file system after a sync.
const AFTER_A_SYNC: &str = "0";
/// Ends it at once: neither data nor its own log is written any more.
const AT_ONCE: &str = "2";

/// Whether a fault can be made at a fidelity, or why not.
pub(super) fn can(fault: DiskFault, fidelity: Fidelity) -> Result<(), &'static str> {
    match fault {
        DiskFault::Mended | DiskFault::Rot | DiskFault::RolledBack(_) | DiskFault::Wiped => Ok(()),
        DiskFault::SyncFails | DiskFault::Slow(_) => traps::can(),
        DiskFault::Dead | DiskFault::Full => own(fidelity),
    }
}

/// Whether a node can have a file system of its own at a fidelity, or why not.
pub(super) fn own(fidelity: Fidelity) -> Result<(), &'static str> {
    match fidelity {
        _ if fidelity != Fidelity::Process => Err("a container's folder lies on the machine's own disk"),
        _ if !is_root() => Err("a file system of its own needs root"),
        _ => Ok(()),
    }
}

/// A node's own file system.
#[derive(Debug)]
struct Image {
    file: PathBuf,
    mount: PathBuf,
    /// Shut down: to be mounted anew before anything can use it.
    dead: bool,
}

/// The file systems of a region, and copies of folders that will be put back.
#[derive(Debug, Default)]
pub(super) struct Disks {
    images: BTreeMap<NodeId, Image>,
    copies: BTreeMap<(NodeId, usize), PathBuf>,
}

impl Disks {
    /// Gives every node whose disk a step will fill or end, or whose power will go, a file system of its own. Before any node runs.
    pub(super) fn prepare(scenario: &Scenario, fidelity: Fidelity, nodes: &[crate::Node]) -> Result<Self> {
        let mut disks = Self::default();
        for step in &scenario.steps {
            let choice = match &step.action {
                Action::Disk { nodes, fault: DiskFault::Dead | DiskFault::Full } => *nodes,
                Action::Crash { nodes, when: None, kept_percent: Some(0) } => *nodes,
                _ => continue,
            };
            if own(fidelity).is_err() {
                continue;
            }
            for node in nodes.iter().filter(|node| may_mean(choice, node)) {
                let number = NodeId(node.number);
                if let Entry::Vacant(none_yet) = disks.images.entry(number) {
                    none_yet.insert(Image::make(&node.folder)?);
                }
            }
        }
        Ok(disks)
    }
}

/// Whether a choice may come to mean a node.
fn may_mean(choice: NodeChoice, node: &crate::Node) -> bool {
    match choice {
        NodeChoice::Everyone => true,
        NodeChoice::All(unit) | NodeChoice::Leader(unit) | NodeChoice::Nth(unit, _) => node.unit == unit.to_string(),
    }
}

impl Image {
    fn make(folder: &Path) -> Result<Self> {
        let image = Self { file: folder.join("disk.img"), mount: folder.join("data"), dead: false };
        File::create(&image.file)?.set_len(IMAGE_BYTES)?;
        // Without extents nothing can be allocated ahead: a full disk is full at the next block.
        let file = image.file.display().to_string();
        run("mkfs.ext4", &["-q", "-m", "0", "-O", "^extent,^64bit", &file])?;
        fs::create_dir_all(&image.mount)?;
        image.mount()?;
        Ok(image)
    }

    fn mount(&self) -> Result<()> {
        run("mount", &["-o", "loop", &self.file.display().to_string(), &self.mount.display().to_string()]).map(drop)
    }

    fn shut_down(&mut self, how: &str) -> Result<()> {
        run("perl", &["-e", SHUT_DOWN, &self.mount.display().to_string(), how])?;
        self.dead = true;
        Ok(())
    }

    fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.mount.join(BALLAST))?;
        for piece in [1 << 20, 1 << 12] {
            let zeros = vec![0_u8; piece];
            while match ballast.write_all(&zeros) {
                Ok(()) => true,
                Err(why) if why.kind() == ErrorKind::StorageFull => false,
                Err(why) => return Err(why).context("filling a disk"),
            } {}
        }
        // Space that was promised and is not there shows here.
        match ballast.sync_all() {
            Err(why) if why.kind() != ErrorKind::StorageFull => Err(why).context("filling a disk"),
            _ => Ok(()),
        }
    }

    fn mend(&mut self) -> Result<()> {
        match fs::remove_file(self.mount.join(BALLAST)) {
            Err(why) if !self.dead && why.kind() != ErrorKind::NotFound => Err(why).context("emptying a disk"),
            _ => Ok(()),
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if let Err(why) = run("umount", &["-l", &self.mount.display().to_string()]) {
            eprintln!("{why}");
        }
    }
}

impl RealGround {
    /// A file system that was shut down is mounted anew, as after a reboot.
    pub(super) fn mount_again(&mut self, node: NodeId) -> Result<()> {
        let Some(image) = self.disks.images.get_mut(&node).filter(|image| image.dead) else { return Ok(()) };
        run("umount", &[&image.mount.display().to_string()])?;
        image.mount()?;
        image.dead = false;
        Ok(())
    }

    pub(super) fn disk(&mut self, step: usize, node: NodeId, fault: DiskFault) -> Result<()> {
        let folder = self.node(node).context("a node of the region")?.folder.join("data");
        let changes_files = matches!(fault, DiskFault::Rot | DiskFault::RolledBack(_) | DiskFault::Wiped);
        if changes_files && self.places[&node].runs {
            self.crash(step, node)?;
        }
        match fault {
            DiskFault::SyncFails => return self.fail_next_sync(step, node),
            DiskFault::Slow(latency) => return self.slow_syncs(step, node, latency),
            DiskFault::Mended => self.let_sync(node)?,
            _ => {}
        }
        let mut how = format!("disk of node {node}");
        let image = self.disks.images.get_mut(&node);
        let kind = match (fault, image) {
            (DiskFault::Mended, image) => return image.map_or(Ok(()), Image::mend),
            (DiskFault::Dead, Some(image)) => {
                image.shut_down(AFTER_A_SYNC)?;
                FaultKind::DiskDead
            }
            (DiskFault::Full, Some(image)) => {
                image.fill()?;
                FaultKind::DiskFull
            }
            (DiskFault::SyncFails | DiskFault::Slow(_), _) | (DiskFault::Dead | DiskFault::Full, None) => return Ok(()),
            (DiskFault::Rot, _) => {
                let Some(file) = largest(&folder.join("db"))? else { return Ok(()) };
                let mut bytes = fs::read(&file)?;
                let draw = Draw::new(self.seed, &format!("rot of step {step} node {node}"));
                // In the middle: what lies at the end may never have been confirmed.
                let at = bytes.len() / 4 + usize::try_from(draw.below(bytes.len() as u64 / 4))?;
                let Some(byte) = bytes.get_mut(at) else { return Ok(()) };
                *byte ^= 1 << draw.below(8);
                fs::write(&file, bytes)?;
                FaultKind::Rot
            }
            (DiskFault::Wiped, _) => {
                empty(&folder)?;
                self.emptied.insert(node);
                FaultKind::Wiped
            }
            (DiskFault::RolledBack(by), _) => {
                let Some(copy) = self.disks.copies.get(&(node, step)).cloned() else { return Ok(()) };
                empty(&folder)?;
                run("cp", &["-a", &format!("{}/.", copy.display()), &folder.display().to_string()])?;
                how = format!("folder of node {node} is put back by {} s", by.as_secs());
                self.emptied.insert(node);
                FaultKind::RolledBack
            }
        };
        self.fault(step, kind, how);
        Ok(())
    }

    /// A machine's power goes: the node ends, and in the same moment its file system, so that what was written and no sync kept
    /// is gone. What the disk has is there again at once, to be read.
    pub(super) fn lose_power(&mut self, step: usize, node: NodeId) -> Result<()> {
        if !self.places[&node].runs || !self.disks.images.contains_key(&node) {
            return Ok(());
        }
        let place = self.node(node).context("a node of the region")?;
        let log = place.folder.join("data").join("db");
        if let Some(process) = place.process() {
            run("kill", &["-KILL", &process])?;
        }
        let seen = logged(&log)?;
        let image = self.disks.images.get_mut(&node).context("a file system of its own")?;
        image.shut_down(AT_ONCE)?;
        self.let_go(node);
        self.end(node)?;
        // What follows the folder has its files open: it lets go before anything is mounted.
        self.logs.reopen(node, false);
        self.mount_again(node)?;
        let kept = logged(&log)?;
        let lost: usize = seen.iter().map(|(file, bytes)| lost(bytes, kept.get(file))).sum();
        self.fault(step, FaultKind::Crash, format!("node {node} ended, its power is gone"));
        if lost > 0 {
            let how = format!("node {node} lost {lost} bytes of its log that no sync had kept");
            self.fault(step, FaultKind::UnsyncedLost, how);
        }
        Ok(())
    }

    /// Plans the copies that later steps put back.
    pub(super) fn plan_copies(&mut self, scenario: &Scenario) {
        for (at, step) in scenario.steps.iter().enumerate() {
            let Action::Disk { nodes, fault: DiskFault::RolledBack(by) } = &step.action else { continue };
            let meant = self.region.nodes.iter().filter(|node| may_mean(*nodes, node));
            let meant: Vec<NodeId> = meant.map(|node| NodeId(node.number)).collect();
            let when = step.at.saturating_sub(*by);
            let when = scenario.start.plus_millis(i64::try_from(when.as_millis()).unwrap_or(i64::MAX));
            for node in meant {
                self.later(when, Later::Copy { node, step: at });
            }
        }
    }

    /// Copies a folder while its node stands still: as a snapshot of the disk would be.
    pub(super) fn copy_folder(&mut self, node: NodeId, step: usize) -> Result<()> {
        let moves = self.places[&node].runs && !self.places[&node].stands_still;
        let place = self.node(node).context("a node of the region")?;
        let (folder, copy) = (place.folder.join("data"), place.folder.join(format!("copy-{step}")));
        if moves {
            wait(place.pause())?;
        }
        let copied = run("cp", &["-a", &folder.display().to_string(), &copy.display().to_string()]);
        if moves {
            wait(place.resume())?;
        }
        copied?;
        self.disks.copies.insert((node, step), copy);
        Ok(())
    }
}

fn empty(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A file system has a folder of its own that stays.
        if path.ends_with("lost+found") {
            continue;
        }
        if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
    }
    Ok(())
}

/// What the files of a write-ahead log show, by name.
fn logged(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            files.insert(path.clone(), fs::read(&path).with_context(|| path.display().to_string())?);
        }
    }
    Ok(files)
}

/// How many bytes of a file are not as they were seen.
fn lost(seen: &[u8], kept: Option<&Vec<u8>>) -> usize {
    let kept = kept.map(Vec::as_slice).unwrap_or_default();
    seen.len() - std::iter::zip(seen, kept).take_while(|(seen, kept)| seen == kept).count()
}

fn largest(folder: &Path) -> Result<Option<PathBuf>> {
    let mut found: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let length = fs::metadata(&path)?.len();
        let holds = path.extension().is_some_and(|extension| extension == "log" || extension == "sst");
        if holds && found.as_ref().is_none_or(|(longest, _)| length > *longest) {
            found = Some((length, path));
        }
    }
    Ok(found.map(|(_, path)| path))
}
