//! [`OAuthClient`].

use std::sync::Arc;
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::security::KeyRing;
use gravity_core::security::mac::MacKeys;
use ring::digest;

use super::cached::Cached;
use super::metadata::Metadata;
use super::provider::Kind;
use super::started::{Bond, Values};
use super::{Answer, Checked, Finished, OAuthError, Provider, ProviderCalls, Started, form};
use crate::jwt::{VerifyingKey, base64url};

/// Signs people in by one provider. Cheap to clone: clones share what was fetched.
///
/// The endpoints and keys of the provider are fetched when they are needed, kept for 15 minutes, and while the provider
/// cannot be reached for a day. An unknown key makes them be fetched again, at most every 30 seconds.
///
/// ```no_run
/// use gravity_auth::oauth::{Answer, ClientSecret, OAuthClient, OAuthError, Provider, ProviderCalls};
/// use gravity_core::security::{Key, KeyRing};
///
/// # async fn example(answer: Answer, ring: KeyRing) -> Result<(), OAuthError> {
/// let provider = Provider::google("123.apps.googleusercontent.com", ClientSecret::post("a secret"));
/// let calls = ProviderCalls::new()?;
/// let client = OAuthClient::new(provider, "https://example.org/auth/google/callback", &ring, calls)?;
///
/// let started = client.begin("/where/to/go").await?;
/// // The browser goes to `started.url` with `started.cookie`, and comes back with an answer.
/// let finished = client.finish(started.cookie.expose(), &answer).await?;
/// println!("{} at {}", finished.identity.subject, finished.identity.provider);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct OAuthClient(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) provider: Provider,
    pub(super) redirect_uri: Box<str>,
    pub(super) keys: MacKeys,
    pub(super) calls: ProviderCalls,
    pub(super) clock: Clock,
    pub(super) metadata: Cached<Metadata>,
    pub(super) jwks: Cached<Vec<VerifyingKey>>,
    lifetime: Duration,
}

impl OAuthClient {
    /// A client of this provider, whose answers come to this address. The ring is one that all nodes share.
    pub fn new(
        provider: Provider,
        redirect_uri: &str,
        ring: &KeyRing,
        calls: ProviderCalls,
    ) -> Result<Self, OAuthError> {
        Self::with_clock(provider, redirect_uri, ring, calls, Clock::system())
    }

    /// The same by another clock than the system's.
    pub fn with_clock(
        provider: Provider,
        redirect_uri: &str,
        ring: &KeyRing,
        calls: ProviderCalls,
        clock: Clock,
    ) -> Result<Self, OAuthError> {
        provider.check()?;
        if redirect_uri.parse::<http::Uri>().map_or(true, |uri| uri.authority().is_none()) {
            return Err(OAuthError::Config("the address for answers is no URL"));
        }
        Ok(Self(Arc::new(Inner {
            provider,
            redirect_uri: redirect_uri.into(),
            keys: MacKeys::new(ring),
            calls,
            metadata: Cached::new(clock.clone()),
            jwks: Cached::new(clock.clone()),
            clock,
            lifetime: Duration::from_mins(10),
        })))
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    /// Begins a sign-in. What comes along, at most 1,024 bytes, cannot be changed by the browser; it can be read.
    pub async fn begin(&self, context: &str) -> Result<Started, OAuthError> {
        let inner = &*self.0;
        let metadata = inner.metadata().await?;
        let expires = inner.clock.now().saturating_add(inner.lifetime);
        let bond = Bond::new(&inner.provider.id, context, expires)?;
        let values = bond.values(&inner.keys);
        let challenge = challenge(values.verifier.expose());
        let mut query = vec![
            ("response_type", "code"),
            ("client_id", &*inner.provider.client_id),
            ("redirect_uri", &*inner.redirect_uri),
            ("scope", &*inner.provider.scopes),
            ("state", values.state.expose()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !matches!(inner.provider.kind, Kind::GitHub { .. }) {
            query.push(("nonce", values.nonce.expose()));
        }
        if inner.provider.posts_back() {
            query.push(("response_mode", "form_post"));
        }
        let url = form::with_query(&metadata.authorization_endpoint, &query);
        Ok(Started { url, cookie: bond.cookie() })
    }

    /// Whether an answer belongs to a sign-in that this browser has begun here, a short while ago: what is looked at
    /// before anything is called. What it is known by may be kept, so that the answer is good once.
    pub fn check(&self, cookie: &str, answer: &Answer) -> Result<Checked, OAuthError> {
        let inner = &*self.0;
        let (bond, _) = inner.bond(cookie, answer)?;
        let mark = base64url::encode(digest::digest(&digest::SHA256, cookie.as_bytes()));
        let until = inner.clock.now().saturating_add(inner.lifetime);
        Ok(Checked { context: bond.context, mark, until })
    }

    /// Ends a sign-in by what the browser has brought back: the cookie and the provider's answer.
    ///
    /// The answer is looked at before anything is called: who did not begin here costs the provider nothing.
    ///
    /// Whoever wants an answer to be good once [checks](Self::check) it first, and keeps its mark.
    pub async fn finish(&self, cookie: &str, answer: &Answer) -> Result<Finished, OAuthError> {
        let inner = &*self.0;
        let (bond, values) = inner.bond(cookie, answer)?;
        let metadata = inner.metadata().await?;
        match &answer.iss {
            Some(issuer) if !metadata.is_issuer(issuer) => return Err(OAuthError::Issuer),
            None if metadata.names_issuer => return Err(OAuthError::Issuer),
            _ => {}
        }
        if let Some(error) = &answer.error {
            return Err(OAuthError::Refused(error_code(error)));
        }
        let code = answer.code.as_ref().filter(|code| (1..=4_096).contains(&code.expose().len()));
        let tokens = inner.exchange(&metadata, code.ok_or(OAuthError::NoCode)?, &values.verifier).await?;
        let identity = match &inner.provider.kind {
            Kind::GitHub { api, .. } => inner.github(&metadata, api, &tokens.access_token).await?,
            _ => inner.oidc(&metadata, &tokens, &values.nonce, answer).await?,
        };
        Ok(Finished { identity, context: bond.context })
    }
}

impl Inner {
    fn bond(&self, cookie: &str, answer: &Answer) -> Result<(Bond, Values), OAuthError> {
        let bond = Bond::read(cookie).ok_or(OAuthError::State)?;
        let state = answer.state.as_ref().ok_or(OAuthError::State)?;
        let values = bond.values_for(&self.keys, state.expose()).ok_or(OAuthError::State)?;
        // The state holds for the whole cookie, and so for the provider that it names.
        if *bond.provider != *self.provider.id {
            return Err(OAuthError::State);
        }
        if bond.expires <= self.clock.now().as_seconds() {
            return Err(OAuthError::Expired);
        }
        Ok((bond, values))
    }

    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, OAuthError> {
        self.metadata.get(async || Metadata::load(&self.provider, &self.calls).await).await
    }
}

/// RFC 7636, section 4.2.
fn challenge(verifier: &str) -> String {
    base64url::encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The code of an error as it may stand in a log: one of RFC 6749 is a few letters.
pub(super) fn error_code(text: &str) -> Box<str> {
    let is_code =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { text.into() } else { "an unknown one".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn challenge_by_the_published_vector() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
