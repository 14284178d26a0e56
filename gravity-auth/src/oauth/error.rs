//! [`OAuthError`].

use gravity_core::resilience::outgoing::OutgoingError;

use crate::jwt::TokenError;

/// Why nobody was signed in by a provider: for the log. None of it holds a code, a token or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// The settings of a provider make no sense.
    #[error("the settings of the provider are wrong: {0}")]
    Config(&'static str),
    /// The answer does not belong to a sign-in that this browser has begun here.
    #[error("the answer belongs to no sign-in of this browser")]
    State,
    /// It took too long to come back.
    #[error("the sign-in was begun too long ago")]
    Expired,
    /// The answer comes from another issuer than the one that was asked (RFC 9207).
    #[error("the answer comes from another issuer")]
    Issuer,
    /// The provider, or its user, has refused. Holds the code of RFC 6749, if it is one.
    #[error("the provider answered with an error: {0}")]
    Refused(Box<str>),
    /// The answer has no code.
    #[error("the answer holds no code")]
    NoCode,
    /// The provider cannot be reached, or did not answer in time.
    #[error("the provider cannot be called")]
    Unreachable(#[source] OutgoingError),
    /// The provider answered with a status that is none of success.
    #[error("the provider answered {0} to {1}")]
    Status(u16, &'static str),
    /// The provider's answer is not what it has to be.
    #[error("the provider's answer makes no sense: {0}")]
    Answer(&'static str),
    /// The id token does not hold.
    #[error("the id token was refused: {0}")]
    IdToken(#[from] TokenError),
    /// The id token holds, and is for another sign-in.
    #[error("the id token is of another sign-in: {0}")]
    Foreign(&'static str),
}

impl OAuthError {
    /// Whether the same may succeed later, for nothing was wrong with what the browser brought.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_retryable(),
            Self::Status(status, _) => *status >= 500 || *status == 429,
            Self::IdToken(error) => *error == TokenError::KeysUnavailable,
            _ => false,
        }
    }
}
