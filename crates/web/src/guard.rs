//! What stands around every handler: limits, headers that keep browsers safe, a trace without anything personal, and the one
//! place where a failure is put into words.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Span;

use crate::language::{Language, cookie};
use crate::pages;
use crate::problem::Problem;
use crate::site::Shared;

/// Nothing from elsewhere, no script, no inline style: the pages work without.
const PAGES_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Swagger UI runs its own script, styles its elements and asks this node.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request at this node, since it started: in its answer, in problems and in the log.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Names the request.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = COUNT.fetch_add(1, Ordering::Relaxed).to_string();
    let header = HeaderValue::from_str(&id).ok();
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).await;
    if let Some(header) = header {
        response.headers_mut().insert(REQUEST_ID, header);
    }
    response
}

/// A span with the route's pattern: never the path, query, headers or body, which may hold what somebody typed.
pub(crate) fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().map_or("", |id| id.0.as_str());
    tracing::info_span!("http", method = %request.method(), route, request = id)
}

/// Headers for browsers; answers are never kept by caches unless a handler says otherwise.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let policy = if request.uri().path().starts_with("/docs") { DOCS_POLICY } else { PAGES_POLICY };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Puts every failure into words: a problem for programs, a page for browsers.
pub(crate) async fn tell(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let language = Language::wanted(request.uri().query(), request.headers());
    let page = wants_page(request.headers());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let frame = page.then(|| pages::Frame::bare(&shared, language, &request));

    let mut response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if response.headers().contains_key(CONTENT_TYPE) && is_finished(&response) => return response,
        None => Problem::of_status(response.status()),
    };
    tracing::debug!(code = problem.code(), "a request was answered with a problem");
    let body = problem.tell(language, &shared.places, &id);
    let mut told = match frame {
        Some(frame) => pages::problem_page(frame, body),
        None => body.into_json(language),
    };
    // What the failure brought along stays: Allow, Retry-After.
    for (name, value) in response.headers() {
        if !matches!(*name, CONTENT_TYPE | CONTENT_LENGTH) {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

/// A handler's own page or JSON with an error status: a form with its errors, `/readyz`.
fn is_finished(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.starts_with("text/html") || media_type.starts_with("application/")
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Works on a bounded number of requests; the rest are told to come back rather than kept waiting.
pub(crate) async fn bounded(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.requests.clone().try_acquire_owned() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Problem::of("http.busy").into_response(),
    }
}

/// Answers within the time that a request may take. An upload takes as long as it goes on coming: it is cut off where it stands still,
/// and its length is bounded.
pub(crate) async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST && request.uri().path().ends_with("/files") {
        return next.run(request).await;
    }
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::of("http.timeout").into_response(),
    }
}

/// A handler that panicked. What it said may hold anything, so it goes nowhere but to the panic hook.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked: this is a defect");
    Problem::of("http.internal").into_response()
}

/// Refuses a form that another site's page sent: the browser says so, or names another origin than it asks.
///
/// Not `tower_http::csrf`: that one writes the whole address into its trace. Programs send neither header and pass, unless they come
/// with a session's cookie: only browsers keep those, and every browser that does says where a form comes from.
pub(crate) async fn same_site(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let has_session = cookie(request.headers(), shared.session_cookie()).is_some();
    if !request.method().is_safe() && is_foreign(request.headers(), has_session) {
        return Problem::of("auth.cross_site").into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap, has_session: bool) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(SEC_FETCH_SITE), text(ORIGIN)) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) != text(HOST),
        (None, None) => has_session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_by_either_header() {
        for (site, origin, foreign) in [
            ("same-origin", "", false),
            ("none", "", false),
            ("cross-site", "", true),
            ("same-site", "http://here:1", true),
            ("", "http://here:1", false),
            ("", "http://there:1", true),
            ("", "null", true),
            ("", "", false),
        ] {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("here:1"))]);
            for (name, value) in [(SEC_FETCH_SITE, site), (ORIGIN, origin)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_foreign(&headers, false), foreign, "{site} {origin}");
            // With a session, silence is not enough.
            let silent = site.is_empty() && origin.is_empty();
            assert_eq!(is_foreign(&headers, true), foreign || silent, "{site} {origin}, with a session");
        }
    }
}
