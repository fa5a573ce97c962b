//! The stylesheet, under a name that holds its content's hash, so that browsers keep it for as long as it is the same.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::digest::ContentHash;

use crate::problem::Problem;

const STYLE: &str = include_str!("../../assets/style.css");

static STYLE_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/style-{}.css", ContentHash::of_bytes("stylesheet", STYLE.as_bytes()).short()));

/// Where the stylesheet is.
pub(crate) fn style_path() -> &'static str {
    &STYLE_PATH
}

pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    if STYLE_PATH.strip_prefix("/assets/") != Some(file.as_str()) {
        return Problem::of("http.not_found").into_response();
    }
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLE).into_response()
}
