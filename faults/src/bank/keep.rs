//! The keeper of the vault: whoever holds a lock, in Redis where there is one, copies what is new.

use std::time::Duration;

use gravity_core::db;
use gravity_core::lock::{Error, Guard, Locks};
use gravity_core::testing::faults::Note;

use super::Sabotage;
use super::subscribe::{Desk, write};

/// The keeper as a consumer of payments, and the name of the lock.
pub(super) const KEEPER: &str = "keeper";

/// How much is copied at once.
const BATCH: i64 = 8;

/// What has not been copied yet, in order.
const NEW: &str = "SELECT id FROM bank_facts WHERE topic = 'payment' AND NOT EXISTS (SELECT 1 FROM bank_effects \
                   WHERE consumer = 'keeper' AND fact = bank_facts.id) ORDER BY account, number LIMIT $1";

/// Keeps the vault until the worker is to leave.
pub(super) async fn keep(desk: &Desk, locks: &Locks, lease: Duration) {
    let keeping = async {
        loop {
            match turn(desk, locks, lease).await {
                Ok(true) => {}
                Ok(false) | Err(Error::Taken | Error::Lost) => {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
                Err(error) => {
                    desk.worker.ledger().note(Note::Said { what: format!("the keeper: {error}") });
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
            }
        }
    };
    tokio::select! {
        () = desk.worker.until_leave() => {}
        () = keeping => {}
    }
}

/// Copies some of what is new. Whether there was anything.
async fn turn(desk: &Desk, locks: &Locks, lease: Duration) -> Result<bool, Error> {
    if desk.db.query(NEW).bind(1_i64).fetch_optional_scalar::<String>().await?.is_none() {
        return Ok(false);
    }
    let guard = locks.acquire_within(KEEPER, lease, Duration::from_millis(200)).await?;
    // Nobody who held the lock before writes after this.
    let facts: Vec<String> = desk
        .db
        .transaction(async |tx| {
            guard.check_in(tx).await?;
            Ok::<_, Error>(tx.query(NEW).bind(BATCH).fetch_all_scalars().await?)
        })
        .await?;
    let guard = if desk.sabotage == Some(Sabotage::Unfenced) {
        // As if it had lost the lock unnoticed.
        guard.release().await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        None
    } else {
        Some(guard)
    };
    let copies: Vec<_> = facts.into_iter().map(|fact| (desk.attempt(KEEPER, &fact), fact)).collect();
    desk.worker.point("keep");
    match copy(desk, guard.as_ref(), &copies).await {
        Err(Error::Lost) => {
            for (attempt, _) in copies {
                desk.worker.ledger().note(Note::Refused { attempt });
            }
            return Err(Error::Lost);
        }
        outcome => outcome?,
    }
    if let Some(guard) = guard {
        guard.release().await?;
    }
    Ok(true)
}

async fn copy(desk: &Desk, guard: Option<&Guard>, copies: &[(String, String)]) -> Result<(), Error> {
    desk.db
        .transaction(async |tx| {
            if let Some(guard) = guard {
                guard.check_in(tx).await?;
            }
            for (attempt, fact) in copies {
                write(tx, KEEPER, fact, attempt).await?;
            }
            desk.worker.point("effect");
            Ok(())
        })
        .await
}

/// How many payments have not been copied.
pub(super) async fn left(db: &db::Database) -> Result<usize, db::Error> {
    let new: Vec<String> = db.query(NEW).bind(i64::MAX).fetch_all_scalars().await?;
    Ok(new.len())
}
