//! People's accounts at a unit: who may sign in, which posts they hold, and what a session or a program's token stands for.
//!
//! All of it is rows of the unit's own log, so that a fail-over keeps people signed in and a unit that is cut off knows its own
//! people. Domain compares hashes and counts failures; passwords, tokens and codes of a second factor never come here: whether
//! they were right is found out before a command is proposed (docs/adr/0032).

mod check;
mod refusal;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::ContentHash;
use crate::first_form;
use crate::ids::UnitId;
use crate::sealed::Sealed;
use crate::store::{Key, StoreFault, UnitRead};
use crate::tables::Accounts;
use crate::text::Malformed;
use crate::time::Timestamp;

pub(crate) use check::check_accounts;
pub use refusal::AccountRefusal;

first_form! {
    162: Account;
    163: Session;
    164: SessionMark;
    165: ProgramToken;
    166: Recovery;
}

/// A session that is not used for so long has ended.
pub const SESSION_IDLE_MILLIS: i64 = 30 * 60_000;
/// A session ends so long after it began, whatever is done in it: a day's work.
pub const SESSION_MOST_MILLIS: i64 = 12 * 3_600_000;
/// A use of a session is logged at most so often: each is an entry of the log.
pub const SESSION_USE_MILLIS: i64 = 5 * 60_000;
/// One account has at most so many sessions; the oldest gives way.
pub const MOST_SESSIONS: usize = 16;
/// A one-time invitation code holds for so long.
pub const INVITATION_MILLIS: i64 = 72 * 3_600_000;
/// What one person asked for about a recovery, another one allows within this time.
pub const RECOVERY_MILLIS: i64 = 24 * 3_600_000;
/// A program's token holds at most so long.
pub const TOKEN_MOST_MILLIS: i64 = 366 * 86_400_000;
/// One unit keeps at most so many tokens.
pub const MOST_TOKENS: usize = 200;
/// So many failures in a row cost nothing but themselves.
pub const FREE_FAILURES: u32 = 4;
/// The first wait after them; each further failure doubles it, up to [`MOST_WAIT_MILLIS`].
const FIRST_WAIT_MILLIS: i64 = 60_000;
/// The longest wait. Never for ever: who guesses at somebody's account must not be able to shut that person out for good.
const MOST_WAIT_MILLIS: i64 = 3_600_000;

/// How long nobody signs in after that many failures in a row, in milliseconds.
pub fn wait_after(failures: u32) -> i64 {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => 0,
        Some(doublings) => FIRST_WAIT_MILLIS.saturating_mul(1 << doublings.min(10)).min(MOST_WAIT_MILLIS),
    }
}

/// An account's name: 3 to 40 small letters, digits and dashes, a letter first. Audit rows name people by it.
///
/// Never a name that something else acts under: demo people, programs with a certificate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

impl AccountName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const TAKEN: [&str; 2] = ["demo-", "program-"];
        let fits = (3..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !TAKEN.iter().any(|taken| text.starts_with(taken));
        let expected = "3 to 40 small letters, digits and dashes, a letter first, not demo- or program-";
        fits.then(|| Self(text.to_owned())).ok_or_else(|| Malformed::new("name of an account", text, expected))
    }
}

impl TryFrom<String> for AccountName {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountName({})", self.0)
    }
}

impl Key for AccountName {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        String::read(from).map(Self)
    }
}

/// Every account of a unit, in the order of names: a unit has hundreds, not millions.
pub fn all_accounts(rows: &impl UnitRead) -> Result<Vec<(AccountName, Account)>, StoreFault> {
    rows.scan::<Accounts>(AccountName(String::new())..=AccountName(char::MAX.to_string()), usize::MAX)
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Somebody who applies.
    Public,
    /// Somebody who works for the unit.
    Staff,
}

/// What somebody is at a unit (domain.md §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostRole {
    /// A village's agent.
    Agent,
    /// A township's window.
    Window,
    /// Accepts and decides at a county or city; reviews at a township.
    Officer,
    /// Proposes and publishes catalogue versions.
    MatterAdministrator,
    /// Looks at versions that somebody else proposed.
    ListReviewer,
    /// Looks after ratings and complaints.
    Inspector,
    /// Opens, locks and closes accounts.
    SecurityAdministrator,
    /// Reads the books and what people did.
    AuditAdministrator,
    /// Looks after machines: who votes, what time it is.
    NodeOperator,
}

impl PostRole {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Agent,
        Self::Window,
        Self::Officer,
        Self::MatterAdministrator,
        Self::ListReviewer,
        Self::Inspector,
        Self::SecurityAdministrator,
        Self::AuditAdministrator,
        Self::NodeOperator,
    ];

    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Window => "window",
            Self::Officer => "officer",
            Self::MatterAdministrator => "matter-administrator",
            Self::ListReviewer => "list-reviewer",
            Self::Inspector => "inspector",
            Self::SecurityAdministrator => "security-administrator",
            Self::AuditAdministrator => "audit-administrator",
            Self::NodeOperator => "node-operator",
        }
    }

    /// Whether it is one of the three that one person never holds two of.
    fn is_kept_apart(self) -> bool {
        matches!(self, Self::SecurityAdministrator | Self::AuditAdministrator | Self::NodeOperator)
    }
}

impl FromStr for PostRole {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let expected = "agent, window, officer, matter-administrator, list-reviewer, inspector, security-administrator, \
                        audit-administrator or node-operator";
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| Malformed::new("role", text, expected))
    }
}

/// A role within a unit's area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Post {
    /// What somebody is.
    pub role: PostRole,
    /// Where.
    pub unit: UnitId,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// In use, or waits for its owner to take the invitation.
    Open,
    /// Nobody signs in until it is unlocked.
    Locked,
    /// For good; the name is not given again.
    Closed,
}

/// A password's verifier: an argon2id string of the PHC form. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier(pub String);

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// A second factor: codes by time (RFC 6238).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The shared secret, sealed to the unit's key.
    pub secret: Sealed,
    /// The newest step whose code was taken: no code is taken twice, nor one older than it.
    pub last_step: u64,
}

/// A one-time code by which the owner of an account sets its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Of the code.
    pub code: ContentHash,
    /// It holds until then.
    pub until: Timestamp,
}

/// Failures to sign in since the last time that somebody did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// How many in a row.
    pub count: u32,
    /// Nobody signs in before.
    pub until: Option<Timestamp>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    pub kind: AccountKind,
    /// The person's name as colleagues and applicants see it, sealed to the unit's key.
    pub display: Sealed,
    /// What the person is, in order.
    pub posts: Vec<Post>,
    /// How it stands.
    pub state: AccountState,
    /// Rises with every change of password, second factor or state: what was verified against an older one does not count.
    pub credentials: u32,
    /// `None` until the invitation is taken.
    pub password: Option<Verifier>,
    /// Where one is set up.
    pub second: Option<SecondFactor>,
    /// Where one waits to be taken.
    pub invitation: Option<Invitation>,
    /// Since somebody last signed in.
    pub failures: Failures,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Timestamp,
}

impl Account {
    /// Whether it holds a post.
    pub fn holds(&self, role: PostRole) -> bool {
        self.posts.iter().any(|post| post.role == role)
    }

    /// Whether nobody signs in yet, at that moment.
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.failures.until.is_some_and(|until| now < until)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub account: AccountName,
    /// When it began.
    pub opened: Timestamp,
    /// When it was last used, to within [`SESSION_USE_MILLIS`].
    pub used: Timestamp,
    /// Whether a code of a second factor was given.
    pub second: bool,
}

impl Session {
    /// When it ends if it is not used any more.
    pub fn ends(&self) -> Timestamp {
        self.used.plus_millis(SESSION_IDLE_MILLIS).min(self.opened.plus_millis(SESSION_MOST_MILLIS))
    }

    /// Whether it has ended.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        now >= self.ends()
    }
}

/// That an account has a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionMark {
    /// When it began.
    pub opened: Timestamp,
}

/// How much a program may do with a token, of what its account may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Look.
    Read,
    /// Look and act on cases; never on accounts, versions or voters.
    Work,
}

/// A program's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramToken {
    /// Whose posts it has.
    pub account: AccountName,
    /// What it is for, in its owner's words.
    pub label: String,
    /// How much of them.
    pub scope: TokenScope,
    /// When it was given.
    pub given: Timestamp,
    /// It holds until then.
    pub until: Timestamp,
}

/// That somebody asked to have another one's account recovered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Who asked.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
    /// Why: the second person reads it.
    pub why: String,
}

/// Whether one person may hold these posts at this unit.
///
/// # Errors
/// In this order: the public with a post, a post at another unit, two posts that are kept apart.
pub fn check_posts(kind: AccountKind, posts: &[Post], here: UnitId) -> Result<(), AccountRefusal> {
    if (kind == AccountKind::Public) != posts.is_empty() {
        return Err(AccountRefusal::PostsUnfit);
    }
    if let Some(post) = posts.iter().find(|post| post.unit != here) {
        return Err(AccountRefusal::PostElsewhere { unit: post.unit });
    }
    let apart: Vec<PostRole> = posts.iter().map(|post| post.role).filter(|role| role.is_kept_apart()).collect();
    match apart[..] {
        [first, second, ..] if first != second => Err(AccountRefusal::PostsApart { first, second }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts() {
        for (text, fits) in [
            ("li-ming", true),
            ("a1b", true),
            ("ab", false),
            ("Li-ming", false),
            ("1ab", false),
            ("370811002000", false),
            ("demo-officer", false),
            ("program-x", false),
            ("李明明", false),
            ("a23456789012345678901234567890123456789x", true),
            ("a23456789012345678901234567890123456789xy", false),
        ] {
            assert_eq!(text.parse::<AccountName>().is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn waits_rise_and_end() {
        let minutes: Vec<i64> = (0..=14).map(|failures| wait_after(failures) / 60_000).collect();
        assert_eq!(minutes, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(wait_after(u32::MAX), 3_600_000);
    }

    #[test]
    fn posts_that_one_person_holds() {
        let (here, there): (UnitId, UnitId) = ("370811".parse().unwrap(), "370812".parse().unwrap());
        let at = |unit, roles: &[PostRole]| roles.iter().map(|role| Post { role: *role, unit }).collect::<Vec<_>>();
        use PostRole::{AuditAdministrator as Audit, NodeOperator as Node, Officer, SecurityAdministrator as Security};
        let apart = |first, second| Err(AccountRefusal::PostsApart { first, second });
        for (kind, posts, ruling) in [
            (AccountKind::Public, vec![], Ok(())),
            (AccountKind::Public, at(here, &[Officer]), Err(AccountRefusal::PostsUnfit)),
            (AccountKind::Staff, vec![], Err(AccountRefusal::PostsUnfit)),
            (AccountKind::Staff, at(there, &[Security, Audit]), Err(AccountRefusal::PostElsewhere { unit: there })),
            (AccountKind::Staff, at(here, &[Officer, Security]), Ok(())),
            (AccountKind::Staff, at(here, &[Security, Officer, Audit]), apart(Security, Audit)),
            (AccountKind::Staff, at(here, &[Node, Audit]), apart(Node, Audit)),
            (AccountKind::Staff, at(here, &[Node, Security]), apart(Node, Security)),
        ] {
            assert_eq!(check_posts(kind, &posts, here), ruling, "{posts:?}");
        }
    }
}
