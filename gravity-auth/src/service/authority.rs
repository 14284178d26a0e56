//! [`Authority`]: who calls, and what they may do.

use gravity_core::http::openapi::Operation;
use gravity_core::http::problems::UNAUTHENTICATED;
use gravity_core::http::{FromParts, IntoProblem as _, Parts, Problem};
use gravity_core::{Grants, Permission, Principal};

use super::Caller;
use crate::AuthError;
use crate::domain::{lacking, narrow};

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
            Some(scopes) => {
                narrow(held, &scopes.filter_map(|scope| scope.parse::<gravity_core::Grant>().ok()).collect())
            }
            None => held.clone(),
        };
        Ok(Self { caller: Caller::of(principal)?, grants })
    }

    /// Refuses who may not do this.
    pub fn check(&self, permission: Permission) -> Result<(), AuthError> {
        self.check_all(&Grants::from([permission]))
    }

    /// Refuses who may not do all of this, and names what they may not.
    pub fn check_all(&self, wanted: &Grants) -> Result<(), AuthError> {
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
