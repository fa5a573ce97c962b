//! Picking a demo person.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use crate::extract::FormFields;
use crate::person::PERSON_COOKIE;
use crate::problem::Problem;
use crate::site::Shared;

use super::frame::cookie;

/// Keeps who acts, and goes back to the page.
pub(crate) async fn pick(State(shared): State<Arc<Shared>>, fields: FormFields) -> Result<Response, Problem> {
    let name = fields.get("person");
    if !name.is_empty() && shared.site.people.iter().all(|person| person.name != name) {
        return Err(Problem::of("auth.person_unknown").field("person"));
    }
    let back = Some(fields.get("back")).filter(|path| is_local(path)).unwrap_or("/");
    Ok(([(SET_COOKIE, cookie(PERSON_COOKIE, name))], Redirect::to(back)).into_response())
}

/// A path of this node: nothing that a browser would read as another site.
fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_paths_of_this_node_are_gone_back_to() {
        for (path, local) in [
            ("/", true),
            ("/cases/1?lang=en", true),
            ("", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("/a\r\nb", false),
        ] {
            assert_eq!(super::is_local(path), local, "{path:?}");
        }
    }
}
