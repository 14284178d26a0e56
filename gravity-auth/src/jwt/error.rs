//! [`TokenError`]: why a token was refused.

use super::Algorithm;

/// Why a token was refused: for the log. A client learns [`TokenError::CODE`] and no more, for the
/// difference would help most whoever made the token up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than any token of ours or of a sane issuer.
    #[error("the token has {0} bytes, which is too long")]
    TooLong(usize),
    /// It has not three parts between dots.
    #[error("the token is no compact JWS of three parts")]
    Form,
    /// One of its parts is not base64url in its one form.
    #[error("the token's {0} is not base64url in canonical form")]
    Base64(&'static str),
    /// One of its parts is not the JSON it has to be: no object, a member twice, a NUL, too deep.
    #[error("the token's {0} is not acceptable JSON: {1}")]
    Json(&'static str, String),
    /// Its header has a member that would change how it is read, or bring its own key.
    #[error("the token's header has the member `{0}`, which is refused")]
    HeaderMember(&'static str),
    /// It names no algorithm that is known; `none` is not known.
    #[error("the token's algorithm is not known")]
    UnknownAlgorithm,
    /// It names another algorithm than that of the key, or one that is not allowed here.
    #[error("the token says it is signed by {said}, and its key is one of {key}")]
    WrongAlgorithm {
        /// What the header says.
        said: Algorithm,
        /// What the key is.
        key: Algorithm,
    },
    /// The key is of an algorithm that is not allowed here.
    #[error("tokens signed by {0} are not taken here")]
    AlgorithmNotAllowed(Algorithm),
    /// It is a token of another sort.
    #[error("the token's type is not {0}")]
    WrongType(Box<str>),
    /// It names no key, and there are several.
    #[error("the token names no key")]
    NoKeyId,
    /// It names a key that is not there, or is not used any more.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The keys of the issuer could not be had, or are too old to be believed: nobody's fault that calls.
    #[error("the keys of the issuer cannot be had")]
    KeysUnavailable,
    /// The signature is not that of the key.
    #[error("the token's signature does not hold")]
    Signature,
    /// A claim that has to be there is missing.
    #[error("the token has no claim `{0}`")]
    MissingClaim(&'static str),
    /// A claim has not the form it has to have.
    #[error("the token's claims do not have the form they must have: {0}")]
    Claims(String),
    /// It comes from another issuer.
    #[error("the token is from another issuer")]
    Issuer,
    /// It is meant for others.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not begun.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It says it was issued in the future.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// It was issued too long ago for what it is asked for.
    #[error("the token is older than is allowed here")]
    TooOld,
    /// It is bound to a key of the client's, of which a bearer shows nothing.
    #[error("the token is bound to a key, and was shown without proof of it")]
    Bound,
    /// It, its session or its user was revoked.
    #[error("the token was revoked")]
    Revoked,
}

impl TokenError {
    /// The code that clients are answered with, whatever the reason but one:
    /// [`KeysUnavailable`](Self::KeysUnavailable) says nothing of the token.
    pub const CODE: &'static str = "auth.invalid_token";
}

/// What serde says of a token's JSON, without what the token holds: a claim may be somebody's address.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return text;
    }
    let end = text.find([':', '`']).unwrap_or(text.len());
    let text = text[..end].trim_end();
    if text.contains(" at line ") { text.to_owned() } else { format!("{text} at column {}", error.column()) }
}
