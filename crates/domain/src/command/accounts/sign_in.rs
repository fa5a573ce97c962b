//! Somebody signs in, or fails to: the outcome of what was verified, and what follows for the next try.

use serde::{Deserialize, Serialize};

use crate::accounts::{
    AccountName, AccountRefusal, AccountState, Failures, MOST_SESSIONS, Session, SessionMark, wait_after,
};
use crate::command::{Context, Done, Ruling};
use crate::digest::ContentHash;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{Accounts, Sessions, SessionsOf};
use crate::time::Timestamp;

use super::{FIRST, LAST};

/// A try to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Whose account.
    pub account: AccountName,
    /// What was verified against: an older one does not count.
    pub credentials: u32,
    /// What was found.
    pub proof: SignInProof,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInProof {
    /// Password or code were wrong.
    Failed,
    /// Both were right, as far as the account has both.
    Passed {
        /// Of the new session's token.
        session: ContentHash,
        /// The step of the code that was given.
        step: Option<u64>,
    },
}

impl SignIn {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (name, now) = (&self.account, context.now());
        let mut account = context.account(name)?;
        if account.state != AccountState::Open || account.password.is_none() {
            return Err(AccountRefusal::Shut.into());
        }
        // Guesses that are verified beside each other are ruled upon one after the other: each counts for the next.
        if account.is_waiting(now) {
            return Err(AccountRefusal::Waiting.into());
        }
        if account.credentials != self.credentials {
            return Err(Refusal::Changed.into());
        }
        let SignInProof::Passed { session, step } = self.proof else {
            let count = account.failures.count.saturating_add(1);
            let wait = wait_after(count);
            account.failures = Failures { count, until: (wait > 0).then(|| now.plus_millis(wait)) };
            context.store.put::<Accounts>(name, &account)?;
            return Ok(Done::SignInFailed { failures: count });
        };
        if let Some(second) = &mut account.second {
            let step = step.ok_or(AccountRefusal::SecondNeeded)?;
            if step <= second.last_step {
                return Err(AccountRefusal::CodeTaken.into());
            }
            second.last_step = step;
        }
        if context.store.has::<Sessions>(&session)? {
            return Err(Refusal::Changed.into());
        }
        account.failures = Failures::default();
        let has_second = account.second.is_some();
        context.store.put::<Accounts>(name, &account)?;
        context.make_room(name)?;
        let row = Session { account: name.clone(), opened: now, used: now, second: has_second };
        context.store.put::<Sessions>(&session, &row)?;
        context.store.put::<SessionsOf>(&(name.clone(), session), &SessionMark { opened: now })?;
        Ok(Done::SignedIn { account: name.clone() })
    }
}

impl<S: UnitStore> Context<'_, S> {
    /// Forgets the account's sessions that have ended, and the oldest where there are too many.
    fn make_room(&mut self, name: &AccountName) -> Result<(), super::Halt> {
        let marks = self.store.scan::<SessionsOf>((name.clone(), FIRST)..=(name.clone(), LAST), usize::MAX)?;
        let mut open: Vec<(Timestamp, ContentHash)> = Vec::new();
        let mut over = Vec::new();
        for ((_, id), mark) in marks {
            match self.store.get::<Sessions>(&id)? {
                Some(session) if !session.has_ended(self.now()) => open.push((mark.opened, id)),
                _ => over.push(id),
            }
        }
        open.sort_unstable();
        let surplus = (open.len() + 1).saturating_sub(MOST_SESSIONS);
        over.extend(open.drain(..surplus).map(|(_, id)| id));
        for id in over {
            self.store.delete::<Sessions>(&id)?;
            self.store.delete::<SessionsOf>(&(name.clone(), id))?;
        }
        Ok(())
    }
}
