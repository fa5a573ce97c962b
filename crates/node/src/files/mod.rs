//! Sealed files of materials at a node: what peers ask, what is fetched from them, what people upload and read (docs/adr/0027).

mod keeper;
mod peers;
mod upkeep;

use std::sync::Arc;

use domain::ids::UnitId;
use domain::mirror::MirrorRequest;
use host::Host;
use protocol::record;
use protocol::seam::{Answers, Channel, Peer};

use crate::mirrors::{Keepers, Source};
use crate::world::RealWorld;

pub(crate) use keeper::Keeper;
pub(crate) use peers::{FilePeers, Holders};
pub(crate) use upkeep::follow;

/// What the node's links hand requests to: files and mirrors are its own, everything else is the replica's.
pub(crate) struct Front {
    pub(crate) host: Host<RealWorld>,
    pub(crate) files: Arc<FilePeers>,
    pub(crate) source: Arc<Source>,
    pub(crate) keepers: Keepers,
}

impl Answers for Front {
    async fn answer(&self, from: Peer, group: UnitId, channel: Channel, body: Vec<u8>) -> Result<Vec<u8>, String> {
        match channel {
            Channel::Blob if group == self.files.unit() => self.files.answer(from, &body).await,
            Channel::Mirror if group == self.files.unit() => self.source.answer(from, &body).await,
            _ => self.host.answer(from, group, channel, body).await,
        }
    }

    async fn answer_program(&self, name: &str, group: UnitId, body: Vec<u8>) -> Result<Vec<u8>, String> {
        // Mirrors of other units are asked under those units' names, by whoever runs the region.
        if let Ok(request) = record::read::<MirrorRequest>(&body) {
            return self.keepers.answer(name, group, request).await;
        }
        self.host.answer_program(name, group, body).await
    }
}
