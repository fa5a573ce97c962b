//! A session is in use: it does not end as idle.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountRefusal, Session};
use crate::command::{Context, Done, Ruling};
use crate::digest::ContentHash;
use crate::store::UnitStore;
use crate::tables::Sessions;

/// A use of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseSession {
    /// Of its token.
    pub session: ContentHash,
}

impl UseSession {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let now = context.now();
        let session = context.store.get::<Sessions>(&self.session)?.filter(|session| !session.has_ended(now));
        let session = session.ok_or(AccountRefusal::SessionOver)?;
        let account = session.account.clone();
        context.store.put::<Sessions>(&self.session, &Session { used: now, ..session })?;
        Ok(Done::AccountChanged { account })
    }
}
