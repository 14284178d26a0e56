//! Accounts at providers elsewhere.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{LinkedAccount, LinkedAccountId, UserId};
use crate::store::{AccountChange, AccountStore, Refused, WaysIn};

impl State {
    pub(super) fn change_account(&mut self, change: &AccountChange) -> Result<(), Refused> {
        match change {
            AccountChange::Link(account) => self.link_account(account),
            AccountChange::Use { user, account, email, at } => {
                let used = self.account_of(*user, *account)?;
                used.email.clone_from(email);
                used.used_at = *at;
                Ok(())
            }
            AccountChange::Unlink { user, account, ways } => self.unlink_account(*user, *account, ways),
        }
    }

    fn link_account(&mut self, account: &LinkedAccount) -> Result<(), Refused> {
        self.active(account.user)?;
        let is_taken = |other: &LinkedAccount| {
            let is_same = (&other.issuer, &other.subject) == (&account.issuer, &account.subject);
            other.provider == account.provider && (is_same || other.user == account.user)
        };
        if self.accounts.values().any(is_taken) {
            return Err(Refused::AccountTaken);
        }
        self.accounts.insert(account.id, account.clone());
        Ok(())
    }

    fn account_of(&mut self, user: UserId, account: LinkedAccountId) -> Result<&mut LinkedAccount, Refused> {
        let found = self.accounts.get_mut(&account).filter(|account| account.user == user);
        found.ok_or(Refused::Stale)
    }

    fn unlink_account(
        &mut self,
        user: UserId,
        account: LinkedAccountId,
        ways: &WaysIn,
    ) -> Result<(), Refused> {
        self.there(user)?;
        self.account_of(user, account)?;
        self.accounts.remove(&account);
        self.has_way_in(user, ways)
    }

    /// Whether the user still has a way in, from whom one was taken away.
    pub(super) fn has_way_in(&mut self, user: UserId, ways: &WaysIn) -> Result<(), Refused> {
        let has_password = self.there(user)?.password.is_some();
        let lets_in = |other: &LinkedAccount| other.user == user && ways.providers.contains(&other.provider);
        let has_other = self.accounts.values().any(lets_in) || ways.passkeys && self.has_passkeys(user);
        if has_password || has_other { Ok(()) } else { Err(Refused::LastWayIn) }
    }

    pub(super) fn spend(&mut self, mark: &str, until: Timestamp) -> Result<(), Refused> {
        if self.spent.contains_key(mark) {
            return Err(Refused::Stale);
        }
        self.spent.insert(mark.to_owned(), until);
        Ok(())
    }

    /// Forgets what is good for nothing any more; how many.
    pub(super) fn sweep_spent(&mut self, now: Timestamp, limit: u32) -> u64 {
        let over = self.spent.iter().filter(|(_, until)| **until <= now).map(|(mark, _)| mark.clone());
        let over: Vec<String> = over.take(limit as usize).collect();
        for mark in &over {
            self.spent.remove(mark);
        }
        over.len() as u64
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn account(
        &self,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<LinkedAccount>, Error> {
        let state = self.state();
        let is_it = |one: &&LinkedAccount| {
            (&*one.provider, &*one.issuer, &*one.subject) == (provider, issuer, subject)
        };
        Ok(state.accounts.values().find(is_it).cloned())
    }

    async fn accounts(&self, user: UserId) -> Result<Vec<LinkedAccount>, Error> {
        let state = self.state();
        let mut accounts: Vec<_> =
            state.accounts.values().filter(|account| account.user == user).cloned().collect();
        accounts.sort_by_key(|account| (account.created_at, account.id));
        Ok(accounts)
    }

    async fn spend(&self, mark: &str, until: Timestamp) -> Result<bool, Error> {
        Ok(self.state().spend(mark, until).is_ok())
    }
}
