//! How one case moves between two units with one owner at every moment (protocol.md §3).
//!
//! `step` is the production transition function and the one that the model in `tests/handoff_model.rs` runs. It knows nothing
//! of what a case is: what it says is carried out by the commands that call it. The sender's log decides; the receiver
//! prepares. Mail is exactly-once and in order per sender (protocol.md §2), so a repeat here is a fork, not a retry.

use serde::{Deserialize, Serialize};

use crate::digest::ContentHash;
use crate::ids::{Attempt, UnitId};

/// What a unit is to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// May act on it.
    Owner,
    /// Owns it with frozen content; may only abort.
    Offering {
        /// Whom it is offered to.
        to: UnitId,
    },
    /// Committed it away; keeps the content until the taker's copy is safe.
    Gone {
        /// Who has it, or is the only one who can come to have it.
        to: UnitId,
    },
    /// Was offered it; has not promised anything yet.
    Offered {
        /// The sender, whose log decides.
        by: UnitId,
    },
    /// Holds the content for the sender's decision; may not act, may not give up alone.
    Prepared {
        /// The sender, whose log decides.
        by: UnitId,
    },
    /// Forgot an offer that was declined or aborted.
    Dropped {
        /// Who offered it.
        by: UnitId,
    },
}

impl Role {
    /// The unit at the other end of a move; `None` for an owner.
    pub fn counterpart(self) -> Option<UnitId> {
        match self {
            Self::Owner => None,
            Self::Offering { to } | Self::Gone { to } => Some(to),
            Self::Offered { by } | Self::Prepared { by } | Self::Dropped { by } => Some(by),
        }
    }
}

/// A unit's standing with one case. `None` in [`step`] is a case never heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Custody {
    /// What the unit is to the case.
    pub role: Role,
    /// The highest attempt known; an owner's own is the next one to be decided.
    pub attempt: Attempt,
    /// Hash of the content under offer; `None` for an owner, whose content still changes.
    pub content: Option<ContentHash>,
}

impl Custody {
    /// Of the unit that received the case.
    pub const RECEIVED_HERE: Self = Self { role: Role::Owner, attempt: Attempt::FIRST, content: None };

    /// Whether the unit may act on the case.
    pub fn may_act(&self) -> bool {
        self.role == Role::Owner
    }
}

/// What one unit tells another about a case on its way. The case itself is named by the mail around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Move {
    /// Sender: will you take it? The content travels beside, under this hash.
    Offer {
        /// The attempt that this offer opens.
        attempt: Attempt,
        /// Of the content.
        content: ContentHash,
    },
    /// Receiver: I hold it and wait for your word.
    Prepared {
        /// Of the offer.
        attempt: Attempt,
    },
    /// Receiver: I will not take it.
    Declined {
        /// Of the offer.
        attempt: Attempt,
    },
    /// Sender: it is yours.
    Commit {
        /// Of the offer.
        attempt: Attempt,
    },
    /// Sender: it is ours again.
    Abort {
        /// Of the offer.
        attempt: Attempt,
    },
    /// Receiver: your offer is older than what I know.
    Stale {
        /// The highest attempt that the receiver knows.
        highest: Attempt,
    },
}

/// What happens to a custody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Our own command: offer it to an equal or competent authority.
    Offer {
        /// Whom to.
        to: UnitId,
        /// Of what is offered.
        content: ContentHash,
    },
    /// Our own command: take an open offer back.
    Abort,
    /// Our own command: hold what was offered.
    Prepare,
    /// Our own command: refuse what was offered.
    Decline,
    /// Mail of another unit, already logged.
    Heard {
        /// Its certificate's unit.
        from: UnitId,
        /// What it says.
        said: Move,
    },
}

/// What a step asks of the command that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing changed: an old attempt does nothing.
    Nothing,
    /// Content is frozen and goes out with the offer.
    Froze,
    /// Ours again, under a fresh attempt.
    Regained,
    /// Gone: keep the content, stop acting.
    Released,
    /// Content arrived: keep it, promise nothing yet. What an older offer brought is replaced.
    Arrived,
    /// Held for the sender's decision.
    Holding,
    /// Ours now.
    Took,
    /// Forget the content, leave an erasure record.
    Forgot,
}

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The custody afterwards; `None` if the case is still unknown.
    pub custody: Option<Custody>,
    /// What to send, and to whom.
    pub send: Option<(UnitId, Move)>,
    /// What to do with the content.
    pub effect: Effect,
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum StepFault {
    /// Our own command does not fit our role: the answer to whoever asked.
    #[error("the case is not in a state for that: {0:?}")]
    NotNow(Option<Role>),
    /// Another content or sender under a known attempt: a former self, a forger or a broken log.
    /// A peer's word is kept as evidence and does nothing; where our own log says it, the group stops.
    #[error("fork: another offer under attempt {0:?}")]
    Fork(Attempt),
    /// A word that cannot come in this order: kept as evidence, does nothing.
    #[error("order: {said:?} while {role:?}")]
    Order {
        /// What we were.
        role: Option<Role>,
        /// What came.
        said: Move,
    },
}

/// One transition. Pure; total over all inputs.
pub fn step(before: Option<Custody>, input: Input) -> Result<Step, StepFault> {
    #[cfg(mutants)]
    let before = crate::mutants::before_step(before, input);
    let step = match input {
        Input::Heard { from, said } => hear(before, from, said),
        own => act(before, own),
    };
    #[cfg(mutants)]
    let step = crate::mutants::after_step(before, step);
    step
}

fn act(before: Option<Custody>, input: Input) -> Result<Step, StepFault> {
    let custody = before.ok_or(StepFault::NotNow(None))?;
    let attempt = custody.attempt;
    let to_role = |role, content| Custody { role, attempt, content };
    match (input, custody.role) {
        (Input::Offer { to, content }, Role::Owner) => Ok(Step {
            custody: Some(to_role(Role::Offering { to }, Some(content))),
            send: Some((to, Move::Offer { attempt, content })),
            effect: Effect::Froze,
        }),
        (Input::Abort, Role::Offering { to }) => Ok(regain(custody, Some((to, Move::Abort { attempt })))),
        (Input::Prepare, Role::Offered { by }) => Ok(Step {
            custody: Some(to_role(Role::Prepared { by }, custody.content)),
            send: Some((by, Move::Prepared { attempt })),
            effect: Effect::Holding,
        }),
        (Input::Decline, Role::Offered { by }) => Ok(forget(custody, by, Some((by, Move::Declined { attempt })))),
        (_, role) => Err(StepFault::NotNow(Some(role))),
    }
}

fn hear(before: Option<Custody>, from: UnitId, said: Move) -> Result<Step, StepFault> {
    let role = before.map(|custody| custody.role);
    let known = before.map(|custody| custody.attempt).unwrap_or_default();
    let ignored = Ok(Step { custody: before, send: None, effect: Effect::Nothing });
    let out_of_order = Err(StepFault::Order { role, said });
    match said {
        Move::Offer { attempt, content } => {
            if attempt > known {
                // A higher attempt proves that whatever we were offered before was aborted.
                match role {
                    Some(Role::Owner | Role::Offering { .. }) => return out_of_order,
                    _ => {
                        let custody = Custody { role: Role::Offered { by: from }, attempt, content: Some(content) };
                        return Ok(Step { custody: Some(custody), send: None, effect: Effect::Arrived });
                    }
                }
            }
            if attempt == known {
                return Err(StepFault::Fork(attempt));
            }
            Ok(Step { custody: before, send: Some((from, Move::Stale { highest: known })), effect: Effect::Nothing })
        }
        Move::Prepared { attempt } => match before {
            Some(custody) if custody.role == (Role::Offering { to: from }) && attempt == known => Ok(Step {
                custody: Some(Custody { role: Role::Gone { to: from }, ..custody }),
                send: Some((from, Move::Commit { attempt })),
                effect: Effect::Released,
            }),
            _ => ignored,
        },
        Move::Declined { attempt } => match before {
            Some(custody) if custody.role == (Role::Offering { to: from }) && attempt == known => {
                Ok(regain(custody, None))
            }
            _ => ignored,
        },
        Move::Commit { attempt } => match before {
            Some(custody) if custody.role == (Role::Prepared { by: from }) && attempt == known => {
                let custody = Custody { role: Role::Owner, attempt: attempt.next(), content: None };
                Ok(Step { custody: Some(custody), send: None, effect: Effect::Took })
            }
            // A sender commits only what we prepared: anything else at or above what we know is no old news.
            _ if attempt >= known => out_of_order,
            _ => ignored,
        },
        Move::Abort { attempt } => match before {
            Some(custody)
                if matches!(custody.role, Role::Offered { by } | Role::Prepared { by } if by == from)
                    && attempt == known =>
            {
                Ok(forget(custody, from, None))
            }
            _ => ignored,
        },
        Move::Stale { highest } => match before {
            // For an open offer this can only reach a former generation, which stops.
            Some(custody) if custody.role == (Role::Offering { to: from }) && highest > known => out_of_order,
            _ => ignored,
        },
    }
}

/// Ours again under a fresh attempt, so that nothing said about the old one can count.
fn regain(custody: Custody, send: Option<(UnitId, Move)>) -> Step {
    let custody = Custody { role: Role::Owner, attempt: custody.attempt.next(), content: None };
    Step { custody: Some(custody), send, effect: Effect::Regained }
}

fn forget(custody: Custody, by: UnitId, send: Option<(UnitId, Move)>) -> Step {
    let custody = Custody { role: Role::Dropped { by }, content: None, ..custody };
    Step { custody: Some(custody), send, effect: Effect::Forgot }
}
