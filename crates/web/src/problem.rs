//! What every failure answers with: a problem of RFC 9457, or a page with a way back where a browser asks.
//!
//! Title, status and remedy come from [`domain::codes`]; a problem adds what is particular to one answer. It never repeats what
//! was typed: a citizen number in the wrong field must not come back, nor reach a log.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::codes::{self, ErrorCode};
use domain::ids::{NodeId, UnitId};
use domain::refusal::{CatalogueRefusal, Refusal};
use serde::Serialize;
use unit::{AskFault, RequestFault, SubmitFault, Unavailable, VotersFault};
use utoipa::ToSchema;

use crate::language::Language;
use crate::places::Places;

/// A failure on its way out. Rendered by `guard`, which knows the language and what the client can read.
#[derive(Clone, Debug)]
pub struct Problem {
    row: &'static ErrorCode,
    detail: Option<Detail>,
    field: Option<String>,
    candidates: Vec<Candidate>,
}

/// What is particular to one answer.
#[derive(Clone, Debug)]
enum Detail {
    /// Said the same in both languages.
    Plain(String),
    /// A key of the words, with its arguments.
    Words(&'static str, Vec<(&'static str, Argument)>),
}

/// What a sentence names.
#[derive(Clone, Debug)]
enum Argument {
    Text(String),
    Unit(UnitId),
    Key(String),
}

/// Something that would have been taken instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Candidate {
    /// What to send.
    pub(crate) value: String,
    /// What it is, for people.
    pub(crate) label: String,
}

/// A problem as programs read it (RFC 9457), `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// A page that explains the code in both languages.
    #[serde(rename = "type")]
    #[schema(example = "/problems/case.unknown")]
    pub(crate) kind: String,
    /// What is wrong, without particulars.
    pub(crate) title: String,
    /// The HTTP status once more.
    pub(crate) status: u16,
    /// What is particular to this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// This very request: the node's log knows it by this name.
    pub(crate) instance: String,
    /// The documented code, `area.reason`.
    #[schema(example = "case.unknown")]
    pub(crate) code: String,
    /// Which field of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// What would have been taken instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<Candidate>,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Problem {
    /// By its documented code; a code that nobody documented is a defect of the node.
    pub(crate) fn of(code: &str) -> Self {
        let row = codes::find(code).unwrap_or_else(|| {
            tracing::error!(code, "a problem without a documented code");
            codes::find("http.internal").expect("the code of defects is documented")
        });
        Self { row, detail: None, field: None, candidates: Vec::new() }
    }

    /// For an answer that came from below the handlers: by its status alone.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::of(match status {
            StatusCode::NOT_FOUND => "http.not_found",
            StatusCode::METHOD_NOT_ALLOWED => "http.method",
            StatusCode::GATEWAY_TIMEOUT => "http.timeout",
            StatusCode::PAYLOAD_TOO_LARGE => "http.body_too_long",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "http.media_type",
            status if status.is_client_error() => "http.malformed",
            _ => "http.internal",
        })
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(Detail::Plain(detail.into()));
        self
    }

    pub(crate) fn candidates(mut self, values: impl IntoIterator<Item = String>) -> Self {
        self.candidates = values.into_iter().map(|value| Candidate { label: value.clone(), value }).collect();
        self
    }

    /// Places that a name can stand for: what to send is the code.
    pub(crate) fn places<'a>(mut self, places: &Places, found: impl IntoIterator<Item = &'a UnitId>) -> Self {
        self.candidates =
            found.into_iter().map(|unit| Candidate { value: unit.to_string(), label: places.path(*unit) }).collect();
        self
    }

    fn words(mut self, key: &'static str, arguments: impl Into<Vec<(&'static str, Argument)>>) -> Self {
        self.detail = Some(Detail::Words(key, arguments.into()));
        self
    }

    pub(crate) fn code(&self) -> &'static str {
        self.row.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.row
            .status
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// In words.
    pub(crate) fn tell(&self, language: Language, places: &Places, request: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", self.row.code),
            title: language.of(self.row.title).to_owned(),
            status: self.status().as_u16(),
            detail: self.detail.as_ref().map(|detail| detail.tell(language, places)),
            instance: format!("urn:tongban:request:{request}"),
            code: self.row.code.to_owned(),
            field: self.field.clone(),
            candidates: self.candidates.clone(),
            remedy: language.of(self.row.remedy).to_owned(),
        }
    }
}

impl Detail {
    fn tell(&self, language: Language, places: &Places) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Words(key, arguments) => {
                let say = |argument: &Argument| match argument {
                    Argument::Text(text) => text.clone(),
                    Argument::Unit(unit) => format!("{} ({})", places.name(*unit), unit.grouped()),
                    Argument::Key(key) => language.say(key),
                };
                let said: Vec<_> = arguments.iter().map(|(name, value)| (*name, say(value))).collect();
                language.tell(key, said)
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::of(refusal.code());
        let names = |names: &[String]| Argument::Text(names.join(" · "));
        match &refusal {
            Refusal::CaseElsewhere { with } => problem.words("detail-elsewhere", [("unit", Argument::Unit(*with))]),
            Refusal::CaseMoving { role } => match role.counterpart() {
                Some(with) => problem.words("detail-moving", [("unit", Argument::Unit(with))]),
                None => problem,
            },
            Refusal::StageUnfit { stage } => {
                let stage = Argument::Key(crate::pages::words::stage_key(*stage).to_owned());
                problem.words("detail-stage", [("stage", stage)])
            }
            Refusal::NotAuthority { unit } => problem.words("detail-not-authority", [("unit", Argument::Unit(*unit))]),
            Refusal::MaterialsMissing { names: missing } | Refusal::DeficitUntold { names: missing } => problem
                .words("detail-missing", [("names", names(missing))])
                .field("materials")
                .candidates(missing.clone()),
            Refusal::MaterialsUnlisted { names: unlisted } => {
                // What was sent is the caller's text: how many is enough to find them.
                let count = Argument::Text(unlisted.len().to_string());
                problem.words("detail-unlisted", [("count", count)]).field("materials")
            }
            Refusal::NotToFollow { .. } => problem.field("materials"),
            Refusal::ConsentMissing => problem.field("consented"),
            Refusal::PeriodMissing => problem.field("within.days"),
            Refusal::BasisMissing => problem.field("within.basis"),
            Refusal::CatalogueMissing { number } => {
                problem.words("detail-version", [("number", Argument::Text(number.to_string()))])
            }
            Refusal::CatalogueOrder { number, newest } => problem.words(
                "detail-order",
                [("number", Argument::Text(number.to_string())), ("newest", Argument::Text(newest.to_string()))],
            ),
            Refusal::Catalogue(CatalogueRefusal::Stale { number, newest }) => problem.words(
                "detail-order",
                [("number", Argument::Text(number.to_string())), ("newest", Argument::Text(newest.to_string()))],
            ),
            Refusal::Catalogue(CatalogueRefusal::EffectiveUnfit { effective, earliest }) => problem
                .words(
                    "detail-effective",
                    [
                        ("effective", Argument::Text(effective.to_string())),
                        ("earliest", Argument::Text(earliest.to_string())),
                    ],
                )
                .field("effective"),
            Refusal::Catalogue(CatalogueRefusal::WhyMissing) => problem.field("why"),
            Refusal::ReasonsMissing => problem.field("reasons"),
            Refusal::KeyReused => problem.field("Idempotency-Key"),
            Refusal::MatterUnknown { .. } => problem.field("matter"),
            _ => problem,
        }
    }
}

impl From<RequestFault> for Problem {
    fn from(fault: RequestFault) -> Self {
        Self::of(fault.code()).field(fault.field).detail(fault.what)
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        let problem = Self::of(unavailable.code());
        match unavailable {
            Unavailable::NoLeader { unit } | Unavailable::Deadline { unit, .. } | Unavailable::Overloaded { unit } => {
                problem.words("detail-unit", [("unit", Argument::Unit(unit))])
            }
            // Why a group stopped is for the operator's log.
            Unavailable::Stopped { unit, .. } => problem.words("detail-unit", [("unit", Argument::Unit(unit))]),
        }
    }
}

impl From<SubmitFault> for Problem {
    fn from(fault: SubmitFault) -> Self {
        match fault {
            SubmitFault::Invalid(fault) => fault.into(),
            SubmitFault::Refused(refusal) => refusal.into(),
            SubmitFault::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<VotersFault> for Problem {
    fn from(fault: VotersFault) -> Self {
        let problem = Self::of(fault.code());
        let number = |count: u64| Argument::Text(count.to_string());
        let nodes = |nodes: &BTreeSet<NodeId>| {
            let numbers: Vec<String> = nodes.iter().map(ToString::to_string).collect();
            Argument::Text(numbers.join(", "))
        };
        match fault {
            VotersFault::UnderWay { unit } | VotersFault::Interrupted { unit, .. } => {
                problem.words("detail-unit", [("unit", Argument::Unit(unit))])
            }
            VotersFault::Unlisted { node, unit, directory, listed } => problem
                .words(
                    "detail-voters-listed",
                    [
                        ("number", number(directory)),
                        ("unit", Argument::Unit(unit)),
                        ("nodes", nodes(&listed)),
                        ("node", number(node.0)),
                    ],
                )
                .field("node"),
            VotersFault::Unknown { node, members: listed, .. } | VotersFault::NotVoter { node, voters: listed } => {
                problem
                    .words("detail-voters-members", [("nodes", nodes(&listed)), ("node", number(node.0))])
                    .field("node")
            }
            VotersFault::Already { node } | VotersFault::Silent { node } | VotersFault::Last { node, .. } => {
                problem.words("detail-voters-node", [("node", number(node.0))]).field("node")
            }
            VotersFault::Quorum { voters, answering, needed } => problem.words(
                "detail-voters-quorum",
                [("voters", nodes(&voters)), ("answering", nodes(&answering)), ("needed", number(needed as u64))],
            ),
            VotersFault::Behind { node, behind, millis } => problem.words(
                "detail-voters-behind",
                [("node", number(node.0)), ("behind", number(behind)), ("seconds", number(millis / 1000))],
            ),
            VotersFault::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<AskFault> for Problem {
    fn from(fault: AskFault) -> Self {
        match fault {
            AskFault::Invalid(fault) => fault.into(),
            AskFault::Refused(refusal) => refusal.into(),
            AskFault::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl IntoResponse for Problem {
    /// An empty answer that carries the problem: `guard` puts it into words.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl ProblemBody {
    /// For programs.
    pub(crate) fn into_json(self, language: Language) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        response
    }
}
