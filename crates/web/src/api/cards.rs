//! 预警, 黄牌, 红牌: what inspectors see of an authority that lets time run out. Derived when asked; staff only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::cards::{Card, CardCause, CardKind, Standing};
use domain::command::TaskKind;
use serde::{Deserialize, Serialize};
use unit::{CaseFilter, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, CasePath, Served};
use crate::person::{Caller, Deed};
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::cases::{ask_case, ask_cases, limit};
use super::form::{UnitForm, same_names};

same_names! {
    CardKindForm = CardKind: Warning Yellow Red;
    CardCauseForm = CardCause: NotAccepted Decision Promise CallBack Rectification Urging ComplaintAcceptance
        ComplaintAnswer Review;
}

/// How serious a card is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardKind)]
pub(crate) enum CardKindForm {
    /// 预警: the last day is near.
    Warning,
    /// 黄牌: about to be late.
    Yellow,
    /// 红牌: late.
    Red,
}

/// What was let run out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardCause)]
pub(crate) enum CardCauseForm {
    /// Neither accepted nor its gaps told in time.
    NotAccepted,
    /// The decision, by the limit of the law.
    Decision,
    /// The decision, by what the authority promises.
    Promise,
    /// Nobody called back who rated badly.
    CallBack,
    /// A bad rating neither put right nor explained.
    Rectification,
    /// An urging without an answer.
    Urging,
    /// A complaint neither accepted nor refused.
    ComplaintAcceptance,
    /// A complaint without an answer.
    ComplaintAnswer,
    /// A lower organ's review was sent up late.
    Review,
}

/// A card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Card)]
pub(crate) struct CardForm {
    kind: CardKindForm,
    cause: CardCauseForm,
    /// Whose.
    unit: UnitForm,
    /// The day on which it began.
    on: String,
    /// The last day that it is about, as it stood then.
    due: String,
    /// Only time that nobody can vouch for brings it: an inspector looks.
    undetermined: bool,
}

/// How an authority stands in a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseCards)]
pub(crate) struct CardsForm {
    /// The case's printed number.
    #[schema(example = "370811002001-260202-A-00001-7")]
    number: Option<String>,
    /// Oldest first. None where the case is not here, or not accepted.
    cards: Vec<CardForm>,
    /// So many days earlier than promised was it decided.
    early_days: Option<u16>,
}

/// Cases with cards.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardList)]
pub(crate) struct CardListForm {
    /// Of those that wait for a decision, the ones with a card; newest first.
    cases: Vec<CardsForm>,
    /// Give this as `after` for more.
    next: Option<String>,
}

impl CardsForm {
    fn new(places: &Places, number: Option<String>, standing: Option<Standing>) -> Self {
        let Standing { cards, early } = standing.unwrap_or_default();
        Self { number, cards: cards.into_iter().map(|card| card_form(places, card)).collect(), early_days: early }
    }
}

pub(super) fn card_form(places: &Places, card: Card) -> CardForm {
    CardForm {
        kind: card.kind.into(),
        cause: card.cause.into(),
        unit: UnitForm::new(places, card.unit),
        on: card.on.to_string(),
        due: card.due.to_string(),
        undetermined: card.undetermined,
    }
}

/// Cards on a case, and whether it was decided early. Staff only.
#[utoipa::path(get, path = "/cases/{case}/cards", tag = "cases", operation_id = "show_cards", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = CardsForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn of_case(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<CardsForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let view = ask_case(&served, case).await?;
    let number = view.number.map(|number| number.to_string());
    let mut form = CardsForm::new(&shared.places, number, view.standing);
    // Of who leaves people without an answer: wherever that is, and whoever has the case.
    for said in super::concerns::ask(&served, Question::Concerns { case }).await? {
        form.cards.extend(said.cards.into_iter().map(|card| card_form(&shared.places, card)));
    }
    Ok(Json(form))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CardsQuery {
    /// Look at so many cases at most, 1–200; 50 where left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the answer before.
    after: Option<String>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// Cases of this unit that wait for a decision and have a card. Staff only.
#[utoipa::path(get, path = "/cards", tag = "cases", operation_id = "list_cards", params(CardsQuery), responses(
    (status = 200, body = CardListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    Asked(query): Asked<CardsQuery>,
) -> Result<Json<CardListForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let after = query.after.as_deref().map(|text| text.parse()).transpose();
    let filter = CaseFilter {
        stage: None,
        waiting: Some(TaskKind::Decide),
        limit: limit(query.limit)?,
        after: after.map_err(|_| Problem::of("request.field").field("after").detail("expected a uuid"))?,
    };
    let (cases, next) = ask_cases(&served, filter).await?;
    let with_cards = cases.into_iter().filter(|view| view.standing.as_ref().is_some_and(|s| !s.cards.is_empty()));
    let form = |view: unit::CaseView| {
        CardsForm::new(&shared.places, view.number.map(|number| number.to_string()), view.standing)
    };
    Ok(Json(CardListForm { cases: with_cards.map(form).collect(), next: next.map(|case| case.to_string()) }))
}
