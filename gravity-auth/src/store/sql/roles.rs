//! Roles.

use async_trait::async_trait;
use gravity_core::db::{Engine, Tx};
use gravity_core::{Error, Grant, Grants, Timestamp};

use super::SqlStore;
use super::apply::{for_update, one_row};
use super::rows::{self, RoleRow};
use crate::domain::{Role, RoleName, UserId};
use crate::store::{Refused, RoleChange, RoleStore};

pub(super) fn text_of(grants: &Grants) -> String {
    grants.iter().map(Grant::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) async fn change(tx: &mut Tx<'_>, change: &RoleChange) -> Result<(), Refused> {
    // Who changes roles holds this one row: so that the rest is read as the one before has left it.
    let lock = for_update(tx.engine());
    let query = tx.query("SELECT name FROM auth_roles WHERE name = 'super_admin'").push(lock);
    let _: Option<String> = query.fetch_optional_scalar().await?;
    let rows: Vec<RoleRow> =
        tx.query("SELECT name, grants, inherits FROM auth_roles ORDER BY name").fetch_all().await?;
    let mut roles = rows.into_iter().map(rows::role).collect::<Result<Vec<_>, _>>()?;
    change.make(&mut roles)?;
    match change {
        RoleChange::Add(role) => {
            let query = tx
                .query("INSERT INTO auth_roles (name, grants, inherits) VALUES ($1, $2, $3)")
                .bind(role.name.as_str())
                .bind(text_of(&role.grants))
                .bind(role.inherits.as_ref().map(RoleName::as_str));
            one_row(query).await
        }
        RoleChange::Update { to, .. } => {
            let query = tx
                .query("UPDATE auth_roles SET grants = $2, inherits = $3 WHERE name = $1")
                .bind(to.name.as_str())
                .bind(text_of(&to.grants))
                .bind(to.inherits.as_ref().map(RoleName::as_str));
            one_row(query).await
        }
        RoleChange::Remove { name, instead, at } => {
            // Whoever gives somebody this role holds it until they are done; then they are seen below.
            one_row(tx.query("DELETE FROM auth_roles WHERE name = $1").bind(name.as_str())).await?;
            replace(tx, name, instead.as_ref(), *at).await
        }
    }
}

async fn replace(
    tx: &mut Tx<'_>,
    name: &RoleName,
    instead: Option<&RoleName>,
    at: Timestamp,
) -> Result<(), Refused> {
    let Some(instead) = instead else {
        let query = tx.query("SELECT id FROM auth_users WHERE role = $1 LIMIT 1").bind(name.as_str());
        let found: Option<UserId> = query.fetch_optional_scalar().await?;
        return if found.is_some() { Err(Refused::InUse) } else { Ok(()) };
    };
    tx.query(
        "INSERT INTO auth_reassigned (user_id, at) SELECT id, $2 FROM auth_users WHERE role = $1 \
         ON CONFLICT (user_id) DO UPDATE SET at = excluded.at",
    )
    .bind(name.as_str())
    .bind(at)
    .execute()
    .await?;
    tx.query("UPDATE auth_users SET role = $2, updated_at = $3 WHERE role = $1")
        .bind(name.as_str())
        .bind(instead.as_str())
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Keeps a role from being taken away until the transaction ends. It must be there.
pub(super) async fn hold(tx: &mut Tx<'_>, name: &RoleName) -> Result<(), Refused> {
    let lock = match tx.engine() {
        Engine::Postgres => " FOR KEY SHARE",
        Engine::Sqlite => "",
    };
    let query = tx.query("SELECT name FROM auth_roles WHERE name = $1").bind(name.as_str()).push(lock);
    let found: Option<String> = query.fetch_optional_scalar().await?;
    found.map(drop).ok_or(Refused::Stale)
}

/// Writes down that the role of a user has changed.
pub(super) async fn reassigned(tx: &mut Tx<'_>, user: UserId, at: Timestamp) -> Result<(), Refused> {
    let query = tx
        .query(
            "INSERT INTO auth_reassigned (user_id, at) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET at = excluded.at",
        )
        .bind(user)
        .bind(at);
    one_row(query).await
}

#[async_trait]
impl RoleStore for SqlStore {
    async fn roles(&self) -> Result<Vec<Role>, Error> {
        let rows: Vec<RoleRow> =
            self.db.query("SELECT name, grants, inherits FROM auth_roles ORDER BY name").fetch_all().await?;
        rows.into_iter().map(rows::role).collect()
    }

    async fn reassigned_since(
        &self,
        since: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, RoleName, Timestamp)>, Error> {
        let sql = "SELECT changed.user_id, owner.role, changed.at FROM auth_reassigned changed \
                   JOIN auth_users owner ON owner.id = changed.user_id \
                   WHERE changed.at >= $1 AND (changed.at > $1 OR changed.user_id > $2) \
                   ORDER BY changed.at, changed.user_id LIMIT $3";
        // Nobody comes before all the others.
        let after = after.unwrap_or_else(|| UserId::from_uuid(uuid::Uuid::nil()));
        let query = self.db.query(sql).bind(since).bind(after).bind(i64::from(limit));
        let rows: Vec<(UserId, String, Timestamp)> = query.fetch_all().await?;
        rows.into_iter().map(|(user, role, at)| Ok((user, rows::parse(&role)?, at))).collect()
    }
}
