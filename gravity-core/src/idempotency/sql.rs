//! [`SqlIdempotency`]: the store on SQLite and PostgreSQL.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::{Begun, Claim, Error, IdempotencyStore, Slot};
use crate::db::{self, Database, Executor, Migration, Migrations, Tx};
use crate::{Clock, Timestamp};

const MIGRATIONS: Migrations = Migrations::new(
    "idempotency",
    &[Migration::new(
        1,
        "create idempotency",
        include_str!("../../migrations/idempotency/sqlite/0001_create_idempotency.sql"),
        include_str!("../../migrations/idempotency/postgres/0001_create_idempotency.sql"),
    )],
);

/// Claims and answers in the application's own database, SQLite or PostgreSQL, in the table `idempotency_keys`.
#[derive(Clone)]
pub struct SqlIdempotency {
    db: Database,
}

impl SqlIdempotency {
    /// The table's schema, for who applies migrations by other means.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// The store in this database, whose table it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        MIGRATIONS.up(db).await?;
        Ok(Self::migrated(db))
    }

    /// The store in a database whose table is up to date.
    pub fn migrated(db: &Database) -> Self {
        Self { db: db.clone() }
    }
}

/// A fence that no claim of the slot had before, also after its row was deleted.
fn new_fence() -> i64 {
    let [high, low] = Clock::system().uuid().as_u64_pair().into();
    // The time in milliseconds, and 15 random bits.
    i64::try_from((high >> 16) << 15 | (low & 0x7fff)).unwrap_or(i64::MAX)
}

async fn keep<'a>(
    on: impl Into<Executor<'a>>,
    claim: Claim,
    answer: &[u8],
    expires_at: Timestamp,
) -> Result<(), Error> {
    let mut on = on.into();
    let kept = on
        .query(
            "UPDATE idempotency_keys SET answer = $3, expires_at = $4 \
             WHERE id = $1 AND fence = $2 AND answer IS NULL",
        )
        .bind(&claim.slot[..])
        .bind(claim.fence)
        .bind(answer)
        .bind(expires_at)
        .execute()
        .await?;
    if kept == 1 { Ok(()) } else { Err(Error::Fenced) }
}

#[async_trait]
impl IdempotencyStore for SqlIdempotency {
    type Tx<'c> = Tx<'c>;

    async fn begin(
        &self,
        slot: Slot,
        fingerprint: [u8; 32],
        now: Timestamp,
        lease: Duration,
    ) -> Result<Begun, Error> {
        let fence = new_fence();
        loop {
            let claimed = self
                .db
                .query(
                    "INSERT INTO idempotency_keys (id, fingerprint, fence, expires_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, fence = excluded.fence, \
                     expires_at = excluded.expires_at, answer = NULL WHERE idempotency_keys.expires_at <= $5",
                )
                .bind(&slot[..])
                .bind(&fingerprint[..])
                .bind(fence)
                .bind(now.saturating_add(lease))
                .bind(now)
                .execute()
                .await?;
            if claimed == 1 {
                return Ok(Begun::Run(Claim { slot, fence }));
            }
            let found: Option<(Vec<u8>, Timestamp, Option<Vec<u8>>)> = self
                .db
                .query("SELECT fingerprint, expires_at, answer FROM idempotency_keys WHERE id = $1")
                .bind(&slot[..])
                .fetch_optional()
                .await?;
            match found {
                Some((known, ..)) if known != fingerprint => return Ok(Begun::Reused),
                Some((_, _, Some(answer))) => return Ok(Begun::Answered(answer)),
                Some((_, until, None)) => return Ok(Begun::Running(until)),
                // It was given up between the two statements.
                None => {}
            }
        }
    }

    async fn complete(&self, claim: Claim, answer: &[u8], expires_at: Timestamp) -> Result<(), Error> {
        keep(&self.db, claim, answer, expires_at).await
    }

    async fn complete_in(
        &self,
        tx: &mut Tx<'_>,
        claim: Claim,
        answer: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        keep(tx, claim, answer, expires_at).await
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        self.db
            .query("DELETE FROM idempotency_keys WHERE id = $1 AND fence = $2 AND answer IS NULL")
            .bind(&claim.slot[..])
            .bind(claim.fence)
            .execute()
            .await?;
        Ok(())
    }

    async fn clean(&self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        let query = self.db.query(
            "DELETE FROM idempotency_keys WHERE id IN \
             (SELECT id FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2) AND expires_at <= $1",
        );
        Ok(query.bind(now).bind(i64::from(limit)).execute().await?)
    }
}

impl fmt::Debug for SqlIdempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlIdempotency").field("db", &self.db).finish()
    }
}
