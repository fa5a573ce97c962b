//! Outside forms of what a unit answers. Sealed bytes, blind indexes and wrapped keys have no place in any of them.

use domain::case::{CaseContent, DayUnit, Due, Happening, Intake, PassedOverReason, Stage};
use domain::command::TaskKind;
use domain::handoff::Role;
use domain::ids::UnitId;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use unit::CaseView;
use utoipa::ToSchema;

use crate::places::Places;

use super::claim::ClaimForm;
use super::entry::EntryForm;

/// A unit by code and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnitForm {
    /// Twelve digits.
    #[schema(example = "370811000000")]
    pub(crate) code: String,
    /// Its name, e.g. `任城区`; the code where the region's table has no such unit.
    pub(crate) name: String,
}

impl UnitForm {
    pub(crate) fn new(places: &Places, unit: UnitId) -> Self {
        Self { code: unit.to_string(), name: places.name(unit) }
    }
}

/// A moment at UTC+8, RFC 3339.
pub(crate) fn moment(at: Timestamp) -> String {
    let (hour, minute, second) = at.time_of_day();
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}+08:00", at.date(), at.0.rem_euclid(1000))
}

/// How far a case has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StageForm {
    /// 收件
    Received,
    /// 受理
    Accepted,
    /// 不予受理
    NotAccepted,
    /// 决定
    Decided,
    /// 办结
    Closed,
    /// 送达
    Delivered,
    /// 撤回
    Withdrawn,
    /// 终止: a duplicate
    Terminated,
    /// 待补正
    AwaitingSupplement,
    /// 逾期终止: what the applicant was to bring did not come in time
    Lapsed,
    /// 转报: reviewed, and on its way to the organ above
    SentUp,
}

/// What a case waits for at a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitingForm {
    /// An authority is being found.
    Route,
    /// An offer waits to be prepared or declined here.
    Prepare,
    /// Our offer waits for its answer.
    AwaitAnswer,
    /// An officer accepts or not.
    Accept,
    /// An officer decides.
    Decide,
    /// The result is made.
    Close,
    /// The result goes back to where the case was received.
    Return,
    /// Someone hands the result over.
    Deliver,
    /// Held for the sender's decision.
    AwaitCommit,
    /// The home of its claim has not answered yet; stands beside what else it waits for.
    AwaitClaim,
    /// The applicant fills the gaps that were told.
    Supplement,
    /// The applicant brings what was to follow; stands beside the decision.
    Complete,
    /// An officer checks what was promised.
    CheckPromise,
    /// A promise is broken, and an officer revokes what was granted on it.
    Revoke,
    /// Officers do the listed steps whose turn it is.
    Step,
    /// An officer reviews, and sends it up.
    Review,
}

/// Two enums with the same names, each from the other.
macro_rules! same_names {
    ($($ours:ident = $theirs:ident: $($name:ident)+;)+) => {$(
        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                match value { $($theirs::$name => Self::$name),+ }
            }
        }
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                match value { $($ours::$name => Self::$name),+ }
            }
        }
    )+};
}
pub(super) use same_names;
same_names! {
    DayUnitForm = DayUnit: Working Calendar;
    StageForm = Stage: Received Accepted NotAccepted Decided Closed Delivered Withdrawn Terminated AwaitingSupplement
        Lapsed SentUp;
    WaitingForm = TaskKind: Route Prepare AwaitAnswer Accept Decide Close Return Deliver AwaitCommit AwaitClaim
        Supplement Complete CheckPromise Revoke Step Review;
}

/// What the answering unit is to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleForm {
    /// May act on it.
    Owner,
    /// Offers it to another unit.
    Offering,
    /// Handed it over.
    Gone,
    /// Was offered it.
    Offered,
    /// Holds it for the sender's decision.
    Prepared,
    /// Forgot it.
    Dropped,
}

impl From<Role> for RoleForm {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Offering { .. } => Self::Offering,
            Role::Gone { .. } => Self::Gone,
            Role::Offered { .. } => Self::Offered,
            Role::Prepared { .. } => Self::Prepared,
            Role::Dropped { .. } => Self::Dropped,
        }
    }
}

/// A case as one unit knows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub(crate) struct CaseForm {
    /// The internal name, a uuid.
    pub(crate) id: String,
    /// The number printed on paper.
    #[schema(example = "370811002001-260202-A-00001-7")]
    pub(crate) number: Option<String>,
    /// The unit that answers.
    pub(crate) unit: UnitForm,
    /// What that unit is to the case.
    pub(crate) role: RoleForm,
    /// The unit at the other end of a move.
    pub(crate) with: Option<UnitForm>,
    /// Where the case is now, as far as this unit knows.
    pub(crate) holder: UnitForm,
    /// Counts the outcomes of the case's moves.
    pub(crate) attempt: u32,
    /// How far it has got, news from elsewhere included.
    pub(crate) stage: Option<StageForm>,
    /// Whether nothing more will happen.
    pub(crate) is_final: bool,
    /// What it waits for at the answering unit.
    pub(crate) waiting: Option<WaitingForm>,
    /// How its claim stands; absent where it needs none, or has not been asked for yet.
    pub(crate) claim: Option<ClaimForm>,
    /// The matter.
    pub(crate) matter: Option<CaseMatterForm>,
    /// The applicant, masked.
    pub(crate) applicant: Option<ApplicantForm>,
    /// The place that the application is about.
    pub(crate) place: Option<UnitForm>,
    /// Who took the papers, and hands over the result.
    pub(crate) receiver: Option<UnitForm>,
    /// How first contact counts.
    pub(crate) intake: Option<IntakeForm>,
    /// First contact.
    pub(crate) collected_at: Option<String>,
    /// Legal receipt; absent until a courier's case has arrived.
    pub(crate) received_at: Option<String>,
    /// The authority that the applicant chose, where several are equal.
    pub(crate) chosen: Option<UnitForm>,
    /// Names of the materials handed in.
    pub(crate) materials: Vec<String>,
    /// Units that were offered the case in vain, in order.
    pub(crate) passed_over: Vec<PassedOverForm>,
    /// 受理
    pub(crate) acceptance: Option<AcceptanceForm>,
    /// 不予受理
    pub(crate) non_acceptance: Option<NonAcceptanceForm>,
    /// 决定
    pub(crate) decision: Option<DecisionForm>,
    /// When the result was made.
    pub(crate) closed_at: Option<String>,
    /// When the result was handed over.
    pub(crate) delivered_at: Option<String>,
    /// The applicant's and the authority's clock.
    pub(crate) clocks: Option<super::clocks::ClocksForm>,
    /// What has happened, in order.
    pub(crate) timeline: Vec<EntryForm>,
    /// Which life of the answering unit's log.
    pub(crate) generation: u32,
    /// The unit's number of the last change: with the generation, the entity tag.
    pub(crate) changed: u64,
    /// The unit's time of the answer.
    pub(crate) as_of: String,
}

/// The matter of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CaseMatterForm {
    /// Its code.
    pub(crate) code: String,
    /// Its name at receipt.
    pub(crate) name: String,
    /// The catalogue version that the case holds to.
    pub(crate) version: u64,
}

/// As much of an applicant as may be shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ApplicantForm {
    /// `王**`
    pub(crate) name: String,
    /// `3708**********1234`
    pub(crate) identifier: String,
}

/// How first contact counts.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntakeForm {
    /// Day 0 is the day at the counter.
    ForAuthority,
    /// Day 0 is the day of arrival at the authority.
    Courier,
}

impl From<Intake> for IntakeForm {
    fn from(intake: Intake) -> Self {
        match intake {
            Intake::ForAuthority => Self::ForAuthority,
            Intake::Courier => Self::Courier,
        }
    }
}

/// A unit that a case passed by.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PassedOverForm {
    /// The unit.
    pub(crate) unit: UnitForm,
    /// Why.
    pub(crate) reason: ReasonForm,
    /// When it was given up.
    pub(crate) at: String,
}

/// Why an offer came to nothing.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasonForm {
    /// No answer within the matter's patience.
    Unanswered,
    /// It declined.
    Declined,
    /// The applicant or a clerk took the offer back.
    TakenBack,
    /// It had the case, and said that another one is competent.
    NotCompetent,
}

impl From<PassedOverReason> for ReasonForm {
    fn from(reason: PassedOverReason) -> Self {
        match reason {
            PassedOverReason::Unanswered => Self::Unanswered,
            PassedOverReason::Declined => Self::Declined,
            PassedOverReason::TakenBack => Self::TakenBack,
            PassedOverReason::NotCompetent => Self::NotCompetent,
        }
    }
}

/// 受理
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AcceptanceForm {
    /// When.
    pub(crate) at: String,
    /// Where.
    pub(crate) unit: UnitForm,
    /// Who acts in law: a unified social credit code.
    pub(crate) body: String,
    /// The last day for the decision.
    pub(crate) due: DueForm,
}

/// A last day and what it was derived from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DueForm {
    /// The last day.
    #[schema(example = "2026-03-16")]
    pub(crate) date: String,
    /// The day of the event; not counted.
    pub(crate) from: String,
    /// How many days.
    pub(crate) days: u16,
    /// What they are counted in.
    pub(crate) unit: DayUnitForm,
    /// Of the calendar that was used.
    pub(crate) calendar: String,
    /// Whether a year that counts has no published calendar yet.
    pub(crate) provisional: bool,
}

/// What a limit is counted in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DayUnitForm {
    /// Of the official calendar.
    Working,
    /// Every day.
    Calendar,
}

impl From<&Due> for DueForm {
    fn from(due: &Due) -> Self {
        Self {
            date: due.date.to_string(),
            from: due.from.to_string(),
            days: due.days,
            unit: due.unit.into(),
            calendar: due.calendar.to_string(),
            provisional: due.provisional,
        }
    }
}

/// 不予受理
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NonAcceptanceForm {
    /// When.
    pub(crate) at: String,
    /// Why.
    pub(crate) reasons: String,
    /// Whom to turn to instead.
    pub(crate) right_authority: Option<UnitForm>,
}

/// 决定
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DecisionForm {
    /// When.
    pub(crate) at: String,
    /// Whether the application is granted.
    pub(crate) granted: bool,
    /// Why.
    pub(crate) reasons: String,
    /// Where.
    pub(crate) unit: UnitForm,
    /// Who acts in law.
    pub(crate) body: String,
}

/// Where a case is, by what the answering unit knows: news of a later taker goes before its own last act.
pub(crate) fn holder(view: &CaseView) -> UnitId {
    let moved = view.timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::TakenOver { .. } => Some(entry.unit),
        Happening::HandedOver { to } => Some(to),
        _ => None,
    });
    match view.role {
        Role::Owner | Role::Offering { .. } => view.unit,
        Role::Gone { to } => moved.filter(|unit| *unit != view.unit).unwrap_or(to),
        Role::Offered { by } | Role::Prepared { by } | Role::Dropped { by } => by,
    }
}

impl CaseForm {
    pub(crate) fn new(places: &Places, view: &CaseView) -> Self {
        let unit = |unit: UnitId| UnitForm::new(places, unit);
        let content = view.content.as_ref();
        let at = |pick: fn(&CaseContent) -> Option<Timestamp>| content.and_then(pick).map(moment);
        Self {
            id: view.id.to_string(),
            number: view.number.map(|number| number.to_string()),
            unit: unit(view.unit),
            role: view.role.into(),
            with: view.role.counterpart().map(unit),
            holder: unit(holder(view)),
            attempt: view.attempt.0,
            stage: view.stage.map(Into::into),
            is_final: view.stage.is_some_and(Stage::is_final),
            waiting: view.waiting.map(Into::into),
            claim: view.claim.map(|claim| ClaimForm::new(places, claim)),
            matter: content.map(|content| CaseMatterForm {
                code: content.matter.to_string(),
                name: content.matter_name.clone(),
                version: content.pin.number,
            }),
            applicant: view
                .applicant
                .as_ref()
                .map(|masked| ApplicantForm { name: masked.name.clone(), identifier: masked.identifier.clone() }),
            place: content.map(|content| unit(content.place)),
            receiver: content.map(|content| unit(content.receiver)),
            intake: content.map(|content| content.intake.into()),
            collected_at: at(|content| Some(content.collected_at)),
            received_at: at(|content| content.received_at),
            chosen: content.and_then(|content| content.chosen).map(unit),
            materials: content
                .map(|content| content.materials.iter().map(|material| material.name.clone()).collect())
                .unwrap_or_default(),
            passed_over: content
                .map(|content| &content.passed_over[..])
                .unwrap_or_default()
                .iter()
                .map(|past| PassedOverForm { unit: unit(past.unit), reason: past.reason.into(), at: moment(past.at) })
                .collect(),
            acceptance: content.and_then(|content| content.acceptance.as_ref()).map(|acceptance| AcceptanceForm {
                at: moment(acceptance.at),
                unit: unit(acceptance.authority.unit),
                body: acceptance.authority.body.to_string(),
                due: (&acceptance.due).into(),
            }),
            non_acceptance: content.and_then(|content| content.non_acceptance.as_ref()).map(|refused| {
                NonAcceptanceForm {
                    at: moment(refused.at),
                    reasons: refused.reasons.clone(),
                    right_authority: refused.right_authority.map(unit),
                }
            }),
            decision: content.and_then(|content| content.decision.as_ref()).map(|decision| DecisionForm {
                at: moment(decision.at),
                granted: decision.granted,
                reasons: decision.reasons.clone(),
                unit: unit(decision.authority.unit),
                body: decision.authority.body.to_string(),
            }),
            closed_at: at(|content| content.closed_at),
            delivered_at: at(|content| content.delivered_at),
            clocks: view.clocks.as_ref().map(Into::into),
            timeline: view.timeline.iter().map(|entry| EntryForm::new(places, entry)).collect(),
            generation: view.generation.0,
            changed: view.changed.0,
            as_of: moment(view.as_of),
        }
    }
}
