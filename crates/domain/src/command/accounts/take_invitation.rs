//! The owner of an account takes its invitation: sets the first password, or the first one after a recovery.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountName, AccountRefusal, AccountState, Failures, Verifier};
use crate::command::{Context, Halt, Ruling};
use crate::digest::ContentHash;
use crate::store::UnitStore;

/// An invitation is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeInvitation {
    /// Whose.
    pub account: AccountName,
    /// Of the code that was given.
    pub code: ContentHash,
    /// Of the password that the owner chose.
    pub password: Verifier,
}

impl TakeInvitation {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        // One answer for all: who has no code learns nothing of accounts.
        let mut account = match context.account(&self.account) {
            Ok(account) if account.state == AccountState::Open => account,
            Err(Halt::Fault(fault)) => return Err(fault.into()),
            _ => return Err(AccountRefusal::InvitationUnfit.into()),
        };
        let fits =
            |invitation: &crate::accounts::Invitation| invitation.code == self.code && context.now() < invitation.until;
        if !account.invitation.as_ref().is_some_and(fits) {
            return Err(AccountRefusal::InvitationUnfit.into());
        }
        account.invitation = None;
        account.password = Some(self.password.clone());
        account.failures = Failures::default();
        account.credentials += 1;
        context.account_changed(&self.account, &account)
    }
}
