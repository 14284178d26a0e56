//! [`Ceremony`].

use std::fmt;

use gravity_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::PasskeyError;
use crate::domain::UserId;

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CeremonyKind {
    /// To make a passkey.
    Registration,
    /// To sign in by one, or to show once more that it is there.
    Authentication,
}

/// A ceremony that was begun: its challenge, and what it is for.
///
/// The caller keeps it where the browser cannot change it, finds it again by what the browser brings, and takes it
/// away in the same step, so that a response is taken once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    pub(super) kind: CeremonyKind,
    pub(super) challenge: String,
    pub(super) user: Option<UserId>,
    pub(super) expires_at: Timestamp,
}

impl Ceremony {
    /// What it is for.
    pub const fn kind(&self) -> CeremonyKind {
        self.kind
    }

    /// Whose it is; `None` for a sign-in of whoever has a passkey.
    pub const fn user(&self) -> Option<UserId> {
        self.user
    }

    /// When it is over.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(super) fn check(&self, kind: CeremonyKind, now: Timestamp) -> Result<(), PasskeyError> {
        if self.kind == kind && now < self.expires_at { Ok(()) } else { Err(PasskeyError::Ceremony) }
    }
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ceremony")
            .field("kind", &self.kind)
            .field("user", &self.user)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
