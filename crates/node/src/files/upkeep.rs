//! What a node does for its files without being asked: fetch what cases name, smallest first; look for rot; forget what no case names.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::digest::ContentHash;
use domain::ids::{CaseId, Sequence};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{BlobNames, BlobsByAge, CaseRef};
use protocol::overlay::Overlay;
use protocol::seam::{Clock, GroupRows};
use tokio::time::Instant;
use uuid::Uuid;

use crate::world::MachineClock;

use super::FilePeers;

/// A new name is seen so soon.
const LOOK: Duration = Duration::from_millis(300);
/// Names that are looked at at once.
const NAMES_AT_ONCE: usize = 256;
/// So many come before what else is to be done is looked at.
const FILES_AT_ONCE: usize = 32;
/// A source that could not give a file is asked again so much later.
const AGAIN: Duration = Duration::from_secs(2);
/// One file is read again each so often: a village's few within the day, a county's hundred thousand within a quarter.
const SCRUB: Duration = Duration::from_secs(60);
/// Files that no case names are looked for so often.
const COLLECT: Duration = Duration::from_secs(600);
/// An upload may be handed in within a day; and who lags behind has heard of it by then.
const GRACE_MILLIS: i64 = 86_400_000;

/// Runs until it is dropped.
pub(crate) async fn follow(peers: Arc<FilePeers>) {
    let mut upkeep = Upkeep { peers, seen: (Sequence(0), ContentHash([0; 32])), again: BTreeMap::new(), next: None };
    let (mut scrub, mut collect) = (Instant::now() + SCRUB, Instant::now() + COLLECT);
    loop {
        if let Err(fault) = upkeep.learn() {
            // The store's own fault stops the node elsewhere.
            tracing::warn!(%fault, "what cases name cannot be read");
        }
        upkeep.fetch().await;
        let now = Instant::now();
        if now >= scrub {
            scrub = now + SCRUB;
            upkeep.scrub().await;
        }
        if now >= collect {
            collect = now + COLLECT;
            upkeep.collect().await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

struct Upkeep {
    peers: Arc<FilePeers>,
    /// The last name that was looked at.
    seen: (Sequence, ContentHash),
    /// Not to be tried before.
    again: BTreeMap<ContentHash, Instant>,
    /// Scrubbed last.
    next: Option<ContentHash>,
}

impl Upkeep {
    /// What was named since the last look and is not here is missing.
    fn learn(&mut self) -> Result<(), StoreFault> {
        let snapshot = self.peers.rows.snapshot()?;
        let rows = Overlay::new(&snapshot);
        loop {
            let to = (Sequence(u64::MAX), ContentHash([0xFF; 32]));
            let named = rows.scan::<BlobsByAge>(self.seen..=to, NAMES_AT_ONCE)?;
            let is_full = named.len() == NAMES_AT_ONCE;
            for (key @ (_, blob), CaseRef(case)) in named {
                self.seen = key;
                let is_here = matches!(self.peers.folder.held(blob), Ok(Some(_)));
                if !is_here && let Some(name) = rows.get::<BlobNames>(&(blob, case))? {
                    self.peers.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, name.bytes);
                }
            }
            if !is_full {
                return Ok(());
            }
        }
    }

    /// Fetches what is missing, the smallest first: most of a case is readable soon.
    async fn fetch(&mut self) {
        for _ in 0..FILES_AT_ONCE {
            if !self.fetch_next().await {
                return;
            }
        }
    }

    /// Whether one has come.
    async fn fetch_next(&mut self) -> bool {
        let now = Instant::now();
        let mut missing: Vec<(u64, ContentHash)> = {
            let missing = self.peers.missing.lock().unwrap_or_else(PoisonError::into_inner);
            missing.iter().map(|(blob, bytes)| (*bytes, *blob)).collect()
        };
        missing.retain(|(_, blob)| self.again.get(blob).is_none_or(|again| *again <= now));
        missing.sort_unstable();
        let Some((bytes, blob)) = missing.first().copied() else { return false };
        let sources = self.peers.sources(blob);
        match self.peers.fetch(blob, bytes, &sources).await {
            Ok(()) => {
                self.again.remove(&blob);
                return true;
            }
            // The case was forgotten meanwhile.
            Err(_) if matches!(self.named(blob), Ok(None)) => self.peers.has_come(blob),
            Err(fault) => {
                tracing::debug!(blob = blob.short(), %fault, "a file has not arrived yet");
                self.again.insert(blob, Instant::now() + AGAIN);
            }
        }
        false
    }

    /// Reads one file again, in the order of names.
    async fn scrub(&mut self) {
        let after = self.next;
        let found = self.peers.on_disk(move |folder| {
            let held = folder.list().ok()?;
            let next = held.iter().find(|held| after.is_none_or(|after| held.blob > after)).or(held.first())?;
            Some((*next, folder.scrub(next.blob)))
        });
        if let Some(Some((held, scrubbed))) = found.await {
            self.next = Some(held.blob);
            if let Err(fault) = scrubbed {
                tracing::error!(blob = held.blob.short(), %fault, "a file was damaged on this disk; it is fetched anew");
                self.missed(held.blob);
            }
        }
    }

    /// A file that was set aside is missing, if a case names it.
    fn missed(&self, blob: ContentHash) {
        if let Some(bytes) = self.named(blob).ok().flatten() {
            self.peers.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, bytes);
        }
    }

    /// How many bytes a case that is here says a blob has; `None` where no case names it.
    fn named(&self, blob: ContentHash) -> Result<Option<u64>, StoreFault> {
        let snapshot = self.peers.rows.snapshot()?;
        let all = (blob, CaseId(Uuid::nil()))..=(blob, CaseId(Uuid::max()));
        Ok(Overlay::new(&snapshot).scan::<BlobNames>(all, 1)?.first().map(|(_, name)| name.bytes))
    }

    /// Forgets what no case names.
    async fn collect(&mut self) {
        let held = self.peers.on_disk(|folder| folder.list()).await;
        let Some(Ok(held)) = held else { return };
        let old = MachineClock.now().plus_millis(-GRACE_MILLIS);
        let unnamed = |held: &blobs::Held| held.since < old && matches!(self.named(held.blob), Ok(None));
        let forgotten: Vec<ContentHash> = held.iter().filter(|held| unnamed(held)).map(|held| held.blob).collect();
        if !forgotten.is_empty() {
            tracing::info!(files = forgotten.len(), "files that no case names are forgotten");
        }
        let wanted = self.peers.missing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = self.peers.on_disk(move |folder| {
            forgotten.into_iter().try_for_each(|blob| folder.delete(blob))?;
            folder.forget_parts(|blob| wanted.contains_key(&blob))
        });
        if let Some(Err(fault)) = done.await {
            tracing::warn!(%fault, "files that no case names cannot be forgotten");
        }
    }
}
