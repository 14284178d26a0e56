//! [`BearerToken`]: the token of the `Authorization` header, unverified.

use std::fmt;

use super::FromParts;
use crate::http::credentials;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;

/// The token of `Authorization: Bearer TOKEN`, as it came: nobody has verified it.
///
/// Routes that want to know who calls take a `Principal` instead. The token is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(***)")
    }
}

impl<S> FromParts<S> for BearerToken {
    fn from_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Option::<Self>::from_parts(parts, state)?.ok_or_else(|| {
            let challenge = http::HeaderValue::from_static("Bearer");
            Problem::new(problems::UNAUTHENTICATED).header(http::header::WWW_AUTHENTICATE, challenge)
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[problems::UNAUTHENTICATED, problems::BAD_REQUEST]);
    }
}

/// The token, where the request carries one.
impl<S> FromParts<S> for Option<BearerToken> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(credentials::token(parts.headers())?.map(|token| BearerToken(token.to_owned())))
    }

    fn describe(operation: &mut Operation<'_>) {
        <BearerToken as FromParts<S>>::describe(operation);
    }
}
