//! [`TotpAlgorithm`].

use ring::hmac;
use serde::{Deserialize, Serialize};

/// The hash below a one-time password.
///
/// Many apps know SHA-1 only, and take a key for another one as if it were for SHA-1. That SHA-1 has collisions does
/// not matter in an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TotpAlgorithm {
    /// HMAC with SHA-1: what every app knows.
    #[default]
    #[serde(rename = "SHA1")]
    Sha1,
    /// HMAC with SHA-256.
    #[serde(rename = "SHA256")]
    Sha256,
    /// HMAC with SHA-512.
    #[serde(rename = "SHA512")]
    Sha512,
}

impl TotpAlgorithm {
    /// The name in a key's address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// How many bytes a new secret has: as many as the hash (RFC 4226, section 4).
    pub(super) const fn secret_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn key(self, secret: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, secret)
    }
}
