//! [`VerifyingKey`].

use std::fmt;
use std::sync::Arc;

use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::KeyError;
use super::remembered::Remembered;
use super::signing::{secret_id, thumbprint};
use crate::jwt::{Algorithm, Jwk, base64url};

/// A key that verifies tokens. It is of one algorithm, whatever a token says.
#[derive(Clone)]
pub struct VerifyingKey {
    id: Box<str>,
    public: Public,
    remembered: Option<Arc<Remembered>>,
}

#[derive(Clone)]
enum Public {
    Ed25519([u8; 32]),
    /// A point that is not compressed: 4, x, y.
    P256([u8; 65]),
    Rsa(RsaPublicKeyComponents<Box<[u8]>>),
    Hmac(hmac::Key),
}

impl VerifyingKey {
    pub(super) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let x: [u8; 32] = x.try_into().map_err(|_| KeyError::Jwk)?;
        Ok(Self::named(Public::Ed25519(x)))
    }

    pub(super) fn p256(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; 65] = point.try_into().map_err(|_| KeyError::Jwk)?;
        if point[0] != 4 {
            return Err(KeyError::Jwk);
        }
        Ok(Self::named(Public::P256(point)))
    }

    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        // Numbers without leading zeros (RFC 7518, section 6.3.1); the top bit of the first byte tells the size.
        let bits = match n {
            [first, rest @ ..] if *first != 0 => 8 * rest.len() + 8 - first.leading_zeros() as usize,
            _ => 0,
        };
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let exponent_is_sound = (1..=4).contains(&e.len()) && e[0] != 0 && is_odd(e) && *e != [1];
        if !(2048..=8192).contains(&bits) || !is_odd(n) || !exponent_is_sound {
            return Err(KeyError::Jwk);
        }
        Ok(Self::named(Public::Rsa(RsaPublicKeyComponents { n: n.into(), e: e.into() })))
    }

    pub(super) fn hmac(key: hmac::Key) -> Self {
        Self { id: secret_id(&key).into(), public: Public::Hmac(key), remembered: None }
    }

    fn named(public: Public) -> Self {
        let mut key = Self { id: Box::default(), public, remembered: None };
        key.id = key.thumbprint().unwrap_or_default().into();
        key
    }

    /// Reads a published key. Its name is its `kid`; where it has none, its thumbprint.
    ///
    /// A secret (`kty` is `oct`) is refused: what is published is no secret. So is a key for encryption, and
    /// one of an algorithm that is not known here.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::Jwk);
        }
        let part = |part: &Option<String>| {
            part.as_deref().filter(|text| text.len() <= 2048).and_then(base64url::decode).ok_or(KeyError::Jwk)
        };
        let mut key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Self::ed25519(&part(&jwk.x)?)?,
            ("EC", Some("P-256")) => Self::p256(&[&[4][..], &part(&jwk.x)?, &part(&jwk.y)?].concat())?,
            ("RSA", _) => Self::rsa(&part(&jwk.n)?, &part(&jwk.e)?)?,
            _ => return Err(KeyError::Jwk),
        };
        if jwk.alg.as_deref().is_some_and(|name| name != key.algorithm().name()) {
            return Err(KeyError::Jwk);
        }
        if let Some(id) = &jwk.kid {
            key.id = id.as_str().into();
        }
        Ok(key)
    }

    /// The key as it is published. `None` for a secret.
    pub fn to_jwk(&self) -> Option<Jwk> {
        let mut jwk = Jwk {
            usage: Some("sig".to_owned()),
            alg: Some(self.algorithm().name().to_owned()),
            kid: Some(self.id.to_string()),
            ..Jwk::default()
        };
        let encode = |bytes: &[u8]| Some(base64url::encode(bytes));
        match &self.public {
            Public::Ed25519(x) => {
                "OKP".clone_into(&mut jwk.kty);
                (jwk.crv, jwk.x) = (Some("Ed25519".to_owned()), encode(x));
            }
            Public::P256(point) => {
                "EC".clone_into(&mut jwk.kty);
                (jwk.crv, jwk.x, jwk.y) =
                    (Some("P-256".to_owned()), encode(&point[1..33]), encode(&point[33..]));
            }
            Public::Rsa(key) => {
                "RSA".clone_into(&mut jwk.kty);
                (jwk.n, jwk.e) = (encode(&key.n), encode(&key.e));
            }
            Public::Hmac(_) => return None,
        }
        Some(jwk)
    }

    /// The thumbprint of the public key (RFC 7638, RFC 8037). `None` for a secret, whose hash is nobody's.
    pub fn thumbprint(&self) -> Option<String> {
        let encode = |bytes: &[u8]| base64url::encode(bytes);
        let canonical = match &self.public {
            Public::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x)),
            Public::P256(point) => {
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Public::Rsa(key) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(&key.e), encode(&key.n))
            }
            Public::Hmac(_) => return None,
        };
        Some(thumbprint(&canonical))
    }

    /// The name that tokens call it by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it verifies.
    pub const fn algorithm(&self) -> Algorithm {
        match &self.public {
            Public::Ed25519(_) => Algorithm::EdDsa,
            Public::P256(_) => Algorithm::Es256,
            Public::Rsa(_) => Algorithm::Rs256,
            Public::Hmac(_) => Algorithm::Hs256,
        }
    }

    /// The same key, which remembers the signatures that it has found good, 14,000 at most, and so do its copies.
    ///
    /// A token is shown again and again, and the check of its signature is most of what it costs.
    pub fn remembering(mut self) -> Self {
        // A checksum costs no more than to look for it.
        if self.algorithm() != Algorithm::Hs256 {
            self.remembered.get_or_insert_default();
        }
        self
    }

    /// Whether this is the key's signature of the message.
    pub(crate) fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.remembered {
            Some(remembered) => remembered.or_check(message, signature, || self.check(message, signature)),
            None => self.check(message, signature),
        }
    }

    fn check(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok(),
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Public::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok(),
            Public::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
