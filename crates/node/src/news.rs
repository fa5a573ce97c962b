//! A later region directory, while the node runs: it is brought to the node's folder, or a peer has it. It takes the place of the one in
//! use if the authority signed it and it is later, never otherwise; what came from a peer is kept in the folder.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use host::Host;
use protocol::directory::{Directory, DirectoryFault, PublicKey, SignedDirectory};
use protocol::seam::Peer;
use tokio::task::JoinSet;
use transport::Quic;
use transport::authority::{DIRECTORY, keep_directory, read_directory};

use crate::world::RealWorld;

/// Where a directory comes from that no peer told.
const FOLDER: &str = "the node's folder";
/// How often the folder is looked at.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// Peers are asked at every so manieth look.
const ASKED_EVERY: usize = 5;

/// Who follows the directory.
pub(crate) struct News {
    own: Peer,
    folder: PathBuf,
    authority: PublicKey,
    quic: Quic,
    host: Host<RealWorld>,
    /// The one in use, as it was signed.
    in_use: Option<SignedDirectory>,
    /// What was last said of a directory that was refused: it is told once.
    refused: Option<String>,
}

impl News {
    pub(crate) fn new(own: Peer, folder: PathBuf, authority: PublicKey, quic: Quic, host: Host<RealWorld>) -> Self {
        Self { own, folder, authority, quic, host, in_use: None, refused: None }
    }

    /// Follows for ever, from the one that the node started with.
    pub(crate) async fn follow(mut self, first: SignedDirectory) {
        self.take(first, FOLDER);
        self.host.stop_if_superseded().await;
        let mut seen = self.stands();
        for look in 1_usize.. {
            tokio::time::sleep(LOOKED_EVERY).await;
            let stands = self.stands();
            if stands.is_some() && stands != seen {
                seen = stands;
                if self.was_put_right() {
                    seen = self.stands();
                }
            }
            self.host.stop_if_superseded().await;
            if look % ASKED_EVERY != 0 {
                continue;
            }
            for (peer, signed) in self.ask(look / ASKED_EVERY).await {
                if self.take(signed, &format!("node {peer}")) {
                    self.keep();
                    seen = self.stands();
                }
            }
        }
    }

    /// Looks into the folder. Whether what lay there, an older one or none of this region, had to give way to the one in use: on that the
    /// node shall not start next time.
    fn was_put_right(&mut self) -> bool {
        let signed = match read_directory(&self.folder) {
            Ok(signed) => signed,
            Err(why) => {
                self.refuse(&why.to_string());
                return false;
            }
        };
        let is_taken = self.take(signed.clone(), FOLDER);
        let is_right = is_taken || self.in_use.as_ref().is_none_or(|in_use| *in_use == signed);
        if !is_right {
            self.keep();
        }
        !is_right
    }

    /// A folder that cannot be written is no reason not to go by a directory: after a restart a peer tells it again.
    fn keep(&self) {
        let Some(in_use) = &self.in_use else { return };
        if let Err(why) = keep_directory(&self.folder, in_use) {
            tracing::warn!(%why, "the region directory could not be kept");
        }
    }

    /// What is known of the file without reading it.
    fn stands(&self) -> Option<(u64, u64, i64, i64)> {
        let about = std::fs::metadata(self.folder.join(DIRECTORY)).ok()?;
        Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
    }

    /// Whether it is in use from now on, and was not before.
    fn take(&mut self, signed: SignedDirectory, from: &str) -> bool {
        let taken = match self.quic.take_directory(signed.clone(), &self.authority) {
            Ok(taken) => taken,
            // Another peer was quicker.
            Err(DirectoryFault::Older { .. }) if from != FOLDER => return false,
            Err(why) => {
                self.refuse(&why.to_string());
                return false;
            }
        };
        self.in_use = Some(signed);
        let Some(directory) = taken else { return false };
        self.refused = None;
        let (number, own) = (directory.number(), self.own);
        tracing::info!(number, from, "a later region directory is in use");
        if directory.node(own.node).is_none_or(|listed| listed.unit != own.unit) {
            tracing::error!(number, node = %own.node, "the region directory does not list this node any more: peers let it in no more");
        }
        if let Err(why) = self.host.replace_directory(directory) {
            self.refuse(&why.to_string());
        }
        true
    }

    fn refuse(&mut self, why: &str) {
        if self.refused.as_deref() != Some(why) {
            tracing::warn!(code = "directory.refused", why, "a region directory is refused");
            self.refused = Some(why.to_owned());
        }
    }

    /// What the unit's other nodes have, and in turn one node above and one below.
    async fn ask(&self, turn: usize) -> Vec<(NodeId, SignedDirectory)> {
        let mut asking = JoinSet::new();
        for (node, unit) in peers(&self.quic.directory(), self.own, turn) {
            let quic = self.quic.clone();
            asking.spawn(async move { (node, quic.ask_directory(node, unit).await) });
        }
        let mut told = Vec::new();
        while let Some(asked) = asking.join_next().await {
            // A peer that cannot be reached is asked again; consensus and mail say so if it matters.
            if let Ok((node, Ok(Some(signed)))) = asked {
                told.push((node, signed));
            }
        }
        told
    }
}

fn peers(directory: &Arc<Directory>, own: Peer, turn: usize) -> Vec<(NodeId, UnitId)> {
    let siblings = directory.nodes_of(own.unit).map(|node| (node.node, node.unit));
    let above = directory.parent(own.unit).into_iter();
    let above = above.flat_map(|listing| listing.voters.iter().map(|node| (*node, listing.unit)));
    let below = directory.children(own.unit);
    let below = below.flat_map(|listing| listing.voters.iter().map(|node| (*node, listing.unit)));
    let one_of = |of: Vec<(NodeId, UnitId)>| turn.checked_rem(of.len()).map(|at| of[at]);
    let (above, below) = (one_of(above.collect()), one_of(below.collect()));
    siblings.chain(above).chain(below).filter(|(node, _)| *node != own.node).collect()
}
