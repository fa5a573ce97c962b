//! Two other people of the unit recover an account whose owner has lost password or second factor: one asks and says why, another
//! one allows it. What comes of it is an invitation; neither of the two learns or sets a password.

use serde::{Deserialize, Serialize};

use crate::accounts::{
    AccountKind, AccountName, AccountRefusal, AccountState, Failures, Invitation, PostRole, RECOVERY_MILLIS, Recovery,
};
use crate::command::{Context, Done, Ruling};
use crate::store::UnitStore;
use crate::tables::{Accounts, Recoveries};

/// A step of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverAccount {
    /// Whose account.
    pub account: AccountName,
    /// Which step.
    pub step: RecoveryStep,
}

/// A step of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecoveryStep {
    /// The first person asks for it.
    Ask {
        /// Why.
        why: String,
    },
    /// Another one allows it.
    Allow(Invitation),
    /// It is not done.
    Drop,
}

impl RecoverAccount {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (by, acting) = context.acting_account()?;
        let (name, now) = (&self.account, context.now());
        let mut account = context.account(name)?;
        // Whose account it is may say that it is not to be recovered, and nothing else of it.
        let is_own = by == *name;
        let drops = self.step == RecoveryStep::Drop;
        if acting.kind != AccountKind::Staff || (is_own && !drops) {
            return Err(AccountRefusal::TwoPeople.into());
        }
        let asked = context.store.get::<Recoveries>(name)?;
        let asked = asked.filter(|asked| now < asked.at.plus_millis(RECOVERY_MILLIS));
        match &self.step {
            RecoveryStep::Ask { why } => {
                if account.state != AccountState::Open || account.password.is_none() {
                    return Err(AccountRefusal::Shut.into());
                }
                let row = Recovery { by, at: now, why: why.trim().to_owned() };
                context.store.put::<Recoveries>(name, &row)?;
            }
            RecoveryStep::Allow(invitation) => {
                let asked = asked.ok_or(AccountRefusal::RecoveryNone)?;
                let keeps = |account: &crate::accounts::Account| {
                    account.holds(PostRole::SecurityAdministrator) || account.holds(PostRole::AuditAdministrator)
                };
                let first = context.store.get::<Accounts>(&asked.by)?;
                let first = first.filter(|first| first.state == AccountState::Open);
                if asked.by == by || !first.is_some_and(|first| keeps(&first) || keeps(&acting)) {
                    return Err(AccountRefusal::TwoPeople.into());
                }
                if account.state != AccountState::Open {
                    return Err(AccountRefusal::Shut.into());
                }
                account.password = None;
                account.second = None;
                account.invitation = Some(*invitation);
                account.failures = Failures::default();
                account.credentials += 1;
                context.end_sessions(name, None)?;
                context.end_tokens(name)?;
                context.store.delete::<Recoveries>(name)?;
                context.store.put::<Accounts>(name, &account)?;
            }
            RecoveryStep::Drop => {
                asked.ok_or(AccountRefusal::RecoveryNone)?;
                context.store.delete::<Recoveries>(name)?;
            }
        }
        Ok(Done::AccountChanged { account: name.clone() })
    }
}
