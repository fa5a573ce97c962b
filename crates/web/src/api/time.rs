//! The unit's time, where its clock is in doubt.

use axum::Json;
use domain::command::Done;
use domain::text::Malformed;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use unit::Act;
use utoipa::ToSchema;

use crate::extract::{IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};

use super::acts::{act, done};
use super::form::moment;

/// What another clock shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TimeConfirmation)]
pub(crate) struct ConfirmForm {
    /// At UTC+8, as the clerk reads it.
    #[schema(example = "2026-03-02 09:15")]
    said: String,
}

/// The unit's time is certain again.
#[derive(Serialize, ToSchema)]
#[schema(as = TimeConfirmed)]
pub(crate) struct ConfirmedForm {
    /// The unit's time now.
    now: String,
    /// The number of the command since which it was uncertain.
    since: u64,
    /// The unit's number for the act.
    sequence: u64,
}

/// Confirm the time of a unit whose clock is in doubt, after a look at another clock.
///
/// Refused where other machines contradict the clock, or where it is more than ten minutes from what was said: then it has to be
/// set first.
#[utoipa::path(post, path = "/time/confirm", tag = "acts", operation_id = "confirm_time", request_body = ConfirmForm, params(
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = ConfirmedForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn confirm(
    served: Served,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ConfirmForm>,
) -> Result<Json<ConfirmedForm>, Problem> {
    let person = caller.allowed(Deed::ConfirmTime, served.unit())?;
    let said: Timestamp = form.said.parse().map_err(|fault: Malformed| {
        Problem::of("request.field").field("said").detail(format!("expected {}", fault.expected))
    })?;
    let outcome = act(&served, person, key, Act::ConfirmTime { said }).await?;
    let Done::TimeConfirmed { since } = done(&outcome)? else { return Err(Problem::of("http.internal")) };
    Ok(Json(ConfirmedForm { now: moment(outcome.at), since: since.0, sequence: outcome.sequence.0 }))
}
