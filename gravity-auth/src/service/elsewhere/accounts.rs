//! The accounts elsewhere that let a user in: seen, linked and unlinked.

use gravity_core::audit::Origin;

use super::arrival::linked;
use crate::domain::{LinkedAccount, LinkedAccountId, SessionId, UserId};
use crate::events::AccountUnlinked;
use crate::oauth::Identity;
use crate::service::record::on_user;
use crate::service::tokens::is_active;
use crate::service::{Caller, Letter};
use crate::store::{AccountChange, Change, Refused};
use crate::{Auth, AuthError};

impl Auth {
    /// The accounts elsewhere that let a user in, the one that was linked first before the others.
    pub async fn linked_accounts(&self, user: UserId) -> Result<Vec<LinkedAccount>, AuthError> {
        Ok(self.store().accounts(user).await?)
    }

    /// Lets nobody in by this account any more. Whoever calls has shown who they are a moment ago, and has a password, a
    /// passkey or another account to sign in by. That mail reaches them is not enough: their address may be the provider's, and go
    /// together with the account.
    pub async fn unlink(
        &self,
        caller: &Caller,
        account: LinkedAccountId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let (user, _) = self.fresh(caller).await?;
        let accounts = self.store().accounts(user.id).await?;
        let found = accounts.into_iter().find(|one| one.id == account).ok_or(AuthError::AccountNotFound)?;
        let (id, provider) = (user.id, found.provider);
        let letter = Letter::AccountUnlinked { provider: provider.clone() };
        let letter = self.letter(self.clock().uuid().to_string(), &user.email, letter).await?;
        let entry = on_user("auth.account_unlinked", id).extra("provider", &*provider);
        let trail = self
            .record(origin)
            .by(id)
            .event(id, AccountUnlinked { id, account, provider })?
            .audit(entry)
            .job(letter)?
            .trail();
        let unlink = AccountChange::Unlink { user: id, account, ways: self.ways_in() };
        match self.store().apply(&[Change::Account(unlink)], &trail).await {
            Err(Refused::Stale) => Err(AuthError::AccountNotFound),
            outcome => Ok(outcome?),
        }
    }

    /// Links an account to that of a user who has begun to from this session.
    pub(super) async fn link(
        &self,
        user: UserId,
        session: SessionId,
        identity: &Identity,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let user = self.store().user(user).await?.filter(is_active).ok_or(AuthError::NoUser)?;
        let session = self.store().session(session).await?;
        // Whoever was signed out meanwhile, such as by a new password, links nothing any more.
        if !session.is_some_and(|session| session.user == user.id && session.is_live(self.now())) {
            return Err(AuthError::SessionNotFound);
        }
        let found = self.store().account(&identity.provider, &identity.issuer, &identity.subject).await?;
        if let Some(found) = found {
            // To link twice is no fault.
            return if found.user == user.id { Ok(()) } else { Err(AuthError::AccountTaken) };
        }
        let account = self.new_account(&user, identity);
        let letter = Letter::AccountLinked { provider: account.provider.clone() };
        let letter = self.letter(account.id.to_string(), &user.email, letter).await?;
        let trail = linked(self.record(origin).by(user.id), &account)?.job(letter)?.trail();
        Ok(self.store().apply(&[Change::Account(AccountChange::Link(account))], &trail).await?)
    }

    pub(super) async fn has_account_of(&self, user: UserId, provider: &str) -> Result<bool, AuthError> {
        Ok(self.store().accounts(user).await?.iter().any(|account| account.provider == provider))
    }
}
