//! What is said of a case over the API, and what is done about it: one handler an act.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use unit::{Act, Concerning, Private};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::{SubmitApplicant, on_case};
use super::concerns::{FinishedStepForm, LineForm, RatingLevelForm, RemedyForm, about, named};
use super::form::CaseForm;

/// A rating.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RatingRequest)]
pub(crate) struct RateForm {
    /// Of the person served: the one that the application was made under.
    identifier: String,
    /// The last finished step of that kind.
    #[serde(default)]
    step: Option<FinishedStepForm>,
    /// Or one line of the story.
    #[serde(default)]
    line: Option<LineForm>,
    /// How satisfied.
    level: RatingLevelForm,
    /// In the person’s words; sealed.
    #[serde(default)]
    remark: String,
}

/// The applicant asks for speed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UrgingRequest)]
pub(crate) struct UrgeForm {
    /// Of the applicant: the one that the application was made under.
    identifier: String,
    /// In the person’s words; sealed.
    #[serde(default)]
    words: String,
}

/// An inspector’s order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderRequest)]
pub(crate) struct OrderForm {
    /// To be finished by that day.
    until: String,
    /// Public.
    #[serde(default)]
    order: String,
}

/// A complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ComplaintRequest)]
pub(crate) struct ComplainForm {
    /// Who complains; sealed, and not shown to who handles the case.
    complainant: SubmitApplicant,
    /// The last finished step of that kind; the whole case where left out.
    #[serde(default)]
    step: Option<FinishedStepForm>,
    /// Or one line of the story.
    #[serde(default)]
    line: Option<LineForm>,
    /// What is complained of; sealed.
    #[serde(default)]
    text: String,
}

/// A call-back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallBackRequest)]
pub(crate) struct CallBackForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Whether the person was reached.
    #[serde(default)]
    reached: bool,
    /// In how many attempts.
    #[serde(default)]
    attempts: u16,
    /// What the person confirmed; public, names nobody.
    #[serde(default)]
    said: String,
}

/// How a bad rating is met.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RectificationRequest)]
pub(crate) struct RectifyForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Put right or explained.
    remedy: RemedyForm,
    /// With what; public, names nobody.
    #[serde(default)]
    what: String,
}

/// Why it does not count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExclusionRequest)]
pub(crate) struct ReasonsForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Public, names nobody.
    #[serde(default)]
    reasons: String,
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UrgingAnswer)]
pub(crate) struct AnswerForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Public, names nobody.
    #[serde(default)]
    answer: String,
}

/// Whether a complaint is accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ComplaintJudgement)]
pub(crate) struct JudgeForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Whether.
    accepted: bool,
    /// Why not; public, names nobody.
    #[serde(default)]
    reasons: String,
}

/// What came of looking into a complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ComplaintFindings)]
pub(crate) struct FindingsForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Public, names nobody.
    #[serde(default)]
    what: String,
}

/// The answer to a complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ComplaintAnswer)]
pub(crate) struct ComplaintAnswerForm {
    /// Which; the oldest one of the case that waits for it where left out.
    #[serde(default)]
    concern: Option<String>,
    /// Whether it was justified.
    upheld: bool,
    /// Public, names nobody.
    #[serde(default)]
    answer: String,
}

/// Rate a finished step, once, as the person served (好差评), at any unit that knows the case.
#[utoipa::path(post, path = "/cases/{case}/rate", tag = "concerns", operation_id = "rate_step", request_body = RateForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn rate(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<RateForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Say, served.unit())?;
    let about = about(&shared, form.step, form.line)?.ok_or_else(|| Problem::of("request.field").field("step"))?;
    let (identifier, remark) = (Private(form.identifier), Private(form.remark));
    let concerning = Concerning::Rate { identifier, about, level: form.level.into(), remark };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Ask for speed, as the applicant (催办). It is open until it is answered or the case is decided.
#[utoipa::path(post, path = "/cases/{case}/urge", tag = "concerns", operation_id = "urge_case", request_body = UrgeForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn urge(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<UrgeForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Say, served.unit())?;
    let concerning = Concerning::Urge { identifier: Private(form.identifier), words: Private(form.words) };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Order a case to be finished by a day, as an inspector (督办).
#[utoipa::path(post, path = "/cases/{case}/order", tag = "concerns", operation_id = "order_case", request_body = OrderForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn order(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<OrderForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Order, served.unit())?;
    let until = form.until.parse().map_err(|_| Problem::of("request.field").field("until").detail("2026-02-24"))?;
    let concerning = Concerning::Order { until, order: form.order };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Complain about a case or a step of it (投诉).
#[utoipa::path(post, path = "/cases/{case}/complain", tag = "concerns", operation_id = "complain", request_body = ComplainForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn complain(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ComplainForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Say, served.unit())?;
    let about = about(&shared, form.step, form.line)?;
    let concerning = Concerning::Complain { about, complainant: form.complainant.into(), text: Private(form.text) };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Tell what came of calling back who rated badly (回访); not by who did the step.
#[utoipa::path(post, path = "/cases/{case}/call-back", tag = "concerns", operation_id = "call_back", request_body = CallBackForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn call_back(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<CallBackForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Review, served.unit())?;
    let (concern, attempts) = (named(form.concern.as_deref())?, form.attempts);
    let concerning = Concerning::CallBack { concern, reached: form.reached, attempts, said: form.said };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Put right or explain what was rated badly, once the person was called back (整改).
#[utoipa::path(post, path = "/cases/{case}/rectify", tag = "concerns", operation_id = "rectify", request_body = RectifyForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn rectify(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<RectifyForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::PutRight, served.unit())?;
    let concern = named(form.concern.as_deref())?;
    let concerning = Concerning::Rectify { concern, remedy: form.remedy.into(), what: form.what };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Exclude a malicious rating on review; not by who did the step.
#[utoipa::path(post, path = "/cases/{case}/exclude-rating", tag = "concerns", operation_id = "exclude_rating", request_body = ReasonsForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn exclude_rating(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ReasonsForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Review, served.unit())?;
    let concerning = Concerning::Exclude { concern: named(form.concern.as_deref())?, reasons: form.reasons };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Answer an urging.
#[utoipa::path(post, path = "/cases/{case}/answer-urging", tag = "concerns", operation_id = "answer_urging", request_body = AnswerForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn answer_urging(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<AnswerForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::PutRight, served.unit())?;
    let concerning = Concerning::AnswerUrging { concern: named(form.concern.as_deref())?, answer: form.answer };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Accept a complaint, or not with reasons.
#[utoipa::path(post, path = "/cases/{case}/judge-complaint", tag = "concerns", operation_id = "judge_complaint", request_body = JudgeForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn judge_complaint(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<JudgeForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Review, served.unit())?;
    let (concern, accepted) = (named(form.concern.as_deref())?, form.accepted);
    let concerning = Concerning::JudgeComplaint { concern, accepted, reasons: form.reasons };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Tell what was found and done about a complaint.
#[utoipa::path(post, path = "/cases/{case}/handle-complaint", tag = "concerns", operation_id = "handle_complaint", request_body = FindingsForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn handle_complaint(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<FindingsForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Review, served.unit())?;
    let concerning = Concerning::HandleComplaint { concern: named(form.concern.as_deref())?, what: form.what };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}

/// Answer a complaint.
#[utoipa::path(post, path = "/cases/{case}/answer-complaint", tag = "concerns", operation_id = "answer_complaint", request_body = ComplaintAnswerForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn answer_complaint(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ComplaintAnswerForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Review, served.unit())?;
    let (concern, upheld) = (named(form.concern.as_deref())?, form.upheld);
    let concerning = Concerning::AnswerComplaint { concern, upheld, answer: form.answer };
    on_case(&shared, &served, person, key, case, Act::Concern { case, concerning }).await
}
