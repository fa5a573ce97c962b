//! What handlers take from a request, each failure a problem that never repeats what was sent.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use domain::accounts::AccountName;
use domain::digest::ContentHash;
use domain::ids::UnitId;
use domain::licence::LicenceNumber;
use domain::text::Malformed;
use serde::de::DeserializeOwned;
use unit::{CaseName, UnitHandle};

use crate::problem::Problem;
use crate::site::Shared;

/// The header of a request's own key.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The unit that a request is for: the one that its path names, or the node's only one.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) handle: Arc<dyn UnitHandle>,
    /// What stands before the paths of this unit's pages: empty, or `/units/{unit}`.
    pub(crate) base: String,
}

impl Served {
    pub(crate) fn unit(&self) -> UnitId {
        self.handle.unit()
    }
}

impl FromRequestParts<Arc<Shared>> for Served {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let here = || shared.site.units.iter().map(|handle| handle.unit()).collect::<Vec<_>>();
        match path_part(parts, shared, "unit").await {
            Some(named) => {
                let unit: UnitId = named.parse().map_err(|_| Problem::of("request.division").field("unit"))?;
                let handle = shared
                    .unit(unit)
                    .ok_or_else(|| Problem::of("http.unit_elsewhere").places(&shared.places, &here()))?;
                Ok(Self { handle: handle.clone(), base: format!("/units/{unit}") })
            }
            None => match shared.site.units.as_slice() {
                [only] => Ok(Self { handle: only.clone(), base: String::new() }),
                _ => Err(Problem::of("http.unit_needed").places(&shared.places, &here())),
            },
        }
    }
}

/// The case that a path names, by its number or internal name.
#[derive(Clone, Copy)]
pub(crate) struct CasePath(pub(crate) CaseName);

impl FromRequestParts<Arc<Shared>> for CasePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let text = path_part(parts, shared, "case").await.unwrap_or_default();
        case_name(&text).map(Self)
    }
}

/// A case by its number or internal name.
pub(crate) fn case_name(text: &str) -> Result<CaseName, Problem> {
    text.trim().parse().map_err(|fault: domain::text::Malformed| {
        let what = if fault.what == "division code" { "12 digits first" } else { fault.expected };
        Problem::of("request.case").field("case").detail(format!("expected {what}"))
    })
}

/// The file that a path names.
pub(crate) struct BlobPath(pub(crate) ContentHash);

impl FromRequestParts<Arc<Shared>> for BlobPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let text = path_part(parts, shared, "file").await.unwrap_or_default();
        crate::api::files::blob_name(&text).map(Self)
    }
}

/// The session or token that a path names, by its hash.
pub(crate) struct TokenPath(pub(crate) ContentHash);

impl FromRequestParts<Arc<Shared>> for TokenPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let typed = path_part(parts, shared, "session").await.unwrap_or_default();
        crate::api::files::blob_name(&typed).map(Self).map_err(|_| Problem::of("account.session_over"))
    }
}

/// The account that a path names.
pub(crate) struct AccountPath(pub(crate) AccountName);

impl FromRequestParts<Arc<Shared>> for AccountPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let typed = path_part(parts, shared, "account").await.unwrap_or_default();
        typed.parse().map(Self).map_err(|_| Problem::of("account.unknown"))
    }
}

/// The matter's code that a path names.
pub(crate) struct MatterPath(pub(crate) String);

/// The licence that a path names.
pub(crate) struct LicencePath(pub(crate) LicenceNumber);

impl FromRequestParts<Arc<Shared>> for LicencePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let typed = path_part(parts, shared, "number").await.unwrap_or_default();
        let malformed = |fault: Malformed| Problem::of("request.field").field("number").detail(fault.to_string());
        typed.parse().map(Self).map_err(malformed)
    }
}

/// The proposal that a path names.
pub(crate) struct ProposalPath(pub(crate) u64);

impl FromRequestParts<Arc<Shared>> for ProposalPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let typed = path_part(parts, shared, "proposal").await.unwrap_or_default();
        let number =
            typed.parse().map_err(|_| Problem::of("request.field").field("proposal").detail("expected a number"));
        number.map(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for MatterPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        matter_code(&path_part(parts, shared, "code").await.unwrap_or_default()).map(Self)
    }
}

/// A matter's code that could be one.
pub(crate) fn matter_code(text: &str) -> Result<String, Problem> {
    match text.trim().parse::<domain::catalogue::BasicCode>() {
        Ok(code) => Ok(code.into()),
        Err(fault) => Err(Problem::of("request.matter").field("matter").detail(format!("expected {}", fault.expected))),
    }
}

async fn path_part(parts: &mut Parts, shared: &Arc<Shared>, name: &str) -> Option<String> {
    let all = RawPathParams::from_request_parts(parts, shared).await.ok()?;
    all.iter().find_map(|(found, value)| (found == name).then(|| value.to_owned()))
}

/// The request's own key, where it has one.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default();
        if is_key(text) {
            Ok(Self(Some(text.to_owned())))
        } else {
            Err(Problem::of("request.key").field("Idempotency-Key"))
        }
    }
}

/// 1–128 visible ASCII characters.
pub(crate) fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A query with known names only.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => {
                use std::error::Error as _;
                let source = rejection.source().map(|source| source.to_string()).unwrap_or_default();
                Err(explain(Problem::of("http.query"), &source, String::new()))
            }
        }
    }
}

/// A JSON body with known fields only.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_json(&request)?;
        read_json(&body(request, state).await?).map(Self)
    }
}

/// A JSON body with known fields only, or none at all, which says nothing but what is meant without it.
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let checked = check_json(&request);
        match &body(request, state).await?[..] {
            [] => Ok(Self(T::default())),
            bytes => checked.and_then(|()| read_json(bytes)).map(Self),
        }
    }
}

fn check_json(request: &Request) -> Result<(), Problem> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        return Err(Problem::of("http.media_type").detail("expected application/json"));
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|fault| {
        let place = format!("line {}, column {}: ", fault.line(), fault.column());
        explain(Problem::of("http.json"), &fault.to_string(), place)
    })
}

/// The fields of a page's form, in order; a name may come several times.
pub(crate) struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// The last value of a name, without white space around it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find_map(|(found, value)| (found == name).then_some(value.trim())).unwrap_or_default()
    }

    /// The last value of a name as it was typed: a password may begin with white space.
    pub(crate) fn whole(&self, name: &str) -> &str {
        self.0.iter().rev().find_map(|(found, value)| (found == name).then_some(value.as_str())).unwrap_or_default()
    }

    /// Names that begin so, without that, and their values.
    pub(crate) fn starting_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(found, value)| Some((found.strip_prefix(start)?, value.as_str())))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(Problem::of("http.media_type").detail("expected application/x-www-form-urlencoded"));
        }
        match axum::Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(axum::extract::rejection::FormRejection::BytesRejection(rejection)) => Err(body_problem(&rejection)),
            Err(_) => Err(Problem::of("http.malformed")),
        }
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| body_problem(&rejection))
}

fn body_problem(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::of("http.body_too_long")
        }
        _ => Problem::of("http.malformed"),
    }
}

/// What the reader of a body or query said, without any value that was sent: only names of fields, and what was expected.
fn explain(problem: Problem, message: &str, place: String) -> Problem {
    let message = message.split(" at line ").next().unwrap_or_default();
    let quoted = |after: &str| {
        let name = message.split_once(after)?.1.split('`').next()?;
        let plain = !name.is_empty()
            && name.len() <= 40
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b"_-.".contains(&b));
        plain.then(|| name.to_owned())
    };
    let expected = message.split_once(", expected ").map(|(_, expected)| expected);
    let said = |what: String| format!("{place}{what}");
    for (start, what) in [
        ("unknown field `", "unknown field"),
        ("missing field `", "missing field"),
        ("duplicate field `", "field given twice"),
    ] {
        if message.contains(start) {
            let field = quoted(start);
            let unknown = if start.starts_with("unknown") { "http.unknown_field" } else { "request.field" };
            let expected = expected.map(|expected| format!("; expected {expected}")).unwrap_or_default();
            let problem = Problem::of(unknown).detail(said(format!("{what}{expected}")));
            return match field {
                Some(field) => problem.field(field),
                None => problem,
            };
        }
    }
    match expected {
        Some(expected) if !message.contains('"') || message.rfind('"') < message.rfind(", expected ") => {
            problem.detail(said(format!("expected {expected}")))
        }
        // Syntax errors of the reader are fixed sentences; anything with a quotation is not repeated.
        _ if !message.contains(['"', '`', '\'']) && !message.is_empty() => problem.detail(said(message.to_owned())),
        _ => problem.detail(said("not of its form".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::places::Places;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Sent {
        name: String,
        count: u32,
    }

    #[test]
    fn a_fault_tells_the_place_and_the_field_but_never_the_value() {
        for (body, code, field, detail) in [
            ("{", "http.json", None, "line 1, column 1: EOF while parsing an object"),
            ("{\"name\":1 \n x}", "http.json", None, "line 1, column 9: expected a string"),
            (r#"{"name":"a","count":"370811199001011234"}"#, "http.json", None, "line 1, column 40: expected u32"),
            (
                r#"{"name":"a","cuont":1}"#,
                "http.unknown_field",
                Some("cuont"),
                "line 1, column 19: unknown field; expected `name` or `count`",
            ),
            (
                r#"{"370811199001011234":1}"#,
                "http.unknown_field",
                None,
                "line 1, column 21: unknown field; expected `name` or `count`",
            ),
            (r#"{"name":"a"}"#, "request.field", Some("count"), "line 1, column 12: missing field"),
            (
                r#"{"name":"a","name":"b","count":1}"#,
                "request.field",
                Some("name"),
                "line 1, column 18: field given twice",
            ),
        ] {
            let fault = serde_json::from_str::<Sent>(body).expect_err(body);
            let place = format!("line {}, column {}: ", fault.line(), fault.column());
            let told = explain(Problem::of("http.json"), &fault.to_string(), place).tell(
                Language::English,
                &Places::default(),
                "1",
            );
            assert_eq!((told.code.as_str(), told.field.as_deref()), (code, field), "{body}");
            assert_eq!(told.detail.as_deref(), Some(detail), "{body}");
        }
    }
}
