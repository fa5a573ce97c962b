//! What pages and programs may ask of a unit: acts, questions, and how each can fail. `host` implements it; `web` and the
//! command line call it; simulation calls it too.

use std::future::Future;
use std::pin::Pin;

use domain::accounts::AccountName;
use domain::ids::{CaseId, UnitId};
use domain::principal::Principal;
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::accounts::Credentials;
use crate::files::OpenFile;
use crate::question::{Answer, Question};
use crate::request::{CaseName, Request, RequestFault};
use crate::status::UnitStatus;
use crate::voters::{VoterPlan, VoterRequest, VotersFault, VotersView};

/// A future behind a pointer: the handle is used as `Arc<dyn UnitHandle>`.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One unit, as seen from the node that runs a replica of it.
pub trait UnitHandle: Send + Sync + 'static {
    /// Which unit.
    fn unit(&self) -> UnitId;

    /// Does an act, once per idempotency key, and answers when it is on disk and synced on a majority of the unit's voters.
    ///
    /// Forwards to the leader where this node is not it.
    fn submit(&self, request: Request) -> Pending<'_, Result<domain::command::Outcome, SubmitFault>>;

    /// Answers from a linearisable read: never older than anything confirmed before the question was asked.
    fn ask(&self, question: Question) -> Pending<'_, Result<Answer, AskFault>>;

    /// The files of a case, with what opens them: for this node alone, never over a link. Never older than anything confirmed
    /// before it was asked.
    fn files(&self, case: CaseName) -> Pending<'_, Result<Vec<OpenFile>, AskFault>>;

    /// What a password of an account is verified against: for this node alone, never over a link. `None`: no such account. Never
    /// older than anything confirmed before it was asked.
    fn credentials(&self, account: AccountName) -> Pending<'_, Result<Option<Credentials>, AskFault>>;

    /// How the unit is, as far as this node knows; answers without a leader too.
    fn status(&self) -> Pending<'_, UnitStatus>;

    /// Who votes, as the unit's leader knows now.
    fn voters(&self) -> Pending<'_, Result<VotersView, Unavailable>>;

    /// Begins a change of who votes or leads, at the unit's leader, and answers with what it comes to; [`Self::voters`] tells how far it
    /// is. `by` is told in the log.
    fn change_voters(&self, by: Principal, request: VoterRequest) -> Pending<'_, Result<VoterPlan, VotersFault>>;

    /// Waits until something changed at this replica about a case, or about any where `None`. A wait, not a promise: ask again.
    fn changed(&self, case: Option<CaseId>) -> Pending<'_, ()>;
}

/// Why an act was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SubmitFault {
    /// The request cannot be: put it right and send it again.
    #[error(transparent)]
    Invalid(#[from] RequestFault),
    /// The unit's rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The unit cannot answer now. Whether the act was done is unknown: ask again under the same key.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AskFault {
    /// The question cannot be.
    #[error(transparent)]
    Invalid(#[from] RequestFault),
    /// There is no such thing here.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The unit cannot answer now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The unit cannot answer now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unavailable {
    /// The unit's voters have no leader, or it cannot be reached from here.
    #[error("unit {unit} has no leader that can be reached: try again shortly")]
    NoLeader {
        /// Which unit.
        unit: UnitId,
    },
    /// No answer within the deadline.
    #[error("unit {unit} did not answer within {millis} ms: whether it was done is unknown")]
    Deadline {
        /// Which unit.
        unit: UnitId,
        /// The deadline.
        millis: u64,
    },
    /// The node is shutting down, or its group has stopped after a fault.
    #[error("unit {unit} has stopped at this node: {why}")]
    Stopped {
        /// Which unit.
        unit: UnitId,
        /// Why.
        why: String,
    },
    /// Too many requests are waiting.
    #[error("unit {unit} has too much to do: try again shortly")]
    Overloaded {
        /// Which unit.
        unit: UnitId,
    },
}

impl SubmitFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(fault) => fault.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Unavailable(unavailable) => unavailable.code(),
        }
    }
}

impl AskFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(fault) => fault.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Unavailable(unavailable) => unavailable.code(),
        }
    }
}

impl Unavailable {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLeader { .. } => "unit.no_leader",
            Self::Deadline { .. } => "unit.deadline",
            Self::Stopped { .. } => "unit.stopped",
            Self::Overloaded { .. } => "unit.overloaded",
        }
    }
}
