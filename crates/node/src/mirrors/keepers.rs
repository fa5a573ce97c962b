//! The mirrors that a node keeps of units below: one task for each follows its unit's leader, and the region's operator may freeze one and
//! read it. Only the unit's own committed commands get in, from its nodes by the signed directory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use consensus::Unpack;
use domain::ids::{Generation, NodeId, Sequence, UnitId};
use domain::mirror::{MirrorReply, MirrorRequest};
use host::Host;
use protocol::record;
use protocol::seam::{Channel, Links, Peer};
use store::{RocksLog, RocksRows, Store};
use tokio::task::JoinSet;
use transport::Quic;
use unit::MirroringStatus;
use unit::mirrors::keepers;

use super::keeper::{Keeper, MirrorFault};
use super::source::{Frames, asked_of, frame, refused};
use crate::region::OPERATOR;
use crate::world::RealWorld;

/// An answer is kept back so long while nothing happens; the link's deadline is longer by the other.
const KEPT_BACK_MILLIS: u32 = 5_000;
const ANSWER_MILLIS: u64 = 20_000;
/// Between tries at a unit that does not answer: first and longest.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// A mirror that stopped, or stands still, looks whether the directory lists a next life.
const LOOK: Duration = Duration::from_secs(1);

type Kept = Keeper<RocksLog, RocksRows>;

/// All mirrors that a node keeps. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keepers {
    shared: Arc<Shared>,
}

struct Shared {
    own: Peer,
    /// So many nodes of a unit keep the mirrors of those below.
    nodes: usize,
    store: Store,
    links: Quic,
    host: Host<RealWorld>,
    mirrors: tokio::sync::Mutex<BTreeMap<UnitId, Arc<Mirror>>>,
    /// Frozen rows on their way to whoever runs the region.
    packs: Mutex<BTreeMap<(UnitId, Generation), Frames>>,
}

struct Mirror {
    unit: UnitId,
    /// Of the life that is followed; held while something is applied, so that nothing is applied after it was frozen.
    kept: tokio::sync::Mutex<Option<Kept>>,
    said: Mutex<MirroringStatus>,
}

/// What one look at a unit came to.
enum Looked {
    /// There may be more at once.
    Went,
    /// Nobody answered, or not what is asked: try the next node, after a pause.
    Failed(String, Option<NodeId>),
    /// It goes on no more in this life.
    Stopped(String),
}

impl Keepers {
    /// None yet: [`Self::follow`] looks whose mirrors the node keeps.
    pub(crate) fn new(own: Peer, nodes: usize, (store, links, host): (Store, Quic, Host<RealWorld>)) -> Self {
        let mirrors = tokio::sync::Mutex::new(BTreeMap::new());
        let shared = Shared { own, nodes, store, links, host, mirrors, packs: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Keeps a mirror of each unit right below, as long as the directory says that it is this node's to keep them. For ever.
    pub(crate) async fn follow(self) {
        let mut following: BTreeMap<UnitId, JoinSet<()>> = BTreeMap::new();
        loop {
            let wanted = self.shared.wanted();
            // Ends the tasks of those that are not wanted any more.
            following.retain(|unit, _| wanted.contains(unit));
            let mut mirrors = self.shared.mirrors.lock().await;
            mirrors.retain(|unit, _| wanted.contains(unit));
            for unit in wanted {
                let mirror = mirrors.entry(unit).or_insert_with(|| Arc::new(Mirror::new(unit)));
                following.entry(unit).or_insert_with(|| {
                    let mut task = JoinSet::new();
                    task.spawn(follow(Arc::clone(&self.shared), Arc::clone(mirror)));
                    task
                });
            }
            drop(mirrors);
            self.shared.tell().await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the region's operator asks of a mirror.
    pub(crate) async fn answer(&self, name: &str, unit: UnitId, request: MirrorRequest) -> Result<Vec<u8>, String> {
        let reply = self.shared.reply(name, unit, request).await.map_err(|fault| fault.to_string())?;
        record::write(&reply).map_err(|fault| fault.to_string())
    }
}

impl Shared {
    async fn reply(&self, name: &str, unit: UnitId, request: MirrorRequest) -> Result<MirrorReply, MirrorFault> {
        if name != OPERATOR {
            return Ok(refused("mirror.foreign", format!("only {OPERATOR} freezes a mirror, and reads a frozen one")));
        }
        let Some(mirror) = self.mirrors.lock().await.get(&unit).cloned() else {
            return Ok(refused("mirror.none", format!("this node keeps no mirror of unit {unit}")));
        };
        let asked = asked_of(&request);
        let mut kept = mirror.kept.lock().await;
        let Some(kept) = kept.as_mut().filter(|kept| kept.generation == asked) else {
            let why = format!("this node has no mirror of generation {} of unit {unit}", asked.0);
            return Ok(refused("mirror.generation", why));
        };
        match request {
            MirrorRequest::Freeze { people, .. } => {
                kept.freeze(people).await?;
                mirror.say(|said| said.frozen = true);
                self.tell().await;
                tracing::warn!(%unit, generation = asked.0, at = kept.at().0, "the mirror stands still for good: a next life begins from it");
                Ok(MirrorReply::Stands { at: kept.at(), hash: kept.hash()? })
            }
            MirrorRequest::Frozen { frame: number, .. } if kept.is_frozen() => {
                Ok(frame(&self.packs, ((unit, asked), &kept.rows), number)?)
            }
            MirrorRequest::Frozen { .. } => {
                Ok(refused("mirror.order", "the mirror is not frozen: it may still acknowledge"))
            }
            MirrorRequest::Follow { .. } | MirrorRequest::Snapshot { .. } => {
                Ok(refused("mirror.foreign", "a mirror is followed by nobody"))
            }
        }
    }

    /// Whose mirrors this node keeps now.
    fn wanted(&self) -> BTreeSet<UnitId> {
        let directory = self.links.directory();
        match keepers(&directory, self.own.unit, self.nodes).contains(&self.own.node) {
            true => directory.children(self.own.unit).map(|below| below.unit).collect(),
            false => BTreeSet::new(),
        }
    }

    async fn tell(&self) {
        let mirrors = self.mirrors.lock().await;
        let said = mirrors.values().map(|mirror| mirror.said.lock().unwrap_or_else(PoisonError::into_inner).clone());
        self.host.set_mirroring(said.collect());
    }

    /// The life of a unit that the directory lists, and its voters. Never an older one than was once followed.
    fn listed(&self, unit: UnitId) -> Result<(Generation, Vec<NodeId>), String> {
        let directory = self.links.directory();
        let listing = directory.unit(unit).ok_or("the region's directory does not list it")?;
        let known = self.store.groups().map_err(|fault| fault.to_string())?;
        let newest = known.into_iter().filter(|(known, _)| *known == unit).map(|(_, generation)| generation).max();
        match newest.filter(|newest| *newest > listing.generation) {
            Some(newest) => Err(format!(
                "generation {} was followed already, the directory lists {}",
                newest.0, listing.generation.0
            )),
            None => Ok((listing.generation, listing.voters.clone())),
        }
    }

    async fn ask(&self, node: NodeId, unit: UnitId, request: &MirrorRequest) -> Result<MirrorReply, String> {
        let body = record::write(request).map_err(|fault| fault.to_string())?;
        let answer = self.links.request(node, unit, Channel::Mirror, body, ANSWER_MILLIS).await;
        record::read(&answer.map_err(|fault| fault.to_string())?).map_err(|fault| fault.to_string())
    }

    /// Opens the mirror of a life, if another one is open.
    async fn opened(&self, mirror: &Mirror, generation: Generation) -> Result<(Sequence, bool), MirrorFault> {
        let mut kept = mirror.kept.lock().await;
        if kept.as_ref().is_none_or(|kept| kept.generation != generation) {
            let group = self.store.group(mirror.unit, generation)?;
            let keeper = Keeper::open(generation, group)?;
            tracing::info!(unit = %mirror.unit, generation = generation.0, at = keeper.at().0, "the unit is mirrored");
            // What was applied before the last end may lie in memory alone: it is acknowledged by the next question.
            keeper.sync().await?;
            *kept = Some(keeper);
        }
        Ok(kept.as_ref().map_or((Sequence(0), false), |kept| (kept.at(), kept.is_frozen())))
    }

    async fn look(&self, mirror: &Mirror, node: NodeId, generation: Generation, after: Sequence) -> Looked {
        let request = MirrorRequest::Follow { generation, after, within_millis: KEPT_BACK_MILLIS };
        match self.ask(node, mirror.unit, &request).await {
            Ok(MirrorReply::Commands { after, commands, head, hash }) => {
                let mut kept = mirror.kept.lock().await;
                // Another life came, or it was frozen, while the answer was on its way.
                let Some(kept) = kept.as_mut().filter(|kept| kept.generation == generation && !kept.is_frozen()) else {
                    return Looked::Went;
                };
                let taken = match kept.take(after, &commands, (head, hash)) {
                    Ok(()) => kept.sync().await.map_err(MirrorFault::from),
                    Err(fault) => Err(fault),
                };
                mirror.say(|said| (said.at, said.head) = (kept.at(), head.max(said.head)));
                match taken {
                    Ok(()) => Looked::Went,
                    Err(fault) => Looked::Stopped(fault.to_string()),
                }
            }
            Ok(MirrorReply::Purged { .. }) => self.fetch(mirror, node, generation).await,
            Ok(MirrorReply::NotLeader { hint }) => Looked::Failed("no leader there at the moment".to_owned(), hint),
            Ok(MirrorReply::Refused { code, why }) if code == "mirror.ahead" => {
                Looked::Stopped(format!("{why} [{code}]"))
            }
            Ok(MirrorReply::Refused { code, why }) => Looked::Failed(format!("{why} [{code}]"), None),
            Ok(MirrorReply::Frame { .. } | MirrorReply::Stands { .. }) => {
                Looked::Failed("an answer to another question".to_owned(), None)
            }
            Err(why) => Looked::Failed(why, None),
        }
    }

    /// Fetches the unit's rows whole: its log begins behind what is here.
    async fn fetch(&self, mirror: &Mirror, node: NodeId, generation: Generation) -> Looked {
        let begun = match mirror.kept.lock().await.as_ref().map(|kept| Unpack::begin(&kept.rows)) {
            Some(Ok(begun)) => begun,
            Some(Err(fault)) => return Looked::Stopped(fault.to_string()),
            None => return Looked::Went,
        };
        tracing::info!(unit = %mirror.unit, "the unit's rows are fetched whole: its log begins behind what the mirror has");
        let mut unpack = begun;
        for number in 0.. {
            let (bytes, is_last) =
                match self.ask(node, mirror.unit, &MirrorRequest::Snapshot { generation, frame: number }).await {
                    Ok(MirrorReply::Frame { frame, bytes, is_last }) if frame == number => (bytes, is_last),
                    Ok(other) => return Looked::Failed(format!("frame {number} was asked for, {other:?} came"), None),
                    Err(why) => return Looked::Failed(why, None),
                };
            unpack = match unpack.take(&bytes) {
                Ok(unpack) => unpack,
                Err(fault) => return Looked::Failed(fault.to_string(), None),
            };
            if is_last {
                break;
            }
        }
        let mut kept = mirror.kept.lock().await;
        let Some(kept) = kept.as_mut().filter(|kept| kept.generation == generation) else { return Looked::Went };
        match kept.install(unpack).await {
            Ok(()) => {
                mirror.say(|said| (said.at, said.head) = (kept.at(), kept.at().max(said.head)));
                Looked::Went
            }
            Err(MirrorFault::Frozen) => Looked::Went,
            Err(fault) => Looked::Stopped(fault.to_string()),
        }
    }
}

impl Mirror {
    fn new(unit: UnitId) -> Self {
        let said = MirroringStatus {
            unit,
            generation: Generation(0),
            at: Sequence(0),
            head: Sequence(0),
            frozen: false,
            stopped: None,
            last_fault: None,
        };
        Self { unit, kept: tokio::sync::Mutex::new(None), said: Mutex::new(said) }
    }

    fn say(&self, change: impl FnOnce(&mut MirroringStatus)) {
        change(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn stop(&self, generation: Generation, why: String) {
        tracing::error!(unit = %self.unit, generation = generation.0, why, "the mirror stops; the node goes on");
        self.say(|said| (said.generation, said.stopped) = (generation, Some(why)));
    }
}

async fn follow(shared: Arc<Shared>, mirror: Arc<Mirror>) {
    let (mut turn, mut pause, mut hint) = (0_usize, PAUSE_FIRST, None);
    let mut stopped_in = None;
    loop {
        shared.tell().await;
        let (generation, voters) = match shared.listed(mirror.unit) {
            Ok(listed) => listed,
            Err(why) => {
                mirror.say(|said| said.stopped = Some(why));
                tokio::time::sleep(LOOK).await;
                continue;
            }
        };
        if stopped_in == Some(generation) {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let (at, frozen) = match shared.opened(&mirror, generation).await {
            Ok(opened) => opened,
            Err(fault) => {
                stopped_in = Some(generation);
                mirror.stop(generation, fault.to_string());
                continue;
            }
        };
        mirror.say(|said| {
            if said.generation != generation {
                (said.generation, said.head, said.stopped) = (generation, Sequence(0), None);
            }
            (said.at, said.frozen) = (at, frozen);
        });
        if frozen {
            shared.tell().await;
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let next = || turn.checked_rem(voters.len()).map(|at| voters[at]);
        let Some(node) = hint.take().filter(|hint| voters.contains(hint)).or_else(next) else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        match shared.look(&mirror, node, generation, at).await {
            Looked::Went => {
                (pause, hint) = (PAUSE_FIRST, Some(node));
                mirror.say(|said| (said.last_fault, said.stopped) = (None, None));
            }
            Looked::Failed(why, leader) => {
                tracing::debug!(unit = %mirror.unit, %node, why, "the unit is not mirrored at the moment");
                mirror.say(|said| said.last_fault = Some(why));
                (turn, hint) = (turn.wrapping_add(1), leader);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_LONGEST);
            }
            Looked::Stopped(why) => {
                stopped_in = Some(generation);
                mirror.stop(generation, why);
            }
        }
    }
}
