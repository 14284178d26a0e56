//! [`BearerTokens`]: who calls, by an access token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use gravity_core::Principal;
use gravity_core::http::{Authenticator, Problem, ProblemKind, Scheme, credentials};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};

#[cfg(feature = "client")]
use super::RemoteKeys;
use super::{AccessClaims, KeySet, Revocations, TokenError, Verifier};

/// A token that does not hold, whatever the reason.
pub const INVALID_TOKEN: ProblemKind =
    ProblemKind::new(StatusCode::UNAUTHORIZED, TokenError::CODE, "The access token is not valid.");

/// A token that nobody can say anything of, for the keys of its issuer cannot be had.
pub const KEYS_UNAVAILABLE: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "auth.keys_unavailable",
    "Access tokens cannot be checked now; try again later.",
);

/// What RFC 6750 wants told to who shows a token that does not hold.
const CHALLENGE: HeaderValue = HeaderValue::from_static(
    "Bearer error=\"invalid_token\", error_description=\"The access token is not valid.\"",
);

/// Says who calls, by the access token in `Authorization: Bearer`. Nowhere else is one looked for.
///
/// A request without one is nobody's, and the next authenticator may look at it. A token that does not hold is
/// answered 401 with the challenge of RFC 6750, without the reason, which goes to the log. A token that is
/// bound to a key (`cnf`) is refused: whoever found it could not show the key either.
pub struct BearerTokens {
    keys: Keys,
    verifier: Verifier,
    revocations: Option<Arc<dyn Revocations>>,
}

enum Keys {
    Local(KeySet),
    #[cfg(feature = "client")]
    Remote(RemoteKeys),
}

impl BearerTokens {
    /// Tokens that this node and its like sign. No request leaves the process, but for keys that are new.
    pub fn local(keys: KeySet, verifier: Verifier) -> Self {
        Self { keys: Keys::Local(keys), verifier, revocations: None }
    }

    /// Tokens that are signed elsewhere, by keys that are published.
    #[cfg(feature = "client")]
    pub fn remote(keys: RemoteKeys, verifier: Verifier) -> Self {
        Self { keys: Keys::Remote(keys), verifier, revocations: None }
    }

    /// Refuses what was called back, too.
    pub fn with_revocations(mut self, revocations: Arc<dyn Revocations>) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// What a token says, if it holds.
    pub async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        let claims = self.verify_bound(token).await?;
        if claims.cnf.is_some() { Err(TokenError::Bound) } else { Ok(claims) }
    }

    /// The same of a token that may be bound to a key, whose proof is for the caller to look at.
    pub(crate) async fn verify_bound(&self, token: &str) -> Result<AccessClaims, TokenError> {
        let claims: AccessClaims = match &self.keys {
            Keys::Local(keys) => keys.verify(&self.verifier, token).await?,
            #[cfg(feature = "client")]
            Keys::Remote(keys) => keys.verify(&self.verifier, token).await?,
        };
        let now = self.verifier.now();
        if self.revocations.as_ref().is_some_and(|list| list.is_revoked(&claims, now)) {
            return Err(TokenError::Revoked);
        }
        Ok(claims)
    }
}

impl Authenticator for BearerTokens {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async move {
            let Some(token) = credentials::bearer(head)? else { return Ok(None) };
            match self.verify(token).await {
                Ok(claims) => Ok(Some(claims.into_principal())),
                Err(error @ TokenError::KeysUnavailable) => {
                    Err(Problem::new(KEYS_UNAVAILABLE).retry_after(Duration::from_secs(1)).because(error))
                }
                Err(error) => {
                    Err(Problem::new(INVALID_TOKEN).header(WWW_AUTHENTICATE, CHALLENGE).because(error))
                }
            }
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        vec![Scheme::Bearer]
    }

    fn problems(&self) -> &'static [ProblemKind] {
        &[INVALID_TOKEN, KEYS_UNAVAILABLE]
    }
}

impl fmt::Debug for BearerTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerTokens").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
