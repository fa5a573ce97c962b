//! Model of claims when their home, or an owner, is lost and goes on from its mirror (protocol.md §4, §6). It runs the production
//! functions of `domain::claims` and `domain::recovery`: one application filed at the home county, at the city and at another
//! county.
//!
//! What is abstracted, and why nothing is lost by it:
//! * A unit is its log; a crash is a pause. Mail is first-in-first-out per stream and consumed; a new generation reads on from where
//!   its mirror was. Mail is never deleted here.
//! * A mirror follows at once until `Lag` cuts it. A former self goes on with its words until a peer has fenced it; what it
//!   decides alone is void, and is not counted.
//! * Cases do not move: what becomes of a case has its own model (`tests/promotion_model/`), and so have words that meet a move
//!   (`tests/claims_model/`).
//! * Days of receipt are 1 and 2: only their order matters.
//!
//! The mutants falsify what goes into or comes out of the production functions, and each names the property that catches it.

mod check;

use domain::claims::{
    Bearing, Claim, ClaimNote, Duplicate, FromHome, Judged, Obeyed, Petition, ToHome, has_claim, judge, may_accept,
    obey,
};
use domain::ids::{CaseId, CaseNumber, Generation, UnitId};
use domain::recovery::claims::{ClaimState, ClaimStated, rebuild, said_again};
use domain::recovery::{Round, fenced};
use domain::time::CivilDate;
use stateright::{Model, Property};

const HOME: usize = 0;
const CITY: usize = 1;
const OTHER: usize = 2;
const UNITS: [usize; 3] = [HOME, CITY, OTHER];

fn unit(place: usize) -> UnitId {
    UnitId::new([370_811_000_000, 370_800_000_000, 370_812_000_000][place]).expect("codes of the real tree")
}

fn place(unit: UnitId) -> usize {
    UNITS.into_iter().find(|at| self::unit(*at) == unit).expect("only these three speak")
}

/// The case that a unit receives.
fn case_id(place: usize) -> CaseId {
    CaseId(uuid::Uuid::from_u128(place as u128 + 1))
}

fn number(place: usize) -> CaseNumber {
    let date = CivilDate::new(2026, 2, 1).expect("a day");
    CaseNumber::new(unit(place), date, Generation::FIRST, 1).expect("a number")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Received,
    /// By an officer, or by law.
    Accepted {
        formally: bool,
    },
    Decided,
    Withdrawn,
    Ended(Duplicate),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Case {
    day: i8,
    stage: Stage,
    /// What it was before it was ended.
    before: Option<bool>,
    note: Option<ClaimNote>,
    /// From before a promotion.
    inherited: bool,
}

impl Case {
    fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Received | Stage::Accepted { .. })
    }

    fn ended(&self) -> Option<Duplicate> {
        match self.stage {
            Stage::Ended(duplicate) => Some(duplicate),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Mail {
    ToHome(usize, ToHome),
    FromHome(FromHome),
    Fence,
    Answer(Generation, Option<ClaimStated>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Log {
    unit: usize,
    generation: Generation,
    /// Received here.
    case: Option<Case>,
    /// Of the home alone.
    claim: Option<Claim>,
    round: Option<Round>,
    said: [Option<ClaimStated>; 3],
    /// Generation that is believed, and mails read.
    cursor: [(Generation, u8); 3],
    outbox: [Vec<Mail>; 3],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Seen {
    revived: bool,
    repeated: bool,
    asked_again: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    now: [Log; 3],
    mirror: [Option<Box<Log>>; 3],
    former: Vec<Log>,
    promotions: u8,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    Now(usize),
    Former(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Receive(usize, i8),
    Accept(Process),
    Deem(Process),
    Decide(Process),
    Withdraw(Process),
    Deliver { from: Process, to: Process },
    Lag(usize),
    Promote(usize),
}

/// A rule that is broken around the production functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    None,
    /// The home grants while its round is open.
    GrantsDuringRound,
    /// What a peer was granted counts no more than that it asks.
    ForgetsWhatWasGranted,
    /// The home's own row decides.
    OwnRowDecides,
    /// The row is rebuilt from what is stated alone, and nothing is said again.
    GrantsAreNotRepeated,
    /// A case whose winner was in the lost tail stays ended.
    LoserStaysEnded,
    /// An owner that comes back relies on what its mirror was granted.
    KeepsItsGrant,
    /// Peers still believe a former self after its fence.
    BelievesFenced,
}

struct Claims {
    mutant: Mutant,
    claim_first: bool,
    /// Who receives.
    receivers: &'static [usize],
    days: &'static [i8],
    /// Who may be promoted, and how often in all.
    victims: &'static [usize],
    promotions: u8,
}

impl World {
    fn log(&self, process: Process) -> &Log {
        match process {
            Process::Now(at) => &self.now[at],
            Process::Former(which) => &self.former[which],
        }
    }

    fn log_mut(&mut self, process: Process) -> &mut Log {
        match process {
            Process::Now(at) => &mut self.now[at],
            Process::Former(which) => &mut self.former[which],
        }
    }

    fn all(&self) -> impl Iterator<Item = Process> + use<> {
        UNITS.into_iter().map(Process::Now).chain((0..self.former.len()).map(Process::Former))
    }

    fn recoverable(&self, at: usize) -> &Log {
        self.mirror[at].as_deref().unwrap_or(&self.now[at])
    }

    fn at_rest(&self) -> bool {
        let read = |from: usize, to: usize| {
            let (log, (generation, read)) = (&self.now[from], self.now[to].cursor[from]);
            let mails = log.outbox[to].len();
            mails == 0 || (generation == log.generation && usize::from(read) == mails)
        };
        self.now.iter().all(|log| log.round.is_none())
            && UNITS.into_iter().all(|from| UNITS.into_iter().all(|to| from == to || read(from, to)))
    }

    /// A former self that all have fenced is of no interest any more.
    fn tidy(&mut self) {
        if self.promotions == 0 {
            self.mirror = [None, None, None];
        }
        for which in (0..self.former.len()).rev() {
            let (unit, generation) = (self.former[which].unit, self.former[which].generation);
            let fenced = |log: &Log| log.cursor[unit].0 > generation;
            let by = |at: usize| fenced(&self.now[at]) && fenced(self.recoverable(at));
            if UNITS.into_iter().all(|at| at == unit || by(at)) {
                self.former.remove(which);
            }
        }
    }
}

impl Log {
    fn stated(&self, claim_first: bool) -> Option<ClaimStated> {
        let case = self.case.filter(|case| case.note.is_some())?;
        let standing = ClaimState::of(case.note, bearing(&case, claim_first), case.ended());
        Some(ClaimStated { petition: petition(self.unit, &case), standing })
    }

    /// An inherited case is not acted on during the round; the home does nothing that needs its claim.
    fn may_act(&self, needs_claim: bool) -> bool {
        let inherited = self.case.is_some_and(|case| case.inherited);
        self.round.is_none() || !(inherited || (needs_claim && self.unit == HOME))
    }
}

fn bearing(case: &Case, claim_first: bool) -> Bearing {
    let under_claim = claim_first && case.stage == Stage::Accepted { formally: true } && has_claim(case.note);
    match case.stage {
        Stage::Ended(_) => Bearing::Duplicate,
        stage => Bearing::of(stage == Stage::Decided, !case.is_live(), under_claim),
    }
}

fn petition(at: usize, case: &Case) -> Petition {
    Petition {
        case: case_id(at),
        number: number(at),
        unit: unit(at),
        received: CivilDate::new(2026, 2, case.day).expect("a day"),
        submission: String::new(),
    }
}

impl Claims {
    fn tell_home(&self, world: &mut World, process: Process, said: ToHome) {
        let log = world.log_mut(process);
        match log.unit {
            HOME => self.reach_home(world, process, HOME, said),
            at => log.outbox[HOME].push(Mail::ToHome(at, said)),
        }
    }

    /// One word about a case at the home: judged, or, while a round is open, kept as what its owner states.
    fn reach_home(&self, world: &mut World, process: Process, about: usize, said: ToHome) {
        let log = world.log_mut(process);
        if log.round.is_some() && self.mutant != Mutant::GrantsDuringRound {
            if about != HOME {
                log.said[about] = ClaimStated::after(log.said[about].take(), said);
            }
            return;
        }
        let Judged { claim, say } = judge(unit(HOME), log.claim.take(), case_id(about), said);
        log.claim = claim;
        self.say(world, process, say);
    }

    fn say(&self, world: &mut World, home: Process, say: Vec<(UnitId, CaseId, FromHome)>) {
        for (to, _, said) in say {
            match place(to) {
                HOME => self.heed(world, home, said),
                to => world.log_mut(home).outbox[to].push(Mail::FromHome(said)),
            }
        }
    }

    fn heed(&self, world: &mut World, process: Process, said: FromHome) {
        let log = world.log_mut(process);
        let inherited = log.round.is_some();
        let Some(case) = log.case.as_mut().filter(|case| !(inherited && case.inherited)) else { return };
        let Obeyed { note, reply, end, revive } = obey(case.note, bearing(case, self.claim_first), said);
        case.note = note.or(case.note);
        if let Some(duplicate) = end {
            case.before = match case.stage {
                Stage::Accepted { formally } => Some(formally),
                _ => None,
            };
            case.stage = Stage::Ended(duplicate);
        }
        if revive {
            case.stage = case.before.map_or(Stage::Received, |formally| Stage::Accepted { formally });
        }
        world.seen.revived |= revive;
        if let Some(reply) = reply {
            self.tell_home(world, process, reply);
        }
    }

    fn receive_mail(
        &self,
        world: &mut World,
        process: Process,
        from: usize,
        mail: Mail,
        generation: Generation,
        is_new: bool,
    ) {
        match mail {
            Mail::ToHome(about, said) => self.reach_home(world, process, about, said),
            Mail::FromHome(said) => self.heed(world, process, said),
            Mail::Fence => {
                let log = world.log_mut(process);
                let here = unit(log.unit);
                let fenced = fenced(log.round.as_mut(), here, unit(from), generation, is_new);
                if fenced.fence_again {
                    log.said[from] = None;
                    log.outbox[from].push(Mail::Fence);
                }
                if fenced.answer {
                    self.answer(log, from, generation);
                }
            }
            Mail::Answer(fence, stated) => {
                let log = world.log_mut(process);
                let Some(round) = &mut log.round else { return };
                if round.answered(unit(from), fence) {
                    log.said[from] = stated;
                    self.end_round(world, process);
                }
            }
        }
    }

    fn answer(&self, log: &mut Log, to: usize, fence: Generation) {
        let stated = (to == HOME).then(|| log.stated(self.claim_first)).flatten();
        log.outbox[to].push(Mail::Answer(fence, stated));
    }

    fn end_round(&self, world: &mut World, process: Process) {
        let log = world.log_mut(process);
        if !log.round.as_ref().is_some_and(Round::is_over) {
            return;
        }
        let Some(Round { owed, .. }) = log.round.take() else { return };
        let said = std::mem::take(&mut log.said);
        let at = log.unit;
        // What is only accepted may have been withdrawn in the lost tail: decided alone is fixed.
        let again = log
            .case
            .filter(|case| case.inherited && self.mutant != Mutant::KeepsItsGrant)
            .and_then(|case| said_again(case.note, bearing(&case, false), petition(at, &case)));
        if let Some(case) = &mut log.case {
            case.inherited = false;
            if let Some(ToHome::Ask(_)) = again {
                case.note = Some(ClaimNote::Asked);
            }
        }
        world.seen.asked_again |= matches!(again, Some(ToHome::Ask(_)));
        let log = world.log_mut(process);
        if at == HOME {
            let stated: Vec<_> = said.into_iter().flatten().chain(log.stated(self.claim_first)).collect();
            let (own, stated) = self.falsify(log.claim.take(), stated);
            let before = own.as_ref().map(|claim| (claim.holder.case, claim.round));
            let Judged { claim, mut say } = rebuild(unit(HOME), own, &stated, &[]);
            if self.mutant == Mutant::LoserStaysEnded {
                say.retain(|(_, _, said)| !matches!(said, FromHome::LivesAgain { .. }));
            }
            if self.mutant == Mutant::GrantsAreNotRepeated
                && before == claim.as_ref().map(|claim| (claim.holder.case, claim.round))
            {
                say.retain(|(_, _, said)| !matches!(said, FromHome::Granted { .. }));
            }
            let after = claim.as_ref().map(|claim| (claim.holder.case, claim.round));
            let asks = |stated: &ClaimStated| {
                matches!(stated.standing, ClaimState::Asks { .. }) && Some(stated.petition.case) == before.map(|b| b.0)
            };
            world.seen.repeated |= before == after && stated.iter().any(asks);
            world.log_mut(process).claim = claim;
            self.say(world, process, say);
        } else if let Some(said) = again {
            self.tell_home(world, process, said);
        }
        for (peer, generation) in owed {
            self.answer(world.log_mut(process), place(peer), generation);
        }
    }

    /// What the mutants make of what goes into the judgement.
    fn falsify(&self, own: Option<Claim>, mut stated: Vec<ClaimStated>) -> (Option<Claim>, Vec<ClaimStated>) {
        let forget = |stated: &mut ClaimStated| {
            if matches!(stated.standing, ClaimState::Has { .. }) {
                stated.standing = ClaimState::Asks { gave_back: 0 };
            }
        };
        match self.mutant {
            Mutant::ForgetsWhatWasGranted => stated.iter_mut().for_each(forget),
            Mutant::OwnRowDecides if own.is_some() => stated.iter_mut().for_each(|stated| {
                if own.as_ref().is_some_and(|claim| claim.holder.case != stated.petition.case) {
                    forget(stated);
                }
            }),
            _ => {}
        }
        (own, stated)
    }

    fn accept(&self, world: &mut World, process: Process) -> Option<()> {
        let log = world.log_mut(process);
        let free = (log.unit == HOME).then_some(log.claim.is_none());
        let case = log.case.as_mut()?;
        may_accept(case.note, free, self.claim_first, true).ok()?;
        case.stage = Stage::Accepted { formally: true };
        Some(())
    }

    fn promote(&self, world: &mut World, at: usize) {
        let mut log = *world.mirror[at].take().unwrap_or_else(|| Box::new(world.now[at].clone()));
        world.former.push(world.now[at].clone());
        log.generation = Generation(world.now[at].generation.0 + 1);
        log.said = Default::default();
        log.outbox = Default::default();
        if let Some(case) = &mut log.case {
            case.inherited = true;
        }
        let peers: Vec<_> = UNITS.into_iter().filter(|peer| *peer != at).collect();
        log.round = Some(Round::open(log.generation, peers.iter().map(|peer| unit(*peer)).collect()));
        peers.into_iter().for_each(|peer| log.outbox[peer].push(Mail::Fence));
        world.now[at] = log;
        world.promotions -= 1;
    }

    fn deliver(&self, world: &mut World, from: Process, to: Process) -> Option<()> {
        let (sender, reader) = (world.log(from), world.log(to));
        let (at, by, generation) = (reader.unit, sender.unit, sender.generation);
        if sender.cursor[at].0 > reader.generation {
            return None;
        }
        let (believed, read) = reader.cursor[by];
        if believed > generation && self.mutant != Mutant::BelievesFenced {
            return None;
        }
        let read = if believed == generation { read } else { 0 };
        let mail = sender.outbox[at].get(usize::from(read))?.clone();
        world.log_mut(to).cursor[by] = (generation, read + 1);
        self.receive_mail(world, to, by, mail, generation, believed < generation);
        Some(())
    }
}

impl Model for Claims {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let log = |unit: usize| Log {
            unit,
            generation: Generation::FIRST,
            case: None,
            claim: None,
            round: None,
            said: Default::default(),
            cursor: [(Generation::FIRST, 0); 3],
            outbox: Default::default(),
        };
        vec![World {
            now: UNITS.map(log),
            mirror: [None, None, None],
            former: vec![],
            promotions: self.promotions,
            seen: Seen::default(),
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for at in self.receivers.iter().filter(|at| world.now[**at].case.is_none()) {
            actions.extend(self.days.iter().map(|day| Action::Receive(*at, *day)));
        }
        for process in world.all() {
            let log = world.log(process);
            let senders = world.all().filter(|from| world.log(*from).unit != log.unit);
            actions.extend(senders.map(|from| Action::Deliver { from, to: process }));
            // What a former self does alone is void; its words to others are what matters, and they need a live case.
            if let Some(case) = log.case.filter(|_| log.may_act(false)) {
                let act = log.may_act(true);
                match case.stage {
                    Stage::Received => {
                        actions.push(Action::Deem(process));
                        actions.extend(act.then_some(Action::Accept(process)));
                    }
                    Stage::Accepted { .. } if act => actions.push(Action::Decide(process)),
                    _ => {}
                }
                if case.is_live() {
                    actions.push(Action::Withdraw(process));
                }
            }
        }
        if world.promotions > 0 {
            for at in self.victims {
                // The home's mirror may have missed its own receipt; another owner's has it (docs/adr/0014, what is open).
                let may_lag = world.mirror[*at].is_none() && (*at == HOME || world.now[*at].case.is_some());
                actions.extend(may_lag.then_some(Action::Lag(*at)));
                if *at == HOME || world.recoverable(*at).case.is_some() || !self.receivers.contains(at) {
                    actions.push(Action::Promote(*at));
                }
            }
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Receive(at, day) => {
                let log = &mut world.now[at];
                let note = Some(ClaimNote::Asked);
                let case = Case { day, stage: Stage::Received, before: None, note, inherited: false };
                log.case = Some(case);
                self.tell_home(&mut world, Process::Now(at), ToHome::Ask(petition(at, &case)));
            }
            Action::Accept(process) => self.accept(&mut world, process)?,
            Action::Deem(process) => {
                world.log_mut(process).case.as_mut()?.stage = Stage::Accepted { formally: false };
            }
            Action::Decide(process) => {
                let case = world.log_mut(process).case.as_mut()?;
                if !has_claim(case.note) {
                    return None;
                }
                case.stage = Stage::Decided;
            }
            Action::Withdraw(process) => {
                world.log_mut(process).case.as_mut()?.stage = Stage::Withdrawn;
                self.tell_home(&mut world, process, ToHome::Released);
            }
            Action::Deliver { from, to } => self.deliver(&mut world, from, to)?,
            Action::Lag(at) => world.mirror[at] = Some(Box::new(world.now[at].clone())),
            Action::Promote(at) => self.promote(&mut world, at),
        }
        world.tidy();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn cases(world: &World) -> impl Iterator<Item = &Case> {
            world.now.iter().filter_map(|log| log.case.as_ref())
        }
        fn standing(world: &World) -> impl Iterator<Item = &Case> {
            cases(world).filter(|case| case.is_live() || case.stage == Stage::Decided)
        }
        vec![
            Property::always("never two decisions", |_, world: &World| {
                cases(world).filter(|case| case.stage == Stage::Decided).count() <= 1
            }),
            Property::always("at rest a decided case has the claim", |_, world: &World| {
                let decided = |log: &Log| log.case.is_some_and(|case| case.stage == Stage::Decided);
                let holder = world.now[HOME].claim.as_ref().map(|claim| claim.holder.case);
                !world.at_rest()
                    || world.now.iter().filter(|log| decided(log)).all(|log| holder == Some(case_id(log.unit)))
            }),
            Property::always("at rest one live case", |_, world: &World| {
                !world.at_rest() || standing(world).count() <= 1
            }),
            Property::always("at rest nobody waits for the home", |_, world: &World| {
                !world.at_rest() || standing(world).all(|case| has_claim(case.note))
            }),
            Property::always("at rest not every case ended for another", |_, world: &World| {
                let ended = cases(world).count() > 0 && cases(world).all(|case| case.ended().is_some());
                !world.at_rest() || !ended
            }),
            Property::sometimes("a duplicate is live again", |model: &Self, world: &World| {
                // Of two that are both elsewhere the winner is known as long as its owner is.
                !model.victims.contains(&HOME) || !model.receivers.contains(&HOME) || world.seen.revived
            }),
            Property::sometimes("an own grant is said again", |model: &Self, world: &World| {
                !model.victims.contains(&HOME) || world.seen.repeated
            }),
            Property::sometimes("what was granted is asked for again", |model: &Self, world: &World| {
                model.victims.iter().all(|at| *at == HOME) || world.seen.asked_again
            }),
            Property::sometimes("decided after a promotion", |_, world: &World| {
                let new = |log: &Log| log.generation > Generation::FIRST && log.round.is_none();
                world.now.iter().any(new) && cases(world).any(|case| case.stage == Stage::Decided)
            }),
        ]
    }
}
