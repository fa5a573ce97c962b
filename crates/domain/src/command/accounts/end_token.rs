//! A program's token ends.

use serde::{Deserialize, Serialize};

use crate::accounts::AccountRefusal;
use crate::command::{Context, Done, Ruling};
use crate::digest::ContentHash;
use crate::store::UnitStore;
use crate::tables::ProgramTokens;

/// The end of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndToken {
    /// Of the token.
    pub token: ContentHash,
}

impl EndToken {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let token = context.store.get::<ProgramTokens>(&self.token)?.ok_or(AccountRefusal::SessionOver)?;
        if context.stamp.principal.name != token.account.as_str() {
            context.security_administrator()?;
        }
        context.store.delete::<ProgramTokens>(&self.token)?;
        Ok(Done::AccountChanged { account: token.account })
    }
}
