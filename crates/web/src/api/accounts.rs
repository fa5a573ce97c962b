//! Accounts of a unit: the first two, further ones, and what happens to them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{AccountKind, AccountName, AccountState, PostRole};
use domain::command::Ending;
use domain::principal::{Principal, PrincipalKind};
use serde::{Deserialize, Serialize};
use unit::{AccountAct, AccountForm, AccountView, Act, Answer, ChangeForm, Private, Question, RecoverForm, Request};
use utoipa::ToSchema;

use crate::extract::{AccountPath, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::form::moment;
use super::sessions::{SessionForm, TokenForm, act, code_hash, own_account};

/// One of the unit's first two accounts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirstAccount)]
pub(crate) struct FirstForm {
    /// The account's name.
    pub(crate) name: String,
    /// The person's name.
    pub(crate) display: String,
    /// The code that the person keeps: it is the invitation too.
    pub(crate) code: String,
}

/// The unit's first two accounts, of two people.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirstAccounts)]
pub(crate) struct FirstTwoForm {
    /// Who will open, lock and close accounts.
    pub(crate) security: FirstForm,
    /// Who will read what others did.
    pub(crate) audit: FirstForm,
}

/// An account that is to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub(crate) struct NewAccountForm {
    /// Its name: 3 to 40 small letters, digits and dashes, a letter first.
    pub(crate) name: String,
    /// The person's name.
    pub(crate) display: String,
    /// What the person is here, e.g. `officer`; none for somebody who only applies.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

/// What is done to an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountAct)]
pub(crate) struct AccountActForm {
    /// `lock`, `unlock`, `close`, `invite`, `roles`, `end_sessions`, `ask_recovery`, `allow_recovery` or `drop_recovery`.
    pub(crate) act: String,
    /// For `roles`.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// For `ask_recovery`.
    #[serde(default)]
    pub(crate) why: String,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountDone)]
pub(crate) struct AccountDoneForm {
    /// The invitation's code, where there is a new one; told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invitation: Option<String>,
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountViewForm {
    /// Its name.
    pub(crate) name: String,
    /// The person's name.
    pub(crate) display: String,
    /// `staff` or `public`.
    pub(crate) kind: &'static str,
    /// What the person is here.
    pub(crate) roles: Vec<&'static str>,
    /// `open`, `locked` or `closed`.
    pub(crate) state: &'static str,
    /// Whether its owner has set a password.
    pub(crate) is_set_up: bool,
    /// Whether it has a second factor.
    pub(crate) has_second_factor: bool,
    /// Until when its invitation waits to be taken.
    pub(crate) invited_until: Option<String>,
    /// Failures since somebody last signed in.
    pub(crate) failures: u32,
    /// Nobody signs in before.
    pub(crate) waits_until: Option<String>,
    /// Who asked for its recovery.
    pub(crate) recovery_by: Option<String>,
    /// Why.
    pub(crate) recovery_why: Option<String>,
    /// Who opened it.
    pub(crate) opened_by: String,
    /// Its open sessions; of one account only.
    pub(crate) sessions: Vec<SessionForm>,
    /// Its tokens; of one account only.
    pub(crate) tokens: Vec<TokenForm>,
}

impl From<AccountView> for AccountViewForm {
    fn from(view: AccountView) -> Self {
        let kind = match view.kind {
            AccountKind::Staff => "staff",
            AccountKind::Public => "public",
        };
        let state = match view.state {
            AccountState::Open => "open",
            AccountState::Locked => "locked",
            AccountState::Closed => "closed",
        };
        let (recovery_by, recovery_why) = view.recovery.map(|asked| (asked.by.to_string(), asked.why)).unzip();
        Self {
            name: view.name.to_string(),
            display: view.display.0,
            kind,
            roles: view.posts.iter().map(|post| post.role.name()).collect(),
            state,
            is_set_up: view.is_set_up,
            has_second_factor: view.has_second,
            invited_until: view.invited_until.map(moment),
            failures: view.failures,
            waits_until: view.waits_until.map(moment),
            recovery_by,
            recovery_why,
            opened_by: view.opened_by,
            sessions: view.sessions.iter().map(|session| SessionForm::new(session, None)).collect(),
            tokens: view.tokens.iter().map(TokenForm::new).collect(),
        }
    }
}

fn account_name(field: &'static str, typed: &str) -> Result<AccountName, Problem> {
    typed.trim().parse().map_err(|fault: domain::text::Malformed| {
        Problem::of("request.field").field(field).detail(format!("expected {}", fault.expected))
    })
}

fn post_roles(typed: &[String]) -> Result<Vec<PostRole>, Problem> {
    let all = || PostRole::ALL.map(|role| role.name().to_owned());
    let read = |role: &String| role.parse().map_err(|_| Problem::of("request.field").field("roles").candidates(all()));
    typed.iter().map(read).collect()
}

/// Open the unit's first two accounts, with the two codes that its nodes were brought.
#[utoipa::path(post, path = "/accounts/first", tag = "people", operation_id = "open_first_accounts",
    request_body = FirstTwoForm, responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn first(
    State(shared): State<Arc<Shared>>,
    served: Served,
    JsonBody(form): JsonBody<FirstTwoForm>,
) -> Result<StatusCode, Problem> {
    open_first(&shared, &served, form).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens the first two accounts: each person's code is the invitation of that person's account too.
pub(crate) async fn open_first(shared: &Shared, served: &Served, form: FirstTwoForm) -> Result<(), Problem> {
    let codes = (shared.site.first_codes)().ok_or_else(|| Problem::of("account.first_codes"))?;
    let typed = [code_hash(&form.security.code), code_hash(&form.audit.code)];
    if typed != codes && typed != [codes[1], codes[0]] {
        return Err(Problem::of("account.first_codes"));
    }
    let account = |form: FirstForm, role| -> Result<AccountForm, Problem> {
        let name = account_name("name", &form.name)?;
        let (kind, display) = (AccountKind::Staff, Private(form.display));
        Ok(AccountForm { name, kind, display, roles: vec![role], invitation: code_hash(&form.code) })
    };
    let accounts = vec![
        account(form.security, PostRole::SecurityAdministrator)?,
        account(form.audit, PostRole::AuditAdministrator)?,
    ];
    let principal = Principal { kind: PrincipalKind::Staff, name: FIRST_PEOPLE.to_owned() };
    let act = Act::Account(AccountAct::OpenFirst { accounts });
    served.handle.submit(Request { principal, idempotency_key: None, act }).await?;
    Ok(())
}

/// Whom the books name for the first accounts: nobody has one yet. No account can have this name.
const FIRST_PEOPLE: &str = "program-first-accounts";

/// The unit's accounts.
#[utoipa::path(get, path = "/accounts", tag = "people", operation_id = "accounts", responses(
    (status = 200, body = Vec<AccountViewForm>),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(served: Served, caller: Caller) -> Result<Json<Vec<AccountViewForm>>, Problem> {
    Ok(Json(all(&served, &caller).await?))
}

/// The unit's accounts, for who may see them.
pub(crate) async fn all(served: &Served, caller: &Caller) -> Result<Vec<AccountViewForm>, Problem> {
    caller.allowed(Deed::ReadAccounts, served.unit())?.session()?;
    match served.handle.ask(Question::Accounts).await? {
        Answer::Accounts(views) => Ok(views.into_iter().map(Into::into).collect()),
        _ => Err(Problem::of("http.internal")),
    }
}

/// One account, with its open sessions and tokens.
#[utoipa::path(get, path = "/accounts/{account}", tag = "people", operation_id = "account", params(
    ("account" = String, Path, description = "Its name"),
), responses(
    (status = 200, body = AccountViewForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    served: Served,
    caller: Caller,
    AccountPath(account): AccountPath,
) -> Result<Json<AccountViewForm>, Problem> {
    caller.allowed(Deed::ReadAccounts, served.unit())?.session()?;
    Ok(Json(own_account(&served, account).await?.into()))
}

/// Open an account; its invitation is told once.
#[utoipa::path(post, path = "/accounts", tag = "people", operation_id = "open_account", request_body = NewAccountForm, responses(
    (status = 201, body = AccountDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn open(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    JsonBody(form): JsonBody<NewAccountForm>,
) -> Result<(StatusCode, Json<AccountDoneForm>), Problem> {
    let code = open_one(&shared, &served, &caller, form).await?;
    Ok((StatusCode::CREATED, Json(AccountDoneForm { invitation: Some(code) })))
}

/// Opens an account, and gives its invitation's code.
pub(crate) async fn open_one(
    shared: &Shared,
    served: &Served,
    caller: &Caller,
    form: NewAccountForm,
) -> Result<String, Problem> {
    let person = caller.allowed(Deed::ManageAccounts, served.unit())?;
    person.session()?;
    let roles = post_roles(&form.roles)?;
    let kind = if roles.is_empty() { AccountKind::Public } else { AccountKind::Staff };
    let code = shared.new_code();
    let (name, display) = (account_name("name", &form.name)?, Private(form.display));
    let form = AccountForm { name, kind, display, roles, invitation: code_hash(&code) };
    act(served, person, AccountAct::Open(form)).await?;
    Ok(code)
}

/// Lock, unlock, close, invite, recover an account, end its sessions, or give it other posts.
#[utoipa::path(post, path = "/accounts/{account}", tag = "people", operation_id = "change_account", params(
    ("account" = String, Path, description = "Its name"),
), request_body = AccountActForm, responses(
    (status = 200, body = AccountDoneForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    AccountPath(account): AccountPath,
    JsonBody(form): JsonBody<AccountActForm>,
) -> Result<Json<AccountDoneForm>, Problem> {
    let invitation = change_one(&shared, &served, &caller, account, form).await?;
    Ok(Json(AccountDoneForm { invitation }))
}

const ACTS: [&str; 9] =
    ["lock", "unlock", "close", "invite", "roles", "end_sessions", "ask_recovery", "allow_recovery", "drop_recovery"];

/// Does something to an account, and gives its new invitation's code where there is one.
pub(crate) async fn change_one(
    shared: &Shared,
    served: &Served,
    caller: &Caller,
    account: AccountName,
    form: AccountActForm,
) -> Result<Option<String>, Problem> {
    // Two people recover an account, whatever their posts: the unit's rules say which two.
    let recovers = form.act.ends_with("_recovery");
    let person = if recovers { caller.somebody()? } else { caller.allowed(Deed::ManageAccounts, served.unit())? };
    person.session()?;
    let code = matches!(form.act.as_str(), "invite" | "allow_recovery").then(|| shared.new_code());
    let invitation = code.as_deref().map(code_hash).unwrap_or_default();
    let change = |change| AccountAct::Change { account: account.clone(), change };
    let recover = |step| AccountAct::Recover { account: account.clone(), step };
    let asked = match form.act.as_str() {
        "lock" => change(ChangeForm::Lock),
        "unlock" => change(ChangeForm::Unlock),
        "close" => change(ChangeForm::Close),
        "invite" => change(ChangeForm::Invite(invitation)),
        "roles" => change(ChangeForm::Roles(post_roles(&form.roles)?)),
        "end_sessions" => AccountAct::EndSessions { account: account.clone(), which: Ending::All { keep: None } },
        "ask_recovery" => recover(RecoverForm::Ask { why: form.why }),
        "allow_recovery" => recover(RecoverForm::Allow { invitation }),
        "drop_recovery" => recover(RecoverForm::Drop),
        _ => return Err(Problem::of("request.field").field("act").candidates(ACTS.map(str::to_owned))),
    };
    act(served, person, asked).await?;
    Ok(code)
}
