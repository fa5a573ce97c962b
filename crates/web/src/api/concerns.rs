//! What people say of a case (ratings, urgings, complaints), and what officials do about it. Who sees what: everybody who holds the number
//! sees that something was said and what officials answered; who answers sees level and words; who complains is seen by who reviews
//! alone, and never by who handles the case.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::concerns::{
    ConcernEvent, ConcernKind, ConcernStep, ConcernTask, FinishedStep, RatingCount, RatingLevel, Remedy, Saying,
    StoryLine, Urger,
};
use domain::ids::{ConcernId, Sequence};
use serde::{Deserialize, Serialize};
use unit::{About, Answer, ConcernView, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, CasePath, Served};
use crate::person::{Caller, Deed};
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::cards::{CardForm, card_form};
use super::cases::limit;
use super::form::{UnitForm, moment, same_names};

same_names! {
    FinishedStepForm = FinishedStep: Received GapsTold PassedOn Accepted NotAccepted Decided Delivered;
    RatingLevelForm = RatingLevel: VerySatisfied Satisfied FairlySatisfied Dissatisfied VeryDissatisfied;
    RemedyForm = Remedy: PutRight Explained;
    ConcernKindForm = ConcernKind: Rating Urging Complaint;
    ConcernTaskForm = ConcernTask: CallBack Rectify AnswerUrging JudgeComplaint HandleComplaint AnswerComplaint;
}

/// A finished step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FinishedStep)]
pub(crate) enum FinishedStepForm {
    /// 收件
    Received,
    /// 补正告知
    GapsTold,
    /// 移送
    PassedOn,
    /// 受理
    Accepted,
    /// 不予受理
    NotAccepted,
    /// 决定
    Decided,
    /// 送达
    Delivered,
}

/// How satisfied (GB/T 39735).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RatingLevel)]
pub(crate) enum RatingLevelForm {
    /// 非常满意
    VerySatisfied,
    /// 满意
    Satisfied,
    /// 基本满意
    FairlySatisfied,
    /// 不满意
    Dissatisfied,
    /// 非常不满意
    VeryDissatisfied,
}

/// How a bad rating was met.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Remedy)]
pub(crate) enum RemedyForm {
    /// 整改
    PutRight,
    /// 说明
    Explained,
}

/// What is said.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConcernKind)]
pub(crate) enum ConcernKindForm {
    /// 好差评
    Rating,
    /// 催办 or 督办
    Urging,
    /// 投诉
    Complaint,
}

/// What is owed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConcernTask)]
pub(crate) enum ConcernTaskForm {
    /// 回访
    CallBack,
    /// 整改或说明
    Rectify,
    /// 答复催办
    AnswerUrging,
    /// 受理投诉
    JudgeComplaint,
    /// 办理投诉
    HandleComplaint,
    /// 答复投诉
    AnswerComplaint,
}

/// A line of a case's story, as its timeline numbers it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StoryLine)]
pub(crate) struct LineForm {
    /// The unit's code.
    unit: String,
    /// The unit's number for the command.
    sequence: u64,
}

pub(super) fn about(
    shared: &Shared,
    step: Option<FinishedStepForm>,
    line: Option<LineForm>,
) -> Result<Option<About>, Problem> {
    match (step, line) {
        (_, Some(LineForm { unit, sequence })) => {
            let unit = shared.places.find("line.unit", &unit)?;
            Ok(Some(About::Line(StoryLine { unit, sequence: Sequence(sequence) })))
        }
        (step, None) => Ok(step.map(|step| About::Step(step.into()))),
    }
}

pub(super) fn named(concern: Option<&str>) -> Result<Option<ConcernId>, Problem> {
    let id = concern.map(str::parse).transpose();
    id.map_err(|_| Problem::of("request.field").field("concern").detail("expected a uuid"))
}

/// What was done about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConcernEvent)]
pub(crate) struct ConcernEventForm {
    /// When, by the log of the unit where it was done.
    at: String,
    /// Where.
    unit: UnitForm,
    /// `not_counted`, `called_back`, `rectified`, `explained`, `excluded`, `answered`, `over`, `went_on`, `complaint_accepted`,
    /// `complaint_refused`, `complaint_handled`, `complaint_upheld` or `complaint_not_upheld`.
    what: &'static str,
    /// What officials say of it.
    words: Option<String>,
    /// Of a call-back: whether the person was reached.
    reached: Option<bool>,
    /// Of a call-back: in how many attempts.
    attempts: Option<u16>,
    /// Whom it went on to.
    to: Option<UnitForm>,
}

/// Something that was said of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Concern)]
pub(crate) struct ConcernForm {
    /// Its name, a uuid.
    id: String,
    kind: ConcernKindForm,
    /// The case's printed number.
    number: String,
    /// The line of the story that it is about.
    line: Option<LineForm>,
    /// The step that a rating is about.
    step: Option<FinishedStepForm>,
    /// An order of an inspector, and not a wish of the applicant.
    ordered: bool,
    /// Where it was given.
    given_at: UnitForm,
    /// When, by that unit's log.
    at: String,
    /// Who answers.
    with: UnitForm,
    /// What is owed, where something is.
    waits: Option<ConcernTaskForm>,
    /// The last day for that; only at who answers.
    due: Option<String>,
    /// In order.
    events: Vec<ConcernEventForm>,
    /// How satisfied. For who answers alone.
    level: Option<RatingLevelForm>,
    /// What was written. For who answers alone; of a complaint for who reviews alone.
    words: Option<String>,
    /// Who complains, masked. For who reviews alone.
    complainant: Option<String>,
    /// How to reach the complainant. For who reviews alone.
    telephone: Option<String>,
    /// Cards of who answers. Staff only.
    cards: Vec<CardForm>,
}

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConcernList)]
pub(crate) struct ConcernListForm {
    /// Of a case: oldest first. Of a unit: by what is owed, then by the last day.
    concerns: Vec<ConcernForm>,
}

/// What whoever asks may see of what was said.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    /// Levels and words.
    pub(crate) answers: bool,
    /// Complaints and who complains.
    pub(crate) reviews: bool,
    /// Cards.
    pub(crate) staff: bool,
}

impl Sight {
    pub(crate) fn of(caller: &Caller, served: &Served) -> Self {
        let may = |deed| caller.may(deed, served.unit());
        Self { answers: may(Deed::PutRight) || may(Deed::Review), reviews: may(Deed::Review), staff: may(Deed::List) }
    }

    /// The words that may be seen of one.
    pub(crate) fn words(self, view: &ConcernView) -> Option<String> {
        let sees = if view.row.concern.kind() == ConcernKind::Complaint { self.reviews } else { self.answers };
        view.words.clone().filter(|_| sees)
    }
}

impl ConcernForm {
    fn new(places: &Places, view: ConcernView, sight: Sight) -> Self {
        let words = sight.words(&view);
        let ConcernView { row, complainant, cards, .. } = view;
        let complainant = complainant.filter(|_| sight.reviews);
        let (mut step, mut level, mut order) = (None, None, None);
        match &row.concern.saying {
            Saying::Rating { step: of, level: how, .. } => {
                (step, level) = (Some((*of).into()), Some((*how).into()).filter(|_| sight.answers));
            }
            Saying::Urging(Urger::Inspector { order: said, .. }) => order = Some(said.clone()),
            Saying::Urging(Urger::Applicant { .. }) | Saying::Complaint { .. } => {}
        }
        let line = row.concern.line();
        Self {
            id: row.concern.id.to_string(),
            kind: row.concern.kind().into(),
            number: row.concern.number.to_string(),
            line: line.map(|line| LineForm { unit: line.unit.to_string(), sequence: line.sequence.0 }),
            step,
            ordered: order.is_some(),
            given_at: UnitForm::new(places, row.concern.given_at),
            at: moment(row.concern.at),
            with: UnitForm::new(places, row.with),
            waits: row.waits_for().map(Into::into),
            due: row.due().map(|(_, day)| day.to_string()),
            events: row.events.iter().map(|event| event_form(places, event)).collect(),
            level,
            words: order.or(words),
            complainant: complainant.as_ref().map(|of| format!("{} {}", of.masked.name, of.masked.identifier)),
            telephone: complainant.map(|of| of.telephone).filter(|telephone| !telephone.is_empty()),
            cards: cards.into_iter().filter(|_| sight.staff).map(|card| card_form(places, card)).collect(),
        }
    }
}

fn event_form(places: &Places, event: &ConcernEvent) -> ConcernEventForm {
    let (what, words) = match &event.what {
        ConcernStep::NotCounted => ("not_counted", None),
        ConcernStep::CalledBack { said, .. } => ("called_back", Some(said)),
        ConcernStep::Rectified { remedy: Remedy::PutRight, what } => ("rectified", Some(what)),
        ConcernStep::Rectified { remedy: Remedy::Explained, what } => ("explained", Some(what)),
        ConcernStep::Excluded { reasons } => ("excluded", Some(reasons)),
        ConcernStep::Answered { answer } => ("answered", Some(answer)),
        ConcernStep::Over => ("over", None),
        ConcernStep::WentOn { .. } => ("went_on", None),
        ConcernStep::ComplaintAccepted => ("complaint_accepted", None),
        ConcernStep::ComplaintRefused { reasons } => ("complaint_refused", Some(reasons)),
        ConcernStep::ComplaintHandled { what } => ("complaint_handled", Some(what)),
        ConcernStep::ComplaintAnswered { upheld: true, answer } => ("complaint_upheld", Some(answer)),
        ConcernStep::ComplaintAnswered { upheld: false, answer } => ("complaint_not_upheld", Some(answer)),
    };
    let (reached, attempts) = match event.what {
        ConcernStep::CalledBack { reached, attempts, .. } => (Some(reached), Some(attempts)),
        _ => (None, None),
    };
    let to = match event.what {
        ConcernStep::WentOn { to } => Some(UnitForm::new(places, to)),
        _ => None,
    };
    let words = words.filter(|words| !words.is_empty()).cloned();
    ConcernEventForm {
        at: moment(event.at),
        unit: UnitForm::new(places, event.unit),
        what,
        words,
        reached,
        attempts,
        to,
    }
}

/// Everything that was said of a case, as this unit knows it. What is seen of each depends on who asks.
#[utoipa::path(get, path = "/cases/{case}/concerns", tag = "concerns", operation_id = "show_concerns", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = ConcernListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn of_case(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<ConcernListForm>, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    let sight = Sight::of(&caller, &served);
    let views = ask(&served, Question::Concerns { case }).await?;
    Ok(Json(ConcernListForm {
        concerns: views.into_iter().map(|view| ConcernForm::new(&shared.places, view, sight)).collect(),
    }))
}

pub(crate) async fn ask(served: &Served, question: Question) -> Result<Vec<ConcernView>, Problem> {
    match served.handle.ask(question).await? {
        Answer::Concerns(views) => Ok(views),
        _ => Err(Problem::of("http.internal")),
    }
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConcernsQuery {
    /// Only what is owed in this way.
    task: Option<ConcernTaskForm>,
    /// At most that many of each, 1–200; 50 where left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// What this unit owes to people who rated badly, urged or complained: the worklist, by last days. Staff only.
#[utoipa::path(get, path = "/concerns", tag = "concerns", operation_id = "list_concerns", params(ConcernsQuery), responses(
    (status = 200, body = ConcernListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    Asked(query): Asked<ConcernsQuery>,
) -> Result<Json<ConcernListForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let sight = Sight::of(&caller, &served);
    let question = Question::ConcernTasks { task: query.task.map(Into::into), limit: limit(query.limit)? };
    let views = ask(&served, question).await?;
    Ok(Json(ConcernListForm {
        concerns: views.into_iter().map(|view| ConcernForm::new(&shared.places, view, sight)).collect(),
    }))
}

/// How a unit's steps were rated.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ratings)]
pub(crate) struct RatingsForm {
    /// Whose steps.
    unit: UnitForm,
    /// All matters together.
    all: RatingForm,
    /// By matter.
    matters: Vec<RatingForm>,
}

/// Counts and shares. Excluded ratings are in none of the levels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingCounts)]
pub(crate) struct RatingForm {
    /// The matter's code; none for all together.
    matter: Option<String>,
    very_satisfied: u32,
    satisfied: u32,
    fairly_satisfied: u32,
    dissatisfied: u32,
    very_dissatisfied: u32,
    /// Excluded on review.
    excluded: u32,
    /// Bad ones that were put right or explained.
    rectified: u32,
    /// Percent that are at least fairly satisfied, rounded down; none where nobody rated.
    satisfied_percent: Option<u32>,
    /// Percent of the bad ones whose person was called back, rounded down; none where none is bad.
    called_back_percent: Option<u32>,
}

impl RatingForm {
    fn new(matter: Option<String>, count: &RatingCount) -> Self {
        let [very_satisfied, satisfied, fairly_satisfied, dissatisfied, very_dissatisfied] = count.levels;
        Self {
            matter,
            very_satisfied,
            satisfied,
            fairly_satisfied,
            dissatisfied,
            very_dissatisfied,
            excluded: count.excluded,
            rectified: count.rectified,
            satisfied_percent: count.satisfied_percent(),
            called_back_percent: count.called_back_percent(),
        }
    }
}

/// How this unit's steps were rated, by matter: for everybody.
#[utoipa::path(get, path = "/ratings", tag = "concerns", operation_id = "show_ratings", responses(
    (status = 200, body = RatingsForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn ratings(State(shared): State<Arc<Shared>>, served: Served) -> Result<Json<RatingsForm>, Problem> {
    let Answer::Ratings(counts) = served.handle.ask(Question::Ratings).await? else {
        return Err(Problem::of("http.internal"));
    };
    let nothing = RatingCount::default();
    let all = counts.iter().fold(nothing, |all, (_, count)| all.plus(*count));
    let matters = counts.iter().map(|(matter, count)| RatingForm::new(Some(matter.clone()), count)).collect();
    let unit = UnitForm::new(&shared.places, served.unit());
    Ok(Json(RatingsForm { unit, all: RatingForm::new(None, &all), matters }))
}
