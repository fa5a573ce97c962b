//! Looking at cases.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use unit::{Answer, CaseFilter, CaseName, CaseView, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, CasePath, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::form::{CaseForm, StageForm, WaitingForm};

const MOST_AT_ONCE: usize = 200;
const USUAL_AT_ONCE: usize = 50;

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those at this stage.
    stage: Option<StageForm>,
    /// Only those that wait for this.
    waiting: Option<WaitingForm>,
    /// At most that many, 1–200; 50 where left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the answer before.
    after: Option<String>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// Some cases of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseList)]
pub(crate) struct ListForm {
    /// Newest first.
    cases: Vec<CaseForm>,
    /// Give this as `after` for more.
    next: Option<String>,
}

/// Cases that the unit knows, newest first. Staff only.
#[utoipa::path(get, path = "/cases", tag = "cases", operation_id = "list_cases", params(ListQuery), responses(
    (status = 200, body = ListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<ListForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let after = query.after.as_deref().map(|text| text.parse()).transpose();
    let filter = CaseFilter {
        stage: query.stage.map(Into::into),
        waiting: query.waiting.map(Into::into),
        limit: limit(query.limit)?,
        after: after.map_err(|_| Problem::of("request.field").field("after").detail("expected a uuid"))?,
    };
    let (cases, next) = ask_cases(&served, filter).await?;
    Ok(Json(ListForm {
        cases: cases.iter().map(|view| CaseForm::new(&shared.places, view)).collect(),
        next: next.map(|case| case.to_string()),
    }))
}

pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(USUAL_AT_ONCE) {
        limit @ 1..=MOST_AT_ONCE => Ok(limit),
        _ => Err(Problem::of("request.field").field("limit").detail(format!("expected 1 to {MOST_AT_ONCE}"))),
    }
}

pub(crate) async fn ask_cases(
    served: &Served,
    filter: CaseFilter,
) -> Result<(Vec<CaseView>, Option<domain::ids::CaseId>), Problem> {
    match served.handle.ask(Question::Cases(filter)).await? {
        Answer::Cases { cases, next } => Ok((cases, next)),
        _ => Err(Problem::of("http.internal")),
    }
}

pub(crate) async fn ask_case(served: &Served, case: CaseName) -> Result<CaseView, Problem> {
    match served.handle.ask(Question::Case { case }).await? {
        Answer::Case(view) => Ok(*view),
        _ => Err(Problem::of("http.internal")),
    }
}

/// One case, for whoever holds its number.
///
/// The entity tag is the unit's generation and the number of the case's last change.
#[utoipa::path(get, path = "/cases/{case}", tag = "cases", operation_id = "show_case", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("if-none-match" = Option<String>, Header, description = "An entity tag: 304 where nothing has changed since"),
), responses(
    (status = 200, body = CaseForm, headers(("etag" = String, description = "generation-sequence"))),
    (status = 304, description = "Nothing has changed"),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    let view = ask_case(&served, case).await?;
    let tag = entity_tag(&view);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let unchanged = known
        .flat_map(|list| list.split(','))
        .any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag);
    if unchanged {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(CaseForm::new(&shared.places, &view))).into_response())
}

pub(crate) fn entity_tag(view: &CaseView) -> String {
    format!("\"{}-{}\"", view.generation.0, view.changed.0)
}
