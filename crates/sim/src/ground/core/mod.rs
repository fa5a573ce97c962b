//! The least real ground: rules and leader duties of every unit over one perfect log each, mail between them over simulated
//! links, one queue of events in virtual time.
//!
//! What a unit does is production's: `unit` and `domain` through `protocol::machine`, real sealed envelopes, real admission. What
//! is not here: elections, followers, disks. A unit that crashes is deaf until it is started again and loses its leader's memory
//! alone. Time costs nothing while nothing happens: a cut stream is woken when the link is joined, not tried every few seconds.
//!
//! The order of everything follows from the seed: no runtime, no threads, no hash maps.

mod cell;
mod faults;
mod links;
mod mail;
mod mirror;
mod null;
mod prefecture;
mod promote;
mod rows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use domain::command::Outcome;
use domain::ids::{NodeId, UnitId};
use domain::store::StoreFault;
use domain::time::Timestamp;
use protocol::crypto::{Crypto, Standard};
use protocol::mail_exchange::MailReply;
use protocol::seam::Peer;
use unit::clock::Reading;
use unit::outbox::Delivered;
use unit::{Answer, AskFault, MatterIndexes, Question, Request, SubmitFault, Unavailable};

use crate::ground::draw::Draw;
use crate::ground::region::{Region, RegionFault};
use crate::ground::{Event, Ground, NotHere, Recorded, Ticket, What};
use crate::scenario::{Action, FaultKind, Fidelity, Scenario, World};

pub use prefecture::{Options, PrefectureFault, Suite, Summary, prefecture};

use cell::{Cell, Common};
use links::Links;
use mail::{Book, Held};

/// As `host` waits for an act to be applied.
const SUBMIT_MILLIS: u64 = 10_000;
/// Five thousand villages with a few cases a day each tell of them once a day: more often would be most of what their counties do.
const PREFECTURE_HEADS_EVERY_MILLIS: i64 = 24 * 3_600_000;
/// As voters wait before they elect another leader, and the election itself.
const ELECTION_MILLIS: i64 = 1_000;

/// A region over perfect logs.
pub struct CoreGround {
    world: World,
    seed: u64,
    region: Region,
    /// Nodes of former lives: where one still runs, and which do not.
    formers: BTreeMap<NodeId, Option<usize>>,
    common: Common,
    places: Vec<Place>,
    by_unit: BTreeMap<UnitId, usize>,
    links: Links,
    book: Book,
    held: Vec<Held>,
    draw: Draw,
    now: Timestamp,
    queue: BTreeMap<(Timestamp, u64), Todo>,
    queued: u64,
    /// Units at which something happened in this moment.
    ready: VecDeque<usize>,
    events: Vec<Event>,
    /// Whether any clock was ever set, or any machine started again: until then no clock is compared.
    compares_clocks: bool,
}

/// A unit and how it is.
struct Place {
    cell: Cell,
    /// Counts its crashes: what was sent in a former life is answered to nobody.
    life: u32,
    is_up: bool,
    paused_until: Option<Timestamp>,
    is_ready: bool,
    wakes_at: Option<Timestamp>,
    /// Counts changes of its clock, so that an old strobe ends.
    clock_turn: u32,
    has_told_stop: bool,
}

/// Something that will happen.
enum Todo {
    Act {
        ticket: Ticket,
        at: usize,
        request: Box<Request>,
    },
    Arrive(mail::Arriving),
    Delivered {
        at: usize,
        life: u32,
        peer: UnitId,
        delivered: Delivered,
    },
    Wake {
        at: usize,
    },
    Resume {
        at: usize,
    },
    Elected {
        at: usize,
        life: u32,
    },
    /// Links may be joined: streams that were held go on.
    Release,
    /// The directory in force reaches a unit.
    Directory {
        at: usize,
    },
    Strobe {
        at: usize,
        turn: u32,
        strobe: faults::Strobe,
    },
}

impl CoreGround {
    /// The region of a scenario, every unit founded; its catalogue is published by acts at the city.
    ///
    /// # Errors
    /// [`RegionFault`] for a world that is none.
    pub fn new(scenario: &Scenario) -> Result<Self, RegionFault> {
        Self::with(&scenario.world, scenario.seed, scenario.start, Arc::new(Standard), true)
    }

    /// As [`Self::new`], but true time begins at a moment before the scenario's start.
    ///
    /// # Errors
    /// [`RegionFault`] for a world that is none.
    pub fn begin(scenario: &Scenario, begins: Timestamp) -> Result<Self, RegionFault> {
        let mut ground = Self::with(&scenario.world, scenario.seed, begins, Arc::new(Standard), true)?;
        ground.expect_losses(scenario.steps.iter().filter_map(|step| match step.action {
            Action::Promote { unit, lag, .. } => Some((unit, lag)),
            _ => None,
        }));
        Ok(ground)
    }

    /// As [`Self::new`] with a way to seal and sign, telling what is applied or not.
    pub(crate) fn with(
        world: &World,
        seed: u64,
        start: Timestamp,
        crypto: Arc<dyn Crypto>,
        tells: bool,
    ) -> Result<Self, RegionFault> {
        let region = Region::of(world, seed)?;
        let (directory, tree) = (Arc::clone(&region.directory), Arc::clone(&region.tree));
        let heads_every_millis = match tells {
            true => crate::ground::HEADS_EVERY_MILLIS,
            false => PREFECTURE_HEADS_EVERY_MILLIS,
        };
        let slices = Default::default();
        let applied = BTreeMap::new();
        let indexes = MatterIndexes::default();
        let common = Common { directory, tree, crypto, slices, heads_every_millis, indexes, tells, applied };
        let mut ground = Self {
            links: Links::new(world, Draw::new(seed, "links")),
            world: world.clone(),
            seed,
            region,
            formers: BTreeMap::new(),
            common,
            places: Vec::new(),
            by_unit: BTreeMap::new(),
            book: Book::new(tells),
            held: Vec::new(),
            draw: Draw::new(seed, "faults"),
            now: start,
            queue: BTreeMap::new(),
            queued: 0,
            ready: VecDeque::new(),
            events: Vec::new(),
            compares_clocks: false,
        };
        for unit in &ground.region.units {
            let Some(node) = unit.nodes.first().map(|node| node.node) else { continue };
            let (Some(identity), Some(keys)) = (ground.region.identity(node), ground.region.keys(node)) else {
                continue;
            };
            ground.by_unit.insert(unit.unit, ground.places.len());
            let draw = Draw::new(seed, &format!("node {node}"));
            ground.places.push(Place::new(Cell::new(identity, keys, draw)));
        }
        for at in 0..ground.places.len() {
            ground.tell_up(at);
            let place = &mut ground.places[at];
            place.cell.found(&mut ground.common, start);
            ground.settle(at);
        }
        Ok(ground)
    }

    /// Answers a question at a unit, from all that it has applied; `None` for a unit that is none of the region.
    pub fn ask(&self, unit: UnitId, question: &Question) -> Option<Result<Answer, AskFault>> {
        let place = self.places.get(*self.by_unit.get(&unit)?)?;
        Some(place.cell.ask(&self.common, self.now, question))
    }

    /// Lets time pass up to a moment.
    pub(crate) fn pass(&mut self, until: Timestamp) {
        self.settle_ready();
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((at, _), todo) = entry.remove_entry();
            self.now = self.now.max(at);
            self.handle(todo);
            self.settle_ready();
        }
        self.now = self.now.max(until);
    }

    fn handle(&mut self, todo: Todo) {
        match todo {
            Todo::Act { ticket, at, request } => self.submit(ticket, at, request),
            Todo::Arrive(arriving) => self.arrive(arriving),
            Todo::Delivered { at, life, peer, delivered } => {
                let place = &mut self.places[at];
                if place.life == life && place.is_up {
                    match place.paused_until {
                        // Its process gets the answer when it goes on.
                        Some(until) => self.later(until, Todo::Delivered { at, life, peer, delivered }),
                        None => {
                            let refused = match &delivered {
                                Delivered::Replied(MailReply::Refused { .. }) => true,
                                Delivered::Replied(MailReply::Stated(signed)) => signed.statement.refused.is_some(),
                                _ => false,
                            };
                            if refused && self.formers.values().any(|former| *former == Some(at)) {
                                // Who is not believed any more looks into the directory, and finds out why.
                                place.cell.directory = None;
                            }
                            place.cell.delivered(&mut self.common, self.now, peer, delivered);
                            self.is_ready(at);
                        }
                    }
                }
            }
            Todo::Wake { at } => {
                // An earlier wake-up, or none, may have been set since.
                if self.places[at].wakes_at.is_some_and(|wakes| wakes <= self.now) {
                    self.places[at].wakes_at = None;
                    self.is_ready(at);
                }
            }
            Todo::Resume { at } => {
                if self.places[at].paused_until.is_some_and(|until| until <= self.now) {
                    self.places[at].paused_until = None;
                    self.is_ready(at);
                    self.release();
                }
            }
            Todo::Elected { at, life } => {
                if self.places[at].life == life {
                    self.restart(at);
                }
            }
            Todo::Release => self.release(),
            Todo::Directory { at } => self.tell_directory(at),
            Todo::Strobe { at, turn, strobe } => self.strobe(at, turn, strobe),
        }
    }

    fn later(&mut self, at: Timestamp, todo: Todo) {
        self.queued += 1;
        self.queue.insert((at, self.queued), todo);
    }

    fn is_ready(&mut self, at: usize) {
        if !std::mem::replace(&mut self.places[at].is_ready, true) {
            self.ready.push_back(at);
        }
    }

    fn settle_ready(&mut self) {
        while let Some(at) = self.ready.pop_front() {
            self.places[at].is_ready = false;
            self.settle(at);
        }
    }

    /// Whether these are the old machines of a unit that goes on elsewhere.
    fn is_former(&self, at: usize) -> bool {
        self.formers.values().any(|former| *former == Some(at))
    }

    /// Whether a unit takes anything now.
    fn hears(&self, at: usize) -> bool {
        let place = &self.places[at];
        place.is_up && place.paused_until.is_none() && place.cell.stopped.is_none()
    }

    /// Does what a unit's leader owes, until nothing is owed now.
    fn settle(&mut self, at: usize) {
        loop {
            self.tell_applied(at);
            if let Some((moment, step)) = self.places[at].cell.crashing {
                let how = format!("{} ended at {moment:?}", self.alias(at));
                self.crash(at);
                self.tell_fault(Some(step), FaultKind::CrashAtMoment, how);
            }
            if !self.hears(at) {
                return;
            }
            self.compare_clock(at);
            match self.places[at].cell.duties(&mut self.common, self.now) {
                Ok((has_done, deliveries)) => {
                    for delivery in deliveries {
                        self.deliver(at, delivery);
                    }
                    if !has_done && self.places[at].cell.crashing.is_none() {
                        break;
                    }
                }
                Err(fault) => self.stop(at, &fault),
            }
        }
        self.tell_applied(at);
        self.wake_when_due(at);
    }

    fn wake_when_due(&mut self, at: usize) {
        let place = &mut self.places[at];
        let Some(due) = place.cell.next_due(&self.common, self.now) else {
            place.wakes_at = None;
            return;
        };
        // What is due already and was not done waits for something else to happen: an answer, a command.
        let due = due.plus_millis(-place.cell.clock_ahead);
        if due <= self.now || place.wakes_at == Some(due) {
            return;
        }
        place.wakes_at = Some(due);
        self.later(due, Todo::Wake { at });
    }

    fn submit(&mut self, ticket: Ticket, at: usize, request: Box<Request>) {
        let unit = self.places[at].cell.identity.unit;
        if !self.places[at].is_up {
            let answer = Err(Unavailable::NoLeader { unit }.into());
            return self.tell(What::Answered { ticket, answer });
        }
        if let Some(until) = self.places[at].paused_until {
            if until.0 - self.now.0 < SUBMIT_MILLIS as i64 {
                return self.later(until, Todo::Act { ticket, at, request });
            }
            let answer = Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }.into());
            return self.tell(What::Answered { ticket, answer });
        }
        self.compare_clock(at);
        let place = &mut self.places[at];
        let answered = place.cell.submit(&mut self.common, self.now, &request);
        self.tell_applied(at);
        let answer = answered.unwrap_or(Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }.into()));
        self.tell(What::Answered { ticket, answer: answer.map_err(Into::into) });
        self.is_ready(at);
    }

    /// Does an act in this moment and gives its answer at once.
    fn act_now(&mut self, at: usize, request: &Request) -> Result<Outcome, SubmitFault> {
        let place = &mut self.places[at];
        let unit = place.cell.identity.unit;
        let answered = place.cell.submit(&mut self.common, self.now, request);
        self.settle(at);
        answered.unwrap_or(Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }.into()))
    }

    /// Compares a unit's clock with that of the unit above, as `host` does with all of its witnesses.
    fn compare_clock(&mut self, at: usize) {
        if !self.compares_clocks {
            return;
        }
        let own = &self.places[at].cell;
        let unit = own.identity.unit;
        let above = self.common.directory.parent(unit).map(|parent| parent.unit);
        let above = above.filter(|above| {
            let cut = |from, to| self.links.blocked(from, to, self.now).is_some();
            !cut(unit, *above) && !cut(*above, unit)
        });
        let witness = above.and_then(|above| self.by_unit.get(&above)).filter(|above| self.hears(**above));
        let readings = witness.map(|above| {
            let above = &self.places[*above].cell;
            let ahead_millis = above.clock_ahead - own.clock_ahead;
            Reading { node: above.identity.node, ahead_millis, standing: above.watch.standing(), is_own: false }
        });
        let was_doubted = own.watch.doubt().is_some();
        let watch = &mut self.places[at].cell.watch;
        watch.compared(readings.as_slice(), 1, self.now.0);
        if was_doubted && watch.doubt().is_none() {
            // It is a witness for those below again.
            self.everyone_is_ready();
        }
    }

    fn stop(&mut self, at: usize, fault: &StoreFault) {
        self.places[at].cell.stopped.get_or_insert(fault.to_string());
        self.tell_applied(at);
    }

    fn alias(&self, at: usize) -> String {
        self.world.alias(self.places[at].cell.identity.unit)
    }

    fn tell(&mut self, what: What) {
        self.events.push(Event { at: self.now, what });
    }

    fn tell_fault(&mut self, step: Option<usize>, kind: FaultKind, how: String) {
        if self.common.tells {
            self.tell(What::Fault { step, kind, how });
        }
    }

    fn tell_up(&mut self, at: usize) {
        if self.common.tells {
            let Peer { node, unit, .. } = self.places[at].cell.peer();
            self.tell(What::Up { node, unit });
            self.tell(What::Leads { node, unit });
        }
    }

    fn tell_applied(&mut self, at: usize) {
        let Peer { node, unit, generation } = self.places[at].cell.peer();
        for writes in self.places[at].cell.take_applied() {
            self.tell(What::Applied { unit, generation, node, writes });
        }
        let place = &mut self.places[at];
        if let Some(why) = place.cell.stopped.clone().filter(|_| !place.has_told_stop) {
            place.has_told_stop = true;
            self.tell(What::Stopped { node, unit, why });
        }
    }
}

impl Ground for CoreGround {
    fn fidelity(&self) -> Fidelity {
        Fidelity::Core
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    async fn pass_to(&mut self, until: Timestamp) {
        self.pass(until);
    }

    fn act(&mut self, ticket: Ticket, at: UnitId, request: Request) {
        match self.by_unit.get(&at).copied() {
            Some(at) => self.later(self.now, Todo::Act { ticket, at, request: Box::new(request) }),
            None => self.tell(What::Answered { ticket, answer: Err(Unavailable::NoLeader { unit: at }.into()) }),
        }
    }

    fn inflict(&mut self, step: usize, action: &Action) -> Result<(), NotHere> {
        self.bring_about(step, action)
    }

    fn disarm(&mut self) -> Vec<usize> {
        let steps = self.places.iter_mut().flat_map(|place| std::mem::take(&mut place.cell.crash_at).into_values());
        steps.collect::<BTreeSet<usize>>().into_iter().collect()
    }

    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn recorded(&mut self) -> Vec<Recorded> {
        let up = self.places.iter().filter(|place| place.is_up);
        let recorded = up.map(|place| {
            let Peer { unit, generation, node } = place.cell.peer();
            let (payloads, state) = (place.cell.payloads.clone(), place.cell.state_hash());
            Recorded { unit, generation, node, payloads, state }
        });
        recorded.collect()
    }
}
