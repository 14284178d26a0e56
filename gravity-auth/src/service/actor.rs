//! [`Actor`] and [`Viewer`]: who does something to somebody, and who looks at them.

use gravity_core::http::openapi::Operation;
use gravity_core::http::problems::UNAUTHENTICATED;
use gravity_core::http::{FromParts, IntoProblem as _, Parts, Problem};
use gravity_core::{Grants, Permission, Principal};

use super::caller::Caller;
use super::tokens::is_active;
use crate::domain::{SessionId, User, UserId};
use crate::store::Change;
use crate::{Auth, AuthError};

/// A user who does something to another, or to themselves, and what they may do: an argument of handlers too.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// From which session; none for an API key.
    pub session: Option<SessionId>,
    principal: Principal,
}

impl Actor {
    /// The user behind a principal.
    pub fn of(principal: &Principal) -> Result<Self, AuthError> {
        let Caller { user, session } = Caller::of(principal)?;
        Ok(Self { user, session, principal: principal.clone() })
    }

    /// Whether they may do this.
    pub fn allows(&self, permission: Permission) -> bool {
        self.principal.allows(permission)
    }

    /// Refuses who may not do this.
    pub(crate) fn demand(&self, permission: Permission) -> Result<(), AuthError> {
        if self.allows(permission) { Ok(()) } else { Err(AuthError::Forbidden) }
    }

    /// Refuses who may not do this, except to themselves.
    pub(crate) fn demand_on(&self, user: UserId, permission: Permission) -> Result<(), AuthError> {
        if self.user == user { Ok(()) } else { self.demand(permission) }
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller { user: self.user, session: self.session }
    }

    /// Whether all of these are among what they may do, by their role and by the credential that they show.
    fn include(&self, grants: &Grants) -> bool {
        let is_in_scope = match self.principal.scopes() {
            // A scope that is no grant covers nothing.
            Some(scopes) => {
                scopes.collect::<Vec<_>>().join(" ").parse().is_ok_and(|held: Grants| held.include(grants))
            }
            None => true,
        };
        is_in_scope && self.principal.permissions().include(grants)
    }
}

impl<S> FromParts<S> for Actor {
    const NEEDS_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.principal().ok_or_else(|| Problem::new(UNAUTHENTICATED))?;
        Self::of(principal).map_err(AuthError::into_problem)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[UNAUTHENTICATED]);
    }
}

/// Who looks at somebody: a user, or nobody who is known. An argument of handlers of routes for everybody.
#[derive(Debug, Clone, Default)]
pub struct Viewer(pub Option<Actor>);

impl<S> FromParts<S> for Viewer {
    const LOOKS_FOR_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let actor = parts.principal().map(Actor::of).transpose();
        actor.map(Self).map_err(AuthError::into_problem)
    }

    fn describe(_: &mut Operation<'_>) {}
}

impl Auth {
    /// Refuses an actor who is to change somebody who may do more than they may. What comes back is to be among the
    /// changes: both must still have the role that they had here.
    pub(crate) async fn over(&self, actor: &Actor, target: &User) -> Result<Vec<Change>, AuthError> {
        if actor.user == target.id {
            return Ok(Vec::new());
        }
        let own = self.store().user(actor.user).await?.filter(is_active).ok_or(AuthError::NoUser)?;
        self.covers(actor, &own, &self.grants_of(&target.role).await?).await?;
        let holds = |user: &User| Change::Holds { user: user.id, role: user.role.clone() };
        // In one order, so that two who change each other do not wait for each other.
        let mut both = [&own, target];
        both.sort_by_key(|user| user.id);
        Ok(both.map(holds).into())
    }

    /// Refuses an actor who does not hold all of these.
    pub(crate) async fn covers(&self, actor: &Actor, own: &User, grants: &Grants) -> Result<(), AuthError> {
        let holds = actor.include(grants) && self.grants_of(&own.role).await?.include(grants);
        if holds { Ok(()) } else { Err(AuthError::Forbidden) }
    }
}
