//! [`Principal`](crate::Principal) as an argument: who calls.

use super::FromParts;
use crate::Principal;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;

/// Who calls. A public route cannot ask for it.
impl<S> FromParts<S> for Principal {
    const NEEDS_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.principal().cloned().ok_or_else(|| Problem::new(problems::UNAUTHENTICATED))
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// Who calls, where the request carries credentials; on a public route.
impl<S> FromParts<S> for Option<Principal> {
    const LOOKS_FOR_PRINCIPAL: bool = true;

    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.principal().cloned())
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[problems::UNAUTHENTICATED]);
    }
}
