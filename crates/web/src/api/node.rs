//! What is asked of the node rather than a unit: whether it lives, whether it can serve, its metrics, its demo people.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::person::DemoRole;
use crate::site::Shared;

use super::form::UnitForm;

/// Whether the node can serve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadyForm {
    /// Whether it can.
    ready: bool,
    /// What is still missing.
    missing: Vec<String>,
    /// What people have to look at though the node serves.
    alarms: Vec<String>,
}

/// Somebody who can be picked instead of a login.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DemoPerson)]
pub(crate) struct PersonForm {
    /// For `X-Tongban-Person`.
    name: String,
    /// `applicant`, `agent`, `window`, `officer`, `administrator`, `reviewer` or `inspector`.
    role: &'static str,
    /// Where staff work.
    unit: Option<UnitForm>,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "node", operation_id = "health", responses((status = 200, body = String)))]
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// Whether the node can serve.
#[utoipa::path(get, path = "/readyz", tag = "node", operation_id = "readiness", responses(
    (status = 200, body = ReadyForm), (status = 503, body = ReadyForm),
))]
pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let crate::site::Readiness { missing, alarms } = (shared.site.ready)();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ReadyForm { ready: missing.is_empty(), missing, alarms })).into_response()
}

/// The node's metrics.
#[utoipa::path(get, path = "/metrics", tag = "node", operation_id = "metrics", responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"),
))]
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    const FORM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, FORM)], (shared.site.metrics)()).into_response()
}

/// Demo people: there is no login yet.
#[utoipa::path(get, path = "/v1/people", tag = "node", operation_id = "demo_people", responses((status = 200, body = Vec<PersonForm>)))]
pub(crate) async fn people(State(shared): State<Arc<Shared>>) -> Json<Vec<PersonForm>> {
    let form = |person: &crate::DemoPerson| PersonForm {
        name: person.name.clone(),
        role: role(person.role),
        unit: person.unit.map(|unit| UnitForm::new(&shared.places, unit)),
    };
    Json(shared.site.people.iter().map(form).collect())
}

fn role(role: DemoRole) -> &'static str {
    match role {
        DemoRole::Applicant => "applicant",
        DemoRole::Agent => "agent",
        DemoRole::Window => "window",
        DemoRole::Officer => "officer",
        DemoRole::Administrator => "administrator",
        DemoRole::Reviewer => "reviewer",
        DemoRole::Inspector => "inspector",
    }
}
