//! [`Jwks`]: keys as they are published (RFC 7517).

use std::time::Duration;

use gravity_core::http::{ETag, Json, Tagged, WithHeaders};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::VerifyingKey;

/// A published key: public parts alone. Members that are not here are neither read nor written, so that a
/// private part has no way in or out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jwk {
    /// The kind of key: `OKP`, `EC` or `RSA`.
    pub kty: String,
    /// What it is for: `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The algorithm that it is for, and for no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The name that tokens call it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The curve: `Ed25519` or `P-256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The point, or its first coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate of the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

/// The document at `/.well-known/jwks.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jwks {
    /// The keys that tokens may be signed by, the one that will be used next included.
    #[serde(deserialize_with = "known")]
    pub keys: Vec<Jwk>,
}

/// Reads the keys that are of the form known here; others do not spoil the document (RFC 7517, section 5).
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Jwk>, D::Error> {
    let keys = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

/// How many keys of a document are read.
const MOST_KEYS: usize = 64;

impl Jwks {
    /// The document of these keys. Secrets are left out.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().filter_map(VerifyingKey::to_jwk).collect() }
    }

    /// The keys that tokens can be verified with, 64 at most. Others (for encryption, of unknown algorithms,
    /// malformed) are passed over, as RFC 7517 wants it; of two with one name the first is taken.
    pub fn verifying_keys(&self) -> Vec<VerifyingKey> {
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for key in self.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok()).take(MOST_KEYS) {
            if keys.iter().all(|known| known.id() != key.id()) {
                keys.push(key);
            }
        }
        keys
    }

    /// The answer of the route that publishes them: with a tag, so that who has them already is told so, and
    /// with leave for caches to keep them so long. A key must be published longer than that before it signs.
    pub fn answer(self, max_age: Duration) -> Tagged<WithHeaders<Json<Self>>> {
        // Texts and lists of them always serialise.
        let tag = ETag::of_bytes(&serde_json::to_vec(&self).unwrap_or_default());
        let cache = format!("public, max-age={}, must-revalidate", max_age.as_secs());
        let cache = HeaderValue::try_from(cache).unwrap_or(HeaderValue::from_static("no-cache"));
        Tagged(WithHeaders::new(Json(self)).header(CACHE_CONTROL, cache), tag)
    }
}
