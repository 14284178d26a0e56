//! A code for tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gravity_core::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::calls::TOKEN;
use super::client::{Inner, error_code};
use super::metadata::Metadata;
use super::provider::{AppleKey, ClientSecret, Kind};
use super::{OAuthError, form};
use crate::jwt::{NumericDate, sign_parts};

/// What a provider gives for a code.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access_token: SecretString,
    pub(super) id_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<SecretString>,
    token_type: Option<String>,
    id_token: Option<SecretString>,
    error: Option<String>,
}

impl Inner {
    /// Exchanges a code, once.
    pub(super) async fn exchange(
        &self,
        metadata: &Metadata,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Tokens, OAuthError> {
        let client_id = &*self.provider.client_id;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &*self.redirect_uri),
            ("code_verifier", verifier.expose()),
            ("client_id", client_id),
        ];
        let (mut basic, signed) = (None, self.signed_secret()?);
        match &self.provider.secret {
            ClientSecret::Post(secret) => pairs.push(("client_secret", secret.expose())),
            ClientSecret::Basic(secret) => {
                // Each is escaped before they are joined (RFC 6749, section 2.3.1).
                let both = format!("{}:{}", form::escape(client_id), form::escape(secret.expose()));
                basic = Some(SecretString::new(format!(
                    "Basic {}",
                    STANDARD.encode(SecretString::new(both).expose())
                )));
            }
            ClientSecret::Apple(_) | ClientSecret::Public => {}
        }
        if let Some(signed) = &signed {
            pairs.push(("client_secret", signed.expose()));
        }
        let basic = basic.as_ref().map(|basic| basic.expose().as_str());
        let answer: TokenAnswer =
            self.calls.post(TOKEN, &metadata.token_endpoint, basic, form::encode(&pairs)).await?;
        if let Some(error) = answer.error {
            return Err(OAuthError::Refused(error_code(&error)));
        }
        if !answer.token_type.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(OAuthError::Answer("the tokens are no bearer's"));
        }
        let access_token = answer.access_token.filter(|token| (1..=16_384).contains(&token.expose().len()));
        let access_token = access_token.ok_or(OAuthError::Answer("there is no access token"))?;
        Ok(Tokens { access_token, id_token: answer.id_token })
    }

    /// The client's secret as Apple wants it: a token that holds for 5 minutes.
    fn signed_secret(&self) -> Result<Option<SecretString>, OAuthError> {
        let (ClientSecret::Apple(AppleKey { team, id, key }), Kind::Apple { issuer }) =
            (&self.provider.secret, &self.provider.kind)
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        let header = json!({ "alg": "ES256", "kid": id, "typ": "JWT" });
        let claims = json!({
            "iss": team,
            "sub": self.provider.client_id,
            "aud": issuer,
            "iat": NumericDate::of(now),
            "exp": NumericDate::of(now.saturating_add(Duration::from_mins(5))),
        });
        sign_parts(key, header.to_string().as_bytes(), claims.to_string().as_bytes())
            .map(Some)
            .map_err(|_| OAuthError::Config("Apple's key does not sign"))
    }
}
