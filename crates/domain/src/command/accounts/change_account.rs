//! A security administrator locks, unlocks, closes or invites an account, or gives it other posts.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountName, AccountRefusal, AccountState, Failures, Invitation, Post, check_posts};
use crate::command::{Context, Ruling};
use crate::store::UnitStore;
use crate::tables::Recoveries;

/// A change of somebody else's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeAccount {
    /// Whose.
    pub account: AccountName,
    /// What is changed.
    pub change: AccountChange,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChange {
    /// Nobody signs in; sessions and tokens end.
    Lock,
    /// It is open again, and its failures are forgotten.
    Unlock,
    /// For good.
    Close,
    /// Other posts; sessions end, so that nobody goes on under the old ones.
    Posts(Vec<Post>),
    /// Another invitation, for an account that nobody has set up yet.
    Invite(Invitation),
}

impl ChangeAccount {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let by = context.security_administrator()?;
        let name = &self.account;
        let mut account = context.account(name)?;
        if by == *name {
            return Err(AccountRefusal::Own.into());
        }
        match &self.change {
            AccountChange::Lock => account.state = AccountState::Locked,
            AccountChange::Unlock => {
                account.state = AccountState::Open;
                account.failures = Failures::default();
            }
            AccountChange::Close => {
                account.state = AccountState::Closed;
                account.invitation = None;
                context.store.delete::<Recoveries>(name)?;
            }
            AccountChange::Posts(posts) => {
                check_posts(account.kind, posts, context.meta.unit)?;
                account.posts.clone_from(posts);
                account.posts.sort_unstable();
                account.posts.dedup();
            }
            AccountChange::Invite(_) if account.password.is_some() => return Err(AccountRefusal::SetUp.into()),
            AccountChange::Invite(invitation) => account.invitation = Some(*invitation),
        }
        if !matches!(self.change, AccountChange::Invite(_) | AccountChange::Unlock) {
            account.credentials += 1;
            context.end_sessions(name, None)?;
            context.end_tokens(name)?;
        }
        context.account_changed(name, &account)
    }
}
