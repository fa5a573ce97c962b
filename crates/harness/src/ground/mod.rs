//! Real nodes as a ground of scenarios (`sim::ground::Ground`): processes in a network of their own, or containers of the shipped
//! image. Acts go over HTTP, faults are real ones, and what the replicas write is read from their folders, so that the same
//! observer and the same invariants judge it.
//!
//! Time is real. Where every wall clock can be set from outside (`crate::clocks`) the quiet between two steps is made short:
//! while nothing happens, the clocks of all nodes leap on together, a little at a time.

mod disks;
mod faults;
mod firewall;
mod hostile;
mod hurry;
mod lines;
mod logs;
mod people;
mod proofs;
mod relay;
mod run;
mod status;
mod traps;
mod voters;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use consensus::read_log;
use domain::ids::{Generation, NodeId, UnitId};
use domain::time::Timestamp;
use protocol::directory::Directory;
use protocol::machine::state_hash;
use protocol::seam::GroupRows as _;
use sim::ground::network::{End, Network};
use sim::ground::{Event, Ground, NotHere, Recorded, Ticket, What};
use sim::scenario::{Action, FaultKind, Fidelity, NodeChoice, Scenario};
use store::StoreView;
use tokio::time::{Instant, sleep};
use transport::authority::Authority;
use unit::Request;

use crate::clocks::Clocks;
use crate::region::Region;
use disks::Disks;
use faults::Later;
use lines::Lines;
use logs::Logs;
use people::People;
use proofs::Unproven;
use status::Statuses;
use traps::Traps;

pub use relay::{HostileRelay, Trick};
pub use run::play;

/// Between two looks at the nodes.
const LOOK: Duration = Duration::from_millis(40);
/// While time is hurried: so much of it passes in so long a real time.
const LEAP_MILLIS: i64 = 250;
const LEAP_TAKES: Duration = Duration::from_millis(10);
/// A node as the run knows it.
struct Place {
    unit: UnitId,
    /// One of the unit's machines now: not a spare that no step has started, nor one that was switched off for good.
    in_service: bool,
    runs: bool,
    stands_still: bool,
    /// Whether it has answered since it was started.
    answered: bool,
    /// Why its group has stopped, as it said.
    stopped: Option<String>,
    /// By how much its wall clock is wrong.
    off_millis: i64,
    /// It has ended, and what it wrote last was not read yet. Only where it is its unit's one voter: what it synced is then
    /// committed, whether it lived to say so or not.
    left_behind: bool,
    /// A state that contradicts its log, as it was first said.
    contradicts: Option<(u64, String, Instant)>,
}

/// A region of real nodes. Lives inside [`play`].
pub struct RealGround {
    fidelity: Fidelity,
    region: Region,
    places: BTreeMap<NodeId, Place>,
    /// Who may carry for whom.
    directory: Directory,
    statuses: Statuses,
    logs: Logs,
    people: People,
    clocks: Option<Clocks>,
    /// What is added to the machine's clock to have true time.
    shift_millis: i64,
    /// Which links are cut, and how good the others are.
    links: Network,
    /// Open once a step wanted a line that is bad in more than loss.
    lines: Option<Lines>,
    /// Nodes whose folder was changed since they last ran.
    emptied: BTreeSet<NodeId>,
    unproven: Vec<Unproven>,
    later: BTreeMap<(Timestamp, u64), Later>,
    numbered: u64,
    /// Until when faults hold that last for a time.
    lasting: Timestamp,
    events: Vec<Event>,
    leaders: BTreeMap<UnitId, NodeId>,
    busy: Instant,
    /// When the days last went on by a step.
    advanced: Option<Instant>,
    mail: tokio::sync::mpsc::UnboundedReceiver<hostile::Brought>,
    brings: tokio::sync::mpsc::UnboundedSender<hostile::Brought>,
    changed: tokio::sync::mpsc::UnboundedReceiver<voters::Changed>,
    changes: tokio::sync::mpsc::UnboundedSender<voters::Changed>,
    /// Changes of voters that are asked for and not answered yet.
    changing: usize,
    seed: u64,
    disks: Disks,
    traps: Traps,
}

impl RealGround {
    /// Over a region whose nodes run. True time is the machine's, shifted.
    fn begin(
        scenario: &Scenario,
        fidelity: Fidelity,
        (region, disks, spares): (Region, Disks, &[u64]),
        clocks: Option<Clocks>,
        shift_millis: i64,
    ) -> Result<Self> {
        let place = |node: &crate::Node| {
            let unit: UnitId = node.unit.parse().context("a unit's code")?;
            let runs = !spares.contains(&node.number);
            let (stands_still, answered, left_behind) = (false, false, false);
            let place = Place {
                unit,
                in_service: runs,
                runs,
                stands_still,
                answered,
                stopped: None,
                off_millis: 0,
                left_behind,
                contradicts: None,
            };
            Ok((NodeId(node.number), place))
        };
        let places: BTreeMap<NodeId, Place> = region.nodes.iter().map(place).collect::<Result<_>>()?;
        let statuses = Statuses::of(places.keys().copied());
        let mut logs = Logs::default();
        for node in &region.nodes {
            let unit = places[&NodeId(node.number)].unit;
            logs.add(unit, NodeId(node.number), node.folder.join("data"), node.folder.join("followed"));
            if places[&NodeId(node.number)].runs {
                statuses.starts(NodeId(node.number), node.url("/v1/status"), node.staff());
            }
        }
        let authority = Authority::open(&region.folder().context("the region's folder")?)?;
        let directory = authority.directory().clone().verify(&authority.public_key())?;
        let units = scenario.world.units.iter().map(|unit| unit.unit).collect();
        let draws = sim::ground::draw::stream(scenario.seed, "links");
        let (brings, mail) = tokio::sync::mpsc::unbounded_channel();
        let (changes, changed) = tokio::sync::mpsc::unbounded_channel();
        let mut ground = Self {
            fidelity,
            disks,
            region,
            places,
            directory,
            statuses,
            logs,
            people: People::new(),
            clocks,
            shift_millis,
            links: Network::new(units, scenario.world.links, &scenario.world.pairs, draws),
            lines: None,
            emptied: BTreeSet::new(),
            unproven: vec![],
            later: BTreeMap::new(),
            numbered: 0,
            lasting: Timestamp(i64::MIN),
            events: vec![],
            leaders: BTreeMap::new(),
            busy: Instant::now(),
            advanced: None,
            mail,
            brings,
            changed,
            changes,
            changing: 0,
            seed: scenario.seed,
            traps: Traps::default(),
        };
        ground.links_of_the_world(&scenario.world).context("the links that the world begins with")?;
        ground.plan_copies(scenario);
        Ok(ground)
    }

    fn tell(&mut self, what: What) {
        let at = self.now();
        self.events.push(Event { at, what });
    }

    fn fault(&mut self, step: impl Into<Option<usize>>, kind: FaultKind, how: impl Into<String>) {
        self.tell(What::Fault { step: step.into(), kind, how: how.into() });
    }

    fn later(&mut self, at: Timestamp, what: Later) {
        self.numbered += 1;
        self.later.insert((at, self.numbered), what);
    }

    fn nodes_of(&self, unit: UnitId) -> Vec<NodeId> {
        let there = |place: &Place| place.unit == unit && place.in_service;
        self.places.iter().filter(|(_, place)| there(place)).map(|(node, _)| *node).collect()
    }

    /// All machines that the directory lists in the unit: what steps number.
    fn listed(&self, unit: UnitId) -> Vec<NodeId> {
        self.places.iter().filter(|(_, place)| place.unit == unit).map(|(node, _)| *node).collect()
    }

    fn node(&mut self, number: NodeId) -> Option<&mut crate::Node> {
        self.region.nodes.iter_mut().find(|node| node.number == number.0)
    }

    /// The replicas that a step means, as things stand now.
    fn chosen(&self, choice: NodeChoice) -> Vec<NodeId> {
        match choice {
            NodeChoice::All(unit) => self.nodes_of(unit),
            NodeChoice::Everyone => {
                self.places.iter().filter(|(_, place)| place.in_service).map(|(node, _)| *node).collect()
            }
            NodeChoice::Nth(unit, nth) => {
                self.listed(unit).get(usize::from(nth).wrapping_sub(1)).copied().into_iter().collect()
            }
            NodeChoice::Leader(unit) => {
                let nodes = self.nodes_of(unit);
                self.leaders.get(&unit).copied().or(nodes.first().copied()).into_iter().collect()
            }
        }
    }

    /// One look at everything: nodes, logs, answers, lost packets.
    fn look(&mut self) -> Result<()> {
        self.look_at_nodes();
        let (statuses, places) = (&self.statuses, &self.places);
        let shown = self.logs.look(|node| match places[&node].left_behind {
            true => Some(u64::MAX),
            false => statuses.of_node(node).map(|status| status.sequence),
        })?;
        for (node, place) in &mut self.places {
            // A disk that is gone is read when it is back, and the node with it.
            place.left_behind &= !self.logs.is_open(*node);
        }
        if !shown.is_empty() {
            self.busy = Instant::now();
        }
        for one in shown {
            let generation = Generation::FIRST;
            let writes = Arc::clone(&one.writes);
            self.tell(What::Applied { unit: one.unit, generation, node: one.node, writes });
            self.spring(&one)?;
        }
        self.compare_states();
        let now = self.now();
        for (ticket, answer) in self.people.told(&self.logs, now) {
            self.busy = Instant::now();
            self.tell(What::Answered { ticket, answer });
        }
        while let Ok((step, kind, how)) = self.mail.try_recv() {
            self.busy = Instant::now();
            self.fault(step, kind, how);
        }
        self.look_at_changes()?;
        self.look_at_syncs()?;
        self.look_at_links()
    }

    fn look_at_nodes(&mut self) {
        for node in self.places.keys().copied().collect::<Vec<_>>() {
            let unit = self.places[&node].unit;
            if self.fidelity == Fidelity::Process && self.places[&node].runs {
                let ended = self.node(node).is_none_or(|node| node.process().is_none());
                if ended {
                    let why = self.node(node).map(|node| last_words(&node.log())).unwrap_or_default();
                    self.has_ended(node);
                    self.tell(What::Stopped { node, unit, why });
                    self.tell(What::Down { node, unit });
                    continue;
                }
            }
            let Some(status) = self.statuses.of_node(node) else { continue };
            let place = self.places.get_mut(&node).expect("listed above");
            let first = !std::mem::replace(&mut place.answered, true);
            let stopped = status.stopped.clone().filter(|why| place.stopped.as_ref() != Some(why));
            if let Some(why) = &stopped {
                place.stopped = Some(why.clone());
            }
            if first {
                self.tell(What::Up { node, unit });
            }
            if let Some(why) = stopped {
                self.tell(What::Stopped { node, unit, why });
            }
            // A leader that stands still or was cut off believes in itself for a while: the last that says so anew is it.
            let fresh = status.heard.elapsed() < Duration::from_millis(500);
            let moves = !self.places[&node].stands_still;
            if status.leads && fresh && moves && self.leaders.get(&unit) != Some(&node) && self.is_followed(node) {
                self.leaders.insert(unit, node);
                self.tell(What::Leads { node, unit });
            }
        }
    }

    /// Whether a node that leads reaches a majority of its unit.
    fn is_followed(&self, node: NodeId) -> bool {
        let unit = self.places[&node].unit;
        let all = self.nodes_of(unit);
        let end = |node| End { node, unit };
        let reached = all.iter().filter(|other| {
            let place = &self.places[*other];
            place.runs && !place.stands_still && self.links.reaches(end(node), end(**other))
        });
        reached.count() * 2 > all.len()
    }

    /// What a node says of its state against what its log gives, replayed: I12, as the run goes on.
    ///
    /// Said twice: a node looks at its rows twice for one answer, and may apply a command in between.
    fn compare_states(&mut self) {
        for node in self.places.keys().copied().collect::<Vec<_>>() {
            let (Some(status), Some((shown, replayed))) = (self.statuses.of_node(node), self.logs.state(node)) else {
                continue;
            };
            if shown != status.sequence || shown == 0 || replayed == status.state {
                continue;
            }
            let place = self.places.get_mut(&node).expect("listed above");
            let said = (status.sequence, status.state, status.heard);
            let again = |known: &(u64, String, Instant)| (known.0, &known.1) == (said.0, &said.1) && known.2 != said.2;
            if !place.contradicts.as_ref().is_some_and(again) {
                place.contradicts = Some(said);
                continue;
            }
            if place.stopped.is_none() {
                let (unit, said) = (place.unit, said.1);
                let why = format!(
                    "broken promise I12: node {node} says that its state is {said} after command {shown}; its log gives {replayed}"
                );
                place.stopped = Some(why.clone());
                self.tell(What::Stopped { node, unit, why });
            }
        }
    }

    /// All wall clocks go on by so much in the same moment.
    fn leap(&mut self, millis: i64) -> Result<()> {
        self.shift_millis += millis;
        self.set_clocks(self.places.keys().copied().collect::<Vec<_>>())
    }

    fn set_clocks(&mut self, nodes: Vec<NodeId>) -> Result<()> {
        let Some(clocks) = &self.clocks else { return Ok(()) };
        for node in nodes {
            clocks.set(&node.to_string(), self.shift_millis + self.places[&node].off_millis)?;
        }
        Ok(())
    }
}

impl Drop for RealGround {
    /// Nodes end before their disks, and disks before the folder that they are mounted in.
    fn drop(&mut self) {
        for node in &mut self.region.nodes {
            if let Err(why) = node.kill() {
                eprintln!("node {} of {} is not ended: {why}", node.number, node.unit);
            }
        }
        self.traps = Traps::default();
        self.disks = Disks::default();
    }
}

/// What a node that ended had to say: its last line of alarm.
fn last_words(log: &str) -> String {
    let alarm = |line: &&str| line.contains("ERROR") || line.contains("error") || line.contains("WARN");
    log.lines().rfind(alarm).or(log.lines().last()).unwrap_or("it ended without a word").to_owned()
}

impl Ground for RealGround {
    fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    fn now(&self) -> Timestamp {
        machine_time().plus_millis(self.shift_millis)
    }

    async fn pass_to(&mut self, until: Timestamp) {
        loop {
            self.do_what_is_due();
            if let Err(why) = self.look() {
                panic!("the run cannot be watched any more: {why:?}");
            }
            let left = until.0 - self.now().0;
            if left <= 0 {
                return;
            }
            if self.may_hurry() {
                let next = self.later.first_key_value().map_or(left, |((at, _), _)| at.0 - self.now().0);
                // A long wait without anything to do in between is made shorter than many short ones.
                let leap = left.min(next).min(LEAP_MILLIS.max(left / 4));
                if let Err(why) = self.leap(leap.max(1)) {
                    panic!("the clocks cannot be set: {why:?}");
                }
                sleep(LEAP_TAKES).await;
            } else {
                sleep(LOOK.min(Duration::from_millis(left.unsigned_abs()))).await;
            }
        }
    }

    fn as_known_here(&self, at: UnitId, request: Request) -> Request {
        people::known(at, request)
    }

    fn act(&mut self, ticket: Ticket, at: UnitId, request: Request) {
        self.busy = Instant::now();
        let nodes = self.nodes_of(at);
        let turn = usize::try_from(ticket.0).unwrap_or(0);
        // People go to any of the unit's machines that answers, and from one that says that it has stopped to the next.
        let running = (0..nodes.len()).map(|n| nodes[(turn + n) % nodes.len()]);
        let running: Vec<NodeId> =
            running.filter(|node| self.places[node].runs && !self.places[node].stands_still).collect();
        let goes_on = running.iter().find(|node| self.places[node].stopped.is_none());
        let chosen = goes_on.or(running.first()).copied();
        let url = chosen.and_then(|node| self.node(node).map(|node| node.url("")));
        let now = self.now();
        if let Some((ticket, answer)) = self.people.ask(ticket, at, request, url, now) {
            self.tell(What::Answered { ticket, answer });
        }
    }

    fn inflict(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        let before = self.events.len();
        let done = self.inflict_here(step, action);
        // To start who runs already is nothing that anybody has to settle after.
        if !matches!(action, Action::Restart(_)) || self.events.len() > before {
            self.busy = Instant::now();
        }
        done
    }

    fn disarm(&mut self) -> Vec<usize> {
        self.disarm_traps()
    }

    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn recorded(&mut self) -> Vec<Recorded> {
        let mut recorded = Vec::new();
        for at in 0..self.region.nodes.len() {
            let number = NodeId(self.region.nodes[at].number);
            if !self.places[&number].runs {
                continue;
            }
            self.has_ended(number);
            let node = &mut self.region.nodes[at];
            let read = faults::wait(node.terminate()).and_then(|()| read_folder(node, self.places[&number].unit));
            match read {
                Ok(one) => recorded.extend(one),
                Err(why) => eprintln!("node {number}: nothing is recorded: {why:#}"),
            }
        }
        for (node, why) in self.logs.last_faults() {
            eprintln!("node {node}: its log was once not to be read: {why}");
        }
        recorded
    }
}

/// What a node that has ended keeps; `None` where the beginning of its log is gone.
fn read_folder(node: &crate::Node, unit: UnitId) -> Result<Option<Recorded>> {
    let generation = Generation::FIRST;
    let view = StoreView::open(&node.folder.join("data"))?;
    let (log, rows) = view.group(unit, generation)?.context("no such group in the folder")?;
    let commands = read_log(&log, &rows)?;
    if !commands.is_whole() {
        return Ok(None);
    }
    let payloads = commands.map(|command| Ok(command?.payload)).collect::<Result<_>>()?;
    let state = state_hash(&rows.snapshot()?)?;
    Ok(Some(Recorded { unit, generation, node: NodeId(node.number), payloads, state }))
}

/// The machine's clock.
fn machine_time() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "real nodes live in the machine's time: what it shows is true time, shifted"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
