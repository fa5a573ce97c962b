//! Who acts.

use serde::{Deserialize, Serialize};

/// Who a command is done for: an account's name, never a person's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// What kind of actor.
    pub kind: PrincipalKind,
    /// The account, e.g. `demo-window-370811002000`; for a unit its code.
    pub name: String,
}

/// What kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// Someone who applies.
    Public,
    /// Staff of the unit.
    Staff,
    /// The unit itself, by its leader's duties.
    Unit,
    /// Another unit, by mail.
    Peer,
}
