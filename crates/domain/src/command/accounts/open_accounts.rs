//! Accounts are opened: the unit's first two, or one more by its security administrator.

use serde::{Deserialize, Serialize};

use crate::accounts::{
    Account, AccountKind, AccountName, AccountRefusal, AccountState, Failures, Invitation, Post, PostRole,
    all_accounts, check_posts,
};
use crate::command::{Context, Done, Ruling};
use crate::sealed::Sealed;
use crate::store::UnitStore;
use crate::tables::Accounts;

/// Accounts that are opened together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAccounts {
    /// Which.
    pub accounts: Vec<NewAccount>,
    /// They are the unit's first two, opened by two people with the codes that came with the unit's keys.
    pub first: bool,
}

/// An account that is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Whose it is.
    pub kind: AccountKind,
    /// The person's name, sealed to the unit's key.
    pub display: Sealed,
    /// What the person is.
    pub posts: Vec<Post>,
    /// By which the person sets a password.
    pub invitation: Invitation,
}

impl OpenAccounts {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        if self.first {
            if !all_accounts(&*context.store)?.is_empty() {
                return Err(AccountRefusal::NotFirst.into());
            }
            let has = |role| self.accounts.iter().filter(|new| new.posts.iter().any(|post| post.role == role)).count();
            let (security, audit) = (has(PostRole::SecurityAdministrator), has(PostRole::AuditAdministrator));
            if (self.accounts.len(), security, audit) != (2, 1, 1) {
                return Err(AccountRefusal::FirstUnfit.into());
            }
        } else {
            context.security_administrator()?;
        }
        for (at, new) in self.accounts.iter().enumerate() {
            let twice = self.accounts[..at].iter().any(|other| other.name == new.name);
            if twice || context.store.get::<Accounts>(&new.name)?.is_some() {
                return Err(AccountRefusal::NameTaken.into());
            }
            check_posts(new.kind, &new.posts, context.meta.unit)?;
        }
        for new in &self.accounts {
            let mut posts = new.posts.clone();
            posts.sort_unstable();
            posts.dedup();
            let account = Account {
                kind: new.kind,
                display: new.display.clone(),
                posts,
                state: AccountState::Open,
                credentials: 0,
                password: None,
                second: None,
                invitation: Some(new.invitation),
                failures: Failures::default(),
                opened_by: context.stamp.principal.name.clone(),
                opened_at: context.now(),
            };
            context.store.put::<Accounts>(&new.name, &account)?;
        }
        match &self.accounts[..] {
            [only] if !self.first => Ok(Done::AccountChanged { account: only.name.clone() }),
            _ => Ok(Done::AccountsOpened),
        }
    }
}
