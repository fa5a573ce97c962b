//! Model of claims (protocol.md §4) that runs the production functions of `domain::claims`: every interleaving of two cases for the
//! same thing at three units, the home county, the city, and a village that receives; in both forms, with the claim demanded before
//! acceptance and with acceptance on a declaration.
//!
//! What is abstracted, and why nothing is lost by it:
//! * A unit is its log; a crash is a pause, and a pause is an action that is not taken yet. So is a cut link: mail that waits.
//! * Mail is first-in-first-out per pair and consumed, as the cursor makes it. The home's words to itself are carried out at once, as
//!   `command/claiming.rs` does.
//! * A move is offered, then taken back or committed; a committed case rides in the same stream as the words. The handoff has its
//!   own model. Moves are bounded, so that the space ends.
//! * Days of receipt are 1 and 2: only their order matters.
//! * Deemed acceptance is an acceptance that nobody asks the claim for.
//! * A case is passed on at most once, by either authority: its receipt is then a third day, the latest.
//!
//! Not modelled: release at delivery; promotion has its own model, `tests/claims_promotion_model/`.
//!
//! The mutants falsify what goes into or comes out of the production functions, and each names the property that catches it.

mod check;

use std::collections::{BTreeSet, VecDeque};

use domain::claims::{
    Bearing, Claim, ClaimNote, Duplicate, FromHome, Ground, Judged, Obeyed, Petition, ToHome, has_claim, judge,
    may_accept, must_ask, obey,
};
use domain::ids::{CaseId, CaseNumber, Generation, UnitId};
use domain::time::CivilDate;
use stateright::{Model, Property};

const HOME: usize = 0;
const CITY: usize = 1;
const VILLAGE: usize = 2;
const UNITS: [usize; 3] = [HOME, CITY, VILLAGE];
const CASES: [usize; 2] = [0, 1];

/// Moves of each case that are begun: with two a word can chase a case there and back. A mutant needs one.
const MOST_MOVES: u8 = 2;
const MOST_MOVES_OF_MUTANT: u8 = 1;

fn unit(place: usize) -> UnitId {
    UnitId::new([370_811_000_000, 370_800_000_000, 370_811_002_001][place]).expect("codes of the real tree")
}

fn place(unit: UnitId) -> usize {
    UNITS.into_iter().find(|at| self::unit(*at) == unit).expect("only these three speak")
}

fn case_id(case: usize) -> CaseId {
    CaseId(uuid::Uuid::from_u128(case as u128 + 1))
}

fn number(case: usize) -> CaseNumber {
    let date = CivilDate::new(2026, 2, 1).expect("a day");
    CaseNumber::new(unit(VILLAGE), date, Generation::FIRST, case as u32 + 1).expect("a number")
}

/// Who has a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Custody {
    At(usize),
    Offering {
        from: usize,
        to: usize,
    },
    /// Committed: the next owner has it once the mail is there.
    Riding {
        from: usize,
        to: usize,
    },
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

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Case {
    day: u8,
    custody: Custody,
    stage: Stage,
    /// Whether an officer ever accepted it.
    accepted: bool,
    /// The last line on its claim, and who wrote it.
    note: Option<(usize, ClaimNote)>,
    moves: u8,
    /// Who said that it is not competent: the case is nothing to it any more.
    passed_by: Option<usize>,
    /// Whom each unit that had or held it names for it.
    trail: [Option<usize>; 3],
    /// The home's word that waits at a unit for a move's outcome.
    waits: [Option<FromHome>; 3],
}

impl Case {
    fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Received | Stage::Accepted { .. })
    }

    /// At an authority, which may act on it.
    fn authority(&self) -> Option<usize> {
        match self.custody {
            Custody::At(at) if at != VILLAGE && self.passed_by != Some(at) => Some(at),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Mail {
    Take,
    ToHome(ToHome),
    FromHome(FromHome),
}

/// A promise that was broken on the way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Broken {
    /// The home let the wrong one of two stand.
    WrongWinner,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Seen {
    given_back: bool,
    stood: bool,
    moved: bool,
    waited: bool,
    accepted_twice: bool,
    granted_again: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    claim: Option<Claim>,
    cases: [Case; 2],
    mail: [[Vec<(usize, Mail)>; 3]; 3],
    broken: BTreeSet<Broken>,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Accept(usize),
    Deem(usize),
    Decide(usize),
    Withdraw(usize),
    PassOn(usize),
    Offer(usize, usize),
    Abort(usize),
    Commit(usize),
    Deliver { from: usize, to: usize },
}

/// A rule that is broken around the production functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    None,
    /// An officer decides on the acceptance alone.
    DecideWithoutClaim,
    /// An officer accepts on a declaration where the entry demands the claim.
    AcceptWithoutClaim,
    /// The home does not look at its row before it grants.
    HomeGrantsTwice,
    /// The holder says that it gave the claim back, and goes on with it.
    KeepsWhatItGaveBack,
    /// A decided case gives the claim back as a live one does.
    DecidedGivesBack,
    /// The home compares days the wrong way round, after a recall only.
    LaterReceiptWins,
    /// The home gives a tie to the other unit.
    TieGoesAway,
    /// The loser does not end.
    LoserLives,
    /// A word that comes while the case moves is lost.
    WordLostOnTheWay,
    /// Each new owner asks for the case once more.
    AsksAgain,
    /// A case is passed on while a word of the home is awaited.
    PassesOnUnanswered,
}

struct Claims {
    mutant: Mutant,
    claim_first: bool,
}

impl Claims {
    /// Mutants of other rules pass nothing on: their space stays small.
    fn passes(&self) -> bool {
        matches!(self.mutant, Mutant::None | Mutant::PassesOnUnanswered)
    }

    fn judge(&self, before: Option<Claim>, case: usize, said: ToHome) -> Judged {
        let honest = |before, said| judge(unit(HOME), before, case_id(case), said);
        match (self.mutant, &said) {
            (Mutant::HomeGrantsTwice, ToHome::Ask(_)) => honest(None, said),
            (Mutant::LaterReceiptWins, ToHome::GaveBack { .. }) => {
                let turned = |petition: &mut Petition| {
                    let day = if petition.received.day() == 1 { 2 } else { 1 };
                    petition.received = CivilDate::new(2026, 2, day).expect("a day");
                };
                let mut claim = before;
                if let Some(claim) = &mut claim {
                    std::iter::once(&mut claim.holder).chain(&mut claim.waiting).for_each(turned);
                }
                honest(claim, said)
            }
            (Mutant::TieGoesAway, _) => judge(unit(CITY), before, case_id(case), said),
            _ => honest(before, said),
        }
    }

    fn obey(&self, last: Option<ClaimNote>, bearing: Bearing, said: FromHome) -> Obeyed {
        match (self.mutant, &said) {
            (Mutant::KeepsWhatItGaveBack, FromHome::Recall { .. }) => {
                Obeyed { note: None, ..obey(last, bearing, said) }
            }
            (Mutant::DecidedGivesBack, FromHome::Recall { .. }) => obey(last, Bearing::Live, said),
            (Mutant::LoserLives, FromHome::Lost(_)) => Obeyed { note: None, reply: None, end: None, revive: false },
            _ => obey(last, bearing, said),
        }
    }

    /// A word reaches the home, and what it says to itself is carried out at once.
    fn reach_home(&self, world: &mut World, case: usize, said: ToHome) {
        let mut words = VecDeque::from([(case, said)]);
        while let Some((case, said)) = words.pop_front() {
            world.seen.moved |= matches!(said, ToHome::Moved { .. });
            world.seen.stood |= said == ToHome::Stands;
            let before = world.claim.clone();
            let mut asking: Vec<Petition> =
                before.iter().flat_map(|row| std::iter::once(&row.holder).chain(&row.waiting)).cloned().collect();
            if let ToHome::Ask(petition) = &said {
                asking.push(petition.clone());
            }
            // A word that goes after its case was judged when it was first said.
            let again = matches!(said, ToHome::Moved { .. });
            let Judged { claim, say } = self.judge(before, case, said);
            world.claim = claim;
            for (to, about, said) in say {
                let about = CASES.into_iter().find(|case| case_id(*case) == about).expect("one of two");
                if let (FromHome::Lost(duplicate), false) = (&said, again) {
                    note_loss(world, self.claim_first, &asking, about, *duplicate);
                }
                world.seen.granted_again |= matches!(said, FromHome::Granted { round } if round > 1);
                match place(to) {
                    HOME => words.extend(self.heed(world, HOME, about, said).map(|reply| (about, reply))),
                    to => world.mail[HOME][to].push((about, Mail::FromHome(said))),
                }
            }
        }
    }

    /// As `command/claiming.rs` heeds a word of the home.
    fn heed(&self, world: &mut World, at: usize, about: usize, said: FromHome) -> Option<ToHome> {
        let case = &mut world.cases[about];
        match case.custody {
            Custody::At(owner) if owner == at => {}
            Custody::Offering { from, to } if at == from || at == to => return self.wait(world, at, about, said),
            Custody::Riding { to, .. } if at == to => return self.wait(world, at, about, said),
            _ if case.stage == Stage::Decided && matches!(said, FromHome::Recall { .. }) => {
                return Some(ToHome::Stands);
            }
            _ => {
                let to = unit(case.trail[at].expect("who had a case names the next"));
                return Some(ToHome::Moved { to, missed: said });
            }
        }
        let last = case.note.map(|(_, note)| note);
        let decided = case.stage == Stage::Decided;
        let under_claim = self.claim_first && case.stage == Stage::Accepted { formally: true } && has_claim(last);
        let bearing = match case.stage {
            Stage::Ended(_) => Bearing::Duplicate,
            _ => Bearing::of(decided, !case.is_live(), under_claim),
        };
        let Obeyed { note, reply, end, .. } = self.obey(last, bearing, said);
        if let Some(note) = note {
            case.note = Some((at, note));
        }
        if let Some(duplicate) = end {
            case.stage = Stage::Ended(duplicate);
        }
        world.seen.given_back |= matches!(reply, Some(ToHome::GaveBack { .. }));
        reply
    }

    fn wait(&self, world: &mut World, at: usize, about: usize, said: FromHome) -> Option<ToHome> {
        if self.mutant != Mutant::WordLostOnTheWay {
            world.cases[about].waits[at] = Some(said);
        }
        world.seen.waited = true;
        None
    }

    fn tell_home(&self, world: &mut World, from: usize, case: usize, said: ToHome) {
        if from == HOME {
            self.reach_home(world, case, said);
        } else {
            world.mail[from][HOME].push((case, Mail::ToHome(said)));
        }
    }

    /// What `put_case` does: the words that waited at a unit, and the question once a case is its own to accept or decide.
    fn settle(&self, world: &mut World, about: usize) {
        for at in UNITS {
            let moving = match world.cases[about].custody {
                Custody::At(_) => false,
                Custody::Offering { from, to } => at == from || at == to,
                Custody::Riding { to, .. } => at == to,
            };
            if !moving && let Some(said) = world.cases[about].waits[at].take() {
                let reply = self.heed(world, at, about, said);
                if let Some(reply) = reply {
                    self.tell_home(world, at, about, reply);
                }
            }
        }
        let case = &mut world.cases[about];
        let Some(at) = case.authority().filter(|_| case.is_live()) else { return };
        let by_another = matches!(case.note, Some((by, ClaimNote::Asked)) if by != at);
        let again = self.mutant == Mutant::AsksAgain && by_another;
        if must_ask(case.note.map(|(_, note)| note)) || again {
            case.note = Some((at, ClaimNote::Asked));
            let petition = Petition {
                case: case_id(about),
                number: number(about),
                unit: unit(at),
                received: CivilDate::new(2026, 2, case.day as i8).expect("a day"),
                submission: String::new(),
            };
            self.tell_home(world, at, about, ToHome::Ask(petition));
        }
    }

    fn accept(&self, world: &mut World, about: usize) -> Option<()> {
        let case = &world.cases[about];
        let at = case.authority()?;
        let free = (at == HOME).then_some(world.claim.is_none());
        let claim_first = self.claim_first && self.mutant != Mutant::AcceptWithoutClaim;
        may_accept(case.note.map(|(_, note)| note), free, claim_first, true).ok()?;
        world.cases[about].stage = Stage::Accepted { formally: true };
        world.cases[about].accepted = true;
        world.seen.accepted_twice |= world.cases.iter().all(|case| case.accepted);
        Some(())
    }
}

/// Whoever loses loses to a case that stands, or by the rule: the earlier day, then the home. Days and stages are read from the world,
/// not from what the home made of them.
fn note_loss(world: &mut World, claim_first: bool, asking: &[Petition], loser: usize, duplicate: Duplicate) {
    let winner = 1 - loser;
    let (won, lost) = (&world.cases[winner], &world.cases[loser]);
    let at_home = |case: usize| asking.iter().any(|p| p.case == case_id(case) && p.unit == unit(HOME));
    let right = match duplicate.ground {
        // What stood may have been withdrawn while its word was under way.
        Ground::Stands => match won.stage {
            Stage::Decided | Stage::Withdrawn => true,
            Stage::Accepted { formally } => claim_first && formally,
            Stage::Received | Stage::Ended(_) => false,
        },
        _ => won.day < lost.day || (won.day == lost.day && (at_home(winner) || !at_home(loser))),
    };
    if !right || duplicate.of != number(winner) {
        world.broken.insert(Broken::WrongWinner);
    }
}

impl Model for Claims {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let case = |at, day| Case {
            day,
            custody: Custody::At(at),
            stage: Stage::Received,
            accepted: false,
            note: None,
            moves: 0,
            passed_by: None,
            trail: [None; 3],
            waits: [None, None, None],
        };
        let mut worlds = Vec::new();
        for first in [HOME, VILLAGE] {
            for days in [(1, 1), (1, 2), (2, 1)] {
                let mut world = World {
                    claim: None,
                    cases: [case(first, days.0), case(CITY, days.1)],
                    mail: Default::default(),
                    broken: BTreeSet::new(),
                    seen: Seen::default(),
                };
                CASES.into_iter().for_each(|about| self.settle(&mut world, about));
                worlds.push(world);
            }
        }
        worlds
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if !world.broken.is_empty() {
            return;
        }
        for about in CASES {
            let case = &world.cases[about];
            actions.extend([
                Action::Accept(about),
                Action::Deem(about),
                Action::Decide(about),
                Action::Withdraw(about),
            ]);
            // A second ask needs a second owner that has heard of the first one's end.
            actions.extend(self.passes().then_some(Action::PassOn(about)));
            let long = matches!(self.mutant, Mutant::None | Mutant::AsksAgain);
            let most = if long { MOST_MOVES } else { MOST_MOVES_OF_MUTANT };
            if case.moves < most {
                actions.extend([HOME, CITY].map(|to| Action::Offer(about, to)));
            }
            actions.extend([Action::Abort(about), Action::Commit(about)]);
        }
        for from in UNITS {
            let to = UNITS.into_iter().filter(|to| !world.mail[from][*to].is_empty());
            actions.extend(to.map(|to| Action::Deliver { from, to }));
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        let about = match action {
            Action::Accept(about) if last.cases[about].stage == Stage::Received => {
                self.accept(&mut world, about)?;
                about
            }
            Action::Deem(about) if last.cases[about].stage == Stage::Received => {
                last.cases[about].authority()?;
                world.cases[about].stage = Stage::Accepted { formally: false };
                about
            }
            Action::Decide(about) if matches!(last.cases[about].stage, Stage::Accepted { .. }) => {
                last.cases[about].authority()?;
                let has = has_claim(last.cases[about].note.map(|(_, note)| note));
                if !has && self.mutant != Mutant::DecideWithoutClaim {
                    return None;
                }
                world.cases[about].stage = Stage::Decided;
                about
            }
            Action::Withdraw(about) if last.cases[about].is_live() => {
                let Custody::At(at) = last.cases[about].custody else { return None };
                world.cases[about].stage = Stage::Withdrawn;
                if last.cases[about].note.is_some() {
                    self.tell_home(&mut world, at, about, ToHome::Released);
                }
                about
            }
            // As `command/pass_on.rs`: who has the claim gives it up, who waits for a word of the home waits.
            Action::PassOn(about) if last.cases[about].stage == Stage::Received => {
                let at = last.cases[about].authority().filter(|_| last.cases[about].passed_by.is_none())?;
                let round = match last.cases[about].note {
                    Some((_, ClaimNote::Granted { round })) => round,
                    _ if self.mutant == Mutant::PassesOnUnanswered => 0,
                    _ => return None,
                };
                world.cases[about].note = Some((at, ClaimNote::Released { round }));
                world.cases[about].passed_by = Some(at);
                self.tell_home(&mut world, at, about, ToHome::Released);
                about
            }
            Action::Offer(about, to) if last.cases[about].passed_by == Some(to) => return None,
            Action::Offer(about, to) if last.cases[about].stage == Stage::Received => {
                let Custody::At(from) = last.cases[about].custody else { return None };
                if from == to {
                    return None;
                }
                world.cases[about].custody = Custody::Offering { from, to };
                world.cases[about].moves += 1;
                about
            }
            Action::Abort(about) => {
                let Custody::Offering { from, to } = last.cases[about].custody else { return None };
                world.cases[about].custody = Custody::At(from);
                world.cases[about].trail[to] = Some(from);
                about
            }
            Action::Commit(about) => {
                let Custody::Offering { from, to } = last.cases[about].custody else { return None };
                world.cases[about].custody = Custody::Riding { from, to };
                world.cases[about].trail[from] = Some(to);
                world.mail[from][to].push((about, Mail::Take));
                about
            }
            Action::Deliver { from, to } => {
                let (about, mail) = world.mail[from][to].remove(0);
                match mail {
                    Mail::Take => {
                        let case = &mut world.cases[about];
                        case.custody = Custody::At(to);
                        if case.passed_by.is_some() {
                            case.day = 3;
                        }
                    }
                    Mail::ToHome(said) => self.reach_home(&mut world, about, said),
                    Mail::FromHome(said) => {
                        let reply = self.heed(&mut world, to, about, said);
                        if let Some(reply) = reply {
                            self.tell_home(&mut world, to, about, reply);
                        }
                    }
                }
                about
            }
            _ => return None,
        };
        self.settle(&mut world, about);
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn at_rest(world: &World) -> bool {
            world.mail.iter().flatten().all(Vec::is_empty)
                && world.cases.iter().all(|case| matches!(case.custody, Custody::At(_)))
        }
        /// Live or decided at an authority.
        fn standing(world: &World) -> impl Iterator<Item = &Case> {
            let stands = |case: &&Case| case.authority().is_some() && (case.is_live() || case.stage == Stage::Decided);
            world.cases.iter().filter(stands)
        }
        vec![
            Property::always("never two decisions", |_, world: &World| {
                world.cases.iter().filter(|case| case.stage == Stage::Decided).count() <= 1
            }),
            Property::always("a decided case has the claim", |_, world: &World| {
                CASES
                    .into_iter()
                    .filter(|about| world.cases[*about].stage == Stage::Decided)
                    .all(|about| world.claim.as_ref().is_some_and(|claim| claim.holder.case == case_id(about)))
            }),
            Property::always("never two acceptances where the claim comes first", |model: &Self, world: &World| {
                let accepted = world.cases.iter().filter(|case| case.accepted && case.stage != Stage::Withdrawn);
                !model.claim_first || accepted.count() <= 1
            }),
            Property::always("the earlier receipt stands, a tie goes to the home", |_, world: &World| {
                !world.broken.contains(&Broken::WrongWinner)
            }),
            Property::always("a duplicate is linked to one that did not end as one", |_, world: &World| {
                !world.cases.iter().all(|case| matches!(case.stage, Stage::Ended(_)))
            }),
            Property::always("at rest one live case", |_, world: &World| {
                !at_rest(world) || standing(world).count() <= 1
            }),
            Property::always("at rest nobody waits for the home", |_, world: &World| {
                let has = |case: &Case| has_claim(case.note.map(|(_, note)| note));
                !at_rest(world) || standing(world).all(has)
            }),
            Property::sometimes("given back", |_, world: &World| world.seen.given_back),
            Property::sometimes("recalled, and stands", |_, world: &World| world.seen.stood),
            Property::sometimes("a word goes after its case", |_, world: &World| world.seen.moved),
            Property::sometimes("a word waits for a move", |_, world: &World| world.seen.waited),
            Property::sometimes("granted a second time", |_, world: &World| world.seen.granted_again),
            Property::sometimes("passed on, and decided", |model: &Self, world: &World| {
                let passed = |case: &Case| case.passed_by.is_some() && case.stage == Stage::Decided;
                !model.passes() || world.cases.iter().any(passed)
            }),
            Property::sometimes("ended as a duplicate", |_, world: &World| {
                world.cases.iter().any(|case| matches!(case.stage, Stage::Ended(_)))
            }),
            Property::sometimes("both accepted, one decided, one ended", |model: &Self, world: &World| {
                let ended = world.cases.iter().any(|case| matches!(case.stage, Stage::Ended(_)));
                let decided = world.cases.iter().any(|case| case.stage == Stage::Decided);
                model.claim_first || (world.seen.accepted_twice && ended && decided)
            }),
        ]
    }
}
