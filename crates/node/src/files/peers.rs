//! A node's sealed files among those of its peers: who holds what, and how one comes here, piece by piece and on from where a link broke.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use blobs::{BlobFolder, StoreFault};
use domain::case::{CaseContent, Happening};
use domain::digest::ContentHash;
use domain::files::most_sealed_bytes;
use domain::ids::{CaseId, NodeId, UnitId};
use domain::store::UnitRead;
use domain::tables::{BlobNames, Cases};
use protocol::blob::{BlobReply, BlobRequest, MOST_ASKED, MOST_PIECE_BYTES};
use protocol::overlay::Overlay;
use protocol::record;
use protocol::seam::{Blobs, Channel, GroupRows, Links, Peer};
use store::RocksRows;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use transport::Quic;
use uuid::Uuid;

/// Whether a voter holds something is known soon, or it does not count.
const HELD_MILLIS: u64 = 3_000;
/// For one piece over a bad link.
const PIECE_MILLIS: u64 = 20_000;
/// Pieces that wait for the disk: two being written while two come.
const PIECES_AHEAD: usize = 4;

pub(crate) struct FilePeers {
    pub(crate) folder: Arc<BlobFolder>,
    pub(crate) rows: RocksRows,
    links: Quic,
    unit: UnitId,
    node: NodeId,
    /// Named by a case that is here, and not here themselves.
    pub(crate) missing: Mutex<BTreeMap<ContentHash, u64>>,
    /// Being fetched now: two that write one part would damage it.
    under_way: Mutex<BTreeSet<ContentHash>>,
}

/// Why a blob did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchFault {
    #[error("it is being fetched already")]
    UnderWay,
    #[error("nobody who was asked has it: {0}")]
    Nobody(String),
    #[error(transparent)]
    Store(#[from] StoreFault),
}

struct UnderWay<'a>(&'a FilePeers, ContentHash);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl FilePeers {
    pub(crate) fn new(folder: BlobFolder, rows: RocksRows, links: Quic, unit: UnitId, node: NodeId) -> Self {
        let folder = Arc::new(folder);
        Self { folder, rows, links, unit, node, missing: Mutex::default(), under_way: Mutex::default() }
    }

    pub(crate) fn unit(&self) -> UnitId {
        self.unit
    }

    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// Work on the disk, on a thread that may wait for it.
    pub(crate) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&BlobFolder) -> T + Send + 'static,
    ) -> Option<T> {
        let folder = Arc::clone(&self.folder);
        // Nothing comes of work that panicked; the panic has been told.
        beside(move || work(&folder)).await.ok()
    }

    pub(crate) async fn ask(
        &self,
        (node, unit): (NodeId, UnitId),
        request: &BlobRequest,
        millis: u64,
    ) -> Result<BlobReply, String> {
        let body = record::write(request).map_err(|fault| fault.to_string())?;
        let answer = self.links.request(node, unit, Channel::Blob, body, millis).await;
        record::read(&answer.map_err(|fault| fault.to_string())?).map_err(|fault| fault.to_string())
    }

    /// What another node asks.
    pub(crate) async fn answer(&self, from: Peer, body: &[u8]) -> Result<Vec<u8>, String> {
        let is_own = from.unit == self.unit;
        let reply = match record::read::<BlobRequest>(body).map_err(|fault| fault.to_string())? {
            BlobRequest::Held { blobs } if is_own && blobs.len() <= MOST_ASKED => {
                let held = self.on_disk(move |folder| {
                    blobs.into_iter().map(|blob| matches!(folder.held(blob), Ok(Some(_)))).collect()
                });
                held.await.map_or(BlobReply::Unknown, |held| BlobReply::Held { held })
            }
            BlobRequest::Fetch { blob, bytes, from } if is_own && bytes <= most_sealed_bytes() => {
                match self.fetch(blob, bytes, &[(from, self.unit)]).await {
                    Ok(()) => BlobReply::Held { held: vec![true] },
                    Err(fault) => {
                        tracing::debug!(blob = blob.short(), %fault, "a file did not come");
                        BlobReply::Held { held: vec![false] }
                    }
                }
            }
            BlobRequest::Read { blob, offset, most } if is_own || self.is_shared(blob, from.unit) => {
                let most = usize::try_from(most).unwrap_or(MOST_PIECE_BYTES).min(MOST_PIECE_BYTES);
                let read = self.on_disk(move |folder| {
                    let bytes = folder.held(blob).ok().flatten()?;
                    Some(BlobReply::Piece { bytes, piece: folder.read(blob, offset, most).ok().flatten()? })
                });
                read.await.flatten().unwrap_or(BlobReply::Unknown)
            }
            _ => BlobReply::Unknown,
        };
        record::write(&reply).map_err(|fault| fault.to_string())
    }

    /// Whether a case that names the blob is, was or is offered to be that unit's, as far as is known here.
    fn is_shared(&self, blob: ContentHash, unit: UnitId) -> bool {
        let Ok(snapshot) = self.rows.snapshot() else { return false };
        let rows = Overlay::new(&snapshot);
        let names = rows.scan::<BlobNames>(all_of(blob), MOST_ASKED).unwrap_or_default();
        names.into_iter().any(|((_, case), _)| {
            let Ok(Some(row)) = rows.get::<Cases>(&case) else { return false };
            row.custody.role.counterpart() == Some(unit)
                || row
                    .timeline()
                    .iter()
                    .any(|line| line.unit == unit || matches!(line.what, Happening::HandedOver { to } if to == unit))
        })
    }

    /// Who may have a blob that a case here names: the unit's own nodes, then those of whoever had the case.
    pub(crate) fn sources(&self, blob: ContentHash) -> Vec<(NodeId, UnitId)> {
        let directory = self.links.directory();
        let mut units = vec![self.unit];
        if let Ok(snapshot) = self.rows.snapshot() {
            let rows = Overlay::new(&snapshot);
            for ((_, case), _) in rows.scan::<BlobNames>(all_of(blob), MOST_ASKED).unwrap_or_default() {
                let Ok(Some(row)) = rows.get::<Cases>(&case) else { continue };
                let named = row.content.as_ref().map(CaseContent::named).unwrap_or_default();
                units.extend(row.custody.role.counterpart().into_iter().chain(named));
            }
        }
        let mut asked = BTreeSet::new();
        units.retain(|unit| asked.insert(*unit));
        let nodes = units.into_iter().flat_map(|unit| directory.nodes_of(unit).map(move |node| (node.node, unit)));
        nodes.filter(|(node, _)| *node != self.node).collect()
    }

    /// Brings a blob here, from the first of these that has it. What came before a link broke is not asked for again.
    pub(crate) async fn fetch(
        &self,
        blob: ContentHash,
        bytes: u64,
        from: &[(NodeId, UnitId)],
    ) -> Result<(), FetchFault> {
        if self.on_disk(move |folder| folder.held(blob)).await.is_some_and(|held| matches!(held, Ok(Some(_)))) {
            self.has_come(blob);
            return Ok(());
        }
        if !self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(blob) {
            return Err(FetchFault::UnderWay);
        }
        let _under_way = UnderWay(self, blob);
        let mut why = String::from("there is nobody to ask");
        for source in from {
            match self.fetch_from(blob, bytes, *source).await? {
                None => {
                    self.has_come(blob);
                    return Ok(());
                }
                Some(said) => why = said,
            }
        }
        Err(FetchFault::Nobody(why))
    }

    /// It is missing no more.
    pub(super) fn has_come(&self, blob: ContentHash) {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).remove(&blob);
    }

    /// `None` once it is here; why it is not otherwise.
    async fn fetch_from(
        &self,
        blob: ContentHash,
        bytes: u64,
        source: (NodeId, UnitId),
    ) -> Result<Option<String>, FetchFault> {
        let (offset_told, offset) = oneshot::channel();
        let (pieces, mut coming) = mpsc::channel::<Vec<u8>>(PIECES_AHEAD);
        let folder = Arc::clone(&self.folder);
        let writing = beside(move || {
            let mut part = folder.resume(blob)?;
            let _ = offset_told.send(part.offset());
            while let Some(piece) = coming.blocking_recv() {
                part.add(&piece)?;
            }
            match part.offset().cmp(&bytes) {
                std::cmp::Ordering::Less => Ok(false),
                std::cmp::Ordering::Equal => part.end().map(|()| true),
                std::cmp::Ordering::Greater => part.forget().map(|()| false),
            }
        });
        let mut why = None;
        if let Ok(mut offset) = offset.await {
            while offset < bytes {
                let most = u32::try_from(MOST_PIECE_BYTES).unwrap_or(u32::MAX);
                let request = BlobRequest::Read { blob, offset, most };
                match self.ask(source, &request, PIECE_MILLIS).await {
                    Ok(BlobReply::Piece { bytes: of, piece }) if of == bytes && !piece.is_empty() => {
                        offset += piece.len() as u64;
                        if pieces.send(piece).await.is_err() {
                            break;
                        }
                    }
                    Ok(said) => {
                        why = Some(format!("node {} answered {said:?}", source.0));
                        break;
                    }
                    Err(said) => {
                        why = Some(said);
                        break;
                    }
                }
            }
        }
        drop(pieces);
        match writing.await {
            Ok(Ok(true)) => Ok(None),
            Ok(Ok(false)) => Ok(Some(why.unwrap_or_else(|| "it is not whole".to_owned()))),
            Ok(Err(fault @ StoreFault::Damaged { .. })) => Ok(Some(fault.to_string())),
            Ok(Err(fault)) => Err(fault.into()),
            Err(_) => Ok(Some("the disk's thread ended".to_owned())),
        }
    }
}

/// Work that waits for a disk or a scanner, on a thread that may.
#[expect(clippy::disallowed_methods, reason = "a file's bytes wait for a disk; no simulated world runs a node's files")]
pub(super) fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}

fn all_of(blob: ContentHash) -> std::ops::RangeInclusive<(ContentHash, CaseId)> {
    (blob, CaseId(Uuid::nil()))..=(blob, CaseId(Uuid::max()))
}

/// Asks the unit's voters what they hold, for its leader.
pub(crate) struct Holders(pub(crate) Arc<FilePeers>);

impl Blobs for Holders {
    fn holders(
        &self,
        voters: BTreeSet<NodeId>,
        blobs: Vec<ContentHash>,
    ) -> Pin<Box<dyn Future<Output = BTreeSet<NodeId>> + Send + '_>> {
        Box::pin(async move {
            let mut asked = JoinSet::new();
            for voter in voters {
                let (peers, blobs) = (Arc::clone(&self.0), blobs.clone());
                asked.spawn(async move { peers.holds(voter, blobs).await.then_some(voter) });
            }
            let mut holders = BTreeSet::new();
            while let Some(answered) = asked.join_next().await {
                holders.extend(answered.ok().flatten());
            }
            holders
        })
    }
}

impl FilePeers {
    async fn holds(&self, voter: NodeId, blobs: Vec<ContentHash>) -> bool {
        if voter == self.node {
            let all = self.on_disk(move |folder| blobs.iter().all(|blob| matches!(folder.held(*blob), Ok(Some(_)))));
            return all.await.unwrap_or(false);
        }
        let request = BlobRequest::Held { blobs };
        match self.ask((voter, self.unit), &request, HELD_MILLIS).await {
            Ok(BlobReply::Held { held }) => held.iter().all(|held| *held),
            _ => false,
        }
    }

    /// Has a voter fetch a blob from here, until it has it or the time is over.
    pub(crate) async fn give(&self, voter: NodeId, blob: ContentHash, bytes: u64, within: Duration) -> bool {
        const BETWEEN: Duration = Duration::from_millis(200);
        let request = BlobRequest::Fetch { blob, bytes, from: self.node };
        let given = async {
            loop {
                let millis = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
                if let Ok(BlobReply::Held { held }) = self.ask((voter, self.unit), &request, millis).await
                    && held == [true]
                {
                    return;
                }
                tokio::time::sleep(BETWEEN).await;
            }
        };
        tokio::time::timeout(within, given).await.is_ok()
    }
}
