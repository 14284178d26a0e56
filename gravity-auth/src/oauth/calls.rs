//! [`ProviderCalls`].

use std::time::Duration;

use gravity_core::SecretString;
use gravity_core::http::Body;
use gravity_core::resilience::outgoing::{OutgoingClient, OutgoingConfig};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use serde::de::DeserializeOwned;

use super::OAuthError;

/// The largest answer that is read, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Calls providers: over `https` at public addresses, without following redirects, within 10 seconds and 256 KiB.
/// Cheap to clone: make one for all providers.
#[derive(Debug, Clone)]
pub struct ProviderCalls {
    client: OutgoingClient,
    allow_loopback: bool,
}

impl ProviderCalls {
    /// What may be called in production: `https` on port 443.
    pub fn new() -> Result<Self, OAuthError> {
        Self::of(OutgoingConfig::new().with_ports([443]))
    }

    /// Calls by one's own settings, for issuers on other ports or in an intranet. Redirects are never followed, and
    /// `http` is never called.
    pub fn of(config: OutgoingConfig) -> Result<Self, OAuthError> {
        Self::build(config.https_only(), false)
    }

    /// Calls providers on this machine too, by `http`, on these ports: for development and tests. Never in
    /// production, where it would open what listens on loopback to whoever is behind a provider.
    pub fn with_loopback(ports: impl IntoIterator<Item = u16>) -> Result<Self, OAuthError> {
        let config = OutgoingConfig::new().with_ports(ports.into_iter().chain([443]));
        let config = ["127.0.0.0/8", "::1/128"]
            .into_iter()
            .try_fold(config, OutgoingConfig::allow_network)
            .map_err(|_| OAuthError::Config("the networks of loopback"))?;
        Self::build(config, true)
    }

    fn build(config: OutgoingConfig, allow_loopback: bool) -> Result<Self, OAuthError> {
        let config =
            config.with_redirects(0).with_max_response(LARGEST).with_timeout(Duration::from_secs(10));
        let client = config.build().map_err(OAuthError::Unreachable)?;
        Ok(Self { client, allow_loopback })
    }

    /// Whether this is an address that a provider may have: `https` without a fragment or user name.
    pub(super) fn check(&self, url: &str) -> Result<(), OAuthError> {
        const UNFIT: OAuthError = OAuthError::Answer("an address of the provider is not https");
        let uri: Uri = url.parse().map_err(|_| UNFIT)?;
        let authority = uri.authority().ok_or(UNFIT)?;
        let is_loopback = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        let is_fit = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => self.allow_loopback && is_loopback,
            _ => false,
        };
        let is_plain = !url.contains('#') && !authority.as_str().contains('@') && url.len() <= 2_048;
        if is_fit && is_plain { Ok(()) } else { Err(UNFIT) }
    }

    /// The JSON at an address, for whom a token lets in, if one is given.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: &str,
        token: Option<&SecretString>,
    ) -> Result<T, OAuthError> {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {}", token.expose()))?);
        }
        self.send(what, Method::GET, url, headers, Body::empty()).await
    }

    /// Sends a form, and reads the JSON of the answer.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: &str,
        basic: Option<&str>,
        form: SecretString,
    ) -> Result<T, OAuthError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(basic) = basic {
            headers.insert(AUTHORIZATION, sensitive(basic)?);
        }
        self.send(what, Method::POST, url, headers, form.expose().clone().into()).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        what: &'static str,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Body,
    ) -> Result<T, OAuthError> {
        self.check(url)?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|_| OAuthError::Answer("an address is none"))?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = self.client.send(request).await.map_err(OAuthError::Unreachable)?;
        // Errors of the token endpoint come as JSON with the status 400 (RFC 6749, section 5.2), or 401.
        let is_read = response.status().is_success()
            || (what == TOKEN && matches!(response.status().as_u16(), 400 | 401));
        if !is_read {
            return Err(OAuthError::Status(response.status().as_u16(), what));
        }
        serde_json::from_slice(response.body()).map_err(|_| OAuthError::Answer(what))
    }
}

/// What the exchange of a code is called in errors.
pub(super) const TOKEN: &str = "the exchange of the code";

fn sensitive(text: &str) -> Result<HeaderValue, OAuthError> {
    let mut value =
        HeaderValue::try_from(text).map_err(|_| OAuthError::Answer("a token that no header may hold"))?;
    value.set_sensitive(true);
    Ok(value)
}
