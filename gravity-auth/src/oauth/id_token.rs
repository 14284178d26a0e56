//! Who signed in, by an id token (OpenID Connect Core, section 3.1.3.7).

use std::time::Duration;

use gravity_core::SecretString;
use gravity_core::security::constant_time_eq;
use ring::digest;
use serde::Deserialize;
use serde_json::Value;

use super::client::Inner;
use super::exchange::Tokens;
use super::metadata::Metadata;
use super::provider::Kind;
use super::{Answer, Identity, OAuthError, identity};
use crate::jwt::{Algorithm, Audience, Jwks, TokenError, Verifier, base64url};

/// How long ago a token was issued at most: it comes straight from the provider.
const OLDEST: Duration = Duration::from_mins(10);

/// The tenant of private accounts at Microsoft, whose addresses are verified there.
const MICROSOFT_PRIVATE: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    at_hash: Option<String>,
    tid: Option<String>,
    xms_edov: Option<Value>,
    #[serde(flatten)]
    person: Person,
}

#[derive(Deserialize)]
struct Person {
    email: Option<String>,
    email_verified: Option<Value>,
    name: Option<String>,
    picture: Option<String>,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    person: Person,
}

impl Inner {
    /// Who signed in at an issuer of OpenID Connect.
    pub(super) async fn oidc(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        nonce: &SecretString,
        answer: &Answer,
    ) -> Result<Identity, OAuthError> {
        let token = tokens.id_token.as_ref().ok_or(OAuthError::Answer("there is no id token"))?.expose();
        let (tenant, algorithm) = peek(token);
        let issuer = metadata.issuer_of(tenant.as_deref()).ok_or(OAuthError::IdToken(TokenError::Issuer))?;
        let claims: Claims = self.verify(metadata, &issuer, token).await?;
        // An answer that names its issuer, and a token, are of one issuer.
        if answer.iss.as_ref().is_some_and(|named| *named != claims.iss) {
            return Err(OAuthError::Issuer);
        }
        self.check(&claims, nonce, tokens, algorithm)?;
        let subject = identity::subject(&claims.sub).ok_or(OAuthError::Answer("the subject is none"))?;
        let mut person = claims.person;
        if person.email.is_none()
            && let Some(url) = &metadata.userinfo_endpoint
        {
            let info: UserInfo = self.calls.get("its user info", url, Some(&tokens.access_token)).await?;
            // Somebody else's, by a token that was swapped (section 5.3.2).
            if info.sub != claims.sub {
                return Err(OAuthError::Foreign("sub"));
            }
            person = Person {
                name: person.name.or(info.person.name),
                picture: person.picture.or(info.person.picture),
                ..info.person
            };
        }
        let (email, mut email_verified) =
            identity::email(person.email.as_deref(), person.email_verified.as_ref());
        if matches!(self.provider.kind, Kind::Microsoft { .. }) {
            // There an administrator may write any address into an account.
            let is_owned = match &claims.xms_edov {
                Some(Value::Number(number)) => number.as_u64() == Some(1),
                Some(Value::String(text)) if text == "1" => true,
                other => identity::is_true(other.as_ref()),
            };
            let is_private = claims.tid.as_deref() == Some(MICROSOFT_PRIVATE);
            email_verified = email.is_some() && (is_owned || is_private);
        }
        let name = person
            .name
            .as_deref()
            .and_then(identity::name)
            .or_else(|| apple_name(&self.provider.kind, answer));
        Ok(Identity {
            provider: self.provider.id.to_string(),
            issuer: claims.iss,
            subject,
            email,
            email_verified,
            name,
            avatar_url: person.picture.as_deref().and_then(identity::avatar_url),
        })
    }

    async fn verify(&self, metadata: &Metadata, issuer: &str, token: &str) -> Result<Claims, OAuthError> {
        let verifier = Verifier::new(issuer, &*self.provider.client_id)
            .with_algorithms([Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256])
            .with_max_age(OLDEST)
            .with_clock(self.clock.clone());
        let load = async || {
            let jwks: Jwks = self.calls.get("its keys", &metadata.jwks_uri, None).await?;
            let keys = jwks.verifying_keys();
            if keys.is_empty() {
                Err(OAuthError::Answer("its keys hold none that is known"))
            } else {
                Ok(keys)
            }
        };
        let keys = self.jwks.get(load).await?;
        match verifier.verify(token, &*keys) {
            Err(TokenError::UnknownKey) => {
                let keys = self.jwks.newer(&keys, load).await.ok_or(TokenError::UnknownKey)?;
                Ok(verifier.verify(token, &*keys)?)
            }
            outcome => Ok(outcome?),
        }
    }

    fn check(
        &self,
        claims: &Claims,
        nonce: &SecretString,
        tokens: &Tokens,
        algorithm: Option<Algorithm>,
    ) -> Result<(), OAuthError> {
        if !claims.nonce.as_ref().is_some_and(|said| constant_time_eq(said, nonce.expose())) {
            return Err(OAuthError::Foreign("nonce"));
        }
        let several = matches!(&claims.aud, Audience::Several(all) if all.len() > 1);
        match &claims.azp {
            Some(azp) if **azp != *self.provider.client_id => return Err(OAuthError::Foreign("azp")),
            None if several => return Err(OAuthError::Foreign("azp")),
            _ => {}
        }
        if let Some(said) = &claims.at_hash {
            let hash = match algorithm {
                Some(Algorithm::EdDsa) => &digest::SHA512,
                _ => &digest::SHA256,
            };
            let hash = digest::digest(hash, tokens.access_token.expose().as_bytes());
            let half = base64url::encode(hash.as_ref().split_at(hash.as_ref().len() / 2).0);
            if !constant_time_eq(said, half) {
                return Err(OAuthError::Foreign("at_hash"));
            }
        }
        Ok(())
    }
}

/// What a token says of its tenant and its algorithm, which is believed only after it was verified by both.
fn peek(token: &str) -> (Option<String>, Option<Algorithm>) {
    fn read<T: serde::de::DeserializeOwned>(part: Option<&str>) -> Option<T> {
        let part = part.filter(|part| part.len() <= crate::jwt::MAX_TOKEN_LENGTH)?;
        serde_json::from_slice(&base64url::decode(part)?).ok()
    }

    #[derive(Deserialize)]
    struct Head {
        alg: String,
    }

    #[derive(Deserialize)]
    struct Tenant {
        tid: String,
    }

    let mut parts = token.split('.');
    let head: Option<Head> = read(parts.next());
    let tenant: Option<Tenant> = read(parts.next());
    (tenant.map(|tenant| tenant.tid), head.and_then(|head| Algorithm::of_name(&head.alg)))
}

/// The name that Apple tells once, beside the code. It is the user's own word.
fn apple_name(kind: &Kind, answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Name {
        first_name: Option<String>,
        last_name: Option<String>,
    }

    #[derive(Deserialize)]
    struct User {
        name: Name,
    }

    let text =
        answer.user.as_deref().filter(|text| text.len() <= 4_096 && matches!(kind, Kind::Apple { .. }))?;
    let Name { first_name, last_name } = serde_json::from_str::<User>(text).ok()?.name;
    identity::name(&format!("{} {}", first_name.unwrap_or_default(), last_name.unwrap_or_default()))
}
