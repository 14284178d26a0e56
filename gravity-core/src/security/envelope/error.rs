//! [`EnvelopeError`].

use crate::Error;

/// Why a value was not sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It was not sealed by these keys for this place, or was changed since. Which of these is not
    /// said: the difference would help only whoever made it so.
    #[error("the value cannot be opened")]
    Refused,
    /// The keys cannot be reached; trying again may help.
    #[error("the keys cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<EnvelopeError> for Error {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Refused => Self::internal(error),
            EnvelopeError::Unavailable(_) => {
                Self::unavailable("envelope.unavailable", "The service cannot reach its keys at the moment.")
                    .with_source(error)
            }
        }
    }
}
