//! Passkeys.

use async_trait::async_trait;
use gravity_core::db::{Json, Migration, Migrations, Tx};
use gravity_core::{Error, Timestamp};
use uuid::Uuid;

use super::apply::one_row;
use super::rows::{number, parse, unreadable};
use super::{SqlStore, users, ways_in};
use crate::domain::{PasskeyId, UserId, UserPasskey};
use crate::passkey::{CredentialId, CredentialKey, Passkey};
use crate::store::{PasskeyChange, PasskeyStore, Refused, WaysIn};

impl SqlStore {
    /// The steps of the tables of passkeys, which follow [`FACTOR_MIGRATIONS`](Self::FACTOR_MIGRATIONS).
    pub const PASSKEY_MIGRATIONS: Migrations = Migrations::new(
        "auth_passkeys",
        &[Migration::new(
            1,
            "passkeys",
            include_str!("../../../migrations/passkeys/sqlite/0001_passkeys.sql"),
            include_str!("../../../migrations/passkeys/postgres/0001_passkeys.sql"),
        )],
    );
}

const PASSKEY: &str = "id, user_id, name, credential, public_key, counter, backup_eligible, backed_up, aaguid, \
                       user_verified, transports, created_at, last_used_at";

type PasskeyRow = (
    PasskeyId,
    UserId,
    String,
    Vec<u8>,
    Vec<u8>,
    i64,
    bool,
    bool,
    Uuid,
    bool,
    Json<Vec<String>>,
    Timestamp,
    Option<Timestamp>,
);

fn passkey(row: PasskeyRow) -> Result<UserPasskey, Error> {
    let (
        id,
        user,
        name,
        credential,
        key,
        counter,
        backup_eligible,
        backed_up,
        aaguid,
        user_verified,
        Json(transports),
        created_at,
        last_used_at,
    ) = row;
    let passkey = Passkey {
        id: CredentialId::from_bytes(&credential).map_err(|_| unreadable("credential"))?,
        key: CredentialKey::from_bytes(&key).map_err(|_| unreadable("public_key"))?,
        counter: number(counter)?,
        backup_eligible,
        backed_up,
        aaguid,
        user_verified,
        transports,
    };
    Ok(UserPasskey { id, user, name: parse(&name)?, passkey, created_at, last_used_at })
}

pub(super) async fn change(tx: &mut Tx<'_>, change: &PasskeyChange) -> Result<(), Refused> {
    match change {
        PasskeyChange::Add { passkey, most } => {
            users::lock_active(tx, passkey.user, None).await?;
            add(tx, passkey, *most).await
        }
        PasskeyChange::Use { user, passkey, from, to, backed_up, at } => {
            // The user comes first, as wherever somebody is changed: nobody waits for who waits for them.
            users::lock_active(tx, *user, None).await?;
            let query = tx
                .query(
                    "UPDATE auth_passkeys SET counter = $4, backed_up = $5, last_used_at = $6 \
                     WHERE id = $1 AND user_id = $2 AND counter = $3",
                )
                .bind(*passkey)
                .bind(*user)
                .bind(i64::from(*from))
                .bind(i64::from(*to))
                .bind(*backed_up)
                .bind(*at);
            one_row(query).await
        }
        PasskeyChange::Rename { user, passkey, name } => {
            let query = tx.query("UPDATE auth_passkeys SET name = $3 WHERE id = $1 AND user_id = $2");
            one_row(query.bind(*passkey).bind(*user).bind(name.as_str())).await
        }
        PasskeyChange::Remove { user, passkey, ways } => {
            users::lock_active(tx, *user, None).await?;
            remove(tx, *user, *passkey, ways).await
        }
        PasskeyChange::RemoveAll { user } => {
            users::lock(tx, *user).await?;
            tx.query("DELETE FROM auth_passkeys WHERE user_id = $1").bind(*user).execute().await?;
            gone(tx, *user).await
        }
    }
}

/// Whoever calls holds the user's row.
async fn add(tx: &mut Tx<'_>, new: &UserPasskey, most: u32) -> Result<(), Refused> {
    if count(tx, new.user).await? >= i64::from(most) {
        return Err(Refused::TooMany);
    }
    let Passkey { id, key, counter, backup_eligible, backed_up, aaguid, user_verified, transports } =
        &new.passkey;
    let query = tx
        .query(
            "INSERT INTO auth_passkeys (id, user_id, name, credential, public_key, counter, backup_eligible, backed_up, \
             aaguid, user_verified, transports, created_at, last_used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (credential) DO NOTHING",
        )
        .bind(new.id)
        .bind(new.user)
        .bind(new.name.as_str())
        .bind(id.as_bytes())
        .bind(key.as_bytes())
        .bind(i64::from(*counter))
        .bind(*backup_eligible)
        .bind(*backed_up)
        .bind(*aaguid)
        .bind(*user_verified)
        .bind(Json(transports))
        .bind(new.created_at)
        .bind(new.last_used_at);
    one_row(query).await.map_err(|refused| match refused {
        Refused::Stale => Refused::Exists,
        refused => refused,
    })
}

/// Whoever calls holds the user's row.
async fn remove(tx: &mut Tx<'_>, user: UserId, passkey: PasskeyId, ways: &WaysIn) -> Result<(), Refused> {
    let query = tx.query("DELETE FROM auth_passkeys WHERE id = $1 AND user_id = $2");
    one_row(query.bind(passkey).bind(user)).await?;
    ways_in::one_is_left(tx, user, ways).await?;
    gone(tx, user).await
}

/// Forgets what goes with a passkey.
async fn gone(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_devices WHERE user_id = $1").bind(user).execute().await?;
    let query = tx.query(
        "DELETE FROM auth_recovery_codes WHERE user_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM auth_passkeys WHERE user_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM auth_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL)",
    );
    query.bind(user).execute().await?;
    Ok(())
}

async fn count(tx: &mut Tx<'_>, user: UserId) -> Result<i64, Refused> {
    Ok(tx.query("SELECT count(*) FROM auth_passkeys WHERE user_id = $1").bind(user).fetch_scalar().await?)
}

#[async_trait]
impl PasskeyStore for SqlStore {
    async fn passkeys(&self, user: UserId) -> Result<Vec<UserPasskey>, Error> {
        let query = self.db.query("SELECT ").push(PASSKEY).push(" FROM auth_passkeys WHERE user_id = ");
        let query = query.push_bind(user).push(" ORDER BY created_at DESC, id DESC");
        let rows: Vec<PasskeyRow> = query.fetch_all().await?;
        rows.into_iter().map(passkey).collect()
    }

    async fn passkey(&self, credential: &CredentialId) -> Result<Option<UserPasskey>, Error> {
        let query = self.db.query("SELECT ").push(PASSKEY).push(" FROM auth_passkeys WHERE credential = ");
        let row: Option<PasskeyRow> = query.push_bind(credential.as_bytes()).fetch_optional().await?;
        row.map(passkey).transpose()
    }
}
