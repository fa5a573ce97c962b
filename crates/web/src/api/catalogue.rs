//! Publishing the first catalogue version, at the city only. Later ones are proposed ([`super::proposals`]).

use axum::Json;
use axum::http::StatusCode;
use domain::catalogue::{ChunkKind, ChunkRef};
use domain::command::{Done, chunk_hash};
use domain::ids::UnitId;
use domain::time::CivilDate;
use serde::{Deserialize, Serialize};
use unit::{Act, Publication};
use utoipa::ToSchema;

use crate::extract::{IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed, Person};
use crate::problem::{Problem, ProblemBody};

use super::acts::{act, done};

/// A city's first catalogue version; the unit numbers and signs it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Publication)]
pub(crate) struct PublishForm {
    /// From when it holds.
    #[schema(example = "2026-01-01")]
    effective: String,
    /// Its pieces.
    chunks: Vec<ChunkForm>,
}

/// One piece of a catalogue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublicationChunk)]
pub(crate) struct ChunkForm {
    /// What it holds.
    kind: ChunkKindForm,
    /// Whose entries, where it holds entries.
    #[serde(default)]
    unit: Option<String>,
    /// Canonical JSON as text: its hash is what is signed.
    json: String,
}

/// What a piece holds.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChunkKindForm {
    /// Matters.
    Matters,
    /// Implementing entries of one unit.
    Entries,
    /// The official calendar of working days.
    Calendar,
}

impl ChunkForm {
    fn kind(&self) -> Result<ChunkKind, Problem> {
        let unit = self.unit.as_deref().map(str::parse::<UnitId>).transpose();
        let unit = unit.map_err(|_| Problem::of("request.division").field("chunks.unit"))?;
        match (self.kind, unit) {
            (ChunkKindForm::Matters, None) => Ok(ChunkKind::Matters),
            (ChunkKindForm::Calendar, None) => Ok(ChunkKind::Calendar),
            (ChunkKindForm::Entries, Some(unit)) => Ok(ChunkKind::Entries { unit }),
            _ => Err(Problem::of("request.field").field("chunks.unit").detail("needed for entries, and only for them")),
        }
    }
}

/// What is to be published or proposed, by its pieces' hashes.
pub(super) fn publication(effective: &str, chunks: &[ChunkForm]) -> Result<Publication, Problem> {
    let effective: CivilDate = effective.parse().map_err(|fault: domain::text::Malformed| {
        Problem::of("request.field").field("effective").detail(format!("expected {}", fault.expected))
    })?;
    let named = |chunk: &ChunkForm| Ok(ChunkRef { kind: chunk.kind()?, hash: chunk_hash(chunk.json.as_bytes()) });
    Ok(Publication { effective, chunks: chunks.iter().map(named).collect::<Result<_, Problem>>()? })
}

/// Keeps pieces, one command each.
pub(super) async fn keep(served: &Served, person: &Person, chunks: Vec<ChunkForm>) -> Result<(), Problem> {
    for chunk in chunks {
        done(&act(served, person, None, Act::KeepCatalogueChunk { json: chunk.json }).await?)?;
    }
    Ok(())
}

/// What was published.
#[derive(Serialize, ToSchema)]
#[schema(as = Published)]
pub(crate) struct PublishedForm {
    /// Whether all pieces are here.
    installed: bool,
    /// The unit's number for the act.
    sequence: u64,
}

/// Publish the city's first catalogue version; every later one is proposed, reviewed by another person and then published. Its pieces are kept first, one command each; a piece that is there already is not kept twice.
#[utoipa::path(post, path = "/catalogue", tag = "catalogue", operation_id = "publish_catalogue", request_body = PublishForm, params(
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 201, body = PublishedForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn publish(
    served: Served,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<PublishForm>,
) -> Result<(StatusCode, Json<PublishedForm>), Problem> {
    let person = caller.allowed(Deed::Publish, served.unit())?;
    // Everything is read before the first piece is kept.
    let publication = publication(&form.effective, &form.chunks)?;
    keep(&served, person, form.chunks).await?;
    let outcome = act(&served, person, key, Act::PublishCatalogue(publication)).await?;
    let Done::Published { installed } = done(&outcome)? else { return Err(Problem::of("http.internal")) };
    Ok((StatusCode::CREATED, Json(PublishedForm { installed: *installed, sequence: outcome.sequence.0 })))
}
