//! [`PasskeyStore`] and [`PasskeyChange`]: passkeys, read and changed.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::WaysIn;
use crate::domain::{PasskeyId, PasskeyName, UserId, UserPasskey};
use crate::passkey::CredentialId;

/// Reads passkeys. What happens to them is a [`PasskeyChange`].
#[async_trait]
pub trait PasskeyStore: Send + Sync + 'static {
    /// The user's passkeys, the newest first.
    async fn passkeys(&self, user: UserId) -> Result<Vec<UserPasskey>, Error>;

    /// The passkey of this credential, whoever has it.
    async fn passkey(&self, credential: &CredentialId) -> Result<Option<UserPasskey>, Error>;
}

/// Something that happens to a passkey. Where what must be so is not so, the store answers
/// [`Refused::Stale`](super::Refused::Stale), unless another answer is named.
#[derive(Debug, Clone)]
pub enum PasskeyChange {
    /// A user has another passkey. They must be active and have less than `most`:
    /// [`TooMany`](super::Refused::TooMany). Nobody may have its credential: [`Exists`](super::Refused::Exists).
    Add {
        /// The passkey.
        passkey: UserPasskey,
        /// How many a user has at most.
        most: u32,
    },
    /// A passkey was used. It must be the user's, who must be active, and its counter must be the one that was checked: of
    /// several callers one uses it, where it counts.
    Use {
        /// Whose it is.
        user: UserId,
        /// Which one.
        passkey: PasskeyId,
        /// The counter that was checked.
        from: u32,
        /// The counter that it has by now.
        to: u32,
        /// Whether it is on other devices by now.
        backed_up: bool,
        /// When.
        at: Timestamp,
    },
    /// A passkey is called something else. It must be the user's.
    Rename {
        /// Whose it is.
        user: UserId,
        /// Which one.
        passkey: PasskeyId,
        /// What its owner calls it.
        name: PasskeyName,
    },
    /// A passkey is good no more. It must be the user's, who must be active, and must have a password or one of these
    /// ways in left: [`LastWayIn`](super::Refused::LastWayIn). Remembered devices go with it and, where no other second factor is
    /// left, recovery codes.
    Remove {
        /// Whose it is.
        user: UserId,
        /// Which one.
        passkey: PasskeyId,
        /// What lets people in besides.
        ways: WaysIn,
    },
    /// All passkeys of a user are good no more, for they have lost them: mail lets them in. There may be none; the user
    /// must not be deleted. What else goes is as for one.
    RemoveAll {
        /// Whose they are.
        user: UserId,
    },
}
