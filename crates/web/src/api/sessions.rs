//! Signing in and out, who one is, one's own sessions, password, second factor and programs' tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{AccountName, ProgramToken, Session, TokenScope};
use domain::command::Ending;
use domain::digest::ContentHash;
use serde::{Deserialize, Serialize};
use unit::{AccountAct, AccountView, Act, Answer, BearerKind, CredentialForm, Private, Question, Request};
use utoipa::ToSchema;

use crate::extract::{JsonBody, Served, TokenPath};
use crate::passwords::Password;
use crate::person::{Caller, Person, principal, token_hash};
use crate::problem::{Problem, ProblemBody};
use crate::second_factor;
use crate::sign_in::Typed;
use crate::site::Shared;

use super::form::moment;

/// What somebody types to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(crate) struct SignInForm {
    /// The account's name.
    #[schema(example = "li-ming")]
    name: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// Six digits, where the account has a second factor.
    #[serde(default)]
    code: String,
}

/// A new session.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInForm {
    /// For `Authorization: Bearer`; told once.
    token: String,
}

/// Who one is.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeForm {
    /// The account, or the demo person.
    name: String,
    /// The person's name; empty for demo people.
    display: String,
    /// What the person is here, e.g. `officer`.
    roles: Vec<&'static str>,
    /// `session`, `token` or `demo`.
    by: &'static str,
    /// When the session ends if it is not used, or the token is over.
    until: Option<String>,
    /// Whether a code of a second factor was given.
    second_factor: bool,
}

/// A session of one's own.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionForm {
    /// Its name, which opens nothing.
    pub(crate) session: String,
    /// When it began.
    pub(crate) opened: String,
    /// When it was last used, to within minutes.
    pub(crate) used: String,
    /// When it ends if it is not used any more.
    pub(crate) ends: String,
    /// Whether a code of a second factor was given.
    pub(crate) second_factor: bool,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
}

impl SessionForm {
    pub(crate) fn new((id, session): &(ContentHash, Session), current: Option<ContentHash>) -> Self {
        Self {
            session: id.to_string(),
            opened: moment(session.opened),
            used: moment(session.used),
            ends: moment(session.ends()),
            second_factor: session.second,
            current: current == Some(*id),
        }
    }
}

/// A token of a program.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenForm {
    /// Its name, which opens nothing.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) label: String,
    /// `read` or `work`.
    pub(crate) scope: &'static str,
    /// It holds until then.
    pub(crate) until: String,
}

impl TokenForm {
    pub(crate) fn new((id, token): &(ContentHash, ProgramToken)) -> Self {
        let scope = match token.scope {
            TokenScope::Read => "read",
            TokenScope::Work => "work",
        };
        Self { name: id.to_string(), label: token.label.clone(), scope, until: moment(token.until) }
    }
}

/// A token that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(crate) struct NewTokenForm {
    /// What it is for.
    label: String,
    /// `read`: look; `work`: look and act on cases.
    scope: String,
    /// For how many days, 1 to 366.
    days: u16,
}

/// A token, told once.
#[derive(Serialize, ToSchema)]
#[schema(as = GivenToken)]
pub(crate) struct GivenTokenForm {
    /// For `Authorization: Bearer`; told once.
    token: String,
    /// Its name, which opens nothing.
    name: String,
}

/// An invitation that is taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Invitation)]
pub(crate) struct InvitationForm {
    /// The account's name.
    name: String,
    /// As it was told.
    code: String,
    /// The password that is chosen, 12 to 256 characters.
    #[schema(format = Password)]
    password: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword)]
pub(crate) struct PasswordForm {
    /// The one until now.
    #[schema(format = Password)]
    password: String,
    /// Six digits, where there is a second factor.
    #[serde(default)]
    code: String,
    /// The new one, 12 to 256 characters.
    #[schema(format = Password)]
    new_password: String,
}

/// A secret for a second factor, which is none before a code of it was given.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactorSecret)]
pub(crate) struct SecretForm {
    /// In base 32.
    secret: String,
    /// As authenticators read it.
    address: String,
}

/// A second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecondFactor)]
pub(crate) struct SecondFactorForm {
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// Six digits of the one until now, where there is one.
    #[serde(default)]
    code: String,
    /// The new secret; none takes the second factor away.
    #[serde(default)]
    secret: Option<String>,
    /// Six digits of the new one.
    #[serde(default)]
    new_code: String,
}

/// Sign in: a session, whose token goes into `Authorization: Bearer`.
#[utoipa::path(post, path = "/sessions", tag = "people", operation_id = "sign_in", request_body = SignInForm, responses(
    (status = 201, body = SignedInForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn sign_in(
    State(shared): State<Arc<Shared>>,
    served: Served,
    JsonBody(form): JsonBody<SignInForm>,
) -> Result<(StatusCode, Json<SignedInForm>), Problem> {
    let typed = Typed { password: Password::typed(&form.password), code: form.code };
    let token = shared.sign_in(&served, &form.name, typed).await?;
    Ok((StatusCode::CREATED, Json(SignedInForm { token })))
}

/// The account of whoever asks, as the unit has it.
pub(crate) async fn own_account(served: &Served, account: AccountName) -> Result<AccountView, Problem> {
    match served.handle.ask(Question::Account { account }).await? {
        Answer::Account(view) => Ok(*view),
        _ => Err(Problem::of("http.internal")),
    }
}

/// Does something about accounts.
pub(crate) async fn act(served: &Served, person: &Person, act: AccountAct) -> Result<(), Problem> {
    super::acts::act(served, person, None, Act::Account(act)).await.map(drop)
}

/// Ends a session of one's own.
pub(crate) async fn end(served: &Served, person: &Person, session: ContentHash) -> Result<(), Problem> {
    let (_, account) = person.session()?;
    act(served, person, AccountAct::EndSessions { account, which: Ending::One(session) }).await
}

/// One's own sessions.
#[utoipa::path(get, path = "/sessions", tag = "people", operation_id = "own_sessions", responses(
    (status = 200, body = Vec<SessionForm>),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(served: Served, caller: Caller) -> Result<Json<Vec<SessionForm>>, Problem> {
    let (bearer, account) = caller.somebody()?.session()?;
    let current = Some(bearer.token);
    let view = own_account(&served, account).await?;
    Ok(Json(view.sessions.iter().map(|session| SessionForm::new(session, current)).collect()))
}

/// Sign out: the session that asks ends.
#[utoipa::path(delete, path = "/sessions/current", tag = "people", operation_id = "sign_out", responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn sign_out(served: Served, caller: Caller) -> Result<StatusCode, Problem> {
    let person = caller.somebody()?;
    let current = person.session()?.0.token;
    end(&served, person, current).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of one's own sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "people", operation_id = "end_session", params(
    ("session" = String, Path, description = "Its name, as the list tells it"),
), responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn end_one(
    served: Served,
    caller: Caller,
    TokenPath(session): TokenPath,
) -> Result<StatusCode, Problem> {
    end(&served, caller.somebody()?, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who one is.
#[utoipa::path(get, path = "/me", tag = "people", operation_id = "me", responses(
    (status = 200, body = MeForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn me(caller: Caller) -> Result<Json<MeForm>, Problem> {
    let person = caller.somebody()?;
    let name = person.name.clone();
    let Some(bearer) = &person.bearer else {
        let (display, roles, until) = (String::new(), vec![], None);
        return Ok(Json(MeForm { name, display, roles, by: "demo", until, second_factor: false }));
    };
    let (by, until, second_factor) = match &bearer.view.by {
        BearerKind::Session { session, .. } => ("session", session.ends(), session.second),
        BearerKind::Program(program) => ("token", program.until, false),
    };
    let roles = bearer.view.posts.iter().map(|post| post.role.name()).collect();
    let (display, until) = (bearer.view.display.0.clone(), Some(moment(until)));
    Ok(Json(MeForm { name, display, roles, by, until, second_factor }))
}

/// Set another password; all other sessions end.
#[utoipa::path(post, path = "/me/password", tag = "people", operation_id = "change_password", request_body = PasswordForm,
    responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change_password(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    JsonBody(form): JsonBody<PasswordForm>,
) -> Result<StatusCode, Problem> {
    let typed = Typed { password: Password::typed(&form.password), code: form.code };
    set_password(&shared, &served, &caller, typed, &form.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets another password.
pub(crate) async fn set_password(
    shared: &Shared,
    served: &Served,
    caller: &Caller,
    typed: Typed,
    new: &str,
) -> Result<(), Problem> {
    let person = caller.somebody()?;
    let (_, account) = person.session()?;
    let verifier = shared.new_verifier(&account, Password::typed(new)).await?;
    shared.change_own(served, person, typed, CredentialForm::Password(verifier)).await
}

/// A secret for a second factor, to be put into an authenticator.
#[utoipa::path(post, path = "/me/second-factor/secret", tag = "people", operation_id = "new_second_factor_secret", responses(
    (status = 200, body = SecretForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn new_secret(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
) -> Result<Json<SecretForm>, Problem> {
    let (_, account) = caller.somebody()?.session()?;
    let secret = second_factor::secret((shared.site.secret)());
    let address = second_factor::address(&secret, account.as_str(), &served.unit().to_string());
    Ok(Json(SecretForm { secret: secret.0, address }))
}

/// Set up a second factor, or take it away; all other sessions end.
#[utoipa::path(post, path = "/me/second-factor", tag = "people", operation_id = "change_second_factor",
    request_body = SecondFactorForm, responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change_second_factor(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    JsonBody(form): JsonBody<SecondFactorForm>,
) -> Result<StatusCode, Problem> {
    let typed = Typed { password: Password::typed(&form.password), code: form.code };
    set_second_factor(&shared, &served, &caller, typed, form.secret.map(|secret| (secret, form.new_code))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets up a second factor from a secret and a code of it, or takes it away.
pub(crate) async fn set_second_factor(
    shared: &Shared,
    served: &Served,
    caller: &Caller,
    typed: Typed,
    new: Option<(String, String)>,
) -> Result<(), Problem> {
    let person = caller.somebody()?;
    let (_, account) = person.session()?;
    let change = match new {
        None => CredentialForm::NoSecondFactor,
        Some((secret, code)) => {
            let secret = Private(secret.trim().to_owned());
            let credentials = served.handle.credentials(account).await?;
            let now = credentials.ok_or_else(|| Problem::of("account.session_over"))?.now;
            let step = second_factor::step_of(&code, &secret, now);
            let step = step.ok_or_else(|| Problem::of("account.code_wrong").field("new_code"))?;
            CredentialForm::SecondFactor { secret, step }
        }
    };
    shared.change_own(served, person, typed, change).await
}

/// Take an invitation: set the first password of one's account.
#[utoipa::path(post, path = "/invitations", tag = "people", operation_id = "take_invitation",
    request_body = InvitationForm, responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn take_invitation(
    State(shared): State<Arc<Shared>>,
    served: Served,
    JsonBody(form): JsonBody<InvitationForm>,
) -> Result<StatusCode, Problem> {
    invited(&shared, &served, (&form.name, &form.code), &form.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an invitation.
pub(crate) async fn invited(
    shared: &Shared,
    served: &Served,
    (name, code): (&str, &str),
    password: &str,
) -> Result<(), Problem> {
    let account: AccountName = name.trim().parse().map_err(|_| Problem::of("account.invitation_unfit"))?;
    let password = shared.new_verifier(&account, Password::typed(password)).await?;
    let principal = principal(&account, domain::accounts::AccountKind::Public);
    let act = Act::Account(AccountAct::TakeInvitation { account, code: code_hash(code), password });
    served.handle.submit(Request { principal, idempotency_key: None, act }).await?;
    Ok(())
}

/// Of an invitation's code, however it was typed.
pub fn code_hash(code: &str) -> ContentHash {
    let signs: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect();
    token_hash(&signs)
}

/// One's own tokens for programs.
#[utoipa::path(get, path = "/tokens", tag = "people", operation_id = "own_tokens", responses(
    (status = 200, body = Vec<TokenForm>),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn tokens(served: Served, caller: Caller) -> Result<Json<Vec<TokenForm>>, Problem> {
    let (_, account) = caller.somebody()?.session()?;
    let view = own_account(&served, account).await?;
    Ok(Json(view.tokens.iter().map(TokenForm::new).collect()))
}

/// Give a program a token: a part of what one may do oneself, for a time.
#[utoipa::path(post, path = "/tokens", tag = "people", operation_id = "give_token", request_body = NewTokenForm, responses(
    (status = 201, body = GivenTokenForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn give_token(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    JsonBody(form): JsonBody<NewTokenForm>,
) -> Result<(StatusCode, Json<GivenTokenForm>), Problem> {
    let person = caller.somebody()?;
    let (_, account) = person.session()?;
    let scope = match form.scope.as_str() {
        "read" => TokenScope::Read,
        "work" => TokenScope::Work,
        _ => return Err(Problem::of("request.field").field("scope").candidates(["read".into(), "work".into()])),
    };
    let credentials = served.handle.credentials(account).await?;
    let now = credentials.ok_or_else(|| Problem::of("account.session_over"))?.now;
    let until = now.plus_millis(i64::from(form.days) * 86_400_000);
    let token = shared.new_token("tbt");
    let hash = token_hash(&token);
    act(&served, person, AccountAct::GiveToken { token: hash, label: form.label, scope, until }).await?;
    Ok((StatusCode::CREATED, Json(GivenTokenForm { token, name: hash.to_string() })))
}

/// End a token of a program.
#[utoipa::path(delete, path = "/tokens/{session}", tag = "people", operation_id = "end_token", params(
    ("session" = String, Path, description = "Its name, as the list tells it"),
), responses(
    (status = 204),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn end_token(
    served: Served,
    caller: Caller,
    TokenPath(token): TokenPath,
) -> Result<StatusCode, Problem> {
    let person = caller.somebody()?;
    person.session()?;
    act(&served, person, AccountAct::EndToken { token }).await?;
    Ok(StatusCode::NO_CONTENT)
}
