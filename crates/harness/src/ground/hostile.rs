//! Somebody with a certificate of the region's authority who brings mail that should not come: played again, altered, in
//! another's name. It has stolen a node's folder, and connects as that node over the real transport.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::tables::OutboxMail;
use domain::time::Timestamp;
use protocol::crypto::Standard;
use protocol::envelope::{Envelope, Outgoing, seal_mail};
use protocol::mail_exchange::{MOST_ENVELOPES, MailBatch, MailReply, MailRequest};
use protocol::record;
use protocol::sealing::SealingPublicKey;
use protocol::seam::{Channel, Clock, Entropy, LinkFault, Links as _};
use protocol::signing::SigningKey;
use sim::ground::Ground as _;
use sim::ground::draw::Draw;
use sim::scenario::{FaultKind, Forgery};
use transport::authority::{Authority, NodeKeys};
use transport::topology::TopologyNode;
use transport::{Quic, QuicConfig};

use super::RealGround;

/// For the answer to one request.
const DEADLINE_MILLIS: u64 = 8_000;
/// A hello takes a moment; the node that is impersonated may have been answered meanwhile.
const TRIES: u32 = 3;

/// A fault that took effect: its step, its kind, and what was answered.
pub(super) type Brought = (usize, FaultKind, String);

/// What it tells others the time is.
pub(super) struct Shown(pub(super) Timestamp);

impl Clock for Shown {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Whose folder it has, and what it does with it.
struct Stolen {
    /// The node's folder.
    folder: PathBuf,
    /// The region's folder: where nodes are, if not where the signed directory says.
    region: PathBuf,
    addresses: BTreeMap<NodeId, String>,
    now: Timestamp,
    seed: u64,
}

/// What is brought to whom.
struct Plan {
    step: usize,
    kind: FaultKind,
    what: &'static str,
    from: UnitId,
    to: UnitId,
    forgery: Option<Forgery>,
    mail: Vec<(MailSequence, OutboxMail)>,
}

impl RealGround {
    /// Every mail of the pair that was ever written, in its order, to every replica of the receiver.
    pub(super) fn replay_mail(&mut self, step: usize, from: UnitId, to: UnitId) {
        let mail = self.logs.sent(from, to);
        let (kind, what) = (FaultKind::ReplayMail, "played again");
        self.bring(from, Plan { step, kind, what, from, to, forgery: None, mail });
    }

    /// The newest mail of the pair, forged.
    pub(super) fn forge_mail(&mut self, step: usize, from: UnitId, to: UnitId, forgery: Forgery) {
        let mail: Vec<_> = self.logs.sent(from, to).pop().into_iter().collect();
        let other = self.places.values().map(|place| place.unit).find(|unit| *unit != from && *unit != to);
        let by = match forgery {
            Forgery::WrongUnit => other.unwrap_or(from),
            _ => from,
        };
        let (kind, what) = (FaultKind::ForgeMail, "forged");
        self.bring(by, Plan { step, kind, what, from, to, forgery: Some(forgery), mail });
    }

    fn bring(&mut self, by: UnitId, plan: Plan) {
        let thief = self.region.nodes.iter().find(|node| self.places[&NodeId(node.number)].unit == by);
        let (Some(thief), Some(region)) = (thief, self.region.folder()) else { return };
        let addresses = self.region.nodes.iter().map(|node| (NodeId(node.number), format!("{}:8440", node.address())));
        self.numbered += 1;
        let stolen = Stolen {
            folder: thief.folder.clone(),
            region,
            addresses: addresses.collect(),
            now: self.now(),
            seed: self.seed ^ (self.numbered << 32) ^ u64::from(std::process::id()),
        };
        let (brings, nodes) = (self.brings.clone(), self.nodes_of(plan.to));
        tokio::spawn(async move {
            let (step, kind) = (plan.step, plan.kind);
            match stolen.bring(&plan, &nodes).await {
                Ok(answers) => {
                    for how in answers {
                        let _over = brings.send((step, kind, how));
                    }
                }
                // The run sees that the fault never came, and says so.
                Err(why) => eprintln!("step {step}: mail could not be brought: {why:?}"),
            }
        });
    }
}

impl Stolen {
    async fn bring(&self, plan: &Plan, nodes: &[NodeId]) -> Result<Vec<String>> {
        let keys = NodeKeys::read(&self.folder)?;
        let entropy = Arc::new(Draw::new(self.seed, "hostile peer"));
        let mut authority = Authority::open(&self.region)?;
        for (node, address) in &self.addresses {
            authority.move_node(*node, TopologyNode { quic: vec![address.clone()], http: address.clone() })?;
        }
        let directory = authority.directory().clone().verify(&authority.public_key())?;
        let to_key = directory.unit(plan.to).context("the receiver is not listed")?.sealing_key;
        let region = directory.region().to_string();
        let requests = requests(plan, &keys, (&region, &SealingPublicKey(to_key.0)), &entropy)?;
        let quic = Quic::bind(QuicConfig {
            socket: UdpSocket::bind("0.0.0.0:0")?,
            credentials: keys.credentials()?,
            directory,
            incarnation: [0; 16],
            clock: Arc::new(Shown(self.now)),
            entropy,
            timing: transport::Timing::default(),
        })?;
        let mut answers = Vec::new();
        for request in requests {
            for node in nodes {
                if let Some(answer) = ask(&quic, *node, plan.to, &request).await? {
                    answers.push(format!("mail {} to node {node}: {answer}", plan.what));
                }
            }
        }
        quic.shutdown().await;
        Ok(answers)
    }
}

/// What a replica says to mail; nothing where it does not lead.
async fn ask(quic: &Quic, node: NodeId, group: UnitId, request: &[u8]) -> Result<Option<String>> {
    let mut last = None;
    for _ in 0..TRIES {
        match quic.request(node, group, Channel::Mail, request.to_vec(), DEADLINE_MILLIS).await {
            Ok(bytes) => {
                return Ok(match record::read::<MailReply>(&bytes)? {
                    MailReply::NotLeader { .. } => None,
                    MailReply::Stated(signed) => Some(match signed.statement.refused {
                        Some(refused) => format!("refused: {}", refused.code),
                        None => "acknowledged as known".to_owned(),
                    }),
                    MailReply::Ack(_) => Some("acknowledged as known".to_owned()),
                    MailReply::Refused { code, .. } => Some(format!("refused: {code}")),
                });
            }
            Err(LinkFault::Refused { why, .. }) => return Ok(Some(format!("refused: {why}"))),
            Err(why) => last = Some(why),
        }
    }
    last.map_or(Ok(None), |why| Err(why.into()))
}

fn requests(
    plan: &Plan,
    keys: &NodeKeys,
    (region, to_key): (&str, &SealingPublicKey),
    entropy: &Draw,
) -> Result<Vec<Vec<u8>>> {
    let signer = keys.credentials()?.identity.node().context("a node's certificate")?.node;
    let stranger = SigningKey::generate(entropy);
    let key = if plan.forgery == Some(Forgery::UnknownKey) { &stranger } else { &keys.signing_key };
    let generation = match plan.forgery {
        Some(Forgery::OldGeneration) => Generation(0),
        _ => Generation::FIRST,
    };
    let mut envelopes = Vec::new();
    for (sequence, row) in &plan.mail {
        let outgoing = Outgoing {
            region,
            from: plan.from,
            generation,
            to: plan.to,
            sequence: *sequence,
            before: row.before,
            chain: row.chain,
            mail: &row.mail,
            expires: None,
        };
        let mut envelope = seal_mail(outgoing, to_key, (signer, key), (&Standard, entropy))?;
        match plan.forgery {
            // Put into a sound record again: it is the signature that has to notice.
            Some(Forgery::Altered) => {
                let mut real: Envelope = record::read(&envelope)?;
                if let Some(byte) = real.sealed.last_mut() {
                    *byte ^= 1;
                }
                envelope = record::write(&real)?;
            }
            Some(Forgery::Junk) => entropy.fill(&mut envelope),
            _ => {}
        }
        envelopes.push(envelope);
    }
    let batch = |some: &[Vec<u8>]| record::write(&MailRequest::Batch(MailBatch { envelopes: some.to_vec() }));
    Ok(envelopes.chunks(MOST_ENVELOPES).map(batch).collect::<Result<_, _>>()?)
}
