//! [`Authentication`]: who calls, by an access token in the header or in a cookie.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use gravity_core::http::problems::{BAD_REQUEST, TOO_MANY_REQUESTS};
use gravity_core::http::{
    Authenticator, IntoProblem as _, Problem, ProblemKind, Scheme, credentials, original_path,
};
use gravity_core::{Grants, Principal};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::domain::{Method, Role, narrow};
use crate::http::{FORGED_REQUEST, INVALID_PROOF, check_forgery};
use crate::jwt::{AccessClaims, BearerTokens, INVALID_TOKEN, KEYS_UNAVAILABLE, TokenError};
use crate::service::{Caller, NoCaller};
use crate::{Auth, AuthError, Cookies};

/// Says who calls, in the process that signs people in: by `Authorization: Bearer`, or by the cookie that a sign-in
/// in cookie mode has set. Cheap to clone.
///
/// A token of a session that has ended is refused at once where it was ended on this node, and within five seconds
/// where it was on another. Whoever calls by a cookie and would change something shows that the request comes from a
/// page of the application: by its `Origin`, and by the token against forgery in `X-CSRF-Token`. A cookie that does
/// not hold is nobody's.
///
/// A token that is bound to a key of the client comes as `Authorization: DPoP`, with a proof of the key in the header
/// `DPoP` for each request (RFC 9449). A proof is taken once, whatever node it is shown to.
///
/// Programs call by an API key, in `Authorization: Bearer gvk_...` or `X-Api-Key`: it is looked up at every request, so
/// that one that was taken back holds nowhere. What a caller may do is what their role grants now, as far as the key's
/// scopes go.
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

    /// What a token says, if it holds. It may be bound to a key.
    pub(crate) async fn verify_bound(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.tokens.verify_bound(token).await
    }

    /// What a token says, if it holds for whoever bears it.
    pub async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.tokens.verify(token).await
    }
}

/// The header of API keys that do not come as bearer tokens.
const API_KEY: &str = "x-api-key";
/// How a bearer token begins that is an API key.
const KEY_PREFIX: &str = "gvk_";
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");

/// An API key that does not hold, whatever the reason.
pub(crate) const INVALID_API_KEY: ProblemKind =
    ProblemKind::new(StatusCode::UNAUTHORIZED, "auth.invalid_api_key", "The API key is not valid.");

/// How a token is shown that is bound to a key.
const BOUND: &str = "dpop";
const BOUND_CHALLENGE: HeaderValue =
    HeaderValue::from_static("DPoP error=\"invalid_token\", algs=\"EdDSA ES256 RS256\"");
const PROOF_CHALLENGE: HeaderValue =
    HeaderValue::from_static("DPoP error=\"invalid_dpop_proof\", algs=\"EdDSA ES256 RS256\"");

/// The token of `Authorization: DPoP TOKEN` (RFC 9449).
fn bound_token(head: &Parts) -> Option<&str> {
    let (scheme, token) = head.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(BOUND).then(|| token.trim())
}

impl Authentication {
    /// The caller by a token that is bound to a key, with a proof of that key for this request, which is taken once.
    async fn by_bound_token(&self, head: &Parts, token: &str) -> Result<Principal, Problem> {
        let claims = self.verify_bound(token).await.map_err(|error| match error {
            TokenError::KeysUnavailable => {
                Problem::new(KEYS_UNAVAILABLE).retry_after(Duration::from_secs(1)).because(error)
            }
            error => Problem::new(INVALID_TOKEN).header(WWW_AUTHENTICATE, BOUND_CHALLENGE).because(error),
        })?;
        let unbound = || Problem::new(INVALID_TOKEN).header(WWW_AUTHENTICATE, BOUND_CHALLENGE);
        let key = claims.cnf.as_ref().and_then(|cnf| cnf.jkt.as_deref()).ok_or_else(unbound)?;
        let refused = || Problem::new(INVALID_PROOF).header(WWW_AUTHENTICATE, PROOF_CHALLENGE);
        let proof = self.auth.proof_of(&head.headers, &head.method, original_path(head), Some(token));
        let proof = proof.map_err(|_| refused())?.ok_or_else(refused)?;
        proof.check_key(key).map_err(|_| refused())?;
        match self.auth.spend_proof(&proof).await {
            Ok(()) => Ok(claims.into_principal()),
            Err(AuthError::InvalidProof) => Err(refused()),
            Err(error) => Err(problem(error)),
        }
    }

    /// The caller with what their roles grant now, whatever they did when the token was made.
    async fn as_of_now(&self, principal: Principal) -> Result<Principal, Problem> {
        let roles = self.auth.roles().await.map_err(problem)?;
        let mut held = Grants::none();
        for role in principal.roles() {
            // A role that is gone grants nothing.
            let Ok(name) = role.parse() else { continue };
            if self.auth.lacks_second_factor(&name, has_second_factor(&principal)) {
                continue;
            }
            held.extend(Role::grants_of(&name, &roles).iter().cloned());
        }
        if principal.claim("act").is_some() {
            // Whoever acts for somebody may do what both may, as long as they may act at all.
            let actor = Caller::of(&principal).ok().and_then(|caller| caller.actor);
            let theirs = match actor {
                Some(actor) => self.auth.grants_of_actor(actor).await.map_err(problem)?,
                None => None,
            };
            let refused = || Problem::new(INVALID_TOKEN).header(WWW_AUTHENTICATE, CHALLENGE);
            held = narrow(&held, &theirs.ok_or_else(refused)?);
        }
        Ok(principal.with_permissions(held))
    }
}

impl Authenticator for Authentication {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        Box::pin(async move {
            let (bearer, key) = (credentials::bearer(head)?, credentials::api_key(head, API_KEY)?);
            if bearer.is_some() && key.is_some() {
                return Err(Problem::new(BAD_REQUEST).detail("The request carries two credentials."));
            }
            if let Some(secret) = key.or(bearer.filter(|token| token.starts_with(KEY_PREFIX))) {
                return self.auth.by_api_key(secret).await.map(Some).map_err(not_let_in);
            }
            if let Some(token) = bound_token(head) {
                let principal = self.by_bound_token(head, token).await?;
                return self.as_of_now(principal).await.map(Some);
            }
            if let Some(principal) = self.tokens.authenticate(head).await? {
                return self.as_of_now(principal).await.map(Some);
            }
            let cookies = Cookies::of(&self.auth.0.config.settings);
            let Some(token) = credentials::cookie(head, cookies.access)? else { return Ok(None) };
            let Ok(claims) = self.verify(token).await else { return Ok(None) };
            if !head.method.is_safe() {
                let session = claims.sid.as_deref().unwrap_or_default();
                check_forgery(&self.auth, head, session).map_err(problem)?;
            }
            self.as_of_now(claims.into_principal()).await.map(Some)
        })
    }

    fn schemes(&self) -> Vec<Scheme> {
        let cookies = Cookies::of(&self.auth.0.config.settings);
        vec![Scheme::Bearer, Scheme::ApiKey(API_KEY), Scheme::Cookie(cookies.access)]
    }

    fn problems(&self) -> &'static [ProblemKind] {
        &[
            INVALID_TOKEN,
            INVALID_PROOF,
            INVALID_API_KEY,
            TOO_MANY_REQUESTS,
            KEYS_UNAVAILABLE,
            FORGED_REQUEST,
            BAD_REQUEST,
        ]
    }
}

/// Whether somebody has shown a second factor when they signed in.
pub(crate) fn has_second_factor(principal: &Principal) -> bool {
    let methods = principal.claim("amr").and_then(|amr| amr.as_array());
    methods.into_iter().flatten().any(|method| method == Method::Mfa.as_str())
}

fn not_let_in(why: NoCaller) -> Problem {
    match why {
        NoCaller::Invalid => Problem::new(INVALID_API_KEY).header(WWW_AUTHENTICATE, CHALLENGE),
        NoCaller::Failed(error) => error.into_problem(),
        NoCaller::Limited { per_minute, decision } => {
            let wait = decision.retry_after.unwrap_or(Duration::from_mins(1));
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let problem = Problem::new(TOO_MANY_REQUESTS).retry_after(wait);
            let fields = [
                ("ratelimit-policy", format!("\"api-key\";q={per_minute};w=60")),
                ("ratelimit", format!("\"api-key\";r=0;t={seconds}")),
            ];
            fields.into_iter().fold(problem, |problem, (name, text)| match HeaderValue::try_from(text) {
                Ok(value) => problem.header(HeaderName::from_static(name), value),
                Err(_) => problem,
            })
        }
    }
}

fn problem(error: AuthError) -> Problem {
    error.into_problem()
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("auth", &self.auth).finish_non_exhaustive()
    }
}
