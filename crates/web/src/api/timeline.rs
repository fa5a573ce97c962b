//! What has happened to a case: at once as JSON, or as it happens as server-sent events.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::case::{Stage, TimelineEntry};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use unit::{CaseName, CaseView};
use utoipa::ToSchema;

use crate::extract::{CasePath, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::cases::ask_case;
use super::entry::EntryForm;

/// A change may fall between an answer and the wait for the next one: then it is seen this much later.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What has happened so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(crate) struct TimelineForm {
    /// In order.
    entries: Vec<IdentifiedEntry>,
    /// Whether nothing more will happen.
    is_final: bool,
}

/// An entry and the name of its event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentifiedTimelineEntry)]
pub(crate) struct IdentifiedEntry {
    /// Give this as `Last-Event-ID` to get what comes after.
    id: String,
    #[serde(flatten)]
    entry: EntryForm,
}

/// What has happened to a case.
///
/// With `Accept: text/event-stream` as server-sent events: one `entry` event each, what has happened first, then what happens,
/// and an `end` event when nothing more will. An event's id is unit-sequence of the log where it happened: a timeline joins
/// several units' logs. `Last-Event-ID` resumes after that entry. Otherwise JSON.
#[utoipa::path(get, path = "/cases/{case}/timeline", tag = "cases", operation_id = "case_timeline", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("last-event-id" = Option<String>, Header, description = "The last event that was seen"),
), responses(
    (status = 200, content((TimelineForm = "application/json"), (String = "text/event-stream"))),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn timeline(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    let view = ask_case(&served, case).await?;
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        let entries = identified(&view.timeline)
            .map(|(id, entry)| IdentifiedEntry { id, entry: EntryForm::new(&shared.places, entry) })
            .collect();
        return Ok(Json(TimelineForm { entries, is_final: is_final(&view) }).into_response());
    }
    let permit = shared.followers.clone().try_acquire_owned().map_err(|_| Problem::of("http.busy"))?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let follower = Follower { shared, served, case, seen, ready: VecDeque::new(), over: false, _permit: permit };
    let events = futures::stream::unfold((follower, Some(view)), Follower::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

fn is_final(view: &CaseView) -> bool {
    view.stage.is_some_and(Stage::is_final)
}

/// Each entry with its event's id: unit and sequence, and a count where one command wrote several.
fn identified(entries: &[TimelineEntry]) -> impl Iterator<Item = (String, &TimelineEntry)> {
    let mut written = BTreeMap::new();
    entries.iter().map(move |entry| {
        let count: &mut u32 = written.entry((entry.unit, entry.sequence)).or_default();
        *count += 1;
        let id = format!("{}-{}", entry.unit, entry.sequence.0);
        (if *count == 1 { id } else { format!("{id}-{count}") }, entry)
    })
}

/// One client that follows one case.
struct Follower {
    shared: Arc<Shared>,
    served: Served,
    case: CaseName,
    /// The last event that the client has.
    seen: Option<String>,
    ready: VecDeque<Event>,
    over: bool,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// The next event; waits for a change where there is none yet.
    async fn next(
        (mut self_, mut view): (Self, Option<CaseView>),
    ) -> Option<(Result<Event, Infallible>, (Self, Option<CaseView>))> {
        loop {
            if let Some(event) = self_.ready.pop_front() {
                return Some((Ok(event), (self_, None)));
            }
            if self_.over {
                return None;
            }
            match view.take() {
                Some(view) => self_.take_in(&view),
                None => {
                    let case = match self_.case {
                        CaseName::Id(case) => Some(case),
                        CaseName::Number(_) => None,
                    };
                    // However the wait ended, the case is asked for again.
                    let _ = tokio::time::timeout(LOOK_AGAIN, self_.served.handle.changed(case)).await;
                    match ask_case(&self_.served, self_.case).await {
                        Ok(fresh) => view = Some(fresh),
                        // The client comes back with what it has seen.
                        Err(problem) => {
                            self_.over = true;
                            self_.ready.push_back(Event::default().event("problem").data(problem.code()));
                        }
                    }
                }
            }
        }
    }

    /// Makes events of what the client has not seen.
    fn take_in(&mut self, view: &CaseView) {
        self.case = CaseName::Id(view.id);
        let all: Vec<(String, &TimelineEntry)> = identified(&view.timeline).collect();
        // An unknown id, or one of an entry that this unit no longer tells, starts from the beginning.
        let from = self.seen.as_ref().and_then(|seen| all.iter().position(|(id, _)| id == seen)).map_or(0, |at| at + 1);
        for (id, entry) in &all[from..] {
            let form = EntryForm::new(&self.shared.places, entry);
            match Event::default().id(id).event("entry").json_data(form) {
                Ok(event) => self.ready.push_back(event),
                Err(fault) => tracing::error!(%fault, "a timeline entry has no form in JSON"),
            }
        }
        if let Some((id, _)) = all.last() {
            self.seen = Some(id.clone());
        }
        if is_final(view) {
            self.over = true;
            self.ready.push_back(Event::default().event("end").data("final"));
        }
    }
}
