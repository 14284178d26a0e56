//! Begins, repeats and ends transactions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

mod config;
#[cfg(feature = "sqlite")]
mod gate;
mod open;

use super::pool::{Connection, Pooled};
use super::{Database, Error, ErrorKind, Tx, scope};
use crate::backoff::Backoff;

pub use config::{Isolation, TransactionConfig};
#[cfg(feature = "sqlite")]
pub(super) use gate::SqliteGate;
pub(super) use open::Open;

/// How long those who collided wait, so that they do not meet again.
pub(super) const AFTER_COLLISION: Backoff =
    Backoff::new(Duration::from_millis(4), Duration::from_millis(500));

impl Database {
    /// Runs `body` in a transaction, with the defaults of [`TransactionConfig`].
    ///
    /// It commits when `body` returns `Ok`. It rolls back when `body` returns an error, panics, or is dropped
    /// before it ends.
    ///
    /// `body` is **run again** when the transaction collides with another one (a serialization failure, a
    /// deadlock, a lock that SQLite did not get), after a short random wait. So it must do nothing that a
    /// rollback does not undo: no mail, no request. It captures its surroundings by reference and cannot
    /// change them (it has to be `Clone`); what it finds out it returns.
    ///
    /// Inside of it only `tx` may be used. A query on the `Database`, or another transaction of it, fails with
    /// [`ErrorKind::InsideTransaction`]; tasks that are spawned are outside, and must not be waited for.
    ///
    /// ```
    /// # async fn example(db: gravity_core::db::Database, from: &str, to: &str, amount: i64)
    /// # -> Result<(), gravity_core::db::Error> {
    /// let left: i64 = db
    ///     .transaction(async |tx| {
    ///         let left = tx
    ///             .query("UPDATE accounts SET balance = balance - $2 WHERE id = $1 RETURNING balance")
    ///             .bind(from)
    ///             .bind(amount)
    ///             .fetch_scalar()
    ///             .await?;
    ///         tx.query("UPDATE accounts SET balance = balance + $2 WHERE id = $1")
    ///             .bind(to)
    ///             .bind(amount)
    ///             .execute()
    ///             .await?;
    ///         Ok::<_, gravity_core::db::Error>(left)
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn transaction<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: Clone + for<'t, 'c> AsyncFnOnce(&'t mut Tx<'c>) -> Result<T, E>,
        E: From<Error>,
    {
        self.transaction_with(TransactionConfig::default(), body).await
    }

    /// Runs `body` in a transaction of this kind. See [`Database::transaction`].
    pub async fn transaction_with<T, E, F>(&self, config: TransactionConfig, body: F) -> Result<T, E>
    where
        F: Clone + for<'t, 'c> AsyncFnOnce(&'t mut Tx<'c>) -> Result<T, E>,
        E: From<Error>,
    {
        let pool = self.primary.identity;
        scope::refuse_inside(pool)?;
        let mut attempt = 1;
        loop {
            let body = body.clone();
            let (outcome, may_repeat) = self.attempt(&config, body).await;
            if may_repeat && attempt < config.max_attempts {
                tokio::time::sleep(AFTER_COLLISION.wait(attempt)).await;
                attempt += 1;
                continue;
            }
            return outcome;
        }
    }

    /// One attempt, and whether another one is worth it.
    async fn attempt<T, E, F>(&self, config: &TransactionConfig, body: F) -> (Result<T, E>, bool)
    where
        F: for<'t, 'c> AsyncFnOnce(&'t mut Tx<'c>) -> Result<T, E>,
        E: From<Error>,
    {
        let fail = |error: Error| {
            let may_repeat = is_collision(&error);
            (Err(E::from(error)), may_repeat)
        };
        // Writers of this process queue here, in order and without a connection, so that readers find one.
        #[cfg(feature = "sqlite")]
        let _turn = match self.turn(config).await {
            Ok(turn) => turn,
            Err(error) => return fail(error),
        };
        let pooled = match self.primary.acquire().await {
            Ok(pooled) => pooled,
            Err(error) => return fail(error),
        };
        let sql = config.begin(self.engine());
        let mut beginning = Beginning { pooled, is_over: AtomicBool::new(false) };
        let Beginning { pooled, is_over } = &mut beginning;
        // On the heap, so that the futures of those who call this stay small.
        let attempt = Box::pin(run(pooled.borrow(), sql, is_over, self.primary.identity, body)).await;
        if attempt.is_broken {
            pooled.discard();
        }
        (attempt.result, attempt.may_repeat)
    }

    #[cfg(feature = "sqlite")]
    async fn turn(&self, config: &TransactionConfig) -> Result<Option<gate::Turn<'_>>, Error> {
        match self.engine() {
            super::Engine::Sqlite if !config.is_read_only => self.primary.sqlite.turn().await.map(Some),
            _ => Ok(None),
        }
    }
}

/// A connection on which a transaction is about to begin.
///
/// Whoever is given up while `BEGIN` is on its way leaves a transaction behind that the driver knows nothing of, and
/// what the next one writes on that connection would be neither committed nor seen. So it is not used again.
struct Beginning {
    pooled: Pooled,
    is_over: AtomicBool,
}

impl Drop for Beginning {
    fn drop(&mut self) {
        if !*self.is_over.get_mut() {
            self.pooled.discard();
        }
    }
}

/// How one attempt went.
struct Attempt<T, E> {
    result: Result<T, E>,
    may_repeat: bool,
    /// The connection is in a state that the driver does not know.
    is_broken: bool,
}

async fn run<T, E, F>(
    connection: Connection<'_>,
    sql: &'static str,
    is_over: &AtomicBool,
    pool: usize,
    body: F,
) -> Attempt<T, E>
where
    F: for<'t, 'c> AsyncFnOnce(&'t mut Tx<'c>) -> Result<T, E>,
    E: From<Error>,
{
    let begun = Open::begin(connection, sql).await;
    is_over.store(true, Ordering::Relaxed);
    let mut open = match begun {
        Ok(open) => open,
        Err(error) => {
            // Its last transaction ended behind the driver's back.
            let is_broken =
                matches!(error, sqlx::Error::InvalidSavePointStatement | sqlx::Error::BeginFailed);
            let error = Error::from(error);
            let may_repeat = is_broken || is_collision(&error);
            return Attempt { result: Err(error.into()), may_repeat, is_broken };
        }
    };
    let mut tx = Tx::new(open.connection());
    let result = scope::enter(pool, body(&mut tx)).await;
    let state = std::mem::take(&mut tx.state);
    let result = match (result, state.check()) {
        (Ok(value), Ok(())) => {
            let Err(error) = open.commit().await else {
                return Attempt { result: Ok(value), may_repeat: false, is_broken: false };
            };
            let error = Error::from(error);
            let may_repeat = is_collision(&error);
            return Attempt { result: Err(error.into()), may_repeat, is_broken: false };
        }
        // The body swallowed an error that the engine does not forgive: a commit would silently roll back.
        (Ok(_), Err(error)) => Err(error.into()),
        (Err(error), _) => Err(error),
    };
    // Where this fails the engine rolled back by itself, or the connection is gone.
    let is_broken = open.roll_back().await.is_err();
    Attempt { result, may_repeat: state.may_repeat(), is_broken }
}

fn is_collision(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Serialization | ErrorKind::Busy)
}
