//! [`CredentialKey`]: keys as authenticators write them (COSE, RFC 9053).

use std::fmt;

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::PasskeyError;
use super::cbor::{self, Map, Value};

/// The public key of a passkey. A store keeps [its bytes](Self::as_bytes).
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialKey {
    cose: Box<[u8]>,
    public: Public,
}

#[derive(Clone, PartialEq, Eq)]
enum Public {
    /// A point that is not compressed: 4, x, y.
    Es256([u8; 65]),
    EdDsa([u8; 32]),
    Rs256 {
        n: Box<[u8]>,
        e: Box<[u8]>,
    },
}

/// The longest key: RSA of 8192 bits and what stands around it.
const LONGEST: usize = 1_200;

impl CredentialKey {
    /// The algorithms that are taken, by their numbers in COSE, the best first: `EdDSA`, ES256, RS256.
    pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

    /// Reads a key in CBOR, and nothing behind it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyError> {
        match Self::first(bytes)? {
            (key, []) => Ok(key),
            _ => Err(PasskeyError::Key),
        }
    }

    /// The key that some bytes begin with, and what follows it.
    pub(super) fn first(bytes: &[u8]) -> Result<(Self, &[u8]), PasskeyError> {
        let (value, rest) = cbor::first(bytes)?;
        let Value::Map(map) = value else { return Err(PasskeyError::Key) };
        let cose = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
        if cose.len() > LONGEST {
            return Err(PasskeyError::Key);
        }
        let public = Public::of(&map).ok_or(PasskeyError::Key)?;
        Ok((Self { cose: cose.into(), public }, rest))
    }

    /// The key as it was read.
    pub fn as_bytes(&self) -> &[u8] {
        &self.cose
    }

    /// Its algorithm, by the number in COSE.
    pub const fn algorithm(&self) -> i64 {
        match self.public {
            Public::EdDsa(_) => -8,
            Public::Es256(_) => -7,
            Public::Rs256 { .. } => -257,
        }
    }

    /// Whether this is the key's signature of the message.
    pub(super) fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.public {
            Public::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Public::EdDsa(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            Public::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.is_ok()
    }
}

impl Public {
    fn of(map: &Map<'_>) -> Option<Self> {
        let number = |name| match map.number(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        };
        let bytes = |name| match map.number(name) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        };
        match (number(1)?, number(3)?) {
            (2, -7) if number(-1) == Some(1) => {
                let (x, y): ([u8; 32], [u8; 32]) = (bytes(-2)?.try_into().ok()?, bytes(-3)?.try_into().ok()?);
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                Some(Self::Es256(point))
            }
            (1, -8) if number(-1) == Some(6) => Some(Self::EdDsa(bytes(-2)?.try_into().ok()?)),
            (3, -257) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                let is_fit =
                    (256..=1_024).contains(&n.len()) && n.first() != Some(&0) && (1..=4).contains(&e.len());
                is_fit.then(|| Self::Rs256 { n: n.into(), e: e.into() })
            }
            _ => None,
        }
    }
}

impl fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialKey").field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}
