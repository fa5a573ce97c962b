//! Sessions end: by signing out, or because their owner or a security administrator ends them.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountName, AccountRefusal};
use crate::command::{Context, Done, Ruling};
use crate::digest::ContentHash;
use crate::store::UnitStore;
use crate::tables::{Sessions, SessionsOf};

/// The end of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSessions {
    /// Whose.
    pub account: AccountName,
    /// Which.
    pub which: Ending,
}

/// Which sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// One.
    One(ContentHash),
    /// All, or all but one.
    All {
        /// The one that stays.
        keep: Option<ContentHash>,
    },
}

impl EndSessions {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let name = &self.account;
        context.account(name)?;
        if context.stamp.principal.name != name.as_str() {
            context.security_administrator()?;
        }
        match self.which {
            Ending::One(id) => {
                let key = (name.clone(), id);
                if !context.store.has::<SessionsOf>(&key)? {
                    return Err(AccountRefusal::SessionOver.into());
                }
                context.store.delete::<Sessions>(&id)?;
                context.store.delete::<SessionsOf>(&key)?;
            }
            Ending::All { keep } => context.end_sessions(name, keep)?,
        }
        Ok(Done::AccountChanged { account: name.clone() })
    }
}
