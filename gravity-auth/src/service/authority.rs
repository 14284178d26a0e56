//! [`Authority`] and [`Viewer`]: who calls, and what they may do; and who looks at somebody.

use gravity_core::http::openapi::Operation;
use gravity_core::http::problems::UNAUTHENTICATED;
use gravity_core::http::{FromParts, IntoProblem as _, Parts, Problem};
use gravity_core::{Grant, Grants, Permission, Principal};

use super::caller::Caller;
use crate::domain::{User, UserId, UserStatus, lacking, narrow};
use crate::store::Change;
use crate::{Auth, AuthError};

/// The user who calls, and what they may do with what they have shown: an argument of handlers too. Nobody gives away
/// more than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Who.
    pub caller: Caller,
    /// What they may do; of an API key, what its scopes leave of it.
    pub grants: Grants,
}

impl Authority {
    /// The user behind a principal, and what it may do.
    pub fn of(principal: &Principal) -> Result<Self, AuthError> {
        let held = principal.permissions();
        let grants = match principal.scopes() {
            // A scope that is no permission, such as `openid`, leaves nothing by itself.
            Some(scopes) => narrow(held, &scopes.filter_map(|scope| scope.parse::<Grant>().ok()).collect()),
            None => held.clone(),
        };
        Ok(Self { caller: Caller::of(principal)?, grants })
    }

    /// Whether they may do this.
    pub fn allows(&self, permission: Permission) -> bool {
        self.grants.covers(permission)
    }

    /// Refuses who may not do this.
    pub fn demand(&self, permission: Permission) -> Result<(), AuthError> {
        if self.allows(permission) { Ok(()) } else { Err(AuthError::Forbidden) }
    }

    /// Whether this is the user who calls. An API key is not its owner: it may do what its scopes say, and no more.
    pub(crate) fn is(&self, user: UserId) -> bool {
        self.caller.user == user && self.caller.session.is_some()
    }

    /// Refuses who may not do this, except to themselves.
    pub(crate) fn demand_on(&self, user: UserId, permission: Permission) -> Result<(), AuthError> {
        if self.is(user) { Ok(()) } else { self.demand(permission) }
    }

    /// Refuses who may not do this, or would do it to themselves: for what asks for no proof of who calls. An API key
    /// does nothing of it to its owner either, nor who acts in the name of somebody to them.
    pub(crate) fn demand_on_others(&self, user: UserId, permission: Permission) -> Result<(), AuthError> {
        self.demand(permission)?;
        if self.caller.user == user { Err(AuthError::Forbidden) } else { Ok(()) }
    }

    /// Refuses who does not hold all of this, and names what they do not.
    pub fn demand_all(&self, wanted: &Grants) -> Result<(), AuthError> {
        lacking(&self.grants, wanted).map_or(Ok(()), |grant| Err(AuthError::NotHeld(grant.clone())))
    }
}

impl<S> FromParts<S> for Authority {
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
pub struct Viewer(pub Option<Authority>);

impl<S> FromParts<S> for Viewer {
    const LOOKS_FOR_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let authority = parts.principal().map(Authority::of).transpose();
        authority.map(Self).map_err(AuthError::into_problem)
    }

    fn describe(_: &mut Operation<'_>) {}
}

impl Auth {
    /// Refuses who is to change somebody who may do more than they may. What comes back is to be among the changes:
    /// both must still have the role that they had here.
    pub(crate) async fn over(&self, by: &Authority, target: &User) -> Result<Vec<Change>, AuthError> {
        // Neither an API key nor who acts in the name of somebody is that user.
        if by.is(target.id) && by.caller.actor.is_none() {
            return Ok(Vec::new());
        }
        let own =
            self.covers(by, &self.grants_of(&target.role).await?).await.map_err(|error| match error {
                // What others may do is not told to those who may do less.
                AuthError::NotHeld(_) => AuthError::Forbidden,
                error => error,
            })?;
        let holds = |user: &User| Change::Holds { user: user.id, role: user.role.clone() };
        // In one order, so that two who change each other do not wait for each other.
        let mut both = [&own, target];
        both.sort_by_key(|user| user.id);
        Ok(both.map(holds).into())
    }

    /// Refuses who does not hold all of these: by what they have shown, and by the role that they have now. Who they are.
    pub(crate) async fn covers(&self, by: &Authority, grants: &Grants) -> Result<User, AuthError> {
        by.demand_all(grants)?;
        let own = self.me(&by.caller).await.ok().filter(|own| own.status == UserStatus::Active);
        let own = own.ok_or(AuthError::NoUser)?;
        let held = self.grants_of(&own.role).await?;
        lacking(&held, grants).map_or(Ok(own), |grant| Err(AuthError::NotHeld(grant.clone())))
    }
}
