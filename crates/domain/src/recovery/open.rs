//! The row of a round that is open: how far it has got, and which cases and claims it still holds.
//!
//! What a mirror had needs no mark of its own, so that a unit with a hundred thousand cases begins its round with one row: a case
//! that has not changed since the round began is inherited until the judging has passed it.

use serde::{Deserialize, Serialize};

use super::round::Round;
use crate::claims::ClaimKey;
use crate::ids::{CaseId, Generation, Sequence, UnitId};
use crate::store::{StoreFault, UnitRead};
use crate::tables::{Cases, Inherited};

/// A round, from the first command of the new life until everything inherited is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRound {
    /// Who has to answer, and who has.
    pub round: Round,
    /// The command that began it: cases that have not changed since come from before.
    pub began: Sequence,
    /// Who recorded the loss.
    pub people: [String; 2],
    /// Peers that came back themselves meanwhile: what their lives below stated is void.
    pub believed: Vec<(UnitId, Generation)>,
    /// How far the judging has got.
    pub judging: Judging,
}

/// Cases are judged first, then claims, each in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judging {
    /// The last case that was judged.
    Cases(Option<CaseId>),
    /// The last key that was judged.
    Claims(Option<ClaimKey>),
}

impl OpenRound {
    /// Whether a case comes from before the loss and is not judged yet.
    ///
    /// # Errors
    /// Rows that cannot be read.
    pub fn is_inherited(&self, store: &impl UnitRead, case: CaseId) -> Result<bool, StoreFault> {
        if store.has::<Inherited>(&case)? {
            return Ok(true);
        }
        let judged = match self.judging {
            Judging::Cases(last) => last.is_some_and(|last| case <= last),
            Judging::Claims(_) => true,
        };
        if judged {
            return Ok(false);
        }
        Ok(store.get::<Cases>(&case)?.is_some_and(|row| row.changed < self.began))
    }

    /// Whether a claim is not judged yet: nothing that needs it is done.
    pub fn is_key_open(&self, key: ClaimKey) -> bool {
        !matches!(self.judging, Judging::Claims(Some(last)) if key <= last)
    }

    /// Whether what a life of a peer stated still counts.
    pub fn believes(&self, from: UnitId, generation: Generation) -> bool {
        self.believed.iter().all(|(peer, lowest)| *peer != from || generation >= *lowest)
    }

    /// A later life of a peer has sent its fence: what its former self stated is void.
    pub(crate) fn believe(&mut self, from: UnitId, generation: Generation) {
        self.believed.retain(|(peer, _)| *peer != from);
        self.believed.push((from, generation));
    }

    /// A case belongs to the round from now on: judging that has passed its place begins anew.
    pub(crate) fn take_up(&mut self, case: CaseId) {
        let passed = match self.judging {
            Judging::Cases(last) => last.is_some_and(|last| case <= last),
            Judging::Claims(_) => true,
        };
        if passed {
            self.judging = Judging::Cases(None);
        }
    }
}
