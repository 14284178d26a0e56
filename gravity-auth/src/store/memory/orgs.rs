//! Organisations.

use async_trait::async_trait;
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use super::MemoryStore;
use super::state::State;
use crate::domain::{
    EmailAddress, Invitation, InvitationId, Member, Org, OrgId, OrgRole, RoleName, UserId, UserStatus,
};
use crate::store::{MEMBERS, OrgChange, OrgStore, Refused, member_place};

impl State {
    pub(super) fn change_org(&mut self, change: &OrgChange) -> Result<(), Refused> {
        match change {
            OrgChange::Act { org, user, least, or } => self.act(*org, *user, *least, or.as_ref()),
            OrgChange::Add { org, owner, most } => {
                self.active(*owner)?;
                self.check_room(*owner, *most)?;
                self.orgs.insert(org.id, org.clone());
                self.join(org.id, *owner, OrgRole::Owner, org.created_at);
                Ok(())
            }
            OrgChange::Rename { org, name, at } => {
                let org = self.orgs.get_mut(org).ok_or(Refused::Stale)?;
                (org.name, org.updated_at) = (name.clone(), *at);
                Ok(())
            }
            OrgChange::Remove { org } => {
                self.members.retain(|(of, _), _| of != org);
                self.invitations.retain(|_, invitation| invitation.org != *org);
                self.orgs.remove(org).map(drop).ok_or(Refused::Stale)
            }
            OrgChange::Invite { invitation, most } => self.invite(invitation, *most),
            OrgChange::Withdraw { org, invitation } => {
                let removed = self.invitations.remove(invitation);
                if removed.is_some_and(|found| found.org == *org) { Ok(()) } else { Err(Refused::Stale) }
            }
            OrgChange::Accept { invitation, user, at, most } => self.accept(*invitation, *user, *at, *most),
            OrgChange::SetMember { org, user, from, to } => self.set_member(*org, *user, *from, *to),
        }
    }

    /// Who may not sign in any more invites nobody.
    pub(super) fn withdraw_all(&mut self, user: UserId) {
        self.invitations.retain(|_, invitation| invitation.invited_by != user);
    }

    fn act(
        &mut self,
        org: OrgId,
        user: UserId,
        least: OrgRole,
        or: Option<&RoleName>,
    ) -> Result<(), Refused> {
        let looks_after_all = or == Some(&self.active(user)?.user.role);
        let is_enough = self.members.get(&(org, user)).is_some_and(|member| member.role >= least);
        if self.orgs.contains_key(&org) && (is_enough || looks_after_all) {
            Ok(())
        } else {
            Err(Refused::Stale)
        }
    }

    /// Who is gone for good is invited nowhere.
    pub(super) fn forget_invited(&mut self, email: &EmailAddress) {
        self.invitations.retain(|_, invitation| invitation.email.key() != email.key());
    }

    fn join(&mut self, org: OrgId, user: UserId, role: OrgRole, joined_at: Timestamp) {
        self.members.insert((org, user), Member { org, user, role, joined_at });
    }

    fn check_room(&self, user: UserId, most: u32) -> Result<(), Refused> {
        let is_in = self.members.keys().filter(|(_, member)| *member == user).count();
        if is_in >= most as usize { Err(Refused::TooMany) } else { Ok(()) }
    }

    fn invite(&mut self, invitation: &Invitation, most: u32) -> Result<(), Refused> {
        let Invitation { org, email, .. } = invitation;
        if !self.orgs.contains_key(org) {
            return Err(Refused::Stale);
        }
        let has_address =
            |user| self.users.get(user).is_some_and(|account| account.user.email.key() == email.key());
        if self.members.keys().any(|(of, user)| of == org && has_address(user)) {
            return Err(Refused::Exists);
        }
        self.invitations.retain(|_, other| other.org != *org || other.email.key() != email.key());
        if self.invitations.values().filter(|other| other.org == *org).count() >= most as usize {
            return Err(Refused::TooMany);
        }
        self.invitations.insert(invitation.id, invitation.clone());
        Ok(())
    }

    fn accept(&mut self, id: InvitationId, user: UserId, at: Timestamp, most: u32) -> Result<(), Refused> {
        let invitation = self.invitations.remove(&id).filter(|found| at < found.expires_at);
        let invitation = invitation.ok_or(Refused::Stale)?;
        let account = &self.active(user)?.user;
        if account.email.key() != invitation.email.key() || account.email_verified_at.is_none() {
            return Err(Refused::Stale);
        }
        if self.members.contains_key(&(invitation.org, user)) {
            return Err(Refused::Exists);
        }
        self.check_room(user, most)?;
        self.join(invitation.org, user, invitation.role, at);
        Ok(())
    }

    fn set_member(
        &mut self,
        org: OrgId,
        user: UserId,
        from: OrgRole,
        to: Option<OrgRole>,
    ) -> Result<(), Refused> {
        let member = self.members.get_mut(&(org, user)).filter(|member| member.role == from);
        let member = member.ok_or(Refused::Stale)?;
        match to {
            Some(to) => member.role = to,
            None => drop(self.members.remove(&(org, user))),
        }
        if to < Some(from) {
            self.invitations.retain(|_, invitation| (invitation.org, invitation.invited_by) != (org, user));
        }
        let is_owner = |member: &&Member| {
            let account = self.users.get(&member.user);
            member.org == org
                && member.role == OrgRole::Owner
                && account.is_some_and(|account| account.user.status == UserStatus::Active)
        };
        let lost_one = from == OrgRole::Owner && to != Some(OrgRole::Owner);
        if lost_one && !self.members.values().any(|member| is_owner(&member)) {
            return Err(Refused::LastOwner);
        }
        Ok(())
    }
}

#[async_trait]
impl OrgStore for MemoryStore {
    async fn org(&self, id: OrgId) -> Result<Option<Org>, Error> {
        Ok(self.state().orgs.get(&id).cloned())
    }

    async fn orgs_of(&self, user: UserId) -> Result<Vec<(Org, OrgRole)>, Error> {
        let state = self.state();
        let members = state.members.values().filter(|member| member.user == user);
        let orgs = members.filter_map(|member| Some((state.orgs.get(&member.org)?.clone(), member.role)));
        let mut orgs: Vec<_> = orgs.collect();
        orgs.sort_by_key(|(org, _)| std::cmp::Reverse(org.id));
        Ok(orgs)
    }

    async fn member(&self, org: OrgId, user: UserId) -> Result<Option<Member>, Error> {
        Ok(self.state().members.get(&(org, user)).cloned())
    }

    async fn members(
        &self,
        org: OrgId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Member>, Error> {
        let state = self.state();
        let is_there =
            |user| state.users.get(user).is_some_and(|found| found.user.status != UserStatus::Deleted);
        let members = state.members.values().filter(|member| member.org == org && is_there(&member.user));
        Ok(MEMBERS.pick(members.cloned(), from, limit, member_place)?)
    }

    async fn invitations(&self, org: OrgId, now: Timestamp) -> Result<Vec<Invitation>, Error> {
        let state = self.state();
        let open = |found: &&Invitation| found.org == org && now < found.expires_at;
        let mut open: Vec<Invitation> = state.invitations.values().filter(open).cloned().collect();
        open.sort_by_key(|invitation| std::cmp::Reverse(invitation.id));
        Ok(open)
    }

    async fn invitations_to(
        &self,
        email: &EmailAddress,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error> {
        let state = self.state();
        let open = |found: &&Invitation| found.email.key() == email.key() && now < found.expires_at;
        let mut open: Vec<Invitation> = state.invitations.values().filter(open).cloned().collect();
        open.sort_by_key(|invitation| std::cmp::Reverse(invitation.id));
        open.truncate(limit as usize);
        Ok(open)
    }

    async fn invitation_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<Invitation>, Error> {
        let state = self.state();
        let is_it = |found: &&Invitation| now < found.expires_at && macs.contains(&found.mac);
        Ok(state.invitations.values().find(is_it).cloned())
    }
}
