//! Why a fact cannot stand in a timeline, with the article that says so.

use serde::{Deserialize, Serialize};

use super::act::Approver;
use super::count::DateRange;
use super::timeline::LegalStage;
use crate::time::CivilDate;

/// A refusal of legal time. Its code has title and remedy in both languages (docs/errors.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the sentence")]
pub enum LegalRefusal {
    /// Facts come in the order of their days.
    #[error("{on} lies before {last}, which is recorded already")]
    Order { on: CivilDate, last: CivilDate },
    /// It is too early or too late for this.
    #[error("that does not fit an application that is {stage}")]
    Stage { stage: LegalStage },
    /// Gaps are told once.
    #[error("the gaps were told already")]
    GapsAgain,
    /// It has been accepted by law.
    #[error("it counts as accepted since {since}: its gaps could be told until {until}")]
    AcceptedByLaw { since: CivilDate, until: CivilDate },
    /// A stop without its kind.
    #[error("the notice names no procedure")]
    StopKind,
    /// A stop without its basis.
    #[error("the notice says not why this case needs the procedure")]
    StopBasis,
    /// A stop without the time needed.
    #[error("the notice tells no period of at least one day")]
    StopEstimate,
    /// The procedure stops nothing here.
    #[error("neither law nor entry lets this procedure stop the clock")]
    StopUncited,
    /// A site check without a law.
    #[error("the entry cites no law by which a site check stops the clock")]
    SiteCheck,
    /// The limit is used up, or no clock that can stop runs.
    #[error("no time is left to stop on {on}: the limit ends with {due}")]
    StopLate { on: CivilDate, due: CivilDate },
    /// It stands still already.
    #[error("the clock stands still until {until} already")]
    StopOverlap { until: CivilDate },
    /// It does not stand still.
    #[error("the clock does not stand still on {on}")]
    NotStopped { on: CivilDate },
    /// One stop is prolonged once.
    #[error("this stop was prolonged already")]
    ProlongedAgain,
    /// A reason must be told.
    #[error("the reason is missing")]
    Reason,
    /// The limit has no extension.
    #[error("this limit cannot be extended")]
    ExtensionNone,
    /// Once only.
    #[error("the limit was extended already")]
    ExtensionAgain,
    /// Longer than the law gives, or not at all.
    #[error("{asked} days are not between 1 and {most}")]
    ExtensionLong { asked: u16, most: u16 },
    /// Somebody else approves.
    #[error("approved by {by:?}, where {needed:?} approves")]
    ExtensionBy { by: Approver, needed: Approver },
    /// The limit has ended.
    #[error("{on} is too late: the limit ended with {due}")]
    ExtensionLate { on: CivilDate, due: CivilDate },
    /// Asked for too late, or not offered.
    #[error("a hearing could be asked for until {until}")]
    HearingLate { until: CivilDate },
    /// Told too late.
    #[error("the notice of a hearing on {held} had to be given by {by}")]
    HearingNotice { held: CivilDate, by: CivilDate },
    /// Held too late.
    #[error("the hearing has to be held by {by}")]
    HearingFar { by: CivilDate },
}

impl LegalRefusal {
    /// The documented code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Order { .. } => "legal.order",
            Self::Stage { .. } => "legal.stage_unfit",
            Self::GapsAgain => "legal.gaps_again",
            Self::AcceptedByLaw { .. } => "legal.accepted_by_law",
            Self::StopKind => "legal.stop_kind",
            Self::StopBasis => "legal.stop_basis",
            Self::StopEstimate => "legal.stop_estimate",
            Self::StopUncited => "legal.stop_uncited",
            Self::SiteCheck => "legal.site_check",
            Self::StopLate { .. } => "legal.stop_late",
            Self::StopOverlap { .. } => "legal.stop_overlap",
            Self::NotStopped { .. } => "legal.not_stopped",
            Self::ProlongedAgain => "legal.prolonged_again",
            Self::Reason => "legal.reason_missing",
            Self::ExtensionNone => "legal.extension_none",
            Self::ExtensionAgain => "legal.extension_again",
            Self::ExtensionLong { .. } => "legal.extension_long",
            Self::ExtensionBy { .. } => "legal.extension_by",
            Self::ExtensionLate { .. } => "legal.extension_late",
            Self::HearingLate { .. } => "legal.hearing_late",
            Self::HearingNotice { .. } => "legal.hearing_notice",
            Self::HearingFar { .. } => "legal.hearing_far",
        }
    }

    /// Of 行政许可法.
    pub fn article(&self) -> &'static str {
        match self {
            Self::Order { .. } | Self::Stage { .. } => "32–44",
            Self::GapsAgain | Self::AcceptedByLaw { .. } => "32",
            Self::SiteCheck => "34, 45",
            Self::StopKind
            | Self::StopBasis
            | Self::StopEstimate
            | Self::StopUncited
            | Self::StopLate { .. }
            | Self::StopOverlap { .. }
            | Self::NotStopped { .. }
            | Self::ProlongedAgain => "45",
            Self::Reason
            | Self::ExtensionNone
            | Self::ExtensionAgain
            | Self::ExtensionLong { .. }
            | Self::ExtensionBy { .. }
            | Self::ExtensionLate { .. } => "42",
            Self::HearingLate { .. } | Self::HearingFar { .. } => "47",
            Self::HearingNotice { .. } => "48",
        }
    }

    /// Nothing is left of a limit at the end of its earliest last day: organs work to that.
    pub(super) fn stop_late(on: CivilDate, due: DateRange) -> Self {
        Self::StopLate { on, due: due.earliest }
    }
}
