//! Access tokens: signed, verified, and the keys for both.
//!
//! | To | take |
//! |---|---|
//! | sign and publish, on many nodes | [`KeySet`] over a [`KeyStore`] |
//! | say who calls, where the tokens are made | [`BearerTokens::local`] |
//! | say who calls, on another machine | `BearerTokens::remote` over `RemoteKeys` (feature `client`) |
//! | call tokens back before their time | [`RevocationList`] |
//! | verify any other JWT, such as an id token of another issuer | [`Verifier`] |
//! | make and read refresh tokens | [`RefreshTokens`] |
//!
//! Tokens are compact JWS (RFC 7515) and nothing else. The algorithm is a property of the key that the
//! `kid` names; what the header says must agree with it and decides nothing.

mod algorithm;
pub(crate) mod base64url;
mod bearer;
mod claims;
mod error;
mod header;
mod jwks;
mod key;
mod keys;
mod numeric_date;
mod refresh;
#[cfg(feature = "client")]
mod remote;
mod revocation;
mod signer;
mod strict;
mod verifier;

pub use algorithm::Algorithm;
pub use bearer::{BearerTokens, INVALID_TOKEN, KEYS_UNAVAILABLE};
pub use claims::{AccessClaims, Actor, Audience, Confirmation};
pub use error::TokenError;
pub use jwks::{Jwk, Jwks};
pub use key::{KeyError, SigningKey, VerifyingKey};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use keys::SqlKeyStore;
pub use keys::{KeyRow, KeySet, KeySetConfig, KeySetError, KeyStage, KeyStore, MemoryKeyStore};
pub use numeric_date::NumericDate;
pub use refresh::{RefreshToken, RefreshTokens, WrongRefreshToken};
#[cfg(feature = "client")]
pub use remote::{RemoteKeys, RemoteKeysConfig};
pub use revocation::{RevocationList, Revocations};
pub use signer::Signer;
#[cfg(feature = "client")]
pub(crate) use signer::sign_parts;
pub use verifier::{KeyLookup, MAX_TOKEN_LENGTH, Verifier};
