//! Users, as those see to them who may: made, suspended, given roles.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::page::{PageRows, Position};
use gravity_core::validate::Faults;
use gravity_core::{Id, Permission, SecretString};
use serde_json::json;

use super::address::check_reach;
use super::authority::Authority;
use super::outbox::{Letter, link_token};
use super::record::on_user;
use crate::domain::{
    EmailAddress, EndReason, Person, PersonName, Purpose, RoleName, Session, User, UserId, UserName,
    UserStatus,
};
use crate::events::{PasswordDemanded, UserCreated, UserRoleChanged, UserSuspended, UserUnsuspended};
use crate::store::{Change, PeopleFilter};
use crate::{Auth, AuthError};

/// To read all of every user.
pub const USERS_READ: Permission = Permission::new("users:read");
/// To make and change users.
pub const USERS_WRITE: Permission = Permission::new("users:write");
/// To delete users, and to restore them.
pub const USERS_DELETE: Permission = Permission::new("users:delete");
/// To export what is kept of a user.
pub const USERS_EXPORT: Permission = Permission::new("users:export");

/// How long an invitation is good.
const INVITED: Duration = Duration::from_hours(7 * 24);

/// A user whom somebody else makes.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Where mail reaches them. It counts as verified once they have followed the link of their invitation.
    pub email: EmailAddress,
    /// Their password. Without one they get mail to set it.
    pub password: Option<SecretString>,
    /// The name by which others shall know them.
    pub user_name: Option<UserName>,
    /// Their first name.
    pub first_name: Option<PersonName>,
    /// Their last name.
    pub last_name: Option<PersonName>,
    /// What they may do.
    pub role: RoleName,
}

impl Auth {
    /// The user, and all that is kept beside.
    pub async fn person(&self, id: UserId) -> Result<Person, AuthError> {
        self.store().person(id).await?.ok_or(AuthError::UserNotFound)
    }

    /// The users that a filter lets through, the newest first, for those who may read all of them.
    pub async fn people(
        &self,
        by: &Authority,
        filter: &PeopleFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Person>, AuthError> {
        by.demand(USERS_READ)?;
        Ok(self.store().people(filter, from, limit).await?)
    }

    /// Makes a user. Nobody gives a role that may do more than they may themselves. Whoever has no password gets
    /// mail with a link to set one; who has gets the link that verifies the address.
    pub async fn add_user(&self, by: &Authority, new: NewUser, origin: &Origin) -> Result<Person, AuthError> {
        by.demand(USERS_WRITE)?;
        check_reach(&new.email)?;
        self.check_role(&new.role).await?;
        let own = self.covers(by, &self.grants_of(&new.role).await?).await?;
        let user = User {
            user_name: new.user_name,
            first_name: new.first_name,
            last_name: new.last_name,
            ..User::new(Id::new(self.clock()), new.email, new.role, self.now())
        };
        let hash = match new.password {
            Some(password) => {
                self.check_password(&password, &super::password::about(&user)).await?;
                Some(SecretString::new(self.0.hasher.hash(password).await?))
            }
            None => None,
        };
        let token = link_token();
        let (purpose, letter) = match hash {
            Some(_) => (Purpose::VerifyEmail, Letter::VerifyEmail { token: token.clone() }),
            None => (Purpose::ResetPassword, Letter::Invited { token: token.clone() }),
        };
        let mut ticket = self.ticket(Id::new(self.clock()), &user, purpose, &token);
        if purpose == Purpose::ResetPassword {
            ticket.expires_at = self.now().saturating_add(INVITED);
        }
        let made = json!({ "role": user.role });
        let trail = self
            .record(origin)
            .event(user.id, UserCreated { id: user.id, email: user.email.clone(), role: user.role.clone() })?
            .audit(on_user("user.created", user.id).made(made))
            .job(self.letter(ticket.id.to_string(), &user.email, letter).await?)?
            .trail();
        let changes = [
            Change::Holds { user: own.id, role: own.role },
            Change::AddUser { user: user.clone(), password: hash },
            Change::IssueTicket(ticket),
        ];
        self.store().apply(&changes, &trail).await?;
        Ok(Person::new(user))
    }

    /// Suspends a user, but not oneself: their sessions end at once. To do so twice is no fault.
    pub async fn suspend(&self, by: &Authority, user: UserId, origin: &Origin) -> Result<(), AuthError> {
        by.demand_on_others(user, USERS_WRITE)?;
        self.set_status(by, user, UserStatus::Suspended, origin).await
    }

    /// Lets a suspended user sign in again. To do so twice is no fault.
    pub async fn unsuspend(&self, by: &Authority, user: UserId, origin: &Origin) -> Result<(), AuthError> {
        self.set_status(by, user, UserStatus::Active, origin).await
    }

    async fn set_status(
        &self,
        by: &Authority,
        id: UserId,
        to: UserStatus,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.demand(USERS_WRITE)?;
        let user = self.there(id).await?;
        let mut changes = self.over(by, &user).await?;
        if user.status == to {
            return Ok(());
        }
        let record = self.record(origin);
        let (record, action) = match to {
            UserStatus::Active => (record.event(id, UserUnsuspended { id })?, "user.unsuspended"),
            _ => (record.event(id, UserSuspended { id })?, "user.suspended"),
        };
        let entry = on_user(action, id).change(json!({ "status": user.status }), json!({ "status": to }));
        changes.push(Change::SetStatus { user: id, to, at: self.now() });
        self.store().apply(&changes, &record.audit(entry).trail()).await?;
        self.catch_up().await
    }

    /// Has a user, but not oneself, set another password: the one they have holds no more, their sessions end, and they
    /// get mail with a link to set a new one.
    pub async fn demand_new_password(
        &self,
        by: &Authority,
        id: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.demand_on_others(id, USERS_WRITE)?;
        let user = self.there(id).await?;
        if user.is_service_account() {
            return Err(AuthError::UserNotFound);
        }
        let mut changes = self.over(by, &user).await?;
        let token = link_token();
        let ticket = self.ticket(Id::new(self.clock()), &user, Purpose::ResetPassword, &token);
        let letter = self.letter(ticket.id.to_string(), &user.email, Letter::NewPassword { token }).await?;
        let trail = self
            .record(origin)
            .event(id, PasswordDemanded { id })?
            .audit(on_user("user.password_demanded", id))
            .job(letter)?
            .trail();
        let (reason, at) = (EndReason::PasswordChanged, self.now());
        changes.push(Change::SetPassword { user: id, from: None, to: None, keep: None, reason, at });
        changes.push(Change::IssueTicket(ticket));
        self.store().apply(&changes, &trail).await?;
        self.catch_up().await
    }

    /// Gives a user another role. Nobody gives what they do not hold, and nobody takes from who has more; somebody
    /// stays super admin. The user's access tokens are refused from then on, on this node at once and on others
    /// within five seconds, and their next refresh brings what they may do now.
    ///
    /// An API key gives no role, and neither does who acts in the name of somebody.
    pub async fn set_role(
        &self,
        by: &Authority,
        id: UserId,
        to: RoleName,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.caller.in_person()?;
        by.demand(USERS_WRITE)?;
        let user = self.there(id).await?;
        let mut changes = self.over(by, &user).await?;
        self.check_role(&to).await?;
        self.covers(by, &self.grants_of(&to).await?).await?;
        if user.role == to {
            return Ok(());
        }
        let from = user.role.clone();
        let trail = self
            .record(origin)
            .event(id, UserRoleChanged { id, from: from.clone(), to: to.clone() })?
            .audit(on_user("user.role_changed", id).change(json!({ "role": from }), json!({ "role": to })))
            .trail();
        changes.push(Change::SetRole { user: id, from, to, at: self.now() });
        self.store().apply(&changes, &trail).await?;
        self.catch_up().await
    }

    /// The live sessions of a user, the newest first: for themselves, and for who may read all users and may do no less
    /// than that one.
    pub async fn sessions_of(&self, by: &Authority, id: UserId) -> Result<Vec<Session>, AuthError> {
        by.demand_on(id, USERS_READ)?;
        self.over(by, &self.there(id).await?).await?;
        self.sessions(id).await
    }

    /// Ends a session of a user.
    pub async fn end_session_of(
        &self,
        by: &Authority,
        id: UserId,
        session: crate::domain::SessionId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        by.demand_on(id, USERS_WRITE)?;
        if id == by.caller.user {
            by.caller.in_person()?;
        }
        let user = self.there(id).await?;
        self.over(by, &user).await?;
        self.end_session(id, session, EndReason::Revoked, origin).await
    }

    /// The user, unless they are deleted.
    pub(crate) async fn there(&self, id: UserId) -> Result<User, AuthError> {
        let user = self.store().user(id).await?.filter(|user| user.status != UserStatus::Deleted);
        user.ok_or(AuthError::UserNotFound)
    }

    pub(crate) async fn check_role(&self, role: &RoleName) -> Result<(), AuthError> {
        if self.roles().await?.iter().any(|known| known.name == *role) {
            return Ok(());
        }
        Err(AuthError::Invalid(Faults::one("/role", "unknown", "is no role")))
    }
}
