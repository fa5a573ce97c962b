//! Kinds of what waits and of what is due, as parts of keys.

use serde::{Deserialize, Serialize};

use crate::concerns::ConcernTask;
use crate::store::Key;

/// What waits for someone, as the first part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TaskKind {
    /// Leader: find the authority and offer the case.
    Route = 1,
    /// Leader: an offer waits to be prepared or declined.
    Prepare = 2,
    /// Leader: an offer of ours is open.
    AwaitAnswer = 3,
    /// Officer: accept or not.
    Accept = 4,
    /// Officer: decide.
    Decide = 5,
    /// Leader: make the result.
    Close = 6,
    /// Leader: bring the result back to where the case was received.
    Return = 7,
    /// Officer: hand the result over.
    Deliver = 8,
    /// Leader: held for the sender's decision.
    AwaitCommit = 9,
    /// The home has not answered yet: stands beside what the case waits for.
    AwaitClaim = 10,
    /// Applicant: fill the gaps that were told.
    Supplement = 11,
    /// Applicant: bring what was to follow; stands beside the decision.
    Complete = 12,
    /// Officer: check what was promised; stands beside what the case waits for.
    CheckPromise = 13,
    /// Officer: the promise is broken, and what was granted on it still holds.
    Revoke = 14,
    /// Officer: do the steps of the flow whose turn it is.
    Step = 15,
    /// Officer: review, and send it up to who decides.
    Review = 16,
}

impl TaskKind {
    /// Every kind: what a case waits for first of all stands before what stands beside it.
    pub const ALL: [Self; 16] = [
        Self::Route,
        Self::Prepare,
        Self::AwaitAnswer,
        Self::Accept,
        Self::Decide,
        Self::Step,
        Self::Review,
        Self::Close,
        Self::Return,
        Self::Deliver,
        Self::AwaitCommit,
        Self::AwaitClaim,
        Self::Supplement,
        Self::Complete,
        Self::CheckPromise,
        Self::Revoke,
    ];
    /// Ends of ranges of keys.
    pub const FIRST: Self = Self::Route;
    /// Likewise.
    pub const LAST: Self = Self::Review;
}

/// What is due, as the last part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TimerKind {
    /// The matter's patience with an unanswered offer is over.
    Patience = 1,
    /// The last day for the decision has passed.
    DecisionDue = 2,
    /// The last day on which gaps could be told has passed.
    GapsDue = 3,
    /// The period for which the clock stands still has passed.
    StopOver = 4,
    /// The period in which the applicant was to bring something has passed.
    LapseDue = 5,
    /// The last day of the licence that was issued in the case has passed.
    LicenceEnds = 6,
}

impl TimerKind {
    /// Ends of ranges of keys.
    pub const FIRST: Self = Self::Patience;
    /// Likewise.
    pub const LAST: Self = Self::LicenceEnds;
    /// What is set for an authority's own work on a case, and not for an offer.
    pub const LEGAL: [Self; 4] = [Self::DecisionDue, Self::GapsDue, Self::StopOver, Self::LapseDue];
}

macro_rules! byte_keys {
    ($($type:ident: $($variant:ident)+;)+) => {$(
        impl Key for $type {
            fn write(&self, to: &mut Vec<u8>) {
                to.push(*self as u8);
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                let byte = u8::read(from)?;
                [$(Self::$variant),+].into_iter().find(|kind| *kind as u8 == byte)
            }
        }
    )+};
}
byte_keys! {
    TaskKind: Route Prepare AwaitAnswer Accept Decide Close Return Deliver AwaitCommit AwaitClaim Supplement Complete
        CheckPromise Revoke Step Review;
    TimerKind: Patience DecisionDue GapsDue StopOver LapseDue LicenceEnds;
    ConcernTask: CallBack Rectify AnswerUrging JudgeComplaint HandleComplaint AnswerComplaint;
}
