//! Licences: acceptance on a promise, its check, revocation, and what an issuer's register says of a number.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::licence::{LicenceAct, Standing};
use serde::{Deserialize, Serialize};
use unit::{Act, Answer, Handling, Question};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, LicencePath, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::on_case;
use super::form::{CaseForm, moment, same_names};

same_names! {
    LicenceActForm = LicenceAct: Renew Change Replace Cancel;
}

/// What an application about a licence asks for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenceAct)]
pub(crate) enum LicenceActForm {
    /// 延续
    Renew,
    /// 变更
    Change,
    /// 补办
    Replace,
    /// 注销
    Cancel,
}

/// The licence that an application is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AboutLicence)]
pub(crate) struct AboutForm {
    /// Its number, as printed on it.
    licence: String,
    /// What is asked for.
    act: LicenceActForm,
}

impl From<AboutForm> for unit::AboutLicence {
    fn from(form: AboutForm) -> Self {
        Self { licence: form.licence, act: form.act.into() }
    }
}

/// An acceptance on the applicant's promise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromiseRequest)]
pub(crate) struct PromiseForm {
    /// As in `accept`.
    #[serde(default)]
    declared: bool,
    /// The applicant was told what follows from a false promise, and signed.
    #[serde(default)]
    signed: bool,
}

/// What a check found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromiseCheck)]
pub(crate) struct CheckForm {
    /// Whether what was promised is so.
    kept: bool,
    /// What was found; public.
    #[serde(default)]
    findings: String,
}

/// A revocation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Revocation)]
pub(crate) struct RevokeForm {
    /// Why; public.
    #[serde(default)]
    reasons: String,
    /// The provision.
    #[serde(default)]
    basis: String,
}

/// Accept on the applicant's written promise in place of proofs that the matter lets it stand for (告知承诺).
#[utoipa::path(post, path = "/cases/{case}/accept-on-promise", tag = "acts", operation_id = "accept_on_promise",
    request_body = PromiseForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn accept_on_promise(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<PromiseForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Accept, served.unit())?;
    let handling = Handling::AcceptOnPromise { declared: form.declared, signed: form.signed };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Record whether what was promised is so (核查), at the unit that issued the licence.
#[utoipa::path(post, path = "/cases/{case}/check-promise", tag = "acts", operation_id = "check_promise",
    request_body = CheckForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn check_promise(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<CheckForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Handle, served.unit())?;
    let handling = Handling::CheckPromise { kept: form.kept, findings: form.findings };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// Revoke the licence that was issued in a case, at the unit that issued it (撤销, art. 69).
#[utoipa::path(post, path = "/cases/{case}/revoke", tag = "acts", operation_id = "revoke_licence", request_body = RevokeForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn revoke(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<RevokeForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Decide, served.unit())?;
    let handling = Handling::Revoke { reasons: form.reasons, basis: form.basis };
    on_case(&shared, &served, person, key, case, Act::Handle { case, handling }).await
}

/// What the register of an issuer says of a licence. No personal fields: anybody who has the number may ask.
#[derive(Serialize, ToSchema)]
#[schema(as = Licence)]
pub(crate) struct LicenceForm {
    /// The number of its newest issue.
    number: String,
    /// What it is called.
    name: String,
    /// The matter that it was granted for.
    matter: String,
    /// `valid`, `ended`, `revoked` or `cancelled`.
    standing: &'static str,
    /// Its last day; without an end where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<String>,
    /// The promise that it rests on: `open`, `kept` or `broken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<&'static str>,
    /// The number of the case that it was first issued in.
    case: String,
    /// Every issue, the first one first.
    issues: Vec<IssueForm>,
}

/// One issue of a licence.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenceIssue)]
pub(crate) struct IssueForm {
    /// Its number.
    number: String,
    /// The case whose result it is.
    case: String,
    /// When it was issued.
    at: String,
    /// Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Renewed by law (art. 50).
    by_law: bool,
}

/// A licence by its number, at the unit that issued it.
#[utoipa::path(get, path = "/licences/{number}", tag = "cases", operation_id = "show_licence", params(
    ("number" = String, Path, description = "The licence's number, as printed on it"),
), responses(
    (status = 200, body = LicenceForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(served: Served, LicencePath(number): LicencePath) -> Result<Json<LicenceForm>, Problem> {
    let Answer::Licence(licence) = served.handle.ask(Question::Licence { number }).await? else {
        return Err(Problem::of("http.internal"));
    };
    let (standing, reasons) = match &licence.standing {
        Standing::Valid => ("valid", None),
        Standing::Ended { .. } => ("ended", None),
        Standing::Revoked { reasons, .. } => ("revoked", Some(reasons.clone())),
        Standing::Cancelled { .. } => ("cancelled", None),
    };
    let promise = licence.promise.as_ref().map(|promise| match &promise.checked {
        None => "open",
        Some(checked) if checked.kept => "kept",
        Some(_) => "broken",
    });
    let day = |day: domain::time::CivilDate| day.to_string();
    let issue = |issue: &domain::licence::Issue| IssueForm {
        number: issue.number.to_string(),
        case: issue.case_number.to_string(),
        at: moment(issue.at),
        until: issue.until.map(day),
        by_law: issue.by_law,
    };
    Ok(Json(LicenceForm {
        number: licence.current().map(|issue| issue.number.to_string()).unwrap_or_default(),
        name: licence.name.clone(),
        matter: licence.matter.to_string(),
        standing,
        until: licence.until().map(day),
        reasons,
        promise,
        case: licence.issues.first().map(|issue| issue.case_number.to_string()).unwrap_or_default(),
        issues: licence.issues.iter().map(issue).collect(),
    }))
}
