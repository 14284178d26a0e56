//! Accounts that go: deleted, restored within the grace, and purged after it.

use gravity_core::audit::Origin;
use gravity_core::{SecretString, Timestamp};

use super::authority::Authority;
use super::outbox::Letter;
use super::record::on_user;
use super::users::USERS_DELETE;
use crate::domain::{User, UserId, UserStatus};
use crate::events::{UserDeleted, UserPurged, UserRestored};
use crate::hooks::Hooks as _;
use crate::store::{Change, Refused};
use crate::{Auth, AuthError};

/// How many accounts are purged at once.
const BATCH: u32 = 100;

impl Auth {
    /// Deletes a user, but not [oneself](Self::delete_me): they are signed out, and can be restored within the grace. After
    /// it nothing is left of them.
    pub async fn delete_user(&self, by: &Authority, id: UserId, origin: &Origin) -> Result<(), AuthError> {
        by.demand_on_others(id, USERS_DELETE)?;
        let user = self.there(id).await?;
        let guards = self.over(by, &user).await?;
        self.delete(user, guards, origin).await
    }

    /// Deletes the account of the user who calls, who shows the password or has just shown who they are. Where a second
    /// factor is asked of them they have shown that one, too.
    pub async fn delete_me(
        &self,
        by: &Authority,
        password: Option<&SecretString>,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let caller = by.caller;
        caller.in_person()?;
        let user = match password {
            Some(password) => {
                self.fresh_if_factors(&caller).await?;
                let user = self.there(by.caller.user).await?;
                self.check_current(&user, password, origin).await?;
                user
            }
            None => self.fresh(&caller).await?.0,
        };
        self.delete(user, Vec::new(), origin).await
    }

    async fn delete(&self, user: User, mut changes: Vec<Change>, origin: &Origin) -> Result<(), AuthError> {
        self.hooks().before_deletion(&user).await?;
        let (id, days) = (user.id, self.0.config.settings.people.grace_days);
        let letter =
            self.letter(self.clock().uuid().to_string(), &user.email, Letter::AccountDeleted { days });
        let trail = self
            .record(origin)
            .event(id, UserDeleted { id })?
            .audit(on_user("user.deleted", id))
            .job(letter.await?)?
            .trail();
        changes.push(Change::SetStatus { user: id, to: UserStatus::Deleted, at: self.now() });
        self.store().apply(&changes, &trail).await?;
        self.hooks().after_deletion(&user).await;
        self.catch_up().await
    }

    /// Restores a deleted user within the grace. They are as they were: who was suspended still is.
    pub async fn restore_user(&self, by: &Authority, id: UserId, origin: &Origin) -> Result<(), AuthError> {
        by.demand(USERS_DELETE)?;
        let user = self.store().user(id).await?.ok_or(AuthError::UserNotFound)?;
        let mut changes = self.over(by, &user).await?;
        let now = self.now();
        let deleted_after = now.saturating_sub(self.0.config.grace_of_deleted());
        changes.push(Change::Restore { user: id, deleted_after, at: now });
        let trail =
            self.record(origin).event(id, UserRestored { id })?.audit(on_user("user.restored", id)).trail();
        Ok(self.store().apply(&changes, &trail).await?)
    }

    /// Purges accounts whose grace is over, of at most a hundred: [`run_until`](Self::run_until) does so every few
    /// minutes. How many it were. One that cannot be purged, for its picture cannot be removed, stays for the next
    /// time, and keeps no other one; fails if none could be.
    pub async fn purge_deleted(&self) -> Result<u64, AuthError> {
        let deleted_until = self.now().saturating_sub(self.0.config.grace_of_deleted());
        let (mut purged, mut failure) = (0, None);
        for id in self.store().purgeable(deleted_until, BATCH).await? {
            match self.purge(id, deleted_until).await {
                Ok(was_there) => purged += u64::from(was_there),
                Err(error) => {
                    tracing::warn!(user = %id, %error, "a deleted account was not purged");
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) if purged == 0 => Err(error),
            _ => Ok(purged),
        }
    }

    async fn purge(&self, id: UserId, deleted_until: Timestamp) -> Result<bool, AuthError> {
        let Some(person) = self.store().person(id).await? else { return Ok(false) };
        for name in person.profile.avatar.iter().chain(&person.profile.cover) {
            self.0.config.files.remove(name).await?;
        }
        // What can be done again comes first: what is cut short here begins again from the start.
        self.store().forget(id).await?;
        let origin = Origin::default();
        let trail =
            self.record(&origin).event(id, UserPurged { id })?.audit(on_user("user.purged", id)).trail();
        let purge = Change::Purge { user: id, deleted_until, at: self.now() };
        match self.store().apply(&[purge], &trail).await {
            Ok(()) => Ok(true),
            // Another node was faster, or somebody has restored them.
            Err(Refused::Stale) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
