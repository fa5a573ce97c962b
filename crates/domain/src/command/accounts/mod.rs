//! Commands about accounts, sessions and tokens, and the writes that several of them share (docs/adr/0032).

mod change_account;
mod change_credentials;
mod end_sessions;
mod end_token;
mod give_token;
mod open_accounts;
mod recover_account;
mod sign_in;
#[cfg(test)]
mod stories;
mod take_invitation;
mod use_session;

pub use change_account::{AccountChange, ChangeAccount};
pub use change_credentials::{ChangeCredentials, CredentialChange};
pub use end_sessions::{EndSessions, Ending};
pub use end_token::EndToken;
pub use give_token::GiveToken;
pub use open_accounts::{NewAccount, OpenAccounts};
pub use recover_account::{RecoverAccount, RecoveryStep};
pub use sign_in::{SignIn, SignInProof};
pub use take_invitation::TakeInvitation;
pub use use_session::UseSession;

use super::{Context, Done, Halt, Ruling};
use crate::accounts::{Account, AccountName, AccountRefusal, AccountState, PostRole};
use crate::digest::ContentHash;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Accounts, ProgramTokens, Sessions, SessionsOf};

const FIRST: ContentHash = ContentHash([0; 32]);
const LAST: ContentHash = ContentHash([u8::MAX; 32]);

impl<S: UnitStore> Context<'_, S> {
    /// An account that is here and not closed.
    fn account(&self, name: &AccountName) -> Result<Account, Halt> {
        let account = self.store.get::<Accounts>(name)?;
        Ok(account.filter(|account| account.state != AccountState::Closed).ok_or(AccountRefusal::Unknown)?)
    }

    /// Whose account acts, and it: open, and set up.
    fn acting_account(&self) -> Result<(AccountName, Account), Halt> {
        let name: AccountName = self.stamp.principal.name.parse().map_err(|_| AccountRefusal::Unknown)?;
        let account = self.account(&name)?;
        if account.state == AccountState::Open && account.password.is_some() {
            Ok((name, account))
        } else {
            Err(AccountRefusal::Shut.into())
        }
    }

    /// Who acts administers accounts here.
    fn security_administrator(&self) -> Result<AccountName, Halt> {
        match self.acting_account() {
            Ok((name, account)) if account.holds(PostRole::SecurityAdministrator) => Ok(name),
            Err(Halt::Fault(fault)) => Err(fault.into()),
            _ => Err(AccountRefusal::NotAdministrator.into()),
        }
    }

    /// Ends an account's sessions, but for one that may be kept.
    fn end_sessions(&mut self, name: &AccountName, keep: Option<ContentHash>) -> Result<(), StoreFault> {
        let marks = self.store.scan::<SessionsOf>((name.clone(), FIRST)..=(name.clone(), LAST), usize::MAX)?;
        for (key, _) in marks.into_iter().filter(|((_, session), _)| Some(*session) != keep) {
            self.store.delete::<Sessions>(&key.1)?;
            self.store.delete::<SessionsOf>(&key)?;
        }
        Ok(())
    }

    /// Ends an account's tokens.
    fn end_tokens(&mut self, name: &AccountName) -> Result<(), StoreFault> {
        for (id, token) in self.store.scan::<ProgramTokens>(FIRST..=LAST, usize::MAX)? {
            if token.account == *name {
                self.store.delete::<ProgramTokens>(&id)?;
            }
        }
        Ok(())
    }

    /// The end of a command that changed an account.
    fn account_changed(&mut self, name: &AccountName, account: &Account) -> Ruling {
        self.store.put::<Accounts>(name, account)?;
        Ok(Done::AccountChanged { account: name.clone() })
    }
}
