//! Refusals of what is asked about accounts.

use serde::{Deserialize, Serialize};

use super::PostRole;
use crate::ids::UnitId;

/// Why something about accounts is not done. What a stranger is told of these is one sentence for all (`account.not_signed_in`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AccountRefusal {
    /// No such account here.
    #[error("no such account at this unit")]
    Unknown,
    /// Names are given once.
    #[error("an account of that name is or was here")]
    NameTaken,
    /// The unit has accounts: the first ones are opened once.
    #[error("this unit has accounts already")]
    NotFirst,
    /// The first accounts are two people's: one who administers accounts, one who audits.
    #[error("the first accounts are a security administrator's and an audit administrator's")]
    FirstUnfit,
    /// Only a security administrator does that.
    #[error("only a security administrator of this unit does that")]
    NotAdministrator,
    /// Nobody changes one's own posts or state.
    #[error("nobody does that to one's own account")]
    Own,
    /// Staff has a post, the public has none.
    #[error("staff has at least one post, the public none")]
    PostsUnfit,
    /// A post counts where its account is.
    #[error("an account of this unit has no post at unit {unit}")]
    PostElsewhere {
        /// As asked.
        unit: UnitId,
    },
    /// Two posts that one person never holds.
    #[error("one person is not both {} and {}", .first.name(), .second.name())]
    PostsApart {
        /// One.
        first: PostRole,
        /// The other.
        second: PostRole,
    },
    /// It is locked, closed, or not set up yet.
    #[error("the account is locked, closed, or its invitation is not taken yet")]
    Shut,
    /// Too many failures: nobody signs in yet.
    #[error("too many failures to sign in: nobody signs in yet")]
    Waiting,
    /// The account has a second factor, and no code of it was given.
    #[error("a code of the second factor is needed")]
    SecondNeeded,
    /// The code was taken before.
    #[error("that code was taken before: wait for the next one")]
    CodeTaken,
    /// The invitation is over, was taken, or is another one.
    #[error("the invitation is over or was taken")]
    InvitationUnfit,
    /// The session or token has ended, or is none.
    #[error("no such session or token any more")]
    SessionOver,
    /// The account has a password: two people recover it, one does not.
    #[error("the account is set up: two other people recover it")]
    SetUp,
    /// Nobody asked for the recovery, or too long ago.
    #[error("nobody has asked for this recovery, or too long ago")]
    RecoveryNone,
    /// Two other people of the unit recover an account, one of whom administers accounts or audits.
    #[error("two other people of the unit recover an account, one of them a security or audit administrator")]
    TwoPeople,
    /// A token holds at most a year, and a unit keeps a bounded number.
    #[error("a token is for at most a year, with a name, and a unit keeps at most {most}")]
    TokenUnfit {
        /// That many.
        most: u32,
    },
}

impl AccountRefusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "account.unknown",
            Self::NameTaken => "account.name_taken",
            Self::NotFirst => "account.not_first",
            Self::FirstUnfit => "account.first_unfit",
            Self::NotAdministrator => "account.not_administrator",
            Self::Own => "account.own",
            Self::PostsUnfit => "account.posts_unfit",
            Self::PostElsewhere { .. } => "account.post_elsewhere",
            Self::PostsApart { .. } => "account.posts_apart",
            Self::Shut => "account.shut",
            Self::Waiting => "account.waiting",
            Self::SecondNeeded => "account.second_needed",
            Self::CodeTaken => "account.code_taken",
            Self::InvitationUnfit => "account.invitation_unfit",
            Self::SessionOver => "account.session_over",
            Self::SetUp => "account.set_up",
            Self::RecoveryNone => "account.recovery_none",
            Self::TwoPeople => "account.two_people",
            Self::TokenUnfit { .. } => "account.token_unfit",
        }
    }
}
