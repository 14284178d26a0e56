//! [`User`]: somebody with an account.

use gravity_core::{Entity, Id, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EmailAddress, PersonName, RoleName, UserName};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// Where mail reaches them. No two users have one address.
    pub email: EmailAddress,
    /// When they have shown that the address is theirs.
    pub email_verified_at: Option<Timestamp>,
    /// The name by which others know them. No two users have one name.
    pub user_name: Option<UserName>,
    /// Their first name.
    pub first_name: Option<PersonName>,
    /// Their last name.
    pub last_name: Option<PersonName>,
    /// What they may do.
    pub role: RoleName,
    /// Whether they may sign in.
    pub status: UserStatus,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When anything of the above last changed.
    pub updated_at: Timestamp,
}

/// The host of the addresses of service accounts, which mail never reaches (RFC 2606).
pub(crate) const SERVICE_HOST: &str = "@service-account.invalid";

impl User {
    /// Somebody new, of whom nothing else is known.
    pub fn new(id: UserId, email: EmailAddress, role: RoleName, now: Timestamp) -> Self {
        Self {
            id,
            email,
            email_verified_at: None,
            user_name: None,
            first_name: None,
            last_name: None,
            role,
            status: UserStatus::Active,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether it is a program's account: nobody signs in to it, and API keys call in its name.
    pub fn is_service_account(&self) -> bool {
        self.email.key().ends_with(SERVICE_HOST)
    }
}

/// The id of a user: `user_01h455vb4pex5vsknk084sn02q`.
pub type UserId = Id<User>;

impl Entity for User {
    const PREFIX: &'static str = "user";
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// They may.
    Active,
    /// They may not until somebody lifts it.
    Suspended,
    /// The account is gone, and what is left of it waits to be purged.
    Deleted,
}

impl UserStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Deleted];

    /// The status as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}
