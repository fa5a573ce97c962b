//! One line of a case's story in its outside form.

use domain::case::{Gap, Happening, PassedOverReason, Period, TimelineEntry};
use domain::time::CivilDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::places::Places;

use super::claim::{ground_name, note_kind};
use super::form::{UnitForm, moment};
use super::handling::{ApproverForm, ProcedureForm};
use super::hearing::HearingPartyForm;
use super::licences::LicenceActForm;
use super::matters::LimitForm;

/// One thing that happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub(crate) struct EntryForm {
    /// When, by the log of the unit where it happened.
    pub(crate) at: String,
    /// Where.
    pub(crate) unit: UnitForm,
    /// That unit's number for the command.
    pub(crate) sequence: u64,
    /// `received`, `offered`, `regained`, `handed_over`, `taken_over`, `accepted`, `not_accepted`, `decided`, `closed`, `delivered`,
    /// `withdrawn`, `declared`, `object_named`, `claim_asked`, `claim_granted`, `claim_given_back`, `claim_released`, `terminated`, `lives_again`,
    /// `recovered`, `time_uncertain`, `time_confirmed`, `gaps_told`, `supplemented`, `accepted_by_law`, `clock_stopped`,
    /// `stop_prolonged`, `clock_resumed`, `stop_expired`, `limit_extended`, `deficit_agreed`, `completed`, `lapsed`,
    /// `passed_on`, `about_licence`, `promised`, `licence_issued`, `renewed_by_law`, `promise_checked`, `licence_revoked`, `licence_cancelled`,
    /// `licence_ended`, `sent_up`, `came_up`, `step_done`, `stepped_back`, `hearing_offered`,
    /// `hearing_asked`, `hearing_set`, `hearing_held` or `files_came`.
    pub(crate) kind: &'static str,
    /// The unit at the other end of a move, the right authority, a claim's home, or where the case is that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<UnitForm>,
    /// Reasons that were given; why an offer came to nothing; why another case stands; the basis of a stop, or of the end after a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasons: Option<String>,
    /// Whether it was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) granted: Option<bool>,
    /// The last day for the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<String>,
    /// The number of the case that stands, where this one was ended as its duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duplicate_of: Option<String>,
    /// What the unit tells from here on happened after this (`time_uncertain`), or what it was not sure of before it
    /// (`time_confirmed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bound: Option<String>,
    /// All that was missing or wrong (`gaps_told`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) gaps: Vec<GapForm>,
    /// What came (`supplemented`, `completed`; with files: `files_came`), or is to follow (`deficit_agreed`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) materials: Vec<String>,
    /// The day of receipt since which it counts as accepted (`accepted_by_law`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<String>,
    /// What the clock stands still for (`clock_stopped`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) procedure: Option<ProcedureForm>,
    /// The period told (`clock_stopped`, `stop_prolonged`; to the applicant: `gaps_told`, `deficit_agreed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) told: Option<LimitForm>,
    /// Until when the clock stands still by that; by when the applicant is to bring what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// By how many days the limit was extended (`limit_extended`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u16>,
    /// Who approved that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved_by: Option<ApproverForm>,
    /// The licence's number (`about_licence`, `licence_issued`, `renewed_by_law` and what becomes of it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) licence: Option<String>,
    /// What is asked for of that licence (`about_licence`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<LicenceActForm>,
    /// Whether the promise was kept (`promise_checked`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<bool>,
    /// The listed step (`step_done`, `stepped_back`). What it found is for officials alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    /// The account that did it (`step_done`), or chairs it (`hearing_set`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// Who asked for a hearing (`hearing_asked`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<HearingPartyForm>,
    /// On which day it is held (`hearing_set`); where is said in `reasons`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<String>,
}

/// One thing that is missing or wrong.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Gap)]
pub(crate) struct GapForm {
    /// The listed material.
    pub(crate) material: String,
    /// What is missing or wrong about it; public.
    pub(crate) what: String,
}

impl From<&Gap> for GapForm {
    fn from(gap: &Gap) -> Self {
        Self { material: gap.material.clone(), what: gap.what.clone() }
    }
}

fn kind(what: &Happening) -> &'static str {
    match what {
        Happening::Received { .. } => "received",
        Happening::Offered { .. } => "offered",
        Happening::Regained { .. } => "regained",
        Happening::HandedOver { .. } => "handed_over",
        Happening::TakenOver { .. } => "taken_over",
        Happening::Accepted { .. } => "accepted",
        Happening::NotAccepted { .. } => "not_accepted",
        Happening::Decided { .. } => "decided",
        Happening::Closed => "closed",
        Happening::Delivered => "delivered",
        Happening::Withdrawn { .. } => "withdrawn",
        Happening::Declared => "declared",
        Happening::ObjectNamed { .. } => "object_named",
        Happening::Claim { note, .. } => note_kind(*note),
        Happening::Terminated { .. } => "terminated",
        Happening::TimeUncertain { .. } => "time_uncertain",
        Happening::TimeConfirmed { .. } => "time_confirmed",
        Happening::LivesAgain { .. } => "lives_again",
        Happening::Recovered { .. } | Happening::GoesOn { .. } => "recovered",
        Happening::GapsTold { .. } => "gaps_told",
        Happening::Supplemented { .. } => "supplemented",
        Happening::AcceptedByLaw { .. } => "accepted_by_law",
        Happening::ClockStopped { .. } => "clock_stopped",
        Happening::StopProlonged { .. } => "stop_prolonged",
        Happening::ClockResumed { .. } => "clock_resumed",
        Happening::StopExpired { .. } => "stop_expired",
        Happening::LimitExtended { .. } => "limit_extended",
        Happening::DeficitAgreed { .. } => "deficit_agreed",
        Happening::Completed { .. } => "completed",
        Happening::Lapsed { .. } => "lapsed",
        Happening::PassedOn { .. } => "passed_on",
        Happening::AboutLicence { .. } => "about_licence",
        Happening::Promised { .. } => "promised",
        Happening::LicenceIssued { .. } => "licence_issued",
        Happening::RenewedByLaw { .. } => "renewed_by_law",
        Happening::PromiseChecked { .. } => "promise_checked",
        Happening::LicenceRevoked { .. } => "licence_revoked",
        Happening::LicenceCancelled { .. } => "licence_cancelled",
        Happening::LicenceEnded { .. } => "licence_ended",
        Happening::SentUp { .. } => "sent_up",
        Happening::CameUp { .. } => "came_up",
        Happening::StepDone { .. } => "step_done",
        Happening::SteppedBack { .. } => "stepped_back",
        Happening::HearingOffered { .. } => "hearing_offered",
        Happening::HearingAsked { .. } => "hearing_asked",
        Happening::HearingSet { .. } => "hearing_set",
        Happening::HearingHeld { .. } => "hearing_held",
        Happening::FilesCame { .. } => "files_came",
    }
}

impl EntryForm {
    pub(crate) fn new(places: &Places, entry: &TimelineEntry) -> Self {
        let line = Self {
            at: moment(entry.at),
            unit: UnitForm::new(places, entry.unit),
            sequence: entry.sequence.0,
            kind: kind(&entry.what),
            other: None,
            reasons: None,
            granted: None,
            due: None,
            duplicate_of: None,
            bound: None,
            gaps: vec![],
            materials: vec![],
            since: None,
            procedure: None,
            told: None,
            until: None,
            days: None,
            approved_by: None,
            licence: None,
            act: None,
            kept: None,
            step: None,
            by: None,
            party: None,
            held: None,
        };
        let unit = |unit| Some(UnitForm::new(places, unit));
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let day = |date: &CivilDate| Some(date.to_string());
        match &entry.what {
            Happening::Received { .. }
            | Happening::Closed
            | Happening::Delivered
            | Happening::Declared
            | Happening::ObjectNamed { .. }
            | Happening::LivesAgain { .. } => line,
            Happening::Offered { to } | Happening::HandedOver { to } => Self { other: unit(*to), ..line },
            Happening::Regained { from, reason } => {
                let reason = match reason {
                    PassedOverReason::Unanswered => "unanswered",
                    PassedOverReason::Declined => "declined",
                    PassedOverReason::TakenBack => "taken_back",
                    PassedOverReason::NotCompetent => "not_competent",
                };
                Self { other: unit(*from), reasons: Some(reason.to_owned()), ..line }
            }
            Happening::TakenOver { from } => Self { other: unit(*from), ..line },
            Happening::Accepted { due, .. } | Happening::ClockResumed { due } | Happening::StopExpired { due } => {
                Self { due: day(due), ..line }
            }
            Happening::NotAccepted { reasons, right_authority } => {
                Self { other: right_authority.and_then(unit), reasons: said(reasons), ..line }
            }
            Happening::Decided { granted, reasons } => Self { granted: Some(*granted), reasons: said(reasons), ..line },
            Happening::Withdrawn { reason } => Self { reasons: said(reason), ..line },
            Happening::Claim { home, .. } => Self { other: unit(*home), ..line },
            Happening::Terminated { duplicate } => Self {
                other: unit(duplicate.at),
                reasons: Some(ground_name(duplicate.ground).to_owned()),
                duplicate_of: Some(duplicate.of.to_string()),
                ..line
            },
            Happening::TimeUncertain { certain_until: bound, .. } | Happening::TimeConfirmed { at: bound, .. } => {
                Self { bound: Some(moment(*bound)), ..line }
            }
            Happening::Recovered { .. } | Happening::GoesOn { .. } => Self { other: unit(entry.unit), ..line },
            Happening::GapsTold { gaps, within } => {
                let line = Self { gaps: gaps.iter().map(Into::into).collect(), ..line };
                within.iter().fold(line, Self::within)
            }
            Happening::DeficitAgreed { materials, within } => {
                Self { materials: materials.clone(), ..line }.within(within)
            }
            Happening::Supplemented { materials } | Happening::Completed { materials } => {
                Self { materials: materials.clone(), ..line }
            }
            Happening::Lapsed { basis } => Self { reasons: said(basis), ..line },
            Happening::PassedOn { to, reasons } => Self { other: unit(*to), reasons: said(reasons), ..line },
            Happening::AboutLicence { licence, act } => {
                Self { licence: Some(licence.to_string()), act: Some((*act).into()), ..line }
            }
            Happening::Promised { materials, check, basis } => {
                Self { materials: materials.clone(), told: Some((*check).into()), reasons: said(basis), ..line }
            }
            Happening::LicenceIssued { licence, until, check_until } => Self {
                licence: Some(licence.to_string()),
                until: until.as_ref().and_then(day),
                due: check_until.as_ref().and_then(day),
                ..line
            },
            Happening::RenewedByLaw { licence, until } => {
                Self { licence: Some(licence.to_string()), until: until.as_ref().and_then(day), ..line }
            }
            Happening::PromiseChecked { kept, findings } => Self { kept: Some(*kept), reasons: said(findings), ..line },
            Happening::LicenceRevoked { licence, reasons, .. } => {
                Self { licence: Some(licence.to_string()), reasons: said(reasons), ..line }
            }
            Happening::LicenceCancelled { licence } | Happening::LicenceEnded { licence } => {
                Self { licence: Some(licence.to_string()), ..line }
            }
            Happening::SentUp { to, .. } => Self { other: unit(*to), ..line },
            Happening::CameUp { due, .. } => Self { due: day(due), ..line },
            Happening::StepDone { step, by, .. } => Self { step: said(step), by: said(by), ..line },
            Happening::SteppedBack { to, .. } => Self { step: said(to), ..line },
            Happening::HearingOffered { until, reason } => Self { until: day(until), reasons: said(reason), ..line },
            Happening::HearingAsked { party, until } => {
                Self { until: day(until), party: Some((*party).into()), ..line }
            }
            Happening::HearingSet { held, place, chair } => {
                Self { held: day(held), reasons: said(place), by: said(chair), ..line }
            }
            Happening::HearingHeld { .. } => line,
            Happening::FilesCame { files } => {
                let mut materials: Vec<String> = files.iter().map(|file| file.material.clone()).collect();
                materials.dedup();
                Self { materials, ..line }
            }
            Happening::AcceptedByLaw { since, due, .. } => Self { since: day(since), due: day(due), ..line },
            Happening::ClockStopped { kind, basis, told, until, due } => Self {
                procedure: Some((*kind).into()),
                reasons: said(basis),
                told: Some((*told).into()),
                until: day(until),
                due: day(due),
                ..line
            },
            Happening::StopProlonged { reason, told, until, due } => {
                Self { reasons: said(reason), told: Some((*told).into()), until: day(until), due: day(due), ..line }
            }
            Happening::LimitExtended { days, by, reason, due } => Self {
                days: Some(*days),
                approved_by: Some((*by).into()),
                reasons: said(reason),
                due: day(due),
                ..line
            },
        }
    }

    fn within(self, period: &Period) -> Self {
        let (told, until) = (Some(period.told.into()), Some(period.until.to_string()));
        Self { told, until, reasons: Some(period.basis.clone()), ..self }
    }
}
