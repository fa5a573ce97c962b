//! Proposals of catalogue versions at the city: made, reviewed by another person, withdrawn, published; and what is still to be extended
//! to counties. For staff.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::catalogue::extension::StillToExtend;
use domain::catalogue::{ProposalAct, ProposalStanding, VersionProposal};
use domain::command::Done;
use serde::{Deserialize, Serialize};
use unit::{Act, Answer, CatalogueAct, ProposalView, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, IdempotencyKey, JsonBody, MaybeJson, ProposalPath, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::{act, done};
use super::cases::limit;
use super::catalogue::{ChunkForm, keep, publication};
use super::form::{UnitForm, moment};

/// The next version as somebody proposes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProposal)]
pub(crate) struct ProposeForm {
    /// From when it is to hold: today or later, and not before what it replaces.
    #[schema(example = "2026-07-01")]
    effective: String,
    /// Why: who reviews reads it.
    why: String,
    /// Its pieces, as for the first version.
    chunks: Vec<ChunkForm>,
}

/// What another person says of a proposal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProposalReview)]
pub(crate) struct ReviewForm {
    /// Whether it may be published; else it is sent back.
    approved: bool,
    /// What there is to say; needed where it is sent back.
    #[serde(default)]
    words: String,
}

/// Why a proposal is taken back.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProposalWithdrawal)]
pub(crate) struct WithdrawForm {
    /// Where there is something to say.
    #[serde(default)]
    words: String,
}

/// Something that a person did about a proposal.
#[derive(Serialize, ToSchema)]
#[schema(as = ProposalAct)]
pub(crate) struct ProposalActForm {
    /// The account.
    by: String,
    /// When, by the city's log.
    at: String,
    /// The city's number for the act.
    sequence: u64,
    /// What was said.
    words: String,
}

/// A proposal.
#[derive(Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalForm {
    /// Its number.
    proposal: u64,
    /// `proposed`, `approved`, `sent_back`, `withdrawn` or `published`.
    standing: &'static str,
    /// The version that it is to be, or is.
    version: u64,
    /// From when that is to hold.
    effective: String,
    /// Who proposed it, and why.
    proposed: ProposalActForm,
    /// Who reviewed it.
    reviewed: Option<ProposalActForm>,
    /// Who withdrew or published it.
    ended: Option<ProposalActForm>,
}

/// Proposals, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ProposalList)]
pub(crate) struct ProposalListForm {
    proposals: Vec<ProposalForm>,
    /// Give this as `before` for more; nothing at the end.
    next: Option<u64>,
}

/// A proposal and what it changes.
#[derive(Serialize, ToSchema)]
#[schema(as = ProposalWithChanges)]
pub(crate) struct ProposalViewForm {
    #[serde(flatten)]
    #[schema(inline)]
    proposal: ProposalForm,
    /// It waits, and another version came first: it cannot be published any more.
    stale: bool,
    /// What it changes, in plain words; the first of them.
    changes: Vec<ToldChangeForm>,
    /// How many changes there are.
    changes_count: u64,
}

/// A change in both languages.
#[derive(Serialize, ToSchema)]
#[schema(as = CatalogueChange)]
pub(crate) struct ToldChangeForm {
    /// 中文
    zh: String,
    /// English
    en: String,
}

/// What was done about a proposal.
#[derive(Serialize, ToSchema)]
#[schema(as = ProposalDone)]
pub(crate) struct ProposalDoneForm {
    /// Its number.
    proposal: u64,
    /// The city's number for the act.
    sequence: u64,
    /// Of a publication: whether the city has installed the version.
    installed: Option<bool>,
}

/// A power that is still to be extended to one county.
#[derive(Serialize, ToSchema)]
#[schema(as = StillToExtend)]
pub(crate) struct StillToExtendForm {
    /// The matter's code.
    matter: String,
    /// Its name.
    name: String,
    /// The city's body that has it.
    body: String,
    /// What the province gave it by.
    instrument: String,
    /// Since when the duty is open, where the list says it.
    since: Option<String>,
    /// The county that has not got it.
    county: UnitForm,
}

/// What is still to be extended: all of it at the city, its own county's elsewhere.
#[derive(Serialize, ToSchema)]
#[schema(as = StillToExtendList)]
pub(crate) struct StillToExtendListForm {
    /// By the catalogue version in force.
    version: u64,
    /// On this day.
    on: String,
    /// By matter and county.
    open: Vec<StillToExtendForm>,
}

/// Which proposals.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalQuery {
    /// At most that many, 1–200; 50 where left out.
    limit: Option<usize>,
    /// Only those before this one.
    before: Option<u64>,
}

fn act_form(act: &ProposalAct) -> ProposalActForm {
    ProposalActForm { by: act.by.name.clone(), at: moment(act.at), sequence: act.sequence.0, words: act.words.clone() }
}

fn proposal_form(proposal: u64, row: &VersionProposal) -> ProposalForm {
    let standing = match row.standing {
        ProposalStanding::Proposed => "proposed",
        ProposalStanding::Approved => "approved",
        ProposalStanding::SentBack => "sent_back",
        ProposalStanding::Withdrawn => "withdrawn",
        ProposalStanding::Published => "published",
    };
    ProposalForm {
        proposal,
        standing,
        version: row.version.number,
        effective: row.version.effective.to_string(),
        proposed: act_form(&row.proposed),
        reviewed: row.reviewed.as_ref().map(act_form),
        ended: row.ended.as_ref().map(act_form),
    }
}

/// Proposals of catalogue versions, newest first.
#[utoipa::path(get, path = "/catalogue/proposals", tag = "catalogue", operation_id = "list_proposals", params(ProposalQuery), responses(
    (status = 200, body = ProposalListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    served: Served,
    caller: Caller,
    Asked(query): Asked<ProposalQuery>,
) -> Result<Json<ProposalListForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let limit = limit(query.limit)?;
    let question = Question::Proposals { limit, before: query.before };
    let Answer::Proposals(found) = served.handle.ask(question).await? else {
        return Err(Problem::of("http.internal"));
    };
    let next = found.last().map(|(number, _)| *number).filter(|_| found.len() == limit);
    let proposals = found.iter().map(|(number, row)| proposal_form(*number, row)).collect();
    Ok(Json(ProposalListForm { proposals, next }))
}

/// One proposal, with what it changes in plain words.
#[utoipa::path(get, path = "/catalogue/proposals/{proposal}", tag = "catalogue", operation_id = "show_proposal", params(
    ("proposal" = u64, Path, description = "The proposal's number"),
), responses(
    (status = 200, body = ProposalViewForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    served: Served,
    caller: Caller,
    ProposalPath(proposal): ProposalPath,
) -> Result<Json<ProposalViewForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let Answer::Proposal(view) = served.handle.ask(Question::Proposal { proposal }).await? else {
        return Err(Problem::of("http.internal"));
    };
    let ProposalView { row, is_stale, changes, changes_count, .. } = *view;
    let changes = changes.into_iter().map(|change| ToldChangeForm { zh: change.zh, en: change.en }).collect();
    Ok(Json(ProposalViewForm { proposal: proposal_form(proposal, &row), stale: is_stale, changes, changes_count }))
}

/// Propose the next version. Its pieces are kept first, one command each; a piece that is there already is not kept twice.
#[utoipa::path(post, path = "/catalogue/proposals", tag = "catalogue", operation_id = "propose_version", request_body = ProposeForm, params(
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 201, body = ProposalDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn propose(
    served: Served,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<ProposeForm>,
) -> Result<(StatusCode, Json<ProposalDoneForm>), Problem> {
    let person = caller.allowed(Deed::Publish, served.unit())?;
    let publication = publication(&form.effective, &form.chunks)?;
    keep(&served, person, form.chunks).await?;
    let asked = Act::Catalogue(CatalogueAct::Propose { publication, why: form.why });
    let outcome = act(&served, person, key, asked).await?;
    let Done::VersionProposed { proposal } = done(&outcome)? else { return Err(Problem::of("http.internal")) };
    let form = ProposalDoneForm { proposal: *proposal, sequence: outcome.sequence.0, installed: None };
    Ok((StatusCode::CREATED, Json(form)))
}

/// Approve a proposal, or send it back with reasons: another person than who proposed it.
#[utoipa::path(post, path = "/catalogue/proposals/{proposal}/review", tag = "catalogue", operation_id = "review_proposal", request_body = ReviewForm, params(
    ("proposal" = u64, Path, description = "The proposal's number"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = ProposalDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn review(
    served: Served,
    caller: Caller,
    ProposalPath(proposal): ProposalPath,
    key: IdempotencyKey,
    JsonBody(form): JsonBody<ReviewForm>,
) -> Result<Json<ProposalDoneForm>, Problem> {
    let ReviewForm { approved, words } = form;
    on_proposal((&served, &caller), (Deed::ReviewVersion, key), CatalogueAct::Review { proposal, approved, words })
        .await
}

/// Take one's own proposal back before it is published.
#[utoipa::path(post, path = "/catalogue/proposals/{proposal}/withdraw", tag = "catalogue", operation_id = "withdraw_proposal", request_body = WithdrawForm, params(
    ("proposal" = u64, Path, description = "The proposal's number"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = ProposalDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn withdraw(
    served: Served,
    caller: Caller,
    ProposalPath(proposal): ProposalPath,
    key: IdempotencyKey,
    MaybeJson(form): MaybeJson<WithdrawForm>,
) -> Result<Json<ProposalDoneForm>, Problem> {
    let asked = CatalogueAct::Withdraw { proposal, words: form.words };
    on_proposal((&served, &caller), (Deed::Publish, key), asked).await
}

/// Publish an approved proposal: units install it by themselves, and it holds from its day.
#[utoipa::path(post, path = "/catalogue/proposals/{proposal}/publish", tag = "catalogue", operation_id = "publish_proposal", params(
    ("proposal" = u64, Path, description = "The proposal's number"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = ProposalDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn publish(
    served: Served,
    caller: Caller,
    ProposalPath(proposal): ProposalPath,
    key: IdempotencyKey,
) -> Result<Json<ProposalDoneForm>, Problem> {
    on_proposal((&served, &caller), (Deed::Publish, key), CatalogueAct::Publish { proposal }).await
}

async fn on_proposal(
    (served, caller): (&Served, &Caller),
    (deed, IdempotencyKey(key)): (Deed, IdempotencyKey),
    asked: CatalogueAct,
) -> Result<Json<ProposalDoneForm>, Problem> {
    let person = caller.allowed(deed, served.unit())?;
    let named = match &asked {
        CatalogueAct::Review { proposal, .. }
        | CatalogueAct::Withdraw { proposal, .. }
        | CatalogueAct::Publish { proposal } => *proposal,
        CatalogueAct::Propose { .. } => return Err(Problem::of("http.internal")),
    };
    let outcome = act(served, person, key, Act::Catalogue(asked)).await?;
    let installed = match done(&outcome)? {
        Done::ProposalChanged { .. } => None,
        Done::Published { installed } => Some(*installed),
        _ => return Err(Problem::of("http.internal")),
    };
    Ok(Json(ProposalDoneForm { proposal: named, sequence: outcome.sequence.0, installed }))
}

/// Powers that the province gave the city and that are still to be extended to counties.
#[utoipa::path(get, path = "/catalogue/still-to-extend", tag = "catalogue", operation_id = "still_to_extend", responses(
    (status = 200, body = StillToExtendListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn still_to_extend(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
) -> Result<Json<StillToExtendListForm>, Problem> {
    caller.allowed(Deed::List, served.unit())?;
    let Answer::StillToExtend { open, version, on } = served.handle.ask(Question::StillToExtend).await? else {
        return Err(Problem::of("http.internal"));
    };
    let form = |open: StillToExtend| StillToExtendForm {
        matter: open.matter.to_string(),
        name: open.name,
        body: open.body,
        instrument: open.instrument,
        since: open.since.map(|day| day.to_string()),
        county: UnitForm::new(&shared.places, open.county),
    };
    Ok(Json(StillToExtendListForm { version, on: on.to_string(), open: open.into_iter().map(form).collect() }))
}
