//! [`PasswordError`].

use std::time::Duration;

use crate::Error;

/// Why a password was neither hashed nor verified. That it does not match is no error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The password is longer than 1,024 bytes.
    #[error("a password has at most 1024 bytes")]
    TooLong,
    /// So many wait already that this one was turned away.
    #[error("too many passwords wait to be hashed")]
    Overloaded {
        /// When there will be room, as far as can be told.
        retry_after: Duration,
    },
    /// The stored hash is no PHC string of Argon2.
    #[error("the stored password hash is malformed")]
    Malformed,
    /// The stored hash asks for more work than any of ours would.
    #[error("the stored password hash asks for too much work")]
    Excessive,
    /// The process is stopping, or the system has no memory left.
    #[error("the password was not hashed")]
    Interrupted,
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        const BUSY: &str = "Too many people sign in at the moment.";
        match error {
            PasswordError::TooLong => {
                Self::bad_request("password.too_long", "A password has at most 1024 bytes.")
            }
            PasswordError::Overloaded { retry_after } => {
                Self::unavailable("password.overloaded", BUSY).with_retry_after(retry_after)
            }
            PasswordError::Interrupted => Self::unavailable("password.interrupted", BUSY).with_source(error),
            PasswordError::Malformed | PasswordError::Excessive => Self::internal(error),
        }
    }
}
