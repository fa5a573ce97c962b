//! Somebody gives a program a token: a part of one's own posts, for a time.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountRefusal, MOST_TOKENS, ProgramToken, TOKEN_MOST_MILLIS, TokenScope};
use crate::command::{Context, Done, Ruling};
use crate::digest::ContentHash;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::ProgramTokens;
use crate::time::Timestamp;

use super::{FIRST, LAST};

/// A token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveToken {
    /// Of the token.
    pub token: ContentHash,
    /// What it is for.
    pub label: String,
    /// How much of its account's posts it has.
    pub scope: TokenScope,
    /// It holds until then.
    pub until: Timestamp,
}

impl GiveToken {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (account, _) = context.acting_account()?;
        let now = context.now();
        // Tokens that are over make room: nobody has to clear up after programs that are gone.
        let tokens = context.store.scan::<ProgramTokens>(FIRST..=LAST, usize::MAX)?;
        let over: Vec<_> = tokens.iter().filter(|(_, token)| token.until <= now).map(|(id, _)| *id).collect();
        let label = self.label.trim().to_owned();
        let is_timely = now < self.until && self.until <= now.plus_millis(TOKEN_MOST_MILLIS);
        if !is_timely || label.is_empty() || tokens.len() - over.len() >= MOST_TOKENS {
            let most = u32::try_from(MOST_TOKENS).unwrap_or(u32::MAX);
            return Err(AccountRefusal::TokenUnfit { most }.into());
        }
        if tokens.iter().any(|(id, _)| *id == self.token) {
            return Err(Refusal::Changed.into());
        }
        for id in over {
            context.store.delete::<ProgramTokens>(&id)?;
        }
        let row = ProgramToken { account: account.clone(), label, scope: self.scope, given: now, until: self.until };
        context.store.put::<ProgramTokens>(&self.token, &row)?;
        Ok(Done::AccountChanged { account })
    }
}
