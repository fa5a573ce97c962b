//! What a unit answers to a fence: every case that the asking unit can have held, in pieces of bounded size.

use serde::{Deserialize, Serialize};

use super::claims::ClaimStated;
use super::statement::Statement;
use crate::case::CaseContent;
use crate::claims::ClaimKey;
use crate::ids::{CaseId, Generation};
use crate::sealed::WrappedKey;

/// One piece. What its sender says about a case afterwards replaces what the piece states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose fence is answered: an answer to a former self's does not count.
    pub fence: Generation,
    /// In the order of their names, going on from the piece before.
    pub cases: Vec<StatedCase>,
    /// Of cases whose claim the asking unit grants.
    pub claims: Vec<(ClaimKey, ClaimStated)>,
    /// Whether nothing follows: only then the sender has answered.
    pub is_last: bool,
}

/// What is stated about one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedCase {
    /// Which case.
    pub case: CaseId,
    /// What the sender is to it, and how new a content it holds.
    pub statement: Statement,
    /// That content.
    pub held: Option<HeldContent>,
}

/// A content as it is handed over: to be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldContent {
    /// What travels.
    pub content: Box<CaseContent>,
    /// The case's data key, sealed to who is told.
    pub key: WrappedKey,
}
