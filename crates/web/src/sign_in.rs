//! Signing in: what was typed is verified at this node, and its outcome goes to the unit's log. Pages and programs share it.
//!
//! Whatever is wrong, the answer is one and takes as long: a name that is none, a wrong password, a wrong code, an account that is
//! locked or waits. No password, code or token is in an address, a log line or what is sent to another node.

use std::time::Duration;

use axum::http::HeaderValue;
use domain::accounts::{AccountName, Verifier};
use domain::command::{Done, SignInProof};
use domain::refusal::Refusal;
use tokio::time::{Instant, sleep_until};
use unit::{AccountAct, Act, Credentials, Request, SubmitFault};

use crate::extract::Served;
use crate::passwords::Password;
use crate::person::{Person, principal, token_hash};
use crate::problem::Problem;
use crate::second_factor;
use crate::site::Shared;

/// A failure is told no sooner: longer than a verification and a commit take.
pub(crate) const FAILED_AFTER: Duration = Duration::from_millis(900);

/// How often something is verified anew that changed while it was on its way.
const TRIES: usize = 3;

/// What somebody types to sign in, or once more before changing credentials.
pub(crate) struct Typed {
    pub(crate) password: Password,
    /// Of the second factor; empty where there is none.
    pub(crate) code: String,
}

/// What was verified.
struct Verified {
    credentials: Credentials,
    step: Option<u64>,
}

/// A code for an invitation, from random bytes: a hundred bits of them, in groups that people can type.
pub fn invitation_code(random: [u8; 32]) -> String {
    let signs = second_factor::secret(random).0.to_lowercase();
    let groups: Vec<&str> = (0..5).map(|group| &signs[group * 4..group * 4 + 4]).collect();
    groups.join("-")
}

impl Shared {
    /// A new token, code or secret: 256 random bits.
    pub(crate) fn new_token(&self, kind: &str) -> String {
        let digits: String = (self.site.secret)().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{kind}_{digits}")
    }

    /// A new code for an invitation.
    pub(crate) fn new_code(&self) -> String {
        invitation_code((self.site.secret)())
    }

    /// The verifier of a new password.
    pub(crate) async fn new_verifier(&self, account: &AccountName, password: Password) -> Result<Verifier, Problem> {
        password.check(account)?;
        let random = (self.site.secret)();
        let mut salt = [0; 16];
        salt.copy_from_slice(&random[..16]);
        self.passwords.hash(password, salt).await
    }

    /// The name of the cookie that a session's token is kept in.
    pub(crate) fn session_cookie(&self) -> &'static str {
        // The prefix makes browsers refuse it from anybody but this very host over TLS.
        if self.site.behind_tls { "__Host-tongban-session" } else { "tongban-session" }
    }

    /// The cookie for a session's token; an empty one takes it away.
    pub(crate) fn session_cookie_line(&self, token: &str) -> HeaderValue {
        let secure = if self.site.behind_tls { "; Secure" } else { "" };
        let over = if token.is_empty() { "; Max-Age=0" } else { "" };
        let line = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{over}", self.session_cookie());
        HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Signs somebody in, and gives the new session's token.
    ///
    /// # Errors
    /// `account.not_signed_in` for whatever is wrong, `account.second_needed` where only a code is missing; that the unit does not
    /// answer.
    pub(crate) async fn sign_in(&self, served: &Served, name: &str, typed: Typed) -> Result<String, Problem> {
        // A new token for every sign-in: one that somebody was given before is nobody's.
        let token = self.new_token("tbs");
        let (hash, name) = (token_hash(&token), name.trim().parse::<AccountName>().ok());
        self.verified(served, name, typed, |account, verified| {
            let proof = SignInProof::Passed { session: hash, step: verified.step };
            AccountAct::SignIn { account, credentials: verified.credentials.version, proof }
        })
        .await?;
        Ok(token)
    }

    /// Does something about one's own credentials, after password and code were given once more.
    pub(crate) async fn change_own(
        &self,
        served: &Served,
        person: &Person,
        typed: Typed,
        change: unit::CredentialForm,
    ) -> Result<(), Problem> {
        let (bearer, account) = person.session()?;
        let keep = Some(bearer.token);
        self.verified(served, Some(account), typed, |_, verified| AccountAct::ChangeCredentials {
            credentials: verified.credentials.version,
            change: change.clone(),
            keep,
            step: verified.step,
        })
        .await
    }

    /// Verifies what was typed, and does `then` with it; counts a failure.
    async fn verified(
        &self,
        served: &Served,
        name: Option<AccountName>,
        typed: Typed,
        then: impl Fn(AccountName, &Verified) -> AccountAct,
    ) -> Result<(), Problem> {
        let earliest = Instant::now() + self.site.limits.failed_after;
        let mut outcome = Err(Problem::of("account.not_signed_in"));
        for _ in 0..TRIES {
            outcome = match self.once(served, name.as_ref(), &typed, &then).await {
                Ok(true) => Ok(()),
                // The credentials changed meanwhile: by its owner, or by another failure.
                Ok(false) => continue,
                Err(problem) => Err(problem),
            };
            break;
        }
        match &outcome {
            Err(problem) if problem.status().is_client_error() => sleep_until(earliest).await,
            _ => {}
        }
        outcome
    }

    /// Whether it is done; `false` where it is to be verified anew.
    async fn once(
        &self,
        served: &Served,
        name: Option<&AccountName>,
        typed: &Typed,
        then: impl Fn(AccountName, &Verified) -> AccountAct,
    ) -> Result<bool, Problem> {
        let wrong = || Problem::of("account.not_signed_in");
        let credentials = match name {
            Some(name) => served.handle.credentials(name.clone()).await?,
            None => None,
        };
        let usable = credentials.filter(|credentials| !credentials.is_shut && credentials.password.is_some());
        let verifier = usable.as_ref().and_then(|usable| usable.password.clone());
        let is_right = self.passwords.verify(typed.password.clone(), verifier).await?;
        let (Some(name), Some(credentials)) = (name, usable) else { return Err(wrong()) };
        let step = credentials.second.as_ref().map(|(secret, last)| {
            second_factor::step_of(&typed.code, secret, credentials.now).filter(|step| step > last)
        });
        if is_right && step == Some(None) && typed.code.is_empty() {
            return Err(Problem::of("account.second_needed").field("code"));
        }
        let has_passed = is_right && step != Some(None);
        let (kind, version) = (credentials.kind, credentials.version);
        let verified = Verified { credentials, step: step.flatten() };
        let act = if has_passed {
            then(name.clone(), &verified)
        } else {
            let proof = SignInProof::Failed;
            AccountAct::SignIn { account: name.clone(), credentials: version, proof }
        };
        let principal = principal(name, kind);
        let request = Request { principal, idempotency_key: None, act: Act::Account(act) };
        match served.handle.submit(request).await {
            Ok(outcome) => match outcome.reply.ruling() {
                Ok(Done::SignInFailed { failures }) => {
                    tracing::debug!(unit = %served.unit(), failures, "a failure to sign in was counted");
                    Err(wrong())
                }
                Ok(_) => Ok(true),
                Err(_) => Err(wrong()),
            },
            Err(SubmitFault::Refused(Refusal::Changed)) => Ok(false),
            Err(SubmitFault::Refused(Refusal::Account(_))) => Err(wrong()),
            Err(fault) => Err(fault.into()),
        }
    }
}
