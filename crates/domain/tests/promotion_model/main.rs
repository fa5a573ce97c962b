//! Model of promotion (protocol.md §2, §3, §5, §6) that runs the production functions of `domain::recovery` and
//! `domain::handoff::step`: one case, three units of which any may be lost and go on from its mirror, mail, former selves.
//!
//! What is abstracted, and why nothing is lost by it:
//! * A unit is its log; a crash is a pause, and a pause is an action that is not taken yet.
//! * Mail is first-in-first-out per stream (from, generation, to) and consumed: loss, delay and repetition are one choice, *when* the
//!   next one is delivered. It is deleted once every possible reader (unit, mirror, unfenced former self) is past it.
//! * A mirror follows at once until `Lag` cuts it; a promotion starts from the cut copy. Every run with a mirror that lags by any
//!   amount ends in such a copy, and what was acknowledged as mirrored is what this one had: exact.
//! * A former self may go on acting, and what it sent may still arrive, until a peer has fenced it. One that stands still is dead.
//! * The township has one voter: it sends only what its mirror has (protocol.md §5). The authorities have several.
//! * Content is a number that rises with each offer, and the units that its timeline names.
//! * Attempts within a block are bounded, so that the space ends.
//!
//! Not modelled: liveness, blobs, pins, timers, relays, forged mail.
//!
//! The mutants falsify what goes into or comes out of the production functions, or leave out what a command does with it. Each
//! names the invariant that catches it. Invariants are numbered as in docs/testing.md.

mod check;
mod mutants;
mod numbers;
mod properties;
mod world;

use domain::handoff::{Custody, Effect, Input, Move, Role, Step, StepFault};
use domain::ids::Generation;
use domain::recovery::block::ATTEMPTS_A_LIFE;
use domain::recovery::{Finding, Round, Source, Statement, Verdict};
use stateright::{Model, Property};

use mutants::Mutant;
use world::{
    Broken, CITY, COUNTY, Content, Cursor, Former, Log, Mail, Process, TOWNSHIP, UNITS, World, attempt_bit, bit,
    hash_of, place, unit,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Receive,
    Offer {
        by: Process,
        to: usize,
    },
    Abort(Process),
    Prepare(Process),
    Decline(Process),
    Deliver {
        from: Process,
        to: Process,
    },
    /// The unit's mirror is cut here.
    Lag(usize),
    Promote(usize),
    /// The unit is lost for good, and not promoted yet.
    Lose(usize),
    /// Two people declare a peer lost in a unit's round.
    DeclareLost {
        in_round_of: usize,
        peer: usize,
    },
}

#[derive(Clone, Copy, Debug)]
struct Promotion {
    mutant: Mutant,
    /// Who receives the case.
    receiver: usize,
    /// Within a block, higher attempts are not offered.
    last_offer: u32,
    /// Units that may be promoted, as bits, and how often in all.
    victims: u8,
    promotions: u8,
    /// Units of which one may be lost and declared so.
    losable: u8,
    /// Whom offers are made to.
    partners: u8,
    /// Whether a former self goes on acting; else it is dead, and only its mail is under way.
    former_acts: bool,
}

impl Promotion {
    /// One step of one log, carried out as the commands do. `None`: refused, and nothing changed.
    fn take_step(&self, world: &mut World, at: Process, input: Input, brought: Content) -> Option<()> {
        let log = world.log(at);
        let (before, held) = (log.custody, log.held);
        let Step { custody, send, effect } = match self.mutant.step(before, input) {
            Ok(step) => step,
            Err(StepFault::NotNow(_)) if !matches!(input, Input::Heard { .. }) => return None,
            Err(_) => {
                // A former self that hears what its next life did keeps it as evidence.
                if let Process::Now(_) = at {
                    world.broken = Some(Broken::Contradiction);
                }
                return Some(());
            }
        };
        let (attempt_before, attempt) = (log.attempt(), custody.map(|custody| custody.attempt).unwrap_or_default());
        let outcome = matches!(effect, Effect::Took | Effect::Regained);
        let repeated = effect == Effect::Froze && log.offers & attempt_bit(attempt) != 0;
        let risen = attempt >= attempt_before && !(outcome && attempt == attempt_before) && !repeated;
        if effect == Effect::Took {
            note_take(world, at, before);
        }
        let log = world.log_mut(at);
        let bits = attempt_bit(attempt_before);
        log.custody = custody;
        match effect {
            Effect::Froze => {
                let Input::Offer { to, .. } = input else { return None };
                log.offers |= bits;
                log.held = Content { version: held.version + 1, names: held.names | bit(log.unit) | bit(place(to)) };
            }
            Effect::Arrived => log.held = brought,
            Effect::Forgot => log.held = Content::default(),
            Effect::Took => {
                log.takes |= bits;
                log.held.names |= bit(log.unit);
            }
            Effect::Regained => log.aborts |= bits,
            Effect::Released => log.commits |= bits,
            Effect::Holding | Effect::Nothing => {}
        }
        if let Some((to, said)) = send {
            let content = if matches!(said, Move::Offer { .. }) { log.held } else { Content::default() };
            log.send(place(to), Mail::Word(said, content));
        }
        if !risen {
            world.broken = Some(Broken::NotRisen);
        }
        Some(())
    }

    /// One mail, already logged and counted by the cursor. `is_new`: the first of a generation that was not believed before.
    fn receive(&self, world: &mut World, at: Process, from: usize, mail: Mail, generation: Generation, is_new: bool) {
        match mail {
            Mail::Word(said, brought) => self.hear(world, at, from, said, brought),
            Mail::Fence => {
                let log = world.log_mut(at);
                let here = unit(log.unit);
                let fenced = self.mutant.fenced(log.round.as_mut(), here, unit(from), generation, is_new);
                if fenced.fence_again {
                    log.said[from] = None;
                    log.send(from, Mail::Fence);
                }
                if fenced.answer {
                    let (stated, content) = log.answer_to(from);
                    log.send(from, Mail::Answer(generation, stated, content));
                }
            }
            Mail::Answer(fence, stated, content) => {
                let log = world.log_mut(at);
                let known = log.attempt();
                let Some(round) = &mut log.round else { return };
                let inherits = round.inherits(unit(from), known, stated.attempt());
                if !self.mutant.answered(round, unit(from), fence) {
                    return;
                }
                log.inherited |= inherits;
                if log.inherited || self.mutant == Mutant::LiveCasesAreJudged {
                    log.said[from] = Some((stated, content));
                }
                self.end_round(world, at);
            }
        }
    }

    /// A word of a peer: about an inherited case it is logged and replaces what the peer stated; else the handoff goes on.
    fn hear(&self, world: &mut World, at: Process, from: usize, said: Move, brought: Content) {
        let log = world.log_mut(at);
        if let Some(round) = &log.round {
            log.inherited |= self.mutant.inherits(round, unit(from), log.attempt(), said.attempt());
            let judged = log.inherited || self.mutant == Mutant::LiveCasesAreJudged;
            if judged && self.mutant.replaces(round, unit(from)) {
                let (stated, content) = log.said[from].unwrap_or_default();
                let offered = matches!(said, Move::Offer { .. });
                let version = offered.then_some(domain::recovery::ContentVersion(u32::from(brought.version)));
                let content = if offered { brought } else { content };
                log.said[from] = Some((stated.after(unit(log.unit), said, version), content));
            }
            if log.inherited && self.mutant != Mutant::ActsOnInherited {
                return;
            }
        }
        let _ = self.take_step(world, at, Input::Heard { from: unit(from), said }, brought);
    }

    fn end_round(&self, world: &mut World, at: Process) {
        let log = world.log_mut(at);
        let Some(round) = &log.round else { return };
        if !self.mutant.is_over(round) {
            return;
        }
        let owed = round.owed.clone();
        log.round = None;
        let said = std::mem::take(&mut log.said);
        let judged = std::mem::take(&mut log.inherited) || self.mutant == Mutant::LiveCasesAreJudged;
        if judged {
            self.judge(world, at, said);
        }
        let log = world.log_mut(at);
        for (peer, generation) in owed {
            let (stated, content) = log.answer_to(place(peer));
            log.send(place(peer), Mail::Answer(generation, stated, content));
        }
    }

    /// The verdict on the case is carried out.
    fn judge(&self, world: &mut World, at: Process, said: [Option<(Statement, Content)>; 3]) {
        let log = world.log(at);
        let (here, own) = (log.unit, log.statement());
        let stated: Vec<_> =
            UNITS.into_iter().filter_map(|peer| said[peer].map(|(stated, _)| (unit(peer), stated))).collect();
        let Verdict { finding, custody, content, send } = self.mutant.verdict(unit(here), own, &stated);
        if let Finding::Taken { from } = finding {
            let giver = world.all().any(|process| {
                let giver = world.log(process);
                giver.unit == place(from) && giver.commits != 0
            });
            if !giver && !world.is_lost(place(from)) {
                world.broken = Some(Broken::TookEarly);
            }
        }
        let log = world.log_mut(at);
        for (to, said) in send {
            if let Move::Abort { attempt } = said {
                log.aborts |= attempt_bit(attempt);
            }
            log.send(place(to), Mail::Word(said, Content::default()));
        }
        match finding {
            Finding::Ours => {
                // An open offer of our own log ends too; a step of a former self that nobody heard of never was.
                if let Some(Custody { role: Role::Offering { .. }, attempt, .. }) = own.custody {
                    log.aborts |= attempt_bit(attempt);
                }
            }
            Finding::Taken { from } => {
                let stated = stated.iter().find(|(peer, _)| *peer == from).map(|(_, stated)| stated.attempt());
                log.takes |= stated.map_or(0, attempt_bit);
            }
            Finding::ContentLost => log.content_lost = true,
            Finding::Offered { .. } | Finding::CommitStands { .. } | Finding::Elsewhere { .. } | Finding::AsKnown => {}
        }
        if let Source::Of(peer) = content
            && let Some((_, content)) = said[place(peer)]
        {
            log.held = content;
        }
        if matches!(finding, Finding::Ours | Finding::Taken { .. }) {
            log.held.names |= bit(log.unit);
        }
        log.custody = custody;
    }

    fn sendable(&self, world: &World, from: Process, to: usize) -> u8 {
        match from {
            Process::Now(TOWNSHIP) if self.mutant != Mutant::SendsUnmirrored => {
                world.recoverable(TOWNSHIP).outbox[to].len() as u8
            }
            Process::Now(_) => u8::MAX,
            Process::Former(which) => world.former[which].sendable[to],
        }
    }

    fn deliver(&self, world: &mut World, from: Process, to: Process) -> Option<()> {
        let (sender, reader) = (world.log(from), world.log(to));
        let (at, by, generation) = (reader.unit, sender.unit, sender.generation);
        // Nothing is given to a fenced generation.
        if sender.cursor[at].generation > reader.generation && self.mutant != Mutant::GivesToFenced {
            return None;
        }
        let mut cursor = reader.cursor[by];
        let is_new = cursor.generation < generation;
        if cursor.generation > generation && self.mutant != Mutant::BelievesFenced {
            return None;
        }
        if cursor.generation != generation {
            cursor = Cursor { generation, read: 0 };
        }
        let mail = *sender.outbox[at].get(usize::from(cursor.read))?;
        if cursor.read >= self.sendable(world, from, at) {
            return None;
        }
        cursor.read += 1;
        cursor.generation = generation;
        world.log_mut(to).cursor[by] = cursor;
        self.receive(world, to, by, mail, generation, is_new);
        Some(())
    }

    fn promote(&self, world: &mut World, at: usize) {
        let mut log = *world.mirror[at].take().unwrap_or_else(|| Box::new(world.now[at].clone()));
        let sendable = match at {
            TOWNSHIP if self.mutant != Mutant::SendsUnmirrored => [0, 1, 2].map(|to| log.outbox[to].len() as u8),
            _ => [u8::MAX; 3],
        };
        world.former.push(Former { log: world.now[at].clone(), sendable });
        log.generation = Generation(world.now[at].generation.0 + 1);
        log.inherited = log.custody.is_some();
        log.said = [None; 3];
        log.outbox = Default::default();
        let peers = UNITS.into_iter().filter(|peer| *peer != at);
        let round = Round::open(log.generation, peers.clone().map(unit).collect());
        log.round = (self.mutant != Mutant::SkipsRound).then_some(round);
        peers.for_each(|peer| log.send(peer, Mail::Fence));
        world.now[at] = log;
        world.lost &= !bit(at);
        world.promotions -= 1;
    }
}

/// I5: a take is of what a giver's log, or that of its former self, has committed.
fn note_take(world: &mut World, at: Process, before: Option<Custody>) {
    let Some(Custody { role: Role::Prepared { by }, attempt, .. }) = before else { return };
    let committed = world.all().any(|process| {
        let giver = world.log(process);
        giver.unit == place(by) && giver.commits & attempt_bit(attempt) != 0
    });
    if !committed && matches!(at, Process::Now(_)) {
        world.broken = Some(Broken::TookEarly);
    }
}

impl Model for Promotion {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            now: UNITS.map(Log::new),
            mirror: [None, None, None],
            former: vec![],
            received: false,
            lost: 0,
            promotions: self.promotions,
            losses: u8::from(self.losable != 0),
            void_act: false,
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        // What has broken a promise is shown as it is; where it leads is of no interest.
        if world.broken.is_some() {
            return;
        }
        if !world.received && world.now[self.receiver].custody.is_none() && !world.is_lost(self.receiver) {
            actions.push(Action::Receive);
        }
        let alive = |process: &Process| match process {
            Process::Now(at) => !world.is_lost(*at),
            Process::Former(_) => self.former_acts,
        };
        for process in world.all().filter(alive) {
            let log = world.log(process);
            if log.may_act() || self.mutant == Mutant::ActsOnInherited {
                match log.role() {
                    Some(Role::Owner) if log.attempt().0 % ATTEMPTS_A_LIFE <= self.last_offer => {
                        let others = UNITS.into_iter().filter(|to| *to != log.unit && self.partners & bit(*to) != 0);
                        actions.extend(others.map(|to| Action::Offer { by: process, to }));
                    }
                    Some(Role::Offering { .. }) => actions.push(Action::Abort(process)),
                    Some(Role::Offered { .. }) => actions.extend([Action::Prepare(process), Action::Decline(process)]),
                    _ => {}
                }
            }
            let senders = world.all().filter(|from| world.log(*from).unit != log.unit);
            actions.extend(senders.map(|from| Action::Deliver { from, to: process }));
        }
        for at in UNITS {
            if world.promotions > 0 && self.victims & bit(at) != 0 {
                if world.mirror[at].is_none() {
                    actions.push(Action::Lag(at));
                }
                actions.push(Action::Promote(at));
            }
            if world.losses > 0 && self.losable & bit(at) != 0 {
                actions.push(Action::Lose(at));
            }
            let lost = UNITS.into_iter().filter(|peer| world.is_lost(*peer));
            let awaited =
                lost.filter(|peer| world.now[at].round.as_ref().is_some_and(|round| round.awaits(unit(*peer))));
            actions.extend(awaited.map(|peer| Action::DeclareLost { in_round_of: at, peer }));
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        let none = Content::default();
        match action {
            Action::Receive => {
                let log = &mut world.now[self.receiver];
                log.custody = Some(Custody::RECEIVED_HERE);
                log.held = Content { version: 1, names: bit(self.receiver) };
                world.received = true;
            }
            Action::Offer { by, to } => {
                let content = hash_of(world.log(by).held.version + 1);
                self.take_step(&mut world, by, Input::Offer { to: unit(to), content }, none)?;
            }
            Action::Abort(by) => self.take_step(&mut world, by, Input::Abort, none)?,
            Action::Prepare(by) => self.take_step(&mut world, by, Input::Prepare, none)?,
            Action::Decline(by) => self.take_step(&mut world, by, Input::Decline, none)?,
            Action::Deliver { from, to } => self.deliver(&mut world, from, to)?,
            Action::Lag(at) => {
                let mut copy = world.now[at].clone();
                // Of several voters all mail is sent, so the mirror's copy of it is of no interest.
                if at != TOWNSHIP {
                    copy.outbox = Default::default();
                }
                world.mirror[at] = Some(Box::new(copy));
            }
            Action::Promote(at) => self.promote(&mut world, at),
            Action::Lose(at) => {
                world.lost |= bit(at);
                world.losses -= 1;
            }
            Action::DeclareLost { in_round_of, peer } => {
                let generation = Generation(world.now[peer].generation.0 + 1);
                let log = &mut world.now[in_round_of];
                log.round.as_mut()?.declare_lost(unit(peer));
                // A declaration is a fence.
                log.cursor[peer] = Cursor { generation, read: 0 };
                self.end_round(&mut world, Process::Now(in_round_of));
            }
        }
        world.tidy();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
