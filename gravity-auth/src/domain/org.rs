//! [`Org`]: people who work together, and what each may do there.

use std::str::FromStr;

use gravity_core::security::mac::Mac;
use gravity_core::{Entity, Id, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EmailAddress, Line, UserId};

/// People who work together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Org {
    /// Which one it is.
    pub id: OrgId,
    /// What it is called.
    pub name: OrgName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The name of an organisation.
pub type OrgName = Line<100>;

/// The id of an organisation: `org_01h455vb4pex5vsknk084sn02q`.
pub type OrgId = Id<Org>;

impl Entity for Org {
    const PREFIX: &'static str = "org";
}

/// What a member may do in an organisation: each what those before may, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrgRole {
    /// Sees it and its members.
    Member,
    /// Renames it, invites, and manages members who are no owners.
    Admin,
    /// Manages owners too, and deletes it.
    Owner,
}

impl OrgRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The role as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

/// A text is no role in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role in an organisation is `member`, `admin` or `owner`")]
pub struct OrgRoleError;

impl FromStr for OrgRole {
    type Err = OrgRoleError;

    fn from_str(text: &str) -> Result<Self, OrgRoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(OrgRoleError)
    }
}

/// Somebody in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Where.
    pub org: OrgId,
    /// Who.
    pub user: UserId,
    /// What they may do there.
    pub role: OrgRole,
    /// Since when.
    pub joined_at: Timestamp,
}

/// Somebody is asked to join an organisation: whoever has this address, and nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which one it is.
    pub id: InvitationId,
    /// Where to.
    pub org: OrgId,
    /// Who has this address.
    pub email: EmailAddress,
    /// What they may do there.
    pub role: OrgRole,
    /// The checksum of the token that was sent.
    pub mac: Mac,
    /// Who asks.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// The id of an invitation: `invitation_01h455vb4pex5vsknk084sn02q`.
pub type InvitationId = Id<Invitation>;

impl Entity for Invitation {
    const PREFIX: &'static str = "invitation";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in OrgRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("Owner".parse::<OrgRole>(), Err(OrgRoleError));
        assert!(OrgRole::Member < OrgRole::Admin && OrgRole::Admin < OrgRole::Owner);
    }
}
