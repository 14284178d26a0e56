//! [`Refusal`].

use gravity_core::Error;

use crate::AuthError;

/// Why a hook lets a step not happen.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not wanted, for this reason. Whoever asked is told: 403 with the code `auth.refused`.
    #[error("{0}")]
    Because(String),
    /// Nobody can say whether it is wanted.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Refusal {
    /// A refusal for this reason, which is told to whoever asked.
    pub fn because(reason: impl Into<String>) -> Self {
        Self::Because(reason.into())
    }
}

impl From<Refusal> for AuthError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Because(reason) => Self::Refused(reason),
            Refusal::Failed(error) => Self::Other(error),
        }
    }
}
