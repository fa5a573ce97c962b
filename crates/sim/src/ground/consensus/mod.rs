//! Fidelity `consensus`: the production `host` with real openraft, on a simulated runtime, network, disk and clock. Everything
//! follows from the seed: equal runs are equal event by event, in every process built from one lock file.

mod disk;
mod faults;
mod links;
mod mail;
mod runtime;
mod voters;
mod watch;
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use consensus::{Config, Role};
use domain::ids::{Generation, NodeId, UnitId};
use domain::time::Timestamp;
use host::{Host, Parts};
use protocol::seam::Peer;
use unit::{Request, Unavailable, UnitHandle};

use crate::ground::draw;
use crate::ground::network::Network;
use crate::ground::region::Region;
use crate::ground::{Event, Ground, NotDone, NotHere, Recorded, Ticket, What};
use crate::scenario::{Action, FaultKind, Fidelity, NodeChoice, Scenario};

use disk::{SimDisk, incarnation};
use links::SimLinks;
use runtime::Life;
use world::{Shared, SimClock, SimWorld, lock};

pub use runtime::run;

/// How long somebody at a counter waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked who leads.
const LOOK: Duration = Duration::from_millis(250);
/// How often a folder is copied, where a step will put one back.
const COPY_EVERY: Duration = Duration::from_secs(5);
const MOST_COPIES: usize = 4096;

/// A region of hosts on a simulated world. Lives inside [`run`].
pub struct ConsensusGround {
    world: Arc<Shared>,
    region: Arc<Region>,
    disks: BTreeMap<NodeId, SimDisk>,
    /// Copies of each folder and when they were made, where a step will put one back.
    copies: BTreeMap<NodeId, VecDeque<(Duration, SimDisk)>>,
    keeps_copies: bool,
    last_copy: Duration,
    leaders: BTreeMap<UnitId, NodeId>,
    lives: u64,
    /// The newest life of each replica: a folder is open once.
    living: BTreeMap<NodeId, Life>,
    seed: u64,
}

impl ConsensusGround {
    /// All replicas of a scenario's world, started, their groups founded. Nothing is published yet. True time begins at
    /// `begins`, which lies before the scenario's own start.
    pub fn begin(scenario: &Scenario, region: Arc<Region>, begins: Timestamp) -> Self {
        let seed = scenario.seed;
        let units = region.units.iter().map(|unit| unit.unit).collect();
        let network = Network::new(units, scenario.world.links, &scenario.world.pairs, draw::stream(seed, "links"));
        let nodes = region.units.iter().flat_map(|unit| unit.nodes.iter().map(|node| (node.node, unit.unit)));
        let nodes: Vec<(NodeId, UnitId)> = nodes.collect();
        let voters = region.units.iter().flat_map(|unit| unit.nodes.iter().take(unit.voters));
        let voters: Vec<NodeId> = voters.map(|node| node.node).collect();
        let world = Shared::new(begins, network, nodes.iter().copied(), draw::stream(seed, "tasks"));
        voters.iter().for_each(|node| world.put_in_service(*node, true));
        let keeps_copies = scenario
            .steps
            .iter()
            .any(|step| matches!(&step.action, Action::Disk { fault: crate::scenario::DiskFault::RolledBack(_), .. }));
        let mut ground = Self {
            world: Arc::new(world),
            region,
            disks: nodes.iter().map(|(node, _)| (*node, SimDisk::new(incarnation(*node, Duration::ZERO)))).collect(),
            copies: BTreeMap::new(),
            keeps_copies,
            last_copy: Duration::ZERO,
            leaders: BTreeMap::new(),
            lives: 0,
            living: BTreeMap::new(),
            seed,
        };
        for node in voters {
            ground.start(node);
        }
        ground
    }

    /// Starts a replica on what its disk holds. It is its group's founder where the group has no members yet.
    fn start(&mut self, node: NodeId) {
        let (Some(identity), Some(keys)) = (self.region.identity(node), self.region.keys(node)) else { return };
        let me = Peer { unit: identity.unit, generation: identity.generation, node };
        let founders = self.founders(me.unit);
        if self.living.get(&node).is_some_and(Life::goes_on) {
            return;
        }
        let life = Life::default();
        self.living.insert(node, life.clone());
        self.lives += 1;
        let disk = self.disk_of(node);
        // A life that stopped by itself leaves what no sync kept behind.
        disk.crash(0);
        let hooks = faults::hooks(&self.world, me, &disk, &life);
        let (log, rows) = disk.open(me.unit, me.generation, hooks);
        let world = Arc::clone(&self.world);
        let parts = Parts::<SimWorld> {
            identity,
            keys,
            directory: Arc::clone(&self.region.directory),
            divisions: Arc::clone(&self.region.tree),
            consensus: Config { incarnation: disk.incarnation(), ..Config::new(me.unit, node) },
            log,
            rows,
            links: SimLinks { me, life: life.clone(), world: Arc::clone(&world) },
            blobs: Arc::new(()),
            clock: SimClock { node, world: Arc::clone(&world) },
            entropy: draw::Draw::new(self.seed, &format!("entropy of node {node} life {}", self.lives)),
            mirrors: unit::mirrors::Mirrors::default(),
            heads_every: std::time::Duration::from_millis(super::HEADS_EVERY_MILLIS.unsigned_abs()),
        };
        life.spawn(disk.keep_synced());
        let own = life.clone();
        life.spawn(async move {
            let stopped = match Host::start(parts).await {
                Err(fault) => fault.to_string(),
                Ok(host) => {
                    world.set_host(node, Some((host.clone(), own.clone())));
                    world.tell(What::Up { node, unit: me.unit });
                    // Every voter names the same members: whoever comes first founds, for the others nothing happens. A machine
                    // that is added waits for its unit's leader.
                    let founded = if founders.contains(&node) { host.found(founders).await } else { Ok(()) };
                    match founded {
                        Err(fault) => fault.to_string(),
                        Ok(()) => host.stopped().await.to_string(),
                    }
                }
            };
            world.set_host(node, None);
            world.tell(What::Stopped { node, unit: me.unit, why: stopped });
            own.end();
        });
    }

    /// The unit's machines: those that were there from the beginning, and spares that a step has started; without those that were
    /// switched off once their vote was taken from them.
    fn nodes_of(&self, unit: UnitId) -> Vec<NodeId> {
        let all = self.listed(unit).into_iter();
        all.filter(|node| self.world.is_in_service(*node)).collect()
    }

    /// All machines that the directory lists in the unit: what steps number.
    fn listed(&self, unit: UnitId) -> Vec<NodeId> {
        let found = self.region.units.iter().find(|known| known.unit == unit);
        found.map(|unit| unit.nodes.iter().map(|node| node.node).collect()).unwrap_or_default()
    }

    /// Who votes from the beginning.
    fn founders(&self, unit: UnitId) -> BTreeSet<NodeId> {
        let found = self.region.units.iter().find(|known| known.unit == unit);
        found.map(|unit| unit.nodes.iter().take(unit.voters).map(|node| node.node).collect()).unwrap_or_default()
    }

    /// The replicas that a step means, as things stand now.
    fn chosen(&self, choice: NodeChoice) -> Vec<NodeId> {
        match choice {
            NodeChoice::All(unit) => self.nodes_of(unit),
            NodeChoice::Everyone => self.disks.keys().copied().filter(|node| self.world.is_in_service(*node)).collect(),
            NodeChoice::Nth(unit, nth) => {
                self.listed(unit).get(usize::from(nth).wrapping_sub(1)).copied().into_iter().collect()
            }
            NodeChoice::Leader(unit) => {
                let nodes = self.nodes_of(unit);
                let leads = nodes.iter().copied().find(|node| self.leads(*node));
                // Nobody leads at the moment: the one that did last, or the first.
                leads.or_else(|| self.leaders.get(&unit).copied()).or(nodes.first().copied()).into_iter().collect()
            }
        }
    }

    fn leads(&self, node: NodeId) -> bool {
        let Some((host, _)) = self.world.host(node) else { return false };
        host.group_status().is_ok_and(|status| status.role == Role::Leader)
    }

    fn look_who_leads(&mut self) {
        for unit in self.region.units.iter().map(|unit| unit.unit).collect::<Vec<_>>() {
            let leads = self.nodes_of(unit).into_iter().find(|node| self.leads(*node));
            if let Some(node) = leads
                && self.leaders.insert(unit, node) != Some(node)
            {
                self.world.tell(What::Leads { node, unit });
            }
        }
    }

    fn disk_of(&mut self, node: NodeId) -> SimDisk {
        self.disks.entry(node).or_insert_with(|| SimDisk::new(incarnation(node, Duration::ZERO))).clone()
    }

    fn copy_folders(&mut self) {
        let lived = self.world.lived();
        if !self.keeps_copies || lived.saturating_sub(self.last_copy) < COPY_EVERY {
            return;
        }
        self.last_copy = lived;
        for (node, disk) in &self.disks {
            let copies = self.copies.entry(*node).or_default();
            if copies.len() == MOST_COPIES {
                copies.pop_front();
            }
            copies.push_back((lived, disk.copy()));
        }
    }

    /// Ends a replica without warning.
    fn crash(&mut self, step: usize, node: NodeId, kept_percent: u8, kind: FaultKind) {
        let Some((_, life)) = self.world.host(node) else { return };
        let disk = self.disk_of(node);
        faults::crash(&self.world, step, node, &disk, &life, kept_percent, kind);
    }
}

impl Ground for ConsensusGround {
    fn fidelity(&self) -> Fidelity {
        Fidelity::Consensus
    }

    fn now(&self) -> Timestamp {
        self.world.now()
    }

    async fn pass_to(&mut self, until: Timestamp) {
        loop {
            self.look_who_leads();
            self.copy_folders();
            let left = until.0 - self.world.now().0;
            if left <= 0 {
                return;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            tokio::time::sleep(left.min(LOOK)).await;
        }
    }

    fn act(&mut self, ticket: Ticket, at: UnitId, request: Request) {
        let nodes = self.nodes_of(at);
        let turn = usize::try_from(ticket.0).unwrap_or(0);
        // People go to any of the unit's machines that answers.
        let running = (0..nodes.len()).filter_map(|n| self.world.host(nodes[(turn + n) % nodes.len()]));
        let running = running.into_iter().find(|(_, life)| !life.is_still());
        let world = Arc::clone(&self.world);
        let unknown = move || NotDone::from(Unavailable::Deadline { unit: at, millis: PATIENCE.as_millis() as u64 });
        let Some((host, life)) = running else {
            self.world.spawn(async move {
                tokio::time::sleep(Duration::from_millis(500)).await;
                world.tell(What::Answered { ticket, answer: Err(Unavailable::NoLeader { unit: at }.into()) });
            });
            return;
        };
        let (to, answered) = futures::channel::oneshot::channel();
        life.spawn(async move {
            let answer = host.submit(request).await;
            let _gone = to.send(answer);
        });
        self.world.spawn(async move {
            let answer = match tokio::time::timeout(PATIENCE, answered).await {
                Ok(Ok(answer)) => answer.map_err(Into::into),
                // The machine ended or stands still: whether it was done is unknown.
                Ok(Err(_)) | Err(_) => Err(unknown()),
            };
            world.tell(What::Answered { ticket, answer });
        });
    }

    fn inflict(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        self.inflict_here(step, action)
    }

    fn disarm(&mut self) -> Vec<usize> {
        std::mem::take(&mut *lock(&self.world.traps)).into_iter().map(|trap| trap.step).collect()
    }

    fn events(&mut self) -> Vec<Event> {
        self.world.take_events()
    }

    fn recorded(&mut self) -> Vec<Recorded> {
        let mut recorded = Vec::new();
        for (node, disk) in &self.disks {
            let Some(unit) = self.world.unit_of(*node) else { continue };
            let generation = Generation::FIRST;
            let nobody: (disk::OnCommit, disk::OnInstall) = (Arc::new(|_| ()), Arc::new(|| ()));
            let (log, rows) = disk.open(unit, generation, nobody);
            let read = consensus::read_log(&log, &rows).and_then(|commands| {
                let whole = commands.is_whole();
                let payloads: Result<Vec<_>, _> = commands.map(|c| c.map(|c| c.payload)).collect();
                use protocol::seam::GroupRows as _;
                let state = protocol::machine::state_hash(&rows.snapshot()?)?;
                Ok((whole, payloads?, state))
            });
            // A disk that cannot be read any more records nothing.
            if let Ok((true, payloads, state)) = read {
                recorded.push(Recorded { unit, generation, node: *node, payloads, state });
            }
        }
        recorded
    }
}

impl Drop for ConsensusGround {
    fn drop(&mut self) {
        lock(&self.world.traps).clear();
        self.world.end();
    }
}
