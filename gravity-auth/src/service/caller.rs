//! [`Caller`]: the user who calls.

use gravity_core::Principal;
use gravity_core::http::openapi::Operation;
use gravity_core::http::problems::UNAUTHENTICATED;
use gravity_core::http::{FromParts, IntoProblem as _, Parts, Problem};

use crate::AuthError;
use crate::domain::{SessionId, UserId};

/// The user who calls, and the session they call from, if they have one: an argument of handlers too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// From which session; none for an API key.
    pub session: Option<SessionId>,
    /// Who acts in their name, if somebody does.
    pub actor: Option<UserId>,
}

impl Caller {
    /// The user behind a principal.
    pub fn of(principal: &Principal) -> Result<Self, AuthError> {
        let user = principal.subject().as_str().parse().map_err(|_| AuthError::NoUser)?;
        let actor = principal.claim("act").and_then(|act| act.get("sub")).and_then(|sub| sub.as_str());
        let actor = actor.map(str::parse).transpose().map_err(|_| AuthError::NoUser)?;
        Ok(Self { user, session: principal.credential().and_then(|id| id.parse().ok()), actor })
    }

    /// Refuses API keys, and whoever acts in the name of somebody: for what only people do who are signed in
    /// themselves, such as to change a password or a second factor, or to make a key.
    pub fn in_person(&self) -> Result<(), AuthError> {
        if self.session.is_some() && self.actor.is_none() { Ok(()) } else { Err(AuthError::NotInPerson) }
    }
}

impl<S> FromParts<S> for Caller {
    const NEEDS_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.principal().ok_or_else(|| Problem::new(UNAUTHENTICATED))?;
        Self::of(principal).map_err(AuthError::into_problem)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[UNAUTHENTICATED]);
    }
}
