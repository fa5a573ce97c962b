//! Model of the handoff (protocol.md §3) that runs the production `domain::handoff::step`: every interleaving of three units.
//!
//! What is abstracted, and why nothing is lost by it:
//! * A unit is its log; the state here is what that log yields. Nothing outside the log is state, so a crash is a pause, and a
//!   pause is an action that is not taken yet.
//! * Mail is first-in-first-out per pair and consumed: the receiver's cursor takes exactly the next mail, so loss, delay,
//!   repetition and reordering are one choice, *when* the next one is delivered.
//! * Content is a number that rises with each offer, as the real content does (its timeline gains a line).
//! * Attempts are bounded, so that the space ends; within the bound offers, aborts, prepares and declines come at any moment.
//!
//! Not modelled: generations and promotion (their own model), blobs, pins, timers.
//!
//! The mutants falsify what goes into or comes out of `step`, never `step` itself: each stands for a rule that somebody could
//! break there, and names the invariant that catches it. Invariants are numbered as in faults.md.

use std::collections::BTreeSet;

use domain::digest::ContentHash;
use domain::handoff::{Custody, Effect, Input, Move, Role, Step, StepFault, step};
use domain::ids::{Attempt, UnitId};
use stateright::{Checker, Model, Property};

/// A township that received the case, and two equal authorities, as places in an array.
const TOWNSHIP: usize = 0;
const COUNTY: usize = 1;
const CITY: usize = 2;
const UNITS: [usize; 3] = [TOWNSHIP, COUNTY, CITY];

/// The last attempt that is offered: with five an answer to an old offer can find a new one to the same unit open. One
/// more makes eight times as many states. A mutant needs four.
const LAST_OFFER: Attempt = Attempt(5);
const LAST_OFFER_OF_MUTANT: Attempt = Attempt(4);

fn unit(place: usize) -> UnitId {
    UnitId::new([370_811_002_000, 370_811_000_000, 370_800_000_000][place]).expect("codes of the real tree")
}

fn place(unit: UnitId) -> usize {
    UNITS.into_iter().find(|at| self::unit(*at) == unit).expect("only these three speak")
}

fn hash_of(content: u8) -> ContentHash {
    ContentHash([content; 32])
}

/// A promise that was broken on the way into a state: seen by comparing what a step came from with what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Broken {
    /// I3: two outcomes could be decided under one attempt.
    OwnedTwice,
    /// I4: an attempt was offered twice.
    OfferedTwice,
    /// I4: a unit's attempt fell, or did not rise with an outcome.
    NotRisen,
    /// I5: took what the sender had not committed.
    TookEarly,
    /// `step` found a fork or an impossible order.
    Contradiction,
}

/// What the run has shown: properties that must be reachable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    back_at_township: bool,
    aborted_at_county: bool,
    taken_by_city_after_abort: bool,
    declined: bool,
    stale: bool,
    stale_to_new_offer: bool,
    prepared_replaced: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    custody: [Option<Custody>; 3],
    /// Which content each unit holds; 0 is none.
    held: [u8; 3],
    /// Of the last offer by an owner.
    newest: u8,
    /// `mail[from][to]`, the oldest first.
    mail: [[Vec<Move>; 3]; 3],
    /// Attempts under which a case was offered, and under which it was owned.
    offered: BTreeSet<Attempt>,
    owned: BTreeSet<Attempt>,
    broken: BTreeSet<Broken>,
    seen: Seen,
}

impl World {
    fn role(&self, at: usize) -> Option<Role> {
        self.custody[at].map(|custody| custody.role)
    }

    fn owners(&self) -> impl Iterator<Item = usize> {
        UNITS.into_iter().filter(|at| matches!(self.role(*at), Some(Role::Owner | Role::Offering { .. })))
    }

    fn at_rest(&self) -> bool {
        self.mail.iter().flatten().all(Vec::is_empty)
    }

    /// I2: an owner has the newest content, or what was committed is held prepared by the one it was committed to.
    fn is_kept(&self) -> bool {
        let owned = self.owners().any(|at| self.held[at] == self.newest);
        let on_its_way = UNITS.into_iter().any(|from| {
            let Some(Custody { role: Role::Gone { to }, attempt, .. }) = self.custody[from] else { return false };
            let to = place(to);
            let prepared = Some(Role::Prepared { by: unit(from) });
            self.role(to) == prepared
                && self.custody[to].is_some_and(|custody| custody.attempt == attempt)
                && self.held[to] == self.newest
                && self.held[from] == self.newest
        });
        owned || on_its_way
    }

    /// I11: with no mail under way nobody waits for a word that will not come.
    fn hangs(&self) -> bool {
        let waits_in_vain = |at: usize| {
            let Some(custody) = self.custody[at] else { return false };
            let other_is = |other: UnitId, role: Role| {
                self.custody[place(other)].is_some_and(|there| (there.role, there.attempt) == (role, custody.attempt))
            };
            match custody.role {
                Role::Prepared { .. } => true,
                Role::Offering { to } => !other_is(to, Role::Offered { by: unit(at) }),
                Role::Offered { by } => !other_is(by, Role::Offering { to: unit(at) }),
                Role::Owner | Role::Gone { .. } | Role::Dropped { .. } => false,
            }
        };
        self.at_rest() && (self.owners().count() != 1 || UNITS.into_iter().any(waits_in_vain))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Offer { from: usize, to: usize },
    Abort(usize),
    Prepare(usize),
    Decline(usize),
    Deliver { from: usize, to: usize },
}

/// A rule that is broken around `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// None: production.
    None,
    /// The receiver acts as soon as it has prepared.
    ActOnPrepare,
    /// An abort leaves the attempt as it was.
    NoBumpOnAbort,
    /// The receiver does not remember the highest attempt when an offer comes.
    NoDedupe,
    /// A prepared receiver gives up alone.
    ReceiverAborts,
}

impl Mutant {
    /// `step`, with what goes in or comes out falsified.
    fn step(self, before: Option<Custody>, input: Input) -> Result<Step, StepFault> {
        let forgetful = |custody: Custody| Custody { attempt: Attempt(0), ..custody };
        match (self, input) {
            (Self::ActOnPrepare, Input::Prepare) => {
                let honest = step(before, input)?;
                let acts =
                    |custody: Custody| Custody { role: Role::Owner, attempt: custody.attempt.next(), content: None };
                Ok(Step { custody: honest.custody.map(acts), effect: Effect::Took, ..honest })
            }
            (Self::NoBumpOnAbort, Input::Abort) => {
                let honest = step(before, input)?;
                let attempt = before.map(|custody| custody.attempt).unwrap_or_default();
                Ok(Step { custody: honest.custody.map(|custody| Custody { attempt, ..custody }), ..honest })
            }
            (Self::NoDedupe, Input::Heard { said: Move::Offer { .. }, .. }) => step(before.map(forgetful), input),
            (Self::ReceiverAborts, Input::Decline) => {
                let unbound = |custody: Custody| match custody.role {
                    Role::Prepared { by } => Custody { role: Role::Offered { by }, ..custody },
                    _ => custody,
                };
                step(before.map(unbound), input)
            }
            _ => step(before, input),
        }
    }
}

struct Handoff {
    mutant: Mutant,
    last_offer: Attempt,
}

impl Handoff {
    /// One step of one unit, carried out as the commands do. `None`: refused, and nothing changed.
    fn take_step(&self, world: &mut World, at: usize, input: Input) -> Option<()> {
        let before = world.custody[at];
        let Step { custody, send, effect } = match self.mutant.step(before, input) {
            Ok(step) => step,
            Err(StepFault::NotNow(_)) if !matches!(input, Input::Heard { .. }) => return None,
            Err(_) => {
                world.broken.insert(Broken::Contradiction);
                return Some(());
            }
        };
        let attempt_before = before.map(|custody| custody.attempt).unwrap_or_default();
        let attempt = custody.map(|custody| custody.attempt).unwrap_or_default();
        let outcome = matches!(effect, Effect::Took | Effect::Regained);
        if attempt < attempt_before || (outcome && attempt == attempt_before) {
            world.broken.insert(Broken::NotRisen);
        }
        match (effect, input) {
            (Effect::Arrived, Input::Heard { said: Move::Offer { content, .. }, .. }) => world.held[at] = content.0[0],
            (Effect::Forgot, _) => world.held[at] = 0,
            (Effect::Took, _) => note_take(world, at, before, input),
            (Effect::Regained, _) => note_outcome(world, attempt),
            _ => {}
        }
        note_seen(world, before, input, send);
        world.custody[at] = custody;
        if let Some((to, said)) = send {
            world.mail[at][place(to)].push(said);
        }
        Some(())
    }
}

/// Becoming the owner opens an attempt that nobody has owned under.
fn note_outcome(world: &mut World, attempt: Attempt) {
    if !world.owned.insert(attempt) {
        world.broken.insert(Broken::OwnedTwice);
    }
}

fn note_take(world: &mut World, at: usize, before: Option<Custody>, input: Input) {
    let Some(held) = before else { return };
    note_outcome(world, held.attempt.next());
    let giver = match (input, held.role) {
        (Input::Heard { from, .. }, _) => Some(place(from)),
        (_, Role::Offered { by } | Role::Prepared { by }) => Some(place(by)),
        _ => None,
    };
    let committed = giver
        .and_then(|giver| world.custody[giver])
        .is_some_and(|giver| (giver.role, giver.attempt) == (Role::Gone { to: unit(at) }, held.attempt));
    if !committed {
        world.broken.insert(Broken::TookEarly);
    }
    world.seen.back_at_township |= at == TOWNSHIP;
    world.seen.taken_by_city_after_abort |= at == CITY && world.seen.aborted_at_county;
}

fn note_seen(world: &mut World, before: Option<Custody>, input: Input, send: Option<(UnitId, Move)>) {
    let role = before.map(|custody| custody.role);
    let seen = &mut world.seen;
    seen.aborted_at_county |= (input, role) == (Input::Abort, Some(Role::Offering { to: unit(COUNTY) }));
    seen.declined |= input == Input::Decline;
    seen.stale |= matches!(send, Some((_, Move::Stale { .. })));
    if let Input::Heard { from, said: Move::Stale { .. } } = input {
        seen.stale_to_new_offer |= role == Some(Role::Offering { to: from });
    }
    let offer = matches!(input, Input::Heard { said: Move::Offer { .. }, .. });
    seen.prepared_replaced |= offer && send.is_none() && matches!(role, Some(Role::Prepared { .. }));
}

impl Model for Handoff {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            custody: [Some(Custody::RECEIVED_HERE), None, None],
            held: [1, 0, 0],
            newest: 1,
            mail: Default::default(),
            offered: BTreeSet::new(),
            owned: [Attempt::FIRST].into(),
            broken: BTreeSet::new(),
            seen: Seen::default(),
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        // What has broken a promise is shown as it is; where it leads is of no interest.
        if !world.broken.is_empty() {
            return;
        }
        for at in UNITS {
            // Every command is tried in every state: what does not fit is for `step` to say.
            let own_attempt = world.custody[at].map(|custody| custody.attempt).unwrap_or_default();
            if own_attempt <= self.last_offer {
                let others = UNITS.into_iter().filter(|to| *to != at);
                actions.extend(others.map(|to| Action::Offer { from: at, to }));
            }
            actions.extend([Action::Abort(at), Action::Prepare(at), Action::Decline(at)]);
            let senders = UNITS.into_iter().filter(|from| !world.mail[*from][at].is_empty());
            actions.extend(senders.map(|from| Action::Deliver { from, to: at }));
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Offer { from, to } => {
                // What an owner offers is newer than all before; a step that is refused leaves no trace.
                let content = hash_of(world.newest + 1);
                self.take_step(&mut world, from, Input::Offer { to: unit(to), content })?;
                let attempt = last.custody[from].map(|custody| custody.attempt).unwrap_or_default();
                if !world.offered.insert(attempt) {
                    world.broken.insert(Broken::OfferedTwice);
                }
                world.newest += 1;
                world.held[from] = world.newest;
            }
            Action::Abort(at) => self.take_step(&mut world, at, Input::Abort)?,
            Action::Prepare(at) => self.take_step(&mut world, at, Input::Prepare)?,
            Action::Decline(at) => self.take_step(&mut world, at, Input::Decline)?,
            Action::Deliver { from, to } => {
                let said = world.mail[from][to].remove(0);
                self.take_step(&mut world, to, Input::Heard { from: unit(from), said })?;
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn intact(world: &World, promises: &[Broken]) -> bool {
            promises.iter().all(|promise| !world.broken.contains(promise))
        }
        vec![
            Property::always("I1 at most one owner", |_, world: &World| world.owners().count() <= 1),
            Property::always("I2 never orphaned", |_, world: &World| world.is_kept()),
            Property::always("I2 content is what its hash says", |_, world: &World| {
                UNITS.into_iter().all(|at| match world.custody[at].and_then(|custody| custody.content) {
                    Some(content) => content == hash_of(world.held[at]),
                    None => true,
                })
            }),
            Property::always("I3 one decision per attempt", |_, world: &World| intact(world, &[Broken::OwnedTwice])),
            Property::always("I4 attempts strictly rise", |_, world: &World| {
                intact(world, &[Broken::OfferedTwice, Broken::NotRisen])
            }),
            Property::always("I5 took only what was committed", |_, world: &World| intact(world, &[Broken::TookEarly])),
            Property::always("no contradiction", |_, world: &World| intact(world, &[Broken::Contradiction])),
            Property::always("I11 nothing hangs at rest", |_, world: &World| !world.hangs()),
            Property::sometimes("there and back", |_, world: &World| world.seen.back_at_township),
            Property::sometimes("aborted at the county, taken by the city", |_, world: &World| {
                world.seen.taken_by_city_after_abort
            }),
            Property::sometimes("declined", |_, world: &World| world.seen.declined),
            Property::sometimes("an old offer is answered as stale", |_, world: &World| world.seen.stale),
            Property::sometimes("an old stale answer finds a new offer open", |_, world: &World| {
                world.seen.stale_to_new_offer
            }),
            Property::sometimes("a prepared offer is replaced by a higher one", |_, world: &World| {
                world.seen.prepared_replaced
            }),
        ]
    }
}

/// What a run of the whole space found.
struct Report {
    unique: usize,
    generated: usize,
    found: BTreeSet<&'static str>,
}

#[expect(clippy::print_stderr, reason = "the counts are this test's report")]
fn exhaust(mutant: Mutant, last_offer: Attempt) -> Report {
    let checker = Handoff { mutant, last_offer }.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done());
    let found = checker.discoveries().into_keys().collect();
    let report = Report { unique: checker.unique_state_count(), generated: checker.state_count(), found };
    let document = include_str!("../../../docs/testing.md");
    let row = format!("| {mutant:?} | {} | {} |", last_offer.0, report.unique);
    assert!(document.contains(&row), "docs/testing.md, section Handoff model, should have: {row}");
    eprintln!("{mutant:?}: {} unique of {} states, found {:?}", report.unique, report.generated, report.found);
    report
}

/// Properties that must be reachable; every other one must never be broken.
const REACHED: [&str; 6] = [
    "there and back",
    "aborted at the county, taken by the city",
    "declined",
    "an old offer is answered as stale",
    "an old stale answer finds a new offer open",
    "a prepared offer is replaced by a higher one",
];

#[test]
fn no_interleaving_breaks_a_promise() {
    let report = exhaust(Mutant::None, LAST_OFFER);
    assert_eq!(report.found, BTreeSet::from(REACHED), "a promise is broken, or a witness is missing");
}

fn check_caught(mutant: Mutant, by: &[&'static str]) {
    let found = exhaust(mutant, LAST_OFFER_OF_MUTANT).found;
    let broken: BTreeSet<_> = found.into_iter().filter(|name| !REACHED.contains(name)).collect();
    let expected: BTreeSet<_> = by.iter().copied().collect();
    assert!(expected.is_subset(&broken), "{mutant:?} breaks {broken:?}, expected {expected:?}");
}

#[test]
fn acting_on_prepare_makes_two_owners() {
    check_caught(Mutant::ActOnPrepare, &["I1 at most one owner", "I5 took only what was committed"]);
}

#[test]
fn an_abort_that_leaves_the_attempt_lets_two_decide_under_it() {
    check_caught(Mutant::NoBumpOnAbort, &["I3 one decision per attempt", "I4 attempts strictly rise"]);
}

#[test]
fn a_receiver_that_forgets_attempts_orphans_the_case() {
    check_caught(Mutant::NoDedupe, &["I2 never orphaned", "I4 attempts strictly rise"]);
}

#[test]
fn a_receiver_that_gives_up_alone_orphans_the_case() {
    check_caught(Mutant::ReceiverAborts, &["I2 never orphaned"]);
}
