//! Deliberate defects, for testing the checkers: each breaks one production function, and a named invariant must notice.
//!
//! Compiled only under `--cfg mutants` (`cargo xtask mutants`), which nothing that is shipped is ever built with: there is no
//! switch in production. All defects are compiled in at once and one is chosen at run time, so that one build serves them all.
//! A hook in production code is one line; what the defect does stands here.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::case::{CaseContent, Stage};
use crate::catalogue::CataloguePin;
use crate::command::MailArrived;
use crate::handoff::{Custody, Effect, Input, Move, Role, Step, StepFault};
use crate::ids::{CaseId, MailSequence, UnitId};
use crate::mail::Mail;
use crate::recovery::{Finding, Word};
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Findings, FoundCase, InboxCursor};
use crate::time::Timestamp;

macro_rules! mutants {
    ($($(#[$doc:meta])+ $name:ident;)+) => {
        /// A deliberate defect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant {
            $($(#[$doc])+ $name,)+
        }

        impl Mutant {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

mutants! {
    /// An append is confirmed before it is synced.
    AcknowledgedUnsynced;
    /// An abort leaves the attempt as it was.
    AbortKeepsAttempt;
    /// A take leaves the attempt as it was.
    TakeKeepsAttempt;
    /// Idempotency keys are not remembered.
    KeysForgotten;
    /// The receiver acts as soon as it has prepared.
    ActsOnPrepare;
    /// A prepared receiver gives up alone.
    ReceiverGivesUp;
    /// The sender lets go as soon as it has offered.
    ReleasedOnOffer;
    /// The sender lets go without saying so: no commit is sent.
    ReleasedUnsaid;
    /// `apply` reads the machine's clock.
    ClockRead;
    /// What a mail does is written without the cursor.
    CursorApart;
    /// A peer's time is merged into the unit's.
    RemoteTimeMerged;
    /// A stamp of the past dates a command back.
    BackDated;
    /// A case number is used again.
    NumberReused;
    /// A decision does not ask whether there is one.
    DecidedTwice;
    /// The day of the event counts.
    EventDayCounts;
    /// A timer fires before it is due.
    FiresEarly;
    /// A refusal leaves no audit row.
    RefusalUnaudited;
    /// A case taken over is judged by the newest rules.
    PinRenewed;
    /// The applicant's fields are kept in clear.
    FieldsInClear;
    /// A unit that comes back acts on what it inherited before its round has judged it.
    ActsOnInherited;
    /// A round is over with the first answer.
    FirstAnswerEndsRound;
    /// What a round finds to be ours goes on under the attempt that was the highest.
    AttemptStays;
    /// Mail of a life that a fence has ended is still taken.
    BelievesFenced;
    /// A case that goes on without its lost tail is not among what the round found.
    FindingLeftOut;
    /// A clock that jumped is believed at once.
    JumpBelieved;
    /// What begins or ends a legal period is done in uncertain time.
    ActsInUncertainTime;
    /// A story does not say where its times are uncertain.
    UncertainUnsaid;
    /// Gaps are told a second time.
    GapsToldAgain;
    /// Nobody waits for what the law makes of an application whose gaps are not told.
    LawNotAwaited;
    /// The law accepts as of the day on which somebody notices.
    AcceptedWhenNoticed;
    /// A stop of the clock moves no last day.
    StopUncounted;
    /// A result is made before what was to follow is in.
    GrantedLacking;
    /// What an applicant owes is over a day before the period that was told.
    LapsesEarly;
}

/// The place of the chosen one in [`Mutant::ALL`], from 1; 0 where none is.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// Chooses a defect for this process, or none.
pub fn choose(mutant: Option<Mutant>) {
    let place = mutant.and_then(|mutant| Mutant::ALL.iter().position(|known| *known == mutant));
    CHOSEN.store(place.map_or(0, |place| place + 1), Ordering::SeqCst);
}

/// Whether a defect is chosen.
pub fn is(mutant: Mutant) -> bool {
    let chosen = CHOSEN.load(Ordering::SeqCst).checked_sub(1);
    chosen.and_then(|place| Mutant::ALL.get(place)) == Some(&mutant)
}

/// The honest value, or the falsified one.
pub fn instead<T>(mutant: Mutant, honest: T, falsified: T) -> T {
    if is(mutant) { falsified } else { honest }
}

/// What goes into a handoff step.
pub(crate) fn before_step(before: Option<Custody>, input: Input) -> Option<Custody> {
    let gives_up = is(Mutant::ReceiverGivesUp) && input == Input::Decline;
    before.map(|custody| match custody.role {
        Role::Prepared { by } if gives_up => Custody { role: Role::Offered { by }, ..custody },
        _ => custody,
    })
}

/// What comes out of a handoff step.
pub(crate) fn after_step(before: Option<Custody>, step: Result<Step, StepFault>) -> Result<Step, StepFault> {
    let mut step = step?;
    let known = before.map(|custody| custody.attempt).unwrap_or_default();
    if let Some(custody) = &mut step.custody {
        let regained = step.effect == Effect::Regained && is(Mutant::AbortKeepsAttempt);
        let taken = step.effect == Effect::Took && is(Mutant::TakeKeepsAttempt);
        if regained || taken {
            custody.attempt = known;
        }
        match custody.role {
            Role::Prepared { .. } if step.effect == Effect::Holding && is(Mutant::ActsOnPrepare) => {
                *custody = Custody { role: Role::Owner, attempt: known.next(), content: None };
            }
            Role::Offering { to } if step.effect == Effect::Froze && is(Mutant::ReleasedOnOffer) => {
                custody.role = Role::Gone { to };
            }
            _ => {}
        }
    }
    if is(Mutant::ReleasedUnsaid) && matches!(step.send, Some((_, Move::Commit { .. }))) {
        step.send = None;
    }
    Ok(step)
}

/// The unit's time after a stamp.
pub(crate) fn time_after(honest: Timestamp, stamped: Timestamp) -> Timestamp {
    match () {
        () if is(Mutant::BackDated) => stamped,
        () if is(Mutant::ClockRead) => honest.plus_millis(clock_nanos() % 1_000),
        () => honest,
    }
}

#[expect(clippy::disallowed_methods, reason = "the defect is that a clock is read")]
fn clock_nanos() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::from(since.subsec_nanos())
}

/// The unit's time after a peer's mail.
pub(crate) fn time_after_mail(honest: Timestamp, mail: &Mail) -> Timestamp {
    let theirs = match mail {
        Mail::News { entries, .. } => entries.last().map(|entry| entry.at),
        Mail::Offer { content, .. } => content.timeline.last().map(|entry| entry.at),
        _ => None,
    };
    instead(Mutant::RemoteTimeMerged, honest, theirs.map_or(honest, |theirs| theirs.max(honest)))
}

/// The cursor that is written with what a mail does.
pub(crate) fn cursor_after(honest: InboxCursor, known: InboxCursor, mail: &Mail) -> InboxCursor {
    let word = matches!(mail, Mail::Move { .. } | Mail::Offer { .. });
    if word { instead(Mutant::CursorApart, honest, known) } else { honest }
}

/// The stage by which a decision is judged.
pub(crate) fn stage_to_decide(stage: Stage) -> Stage {
    let again = is(Mutant::DecidedTwice) && matches!(stage, Stage::Decided | Stage::Closed);
    if again { Stage::Accepted } else { stage }
}

/// The version that a case is judged by after a take.
pub(crate) fn renew_pin(content: &mut CaseContent, newest: Option<CataloguePin>) {
    if let (true, Some(newest)) = (is(Mutant::PinRenewed), newest) {
        content.pin = newest;
    }
}

/// Whether a round counts as over before its time.
pub(crate) fn ends_early(peers: &[(UnitId, Word)]) -> bool {
    is(Mutant::FirstAnswerEndsRound) && peers.iter().any(|(_, word)| *word == Word::Answered)
}

/// How far a peer's stream counts as read: what a fence ended goes on where its sender says.
pub(crate) fn known_stream(honest: InboxCursor, mail: &MailArrived) -> InboxCursor {
    if !is(Mutant::BelievesFenced) || mail.generation >= honest.generation {
        return honest;
    }
    let sequence = MailSequence(mail.sequence.0.saturating_sub(1));
    InboxCursor { generation: mail.generation, sequence, chain: mail.before }
}

/// What a round found is forgotten at once.
pub(crate) fn leave_out(store: &mut impl UnitStore, case: CaseId, found: &FoundCase) -> Result<(), StoreFault> {
    let left_out = is(Mutant::FindingLeftOut) && found.finding == Finding::Ours;
    if left_out { store.delete::<Findings>(&case) } else { Ok(()) }
}
