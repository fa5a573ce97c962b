//! Examples of accounts, sessions and tokens, and of what is done about them.

use domain::accounts::{
    Account, AccountKind, AccountName, AccountRefusal, AccountState, Failures, Invitation, Post, PostRole,
    ProgramToken, Recovery, SecondFactor, Session, SessionMark, TokenScope, Verifier,
};
use domain::command::{
    AccountChange, ChangeAccount, ChangeCredentials, Command, CredentialChange, Done, EndSessions, EndToken, Ending,
    GiveToken, NewAccount, OpenAccounts, RecoverAccount, RecoveryStep, SignIn, SignInProof, TakeInvitation, UseSession,
};
use domain::ids::UnitId;
use domain::refusal::Refusal;
use domain::sealed::Sealed;

use super::{AT, Examples, hash};

fn name() -> AccountName {
    "li-ming".parse().expect("a name")
}

fn post(role: PostRole) -> Post {
    Post { role, unit: UnitId::new(370_811_000_000).expect("a unit") }
}

fn invitation() -> Invitation {
    Invitation { code: hash(31), until: AT.plus_millis(1) }
}

fn verifier() -> Verifier {
    Verifier("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into())
}

pub(super) fn commands() -> Vec<(&'static str, Command)> {
    let account = name;
    let accounts = |kind, posts| {
        vec![NewAccount { name: name(), kind, display: Sealed(vec![7; 40]), posts, invitation: invitation() }]
    };
    let open = |accounts, first| Command::OpenAccounts(OpenAccounts { accounts, first });
    let sign_in = |proof| Command::SignIn(SignIn { account: account(), credentials: 2, proof });
    let credentials = |change, step| {
        Command::ChangeCredentials(ChangeCredentials { credentials: 2, change, keep: Some(hash(32)), step })
    };
    let end = |which| Command::EndSessions(EndSessions { account: account(), which });
    let change = |change| Command::ChangeAccount(ChangeAccount { account: account(), change });
    let recover = |step| Command::RecoverAccount(RecoverAccount { account: account(), step });
    let until = AT.plus_millis(2);
    let token = |scope| Command::GiveToken(GiveToken { token: hash(33), label: "报表".into(), scope, until });
    let factor = CredentialChange::SecondFactor { secret: Sealed(vec![8; 40]), step: 9 };
    vec![
        ("open accounts", open(accounts(AccountKind::Staff, PostRole::ALL.map(post).into()), false)),
        ("open public account", open(accounts(AccountKind::Public, vec![]), true)),
        ("sign in failed", sign_in(SignInProof::Failed)),
        ("sign in", sign_in(SignInProof::Passed { session: hash(32), step: Some(9) })),
        (
            "take invitation",
            Command::TakeInvitation(TakeInvitation { account: account(), code: hash(31), password: verifier() }),
        ),
        ("change password", credentials(CredentialChange::Password(verifier()), None)),
        ("set second factor", credentials(factor, None)),
        ("drop second factor", credentials(CredentialChange::NoSecondFactor, Some(10))),
        ("use session", Command::UseSession(UseSession { session: hash(32) })),
        ("end session", end(Ending::One(hash(32)))),
        ("end sessions", end(Ending::All { keep: Some(hash(32)) })),
        ("lock account", change(AccountChange::Lock)),
        ("unlock account", change(AccountChange::Unlock)),
        ("close account", change(AccountChange::Close)),
        ("change posts", change(AccountChange::Posts(vec![post(PostRole::Officer)]))),
        ("invite", change(AccountChange::Invite(invitation()))),
        ("ask recovery", recover(RecoveryStep::Ask { why: "手机丢失".into() })),
        ("allow recovery", recover(RecoveryStep::Allow(invitation()))),
        ("drop recovery", recover(RecoveryStep::Drop)),
        ("give token", token(TokenScope::Read)),
        ("give work token", token(TokenScope::Work)),
        ("end token", Command::EndToken(EndToken { token: hash(33) })),
    ]
}

pub(super) fn done() -> [(&'static str, Done); 4] {
    [
        ("account changed", Done::AccountChanged { account: name() }),
        ("signed in", Done::SignedIn { account: name() }),
        ("sign-in failed", Done::SignInFailed { failures: 3 }),
        ("accounts opened", Done::AccountsOpened),
    ]
}

pub(super) fn refusals() -> Vec<(&'static str, Refusal)> {
    let Post { unit, .. } = post(PostRole::Officer);
    let (first, second) = (PostRole::SecurityAdministrator, PostRole::AuditAdministrator);
    [
        ("account unknown", AccountRefusal::Unknown),
        ("account name taken", AccountRefusal::NameTaken),
        ("accounts not first", AccountRefusal::NotFirst),
        ("first accounts unfit", AccountRefusal::FirstUnfit),
        ("not administrator", AccountRefusal::NotAdministrator),
        ("own account", AccountRefusal::Own),
        ("posts unfit", AccountRefusal::PostsUnfit),
        ("post elsewhere", AccountRefusal::PostElsewhere { unit }),
        ("posts apart", AccountRefusal::PostsApart { first, second }),
        ("account shut", AccountRefusal::Shut),
        ("account waiting", AccountRefusal::Waiting),
        ("second needed", AccountRefusal::SecondNeeded),
        ("code taken", AccountRefusal::CodeTaken),
        ("invitation unfit", AccountRefusal::InvitationUnfit),
        ("session over", AccountRefusal::SessionOver),
        ("account set up", AccountRefusal::SetUp),
        ("recovery none", AccountRefusal::RecoveryNone),
        ("two people", AccountRefusal::TwoPeople),
        ("token unfit", AccountRefusal::TokenUnfit { most: 200 }),
    ]
    .map(|(name, refusal)| (name, refusal.into()))
    .into()
}

pub(crate) fn account() -> Examples<Account> {
    let invited = Account {
        kind: AccountKind::Staff,
        display: Sealed(vec![7; 40]),
        posts: PostRole::ALL.map(post).into(),
        state: AccountState::Open,
        credentials: 0,
        password: None,
        second: None,
        invitation: Some(invitation()),
        failures: Failures::default(),
        opened_by: "security".into(),
        opened_at: AT,
    };
    let open = Account {
        kind: AccountKind::Public,
        posts: vec![],
        credentials: 3,
        password: Some(verifier()),
        second: Some(SecondFactor { secret: Sealed(vec![8; 40]), last_step: 9 }),
        invitation: None,
        failures: Failures { count: 5, until: Some(AT) },
        ..invited.clone()
    };
    let state = |state| Account { state, ..open.clone() };
    vec![
        ("invited", invited.clone()),
        ("open", open.clone()),
        ("locked", state(AccountState::Locked)),
        ("closed", state(AccountState::Closed)),
    ]
}

pub(crate) fn session() -> Examples<Session> {
    let session = Session { account: name(), opened: AT, used: AT.plus_millis(3), second: true };
    vec![("session", session)]
}

pub(crate) fn session_mark() -> Examples<SessionMark> {
    vec![("mark", SessionMark { opened: AT })]
}

pub(crate) fn program_token() -> Examples<ProgramToken> {
    let token = |scope| {
        let until = AT.plus_millis(2);
        ProgramToken { account: name(), label: "报表".into(), scope, given: AT, until }
    };
    vec![("read", token(TokenScope::Read)), ("work", token(TokenScope::Work))]
}

pub(crate) fn recovery() -> Examples<Recovery> {
    vec![("asked", Recovery { by: name(), at: AT, why: "手机丢失".into() })]
}
