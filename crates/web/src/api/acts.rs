//! Acts: submit, accept, decide and so on. Each may carry an `Idempotency-Key`; a submission must.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::command::{Done, Outcome, Reply};
use domain::ids::UnitId;
use serde::{Deserialize, Serialize};
use unit::{Act, Answer, Applicant, Application, CaseName, HandedFile, Question, Request};
use utoipa::ToSchema;

use crate::extract::{CasePath, IdempotencyKey, JsonBody, MaybeJson, Served, matter_code};
use crate::person::{Caller, Deed, Person};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::files::HandedForm;
use super::form::{CaseForm, moment};
use super::licences::AboutForm;

pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An application as it is handed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Submission)]
pub(crate) struct SubmitForm {
    /// The matter's code.
    matter: String,
    /// The place that it is about: its code, or names from outer to inner parted by `/`. The unit's own place where left out.
    #[serde(default)]
    place: Option<String>,
    /// Who applies.
    applicant: SubmitApplicant,
    /// The form's fields.
    #[serde(default)]
    form: BTreeMap<String, String>,
    /// Names of the materials handed in, as listed.
    #[serde(default)]
    materials: Vec<String>,
    /// The authority that the applicant chooses, where several are equal: its code or path of names.
    #[serde(default)]
    authority: Option<String>,
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences.
    #[serde(default)]
    declared: bool,
    /// The licence that it is about, and what is asked for; a new one where left out. Its issuer decides.
    #[serde(default)]
    about: Option<AboutForm>,
    /// Files of the materials, uploaded before.
    #[serde(default)]
    files: Vec<HandedForm>,
}

/// Who applies. Sealed at once; no answer ever shows it unmasked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubmissionApplicant)]
pub(crate) struct SubmitApplicant {
    /// The person's or enterprise's name.
    name: String,
    /// A citizen number (18 characters) or a unified social credit code.
    identifier: String,
    /// How to reach the applicant.
    #[serde(default)]
    telephone: String,
}

impl From<SubmitApplicant> for Applicant {
    fn from(form: SubmitApplicant) -> Self {
        Self { name: form.name, identifier: form.identifier, telephone: form.telephone }
    }
}

impl SubmitForm {
    fn into_application(self, shared: &Shared) -> Result<Application, Problem> {
        let resolve = |field: &str, text: Option<String>| -> Result<Option<UnitId>, Problem> {
            text.map(|text| shared.places.find(field, &text)).transpose()
        };
        Ok(Application {
            matter: matter_code(&self.matter)?,
            place: resolve("place", self.place)?,
            applicant: self.applicant.into(),
            form: self.form,
            materials: self.materials,
            authority: resolve("authority", self.authority)?,
            declared: self.declared,
            about: self.about.map(Into::into),
        })
    }
}

/// A confirmed receipt: on disk and synced on a majority of the unit's voters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptForm {
    /// The internal name.
    id: String,
    /// The number printed on paper.
    number: String,
    /// When it was received.
    at: String,
    /// The unit's number for the act.
    sequence: u64,
}

/// What comes with an acceptance.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptanceRequest)]
pub(crate) struct AcceptForm {
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences: needed where the
    /// claim's home has not answered, unless the application said it already.
    #[serde(default)]
    declared: bool,
}

/// What a non-acceptance says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NonAcceptanceRequest)]
pub(crate) struct NotAcceptForm {
    /// Why; public.
    reasons: String,
    /// Whom to turn to instead: a code or path of names.
    #[serde(default)]
    right_authority: Option<String>,
}

/// What is decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecisionRequest)]
pub(crate) struct DecideForm {
    /// Whether it is granted.
    granted: bool,
    /// Why; public; needed for a denial.
    #[serde(default)]
    reasons: String,
}

/// Why an application is withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WithdrawalRequest)]
pub(crate) struct WithdrawForm {
    /// As the applicant says.
    #[serde(default)]
    reason: String,
}

/// Submit an application.
///
/// The same key with the same request gives the same answer, with `Idempotency-Replayed: true`; with another request, 422.
#[utoipa::path(post, path = "/cases", tag = "cases", operation_id = "submit_case", request_body = SubmitForm, params(
    ("idempotency-key" = String, Header, description = "1–128 visible ASCII characters"),
), responses(
    (status = 201, body = ReceiptForm, headers(("location" = String), ("idempotency-replayed" = String))),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn submit(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut form): JsonBody<SubmitForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Submit, served.unit())?;
    let key = key.ok_or_else(|| Problem::of("request.key_missing").field("Idempotency-Key"))?;
    let files: Vec<HandedFile> = std::mem::take(&mut form.files).into_iter().map(Into::into).collect();
    let application = Box::new(form.into_application(&shared)?);
    let asked = match files.is_empty() {
        true => Act::Submit(application),
        false => Act::SubmitFiled { application, files },
    };
    let outcome = act(&served, person, Some(key), asked).await?;
    let Done::Received { case, number } = done(&outcome)? else { return Err(Problem::of("http.internal")) };
    let receipt = ReceiptForm {
        id: case.to_string(),
        number: number.to_string(),
        at: moment(outcome.at),
        sequence: outcome.sequence.0,
    };
    let location = format!("/v1{}/cases/{number}", served.base);
    let answer = (StatusCode::CREATED, [(axum::http::header::LOCATION, location)], Json(receipt));
    Ok(marked(&outcome, answer))
}

/// Sends an act to the unit.
pub(crate) async fn act(served: &Served, person: &Person, key: Option<String>, act: Act) -> Result<Outcome, Problem> {
    let request = Request { principal: person.principal(), idempotency_key: key, act };
    Ok(served.handle.submit(request).await?)
}

/// What was done, now or before under the same key.
pub(crate) fn done(outcome: &Outcome) -> Result<&Done, Problem> {
    outcome.reply.ruling().map_err(|refusal| refusal.clone().into())
}

fn marked(outcome: &Outcome, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if matches!(outcome.reply, Reply::Repeated { .. }) {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// An act on a case, and the case afterwards.
pub(super) async fn on_case(
    shared: &Shared,
    served: &Served,
    person: &Person,
    key: Option<String>,
    case: CaseName,
    asked: Act,
) -> Result<Response, Problem> {
    let outcome = act(served, person, key, asked).await?;
    done(&outcome)?;
    let view = super::cases::ask_case(served, case).await?;
    let tag = super::cases::entity_tag(&view);
    Ok(marked(&outcome, ([(axum::http::header::ETAG, tag)], Json(CaseForm::new(&shared.places, &view)))))
}

/// Accept a case: the legal act that starts the authority's clock.
#[utoipa::path(post, path = "/cases/{case}/accept", tag = "acts", operation_id = "accept_case",
    request_body = Option<AcceptForm>, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn accept(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    MaybeJson(form): MaybeJson<AcceptForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Accept, served.unit())?;
    on_case(&shared, &served, person, key, case, Act::Accept { case, declared: form.declared }).await
}

/// Do not accept a case, with reasons.
#[utoipa::path(post, path = "/cases/{case}/not-accept", tag = "acts", operation_id = "not_accept_case",
    request_body = NotAcceptForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn not_accept(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<NotAcceptForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::NotAccept, served.unit())?;
    let right_authority = form.right_authority.map(|text| shared.places.find("right_authority", &text)).transpose()?;
    on_case(&shared, &served, person, key, case, Act::NotAccept { case, reasons: form.reasons, right_authority }).await
}

/// Decide a case, once.
#[utoipa::path(post, path = "/cases/{case}/decide", tag = "acts", operation_id = "decide_case",
    request_body = DecideForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn decide(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<DecideForm>,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Decide, served.unit())?;
    on_case(&shared, &served, person, key, case, Act::Decide { case, granted: form.granted, reasons: form.reasons })
        .await
}

/// Hand the result over to the applicant.
#[utoipa::path(post, path = "/cases/{case}/deliver", tag = "acts", operation_id = "deliver_case", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn deliver(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::Deliver, served.unit())?;
    on_case(&shared, &served, person, key, case, Act::Deliver { case }).await
}

/// Withdraw an application before its decision: the one who submitted it, or staff for the applicant at the counter.
#[utoipa::path(post, path = "/cases/{case}/withdraw", tag = "acts", operation_id = "withdraw_case",
    request_body = WithdrawForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn withdraw(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<WithdrawForm>,
) -> Result<Response, Problem> {
    let person = for_applicant(&served, &caller, case, (Deed::Withdraw, Deed::WithdrawOwn)).await?;
    on_case(&shared, &served, person, key, case, Act::Withdraw { case, reason: form.reason }).await
}

/// Staff of the unit may do it for an applicant at the counter (the first deed); whoever submitted the case here may (the second).
pub(crate) async fn for_applicant<'a>(
    served: &Served,
    caller: &'a Caller,
    case: CaseName,
    (by_staff, by_owner): (Deed, Deed),
) -> Result<&'a Person, Problem> {
    if caller.may(by_staff, served.unit()) {
        return caller.allowed(by_staff, served.unit());
    }
    let person = caller.allowed(by_owner, served.unit())?;
    let Answer::Audit(rows) = served.handle.ask(Question::Audit { case }).await? else {
        return Err(Problem::of("http.internal"));
    };
    // Only a receipt puts the printed number into its audit row.
    let own = rows
        .iter()
        .any(|(_, row)| row.number.is_some() && row.refused.is_none() && row.principal == person.principal());
    if own { Ok(person) } else { Err(Problem::of("auth.not_own_case")) }
}

/// Take an open offer back.
#[utoipa::path(post, path = "/cases/{case}/take-back", tag = "acts", operation_id = "take_case_back", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn take_back(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Response, Problem> {
    let person = caller.allowed(Deed::TakeBack, served.unit())?;
    on_case(&shared, &served, person, key, case, Act::TakeBack { case }).await
}
