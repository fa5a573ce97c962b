//! What came of a loss: what the unit's last round found, and what it had told that is void.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::recovery::{Finding, Word};
use serde::{Deserialize, Serialize};
use unit::{Answer, FindingView, FindingsView, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, CasePath, Served};
use crate::person::{Caller, Deed};
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::cases::limit;
use super::entry::EntryForm;
use super::form::{UnitForm, moment};

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingsQuery {
    /// At most that many, 1–200; 50 where left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the answer before.
    after: Option<String>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// What the rounds of a unit that was lost found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Findings)]
pub(crate) struct FindingsForm {
    /// The life of the unit's log that answers: 1 where it was never lost.
    generation: u32,
    /// The round that is open; none where everything is judged.
    round: Option<RoundForm>,
    /// In the order of the cases' internal names: the oldest case first.
    findings: Vec<FindingForm>,
    /// Give this as `after` for more.
    next: Option<String>,
}

/// A round that is open: what was inherited is only read until it is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenRound)]
pub(crate) struct RoundForm {
    /// Units whose answer is awaited.
    awaited: Vec<UnitForm>,
    /// Units that have answered.
    answered: Vec<UnitForm>,
    /// Units that two people declared lost.
    lost: Vec<UnitForm>,
    /// Who recorded the loss.
    people: Vec<String>,
}

/// What became of one inherited case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingForm {
    /// The case's internal name.
    case: String,
    /// Its printed number, where its content is here.
    number: Option<String>,
    /// `ours`, `taken`, `offered`, `commit_stands`, `elsewhere`, `as_known` or `content_lost`.
    finding: &'static str,
    /// Who committed it, offers it, or has it.
    other: Option<UnitForm>,
    /// The life of the unit that found it.
    generation: u32,
    /// The attempt that the mirror knew; none where it did not know the case.
    known_attempt: Option<u32>,
    /// The attempt under which it goes on.
    attempt: Option<u32>,
    /// When.
    at: String,
}

/// What is void of what was told about a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoidActs)]
pub(crate) struct VoidActsForm {
    /// In the order in which they were told.
    entries: Vec<EntryForm>,
}

impl FindingsForm {
    fn new(places: &Places, view: &FindingsView) -> Self {
        let round = view.round.as_ref().map(|open| {
            let units = |word: Word| {
                let those = open.round.peers.iter().filter(move |(_, known)| *known == word);
                those.map(|(unit, _)| UnitForm::new(places, *unit)).collect()
            };
            RoundForm {
                awaited: units(Word::Awaited),
                answered: units(Word::Answered),
                lost: units(Word::Lost),
                people: open.people.to_vec(),
            }
        });
        Self {
            generation: view.generation.0,
            round,
            findings: view.findings.iter().map(|found| FindingForm::new(places, found)).collect(),
            next: view.next.map(|case| case.to_string()),
        }
    }
}

impl FindingForm {
    fn new(places: &Places, view: &FindingView) -> Self {
        let (finding, other) = match view.found.finding {
            Finding::Ours => ("ours", None),
            Finding::Taken { from } => ("taken", Some(from)),
            Finding::Offered { by } => ("offered", Some(by)),
            Finding::CommitStands { to } => ("commit_stands", Some(to)),
            Finding::Elsewhere { with } => ("elsewhere", Some(with)),
            Finding::AsKnown => ("as_known", None),
            Finding::ContentLost => ("content_lost", None),
        };
        Self {
            case: view.case.to_string(),
            number: view.number.map(|number| number.to_string()),
            finding,
            other: other.map(|unit| UnitForm::new(places, unit)),
            generation: view.found.generation.0,
            known_attempt: view.found.known.map(|attempt| attempt.0),
            attempt: view.found.attempt.map(|attempt| attempt.0),
            at: moment(view.found.at),
        }
    }
}

/// What the unit's rounds found, after it was lost. Staff only.
///
/// Nothing where the unit was never lost. A later loss replaces what was found of the same case.
#[utoipa::path(get, path = "/findings", tag = "recovery", operation_id = "list_findings", params(FindingsQuery), responses(
    (status = 200, body = FindingsForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn findings(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    Asked(query): Asked<FindingsQuery>,
) -> Result<Json<FindingsForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let after = query.after.as_deref().map(|text| text.parse()).transpose();
    let after = after.map_err(|_| Problem::of("request.field").field("after").detail("expected a uuid"))?;
    let question = Question::Findings { limit: limit(query.limit)?, after };
    match served.handle.ask(question).await? {
        Answer::Findings(view) => Ok(Json(FindingsForm::new(&shared.places, &view))),
        _ => Err(Problem::of("http.internal")),
    }
}

/// What was told here of a case by a unit that was then lost, and that its next life does not have: acts that are void.
///
/// Found at the unit that received the case, which is told everything.
#[utoipa::path(get, path = "/cases/{case}/void-acts", tag = "recovery", operation_id = "void_acts", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = VoidActsForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn void_acts(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<VoidActsForm>, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    match served.handle.ask(Question::VoidActs { case }).await? {
        Answer::VoidActs(told) => {
            let entries = told.iter().map(|entry| EntryForm::new(&shared.places, entry)).collect();
            Ok(Json(VoidActsForm { entries }))
        }
        _ => Err(Problem::of("http.internal")),
    }
}
