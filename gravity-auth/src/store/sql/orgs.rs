//! Organisations.

use async_trait::async_trait;
use gravity_core::db::Tx;
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use super::apply::{for_update, one_row};
use super::rows::{self, InvitationRow, MemberRow, OrgRow};
use super::{SqlStore, users};
use crate::domain::{EmailAddress, Invitation, InvitationId, Member, Org, OrgId, OrgRole, RoleName, UserId};
use crate::store::{MEMBERS, OrgChange, OrgStore, Refused, member_place};

const INVITATION: &str = "id, org_id, email, role, mac, invited_by, created_at, expires_at";

pub(super) async fn change(tx: &mut Tx<'_>, change: &OrgChange) -> Result<(), Refused> {
    match change {
        OrgChange::Act { org, user, least, or } => act(tx, *org, *user, *least, or.as_ref()).await,
        OrgChange::Add { org, owner, most } => add(tx, org, *owner, *most).await,
        OrgChange::Rename { org, name, at } => {
            let query = tx.query("UPDATE auth_orgs SET name = $2, updated_at = $3 WHERE id = $1");
            one_row(query.bind(*org).bind(name.as_str()).bind(*at)).await
        }
        OrgChange::Remove { org } => {
            lock(tx, *org).await?;
            for sql in [
                "DELETE FROM auth_org_invitations WHERE org_id = $1",
                "DELETE FROM auth_org_members WHERE org_id = $1",
            ] {
                tx.query(sql).bind(*org).execute().await?;
            }
            one_row(tx.query("DELETE FROM auth_orgs WHERE id = $1").bind(*org)).await
        }
        OrgChange::Invite { invitation, most } => invite(tx, invitation, *most).await,
        OrgChange::Withdraw { org, invitation } => {
            let query = tx.query("DELETE FROM auth_org_invitations WHERE id = $1 AND org_id = $2");
            one_row(query.bind(*invitation).bind(*org)).await
        }
        OrgChange::Accept { invitation, user, at, most } => accept(tx, *invitation, *user, *at, *most).await,
        OrgChange::SetMember { org, user, from, to } => set_member(tx, *org, *user, *from, *to).await,
    }
}

/// Holds an organisation until the transaction ends: who changes it comes one after the other.
async fn lock(tx: &mut Tx<'_>, org: OrgId) -> Result<(), Refused> {
    let lock = for_update(tx.engine());
    let query = tx.query("SELECT id FROM auth_orgs WHERE id = $1").bind(org).push(lock);
    let found: Option<OrgId> = query.fetch_optional_scalar().await?;
    found.map(drop).ok_or(Refused::Stale)
}

async fn act(
    tx: &mut Tx<'_>,
    org: OrgId,
    user: UserId,
    least: OrgRole,
    or: Option<&RoleName>,
) -> Result<(), Refused> {
    lock(tx, org).await?;
    users::lock_active(tx, user, None).await?;
    let own = tx.query("SELECT role FROM auth_users WHERE id = $1").bind(user);
    let own: Option<String> = own.fetch_optional_scalar().await?;
    if or.is_some_and(|or| own.as_deref() == Some(or.as_str())) {
        return Ok(());
    }
    let query = tx.query("SELECT role FROM auth_org_members WHERE org_id = $1 AND user_id = $2");
    let role: Option<String> = query.bind(org).bind(user).fetch_optional_scalar().await?;
    let role: Option<OrgRole> = role.as_deref().map(rows::parse).transpose()?;
    if role >= Some(least) { Ok(()) } else { Err(Refused::Stale) }
}

async fn add(tx: &mut Tx<'_>, org: &Org, owner: UserId, most: u32) -> Result<(), Refused> {
    users::lock_active(tx, owner, None).await?;
    check_room(tx, owner, most).await?;
    tx.query("INSERT INTO auth_orgs (id, name, created_at, updated_at) VALUES ($1, $2, $3, $4)")
        .bind(org.id)
        .bind(org.name.as_str())
        .bind(org.created_at)
        .bind(org.updated_at)
        .execute()
        .await?;
    join(tx, org.id, owner, OrgRole::Owner, org.created_at).await
}

/// Whoever calls holds the user's row, so that nobody else adds them anywhere meanwhile.
async fn check_room(tx: &mut Tx<'_>, user: UserId, most: u32) -> Result<(), Refused> {
    let query = tx.query("SELECT count(*) FROM auth_org_members WHERE user_id = $1").bind(user);
    let number: i64 = query.fetch_scalar().await?;
    if number >= i64::from(most) { Err(Refused::TooMany) } else { Ok(()) }
}

async fn join(
    tx: &mut Tx<'_>,
    org: OrgId,
    user: UserId,
    role: OrgRole,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query("INSERT INTO auth_org_members (org_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)")
        .bind(org)
        .bind(user)
        .bind(role.as_str())
        .bind(at);
    one_row(query).await
}

async fn invite(tx: &mut Tx<'_>, invitation: &Invitation, most: u32) -> Result<(), Refused> {
    lock(tx, invitation.org).await?;
    let query = tx
        .query(
            "SELECT member.user_id FROM auth_org_members member JOIN auth_users owner ON owner.id = member.user_id \
             WHERE member.org_id = $1 AND owner.email_key = $2",
        )
        .bind(invitation.org)
        .bind(invitation.email.key());
    let found: Option<UserId> = query.fetch_optional_scalar().await?;
    if found.is_some() {
        return Err(Refused::Exists);
    }
    tx.query("DELETE FROM auth_org_invitations WHERE org_id = $1 AND email_key = $2")
        .bind(invitation.org)
        .bind(invitation.email.key())
        .execute()
        .await?;
    let query = tx.query("SELECT count(*) FROM auth_org_invitations WHERE org_id = $1").bind(invitation.org);
    let open: i64 = query.fetch_scalar().await?;
    if open >= i64::from(most) {
        return Err(Refused::TooMany);
    }
    let query = tx
        .query(
            "INSERT INTO auth_org_invitations (id, org_id, email, email_key, role, mac, invited_by, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(invitation.id)
        .bind(invitation.org)
        .bind(invitation.email.as_str())
        .bind(invitation.email.key())
        .bind(invitation.role.as_str())
        .bind(invitation.mac.to_string())
        .bind(invitation.invited_by)
        .bind(invitation.created_at)
        .bind(invitation.expires_at);
    one_row(query).await
}

async fn accept(
    tx: &mut Tx<'_>,
    id: InvitationId,
    user: UserId,
    at: Timestamp,
    most: u32,
) -> Result<(), Refused> {
    let query = tx
        .query("SELECT ")
        .push(INVITATION)
        .push(" FROM auth_org_invitations WHERE id = ")
        .push_bind(id)
        .push(" AND expires_at > ")
        .push_bind(at);
    let row: Option<InvitationRow> = query.fetch_optional().await?;
    let invitation = row.map(rows::invitation).transpose()?.ok_or(Refused::Stale)?;
    lock(tx, invitation.org).await?;
    users::lock_active(tx, user, None).await?;
    let query = tx
        .query("SELECT id FROM auth_users WHERE id = $1 AND email_key = $2 AND email_verified_at IS NOT NULL")
        .bind(user)
        .bind(invitation.email.key());
    let is_theirs: Option<UserId> = query.fetch_optional_scalar().await?;
    is_theirs.ok_or(Refused::Stale)?;
    // Of several one finds it; whoever withdrew it meanwhile came first.
    one_row(tx.query("DELETE FROM auth_org_invitations WHERE id = $1").bind(id)).await?;
    let query = tx.query("SELECT user_id FROM auth_org_members WHERE org_id = $1 AND user_id = $2");
    let found: Option<UserId> = query.bind(invitation.org).bind(user).fetch_optional_scalar().await?;
    if found.is_some() {
        return Err(Refused::Exists);
    }
    check_room(tx, user, most).await?;
    join(tx, invitation.org, user, invitation.role, at).await
}

async fn set_member(
    tx: &mut Tx<'_>,
    org: OrgId,
    user: UserId,
    from: OrgRole,
    to: Option<OrgRole>,
) -> Result<(), Refused> {
    lock(tx, org).await?;
    let query = match to {
        Some(to) => tx
            .query("UPDATE auth_org_members SET role = ")
            .push_bind(to.as_str())
            .push(" WHERE org_id = ")
            .push_bind(org),
        None => tx.query("DELETE FROM auth_org_members WHERE org_id = ").push_bind(org),
    };
    one_row(query.push(" AND user_id = ").push_bind(user).push(" AND role = ").push_bind(from.as_str()))
        .await?;
    if to < Some(from) {
        tx.query("DELETE FROM auth_org_invitations WHERE org_id = $1 AND invited_by = $2")
            .bind(org)
            .bind(user)
            .execute()
            .await?;
    }
    if from != OrgRole::Owner || to == Some(OrgRole::Owner) {
        return Ok(());
    }
    let query = tx
        .query(
            "SELECT count(*) FROM auth_org_members member JOIN auth_users owner ON owner.id = member.user_id \
             WHERE member.org_id = $1 AND member.role = 'owner' AND owner.status = 'active'",
        )
        .bind(org);
    let owners: i64 = query.fetch_scalar().await?;
    if owners == 0 { Err(Refused::LastOwner) } else { Ok(()) }
}

/// Who may not sign in any more invites nobody.
pub(super) async fn withdraw_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_org_invitations WHERE invited_by = $1").bind(user).execute().await?;
    Ok(())
}

/// Who is gone for good is invited nowhere.
pub(super) async fn forget_invited(tx: &mut Tx<'_>, email: &EmailAddress) -> Result<(), Refused> {
    let query = tx.query("DELETE FROM auth_org_invitations WHERE email_key = $1").bind(email.key());
    query.execute().await?;
    Ok(())
}

#[async_trait]
impl OrgStore for SqlStore {
    async fn org(&self, id: OrgId) -> Result<Option<Org>, Error> {
        let query = self.db.query("SELECT id, name, created_at, updated_at FROM auth_orgs WHERE id = $1");
        let row: Option<OrgRow> = query.bind(id).fetch_optional().await?;
        row.map(rows::org).transpose()
    }

    async fn orgs_of(&self, user: UserId) -> Result<Vec<(Org, OrgRole)>, Error> {
        let sql = "SELECT org.id, org.name, org.created_at, org.updated_at, member.role \
                   FROM auth_org_members member JOIN auth_orgs org ON org.id = member.org_id \
                   WHERE member.user_id = $1 ORDER BY org.id DESC";
        let rows: Vec<(OrgId, String, Timestamp, Timestamp, String)> =
            self.db.query(sql).bind(user).fetch_all().await?;
        rows.into_iter()
            .map(|(id, name, created_at, updated_at, role)| {
                Ok((rows::org((id, name, created_at, updated_at))?, rows::parse(&role)?))
            })
            .collect()
    }

    async fn member(&self, org: OrgId, user: UserId) -> Result<Option<Member>, Error> {
        let sql = "SELECT org_id, user_id, role, joined_at FROM auth_org_members \
                   WHERE org_id = $1 AND user_id = $2";
        let row: Option<MemberRow> = self.db.query(sql).bind(org).bind(user).fetch_optional().await?;
        row.map(rows::member).transpose()
    }

    async fn members(
        &self,
        org: OrgId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Member>, Error> {
        let query = self
            .db
            .query(
                "SELECT org_id, user_id, role, joined_at FROM auth_org_members WHERE user_id IN \
                 (SELECT id FROM auth_users WHERE status <> 'deleted') AND org_id = ",
            )
            .push_bind(org);
        let rows: Vec<MemberRow> = query.push_page(&MEMBERS, from, limit).fetch_all().await?;
        let members = rows.into_iter().map(rows::member).collect::<Result<Vec<_>, _>>()?;
        Ok(MEMBERS.cut(members, from, limit, member_place))
    }

    async fn invitations(&self, org: OrgId, now: Timestamp) -> Result<Vec<Invitation>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(INVITATION)
            .push(" FROM auth_org_invitations WHERE org_id = ")
            .push_bind(org)
            .push(" AND expires_at > ")
            .push_bind(now)
            .push(" ORDER BY id DESC");
        let rows: Vec<InvitationRow> = query.fetch_all().await?;
        rows.into_iter().map(rows::invitation).collect()
    }

    async fn invitations_to(
        &self,
        email: &EmailAddress,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(INVITATION)
            .push(" FROM auth_org_invitations WHERE email_key = ")
            .push_bind(email.key())
            .push(" AND expires_at > ")
            .push_bind(now)
            .push(" ORDER BY id DESC LIMIT ")
            .push_bind(i64::from(limit));
        let rows: Vec<InvitationRow> = query.fetch_all().await?;
        rows.into_iter().map(rows::invitation).collect()
    }

    async fn invitation_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<Invitation>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(INVITATION)
            .push(" FROM auth_org_invitations WHERE expires_at > ")
            .push_bind(now)
            .push(" AND ")
            .push_in("mac", macs.iter().map(Mac::to_string));
        let row: Option<InvitationRow> = query.fetch_optional().await?;
        row.map(rows::invitation).transpose()
    }
}
