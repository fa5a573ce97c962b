//! One's own account: password, second factor, sessions.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::accounts::AccountName;

use crate::api::accounts::AccountViewForm;
use crate::api::files::blob_name;
use crate::api::sessions::{SessionForm, end, own_account, set_password, set_second_factor};
use crate::extract::FormFields;
use crate::passwords::Password;
use crate::problem::{Problem, ProblemBody};
use crate::second_factor::{self, Picture};
use crate::sign_in::Typed;
use crate::site::Shared;

use super::frame::{Frame, Page, render};
use super::words;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    account: AccountViewForm,
    sessions: Vec<SessionForm>,
    /// For setting up a second factor.
    secret: String,
    picture: Option<Picture>,
    wrong: Option<ProblemBody>,
}

pub(crate) async fn show(State(shared): State<Arc<Shared>>, page: Page) -> Result<Response, Problem> {
    let secret = second_factor::secret((shared.site.secret)()).0;
    written(&shared, page, secret, None).await
}

async fn written(shared: &Shared, page: Page, secret: String, problem: Option<Problem>) -> Result<Response, Problem> {
    let language = page.language();
    let person = page.caller.somebody()?;
    let (bearer, name): (_, AccountName) = person.session()?;
    let view = own_account(&page.served, name.clone()).await?;
    let sessions = view.sessions.iter().map(|session| SessionForm::new(session, Some(bearer.token))).collect();
    let shown = unit::Private(secret);
    let address = second_factor::address(&shown, name.as_str(), &page.served.unit().to_string());
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = AccountPage {
        account: view.into(),
        sessions,
        picture: second_factor::picture(&address),
        secret: shown.0,
        wrong: problem.map(|problem| problem.tell(language, &shared.places, "")),
        f: page.frame,
    };
    Ok(render(language, status, &page))
}

/// A form of the page: what is done is read from its button.
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    page: Page,
    fields: FormFields,
) -> Result<Response, Problem> {
    let typed = || Typed { password: Password::typed(fields.whole("password")), code: fields.get("code").to_owned() };
    let secret = fields.get("secret").to_owned();
    let (served, caller) = (&page.served, &page.caller);
    let done = match fields.get("act") {
        "password" => set_password(&shared, served, caller, typed(), fields.whole("new_password")).await,
        "second-factor" => {
            let new = (secret.clone(), fields.get("new_code").to_owned());
            set_second_factor(&shared, served, caller, typed(), Some(new)).await
        }
        "no-second-factor" => set_second_factor(&shared, served, caller, typed(), None).await,
        "end-session" => match blob_name(fields.get("session")) {
            Ok(session) => end(served, caller.somebody()?, session).await,
            Err(_) => Err(Problem::of("account.session_over")),
        },
        _ => Err(Problem::of("request.field").field("act")),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{}/account", page.frame.base)).into_response()),
        Err(problem) => {
            // The secret that an authenticator has by now stays the one that is shown.
            let secret = match secret.is_empty() {
                true => second_factor::secret((shared.site.secret)()).0,
                false => secret,
            };
            written(&shared, page, secret, Some(problem)).await
        }
    }
}
