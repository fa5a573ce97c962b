//! Mail that comes when it should not: played again, altered, in another's name.

use std::sync::Arc;

use domain::ids::{Generation, NodeId, UnitId};
use futures::channel::oneshot;
use protocol::mail_exchange::{MailBatch, MailReply, MailRequest};
use protocol::record;
use protocol::seam::{Answers as _, Channel, Peer};
use rand::Rng as _;

use super::ConsensusGround;
use super::world::Shared;
use crate::ground::draw;
use crate::scenario::{FaultKind, Forgery};

impl ConsensusGround {
    /// Every request of the pair that is still kept, in its order, to every replica of the receiver.
    pub(super) fn replay_mail(&mut self, step: usize, from: UnitId, to: UnitId) {
        let kept = self.world.kept_mail(from, to);
        let brought = kept.into_iter().map(|mail| (mail.from, mail.body)).collect();
        self.bring(step, to, FaultKind::ReplayMail, "played again", brought);
    }

    /// The newest request of the pair, forged.
    pub(super) fn forge_mail(&mut self, step: usize, from: UnitId, to: UnitId, forgery: Forgery) {
        let kept = self.world.kept_mail(from, to);
        let newest = kept.into_iter().rev().find_map(|mail| match MailRequest::read(&mail.body) {
            Ok(MailRequest::Batch(batch)) => Some((mail.from, batch.envelopes)),
            _ => None,
        });
        let Some((mut peer, mut envelopes)) = newest else { return };
        let mut draws = draw::stream(self.seed, &format!("forgery of step {step}"));
        match forgery {
            Forgery::Altered => {
                for envelope in &mut envelopes {
                    if let Some(byte) = envelope.last_mut() {
                        *byte ^= 1 << (draws.next_u32() % 8);
                    }
                }
            }
            Forgery::WrongUnit => {
                let other = self.region.units.iter().find(|unit| unit.unit != from && unit.unit != to);
                let Some(node) = other.and_then(|unit| unit.nodes.first().map(|node| (unit.unit, node.node))) else {
                    return;
                };
                peer = Peer { unit: node.0, generation: Generation::FIRST, node: node.1 };
            }
            Forgery::UnknownKey => peer.node = NodeId(u64::MAX),
            Forgery::OldGeneration => peer.generation = Generation(0),
            Forgery::Junk => {
                let mut junk = vec![0; 200];
                draws.fill_bytes(&mut junk);
                envelopes = vec![junk];
            }
        }
        let Ok(body) = record::write(&MailRequest::Batch(MailBatch { envelopes })) else { return };
        self.bring(step, to, FaultKind::ForgeMail, "forged", vec![(peer, body)]);
    }

    fn bring(&mut self, step: usize, to: UnitId, kind: FaultKind, what: &'static str, brought: Vec<(Peer, Vec<u8>)>) {
        let nodes = self.nodes_of(to);
        let world = Arc::clone(&self.world);
        self.world.spawn(async move {
            for (peer, body) in brought {
                for node in &nodes {
                    if let Some(how) = answer(&world, peer, *node, to, body.clone()).await {
                        world.fault(Some(step), kind, format!("mail {what} to node {node}: {how}"));
                    }
                }
            }
        });
    }
}

/// What a replica says to mail; nothing where it does not lead or does not run.
async fn answer(world: &Arc<Shared>, from: Peer, to: NodeId, group: UnitId, body: Vec<u8>) -> Option<String> {
    let (host, life) = world.host(to)?;
    let (said, heard) = oneshot::channel();
    life.spawn(async move {
        let answered = host.answer(from, group, Channel::Mail, body).await;
        let _gone = said.send(answered);
    });
    match heard.await.ok()? {
        Err(why) => Some(format!("refused: {why}")),
        Ok(bytes) => match record::read::<MailReply>(&bytes).ok()? {
            MailReply::NotLeader { .. } => None,
            MailReply::Stated(signed) => Some(match signed.statement.refused {
                Some(refused) => format!("refused: {}", refused.code),
                None => "acknowledged as known".to_owned(),
            }),
            MailReply::Ack(_) => Some("acknowledged as known".to_owned()),
            MailReply::Refused { code, .. } => Some(format!("refused: {code}")),
        },
    }
}
