//! Signing in and out, and taking an invitation.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use crate::api::sessions::{end, invited};
use crate::extract::FormFields;
use crate::passwords::Password;
use crate::problem::{Problem, ProblemBody};
use crate::sign_in::Typed;
use crate::site::Shared;

use super::frame::{Frame, Page, render};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    f: Frame,
    name: String,
    wrong: Option<ProblemBody>,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    f: Frame,
    name: String,
    wrong: Option<ProblemBody>,
    done: bool,
}

pub(crate) async fn form(page: Page) -> Response {
    render(page.language(), StatusCode::OK, &SignInPage { f: page.frame, name: String::new(), wrong: None })
}

/// Signs in under a new session, whatever session the browser had: that one ends.
pub(crate) async fn submit(
    State(shared): State<Arc<Shared>>,
    page: Page,
    fields: FormFields,
) -> Result<Response, Problem> {
    let typed = Typed { password: Password::typed(fields.whole("password")), code: fields.get("code").to_owned() };
    match shared.sign_in(&page.served, fields.get("name"), typed).await {
        Ok(token) => {
            if let Some(person) = page.caller.who()
                && let Ok((bearer, _)) = person.session()
            {
                // One that has ended meanwhile is as good.
                drop(end(&page.served, person, bearer.token).await);
            }
            let to = format!("{}/account", page.frame.base);
            Ok(([(SET_COOKIE, shared.session_cookie_line(&token))], Redirect::to(&to)).into_response())
        }
        Err(problem) => {
            let (status, language) = (problem.status(), page.language());
            let wrong = Some(problem.tell(language, &shared.places, ""));
            let page = SignInPage { f: page.frame, name: fields.get("name").to_owned(), wrong };
            Ok(render(language, status, &page))
        }
    }
}

pub(crate) async fn sign_out(State(shared): State<Arc<Shared>>, page: Page) -> Result<Response, Problem> {
    if let Some(person) = page.caller.who()
        && let Ok((bearer, _)) = person.session()
    {
        end(&page.served, person, bearer.token).await?;
    }
    let to = format!("{}/sign-in", page.frame.base);
    Ok(([(SET_COOKIE, shared.session_cookie_line(""))], Redirect::to(&to)).into_response())
}

pub(crate) async fn invitation(page: Page) -> Response {
    let (language, name) = (page.language(), String::new());
    render(language, StatusCode::OK, &InvitationPage { f: page.frame, name, wrong: None, done: false })
}

pub(crate) async fn take_invitation(
    State(shared): State<Arc<Shared>>,
    page: Page,
    fields: FormFields,
) -> Result<Response, Problem> {
    let name = fields.get("name").to_owned();
    let taken = invited(&shared, &page.served, (&name, fields.get("code")), fields.whole("new_password")).await;
    let language = page.language();
    let (status, wrong) = match taken {
        Ok(()) => (StatusCode::OK, None),
        Err(problem) => (problem.status(), Some(problem.tell(language, &shared.places, ""))),
    };
    let done = wrong.is_none();
    Ok(render(language, status, &InvitationPage { f: page.frame, name, wrong, done }))
}
