//! How a case's claim stands, in its outside form.

use domain::claims::{ClaimNote, Ground};
use serde::Serialize;
use unit::ClaimStanding;
use utoipa::ToSchema;

use crate::places::Places;

use super::form::{UnitForm, moment};

/// The claim of a case: one live case per applicant, matter and object; what has no claim is not decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Claim)]
pub(crate) struct ClaimForm {
    /// How it stands.
    standing: StandingForm,
    /// Its home, which grants it; for a duplicate, the unit where the case is that stands.
    unit: UnitForm,
    /// Since when; absent for a duplicate, whose timeline tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// The number of the case that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<String>,
    /// Why that one stands: `stands` (decided, or accepted under a claim demanded before), `earlier_receipt`, `home` or `named_first`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<&'static str>,
    /// Both came of one submission that was sent twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_submission: Option<bool>,
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClaimStanding)]
pub(crate) enum StandingForm {
    /// The home's word is awaited: nothing is decided without it.
    Awaited,
    /// The case has it.
    Granted,
    /// Another case has it for good.
    Duplicate,
}

impl ClaimForm {
    pub(crate) fn new(places: &Places, claim: ClaimStanding) -> Self {
        let held = |standing, home, since| Self {
            standing,
            unit: UnitForm::new(places, home),
            since: Some(moment(since)),
            duplicate_of: None,
            ground: None,
            same_submission: None,
        };
        match claim {
            ClaimStanding::Awaited { home, since } => held(StandingForm::Awaited, home, since),
            ClaimStanding::Granted { home, since } => held(StandingForm::Granted, home, since),
            ClaimStanding::Duplicate(duplicate) => Self {
                standing: StandingForm::Duplicate,
                unit: UnitForm::new(places, duplicate.at),
                since: None,
                duplicate_of: Some(duplicate.of.to_string()),
                ground: Some(ground_name(duplicate.ground)),
                same_submission: Some(duplicate.same_submission),
            },
        }
    }
}

/// Why another case stands, as programs read it.
pub(super) fn ground_name(ground: Ground) -> &'static str {
    match ground {
        Ground::Stands => "stands",
        Ground::EarlierReceipt => "earlier_receipt",
        Ground::Home => "home",
        Ground::NamedFirst => "named_first",
    }
}

/// A line on the claim, as a kind of the timeline.
pub(super) fn note_kind(note: ClaimNote) -> &'static str {
    match note {
        ClaimNote::Asked => "claim_asked",
        ClaimNote::Granted { .. } => "claim_granted",
        ClaimNote::GivenBack { .. } => "claim_given_back",
        ClaimNote::Released { .. } => "claim_released",
    }
}
