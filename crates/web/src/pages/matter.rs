//! Finding a matter, and its guide: every element that the catalogue has, and who would decide it for which place and why.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::{Entry, Matter, PlannedDates};
use domain::ids::UnitId;
use domain::routing::{RouteAnswer, RouteRule};
use domain::time::CivilDate;
use serde::Deserialize;
use unit::FoundMatter;

use crate::api::matters::{AnsweredMatter, ask_matter, ask_route, rule, ruled_out};
use crate::api::search::ask_matters;
use crate::extract::{Asked, MatterPath};
use crate::language::Language;
use crate::places::Places;
use crate::problem::Problem;
use crate::site::Shared;

use super::elements::{self, Section};
use super::frame::{Frame, Page, render};
use super::words;

/// What one page shows at most: more is not read, but searched.
const MOST_SHOWN: usize = 100;

/// What is looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    #[serde(default)]
    words: String,
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "matters.html")]
struct MattersPage {
    f: Frame,
    asked: String,
    matters: Vec<FoundLine>,
    version: u64,
    cut: bool,
}

struct FoundLine {
    matter: Matter,
    /// Why it was found, where its name does not say so by itself.
    why: Vec<String>,
}

impl FoundLine {
    fn new(language: Language, found: FoundMatter) -> Self {
        Self { why: found.found_by.iter().filter_map(|by| words::found(language, by)).collect(), matter: found.matter }
    }
}

pub(crate) async fn list(page: Page, Asked(query): Asked<ListQuery>) -> Result<Response, Problem> {
    let (matters, version) = ask_matters(&page.served, query.words.clone(), MOST_SHOWN).await?;
    let cut = matters.len() == MOST_SHOWN;
    let language = page.language();
    let matters = matters.into_iter().map(|found| FoundLine::new(language, found)).collect();
    let page = MattersPage { f: page.frame, asked: query.words, matters, version, cut };
    Ok(render(page.f.language, StatusCode::OK, &page))
}

/// For which place the guide explains.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuideQuery {
    place: Option<String>,
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "matter.html")]
struct GuidePage {
    f: Frame,
    matter: Matter,
    entries: Vec<EntryLine>,
    version: u64,
    /// Why it cannot be applied for today.
    not_offered: Option<String>,
    elements: Vec<Section>,
    statutory: String,
    promised: String,
    place: String,
    route: RouteLines,
    /// What was wrong with the place that was asked for.
    wrong_place: Option<crate::problem::ProblemBody>,
}

struct EntryLine {
    unit: String,
    entry: Entry,
    elements: Vec<Section>,
}

impl EntryLine {
    fn new(language: Language, places: &Places, entry: Entry) -> Self {
        Self { unit: places.path(entry.unit), elements: elements::of_entry(language, &entry), entry }
    }
}

fn not_offered(language: Language, planned: PlannedDates) -> String {
    let day = |day: Option<CivilDate>| day.map(|day| day.to_string()).unwrap_or_else(|| "…".to_owned());
    language.tell("matter-not-offered", [("from", day(planned.from)), ("until", day(planned.until))])
}

/// A route in words.
pub(crate) struct RouteLines {
    /// Who is asked to decide.
    pub(crate) summary: String,
    /// The key of why.
    pub(crate) rule: String,
    /// Who reviews before the decision, in order.
    pub(crate) reviews: Vec<String>,
    pub(crate) candidates: Vec<CandidateLine>,
    /// Which unit, and the key of why not.
    pub(crate) ruled_out: Vec<(String, String)>,
}

pub(crate) struct CandidateLine {
    pub(crate) code: String,
    pub(crate) unit: String,
    pub(crate) body: String,
    pub(crate) power: domain::catalogue::PowerSource,
    pub(crate) passed_over: u32,
}

impl RouteLines {
    pub(crate) fn new(language: Language, places: &Places, route: &RouteAnswer) -> Self {
        let place = ("place", places.name(route.place));
        let summary = match (route.to, route.rule) {
            (Some(unit), RouteRule::Forwarded) => {
                language.tell("route-forwarded", [place, ("unit", places.name(unit))])
            }
            (Some(unit), _) => language.tell("route-to", [place, ("unit", places.name(unit))]),
            (None, _) => language.tell("route-nobody", [place]),
        };
        Self {
            summary,
            rule: format!("rule-{}", rule(route.rule).replace('_', "-")),
            candidates: route
                .candidates
                .iter()
                .map(|candidate| CandidateLine {
                    code: candidate.unit.to_string(),
                    unit: places.name(candidate.unit),
                    body: candidate.body_name.clone(),
                    power: candidate.power.clone(),
                    passed_over: candidate.passed_over,
                })
                .collect(),
            reviews: route.reviews.iter().map(|unit| places.name(*unit)).collect(),
            ruled_out: route
                .ruled_out
                .iter()
                .map(|past| (places.name(past.unit), format!("ruled-out-{}", ruled_out(past.reason).replace('_', "-"))))
                .collect(),
        }
    }
}

pub(crate) async fn guide(
    State(shared): State<Arc<Shared>>,
    page: Page,
    MatterPath(code): MatterPath,
    Asked(query): Asked<GuideQuery>,
) -> Result<Response, Problem> {
    let (language, here) = (page.language(), page.served.unit());
    let AnsweredMatter { matter, entries, offered, version } = ask_matter(&page.served, code.clone()).await?;
    let asked = query.place.filter(|text| !text.trim().is_empty());
    let (unit, wrong): (UnitId, _) = match asked.as_deref().map(|text| shared.places.find("place", text)) {
        None => (here, None),
        Some(Ok(unit)) => (unit, None),
        Some(Err(problem)) => (here, Some(problem)),
    };
    let route = ask_route(&page.served, code, unit).await?;
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let guide = GuidePage {
        statutory: words::limit(language, matter.statutory_limit),
        promised: words::limit(language, matter.promised_limit),
        entries: entries.into_iter().map(|entry| EntryLine::new(language, &shared.places, entry)).collect(),
        version,
        not_offered: (!offered).then(|| not_offered(language, matter.guide.planned)),
        elements: elements::of_matter(language, &matter),
        matter,
        place: if wrong.is_some() { asked.unwrap_or_default() } else { shared.places.path(unit) },
        route: RouteLines::new(language, &shared.places, &route),
        wrong_place: wrong.map(|problem| problem.tell(language, &shared.places, "")),
        f: page.frame,
    };
    Ok(render(language, status, &guide))
}
