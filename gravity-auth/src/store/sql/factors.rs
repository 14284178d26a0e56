//! Second factors.

use async_trait::async_trait;
use gravity_core::db::{Json, Migration, Migrations, Tx};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};
use serde_json::Value;

use super::SqlStore;
use super::apply::one_row;
use super::rows::{one_of, parse};
use crate::domain::{Challenge, ChallengeId, ChallengeKind, Device, DeviceId, TotpFactor, UserId};
use crate::store::{FactorStore, Refused};
use crate::totp::TotpStep;

impl SqlStore {
    /// The steps of the tables of second factors, which follow [`MIGRATIONS`](Self::MIGRATIONS).
    pub const FACTOR_MIGRATIONS: Migrations = Migrations::new(
        "auth_second",
        &[Migration::new(
            1,
            "second factors",
            include_str!("../../../migrations/second/sqlite/0001_second_factors.sql"),
            include_str!("../../../migrations/second/postgres/0001_second_factors.sql"),
        )],
    );
}

/// More than anybody has.
const ALL: i64 = 1 << 31;

const CHALLENGE: &str = "id, kind, user_id, mac, data, created_at, expires_at";
const DEVICE: &str = "id, user_id, name, mac, created_at, expires_at";

type TotpRow = (UserId, Vec<u8>, Option<Timestamp>, Option<i64>, Timestamp);
type ChallengeRow = (ChallengeId, String, UserId, String, Json<Value>, Timestamp, Timestamp);
type DeviceRow = (DeviceId, UserId, String, String, Timestamp, Timestamp);

fn totp((user, sealed, confirmed_at, last_step, created_at): TotpRow) -> TotpFactor {
    let last_step = last_step.and_then(TotpStep::from_number);
    TotpFactor { user, sealed, confirmed_at, last_step, created_at }
}

fn challenge(row: ChallengeRow) -> Result<Challenge, Error> {
    let (id, kind, user, mac, Json(data), created_at, expires_at) = row;
    let kind = one_of(&ChallengeKind::ALL, ChallengeKind::as_str, &kind)?;
    Ok(Challenge { id, kind, user, mac: parse(&mac)?, data, created_at, expires_at })
}

fn device((id, user, name, mac, created_at, expires_at): DeviceRow) -> Result<Device, Error> {
    Ok(Device { id, user, name, mac: parse(&mac)?, created_at, expires_at })
}

/// Whoever calls holds the user's row.
pub(super) async fn offer_totp(tx: &mut Tx<'_>, totp: &TotpFactor) -> Result<(), Refused> {
    let query = tx
        .query(
            "INSERT INTO auth_totp (user_id, sealed, confirmed_at, last_step, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, confirmed_at = excluded.confirmed_at, \
             last_step = excluded.last_step, created_at = excluded.created_at WHERE auth_totp.confirmed_at IS NULL",
        )
        .bind(totp.user)
        .bind(totp.sealed.as_slice())
        .bind(totp.confirmed_at)
        .bind(totp.last_step.map(TotpStep::number))
        .bind(totp.created_at);
    one_row(query).await
}

pub(super) async fn confirm_totp(
    tx: &mut Tx<'_>,
    user: UserId,
    sealed: &[u8],
    step: TotpStep,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_totp SET confirmed_at = $4, last_step = $3 \
             WHERE user_id = $1 AND sealed = $2 AND confirmed_at IS NULL",
        )
        .bind(user)
        .bind(sealed)
        .bind(step.number())
        .bind(at);
    one_row(query).await
}

pub(super) async fn use_totp(tx: &mut Tx<'_>, user: UserId, step: TotpStep) -> Result<(), Refused> {
    let query = tx
        .query(
            "UPDATE auth_totp SET last_step = $2 \
             WHERE user_id = $1 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < $2)",
        )
        .bind(user)
        .bind(step.number());
    one_row(query).await
}

pub(super) async fn remove_totp(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    let query = tx.query("DELETE FROM auth_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL").bind(user);
    one_row(query).await?;
    let query = tx.query(
        "DELETE FROM auth_recovery_codes WHERE user_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM auth_passkeys WHERE user_id = $1)",
    );
    query.bind(user).execute().await?;
    tx.query("DELETE FROM auth_devices WHERE user_id = $1").bind(user).execute().await?;
    Ok(())
}

/// Whoever calls holds the user's row.
pub(super) async fn set_recovery_codes(tx: &mut Tx<'_>, user: UserId, macs: &[Mac]) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_recovery_codes WHERE user_id = $1").bind(user).execute().await?;
    for mac in macs {
        tx.query("INSERT INTO auth_recovery_codes (user_id, mac) VALUES ($1, $2)")
            .bind(user)
            .bind(mac.to_string())
            .execute()
            .await?;
    }
    Ok(())
}

pub(super) async fn use_recovery_code(tx: &mut Tx<'_>, user: UserId, macs: &[Mac]) -> Result<(), Refused> {
    let query = tx.query("DELETE FROM auth_recovery_codes WHERE user_id = ").push_bind(user).push(" AND ");
    one_row(query.push_in("mac", macs.iter().map(Mac::to_string))).await
}

/// Whoever calls holds the user's row.
pub(super) async fn open_challenge(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<(), Refused> {
    tx.query(
        "INSERT INTO auth_challenges (id, kind, user_id, mac, data, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(challenge.id)
    .bind(challenge.kind.as_str())
    .bind(challenge.user)
    .bind(challenge.mac.to_string())
    .bind(Json(&challenge.data))
    .bind(challenge.created_at)
    .bind(challenge.expires_at)
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn close_challenge(
    tx: &mut Tx<'_>,
    challenge: ChallengeId,
    kind: ChallengeKind,
    at: Timestamp,
) -> Result<(), Refused> {
    let query = tx
        .query("DELETE FROM auth_challenges WHERE id = $1 AND kind = $2 AND expires_at > $3")
        .bind(challenge)
        .bind(kind.as_str())
        .bind(at);
    one_row(query).await
}

/// Whoever calls holds the user's row.
pub(super) async fn remember_device(tx: &mut Tx<'_>, device: &Device, most: u32) -> Result<(), Refused> {
    tx.query(
        "INSERT INTO auth_devices (id, user_id, name, mac, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(device.id)
    .bind(device.user)
    .bind(device.name.as_str())
    .bind(device.mac.to_string())
    .bind(device.created_at)
    .bind(device.expires_at)
    .execute()
    .await?;
    tx.query(
        "DELETE FROM auth_devices WHERE id IN (SELECT id FROM auth_devices WHERE user_id = $1 \
         ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3)",
    )
    .bind(device.user)
    .bind(ALL)
    .bind(i64::from(most))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn forget_device(tx: &mut Tx<'_>, user: UserId, device: DeviceId) -> Result<(), Refused> {
    one_row(tx.query("DELETE FROM auth_devices WHERE id = $1 AND user_id = $2").bind(device).bind(user)).await
}

pub(super) async fn void_challenges_and_devices(tx: &mut Tx<'_>, user: UserId) -> Result<(), Refused> {
    tx.query("DELETE FROM auth_challenges WHERE user_id = $1").bind(user).execute().await?;
    tx.query("DELETE FROM auth_devices WHERE user_id = $1").bind(user).execute().await?;
    Ok(())
}

impl SqlStore {
    /// Forgets what has run out; how many.
    pub(super) async fn sweep_factors(&self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut swept = 0;
        for sql in [
            "DELETE FROM auth_challenges WHERE id IN (SELECT id FROM auth_challenges WHERE expires_at <= $1 LIMIT $2)",
            "DELETE FROM auth_devices WHERE id IN (SELECT id FROM auth_devices WHERE expires_at <= $1 LIMIT $2)",
        ] {
            swept += self.db.query(sql).bind(now).bind(i64::from(limit)).execute().await?;
        }
        Ok(swept)
    }
}

#[async_trait]
impl FactorStore for SqlStore {
    async fn totp(&self, user: UserId) -> Result<Option<TotpFactor>, Error> {
        let sql =
            "SELECT user_id, sealed, confirmed_at, last_step, created_at FROM auth_totp WHERE user_id = $1";
        let row: Option<TotpRow> = self.db.query(sql).bind(user).fetch_optional().await?;
        Ok(row.map(totp))
    }

    async fn recovery_codes(&self, user: UserId) -> Result<u32, Error> {
        let query = self.db.query("SELECT count(*) FROM auth_recovery_codes WHERE user_id = $1").bind(user);
        let count: i64 = query.fetch_scalar().await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn challenge(
        &self,
        kind: ChallengeKind,
        macs: &[Mac],
        now: Timestamp,
    ) -> Result<Option<Challenge>, Error> {
        let query = self.db.query("SELECT ").push(CHALLENGE).push(" FROM auth_challenges WHERE kind = ");
        let query = query.push_bind(kind.as_str()).push(" AND expires_at > ").push_bind(now).push(" AND ");
        let row: Option<ChallengeRow> =
            query.push_in("mac", macs.iter().map(Mac::to_string)).fetch_optional().await?;
        row.map(challenge).transpose()
    }

    async fn devices(&self, user: UserId, now: Timestamp) -> Result<Vec<Device>, Error> {
        let query = self.db.query("SELECT ").push(DEVICE).push(" FROM auth_devices WHERE user_id = ");
        let query = query.push_bind(user).push(" AND expires_at > ").push_bind(now);
        let rows: Vec<DeviceRow> = query.push(" ORDER BY created_at DESC, id DESC").fetch_all().await?;
        rows.into_iter().map(device).collect()
    }

    async fn is_remembered(&self, user: UserId, macs: &[Mac], now: Timestamp) -> Result<bool, Error> {
        let query = self.db.query("SELECT count(*) FROM auth_devices WHERE user_id = ").push_bind(user);
        let query = query
            .push(" AND expires_at > ")
            .push_bind(now)
            .push(" AND ")
            .push_in("mac", macs.iter().map(Mac::to_string));
        Ok(query.fetch_scalar::<i64>().await? > 0)
    }
}
