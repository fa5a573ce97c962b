//! Accounts as people bring them about: what is asked is made into what is proposed to the log, and who is signed in is read from it.
//!
//! Whether a password or code is right is found out at the node that was asked, by [`credentials`], which never leaves that node:
//! no password crosses a link or reaches the log. Here, and not in the log: sealing names and secrets to the unit's key.

use domain::accounts::{
    Account, AccountKind, AccountName, AccountRefusal, AccountState, INVITATION_MILLIS, Invitation, Post, PostRole,
    ProgramToken, Recovery, SESSION_USE_MILLIS, Session, TokenScope, Verifier, all_accounts,
};
use domain::command::{
    AccountChange, ChangeAccount, ChangeCredentials, Command, CredentialChange, EndSessions, EndToken, Ending,
    GiveToken, NewAccount, OpenAccounts, RecoverAccount, RecoveryStep, SignIn, SignInProof, TakeInvitation, UseSession,
};
use domain::digest::ContentHash;
use domain::principal::Principal;
use domain::sealed::Sealed;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Accounts, ProgramTokens, Recoveries, Sessions, SessionsOf};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::concerning::Private;
use crate::identity::Tools;
use crate::request::{Code, MOST_NAME, MOST_REASONS, RequestFault, text};
use crate::stamp::{StampFault, meta};

/// Something about accounts. Tokens and codes come as hashes, passwords as verifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAct {
    /// The unit's first two accounts.
    OpenFirst {
        /// A security administrator's, then an audit administrator's.
        accounts: Vec<AccountForm>,
    },
    /// One more.
    Open(AccountForm),
    /// Somebody signs in, or fails to.
    SignIn {
        /// Whose account.
        account: AccountName,
        /// As [`Credentials::version`].
        credentials: u32,
        /// What was found.
        proof: SignInProof,
    },
    /// The owner of an account sets its first password.
    TakeInvitation {
        /// Whose.
        account: AccountName,
        /// Of the code.
        code: ContentHash,
        /// Of the password.
        password: Verifier,
    },
    /// Somebody changes one's own credentials.
    ChangeCredentials {
        /// As [`Credentials::version`].
        credentials: u32,
        /// What is changed.
        change: CredentialForm,
        /// The session that stays.
        keep: Option<ContentHash>,
        /// The step of a code, where the account has a second factor.
        step: Option<u64>,
    },
    /// A session is in use.
    UseSession {
        /// Of its token.
        session: ContentHash,
    },
    /// Sessions end.
    EndSessions {
        /// Whose.
        account: AccountName,
        /// Which.
        which: Ending,
    },
    /// A security administrator changes somebody else's account.
    Change {
        /// Whose.
        account: AccountName,
        /// What is changed.
        change: ChangeForm,
    },
    /// Two people recover another one's account.
    Recover {
        /// Whose.
        account: AccountName,
        /// Which step.
        step: RecoverForm,
    },
    /// A program gets a token.
    GiveToken {
        /// Of the token.
        token: ContentHash,
        /// What it is for.
        label: String,
        /// How much it may do.
        scope: TokenScope,
        /// It holds until then.
        until: Timestamp,
    },
    /// A program's token ends.
    EndToken {
        /// Of the token.
        token: ContentHash,
    },
}

/// An account that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountForm {
    /// Its name.
    pub name: AccountName,
    /// Whose it is.
    pub kind: AccountKind,
    /// The person's name.
    pub display: Private,
    /// What the person is at this unit.
    pub roles: Vec<PostRole>,
    /// Of the invitation's code.
    pub invitation: ContentHash,
}

/// A change of one's own credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialForm {
    /// Another password.
    Password(Verifier),
    /// A second factor.
    SecondFactor {
        /// Its secret, in base 32.
        secret: Private,
        /// The step of the first code.
        step: u64,
    },
    /// None any more.
    NoSecondFactor,
}

/// A change of somebody else's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeForm {
    /// Nobody signs in.
    Lock,
    /// It is open again.
    Unlock,
    /// For good.
    Close,
    /// Other posts at this unit.
    Roles(Vec<PostRole>),
    /// Another invitation, by its code's hash.
    Invite(ContentHash),
}

/// A step of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoverForm {
    /// The first person asks for it.
    Ask {
        /// Why.
        why: String,
    },
    /// Another one allows it.
    Allow {
        /// Of the invitation's code.
        invitation: ContentHash,
    },
    /// It is not done.
    Drop,
}

impl AccountAct {
    /// What is proposed to the log. `by`: who asks, to whose account secrets are sealed.
    pub(crate) fn command(
        &self,
        by: &Principal,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Command, StampFault> {
        let now = meta(rows)?.now.max(tools.now);
        let invitation = |code: ContentHash| Invitation { code, until: now.plus_millis(INVITATION_MILLIS) };
        let posts =
            |roles: &[PostRole]| roles.iter().map(|role| Post { role: *role, unit: tools.identity.unit }).collect();
        let new = |form: &AccountForm| -> Result<NewAccount, RequestFault> {
            let display = text("display", &form.display.0, MOST_NAME)?;
            if display.is_empty() {
                return Err(RequestFault {
                    code: Code::Field,
                    field: "display".into(),
                    what: "a person's name".into(),
                });
            }
            Ok(NewAccount {
                name: form.name.clone(),
                kind: form.kind,
                display: seal(&form.name, DISPLAY, display.as_bytes(), tools)?,
                posts: posts(&form.roles),
                invitation: invitation(form.invitation),
            })
        };
        Ok(match self {
            Self::OpenFirst { accounts } => {
                let accounts = accounts.iter().map(new).collect::<Result<_, _>>()?;
                Command::OpenAccounts(OpenAccounts { accounts, first: true })
            }
            Self::Open(form) => Command::OpenAccounts(OpenAccounts { accounts: vec![new(form)?], first: false }),
            Self::SignIn { account, credentials, proof } => {
                Command::SignIn(SignIn { account: account.clone(), credentials: *credentials, proof: *proof })
            }
            Self::TakeInvitation { account, code, password } => Command::TakeInvitation(TakeInvitation {
                account: account.clone(),
                code: *code,
                password: password.clone(),
            }),
            Self::ChangeCredentials { credentials, change, keep, step } => {
                let change = match change {
                    CredentialForm::Password(password) => CredentialChange::Password(password.clone()),
                    CredentialForm::SecondFactor { secret, step } => {
                        let unknown = |_| StampFault::Refused(AccountRefusal::Unknown.into());
                        let name: AccountName = by.name.parse().map_err(unknown)?;
                        let secret = seal(&name, SECRET, secret.0.as_bytes(), tools)?;
                        CredentialChange::SecondFactor { secret, step: *step }
                    }
                    CredentialForm::NoSecondFactor => CredentialChange::NoSecondFactor,
                };
                let (credentials, keep, step) = (*credentials, *keep, *step);
                Command::ChangeCredentials(ChangeCredentials { credentials, change, keep, step })
            }
            Self::UseSession { session } => Command::UseSession(UseSession { session: *session }),
            Self::EndSessions { account, which } => {
                Command::EndSessions(EndSessions { account: account.clone(), which: *which })
            }
            Self::Change { account, change } => {
                let change = match change {
                    ChangeForm::Lock => AccountChange::Lock,
                    ChangeForm::Unlock => AccountChange::Unlock,
                    ChangeForm::Close => AccountChange::Close,
                    ChangeForm::Roles(roles) => AccountChange::Posts(posts(roles)),
                    ChangeForm::Invite(code) => AccountChange::Invite(invitation(*code)),
                };
                Command::ChangeAccount(ChangeAccount { account: account.clone(), change })
            }
            Self::Recover { account, step } => {
                let step = match step {
                    RecoverForm::Ask { why } => RecoveryStep::Ask { why: text("why", why, MOST_REASONS)? },
                    RecoverForm::Allow { invitation: code } => RecoveryStep::Allow(invitation(*code)),
                    RecoverForm::Drop => RecoveryStep::Drop,
                };
                Command::RecoverAccount(RecoverAccount { account: account.clone(), step })
            }
            Self::GiveToken { token, label, scope, until } => Command::GiveToken(GiveToken {
                token: *token,
                label: text("label", label, MOST_NAME)?,
                scope: *scope,
                until: *until,
            }),
            Self::EndToken { token } => Command::EndToken(EndToken { token: *token }),
        })
    }
}

/// Purpose of what is sealed of an account.
const SEALED: &str = "tongban account";
/// Which part of it: no part opens in the place of another one, nor of another account.
const DISPLAY: u8 = 1;
const SECRET: u8 = 2;

fn place(name: &AccountName, part: u8) -> Vec<u8> {
    [&[part], name.as_str().as_bytes()].concat()
}

fn seal(name: &AccountName, part: u8, plain: &[u8], tools: &Tools<'_>) -> Result<Sealed, RequestFault> {
    let sealed = tools
        .keys
        .sealing
        .public_key()
        .and_then(|key| tools.crypto.seal(&key, SEALED, &place(name, part), plain, tools.entropy));
    sealed.map(Sealed).map_err(|fault| RequestFault {
        code: Code::Field,
        field: "account".to_owned(),
        what: format!("cannot be sealed to this unit's key: {fault}"),
    })
}

fn open(name: &AccountName, part: u8, sealed: &Sealed, tools: &Tools<'_>) -> Option<String> {
    let plain = tools.crypto.open(&tools.keys.sealing, SEALED, &place(name, part), &sealed.0).ok()?;
    String::from_utf8(plain.to_vec()).ok()
}

/// What a password and a code are verified against. For the node that asks: has no outside form.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose account it is.
    pub kind: AccountKind,
    /// Of the account's credentials: what was verified against an older one does not count.
    pub version: u32,
    /// The argon2id string; `None` where the invitation is not taken yet.
    pub password: Option<Verifier>,
    /// The second factor's secret in base 32, and its newest step that was taken.
    pub second: Option<(Private, u64)>,
    /// Nobody signs in now: the account is locked or waits after failures.
    pub is_shut: bool,
    /// The unit's time.
    pub now: Timestamp,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The credentials of an account; `None` where there is none or it is closed.
///
/// # Errors
/// The store failed, or the unit is not founded.
pub fn credentials(
    name: &AccountName,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<Option<Credentials>, StampFault> {
    let now = meta(rows)?.now.max(tools.now);
    let account = rows.get::<Accounts>(name)?.filter(|account| account.state != AccountState::Closed);
    let Some(account) = account else { return Ok(None) };
    let second = match &account.second {
        None => None,
        Some(second) => {
            // Never without the second factor because its secret does not open.
            let secret = open(name, SECRET, &second.secret, tools);
            let broken = || StoreFault::Device(format!("the second factor of account {name} does not open"));
            Some((Private(secret.ok_or_else(broken)?), second.last_step))
        }
    };
    let is_shut = account.state != AccountState::Open || account.is_waiting(now);
    let Account { kind, credentials: version, password, .. } = account;
    Ok(Some(Credentials { kind, version, password, second, is_shut, now }))
}

/// Who is signed in by a token: a person by a session, or a program by its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BearerView {
    /// Whose account.
    pub account: AccountName,
    /// Whose it is.
    pub kind: AccountKind,
    /// The person's name.
    pub display: Private,
    /// What the person is.
    pub posts: Vec<Post>,
    /// By what.
    pub by: BearerKind,
}

/// By what somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerKind {
    /// A session, and whether its use is to be logged.
    Session {
        /// As it is kept.
        session: Session,
        /// The last use that is logged was a while ago.
        is_to_be_used: bool,
    },
    /// A program's token.
    Program(ProgramToken),
}

/// An account, for whoever administers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Its name.
    pub name: AccountName,
    /// Whose it is.
    pub kind: AccountKind,
    /// The person's name; empty where the unit's key does not open it.
    pub display: Private,
    /// What the person is.
    pub posts: Vec<Post>,
    /// How it stands.
    pub state: AccountState,
    /// Whether its owner has set a password.
    pub is_set_up: bool,
    /// Whether it has a second factor.
    pub has_second: bool,
    /// Until when an invitation waits to be taken.
    pub invited_until: Option<Timestamp>,
    /// Failures since somebody last signed in.
    pub failures: u32,
    /// Nobody signs in before.
    pub waits_until: Option<Timestamp>,
    /// A recovery that somebody asked for.
    pub recovery: Option<Recovery>,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Timestamp,
    /// Its open sessions, newest first; of one account only.
    pub sessions: Vec<(ContentHash, Session)>,
    /// Its tokens; of one account only.
    pub tokens: Vec<(ContentHash, ProgramToken)>,
}

const FIRST: ContentHash = ContentHash([0; 32]);
const LAST: ContentHash = ContentHash([u8::MAX; 32]);

/// Who is signed in by a token of that hash at that moment.
pub(crate) fn bearer(
    token: ContentHash,
    now: Timestamp,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<Option<BearerView>, StoreFault> {
    let session = rows.get::<Sessions>(&token)?.filter(|session| !session.has_ended(now));
    let (name, by) = match session {
        Some(session) => {
            let is_to_be_used = now >= session.used.plus_millis(SESSION_USE_MILLIS);
            (session.account.clone(), BearerKind::Session { session, is_to_be_used })
        }
        None => match rows.get::<ProgramTokens>(&token)?.filter(|token| now < token.until) {
            Some(program) => (program.account.clone(), BearerKind::Program(program)),
            None => return Ok(None),
        },
    };
    let account = rows.get::<Accounts>(&name)?.filter(|account| account.state == AccountState::Open);
    Ok(account.map(|account| BearerView {
        display: Private(open(&name, DISPLAY, &account.display, tools).unwrap_or_default()),
        kind: account.kind,
        posts: account.posts,
        account: name,
        by,
    }))
}

fn view(
    name: AccountName,
    account: Account,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<AccountView, StoreFault> {
    Ok(AccountView {
        display: Private(open(&name, DISPLAY, &account.display, tools).unwrap_or_default()),
        kind: account.kind,
        posts: account.posts,
        state: account.state,
        is_set_up: account.password.is_some(),
        has_second: account.second.is_some(),
        invited_until: account.invitation.map(|invitation| invitation.until),
        failures: account.failures.count,
        waits_until: account.failures.until,
        recovery: rows.get::<Recoveries>(&name)?,
        opened_by: account.opened_by,
        opened_at: account.opened_at,
        sessions: vec![],
        tokens: vec![],
        name,
    })
}

/// Every account of the unit, in the order of names.
pub(crate) fn accounts(rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Vec<AccountView>, StoreFault> {
    all_accounts(rows)?.into_iter().map(|(name, account)| view(name, account, rows, tools)).collect()
}

/// One account, with what is open in its name.
pub(crate) fn account(
    name: &AccountName,
    now: Timestamp,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<AccountView, StampFault> {
    let unknown = || StampFault::Refused(AccountRefusal::Unknown.into());
    let account = rows.get::<Accounts>(name)?.ok_or_else(unknown)?;
    let mut view = view(name.clone(), account, rows, tools)?;
    for ((_, id), _) in rows.scan::<SessionsOf>((name.clone(), FIRST)..=(name.clone(), LAST), usize::MAX)? {
        let session = rows.get::<Sessions>(&id)?.filter(|session| !session.has_ended(now));
        view.sessions.extend(session.map(|session| (id, session)));
    }
    view.sessions.sort_by_key(|(_, session)| std::cmp::Reverse(session.opened));
    let tokens = rows.scan::<ProgramTokens>(FIRST..=LAST, usize::MAX)?;
    view.tokens = tokens.into_iter().filter(|(_, token)| token.account == *name && now < token.until).collect();
    Ok(view)
}
