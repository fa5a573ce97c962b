//! Checks rows of accounts against each other.

use super::{AccountName, AccountState, all_accounts};
use crate::digest::ContentHash;
use crate::store::{StoreFault, UnitRead};
use crate::tables::{Accounts, ProgramTokens, Recoveries, Sessions, SessionsOf};

/// Rows of accounts that contradict each other, in words; at most one a kind.
pub(crate) fn check_accounts(rows: &impl UnitRead) -> Result<Vec<String>, StoreFault> {
    let (first, last) = (ContentHash([0; 32]), ContentHash([u8::MAX; 32]));
    let open = |name: &AccountName| -> Result<bool, StoreFault> {
        Ok(rows.get::<Accounts>(name)?.is_some_and(|account| account.state == AccountState::Open))
    };
    let mut found = Vec::new();
    let sessions = rows.scan::<Sessions>(first..=last, usize::MAX)?;
    for (id, session) in &sessions {
        let mark = rows.get::<SessionsOf>(&(session.account.clone(), *id))?;
        if mark.is_none_or(|mark| mark.opened != session.opened) || !open(&session.account)? {
            found.push(format!("session {} of {} is not its account's", id.short(), session.account));
        }
    }
    for (name, account) in all_accounts(rows)? {
        let marks = rows.scan::<SessionsOf>((name.clone(), first)..=(name.clone(), last), usize::MAX)?;
        for ((_, id), _) in marks {
            if rows.get::<Sessions>(&id)?.is_none() {
                found.push(format!("session {} of {name} is a mark without a session", id.short()));
            }
        }
        if account.password.is_none() && account.second.is_some() {
            found.push(format!("account {name} has a second factor and no first"));
        }
        if rows.get::<Recoveries>(&name)?.is_some_and(|recovery| recovery.by == name) {
            found.push(format!("account {name} asked for its own recovery"));
        }
    }
    for (id, token) in rows.scan::<ProgramTokens>(first..=last, usize::MAX)? {
        if !open(&token.account)? {
            found.push(format!("token {} of {} outlives its account", id.short(), token.account));
        }
    }
    Ok(found)
}
