//! Stories of accounts: opened, invited, signed in and out, locked out, recovered; and what is refused, in order.

use super::*;
use crate::accounts::{
    AccountKind, Failures, INVITATION_MILLIS, Invitation, MOST_SESSIONS, Post, ProgramToken, RECOVERY_MILLIS,
    SESSION_IDLE_MILLIS, SESSION_MOST_MILLIS, TOKEN_MOST_MILLIS, TokenScope, Verifier,
};
use crate::command::{Command, Reply};
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::store::UnitRead;
use crate::support::*;
use crate::tables::Recoveries;

fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

fn hash(number: usize) -> ContentHash {
    ContentHash::of_bytes("token of a test", &number.to_be_bytes())
}

fn invitation(unit: &TestUnit, code: usize) -> Invitation {
    Invitation { code: hash(code), until: unit.clock.plus_millis(INVITATION_MILLIS) }
}

fn new(unit: &TestUnit, who: &str, role: PostRole) -> NewAccount {
    let posts = vec![Post { role, unit: unit.unit }];
    let invitation = invitation(unit, who.len());
    NewAccount { name: name(who), kind: AccountKind::Staff, display: Sealed(vec![1; 40]), posts, invitation }
}

fn open(accounts: Vec<NewAccount>, first: bool) -> Command {
    Command::OpenAccounts(OpenAccounts { accounts, first })
}

fn take(who: &str, code: usize) -> Command {
    let password = Verifier(format!("$argon2id$of-{who}"));
    Command::TakeInvitation(TakeInvitation { account: name(who), code: hash(code), password })
}

fn sign_in(unit: &TestUnit, who: &str, proof: SignInProof) -> Command {
    let account = name(who);
    let credentials = unit.store.get::<Accounts>(&account).unwrap().map_or(0, |account| account.credentials);
    Command::SignIn(SignIn { account, credentials, proof })
}

fn passed(session: usize) -> SignInProof {
    SignInProof::Passed { session: hash(session), step: None }
}

fn change(who: &str, change: AccountChange) -> Command {
    Command::ChangeAccount(ChangeAccount { account: name(who), change })
}

fn recover(who: &str, step: RecoveryStep) -> Command {
    Command::RecoverAccount(RecoverAccount { account: name(who), step })
}

fn by(unit: &mut TestUnit, person: &'static str, command: Command) -> Result<Done, Refusal> {
    let own = std::mem::replace(&mut unit.person, person);
    let outcome = unit.run(command);
    unit.person = own;
    match outcome.reply {
        Reply::Done(done) => Ok(done),
        Reply::Refused(refusal) => Err(refusal),
        reply => panic!("{reply:?}"),
    }
}

fn refused(refusal: AccountRefusal) -> Result<Done, Refusal> {
    Err(Refusal::Account(refusal))
}

fn changed(who: &str) -> Result<Done, Refusal> {
    Ok(Done::AccountChanged { account: name(who) })
}

fn row(unit: &TestUnit, who: &str) -> Account {
    unit.store.get::<Accounts>(&name(who)).unwrap().unwrap()
}

fn sessions(unit: &TestUnit) -> usize {
    unit.store.scan::<Sessions>(FIRST..=LAST, usize::MAX).unwrap().len()
}

/// A county whose two first people and an officer have set up their accounts.
fn staffed() -> TestUnit {
    let mut unit = TestUnit::found(COUNTY, Some(CITY), &[]);
    let first = vec![
        new(&unit, "security", PostRole::SecurityAdministrator),
        new(&unit, "auditor", PostRole::AuditAdministrator),
    ];
    assert_eq!(unit.done(open(first, true)), Done::AccountsOpened);
    for who in ["security", "auditor"] {
        unit.done(take(who, who.len()));
    }
    for who in ["officer", "window-a"] {
        let role = if who == "officer" { PostRole::Officer } else { PostRole::Window };
        let command = open(vec![new(&unit, who, role)], false);
        assert_eq!(by(&mut unit, "security", command), changed(who));
        unit.done(take(who, who.len()));
    }
    unit
}

/// The same commands in the same order give the same rows.
fn replays(unit: &TestUnit) {
    let mut again = Memory::default();
    for (command, stamp) in &unit.log {
        crate::apply(&mut again, command, stamp).unwrap();
    }
    assert_eq!(again, unit.store);
}

#[test]
fn first_accounts_are_two_peoples_and_come_once() {
    let mut unit = TestUnit::found(COUNTY, Some(CITY), &[]);
    let security = new(&unit, "security", PostRole::SecurityAdministrator);
    let auditor = new(&unit, "auditor", PostRole::AuditAdministrator);
    let officer = new(&unit, "officer", PostRole::Officer);
    let unfit = || refused(AccountRefusal::FirstUnfit);
    assert_eq!(by(&mut unit, "x", open(vec![security.clone()], true)), unfit());
    assert_eq!(by(&mut unit, "x", open(vec![security.clone(), officer.clone()], true)), unfit());
    let not_administrator = || refused(AccountRefusal::NotAdministrator);
    assert_eq!(by(&mut unit, "demo-window", open(vec![officer.clone()], false)), not_administrator());
    let twice = NewAccount { name: security.name.clone(), ..auditor.clone() };
    assert_eq!(by(&mut unit, "x", open(vec![security.clone(), twice], true)), refused(AccountRefusal::NameTaken));
    let both = Post { role: PostRole::AuditAdministrator, unit: COUNTY };
    let mut apart = security.clone();
    apart.posts.push(both);
    let (first, second) = (PostRole::SecurityAdministrator, PostRole::AuditAdministrator);
    let posts_apart = AccountRefusal::PostsApart { first, second };
    assert_eq!(by(&mut unit, "x", open(vec![apart, officer.clone()], true)), refused(posts_apart));
    assert_eq!(by(&mut unit, "x", open(vec![security.clone(), auditor.clone()], true)), Ok(Done::AccountsOpened));
    assert_eq!(by(&mut unit, "x", open(vec![security, auditor], true)), refused(AccountRefusal::NotFirst));
    // Nobody acts with an account that is not set up.
    assert_eq!(by(&mut unit, "security", open(vec![officer.clone()], false)), not_administrator());
    let early = sign_in(&unit, "security", passed(1));
    assert_eq!(by(&mut unit, "x", early), refused(AccountRefusal::Shut));
    unit.done(take("security", 8));
    assert_eq!(by(&mut unit, "security", open(vec![officer.clone()], false)), changed("officer"));
    assert_eq!(by(&mut unit, "security", open(vec![officer], false)), refused(AccountRefusal::NameTaken));
    replays(&unit);
}

#[test]
fn an_invitation_is_taken_once_and_in_time() {
    let mut unit = TestUnit::found(COUNTY, Some(CITY), &[]);
    let accounts = vec![
        new(&unit, "security", PostRole::SecurityAdministrator),
        new(&unit, "auditor", PostRole::AuditAdministrator),
    ];
    unit.done(open(accounts, true));
    let unfit = || refused(AccountRefusal::InvitationUnfit);
    // Another code, another name, too late: one answer.
    assert_eq!(by(&mut unit, "x", take("security", 7)), unfit());
    assert_eq!(by(&mut unit, "x", take("nobody", 8)), unfit());
    assert_eq!(by(&mut unit, "x", take("security", 8)), changed("security"));
    assert_eq!(by(&mut unit, "x", take("security", 8)), unfit());
    unit.clock = unit.clock.plus_millis(INVITATION_MILLIS);
    assert_eq!(by(&mut unit, "x", take("auditor", 7)), unfit());
    let again = change("auditor", AccountChange::Invite(invitation(&unit, 99)));
    assert_eq!(by(&mut unit, "security", again.clone()), changed("auditor"));
    assert_eq!(by(&mut unit, "x", take("auditor", 99)), changed("auditor"));
    assert_eq!(by(&mut unit, "security", again), refused(AccountRefusal::SetUp));
    replays(&unit);
}

#[test]
fn who_guesses_waits_longer_each_time() {
    let mut unit = staffed();
    let mut waits = Vec::new();
    for _ in 0..9 {
        let wrong = sign_in(&unit, "officer", SignInProof::Failed);
        assert!(matches!(by(&mut unit, "officer", wrong), Ok(Done::SignInFailed { .. })));
        let Failures { until, .. } = row(&unit, "officer").failures;
        waits.push(until.map_or(0, |until| (until.0 - unit.clock.0) / 60_000));
        if let Some(until) = until {
            // Neither a right password nor another guess counts before the time.
            for proof in [passed(1), SignInProof::Failed] {
                let early = sign_in(&unit, "officer", proof);
                assert_eq!(by(&mut unit, "officer", early), refused(AccountRefusal::Waiting));
            }
            unit.clock = until;
        }
    }
    assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16]);
    // Somebody else is not kept waiting, and who knows the password begins anew.
    let other = sign_in(&unit, "window-a", passed(2));
    assert_eq!(by(&mut unit, "window-a", other), Ok(Done::SignedIn { account: name("window-a") }));
    let right = sign_in(&unit, "officer", passed(1));
    assert_eq!(by(&mut unit, "officer", right), Ok(Done::SignedIn { account: name("officer") }));
    assert_eq!(row(&unit, "officer").failures, Failures::default());
    replays(&unit);
}

#[test]
fn guesses_that_were_verified_together_count_one_after_the_other() {
    let mut unit = staffed();
    let guesses: Vec<Command> = (0..5).map(|_| sign_in(&unit, "officer", SignInProof::Failed)).collect();
    let right = sign_in(&unit, "officer", passed(1));
    for guess in guesses {
        by(&mut unit, "officer", guess).unwrap();
    }
    assert_eq!(by(&mut unit, "officer", right), refused(AccountRefusal::Waiting));
}

#[test]
fn a_session_ends_idle_or_at_the_end_of_the_day() {
    let mut unit = staffed();
    let command = sign_in(&unit, "officer", passed(1));
    by(&mut unit, "officer", command).unwrap();
    let began = unit.clock;
    let in_use = Command::UseSession(UseSession { session: hash(1) });
    let mut last = began;
    while unit.clock.0 < began.0 + SESSION_MOST_MILLIS {
        assert_eq!(by(&mut unit, "officer", in_use.clone()), changed("officer"));
        last = unit.clock;
        unit.clock = unit.clock.plus_millis(SESSION_IDLE_MILLIS - 1);
    }
    assert!(last.0 > began.0 + SESSION_MOST_MILLIS - SESSION_IDLE_MILLIS);
    unit.clock = began.plus_millis(SESSION_MOST_MILLIS);
    assert_eq!(by(&mut unit, "officer", in_use.clone()), refused(AccountRefusal::SessionOver));
    // The next one idles.
    let command = sign_in(&unit, "officer", passed(2));
    by(&mut unit, "officer", command).unwrap();
    assert_eq!(sessions(&unit), 1, "what has ended is forgotten");
    unit.clock = unit.clock.plus_millis(SESSION_IDLE_MILLIS);
    let idle = Command::UseSession(UseSession { session: hash(2) });
    assert_eq!(by(&mut unit, "officer", idle), refused(AccountRefusal::SessionOver));
    replays(&unit);
}

#[test]
fn sessions_end_by_their_owner_and_are_bounded() {
    let mut unit = staffed();
    for session in 0..MOST_SESSIONS + 3 {
        unit.clock = unit.clock.plus_millis(1);
        let command = sign_in(&unit, "officer", passed(session));
        by(&mut unit, "officer", command).unwrap();
    }
    assert_eq!(sessions(&unit), MOST_SESSIONS);
    assert!(unit.store.get::<Sessions>(&hash(2)).unwrap().is_none(), "the oldest gave way");
    let end = |which| Command::EndSessions(EndSessions { account: name("officer"), which });
    let one = Ending::One(hash(5));
    assert_eq!(by(&mut unit, "window-a", end(one)), refused(AccountRefusal::NotAdministrator));
    assert_eq!(by(&mut unit, "officer", end(one)), changed("officer"));
    assert_eq!(by(&mut unit, "officer", end(one)), refused(AccountRefusal::SessionOver));
    assert_eq!(by(&mut unit, "officer", end(Ending::All { keep: Some(hash(7)) })), changed("officer"));
    assert_eq!(sessions(&unit), 1);
    assert_eq!(by(&mut unit, "security", end(Ending::All { keep: None })), changed("officer"));
    assert_eq!(sessions(&unit), 0);
    replays(&unit);
}

#[test]
fn a_second_factor_is_asked_for_and_no_code_is_taken_twice() {
    let mut unit = staffed();
    let credentials = |unit: &TestUnit| row(unit, "officer").credentials;
    let own = |unit: &TestUnit, change, step| {
        let credentials = credentials(unit);
        Command::ChangeCredentials(ChangeCredentials { credentials, change, keep: Some(hash(1)), step })
    };
    for session in [1, 2] {
        let command = sign_in(&unit, "officer", passed(session));
        by(&mut unit, "officer", command).unwrap();
    }
    let factor = CredentialChange::SecondFactor { secret: Sealed(vec![2; 40]), step: 100 };
    let stale = sign_in(&unit, "officer", passed(3));
    let command = own(&unit, factor, None);
    assert_eq!(by(&mut unit, "officer", command), changed("officer"));
    assert_eq!(sessions(&unit), 1, "but for the one in which it was done");
    assert_eq!(by(&mut unit, "officer", stale), Err(Refusal::Changed));
    let with =
        |unit: &TestUnit, session, step| sign_in(unit, "officer", SignInProof::Passed { session: hash(session), step });
    for (step, ruling) in [
        (None, refused(AccountRefusal::SecondNeeded)),
        (Some(100), refused(AccountRefusal::CodeTaken)),
        (Some(99), refused(AccountRefusal::CodeTaken)),
        (Some(101), Ok(Done::SignedIn { account: name("officer") })),
        (Some(101), refused(AccountRefusal::CodeTaken)),
    ] {
        let command = with(&unit, 4, step);
        assert_eq!(by(&mut unit, "officer", command), ruling, "{step:?}");
    }
    assert!(unit.store.get::<Sessions>(&hash(4)).unwrap().unwrap().second);
    let gone = own(&unit, CredentialChange::NoSecondFactor, None);
    assert_eq!(by(&mut unit, "officer", gone), refused(AccountRefusal::SecondNeeded));
    let gone = own(&unit, CredentialChange::NoSecondFactor, Some(102));
    assert_eq!(by(&mut unit, "officer", gone), changed("officer"));
    let other = own(&unit, CredentialChange::Password(Verifier("$argon2id$other".into())), None);
    assert_eq!(by(&mut unit, "officer", other), changed("officer"));
    replays(&unit);
}

#[test]
fn locking_and_closing_end_everything_that_was_open() {
    let mut unit = staffed();
    let token = |unit: &TestUnit| {
        let until = unit.clock.plus_millis(1_000);
        Command::GiveToken(GiveToken { token: hash(50), label: "报表".into(), scope: TokenScope::Read, until })
    };
    for (end, next) in
        [(AccountChange::Lock, refused(AccountRefusal::Shut)), (AccountChange::Close, refused(AccountRefusal::Unknown))]
    {
        let command = sign_in(&unit, "officer", passed(1));
        by(&mut unit, "officer", command).unwrap();
        let command = token(&unit);
        by(&mut unit, "officer", command).unwrap();
        let not_administrator = refused(AccountRefusal::NotAdministrator);
        assert_eq!(by(&mut unit, "auditor", change("officer", end.clone())), not_administrator);
        assert_eq!(by(&mut unit, "security", change("security", end.clone())), refused(AccountRefusal::Own));
        assert_eq!(by(&mut unit, "security", change("officer", end.clone())), changed("officer"));
        let tokens = unit.store.scan::<ProgramTokens>(FIRST..=LAST, usize::MAX).unwrap();
        assert_eq!((sessions(&unit), tokens), (0, vec![]));
        let right = sign_in(&unit, "officer", passed(1));
        assert_eq!(by(&mut unit, "officer", right), next);
        if end == AccountChange::Lock {
            assert_eq!(by(&mut unit, "security", change("officer", AccountChange::Unlock)), changed("officer"));
        }
    }
    let again = open(vec![new(&unit, "officer", PostRole::Officer)], false);
    assert_eq!(by(&mut unit, "security", again), refused(AccountRefusal::NameTaken));
    replays(&unit);
}

#[test]
fn two_other_people_recover_an_account() {
    let mut unit = staffed();
    let ask = |who: &str| recover(who, RecoveryStep::Ask { why: "手机丢失".into() });
    let command = sign_in(&unit, "officer", passed(1));
    by(&mut unit, "officer", command).unwrap();
    let two = || refused(AccountRefusal::TwoPeople);
    let allow = |unit: &TestUnit, who: &str| recover(who, RecoveryStep::Allow(invitation(unit, 77)));
    let early = allow(&unit, "officer");
    assert_eq!(by(&mut unit, "security", early), refused(AccountRefusal::RecoveryNone));
    assert_eq!(by(&mut unit, "officer", ask("officer")), two());
    assert_eq!(by(&mut unit, "window-a", ask("officer")), changed("officer"));
    // The same person twice, or the owner, is not another one.
    for person in ["window-a", "officer"] {
        let command = allow(&unit, "officer");
        assert_eq!(by(&mut unit, person, command), two());
    }
    // The owner says that nothing was lost.
    assert_eq!(by(&mut unit, "officer", recover("officer", RecoveryStep::Drop)), changed("officer"));
    assert_eq!(by(&mut unit, "window-a", ask("officer")), changed("officer"));
    unit.clock = unit.clock.plus_millis(RECOVERY_MILLIS);
    let late = allow(&unit, "officer");
    assert_eq!(by(&mut unit, "auditor", late), refused(AccountRefusal::RecoveryNone));
    assert_eq!(by(&mut unit, "window-a", ask("officer")), changed("officer"));
    let command = allow(&unit, "officer");
    assert_eq!(by(&mut unit, "auditor", command), changed("officer"));
    let account = row(&unit, "officer");
    assert_eq!((account.password, account.second, sessions(&unit)), (None, None, 0));
    assert_eq!(by(&mut unit, "x", take("officer", 77)), changed("officer"));
    // Two who neither administer accounts nor audit are not enough.
    let clerk = open(vec![new(&unit, "window-bb", PostRole::Window)], false);
    by(&mut unit, "security", clerk).unwrap();
    unit.done(take("window-bb", 9));
    assert_eq!(by(&mut unit, "window-a", ask("security")), changed("security"));
    let command = allow(&unit, "security");
    assert_eq!(by(&mut unit, "window-bb", command), two());
    assert!(unit.store.get::<Recoveries>(&name("security")).unwrap().is_some());
    replays(&unit);
}

#[test]
fn tokens_of_programs_are_for_a_time() {
    let mut unit = staffed();
    let give = |token, label: &str, until| {
        Command::GiveToken(GiveToken { token: hash(token), label: label.into(), scope: TokenScope::Work, until })
    };
    let (now, unfit) = (unit.clock, AccountRefusal::TokenUnfit { most: 200 });
    let later = now.plus_millis(1_000);
    let shut = refused(AccountRefusal::Unknown);
    assert_eq!(by(&mut unit, "nobody", give(1, "报表", later)), shut);
    for (label, until) in [(" ", later), ("报表", now), ("报表", now.plus_millis(TOKEN_MOST_MILLIS + 1))] {
        assert_eq!(by(&mut unit, "officer", give(1, label, until)), refused(unfit.clone()));
    }
    assert_eq!(by(&mut unit, "officer", give(1, " 报表 ", later)), changed("officer"));
    assert_eq!(by(&mut unit, "officer", give(1, "报表", later)), Err(Refusal::Changed));
    let expected = ProgramToken {
        account: name("officer"),
        label: "报表".into(),
        scope: TokenScope::Work,
        given: now,
        until: later,
    };
    assert_eq!(unit.store.get::<ProgramTokens>(&hash(1)).unwrap(), Some(expected));
    let end = Command::EndToken(EndToken { token: hash(1) });
    assert_eq!(by(&mut unit, "window-a", end.clone()), refused(AccountRefusal::NotAdministrator));
    assert_eq!(by(&mut unit, "security", end.clone()), changed("officer"));
    assert_eq!(by(&mut unit, "officer", end), refused(AccountRefusal::SessionOver));
    replays(&unit);
}
