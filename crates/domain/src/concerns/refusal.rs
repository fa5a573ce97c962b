//! Why nothing is said of a case, or done about what was said.

use serde::{Deserialize, Serialize};

use super::{ConcernTask, StoryLine};
use crate::case::Stage;
use crate::ids::{ConcernId, UnitId};
use crate::time::CivilDate;

/// A refusal about a concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ConcernRefusal {
    /// Nobody said that here.
    #[error("nothing of that kind was said of this case here")]
    Unknown {
        /// As named; the nil name where none was.
        concern: ConcernId,
    },
    /// Another unit answers it.
    #[error("unit {with} answers that")]
    With {
        /// Who.
        with: UnitId,
    },
    /// It does not wait for that.
    #[error("it waits for {waits:?}, not for {asked:?}")]
    Unfit {
        /// What was to be done.
        asked: ConcernTask,
        /// What is owed; nothing where `None`.
        waits: Option<ConcernTask>,
    },
    /// The story has no such line, or the line finishes no step.
    #[error("line {} of unit {} is no finished step of this case", line.sequence.0, line.unit)]
    LineUnfit {
        /// As named.
        line: StoryLine,
    },
    /// Only the person served rates, and only the applicant urges.
    #[error("the identifier is not the applicant's")]
    NotApplicant,
    /// One rating a line.
    #[error("line {} of unit {} is rated already", line.sequence.0, line.unit)]
    RatedBefore {
        /// Which.
        line: StoryLine,
    },
    /// An urging of the same kind waits for its answer.
    #[error("an urging is open already: {concern}")]
    UrgedBefore {
        /// Which.
        concern: ConcernId,
    },
    /// The case is decided or over.
    #[error("the case is {stage:?}: there is nothing to be hurried")]
    NothingToHurry {
        /// How far it has got.
        stage: Stage,
    },
    /// The day of an order has passed.
    #[error("{until} has passed")]
    DayPast {
        /// As ordered.
        until: CivilDate,
    },
    /// Whoever did the step judges nothing that is said of it.
    #[error("whoever did the step that this is about does not review it")]
    OwnStep,
    /// Words are missing.
    #[error("words are missing: what was said, found, done or answered")]
    WordsMissing,
    /// A call-back is at least one attempt.
    #[error("a call-back is at least one attempt")]
    AttemptsMissing,
    /// A case has so many already.
    #[error("{most} things are said of this case already")]
    TooMany {
        /// The bound.
        most: usize,
    },
}

impl ConcernRefusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "concern.unknown",
            Self::With { .. } => "concern.elsewhere",
            Self::Unfit { .. } => "concern.unfit",
            Self::LineUnfit { .. } => "rating.line_unfit",
            Self::NotApplicant => "concern.not_applicant",
            Self::RatedBefore { .. } => "rating.rated_before",
            Self::UrgedBefore { .. } => "urging.open",
            Self::NothingToHurry { .. } => "urging.nothing_to_hurry",
            Self::DayPast { .. } => "urging.day_past",
            Self::OwnStep => "concern.own_step",
            Self::WordsMissing => "concern.words_missing",
            Self::AttemptsMissing => "rating.attempts_missing",
            Self::TooMany { .. } => "concern.too_many",
        }
    }
}
