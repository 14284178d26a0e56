//! Acting in the name of somebody, for support: visible, short, and never upwards.

use std::time::Duration;

use gravity_core::audit::Origin;
use gravity_core::validate::Faults;
use gravity_core::{Grants, Permission, SecretString};

use super::authority::Authority;
use super::record::on_user;
use super::tokens::is_active;
use crate::domain::{Client, Session, User, UserId};
use crate::events::Impersonated;
use crate::jwt::Actor;
use crate::store::Change;
use crate::{Auth, AuthError};

/// To act in the name of others.
pub const USERS_IMPERSONATE: Permission = Permission::new("users:impersonate");

/// Somebody acts in the name of another.
#[derive(Debug, Clone)]
pub struct Impersonation {
    /// In whose name.
    pub user: User,
    /// The session, which its user sees and may end as any other.
    pub session: Session,
    /// The token that requests show. There is none that gets another.
    pub access_token: SecretString,
    /// How long it holds.
    pub expires_in: Duration,
}

impl Auth {
    /// Begins to act in the name of somebody who may do no more than the caller. It lasts as long as an access token
    /// does, and cannot be refreshed. The token names the caller as its actor (`act`), and so does everything that is
    /// written to the audit log. Whoever acts so does no more than they may do themselves, and changes no password,
    /// address, factor, key or session. When their own session ends, or they cease to be active or to hold
    /// [`USERS_IMPERSONATE`], it is over. Where their session is bound to a key, so is this one.
    pub async fn impersonate(
        &self,
        by: &Authority,
        user: UserId,
        reason: &str,
        origin: &Origin,
    ) -> Result<Impersonation, AuthError> {
        by.caller.in_person()?;
        by.demand(USERS_IMPERSONATE)?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(AuthError::Invalid(Faults::one("/reason", "required", "must say why")));
        }
        let actor = by.caller.user;
        let found = self.store().user(user).await?.filter(is_active);
        let user = found.filter(|user| user.id != actor).ok_or(AuthError::UserNotFound)?;
        by.demand_all(&self.grants_of(&user.role).await?)?;
        let expires_in = self.0.config.access();
        let (_, own) = self.session_of_caller(&by.caller).await?;
        let mut session = self.new_session(&user, Vec::new(), origin);
        // Who shows a proof of possession for themselves shows it for others, too.
        session.bound_to = own.bound_to;
        session.expires_at = session.created_at.saturating_add(expires_in);
        session.idle_until = session.expires_at;
        // Its user sees that it is there; from where, the audit log knows.
        session.client = Client { name: Some("Support".to_owned()), address: None, user_agent: None };
        let told = Impersonated { id: user.id, actor, session: session.id, reason: reason.to_owned() };
        let entry = on_user("auth.impersonated", user.id)
            .extra("session", session.id.to_string())
            .extra("reason", reason.to_owned());
        let trail = self.record(origin).event(user.id, told)?.audit(entry).trail();
        // It takes the place of none of theirs.
        let start = Change::StartSession { session: session.clone(), password: None, most: u32::MAX };
        self.store().apply(&[start], &trail).await?;
        let acting = Actor { sub: actor.into(), sid: by.caller.session.map(|own| own.to_string()) };
        let access_token = self.access_token(&user, &session, Some(acting)).await?;
        Ok(Impersonation { user, session, access_token, expires_in })
    }

    /// What somebody may do who acts in the name of others, if they still may act so.
    pub(crate) async fn grants_of_actor(&self, actor: UserId) -> Result<Option<Grants>, AuthError> {
        let Some(actor) = self.store().user(actor).await?.filter(is_active) else { return Ok(None) };
        let grants = self.grants_of(&actor.role).await?;
        Ok(Some(grants).filter(|grants| grants.covers(USERS_IMPERSONATE)))
    }
}
