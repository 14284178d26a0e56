//! [`DpopError`].

/// Why a proof was refused: for the log. A client learns that it is invalid (`invalid_dpop_proof`), and of a nonce that
/// is wanted (`use_dpop_nonce`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// It is no token of three parts in base64url, or too long.
    #[error("the proof is no compact JWS")]
    Form,
    /// Its header is not that of a proof with a public key.
    #[error("the header of the proof is not acceptable")]
    Header,
    /// Its key is none that is taken, or is of another algorithm than it says, or is private.
    #[error("the key of the proof is not acceptable")]
    Key,
    /// The signature does not hold.
    #[error("the signature of the proof does not hold")]
    Signature,
    /// A claim is missing, or not of the form it has to have.
    #[error("the claims of the proof are not acceptable")]
    Claims,
    /// It is for another method.
    #[error("the proof is for another method")]
    Method,
    /// It is for another address.
    #[error("the proof is for another address")]
    Address,
    /// It was made too long ago, or will have been made too far ahead.
    #[error("the proof is not of now")]
    Time,
    /// It is for another access token, or for none.
    #[error("the proof is for another access token")]
    AccessToken,
    /// It does not have the nonce that the server has given.
    #[error("the proof does not have the nonce that was given")]
    Nonce,
    /// It is by another key than the token is bound to.
    #[error("the proof is by another key than the token's")]
    OtherKey,
}
