//! [`Providers`]: who signs people in.

use gravity_core::Error;
use gravity_core::validate::Faults;

use crate::oauth::{OAuthClient, OAuthError, Provider, ProviderCalls};
use crate::providers::wrong;
use crate::{Auth, AuthConfig, AuthError};

/// The clients of all providers, in the order in which they were configured.
#[derive(Debug, Clone)]
pub(crate) struct Providers(Vec<OAuthClient>);

impl Providers {
    pub(crate) fn open(config: &AuthConfig) -> Result<Self, Error> {
        let mut providers: Vec<Provider> = config.providers.clone();
        for (id, settings) in &config.settings.providers {
            providers.push(settings.build(id)?);
        }
        if providers.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let calls = match &config.provider_calls {
            Some(calls) => calls.clone(),
            None => ProviderCalls::new().map_err(Error::internal)?,
        };
        let mut clients: Vec<OAuthClient> = Vec::new();
        for provider in providers {
            let id = provider.id().to_owned();
            if clients.iter().any(|other| other.provider().id() == id) {
                let at = Faults::pointer("/providers", &id);
                return Err(Error::validation(Faults::one(at, "twice", "is there twice")));
            }
            // Each has an address of its own: an answer that was meant for another one does not get there.
            let redirect_uri = format!("{}/api/v1/auth/oauth/{id}/callback", config.settings.issuer);
            let (calls, clock) = (calls.clone(), config.clock.clone());
            let client = OAuthClient::with_clock(provider, &redirect_uri, &config.ring, calls, clock);
            clients.push(client.map_err(|error| wrong(&id, &error))?);
        }
        Ok(Self(clients))
    }

    pub(super) fn get(&self, id: &str) -> Result<&OAuthClient, AuthError> {
        let found = self.0.iter().find(|client| client.provider().id() == id);
        found.ok_or(AuthError::ProviderNotFound)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.0.iter().map(|client| client.provider().id().to_owned()).collect()
    }
}

impl Auth {
    /// The names of the providers that sign people in here.
    pub fn providers(&self) -> Vec<String> {
        self.0.providers.ids()
    }

    /// A provider that signs people in here.
    pub fn provider(&self, id: &str) -> Result<&Provider, AuthError> {
        self.0.providers.get(id).map(OAuthClient::provider)
    }
}

/// What is told of an error. The log learns the rest.
pub(super) fn told(provider: &str, error: &OAuthError) -> AuthError {
    let told = match error {
        OAuthError::Refused(code) if is_declined(code) => return AuthError::ProviderDenied,
        OAuthError::Refused(code) if matches!(&**code, "temporarily_unavailable" | "server_error") => {
            AuthError::ProviderUnavailable
        }
        error if error.is_retryable() => AuthError::ProviderUnavailable,
        OAuthError::Unreachable(_)
        | OAuthError::Status(..)
        | OAuthError::Answer(_)
        | OAuthError::Config(_) => AuthError::ProviderFailed,
        _ => AuthError::InvalidProviderAnswer,
    };
    tracing::warn!(provider, error = error as &dyn std::error::Error, "a sign-in elsewhere has failed");
    told
}

/// Whether somebody has said no; `user_cancelled_authorize` is Apple's word for it.
fn is_declined(code: &str) -> bool {
    matches!(code, "access_denied" | "user_cancelled_authorize" | "consent_required" | "login_required")
}
