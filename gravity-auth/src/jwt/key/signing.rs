//! [`SigningKey`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use gravity_core::{Secret, SecretString};
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use ring::{digest, hmac};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::pem::{self, Label};
use super::{KeyError, VerifyingKey};
use crate::jwt::{Algorithm, base64url};

/// A key that signs tokens. Cheap to clone; it never prints.
///
/// Its name, the `kid` of its tokens, is made from the key itself (RFC 7638), so that every node calls one
/// key the same. The bytes it was read from are wiped when the last clone is dropped. What `ring` works
/// out from them is not, for `ring` has no way to.
///
/// ```
/// use gravity_auth::jwt::{Algorithm, SigningKey};
///
/// let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
/// let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
/// assert_eq!(again.id(), key.id());
/// ```
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    pair: Pair,
    public: VerifyingKey,
    /// PKCS#8; PKCS#1 of an RSA key that came so; the secret of HS256.
    document: Secret<Vec<u8>>,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Hmac(hmac::Key),
}

/// How many bytes a secret for HS256 has at least, and one that is made here.
const SECRET: usize = 32;

impl SigningKey {
    /// A new key: for `EdDSA`, `ES256` and `HS256`. RSA keys are made elsewhere and read.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let document = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            Algorithm::Rs256 => return Err(KeyError::NotMadeHere(algorithm)),
            Algorithm::Hs256 => {
                let mut secret = Zeroizing::new([0; SECRET]);
                random.fill(&mut *secret).map_err(|_| KeyError::Failed)?;
                return Self::from_secret(&*secret);
            }
        };
        Self::from_pkcs8(document.map_err(|_| KeyError::Failed)?.as_ref())
    }

    /// Reads a key file: PEM of PKCS#8 or, for RSA, of PKCS#1. Its algorithm is that of its content.
    pub fn from_pem(pem: &SecretString) -> Result<Self, KeyError> {
        match pem::read(pem.expose())? {
            (Label::Pkcs8, der) => Self::from_pkcs8(&der),
            (Label::Rsa, der) => Self::from_rsa_der(&der),
        }
    }

    /// Reads PKCS#8 in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            let public = VerifyingKey::ed25519(pair.public_key().as_ref())?;
            return Ok(Self::of(Pair::Ed25519(pair), public, der));
        }
        let random = SystemRandom::new();
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random) {
            let public = VerifyingKey::p256(pair.public_key().as_ref())?;
            return Ok(Self::of(Pair::P256(pair), public, der));
        }
        Self::of_rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Document)?, der)
    }

    /// Reads an RSA key: PKCS#1 in DER.
    pub fn from_rsa_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::of_rsa(RsaKeyPair::from_der(der).map_err(|_| KeyError::Document)?, der)
    }

    fn of_rsa(pair: RsaKeyPair, der: &[u8]) -> Result<Self, KeyError> {
        let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
        let public = VerifyingKey::rsa(&public.n, &public.e).map_err(|_| KeyError::Document)?;
        Ok(Self::of(Pair::Rsa(pair), public, der))
    }

    /// A key for HS256: at least 32 bytes that nobody can guess. It has no PEM.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SECRET {
            return Err(KeyError::TooShort);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self::of(Pair::Hmac(key.clone()), VerifyingKey::hmac(key), secret))
    }

    fn of(pair: Pair, public: VerifyingKey, document: &[u8]) -> Self {
        Self(Arc::new(Inner { pair, public, document: Secret::new(document.to_vec()) }))
    }

    /// The key as a key file. `None` for a secret of HS256 and for an RSA key that came as PKCS#1.
    pub fn to_pem(&self) -> Option<SecretString> {
        let is_pkcs8 = match &self.0.pair {
            Pair::Hmac(_) => false,
            Pair::Rsa(_) => RsaKeyPair::from_pkcs8(self.document()).is_ok(),
            Pair::Ed25519(_) | Pair::P256(_) => true,
        };
        is_pkcs8.then(|| pem::write(self.document()))
    }

    /// What the key was read from; [`from_document`](Self::from_document) reads it.
    pub(in crate::jwt) fn document(&self) -> &[u8] {
        self.0.document.expose()
    }

    /// Reads what [`document`](Self::document) gave for a key of this algorithm.
    pub(in crate::jwt) fn from_document(algorithm: Algorithm, document: &[u8]) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Hs256 => Self::from_secret(document)?,
            Algorithm::Rs256 => Self::from_pkcs8(document).or_else(|_| Self::from_rsa_der(document))?,
            Algorithm::EdDsa | Algorithm::Es256 => Self::from_pkcs8(document)?,
        };
        if key.algorithm() == algorithm { Ok(key) } else { Err(KeyError::Document) }
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.0.public.algorithm()
    }

    /// Its name: for a public algorithm the thumbprint of the public key (RFC 7638).
    pub fn id(&self) -> &str {
        self.0.public.id()
    }

    /// The key that verifies what this one signs. For HS256 it signs as well, and is as secret.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.0.public
    }

    /// Appends a dot and the signature of the text, in base64url.
    pub(in crate::jwt) fn sign_onto(&self, text: &mut String) -> Result<(), KeyError> {
        let message = text.as_bytes();
        match &self.0.pair {
            Pair::Ed25519(pair) => {
                let signature = pair.sign(message);
                text.push('.');
                base64url::encode_onto(signature, text);
            }
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Failed)?;
                text.push('.');
                base64url::encode_onto(signature, text);
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| KeyError::Failed)?;
                text.push('.');
                base64url::encode_onto(signature, text);
            }
            Pair::Hmac(key) => {
                let signature = hmac::sign(key, message);
                text.push('.');
                base64url::encode_onto(signature, text);
            }
        }
        Ok(())
    }
}

/// A name for a secret that tells nothing of it to who does not have it.
pub(super) fn secret_id(key: &hmac::Key) -> String {
    let tag = hmac::sign(key, b"gravity jwt key id 1");
    base64url::encode(tag.as_ref().get(..16).unwrap_or_default())
}

/// The SHA-256 of a JWK's required members in their order (RFC 7638).
pub(super) fn thumbprint(canonical: &str) -> String {
    base64url::encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

/// As a setting, a key is the text of its key file.
impl<'de> Deserialize<'de> for SigningKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_pem(&SecretString::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for SigningKey {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SigningKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        SecretString::json_schema(generator)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
