//! Which unit this is, what it may do, and where to begin.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::command::TaskKind;

use crate::language::Language;
use crate::problem::Problem;
use crate::site::Shared;

use super::frame::{Frame, Page, render};
use super::words;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    f: Frame,
    version: Option<u64>,
    stopped: bool,
    clock: bool,
    work: Vec<WorkLine>,
}

/// How many cases wait for one thing.
struct WorkLine {
    waiting: &'static str,
    href: String,
    cases: u64,
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    f: Frame,
    units: Vec<(String, String)>,
}

/// The node's only unit, or the list of its units.
pub(crate) async fn home(
    State(shared): State<Arc<Shared>>,
    language: Language,
    page: Result<Page, Problem>,
    request: Request,
) -> Result<Response, Problem> {
    if shared.site.units.len() == 1 {
        return of_unit(page?).await;
    }
    let units = shared.site.units.iter().map(|handle| {
        let unit = handle.unit();
        (format!("/units/{unit}"), shared.places.path(unit))
    });
    let page = UnitsPage { units: units.collect(), f: Frame::bare(&shared, language, &request) };
    Ok(render(language, StatusCode::OK, &page))
}

pub(crate) async fn of_unit(page: Page) -> Result<Response, Problem> {
    let status = page.served.handle.status().await;
    let line = |(waiting, cases): (TaskKind, u64)| WorkLine {
        waiting: words::waiting_key(waiting),
        href: format!("{}/cases?waiting={}", page.frame.base, super::case::waiting_name(waiting)),
        cases,
    };
    let work = status.waiting.into_iter().filter(|(_, cases)| *cases > 0).map(line).collect();
    let home = HomePage {
        version: status.catalogue.map(|pin| pin.number),
        stopped: status.stopped.is_some(),
        clock: status.clock.is_some(),
        work,
        f: page.frame,
    };
    Ok(render(home.f.language, StatusCode::OK, &home))
}
