//! Places by name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::ids::UnitId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::Asked;
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::form::UnitForm;

/// Which place.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DivisionQuery {
    /// A code, or names from outer to inner parted by `/`; outer ones may be left out where that is clear.
    #[param(example = "任城区/许庄街道")]
    name: String,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Division)]
pub(crate) struct DivisionForm {
    /// Twelve digits.
    code: String,
    /// The same in groups, for people.
    grouped: String,
    /// Its name.
    name: String,
    /// Names from the top to the place.
    path: String,
    /// `city`, `county`, `township` or `village`.
    tier: &'static str,
    /// The place above.
    parent: Option<UnitForm>,
}

impl DivisionForm {
    fn new(places: &Places, unit: UnitId) -> Option<Self> {
        let division = places.0.get(unit)?;
        Some(Self {
            code: unit.to_string(),
            grouped: unit.grouped(),
            name: division.name.clone(),
            path: places.path(unit),
            tier: division.tier.as_str(),
            parent: division.parent.map(|parent| UnitForm::new(places, parent)),
        })
    }
}

/// The place of a code or path of names. An ambiguous name is a problem (409) that lists the candidates.
#[utoipa::path(get, path = "/v1/divisions", tag = "divisions", operation_id = "resolve_division", params(DivisionQuery), responses(
    (status = 200, body = DivisionForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn resolve(
    State(shared): State<Arc<Shared>>,
    Asked(query): Asked<DivisionQuery>,
) -> Result<Json<DivisionForm>, Problem> {
    let unit = shared.places.find("name", &query.name)?;
    DivisionForm::new(&shared.places, unit).map(Json).ok_or_else(|| Problem::of("place.unknown").field("name"))
}
