//! Uploads and reads: what `web` asks of a node's files.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use blobs::{Intake, IntakeFault, Scanner, StoreFault, Taken};
use domain::digest::ContentHash;
use domain::files::MOST_FILE_BYTES;
use domain::ids::{NodeId, UnitId};
use host::Host;
use protocol::blob::{FileKey, SEGMENT, open_segment, segment_place};
use protocol::sealing::SealingKey;
use tokio::sync::mpsc;
use unit::Pending;
use unit::files::{self, FileFault, FileKeeper, FileSource, OpenFile, Ticket, Uploaded};

use crate::world::{MachineEntropy, RealWorld};

use super::FilePeers;
use super::peers::beside;

/// An upload that stands still for so long is cut off.
const STILL: Duration = Duration::from_secs(30);
/// So long a majority of the voters may take to have a file.
const SPREAD: Duration = Duration::from_secs(60);
/// Pieces that wait for the disk and the scanner.
const PIECES_AHEAD: usize = 8;

pub(crate) struct Keeper {
    pub(crate) peers: Arc<FilePeers>,
    pub(crate) host: Host<RealWorld>,
    pub(crate) sealing: SealingKey,
    pub(crate) scanner: Arc<dyn Scanner>,
}

/// What comes to the disk's thread: a channel that closes before the end is an upload that was cut off.
enum Coming {
    Piece(Vec<u8>),
    End,
}

impl FileKeeper for Keeper {
    fn take<'a>(
        &'a self,
        _: UnitId,
        name: String,
        source: Box<dyn FileSource + 'a>,
    ) -> Pending<'a, Result<(Ticket, files::Taken), FileFault>> {
        Box::pin(async move {
            let key = FileKey::generate(&MachineEntropy);
            let Taken { blob, bytes, plain_bytes, media } = self.keep(&key, source).await?;
            self.spread(blob, bytes).await?;
            let uploaded = Uploaded { blob, bytes, media, label: files::label(&name, key) };
            let ticket = Ticket::issue(&uploaded, &self.sealing, &MachineEntropy);
            let ticket = ticket.map_err(|why| FileFault::Disk { why: why.to_string() })?;
            Ok((ticket, files::Taken { plain_bytes, media }))
        })
    }

    fn read<'a>(&'a self, file: &'a OpenFile, offset: u64) -> Pending<'a, Result<Vec<u8>, FileFault>> {
        Box::pin(async move {
            if offset >= file.plain_bytes {
                return Ok(vec![]);
            }
            let (blob, segment) = (file.blob, offset / SEGMENT as u64);
            let (first, length) = segment_place(segment, file.bytes);
            let read = self.peers.on_disk(move |folder| folder.read(blob, first, length)).await;
            let sealed = match read {
                Some(Ok(Some(sealed))) => sealed,
                Some(Ok(None)) => return Err(FileFault::NotArrived),
                Some(Err(why)) => return Err(FileFault::Disk { why: why.to_string() }),
                None => return Err(FileFault::Disk { why: "the disk's thread ended".to_owned() }),
            };
            match open_segment(&file.label.key, segment, file.bytes, &sealed) {
                Ok(plain) => {
                    let skip = usize::try_from(offset % SEGMENT as u64).unwrap_or_default();
                    Ok(plain.get(skip..).unwrap_or_default().to_vec())
                }
                // Rot, most likely: it is read again as a whole, and fetched anew from a peer.
                Err(_) => {
                    self.found_damaged(blob, file.bytes).await;
                    Err(FileFault::NotArrived)
                }
            }
        })
    }

    fn is_here(&self, blob: ContentHash) -> bool {
        matches!(self.peers.folder.held(blob), Ok(Some(_)))
    }
}

impl Keeper {
    async fn keep(&self, key: &FileKey, mut source: Box<dyn FileSource + '_>) -> Result<Taken, FileFault> {
        let (to_disk, mut coming) = mpsc::channel(PIECES_AHEAD);
        let (folder, scanner, key) = (Arc::clone(&self.peers.folder), Arc::clone(&self.scanner), key.clone());
        let taking = beside(move || {
            let mut intake = Intake::begin(&folder, &key, &*scanner, MOST_FILE_BYTES).map_err(told)?;
            loop {
                match coming.blocking_recv() {
                    Some(Coming::Piece(piece)) => intake.add(&piece).map_err(told)?,
                    Some(Coming::End) => return intake.end().map_err(told),
                    None => return Err(FileFault::Cut),
                }
            }
        });
        loop {
            let piece = match tokio::time::timeout(STILL, source.next()).await {
                Ok(Some(Ok(piece))) => Coming::Piece(piece),
                Ok(None) => Coming::End,
                Ok(Some(Err(_))) | Err(_) => break,
            };
            let is_end = matches!(piece, Coming::End);
            // The disk's thread has ended: it says why.
            if to_disk.send(piece).await.is_err() || is_end {
                break;
            }
        }
        drop(to_disk);
        taking.await.unwrap_or_else(|_| Err(FileFault::Disk { why: "the disk's thread ended".to_owned() }))
    }

    /// Gives a file to the other voters, and waits for a majority; the rest go on to get it.
    async fn spread(&self, blob: ContentHash, bytes: u64) -> Result<(), FileFault> {
        let own = self.peers.node();
        let groups = self.host.group_status().map(|group| group.members.voters).unwrap_or_default();
        let voters: BTreeSet<NodeId> = groups.iter().flatten().copied().collect();
        // At most one word of each voter.
        let (holds, mut held) = mpsc::unbounded_channel();
        for voter in voters.iter().copied().filter(|voter| *voter != own) {
            let (peers, holds) = (Arc::clone(&self.peers), holds.clone());
            tokio::spawn(async move {
                if peers.give(voter, blob, bytes, SPREAD).await {
                    let _ = holds.send(voter);
                }
            });
        }
        drop(holds);
        let mut holders = BTreeSet::from([own]);
        let is_held = |holders: &BTreeSet<NodeId>| {
            groups.iter().all(|group| group.intersection(holders).count() * 2 > group.len())
        };
        while !is_held(&holders) {
            match held.recv().await {
                Some(voter) => holders.extend([voter]),
                None => {
                    let on = holders.intersection(&voters).count();
                    return Err(FileFault::NotHeld { on, of: voters.len() });
                }
            }
        }
        Ok(())
    }

    async fn found_damaged(&self, blob: ContentHash, bytes: u64) {
        if let Some(Err(fault)) = self.peers.on_disk(move |folder| folder.scrub(blob)).await {
            tracing::error!(blob = blob.short(), %fault, "a file was damaged on this disk; it is fetched anew");
            self.peers.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, bytes);
        }
    }
}

fn told(fault: IntakeFault) -> FileFault {
    match fault {
        IntakeFault::Media => FileFault::Media,
        IntakeFault::Large { most } => FileFault::Large { most },
        IntakeFault::Infected(what) => FileFault::Infected { what },
        IntakeFault::Scanner(why) => FileFault::Scanner { why: why.to_string() },
        IntakeFault::Store(fault @ (StoreFault::Disk { .. } | StoreFault::Damaged { .. })) => {
            FileFault::Disk { why: fault.to_string() }
        }
        IntakeFault::Seal(fault) => FileFault::Disk { why: fault.to_string() },
    }
}
