//! Organisations: what may happen to them, and how they are read.

use async_trait::async_trait;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use crate::domain::{
    EmailAddress, Invitation, InvitationId, Member, Org, OrgId, OrgName, OrgRole, RoleName, UserId,
};

/// Something that happens to an organisation. Changes of one organisation come one after the other.
///
/// When somebody is suspended or deleted ([`Change::SetStatus`](super::Change::SetStatus)) the invitations that they
/// have made are void. Whoever is deleted is not listed among the members, and leaves when they are purged.
#[derive(Debug, Clone)]
pub enum OrgChange {
    /// Somebody acts in an organisation, which must be there. They must be active, and have at least this role there or
    /// that role of all: whoever changes that comes before or after all of this.
    Act {
        /// Where.
        org: OrgId,
        /// Who.
        user: UserId,
        /// What they must be there at least.
        least: OrgRole,
        /// The role of all by which they look after every organisation, if they do.
        or: Option<RoleName>,
    },
    /// There is a new organisation. Its owner must be active, and in fewer than `most`:
    /// [`TooMany`](super::Refused::TooMany).
    Add {
        /// The organisation.
        org: Org,
        /// Whose it is.
        owner: UserId,
        /// In how many somebody is at most.
        most: u32,
    },
    /// An organisation has another name. It must be there.
    Rename {
        /// Which one.
        org: OrgId,
        /// What it is called.
        name: OrgName,
        /// When.
        at: Timestamp,
    },
    /// An organisation is gone, with its members and invitations. It must be there.
    Remove {
        /// Which one.
        org: OrgId,
    },
    /// Somebody is invited. The organisation must be there; nobody in it may have the address:
    /// [`Exists`](super::Refused::Exists). Another invitation of that address there is void; of others there must be
    /// fewer than `most`: [`TooMany`](super::Refused::TooMany).
    Invite {
        /// The invitation.
        invitation: Box<Invitation>,
        /// How many there are at most.
        most: u32,
    },
    /// An invitation is void. It must be the organisation's.
    Withdraw {
        /// Where to it is.
        org: OrgId,
        /// Which one.
        invitation: InvitationId,
    },
    /// Somebody joins by an invitation, which is used up by that: of several who race one does. It must not have run
    /// out, and be to the address that they have and have verified. They must be active, no member yet
    /// ([`Exists`](super::Refused::Exists)), and in fewer than `most` ([`TooMany`](super::Refused::TooMany)).
    Accept {
        /// Which one.
        invitation: InvitationId,
        /// Who.
        user: UserId,
        /// When.
        at: Timestamp,
        /// In how many somebody is at most.
        most: u32,
    },
    /// A member has another role, or is none any more. They must have the one that it follows. The last owner who is
    /// active stays one: [`LastOwner`](super::Refused::LastOwner). Who gets a lower role or leaves takes along the
    /// invitations they have made.
    SetMember {
        /// Where.
        org: OrgId,
        /// Who.
        user: UserId,
        /// The role they have.
        from: OrgRole,
        /// The role they get; none for who leaves.
        to: Option<OrgRole>,
    },
}

/// Reads organisations.
#[async_trait]
pub trait OrgStore: Send + Sync + 'static {
    /// The organisation.
    async fn org(&self, id: OrgId) -> Result<Option<Org>, Error>;

    /// The organisations of a user and their role there, the newest first.
    async fn orgs_of(&self, user: UserId) -> Result<Vec<(Org, OrgRole)>, Error>;

    /// Somebody in an organisation.
    async fn member(&self, org: OrgId, user: UserId) -> Result<Option<Member>, Error>;

    /// The members in the order of [`MEMBERS`], page by page, either way.
    async fn members(
        &self,
        org: OrgId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Member>, Error>;

    /// The invitations to an organisation that have not run out, the newest first.
    async fn invitations(&self, org: OrgId, now: Timestamp) -> Result<Vec<Invitation>, Error>;

    /// The invitations to an address that have not run out, the newest first, `limit` of them at most.
    async fn invitations_to(
        &self,
        email: &EmailAddress,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error>;

    /// The invitation with one of these checksums, if it has not run out.
    async fn invitation_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<Invitation>, Error>;
}

/// The order of a list of members.
pub const MEMBERS: Keyset = Keyset::new(&[KeyColumn::desc("user_id", KeyKind::Uuid)]);

/// Where a member stands in the order of [`MEMBERS`].
pub fn member_place(member: &Member) -> Vec<KeyValue> {
    vec![member.user.into()]
}
