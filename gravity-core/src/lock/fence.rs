//! Fencing in the database that is written to, for locks that are kept elsewhere.

use super::{Error, Lease};
use crate::db::{Migration, Migrations, Tx};

/// The tables of locks. [`SqlLocks::new`](super::SqlLocks::new) brings them up to date; whoever checks locks of
/// another store in a database applies them there.
pub const MIGRATIONS: Migrations = Migrations::new(
    "locks",
    &[Migration::new(
        1,
        "create locks",
        include_str!("../../migrations/locks/sqlite/0001_create_locks.sql"),
        include_str!("../../migrations/locks/postgres/0001_create_locks.sql"),
    )],
);

/// Refuses a token that is lower than one which has written. The row is locked until the transaction ends.
pub(super) async fn raise(tx: &mut Tx<'_>, lease: &Lease) -> Result<bool, Error> {
    let raised: Option<i64> = tx
        .query(
            "INSERT INTO locks_fences AS f (name, token) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET token = excluded.token WHERE f.token <= excluded.token \
             RETURNING token",
        )
        .bind(&*lease.name)
        .bind(lease.token)
        .fetch_optional_scalar()
        .await?;
    Ok(raised.is_some())
}
