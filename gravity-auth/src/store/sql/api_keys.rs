//! API keys.

use async_trait::async_trait;
use gravity_core::db::Tx;
use gravity_core::page::{PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use super::apply::one_row;
use super::roles::text_of;
use super::rows::{self, ApiKeyRow, USER, UserRow};
use super::{SqlStore, users};
use crate::domain::{ApiKey, ApiKeyId, User, UserId, UserStatus};
use crate::store::{API_KEYS, ApiKeyStore, AuthStore as _, KeyChange, Refused, api_key_place};

const COLUMNS: &str = "id, user_id, name, hint, mac, old_mac, old_until, scopes, per_minute, version, created_by, \
                       created_at, expires_at, last_used_at";

pub(super) async fn change(tx: &mut Tx<'_>, change: &KeyChange) -> Result<(), Refused> {
    match change {
        KeyChange::Add { key, most } => add(tx, key, *most).await,
        KeyChange::Update { version, to } => {
            users::lock_active(tx, to.user, None).await?;
            let query = tx
                .query(
                    "UPDATE auth_api_keys SET name = $4, hint = $5, mac = $6, old_mac = $7, old_until = $8, scopes = $9, \
                     per_minute = $10, expires_at = $11, version = version + 1 \
                     WHERE id = $1 AND user_id = $2 AND version = $3",
                )
                .bind(to.id)
                .bind(to.user)
                .bind(i64::from(*version))
                .bind(&to.name)
                .bind(&to.hint)
                .bind(to.mac.to_string())
                .bind(to.old.as_ref().map(|(mac, _)| mac.to_string()))
                .bind(to.old.as_ref().map(|(_, until)| *until))
                .bind(text_of(&to.scopes))
                .bind(i64::from(to.per_minute))
                .bind(to.expires_at);
            one_row(query).await
        }
        KeyChange::RemoveAll { user } => remove_all(tx, *user).await,
        KeyChange::Remove { user, key } => {
            let query =
                tx.query("DELETE FROM auth_api_keys WHERE id = $1 AND user_id = $2").bind(*key).bind(*user);
            one_row(query).await
        }
    }
}

async fn add(tx: &mut Tx<'_>, key: &ApiKey, most: u32) -> Result<(), Refused> {
    // Of several who add one at the same time, each counts what those before have added.
    users::lock_active(tx, key.user, None).await?;
    let query = tx.query("SELECT count(*) FROM auth_api_keys WHERE user_id = $1").bind(key.user);
    let has: i64 = query.fetch_scalar().await?;
    if has >= i64::from(most) {
        return Err(Refused::TooMany);
    }
    let query = tx
        .query(
            "INSERT INTO auth_api_keys (id, user_id, name, hint, mac, old_mac, old_until, scopes, per_minute, version, \
             created_by, created_at, expires_at, last_used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(key.id)
        .bind(key.user)
        .bind(&key.name)
        .bind(&key.hint)
        .bind(key.mac.to_string())
        .bind(key.old.as_ref().map(|(mac, _)| mac.to_string()))
        .bind(key.old.as_ref().map(|(_, until)| *until))
        .bind(text_of(&key.scopes))
        .bind(i64::from(key.per_minute))
        .bind(i64::from(key.version))
        .bind(key.created_by)
        .bind(key.created_at)
        .bind(key.expires_at)
        .bind(key.last_used_at);
    one_row(query).await
}

pub(super) async fn remove_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_api_keys WHERE user_id = $1").bind(user).execute().await?;
    Ok(())
}

#[async_trait]
impl ApiKeyStore for SqlStore {
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        let query =
            self.db.query("SELECT ").push(COLUMNS).push(" FROM auth_api_keys WHERE id = ").push_bind(id);
        let row: Option<ApiKeyRow> = query.fetch_optional().await?;
        row.map(rows::api_key).transpose()
    }

    async fn api_keys(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<ApiKey>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(COLUMNS)
            .push(" FROM auth_api_keys WHERE user_id = ")
            .push_bind(user);
        let rows: Vec<ApiKeyRow> = query.push_page(&API_KEYS, from, limit).fetch_all().await?;
        let keys = rows.into_iter().map(rows::api_key).collect::<Result<Vec<_>, _>>()?;
        Ok(API_KEYS.cut(keys, from, limit, api_key_place))
    }

    async fn api_key_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<(ApiKey, User)>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(COLUMNS)
            .push(" FROM auth_api_keys WHERE ")
            .push_in("mac", macs.iter().map(Mac::to_string))
            .push(" OR ")
            .push_in("old_mac", macs.iter().map(Mac::to_string));
        let row: Option<ApiKeyRow> = query.fetch_optional().await?;
        let key = row.map(rows::api_key).transpose()?.filter(|key| key.opens_by(macs, now));
        let Some(key) = key else { return Ok(None) };
        let owner = self.user(key.user).await?.filter(|user| user.status == UserStatus::Active);
        Ok(owner.map(|user| (key, user)))
    }

    async fn api_key_used(&self, id: ApiKeyId, now: Timestamp, before: Timestamp) -> Result<bool, Error> {
        let sql = "UPDATE auth_api_keys SET last_used_at = $2 \
                   WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3 OR last_used_at > $2)";
        Ok(self.db.query(sql).bind(id).bind(now).bind(before).execute().await? == 1)
    }

    async fn service_accounts(&self, from: Option<&Position>, limit: u32) -> Result<PageRows<User>, Error> {
        let query = self
            .db
            .query("SELECT ")
            .push(USER)
            .push(" FROM auth_users WHERE status <> 'deleted' AND ")
            .push(users::SERVICE_ACCOUNTS);
        let rows: Vec<UserRow> = query.push_page(&API_KEYS, from, limit).fetch_all().await?;
        let users = rows.into_iter().map(|row| rows::user(row).map(|(user, _)| user));
        let users = users.collect::<Result<Vec<_>, _>>()?;
        Ok(API_KEYS.cut(users, from, limit, |user| vec![user.id.into()]))
    }
}
