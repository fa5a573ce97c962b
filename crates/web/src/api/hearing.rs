//! Hearings (行政许可法 arts. 46 to 48): the right to one is told, it is asked for, set and held.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::hearing::HearingParty;
use serde::{Deserialize, Serialize};
use unit::{Act, Handling, Private};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::{for_applicant, on_case};
use super::form::{CaseForm, same_names};

same_names! {
    HearingPartyForm = HearingParty: Applicant InterestedParty;
}

/// Who asks for a hearing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HearingParty)]
pub(crate) enum HearingPartyForm {
    /// 申请人
    Applicant,
    /// 利害关系人
    InterestedParty,
}

/// That those concerned may ask for a hearing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HearingRights)]
pub(crate) struct TellForm {
    /// Whose interests it touches, and how; public.
    #[serde(default)]
    reason: String,
}

/// That a hearing is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HearingRequest)]
pub(crate) struct AskForm {
    /// Who asks.
    party: HearingPartyForm,
}

/// When and where it is held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HearingNotice)]
pub(crate) struct SetForm {
    /// The day, e.g. `2026-03-20`.
    held: String,
    /// Where; public.
    #[serde(default)]
    place: String,
    /// The account that chairs it; it works on the case in no other way.
    #[serde(default)]
    chair: String,
}

/// What was said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HearingRecord)]
pub(crate) struct HoldForm {
    /// 听证笔录; not public.
    #[serde(default)]
    record: String,
}

/// Tell those concerned of their right to a hearing (art. 47).
#[utoipa::path(post, path = "/cases/{case}/tell-hearing", tag = "acts", operation_id = "tell_hearing", request_body = TellForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn tell(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<TellForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::TellHearing { reason: form.reason };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Ask for a hearing within five days of being told: the one who submitted the case, or staff for who asks at the counter.
#[utoipa::path(post, path = "/cases/{case}/ask-hearing", tag = "acts", operation_id = "ask_hearing", request_body = AskForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn ask(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<AskForm>,
) -> Result<Response, Problem> {
    let person = for_applicant(&served, &caller, case, (Deed::Supplement, Deed::SupplementOwn)).await?;
    let handling = Handling::AskHearing { party: form.party.into() };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Tell when and where a hearing is held and who chairs it, seven days before (art. 48).
#[utoipa::path(post, path = "/cases/{case}/set-hearing", tag = "acts", operation_id = "set_hearing", request_body = SetForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn set(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<SetForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let held = form.held.parse().map_err(|_| Problem::of("request.field").field("held"))?;
    let handling = Handling::SetHearing { held, place: form.place, chair: form.chair };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Hand in the record of a hearing, as the one who chaired it (art. 48).
#[utoipa::path(post, path = "/cases/{case}/hold-hearing", tag = "acts", operation_id = "hold_hearing", request_body = HoldForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn hold(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<HoldForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::HoldHearing { record: Private(form.record) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}
