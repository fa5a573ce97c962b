//! What a node tells of its clock to whoever asks: the witness of units that have few voters (protocol.md §1). Asked for anew for each
//! comparison; an answer that is kept says nothing about a clock that was set since.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer on the time channel; the question has no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSaid {
    /// What the clock showed when the question came.
    pub time: Timestamp,
    /// What the node thinks of it.
    pub standing: ClockStanding,
}

/// What a node thinks of its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockStanding {
    /// A witness confirmed it: it is one for others.
    Trusted,
    /// It has started or jumped, and nobody has confirmed or contradicted it since.
    Unsure,
    /// Others contradict it.
    Doubted,
}

domain::first_form! {
    73: ClockSaid;
}
