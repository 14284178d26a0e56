//! [`Algorithm`].

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a token is signed. Which one it is, is a property of the key.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8037): the default. Small, fast to sign, and without choices that can go wrong.
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256, for readers that know no Ed25519.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA of 2048 bits or more, PKCS#1 v1.5, with SHA-256: for readers that know nothing else.
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256: whoever can verify can also sign, so its keys are never published.
    #[serde(rename = "HS256")]
    Hs256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Hs256];

    /// The name in a token's header, exactly.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm of exactly this name. There is none called `none`.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether verifying takes another key than signing, one that may be published.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Hs256)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
