//! Organisations: made, renamed and deleted, with members who come by invitation.

use std::time::Duration;

use gravity_core::audit::{AuditEntry, Origin};
use gravity_core::http::{IntoProblem as _, Rule};
use gravity_core::page::{PageRows, Position};
use gravity_core::{Grants, Id, Permission};
use serde_json::json;

use super::address::check_reach;
use super::authority::Authority;
use super::outbox::{LINK, Letter, link_token};
use crate::domain::{EmailAddress, Invitation, InvitationId, Member, Org, OrgId, OrgName, OrgRole, UserId};
use crate::events::{MemberChanged, MemberInvited, MemberJoined, MemberLeft, OrgCreated, OrgDeleted};
use crate::store::{Change, OrgChange, Refused};
use crate::{Auth, AuthError};

/// To act as an owner in every organisation.
pub const ORGS_MANAGE: Permission = Permission::new("orgs:manage");

/// In how many organisations somebody is at most.
const MOST_ORGS: u32 = 100;
/// How many open invitations an organisation has at most.
const MOST_INVITATIONS: u32 = 200;
/// How long an invitation is good.
const GOOD_FOR: Duration = Duration::from_hours(7 * 24);
const CONTEXT: &str = "auth.invitation";

impl Auth {
    /// Makes an organisation, of which the caller is the owner.
    pub async fn create_org(&self, by: &Authority, name: OrgName, origin: &Origin) -> Result<Org, AuthError> {
        by.caller.in_person()?;
        let (now, owner) = (self.now(), by.caller.user);
        let org = Org { id: Id::new(self.clock()), name, created_at: now, updated_at: now };
        let told = OrgCreated { id: org.id, owner };
        let trail = self.record(origin).event(owner, told)?.audit(on_org("org.created", org.id).made(&org));
        let add = OrgChange::Add { org: org.clone(), owner, most: MOST_ORGS };
        self.store().apply(&[Change::Org(add)], &trail.trail()).await?;
        Ok(org)
    }

    /// The organisations of the caller and their role there, the newest first.
    pub async fn orgs(&self, by: &Authority) -> Result<Vec<(Org, OrgRole)>, AuthError> {
        by.caller.session.ok_or(AuthError::NotInPerson)?;
        Ok(self.store().orgs_of(by.caller.user).await?)
    }

    /// An organisation of the caller's, and their role there. Who holds [`ORGS_MANAGE`] is an owner of all. For
    /// everybody else there is none.
    pub async fn org(&self, by: &Authority, id: OrgId) -> Result<(Org, OrgRole), AuthError> {
        by.caller.session.ok_or(AuthError::NotInPerson)?;
        let org = self.store().org(id).await?.ok_or(AuthError::OrgNotFound)?;
        let member = self.store().member(id, by.caller.user).await?;
        let role =
            if by.allows(ORGS_MANAGE) { Some(OrgRole::Owner) } else { member.map(|member| member.role) };
        role.map(|role| (org, role)).ok_or(AuthError::OrgNotFound)
    }

    /// Renames an organisation: for its admins.
    pub async fn rename_org(
        &self,
        by: &Authority,
        id: OrgId,
        name: OrgName,
        origin: &Origin,
    ) -> Result<(Org, OrgRole), AuthError> {
        let (mut org, role, acts) = self.acting(by, id, OrgRole::Admin).await?;
        let entry = on_org("org.renamed", id).change(json!({ "name": org.name }), json!({ "name": name }));
        let rename = OrgChange::Rename { org: id, name: name.clone(), at: self.now() };
        let trail = self.record(origin).audit(entry).trail();
        self.store().apply(&[acts, Change::Org(rename)], &trail).await.map_err(no_org)?;
        (org.name, org.updated_at) = (name, self.now());
        Ok((org, role))
    }

    /// Deletes an organisation: for its owners.
    pub async fn delete_org(&self, by: &Authority, id: OrgId, origin: &Origin) -> Result<(), AuthError> {
        let (org, _, acts) = self.acting(by, id, OrgRole::Owner).await?;
        let record = self.record(origin).event(by.caller.user, OrgDeleted { id })?;
        let trail = record.audit(on_org("org.deleted", id).removed(&org)).trail();
        let remove = Change::Org(OrgChange::Remove { org: id });
        self.store().apply(&[acts, remove], &trail).await.map_err(no_org)
    }

    /// The members of an organisation: for all of them.
    pub async fn members(
        &self,
        by: &Authority,
        id: OrgId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Member>, AuthError> {
        self.org(by, id).await?;
        Ok(self.store().members(id, from, limit).await?)
    }

    /// Gives a member another role: for admins, who neither give more than they have nor touch who has more.
    pub async fn set_member(
        &self,
        by: &Authority,
        id: OrgId,
        user: UserId,
        to: OrgRole,
        origin: &Origin,
    ) -> Result<Member, AuthError> {
        let (_, role, acts) = self.acting(by, id, OrgRole::Admin).await?;
        let mut member = self.store().member(id, user).await?.ok_or(AuthError::MemberNotFound)?;
        let from = member.role;
        if from > role || to > role {
            return Err(AuthError::OrgForbidden);
        }
        if from == to {
            return Ok(member);
        }
        let entry =
            on_member("org.member_changed", id, user).change(json!({ "role": from }), json!({ "role": to }));
        let told = MemberChanged { org: id, user, from, to };
        let trail = self.record(origin).event(user, told)?.audit(entry).trail();
        let set = OrgChange::SetMember { org: id, user, from, to: Some(to) };
        self.store().apply(&[at_least(acts, from.max(to)), Change::Org(set)], &trail).await?;
        member.role = to;
        Ok(member)
    }

    /// Takes a member out: oneself, or for admins somebody who has no more than they. The last owner stays.
    pub async fn remove_member(
        &self,
        by: &Authority,
        id: OrgId,
        user: UserId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let least = if user == by.caller.user { OrgRole::Member } else { OrgRole::Admin };
        let (_, role, acts) = self.acting(by, id, least).await?;
        let member = self.store().member(id, user).await?.ok_or(AuthError::MemberNotFound)?;
        if member.role > role {
            return Err(AuthError::OrgForbidden);
        }
        let entry = on_member("org.member_left", id, user).removed(&member);
        let trail = self.record(origin).event(user, MemberLeft { org: id, user })?.audit(entry).trail();
        let set = OrgChange::SetMember { org: id, user, from: member.role, to: None };
        Ok(self.store().apply(&[at_least(acts, member.role), Change::Org(set)], &trail).await?)
    }

    /// Invites whoever has this address: for admins, with no more than they have. Mail goes to the address; whether
    /// somebody with an account has it is not told. An invitation that the address had there is void.
    pub async fn invite(
        &self,
        by: &Authority,
        id: OrgId,
        email: EmailAddress,
        role: OrgRole,
        origin: &Origin,
    ) -> Result<Invitation, AuthError> {
        let (org, own, acts) = self.acting(by, id, OrgRole::Admin).await?;
        if role > own {
            return Err(AuthError::OrgForbidden);
        }
        check_reach(&email)?;
        self.request(email.key(), origin).await?;
        let (token, now) = (link_token(), self.now());
        let invitation = Invitation {
            id: Id::new(self.clock()),
            org: id,
            email: email.clone(),
            role,
            mac: self.0.macs.sign(CONTEXT, &token),
            invited_by: by.caller.user,
            created_at: now,
            expires_at: now.saturating_add(GOOD_FOR),
        };
        let letter = Letter::Invitation { org: org.name.to_string(), token };
        let entry = on_org("org.invited", id).extra("invitation", invitation.id.to_string());
        let told = MemberInvited { org: id, invitation: invitation.id, role };
        let trail = self
            .record(origin)
            .event(by.caller.user, told)?
            .audit(entry.extra("role", role.as_str()))
            .job(self.letter(invitation.id.to_string(), &email, letter).await?)?
            .trail();
        let invite = OrgChange::Invite { invitation: Box::new(invitation.clone()), most: MOST_INVITATIONS };
        let changes = [at_least(acts, role), Change::Org(invite)];
        self.store().apply(&changes, &trail).await.map_err(|refused| match refused {
            Refused::Exists => AuthError::AlreadyMember,
            refused => no_org(refused),
        })?;
        Ok(invitation)
    }

    /// The invitations to an organisation that are open: for its admins.
    pub async fn invitations(&self, by: &Authority, id: OrgId) -> Result<Vec<Invitation>, AuthError> {
        let (_, role) = self.org(by, id).await?;
        if role < OrgRole::Admin {
            return Err(AuthError::OrgForbidden);
        }
        Ok(self.store().invitations(id, self.now()).await?)
    }

    /// Takes an invitation back: for admins.
    pub async fn withdraw_invitation(
        &self,
        by: &Authority,
        id: OrgId,
        invitation: InvitationId,
        origin: &Origin,
    ) -> Result<(), AuthError> {
        let (_, _, acts) = self.acting(by, id, OrgRole::Admin).await?;
        let entry = on_org("org.invitation_withdrawn", id).extra("invitation", invitation.to_string());
        let trail = self.record(origin).audit(entry).trail();
        let withdraw = Change::Org(OrgChange::Withdraw { org: id, invitation });
        self.store().apply(&[acts, withdraw], &trail).await.map_err(|refused| match refused {
            Refused::Stale => AuthError::InvitationNotFound,
            refused => refused.into(),
        })
    }

    /// Joins an organisation by the token of an invitation, which is good once, and for who has verified the address
    /// that it went to. For everybody else it is as if there were none.
    pub async fn accept_invitation(
        &self,
        by: &Authority,
        token: &str,
        origin: &Origin,
    ) -> Result<(Org, OrgRole), AuthError> {
        by.caller.in_person()?;
        let refused = || AuthError::InvalidTicket;
        let token = LINK.parse(token).map_err(|_| refused())?;
        let macs = self.0.macs.lookup_values(CONTEXT, &token);
        let (now, user) = (self.now(), by.caller.user);
        let invitation = self.store().invitation_by(&macs, now).await?.ok_or_else(refused)?;
        let org = self.store().org(invitation.org).await?.ok_or_else(refused)?;
        let entry = on_member("org.member_joined", org.id, user).extra("role", invitation.role.as_str());
        let told = MemberJoined { org: org.id, user, role: invitation.role };
        let trail = self.record(origin).event(user, told)?.audit(entry).trail();
        let accept = OrgChange::Accept { invitation: invitation.id, user, at: now, most: MOST_ORGS };
        self.store().apply(&[Change::Org(accept)], &trail).await.map_err(|refused| match refused {
            Refused::Exists => AuthError::AlreadyMember,
            refused => used(refused),
        })?;
        Ok((org, invitation.role))
    }

    /// A rule for routes of an application that have `{org}` in their path: whoever calls is in that organisation and has
    /// at least this role there, or holds [`ORGS_MANAGE`]. Who acts for a member counts as they do, and an API key as
    /// nobody.
    pub fn in_org(&self, least: OrgRole) -> Rule {
        let auth = self.clone();
        let name = match least {
            OrgRole::Member => "a member of the organisation",
            OrgRole::Admin => "an admin of the organisation",
            OrgRole::Owner => "an owner of the organisation",
        };
        Rule::lookup(name, move |principal, parts| {
            let mut params = parts.params().filter_map(Result::ok);
            let id = params.find(|(name, _)| *name == "org").and_then(|(_, id)| id.parse::<OrgId>().ok());
            let (auth, by) = (auth.clone(), Authority::of(principal));
            Box::pin(async move {
                let (Some(id), Ok(by)) = (id, by) else { return Ok(false) };
                match auth.org(&by, id).await {
                    Ok((_, role)) => Ok(role >= least),
                    Err(AuthError::Other(error)) => Err(error.into_problem()),
                    Err(_) => Ok(false),
                }
            })
        })
    }

    /// An organisation in which the caller has at least this role, in person; their role; and what is to be the first of
    /// the changes: that they have it still.
    async fn acting(
        &self,
        by: &Authority,
        id: OrgId,
        least: OrgRole,
    ) -> Result<(Org, OrgRole, Change), AuthError> {
        by.caller.in_person()?;
        let (org, role) = self.org(by, id).await?;
        if role < least {
            return Err(AuthError::OrgForbidden);
        }
        // By a token of before somebody looks after no organisation but those they are in.
        let or = match self.covers(by, &Grants::from([ORGS_MANAGE])).await {
            Ok(own) => Some(own.role),
            Err(AuthError::NotHeld(_) | AuthError::NoUser) => None,
            Err(error) => return Err(error),
        };
        let act = OrgChange::Act { org: id, user: by.caller.user, least, or };
        Ok((org, role, Change::Org(act)))
    }
}

/// The same of who must be more there.
fn at_least(acts: Change, more: OrgRole) -> Change {
    match acts {
        Change::Org(OrgChange::Act { org, user, least, or }) => {
            Change::Org(OrgChange::Act { org, user, least: least.max(more), or })
        }
        other => other,
    }
}

fn on_org(action: &str, org: OrgId) -> AuditEntry {
    AuditEntry::new(action).on("org", org)
}

fn on_member(action: &str, org: OrgId, user: UserId) -> AuditEntry {
    on_org(action, org).extra("user", user.to_string())
}

fn no_org(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::OrgNotFound,
        refused => refused.into(),
    }
}

fn used(refused: Refused) -> AuthError {
    match refused {
        Refused::Stale => AuthError::InvalidTicket,
        refused => refused.into(),
    }
}
