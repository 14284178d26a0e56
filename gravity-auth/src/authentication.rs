//! [`Authentication`]: who calls, by an access token in the header or in a cookie.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use gravity_core::Principal;
use gravity_core::http::{Authenticator, Problem, ProblemKind, Scheme, credentials};
use http::request::Parts;

use crate::http::{FORGED_REQUEST, check_forgery};
use crate::jwt::{AccessClaims, BearerTokens, INVALID_TOKEN, KEYS_UNAVAILABLE, TokenError};
use crate::{Auth, AuthError, Cookies};

/// Says who calls, in the process that signs people in: by `Authorization: Bearer`, or by the cookie that a sign-in
/// in cookie mode has set. Cheap to clone.
///
/// A token of a session that has ended is refused at once where it was ended on this node, and within five seconds
/// where it was on another. Whoever calls by a cookie and would change something shows that the request comes from a
/// page of the application: by its `Origin`, and by the token against forgery in `X-CSRF-Token`. A cookie that does
/// not hold is nobody's.
#[derive(Clone)]
pub struct Authentication {
    auth: Auth,
    tokens: Arc<BearerTokens>,
}

impl Authentication {
    pub(crate) fn new(auth: Auth) -> Self {
        let tokens = BearerTokens::local(auth.0.keys.clone(), auth.verifier())
            .with_revocations(Arc::clone(&auth.0.revoked.list) as _);
        Self { auth, tokens: Arc::new(tokens) }
    }

    /// What a token says, if it holds.
    pub async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.tokens.verify(token).await
    }
}

impl Authenticator for Authentication {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async move {
            if let Some(principal) = self.tokens.authenticate(head).await? {
                return Ok(Some(principal));
            }
            let cookies = Cookies::of(&self.auth.0.config.settings);
            let Some(token) = credentials::cookie(head, cookies.access)? else { return Ok(None) };
            let Ok(claims) = self.verify(token).await else { return Ok(None) };
            if !head.method.is_safe() {
                let session = claims.sid.as_deref().unwrap_or_default();
                check_forgery(&self.auth, head, session).map_err(problem)?;
            }
            Ok(Some(claims.into_principal()))
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        let cookies = Cookies::of(&self.auth.0.config.settings);
        vec![Scheme::Bearer, Scheme::Cookie(cookies.access)]
    }

    fn problems(&self) -> &'static [ProblemKind] {
        &[INVALID_TOKEN, KEYS_UNAVAILABLE, FORGED_REQUEST]
    }
}

fn problem(error: AuthError) -> Problem {
    gravity_core::http::IntoProblem::into_problem(error)
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("auth", &self.auth).finish_non_exhaustive()
    }
}
