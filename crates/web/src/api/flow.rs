//! Steps between acceptance and decision, reviews of lower organs, and what officials write to each other of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::case::Happening;
use domain::catalogue::{FlowStep, StepKind, StepPart};
use domain::flow::StepState;
use serde::{Deserialize, Serialize};
use unit::{Act, Answer, CaseName, Handling, OpinionView, Private, Question, StepView};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::on_case;
use super::entry::EntryForm;
use super::form::{CaseForm, moment, same_names};
use super::matters::LimitForm;

same_names! {
    StepKindForm = StepKind: Receive Accept Handle Examine Approve Decide MakeResult Deliver SiteCheck;
    StepPartForm = StepPart: Lead Assist;
    StepStateForm = StepState: Waits Open Done;
}

/// What a step does.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepKind)]
pub(crate) enum StepKindForm {
    /// 收件
    Receive,
    /// 受理
    Accept,
    /// 承办
    Handle,
    /// 审核
    Examine,
    /// 批准
    Approve,
    /// 决定
    Decide,
    /// 制证
    MakeResult,
    /// 送达
    Deliver,
    /// 实地核查: by two
    SiteCheck,
}

/// Whose step it is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepPart)]
pub(crate) enum StepPartForm {
    /// 主办
    Lead,
    /// 协办
    Assist,
}

/// How far a step has got.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepState)]
pub(crate) enum StepStateForm {
    /// For steps before it.
    Waits,
    /// Its turn.
    Open,
    /// Done.
    Done,
}

/// A review's end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendUpRequest)]
pub(crate) struct SendUpForm {
    /// Whether this organ would grant it.
    agrees: bool,
    /// 初审意见; for officials alone.
    #[serde(default)]
    opinion: String,
}

/// A step that was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DoStepRequest)]
pub(crate) struct DoStepForm {
    /// Its name, as the matter lists it.
    step: String,
    /// Whether the application can be granted, as far as the step looks.
    agrees: bool,
    /// Why; for officials alone.
    #[serde(default)]
    opinion: String,
}

/// A return to an earlier step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StepBackRequest)]
pub(crate) struct StepBackForm {
    /// Its name, as the matter lists it.
    to: String,
    /// Why; for officials alone.
    #[serde(default)]
    reasons: String,
}

/// A listed step of a case. What it found is for officials alone.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseStep)]
pub(crate) struct StepForm {
    /// As listed.
    name: String,
    kind: StepKindForm,
    /// Which department.
    department: String,
    /// Who does it there.
    post: String,
    part: StepPartForm,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitForm>,
    /// Steps that come first.
    after: Vec<String>,
    /// By what it judges.
    #[serde(skip_serializing_if = "String::is_empty")]
    standard: String,
    state: StepStateForm,
    /// Who did it, in order.
    hands: Vec<HandForm>,
}

/// Somebody who did a step.
#[derive(Serialize, ToSchema)]
#[schema(as = StepHand)]
pub(crate) struct HandForm {
    /// When.
    at: String,
    /// The account.
    by: String,
}

/// What an official wrote of a case.
#[derive(Serialize, ToSchema)]
#[schema(as = Opinion)]
pub(crate) struct OpinionForm {
    /// The line of the story.
    line: EntryForm,
    /// Whether the application can be granted by it; none of a return.
    #[serde(skip_serializing_if = "Option::is_none")]
    agrees: Option<bool>,
    /// The words; none where the case's key is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

/// Send a reviewed case up to the organ above, with an opinion and all that was handed in (转报, art. 43).
#[utoipa::path(post, path = "/cases/{case}/send-up", tag = "acts", operation_id = "send_up", request_body = SendUpForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn send_up(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<SendUpForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::SendUp { agrees: form.agrees, opinion: Private(form.opinion) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Do a step that the matter lists between acceptance and decision; a site check is done by two, one after the other.
#[utoipa::path(post, path = "/cases/{case}/do-step", tag = "acts", operation_id = "do_step", request_body = DoStepForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn do_step(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<DoStepForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::DoStep { step: form.step, agrees: form.agrees, opinion: Private(form.opinion) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Send a case back to an earlier step, which is done anew with all that comes after it (退回).
#[utoipa::path(post, path = "/cases/{case}/step-back", tag = "acts", operation_id = "step_back",
    request_body = StepBackForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn step_back(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<StepBackForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::StepBack { to: form.to, reasons: Private(form.reasons) };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// The listed steps between acceptance and decision, and how far a case has got with them.
#[utoipa::path(get, path = "/cases/{case}/steps", tag = "cases", operation_id = "show_steps", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = [StepForm]),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn steps(
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<Vec<StepForm>>, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    Ok(Json(ask_steps(&served, case).await?.into_iter().map(Into::into).collect()))
}

/// What officials wrote to each other of a case: for staff of a unit that has it.
#[utoipa::path(get, path = "/cases/{case}/opinions", tag = "cases", operation_id = "show_opinions", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = [OpinionForm]),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn opinions(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<Vec<OpinionForm>>, Problem> {
    caller.allowed(Deed::Handle, served.unit())?;
    let form = |OpinionView { line, words }: OpinionView| OpinionForm {
        agrees: agrees(&line.what),
        line: EntryForm::new(&shared.places, &line),
        words,
    };
    Ok(Json(ask_opinions(&served, case).await?.into_iter().map(form).collect()))
}

pub(crate) async fn ask_steps(served: &Served, case: CaseName) -> Result<Vec<StepView>, Problem> {
    match served.handle.ask(Question::Steps { case }).await? {
        Answer::Steps(steps) => Ok(steps),
        _ => Err(Problem::of("http.internal")),
    }
}

pub(crate) async fn ask_opinions(served: &Served, case: CaseName) -> Result<Vec<OpinionView>, Problem> {
    match served.handle.ask(Question::Opinions { case }).await? {
        Answer::Opinions(opinions) => Ok(opinions),
        _ => Err(Problem::of("http.internal")),
    }
}

/// What a line found; `None` of one that finds nothing.
pub(crate) fn agrees(what: &Happening) -> Option<bool> {
    match what {
        Happening::SentUp { agrees, .. } | Happening::StepDone { agrees, .. } => Some(*agrees),
        _ => None,
    }
}

impl From<StepView> for StepForm {
    fn from(StepView { step, post, state, hands }: StepView) -> Self {
        let FlowStep { name, kind, department, part, limit, after, standard, .. } = step;
        Self {
            name,
            kind: kind.into(),
            department,
            post,
            part: part.into(),
            limit: limit.map(Into::into),
            after,
            standard,
            state: state.into(),
            hands: hands.into_iter().map(|(at, by)| HandForm { at: moment(at), by }).collect(),
        }
    }
}
