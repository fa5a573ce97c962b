//! A failure as a page with a way back, and the page of each code in both languages.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::codes::{CODES, ErrorCode, find};
use std::sync::Arc;

use crate::language::Language;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::frame::{Frame, render};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    f: Frame,
    problem: ProblemBody,
}

/// A failure, for a browser.
pub(crate) fn problem_page(frame: Frame, problem: ProblemBody) -> Response {
    let (language, status) = (frame.language, StatusCode::from_u16(problem.status));
    let page = ProblemPage { f: frame, problem };
    render(language, status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &page)
}

#[derive(Template)]
#[template(path = "problems.html")]
struct CodesPage {
    f: Frame,
    rows: Vec<&'static ErrorCode>,
    one: bool,
}

/// What a code means and what to do, in both languages: where a problem's `type` points.
pub(crate) async fn explain(
    State(shared): State<Arc<Shared>>,
    language: Language,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    match find(&code) {
        Some(row) => page(&shared, language, &request, vec![row]),
        None => Problem::of("http.not_found").into_response(),
    }
}

/// All codes that can answer a request.
pub(crate) async fn list(State(shared): State<Arc<Shared>>, language: Language, request: Request) -> Response {
    page(&shared, language, &request, CODES.iter().filter(|row| row.status.is_some()).collect())
}

fn page(shared: &Shared, language: Language, request: &Request, rows: Vec<&'static ErrorCode>) -> Response {
    let frame = Frame::bare(shared, language, request);
    render(language, StatusCode::OK, &CodesPage { f: frame, one: rows.len() == 1, rows })
}
