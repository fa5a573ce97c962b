//! Somebody changes a password or second factor of one's own, after both were given once more.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountRefusal, SecondFactor, Verifier};
use crate::command::{Context, Ruling};
use crate::digest::ContentHash;
use crate::refusal::Refusal;
use crate::sealed::Sealed;
use crate::store::UnitStore;

/// A change of one's own credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCredentials {
    /// What was verified against: an older one does not count.
    pub credentials: u32,
    /// What is changed.
    pub change: CredentialChange,
    /// The session in which it is done stays; all others end: whoever is in them may be why it is done.
    pub keep: Option<ContentHash>,
    /// The step of the code that was given once more, where the account has a second factor already.
    pub step: Option<u64>,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialChange {
    /// Another password.
    Password(Verifier),
    /// A second factor, or another one.
    SecondFactor {
        /// Its secret, sealed to the unit's key.
        secret: Sealed,
        /// The step of the first code, which showed that its owner has it.
        step: u64,
    },
    /// None any more.
    NoSecondFactor,
}

impl ChangeCredentials {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (name, mut account) = context.acting_account()?;
        if account.is_waiting(context.now()) {
            return Err(AccountRefusal::Waiting.into());
        }
        if account.credentials != self.credentials {
            return Err(Refusal::Changed.into());
        }
        if let Some(second) = &mut account.second {
            let step = self.step.ok_or(AccountRefusal::SecondNeeded)?;
            if step <= second.last_step {
                return Err(AccountRefusal::CodeTaken.into());
            }
            second.last_step = step;
        }
        match &self.change {
            CredentialChange::Password(password) => account.password = Some(password.clone()),
            CredentialChange::SecondFactor { secret, step } => {
                account.second = Some(SecondFactor { secret: secret.clone(), last_step: *step });
            }
            CredentialChange::NoSecondFactor => account.second = None,
        }
        account.credentials += 1;
        context.end_sessions(&name, self.keep)?;
        context.account_changed(&name, &account)
    }
}
