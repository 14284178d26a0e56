//! Changes of users.

use gravity_core::{SecretString, Timestamp};

use super::state::{Account, State};
use crate::domain::{EmailAddress, EndReason, RoleName, User, UserId, UserName, UserStatus};
use crate::store::Refused;

impl State {
    pub(super) fn add_user(&mut self, user: &User, password: Option<&SecretString>) -> Result<(), Refused> {
        if !self.roles.contains_key(&user.role) {
            return Err(Refused::Stale);
        }
        self.check_email(user.id, &user.email)?;
        self.check_name(user.id, user.user_name.as_ref())?;
        if self.users.contains_key(&user.id) {
            return Err(Refused::Stale);
        }
        self.users.insert(user.id, Account::new(user.clone(), password.cloned()));
        Ok(())
    }

    pub(super) fn renamed(
        &mut self,
        user: UserId,
        name: Option<&UserName>,
        at: Timestamp,
    ) -> Result<&mut User, Refused> {
        self.there(user)?;
        self.check_name(user, name)?;
        let account = self.there(user)?;
        account.user.user_name = name.cloned();
        account.user.updated_at = at;
        Ok(&mut account.user)
    }

    pub(super) fn verify_email(
        &mut self,
        user: UserId,
        email: &EmailAddress,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let account = self.with_email(user, email)?;
        account.user.email_verified_at.get_or_insert(at);
        account.user.updated_at = at;
        Ok(())
    }

    pub(super) fn change_email(
        &mut self,
        user: UserId,
        from: &EmailAddress,
        to: &EmailAddress,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.with_email(user, from)?;
        self.check_email(user, to)?;
        let account = self.there(user)?;
        account.user.email = to.clone();
        account.user.email_verified_at = Some(at);
        account.user.updated_at = at;
        self.void_tickets(user);
        Ok(())
    }

    pub(super) fn set_status(&mut self, user: UserId, to: UserStatus, at: Timestamp) -> Result<(), Refused> {
        let there_was_one = self.has_super_admin();
        let account = self.there(user)?;
        if account.user.status == to {
            return Err(Refused::Stale);
        }
        if to == UserStatus::Deleted {
            (account.deleted_at, account.deleted_from) = (Some(at), account.user.status);
        }
        account.user.status = to;
        account.user.updated_at = at;
        self.check_super_admin(there_was_one)?;
        let reason = match to {
            UserStatus::Active => return Ok(()),
            UserStatus::Suspended => EndReason::Suspended,
            UserStatus::Deleted => EndReason::Deleted,
        };
        self.end_sessions(user, None, reason, at);
        self.void_tickets(user);
        self.void_challenges_and_devices(user);
        self.remove_keys(user);
        self.withdraw_all(user);
        Ok(())
    }

    pub(super) fn set_role(
        &mut self,
        user: UserId,
        from: &RoleName,
        to: &RoleName,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let there_was_one = self.has_super_admin();
        let account = self.there(user)?;
        if account.user.role != *from {
            return Err(Refused::Stale);
        }
        account.user.role = to.clone();
        account.user.updated_at = at;
        self.check_super_admin(there_was_one)?;
        self.reassigned.insert(user, at);
        if self.roles.contains_key(to) { Ok(()) } else { Err(Refused::Stale) }
    }

    pub(super) fn set_password(
        &mut self,
        user: UserId,
        from: Option<&SecretString>,
        to: Option<&SecretString>,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let account = self.active(user)?;
        if from.is_some() && account.password.as_ref() != from {
            return Err(Refused::Stale);
        }
        account.password = to.cloned();
        account.user.updated_at = at;
        Ok(())
    }

    pub(super) fn rehash(
        &mut self,
        user: UserId,
        from: &SecretString,
        to: &SecretString,
    ) -> Result<(), Refused> {
        let account = self.there(user)?;
        if account.password.as_ref() != Some(from) {
            return Err(Refused::Stale);
        }
        account.password = Some(to.clone());
        Ok(())
    }

    /// The account, if its user may sign in.
    pub(super) fn active(&mut self, user: UserId) -> Result<&mut Account, Refused> {
        let account = self.users.get_mut(&user).filter(|account| account.user.status == UserStatus::Active);
        account.ok_or(Refused::Stale)
    }

    /// The account, unless it is deleted.
    pub(super) fn there(&mut self, user: UserId) -> Result<&mut Account, Refused> {
        let account = self.users.get_mut(&user).filter(|account| account.user.status != UserStatus::Deleted);
        account.ok_or(Refused::Stale)
    }

    fn with_email(&mut self, user: UserId, email: &EmailAddress) -> Result<&mut Account, Refused> {
        let account = self.there(user)?;
        if account.user.email.key() == email.key() { Ok(account) } else { Err(Refused::Stale) }
    }

    pub(super) fn has_super_admin(&self) -> bool {
        // Nobody signs in to a program's account, to make another super admin.
        let is_one = |user: &User| {
            user.role == RoleName::SUPER_ADMIN
                && user.status == UserStatus::Active
                && !user.is_service_account()
        };
        self.users.values().any(|account| is_one(&account.user))
    }

    /// Whether there is still a super admin, if there was one before.
    fn check_super_admin(&self, there_was_one: bool) -> Result<(), Refused> {
        if there_was_one && !self.has_super_admin() { Err(Refused::LastAdmin) } else { Ok(()) }
    }

    fn check_email(&self, user: UserId, email: &EmailAddress) -> Result<(), Refused> {
        let is_taken = self.others(user).any(|other| other.email.key() == email.key());
        if is_taken { Err(Refused::EmailTaken) } else { Ok(()) }
    }

    fn check_name(&self, user: UserId, name: Option<&UserName>) -> Result<(), Refused> {
        let key = name.map(UserName::key);
        let is_taken = key.is_some()
            && self.others(user).any(|other| other.user_name.as_ref().map(UserName::key) == key);
        if is_taken { Err(Refused::NameTaken) } else { Ok(()) }
    }

    fn others(&self, user: UserId) -> impl Iterator<Item = &User> {
        self.users.values().map(|account| &account.user).filter(move |other| other.id != user)
    }
}
