//! What a node tells the mirrors of its own unit. Only the leader answers: it has to know how far they are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use consensus::{Pack, Place, Tail, commands_after};
use domain::ids::{Generation, NodeId, Sequence};
use domain::mirror::{BATCH_BYTES, MOST_WAIT_MILLIS, MirrorReply, MirrorRequest};
use domain::store::StoreFault;
use host::Host;
use protocol::record;
use protocol::seam::{GroupRows, Peer};
use serde_bytes::ByteBuf;
use store::{RocksLog, RocksRows};
use tokio::time::Instant;
use transport::Quic;
use unit::UnitHandle;

use crate::world::RealWorld;

/// Answers the mirrors of the node's own unit.
pub(crate) struct Source {
    own: Peer,
    log: RocksLog,
    rows: RocksRows,
    links: Quic,
    host: Host<RealWorld>,
    /// Where what each mirror was told last lies in the log.
    places: Mutex<BTreeMap<NodeId, Place>>,
    /// Snapshots on their way, one for each mirror.
    packs: Mutex<BTreeMap<NodeId, Frames>>,
}

/// A view of rows that is told frame by frame; the last frame can be asked for again.
pub(crate) struct Frames {
    pack: Pack<<RocksRows as GroupRows>::Snapshot>,
    last: Option<(u32, Vec<u8>, bool)>,
}

impl Frames {
    pub(crate) fn of(rows: &RocksRows) -> Result<Self, StoreFault> {
        Ok(Self { pack: Pack::new(rows.snapshot()?), last: None })
    }

    /// A frame with its number, and whether it is the last; `None` for one that is not the next nor the last that was told.
    fn frame(&mut self, number: u32) -> Result<Option<MirrorReply>, StoreFault> {
        let next = self.last.as_ref().map_or(0, |(last, ..)| last + 1);
        if number == next
            && let Some((bytes, is_last)) = self.pack.frame()?
        {
            self.last = Some((number, bytes, is_last));
        }
        let told = self.last.as_ref().filter(|(last, ..)| *last == number);
        Ok(told.map(|(frame, bytes, is_last)| {
            let bytes = ByteBuf::from(bytes.clone());
            MirrorReply::Frame { frame: *frame, bytes, is_last: *is_last }
        }))
    }
}

/// A frame of the rows for somebody: number 0 begins anew.
pub(crate) fn frame<K: Ord + Copy>(
    packs: &Mutex<BTreeMap<K, Frames>>,
    (who, rows): (K, &RocksRows),
    number: u32,
) -> Result<MirrorReply, StoreFault> {
    let mut packs = packs.lock().unwrap_or_else(PoisonError::into_inner);
    if number == 0 {
        packs.insert(who, Frames::of(rows)?);
    }
    let told = packs.get_mut(&who).map(|frames| frames.frame(number)).transpose()?.flatten();
    let told = told.unwrap_or_else(|| refused("mirror.order", "another frame than the next one: begin anew"));
    if matches!(told, MirrorReply::Frame { is_last: true, .. }) {
        packs.remove(&who);
    }
    Ok(told)
}

pub(crate) fn refused(code: &str, why: impl Into<String>) -> MirrorReply {
    MirrorReply::Refused { code: code.to_owned(), why: why.into() }
}

impl Source {
    pub(crate) fn new(own: Peer, log: RocksLog, rows: RocksRows, links: Quic, host: Host<RealWorld>) -> Self {
        Self { own, log, rows, links, host, places: Mutex::default(), packs: Mutex::default() }
    }

    /// What a mirror asks.
    pub(crate) async fn answer(&self, from: Peer, body: &[u8]) -> Result<Vec<u8>, String> {
        let request = record::read::<MirrorRequest>(body).map_err(|fault| fault.to_string())?;
        let reply = self.reply(from, request).await.map_err(|fault| fault.to_string())?;
        record::write(&reply).map_err(|fault| fault.to_string())
    }

    async fn reply(&self, from: Peer, request: MirrorRequest) -> Result<MirrorReply, StoreFault> {
        let (MirrorRequest::Follow { generation, .. } | MirrorRequest::Snapshot { generation, .. }) = request else {
            return Ok(refused(
                "mirror.foreign",
                "only the region's operator freezes a mirror, and reads a frozen one",
            ));
        };
        if let Some(why) = self.is_foreign(from) {
            tracing::warn!(unit = %self.own.unit, by = %from.unit, node = %from.node, why, "who asks is no mirror of this unit");
            return Ok(refused("mirror.foreign", why));
        }
        let own = self.own.generation;
        if generation != own {
            let why = format!("generation {} is asked for, this is generation {}", generation.0, own.0);
            return Ok(refused("mirror.generation", why));
        }
        let (leads, leader) = self.host.leads();
        if !leads {
            return Ok(MirrorReply::NotLeader { hint: leader });
        }
        match request {
            MirrorRequest::Follow { after, within_millis, .. } => {
                let wait = Duration::from_millis(u64::from(within_millis.min(MOST_WAIT_MILLIS)));
                self.follow(from.node, after, Instant::now() + wait).await
            }
            MirrorRequest::Snapshot { frame: number, .. } => frame(&self.packs, (from.node, &self.rows), number),
            MirrorRequest::Freeze { .. } | MirrorRequest::Frozen { .. } => {
                Ok(refused("mirror.foreign", "a unit's own node has no mirror of it"))
            }
        }
    }

    /// Why who asks may not: a mirror is kept by the first nodes of the unit above, as many as the settings say, and by nobody else.
    fn is_foreign(&self, from: Peer) -> Option<String> {
        let directory = self.links.directory();
        let parent = directory.parent(self.own.unit).map(|listing| listing.unit);
        if parent != Some(from.unit) {
            return Some(format!("unit {} is not the one above unit {}", from.unit, self.own.unit));
        }
        let is_named = self.host.is_mirrored_by(from.node);
        (!is_named).then(|| format!("unit {} does not count node {} among its mirrors", self.own.unit, from.node))
    }

    /// Commands behind those that the mirror has, as soon as there are any.
    async fn follow(&self, by: NodeId, after: Sequence, deadline: Instant) -> Result<MirrorReply, StoreFault> {
        let mut is_told = false;
        loop {
            let changed = self.host.changed(None);
            let place = self.places.lock().unwrap_or_else(PoisonError::into_inner).get(&by).copied();
            let Tail { head, hash, commands, place } =
                commands_after(&self.log, &self.rows, after, place, BATCH_BYTES)?;
            if after > head {
                let why = format!("the mirror has command {}, the unit ends at {}", after.0, head.0);
                return Ok(refused("mirror.ahead", why));
            }
            // What it asks from is its acknowledgement.
            if !is_told {
                self.host.mirror_has(by, after, head);
                is_told = true;
            }
            let Some(commands) = commands else { return Ok(MirrorReply::Purged { head }) };
            if let Some(place) = place {
                self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(by, place);
            }
            if !commands.is_empty() || Instant::now() >= deadline || !self.host.leads().0 {
                let commands = commands.into_iter().map(ByteBuf::from).collect();
                return Ok(MirrorReply::Commands { after, commands, head, hash });
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = tokio::time::sleep_until(deadline) => {}
            }
        }
    }
}

/// Which life a request is about.
pub(crate) fn asked_of(request: &MirrorRequest) -> Generation {
    match request {
        MirrorRequest::Follow { generation, .. }
        | MirrorRequest::Snapshot { generation, .. }
        | MirrorRequest::Freeze { generation, .. }
        | MirrorRequest::Frozen { generation, .. } => *generation,
    }
}
