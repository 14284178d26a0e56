//! Accounts of programs: nobody signs in to them, and API keys call in their name.

use gravity_core::Id;
use gravity_core::audit::Origin;
use gravity_core::page::{PageRows, Position};

use super::api_key::API_KEYS_MANAGE;
use super::authority::Authority;
use super::record::on_user;
use crate::domain::{
    PersonName, Preferences, Profile, RoleName, SERVICE_HOST, User, UserId, UserStatus, Visibility,
};
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

impl Auth {
    /// Makes an account of a program, with a role that grants no more than the caller holds.
    pub async fn create_service_account(
        &self,
        by: &Authority,
        name: PersonName,
        role: RoleName,
        origin: &Origin,
    ) -> Result<User, AuthError> {
        by.caller.in_person()?;
        by.demand(API_KEYS_MANAGE)?;
        self.check_role(&role).await?;
        let acts = self.sees_to(by, &role).await?;
        let id: UserId = Id::new(self.clock());
        let email = format!("{id}{SERVICE_HOST}").parse().map_err(gravity_core::Error::internal)?;
        let user = User { first_name: Some(name), ..User::new(id, email, role, self.now()) };
        let entry = on_user("service_account.created", id).made(&user);
        let trail = self.record(origin).audit(entry).trail();
        let mut preferences = Preferences::default();
        preferences.privacy.profile = Visibility::Private;
        let changes = [
            acts,
            Change::AddUser { user: user.clone(), password: None },
            // Nobody finds it among people, or follows it.
            Change::SetProfile { user: id, version: 0, profile: Profile::default(), preferences },
        ];
        self.store().apply(&changes, &trail).await?;
        Ok(user)
    }

    /// The accounts of programs, the newest first.
    pub async fn service_accounts(
        &self,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<User>, AuthError> {
        Ok(self.store().service_accounts(from, limit).await?)
    }

    /// Deletes an account of a program, and its keys.
    pub async fn delete_service_account(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        by.demand(API_KEYS_MANAGE)?;
        let account = self.store().user(id).await?.filter(User::is_service_account);
        let account = account.ok_or(AuthError::UserNotFound)?;
        let acts = self.sees_to(by, &account.role).await?;
        let trail = self.record(origin).audit(on_user("service_account.deleted", id)).trail();
        let change = Change::SetStatus { user: id, to: UserStatus::Deleted, at: self.now() };
        self.store().apply(&[acts, change], &trail).await.map_err(|refused| match refused {
            Refused::Stale => AuthError::UserNotFound,
            refused => refused.into(),
        })
    }

    /// Refuses who does not hold all that a role grants and [`API_KEYS_MANAGE`], now. What comes back is to be among the
    /// changes.
    async fn sees_to(&self, by: &Authority, role: &RoleName) -> Result<Change, AuthError> {
        let grants = self.grants_of(role).await?;
        let own = self.covers(by, &grants.iter().cloned().chain([API_KEYS_MANAGE.into()]).collect()).await?;
        Ok(Change::Holds { user: own.id, role: own.role })
    }
}
