//! [`PasskeyError`].

/// Why a passkey was neither made nor believed: for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasskeyError {
    /// The settings of the site make no sense.
    #[error("the settings of the site are wrong: {0}")]
    Config(&'static str),
    /// Something is not what it has to be, or too long.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// The ceremony was begun too long ago, or for something else.
    #[error("the ceremony is over, or was another")]
    Ceremony,
    /// The response is for another challenge.
    #[error("the response is for another challenge")]
    Challenge,
    /// The response was made on another page.
    #[error("the response was made at another origin")]
    Origin,
    /// The response is for another site.
    #[error("the response is for another site")]
    Site,
    /// Nobody touched the authenticator.
    #[error("the user was not present")]
    NotPresent,
    /// The authenticator was asked to verify its user, and did not.
    #[error("the user was not verified")]
    NotVerified,
    /// The key is of an algorithm that was not asked for, or is no key.
    #[error("the key of the credential is not one that is taken")]
    Key,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The response is of another credential, or of another user's.
    #[error("the response is of another credential")]
    Credential,
    /// The counter did not grow: the authenticator may have been copied.
    #[error("the counter of the authenticator did not grow")]
    Counter,
}
