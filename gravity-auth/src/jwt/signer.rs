//! [`Signer`].

use gravity_core::SecretString;
use serde::Serialize;

use super::{KeyError, SigningKey, base64url};

/// Signs tokens of one type with one key.
///
/// ```
/// use gravity_auth::jwt::{Algorithm, Signer, SigningKey};
///
/// let signer = Signer::new(SigningKey::generate(Algorithm::EdDsa).unwrap(), "JWT");
/// let token = signer.sign(&serde_json::json!({ "sub": "42", "exp": 1_900_000_000 })).unwrap();
/// assert_eq!(token.expose().split('.').count(), 3);
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    key: SigningKey,
    /// The header, encoded, and the dot behind it.
    start: Box<str>,
}

impl Signer {
    /// Signs with this key, and says that the tokens are of this type, such as `at+jwt`.
    pub fn new(key: SigningKey, kind: &str) -> Self {
        let header = serde_json::json!({ "alg": key.algorithm().name(), "kid": key.id(), "typ": kind });
        let start = base64url::encode(header.to_string()) + ".";
        Self { key, start: start.into() }
    }

    /// The token of these claims. Fails where they do not serialise, or the system gives no random bytes.
    pub fn sign(&self, claims: &impl Serialize) -> Result<SecretString, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Failed)?;
        sign_after(&self.key, &self.start, &claims)
    }

    /// The key that signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// The token of a header and claims as they are.
#[cfg(feature = "client")]
pub(crate) fn sign_parts(key: &SigningKey, header: &[u8], claims: &[u8]) -> Result<SecretString, KeyError> {
    sign_after(key, &(base64url::encode(header) + "."), claims)
}

fn sign_after(key: &SigningKey, start: &str, claims: &[u8]) -> Result<SecretString, KeyError> {
    // Room for the claims by four thirds and for a signature by an RSA key.
    let mut text = String::with_capacity(start.len() + claims.len() / 3 * 4 + 700);
    text.push_str(start);
    base64url::encode_onto(claims, &mut text);
    key.sign_onto(&mut text)?;
    Ok(SecretString::new(text))
}
