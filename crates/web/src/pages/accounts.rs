//! The unit's accounts, for its security and audit administrators; and the first two of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::accounts::PostRole;

use crate::api::accounts::{
    AccountActForm, AccountViewForm, FirstForm, FirstTwoForm, NewAccountForm, all, change_one, open_first, open_one,
};
use crate::extract::FormFields;
use crate::person::Deed;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::frame::{Frame, Page, render};
use super::words;

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    f: Frame,
    accounts: Vec<AccountViewForm>,
    roles: Vec<&'static str>,
    may_manage: bool,
    /// Of an account that was opened or invited just now: shown once.
    invitation: Option<(String, String)>,
    wrong: Option<ProblemBody>,
}

#[derive(Template)]
#[template(path = "first_accounts.html")]
struct FirstPage {
    f: Frame,
    wrong: Option<ProblemBody>,
}

pub(crate) async fn show(State(shared): State<Arc<Shared>>, page: Page) -> Result<Response, Problem> {
    written(&shared, page, None, None).await
}

async fn written(
    shared: &Shared,
    page: Page,
    invitation: Option<(String, String)>,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let language = page.language();
    let accounts = all(&page.served, &page.caller).await?;
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = AccountsPage {
        accounts,
        roles: PostRole::ALL.map(PostRole::name).into(),
        may_manage: page.caller.may(Deed::ManageAccounts, page.served.unit()),
        invitation,
        wrong: problem.map(|problem| problem.tell(language, &shared.places, "")),
        f: page.frame,
    };
    Ok(render(language, status, &page))
}

/// Opens an account, or does something to one. An invitation is shown on the answer itself: nothing keeps it to be shown again.
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    page: Page,
    fields: FormFields,
) -> Result<Response, Problem> {
    let (act, name) = (fields.get("act"), fields.get("name").to_owned());
    let roles: Vec<String> = fields.all("role").map(str::to_owned).collect();
    let done = if act == "open" {
        let form = NewAccountForm { name: name.clone(), display: fields.get("display").to_owned(), roles };
        open_one(&shared, &page.served, &page.caller, form).await.map(Some)
    } else {
        let form = AccountActForm { act: act.to_owned(), roles, why: fields.get("why").to_owned() };
        match name.parse() {
            Ok(account) => change_one(&shared, &page.served, &page.caller, account, form).await,
            Err(_) => Err(Problem::of("account.unknown")),
        }
    };
    match done {
        Ok(None) => Ok(Redirect::to(&format!("{}/accounts", page.frame.base)).into_response()),
        Ok(Some(code)) => written(&shared, page, Some((name, code)), None).await,
        Err(problem) => written(&shared, page, None, Some(problem)).await,
    }
}

pub(crate) async fn first(page: Page) -> Response {
    render(page.language(), StatusCode::OK, &FirstPage { f: page.frame, wrong: None })
}

pub(crate) async fn open_first_two(
    State(shared): State<Arc<Shared>>,
    page: Page,
    fields: FormFields,
) -> Result<Response, Problem> {
    let person = |part: &str| FirstForm {
        name: fields.get(&format!("{part}-name")).to_owned(),
        display: fields.get(&format!("{part}-display")).to_owned(),
        code: fields.get(&format!("{part}-code")).to_owned(),
    };
    let form = FirstTwoForm { security: person("security"), audit: person("audit") };
    match open_first(&shared, &page.served, form).await {
        Ok(()) => Ok(Redirect::to(&format!("{}/invitation", page.frame.base)).into_response()),
        Err(problem) => {
            let (status, language) = (problem.status(), page.language());
            let wrong = Some(problem.tell(language, &shared.places, ""));
            Ok(render(language, status, &FirstPage { f: page.frame, wrong }))
        }
    }
}
