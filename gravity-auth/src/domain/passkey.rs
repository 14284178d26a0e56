//! [`UserPasskey`]: a passkey and whose it is.

use gravity_core::{Entity, Id, Timestamp};

use super::{Line, Method, UserId};
use crate::passkey::{Ceremony, Passkey};

/// A passkey of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPasskey {
    /// Which one it is.
    pub id: PasskeyId,
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub name: PasskeyName,
    /// What its authenticator has made. No two passkeys have one credential.
    pub passkey: Passkey,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// The id of a passkey: `passkey_01h455vb4pex5vsknk084sn02q`.
pub type PasskeyId = Id<UserPasskey>;

/// What a passkey is called: up to 100 characters.
pub type PasskeyName = Line<100>;

impl Entity for UserPasskey {
    const PREFIX: &'static str = "passkey";
}

impl UserPasskey {
    /// What somebody shows who uses it (RFC 8176): a key that stays on its device, or one that may be copied, and that
    /// they were there.
    pub const fn methods(&self) -> [Method; 2] {
        [if self.passkey.backup_eligible { Method::Swk } else { Method::Hwk }, Method::User]
    }
}

/// The id of a ceremony: once it is written down, the ceremony is over.
pub type CeremonyId = Id<Ceremony>;

impl Entity for Ceremony {
    const PREFIX: &'static str = "ceremony";
}
