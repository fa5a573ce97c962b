//! A paper of a case, to be printed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::cases::ask_case;
use crate::api::papers::sealed;
use crate::extract::CasePath;
use crate::papers::{Sheet, sheets};
use crate::person::Deed;
use crate::problem::Problem;
use crate::site::Shared;

use super::frame::{Frame, Page, render};

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    f: Frame,
    sheet: Sheet,
    back: String,
}

#[derive(Deserialize)]
pub(crate) struct OrdinalPath {
    ordinal: String,
}

/// By the case's number and the paper's place among its papers.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    page: Page,
    CasePath(case): CasePath,
    Path(path): Path<OrdinalPath>,
) -> Result<Response, Problem> {
    page.caller.allowed(Deed::Follow, page.served.unit())?;
    let ordinal: u16 = path.ordinal.parse().map_err(|_| Problem::of("http.not_found"))?;
    let all = sheets(&page.served, &shared.places, &ask_case(&page.served, case).await?).await?;
    let found = all.into_iter().find(|sheet| sheet.number.ordinal == ordinal);
    let sheet = found.ok_or_else(|| Problem::of("http.not_found"))?;
    let back = format!("{}/cases/{}", page.frame.base, sheet.number.case);
    let sheet = sealed(sheet, page.served.unit(), &shared);
    Ok(render(page.language(), StatusCode::OK, &PaperPage { back, sheet, f: page.frame }))
}
