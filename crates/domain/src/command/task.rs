//! Kinds of what waits and of what is due, as parts of keys.

use serde::{Deserialize, Serialize};

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
}

impl TaskKind {
    /// Every kind, in the order of keys.
    pub const ALL: [Self; 10] = [
        Self::Route,
        Self::Prepare,
        Self::AwaitAnswer,
        Self::Accept,
        Self::Decide,
        Self::Close,
        Self::Return,
        Self::Deliver,
        Self::AwaitCommit,
        Self::AwaitClaim,
    ];
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
    TaskKind: Route Prepare AwaitAnswer Accept Decide Close Return Deliver AwaitCommit AwaitClaim;
    TimerKind: Patience DecisionDue;
}
