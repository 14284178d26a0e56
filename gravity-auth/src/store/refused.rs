//! [`Refused`]: why a store did nothing.

use gravity_core::Error;

/// Why a store did nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Another user has this address.
    #[error("another user has this address")]
    EmailTaken,
    /// Another user has this name.
    #[error("another user has this name")]
    NameTaken,
    /// It would leave nobody who may do everything.
    #[error("somebody has to be super admin")]
    LastAdmin,
    /// The account at the provider lets somebody in already, or the user has another one of the provider.
    #[error("the account lets somebody in already, or there is another one")]
    AccountTaken,
    /// It would leave the user no way to sign in.
    #[error("it is the user's last way in")]
    LastWayIn,
    /// It would leave nobody who looks after the organisation.
    #[error("somebody has to be owner")]
    LastOwner,
    /// There is one of this name already.
    #[error("there is one of this name already")]
    Exists,
    /// Others have it, or build on it.
    #[error("others have it, or build on it")]
    InUse,
    /// It would build on itself.
    #[error("it would build on itself")]
    Circle,
    /// There are as many as there may be.
    #[error("there are as many as there may be")]
    TooMany,
    /// What must be so is not so, or not any more.
    #[error("somebody else was faster")]
    Stale,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Refused {
    /// The failure behind it. Of what refuses nothing, a refusal is a fault of ours.
    pub(crate) fn into_failure(self) -> Error {
        match self {
            Self::Failed(error) => error,
            refused => Error::internal(refused),
        }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<gravity_core::db::Error> for Refused {
    fn from(error: gravity_core::db::Error) -> Self {
        if error.is_unique_violation_on("auth_users", &["email_key"]) {
            Self::EmailTaken
        } else if error.is_unique_violation_on("auth_users", &["user_name_key"]) {
            Self::NameTaken
        } else {
            Self::Failed(error.into())
        }
    }
}
