//! [`KeyError`].

use crate::jwt::Algorithm;

/// Why something is no key. It never says what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is no PEM of one private key.
    #[error("a key is one PEM block, `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY`")]
    Pem,
    /// The key is encrypted with a passphrase, which is not supported.
    #[error("the key is encrypted: decrypt it with `openssl pkcs8 -in KEY -topk8 -nocrypt`")]
    Encrypted,
    /// The key is in SEC 1 form.
    #[error("the key is in SEC 1 form: convert it with `openssl pkcs8 -in KEY -topk8 -nocrypt`")]
    Sec1,
    /// The bytes are no PKCS#8 of a key that can be used.
    #[error(
        "the key is no PKCS#8 of an Ed25519 key, a P-256 key with its public part, or an RSA key of 2048 to 4096 bits"
    )]
    Document,
    /// A secret for HS256 has less than 32 bytes.
    #[error("a secret for HS256 has at least 32 bytes")]
    TooShort,
    /// A published key is not one that tokens can be verified with.
    #[error("the JWK is no public key of EdDSA, ES256 or RS256 (2048 to 8192 bits) for signatures")]
    Jwk,
    /// A key of this algorithm is made elsewhere, and read.
    #[error("keys of {0} are not made here: make one with `openssl genpkey` and read it")]
    NotMadeHere(Algorithm),
    /// The system gives no random bytes, or the signature could not be computed.
    #[error("the key could not be made or used")]
    Failed,
}
