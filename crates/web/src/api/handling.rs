//! What an authority does between receipt and decision: tell gaps, take the supplement, stop the clock, extend. The rules are those of
//! docs/law.md; each refusal names its article.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::case::{DayUnit, Gap, Within};
use domain::catalogue::LimitDays;
use domain::command::Deficit;
use domain::legal::{Approver, Procedure, StopNotice};
use serde::{Deserialize, Serialize};
use unit::{Act, Handling};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::{for_applicant, on_case};
use super::entry::GapForm;
use super::form::{CaseForm, DayUnitForm, same_names};
use super::matters::LimitForm;

same_names! {
    ProcedureForm = Procedure: Hearing Tender Auction Inspection Testing Quarantine Appraisal ExpertReview SiteCheck;
    ApproverForm = Approver: OrganHead GovernmentHead;
}

/// What the clock can stand still for (art. 45).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Procedure)]
pub(crate) enum ProcedureForm {
    /// 听证
    Hearing,
    /// 招标
    Tender,
    /// 拍卖
    Auction,
    /// 检验
    Inspection,
    /// 检测
    Testing,
    /// 检疫
    Quarantine,
    /// 鉴定
    Appraisal,
    /// 专家评审
    ExpertReview,
    /// 实地核查: stops nothing unless the entry cites a law.
    SiteCheck,
}

/// Who approves an extension.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Approver)]
pub(crate) enum ApproverForm {
    /// 本行政机关负责人
    OrganHead,
    /// 本级人民政府负责人
    GovernmentHead,
}

/// A notice of gaps.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GapsNotice)]
pub(crate) struct GapsForm {
    /// All of them: a second notice is refused.
    gaps: Vec<GapForm>,
    /// By when they are to be filled, where a provision sets an end.
    #[serde(default)]
    within: Option<WithinForm>,
}

/// By when the applicant is to bring what is asked for; in working days where no unit is said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplicantsPeriod)]
pub(crate) struct WithinForm {
    /// So many.
    #[serde(default)]
    days: u16,
    /// In what.
    #[serde(default)]
    unit: Option<DayUnitForm>,
    /// The provision by which the application is over otherwise.
    #[serde(default)]
    basis: String,
}

impl From<WithinForm> for Within {
    fn from(form: WithinForm) -> Self {
        let unit = form.unit.map_or(DayUnit::Working, Into::into);
        Self { told: LimitDays { days: form.days, unit }, basis: form.basis }
    }
}

/// An acceptance with materials to follow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeficitRequest)]
pub(crate) struct DeficitForm {
    /// As in `accept`.
    #[serde(default)]
    declared: bool,
    /// The applicant asked for it and signed.
    #[serde(default)]
    asked: bool,
    /// By when the rest is due.
    within: WithinForm,
}

/// A transfer to the competent authority.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TransferRequest)]
pub(crate) struct PassOnForm {
    /// The competent authority: a code or path of names.
    to: String,
    /// Why this one is not; public.
    #[serde(default)]
    reasons: String,
    /// The applicant agreed.
    #[serde(default)]
    consented: bool,
}

/// What fills the gaps.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SupplementRequest)]
pub(crate) struct SupplementForm {
    /// Names as listed: all that the notice asks for.
    materials: Vec<String>,
}

/// A notice that time is not counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StopNotice)]
pub(crate) struct StopForm {
    /// For which procedure.
    #[serde(default)]
    kind: Option<ProcedureForm>,
    /// Why this case needs it.
    #[serde(default)]
    basis: String,
    /// The time needed.
    #[serde(default)]
    told: Option<LimitForm>,
}

/// The second notice of a stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProlongNotice)]
pub(crate) struct ProlongForm {
    /// Why the time told first is not enough.
    #[serde(default)]
    reason: String,
    /// The further time needed.
    #[serde(default)]
    told: Option<LimitForm>,
}

/// An extension of the limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExtensionNotice)]
pub(crate) struct ExtendForm {
    /// In the limit's own unit.
    days: u16,
    /// Who approved.
    by: ApproverForm,
    /// As the applicant is told.
    #[serde(default)]
    reason: String,
}

/// Tell the applicant all gaps at once, once (art. 32).
#[utoipa::path(post, path = "/cases/{case}/gaps", tag = "acts", operation_id = "tell_gaps", request_body = GapsForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn tell_gaps(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<GapsForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let gaps = form.gaps.into_iter().map(|gap| Gap { material: gap.material, what: gap.what }).collect();
    let handling = Handling::TellGaps { gaps, within: form.within.map(Into::into) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Fill the gaps that were told: the one who submitted the case, or staff for the applicant at the counter of the unit that has it.
#[utoipa::path(post, path = "/cases/{case}/supplement", tag = "acts", operation_id = "supplement_case",
    request_body = SupplementForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn supplement(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<SupplementForm>,
) -> Result<Response, Problem> {
    let person = for_applicant(&served, &caller, case, (Deed::Supplement, Deed::SupplementOwn)).await?;
    let handling = Handling::Supplement { materials: form.materials };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Accept with the listed materials to follow that may and are not there, at the applicant's signed request (容缺受理).
#[utoipa::path(post, path = "/cases/{case}/accept-with-deficit", tag = "acts", operation_id = "accept_with_deficit",
    request_body = DeficitForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn accept_with_deficit(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<DeficitForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Accept, served.unit())?;
    let deficit = Deficit { asked: form.asked, within: form.within.into() };
    let handling = Handling::AcceptWithDeficit { declared: form.declared, deficit };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Bring what was to follow: the one who submitted the case, or staff for the applicant at the counter of the unit that has it (补齐).
#[utoipa::path(post, path = "/cases/{case}/complete", tag = "acts", operation_id = "complete",
    request_body = SupplementForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn complete(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<SupplementForm>,
) -> Result<Response, Problem> {
    let person = for_applicant(&served, &caller, case, (Deed::Supplement, Deed::SupplementOwn)).await?;
    let handling = Handling::Complete { materials: form.materials };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Pass the application on to the authority that is competent, with the applicant's consent (移送).
#[utoipa::path(post, path = "/cases/{case}/pass-on", tag = "acts", operation_id = "pass_on",
    request_body = PassOnForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn pass_on(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<PassOnForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::NotAccept, served.unit())?;
    let to = shared.places.find("to", &form.to)?;
    let handling = Handling::PassOn { to, reasons: form.reasons, consented: form.consented };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Stop the clock for a procedure, for the period that the applicant is told (art. 45).
#[utoipa::path(post, path = "/cases/{case}/stop", tag = "acts", operation_id = "stop_clock", request_body = StopForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn stop(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<StopForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let notice = StopNotice { kind: form.kind.map(Into::into), basis: form.basis, told: form.told.map(Into::into) };
    let handling = Handling::StopClock { notice };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Prolong a stop by a second, reasoned notice, once (art. 45).
#[utoipa::path(post, path = "/cases/{case}/prolong", tag = "acts", operation_id = "prolong_stop", request_body = ProlongForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn prolong(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ProlongForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::ProlongStop { reason: form.reason, told: form.told.map(Into::into) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Say that the procedure is over: counting goes on from tomorrow (art. 45).
#[utoipa::path(post, path = "/cases/{case}/resume", tag = "acts", operation_id = "resume_clock", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn resume(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling: Handling::ResumeClock }).await
}

/// Extend the limit of the decision, once, with the approval that the law demands (art. 42).
#[utoipa::path(post, path = "/cases/{case}/extend", tag = "acts", operation_id = "extend_limit", request_body = ExtendForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn extend(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ExtendForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::ExtendLimit { days: form.days, by: form.by.into(), reason: form.reason };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}
