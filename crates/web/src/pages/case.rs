//! Following a case, and acting on it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::case::{DayUnit, Gap, Happening, Stage, Within};
use domain::catalogue::LimitDays;
use domain::clocks::stopped_until;
use domain::command::{Deficit, TaskKind};
use domain::division::{city_of, county_of};
use domain::handoff::Role;
use domain::legal::StopNotice;
use serde::Deserialize;
use unit::{Act, CaseFilter, CaseView, ClaimStanding, Handling};

use crate::api::acts::{act as send, done, for_applicant};
use crate::api::cases::{ask_case, ask_cases};
use crate::api::form::{StageForm, WaitingForm, holder};
use crate::api::handling::{ApproverForm, ProcedureForm};
use crate::api::matters::{ask_matter, ask_route};
use crate::extract::{Asked, CasePath, FormFields, case_name, is_key};
use crate::language::Language;
use crate::papers::sheets;
use crate::person::Deed;
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::clocks::{ClockLines, clock_lines};
use super::concerns::{Concerns, concerns};
use super::flow::FlowLines;
use super::frame::{Choice, Frame, Page, render};
use super::hearing::HearingForms;
use super::matter::RouteLines;
use super::words;

const MOST_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "follow.html")]
struct FollowPage {
    f: Frame,
    wrong: Option<ProblemBody>,
}

pub(crate) async fn follow(page: Page) -> Response {
    render(page.language(), StatusCode::OK, &FollowPage { f: page.frame, wrong: None })
}

/// By the number on the slip. It says nothing about the person, so it may stand in the address.
pub(crate) async fn find(State(shared): State<Arc<Shared>>, page: Page, fields: FormFields) -> Response {
    let language = page.language();
    match case_name(fields.get("number")) {
        Ok(unit::CaseName::Number(number)) => {
            Redirect::to(&format!("{}/cases/{number}", page.frame.base)).into_response()
        }
        Ok(unit::CaseName::Id(case)) => Redirect::to(&format!("{}/cases/{case}", page.frame.base)).into_response(),
        Err(problem) => {
            // What was typed may be a citizen number: it is not written back.
            let wrong = Some(problem.tell(language, &shared.places, ""));
            render(language, problem.status(), &FollowPage { f: page.frame, wrong })
        }
    }
}

/// Which cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    #[serde(default)]
    stage: String,
    #[serde(default)]
    waiting: String,
    #[serde(default)]
    after: String,
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct CasesPage {
    f: Frame,
    stages: Vec<Choice>,
    waitings: Vec<Choice>,
    cases: Vec<CaseLine>,
    more: Option<String>,
}

struct CaseLine {
    href: String,
    number: String,
    matter: String,
    applicant: String,
    stage: Option<&'static str>,
    waiting: Option<&'static str>,
    first_contact: String,
}

/// As addresses write it.
pub(crate) fn waiting_name(waiting: TaskKind) -> String {
    text_of(&WaitingForm::from(waiting))
}

fn text_of<T: serde::Serialize>(form: &T) -> String {
    serde_json::to_value(form).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn of_text<T: serde::de::DeserializeOwned>(field: &str, text: &str) -> Result<Option<T>, Problem> {
    match text {
        "" => Ok(None),
        text => serde_json::from_value(text.into()).map(Some).map_err(|_| Problem::of("http.query").field(field)),
    }
}

pub(crate) async fn list(page: Page, Asked(query): Asked<ListQuery>) -> Result<Response, Problem> {
    page.caller.allowed(Deed::List, page.served.unit())?;
    let filter = CaseFilter {
        stage: of_text::<StageForm>("stage", &query.stage)?.map(Into::into),
        waiting: of_text::<WaitingForm>("waiting", &query.waiting)?.map(Into::into),
        limit: MOST_SHOWN,
        after: match query.after.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Problem::of("http.query").field("after"))?),
        },
    };
    let language = page.language();
    let (cases, next) = ask_cases(&page.served, filter).await?;
    let all = |chosen| Choice { value: String::new(), label: language.say("cases-all"), chosen };
    const STAGES: [Stage; 11] = [
        Stage::Received,
        Stage::Accepted,
        Stage::NotAccepted,
        Stage::Decided,
        Stage::Closed,
        Stage::Delivered,
        Stage::Withdrawn,
        Stage::Terminated,
        Stage::AwaitingSupplement,
        Stage::Lapsed,
        Stage::SentUp,
    ];
    let stages = STAGES.map(|stage| {
        let value = text_of(&StageForm::from(stage));
        Choice { chosen: value == query.stage, value, label: language.say(words::stage_key(stage)) }
    });
    let waitings = TaskKind::ALL.map(|waiting| {
        let value = waiting_name(waiting);
        Choice { chosen: value == query.waiting, value, label: language.say(words::waiting_key(waiting)) }
    });
    let base = page.frame.base.clone();
    let list = CasesPage {
        stages: [all(query.stage.is_empty())].into_iter().chain(stages).collect(),
        waitings: [all(query.waiting.is_empty())].into_iter().chain(waitings).collect(),
        cases: cases.iter().map(|view| CaseLine::new(&base, view)).collect(),
        more: next.map(|next| format!("{base}/cases?stage={}&waiting={}&after={next}", query.stage, query.waiting)),
        f: page.frame,
    };
    Ok(render(language, StatusCode::OK, &list))
}

impl CaseLine {
    fn new(base: &str, view: &CaseView) -> Self {
        let number = view.number.map(|number| number.to_string());
        Self {
            href: format!("{base}/cases/{}", number.clone().unwrap_or_else(|| view.id.to_string())),
            number: number.unwrap_or_else(|| view.id.to_string()),
            matter: view.content.as_ref().map(|content| content.matter_name.clone()).unwrap_or_default(),
            applicant: view.applicant.as_ref().map(|masked| masked.name.clone()).unwrap_or_default(),
            stage: view.stage.map(words::stage_key),
            waiting: view.waiting.map(words::waiting_key),
            first_contact: view.content.as_ref().map(|content| content.collected_at.to_string()).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    f: Frame,
    view: CaseView,
    number: String,
    stage: Option<&'static str>,
    waiting: Option<&'static str>,
    place: String,
    held: String,
    /// How its claim stands.
    claim: Option<String>,
    clocks: Option<ClockLines>,
    /// For staff: cards on the authority, and whether it was early.
    cards: Vec<String>,
    timeline: Vec<TimelineLine>,
    papers: Vec<PaperLink>,
    /// Listed materials: what gaps can be told of, and what can be supplemented.
    listed: Vec<String>,
    /// Those that are not there and may come after acceptance.
    to_follow: Vec<String>,
    /// Who else may be competent for the place, by code and name.
    others: Vec<(String, String)>,
    /// What the clock can be stopped for, as forms and words name it.
    procedures: Vec<(String, &'static str)>,
    route: Option<RouteLines>,
    right_authority: Option<String>,
    /// Who was asked in vain, why and when.
    passed_over: Vec<String>,
    key: String,
    may: Buttons,
    concerns: Concerns,
    flow: FlowLines,
    hearing: HearingForms,
    wrong: Option<ProblemBody>,
}

struct TimelineLine {
    at: String,
    unit: String,
    what: String,
}

struct PaperLink {
    href: String,
    title: String,
    at: String,
}

/// What whoever acts can try now.
#[derive(Default)]
struct Buttons {
    accept: bool,
    /// The claim's home has not answered: accepting needs the applicant's declaration.
    declare: bool,
    /// Tell what is missing: once.
    gaps: bool,
    supplement: bool,
    /// Bring what was to follow.
    complete: bool,
    /// Another authority is competent.
    pass_on: bool,
    not_accept: bool,
    decide: bool,
    /// The clock runs, and can be stopped.
    stop: bool,
    /// The clock stands still.
    resume: bool,
    extend: bool,
    deliver: bool,
    withdraw: bool,
    take_back: bool,
}

impl Buttons {
    fn any(&self) -> bool {
        self.accept
            || self.supplement
            || self.complete
            || self.not_accept
            || self.decide
            || self.deliver
            || self.withdraw
            || self.take_back
    }
}

pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    page: Page,
    CasePath(case): CasePath,
) -> Result<Response, Problem> {
    page.caller.allowed(Deed::Follow, page.served.unit())?;
    let view = ask_case(&page.served, case).await?;
    tell(&shared, page, view, None).await
}

async fn tell(shared: &Shared, page: Page, view: CaseView, problem: Option<Problem>) -> Result<Response, Problem> {
    let language = page.language();
    let places = &shared.places;
    let (listed, to_follow) = listed(&page, &view).await;
    let may = Buttons { complete: !to_follow.is_empty(), ..Buttons::default() };
    let may = buttons(&page, &view, may).await;
    let route = match &view.content {
        // The explanation is a help: where the slice cannot give it, the case is shown without.
        Some(content) => ask_route(&page.served, content.matter.to_string(), content.place).await.ok(),
        None => None,
    };
    let concerns = concerns(&page, places, &view).await;
    let flow = FlowLines::new(&page, places, &view).await;
    let hearing = HearingForms::new(&page, &view).await;
    let timeline = view.timeline.iter().map(|entry| TimelineLine {
        at: entry.at.to_string(),
        unit: places.name(entry.unit),
        what: words::sentence(language, places, entry),
    });
    // A help too: the case is shown without its papers rather than not at all.
    let papers = sheets(&page.served, places, &view).await.unwrap_or_default().into_iter().map(|sheet| PaperLink {
        href: format!("{}/cases/{}/papers/{}", page.frame.base, sheet.number.case, sheet.number.ordinal),
        title: sheet.title.of(language),
        at: sheet.issued.to_string(),
    });
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let right_authority = view.content.as_ref().and_then(|content| content.non_acceptance.as_ref()?.right_authority);
    let shown = CasePage {
        number: view.number.map_or_else(|| view.id.to_string(), |number| number.to_string()),
        stage: view.stage.map(words::stage_key),
        waiting: view.waiting.map(words::waiting_key),
        place: view.content.as_ref().map(|content| places.path(content.place)).unwrap_or_default(),
        held: held(&page, places, &view),
        claim: view.claim.map(|claim| words::claim(language, places, claim)),
        clocks: clock_lines(language, places, &view),
        cards: match page.caller.may(Deed::List, page.served.unit()) {
            true => words::standing(language, places, &view),
            false => vec![],
        },
        timeline: timeline.collect(),
        papers: papers.collect(),
        listed,
        to_follow,
        others: others(&page, places, &view),
        procedures: words::PROCEDURES
            .map(|kind| (text_of(&ProcedureForm::from(kind)), words::procedure_key(kind)))
            .into(),
        route: route.map(|route| RouteLines::new(language, places, &route)),
        passed_over: passed_over(language, places, &view),
        right_authority: right_authority.map(|unit| places.path(unit)),
        key: (shared.site.form_key)(),
        may,
        concerns,
        flow,
        hearing,
        wrong: problem.map(|problem| problem.tell(language, places, "")),
        view,
        f: page.frame,
    };
    Ok(render(language, status, &shown))
}

/// The materials that the case's matter lists, and those that are still to come.
async fn listed(page: &Page, view: &CaseView) -> (Vec<String>, Vec<String>) {
    let Some(content) = &view.content else { return Default::default() };
    let Ok(answered) = ask_matter(&page.served, content.matter.to_string()).await else {
        return Default::default();
    };
    let matter = answered.matter;
    let to_follow = content.to_follow(&matter);
    (matter.materials.into_iter().map(|material| material.name).collect(), to_follow)
}

/// The place's county and city, but for who is asked.
fn others(page: &Page, places: &Places, view: &CaseView) -> Vec<(String, String)> {
    let Some(content) = &view.content else { return vec![] };
    let units = [county_of(content.place), city_of(content.place)];
    let others = units.into_iter().filter(|unit| *unit != page.served.unit());
    others.map(|unit| (unit.to_string(), places.path(unit))).collect()
}

fn passed_over(language: Language, places: &Places, view: &CaseView) -> Vec<String> {
    let past = view.content.as_ref().map(|content| &content.passed_over[..]).unwrap_or_default();
    let line = |past: &domain::case::PassedOver| {
        format!("{} · {} · {}", places.name(past.unit), language.say(words::reason_key(past.reason)), past.at)
    };
    past.iter().map(line).collect()
}

fn held(page: &Page, places: &Places, view: &CaseView) -> String {
    let unit = ("unit", places.name(holder(view)));
    match view.role {
        Role::Owner => page.language().tell("case-where-here", [unit]),
        Role::Offering { to } => page.language().tell("case-where-offered", [unit, ("to", places.name(to))]),
        Role::Gone { .. } | Role::Dropped { .. } => page.language().tell("case-where-elsewhere", [unit]),
        Role::Offered { .. } | Role::Prepared { .. } => page.language().tell("case-where-coming", [unit]),
    }
}

async fn buttons(page: &Page, view: &CaseView, known: Buttons) -> Buttons {
    let may = |deed| page.caller.may(deed, page.served.unit());
    let ours = matches!(view.role, Role::Owner | Role::Offering { .. });
    let open = ours
        && view.stage.is_some_and(|stage| {
            matches!(stage, Stage::Received | Stage::AwaitingSupplement | Stage::Accepted | Stage::SentUp)
        });
    let (is_to_accept, is_to_decide) = (view.waiting == Some(TaskKind::Accept), view.waiting == Some(TaskKind::Decide));
    let is_handled = matches!(view.waiting, Some(TaskKind::Decide | TaskKind::Step | TaskKind::Review));
    let waits_for_applicant = view.waiting == Some(TaskKind::Supplement);
    let case = unit::CaseName::Id(view.id);
    let for_applicant = |deeds| for_applicant(&page.served, &page.caller, case, deeds);
    let told = |wanted: fn(&Happening) -> bool| view.timeline.iter().any(|entry| wanted(&entry.what));
    let stands_still = view.content.as_ref().and_then(stopped_until).is_some();
    Buttons {
        accept: is_to_accept && may(Deed::Accept),
        gaps: is_to_accept && may(Deed::Handle) && !told(|what| matches!(what, Happening::GapsTold { .. })),
        supplement: waits_for_applicant && for_applicant((Deed::Supplement, Deed::SupplementOwn)).await.is_ok(),
        complete: known.complete && is_handled && for_applicant((Deed::Supplement, Deed::SupplementOwn)).await.is_ok(),
        pass_on: is_to_accept && may(Deed::NotAccept),
        not_accept: (is_to_accept || waits_for_applicant) && may(Deed::NotAccept),
        declare: matches!(view.claim, Some(ClaimStanding::Awaited { .. })),
        decide: is_to_decide && may(Deed::Decide),
        stop: is_handled && may(Deed::Handle) && !stands_still,
        resume: is_handled && may(Deed::Handle) && stands_still,
        extend: is_handled && may(Deed::Handle) && !told(|what| matches!(what, Happening::LimitExtended { .. })),
        deliver: view.waiting == Some(TaskKind::Deliver) && may(Deed::Deliver),
        take_back: view.waiting == Some(TaskKind::AwaitAnswer) && may(Deed::TakeBack),
        withdraw: open && for_applicant((Deed::Withdraw, Deed::WithdrawOwn)).await.is_ok(),
    }
}

/// Does what a button says, and goes back to the case; a refusal is shown on it.
pub(crate) async fn act(
    State(shared): State<Arc<Shared>>,
    page: Page,
    CasePath(case): CasePath,
    Path(path): Path<ActPath>,
    fields: FormFields,
) -> Result<Response, Problem> {
    let text = |name: &str| fields.get(name).to_owned();
    let (deed, asked) = match path.act.as_str() {
        "accept" => (Deed::Accept, Act::Accept { case, declared: fields.get("declared") == "yes" }),
        "not-accept" => (Deed::NotAccept, Act::NotAccept { case, reasons: text("reasons"), right_authority: None }),
        "decide" => {
            let granted = match fields.get("granted") {
                "yes" => true,
                "no" => false,
                _ => return Err(Problem::of("request.field").field("granted")),
            };
            (Deed::Decide, Act::Decide { case, granted, reasons: text("reasons") })
        }
        "deliver" => (Deed::Deliver, Act::Deliver { case }),
        "withdraw" => (Deed::WithdrawOwn, Act::Withdraw { case, reason: text("reason") }),
        "take-back" => (Deed::TakeBack, Act::TakeBack { case }),
        "gaps" => {
            // One field for each material that the matter lists: those left empty have no gap.
            let listed = fields.starting_with("gap-");
            let gap = |(material, what): (&str, &str)| Gap { material: material.to_owned(), what: what.to_owned() };
            let gaps = listed.filter(|(_, what)| !what.trim().is_empty()).map(gap).collect();
            // An end is told where a provision is cited for it.
            let within = Some(within(&fields)?).filter(|within| within.told.days > 0 || !within.basis.is_empty());
            (Deed::Handle, Act::Handle { case, handling: Handling::TellGaps { gaps, within } })
        }
        "supplement" => {
            let materials = fields.starting_with("material-").map(|(name, _)| name.to_owned()).collect();
            (Deed::SupplementOwn, Act::Handle { case, handling: Handling::Supplement { materials } })
        }
        "accept-with-deficit" => {
            let deficit = Deficit { asked: fields.get("asked") == "yes", within: within(&fields)? };
            let declared = fields.get("declared") == "yes";
            (Deed::Accept, Act::Handle { case, handling: Handling::AcceptWithDeficit { declared, deficit } })
        }
        "complete" => {
            let materials = fields.starting_with("material-").map(|(name, _)| name.to_owned()).collect();
            (Deed::SupplementOwn, Act::Handle { case, handling: Handling::Complete { materials } })
        }
        "pass-on" => {
            let to = shared.places.find("to", fields.get("to"))?;
            let consented = fields.get("consented") == "yes";
            let handling = Handling::PassOn { to, reasons: text("reasons"), consented };
            (Deed::NotAccept, Act::Handle { case, handling })
        }
        "stop" => {
            let kind = of_text::<ProcedureForm>("kind", fields.get("kind"))?.map(Into::into);
            let notice = StopNotice { kind, basis: text("basis"), told: told(&fields)? };
            (Deed::Handle, Act::Handle { case, handling: Handling::StopClock { notice } })
        }
        "prolong" => {
            let handling = Handling::ProlongStop { reason: text("reason"), told: told(&fields)? };
            (Deed::Handle, Act::Handle { case, handling })
        }
        "resume" => (Deed::Handle, Act::Handle { case, handling: Handling::ResumeClock }),
        "extend" => {
            let days = fields.get("days").trim().parse().map_err(|_| Problem::of("request.field").field("days"))?;
            let by = of_text::<ApproverForm>("by", fields.get("by"))?;
            let by = by.ok_or_else(|| Problem::of("request.field").field("by"))?.into();
            (Deed::Handle, Act::Handle { case, handling: Handling::ExtendLimit { days, by, reason: text("reason") } })
        }
        act => {
            let flow = super::flow::asked(act, &fields)?.map(|handling| (Deed::Handle, handling));
            match (flow.or(super::hearing::asked(act, &fields)?), super::concerns::asked(act, &fields)?) {
                (Some((deed, handling)), _) => (deed, Act::Handle { case, handling }),
                (None, Some((deed, concerning))) => (deed, Act::Concern { case, concerning }),
                (None, None) => return Err(Problem::of("http.not_found")),
            }
        }
    };
    let person = match deed {
        Deed::WithdrawOwn => {
            for_applicant(&page.served, &page.caller, case, (Deed::Withdraw, Deed::WithdrawOwn)).await?
        }
        Deed::SupplementOwn => {
            for_applicant(&page.served, &page.caller, case, (Deed::Supplement, Deed::SupplementOwn)).await?
        }
        deed => page.caller.allowed(deed, page.served.unit())?,
    };
    let key = Some(fields.get("key")).filter(|key| is_key(key)).map(str::to_owned);
    let key = key.ok_or_else(|| Problem::of("request.key").field("key"))?;
    let sent = async { done(&send(&page.served, person, Some(key), asked).await?).map(|_| ()) };
    match sent.await {
        Ok(()) => Ok(Redirect::to(page.frame.here.trim_end_matches(&path.act).trim_end_matches('/')).into_response()),
        Err(problem) => {
            let view = ask_case(&page.served, case).await?;
            tell(&shared, page, view, Some(problem)).await
        }
    }
}

/// By when the applicant is to bring what is asked for. Without days it is none, which is refused where one is needed.
fn within(fields: &FormFields) -> Result<Within, Problem> {
    let told = told(fields)?.unwrap_or(LimitDays { days: 0, unit: DayUnit::Working });
    Ok(Within { told, basis: fields.get("basis").trim().to_owned() })
}

/// A period that the applicant is told; working days, as organs count.
fn told(fields: &FormFields) -> Result<Option<LimitDays>, Problem> {
    let days = match fields.get("days").trim() {
        "" => return Ok(None),
        text => text.parse().map_err(|_| Problem::of("request.field").field("days"))?,
    };
    Ok(Some(LimitDays { days, unit: DayUnit::Working }))
}

/// Which button.
#[derive(Deserialize)]
pub(crate) struct ActPath {
    act: String,
}
