//! Marks the code that runs inside a transaction, so that a query which would take a second connection
//! is refused there: with a pool that is in use up it would wait for itself, and on SQLite for the lock
//! that its own transaction holds.

use std::sync::Arc;

use super::{Error, ErrorKind};

tokio::task_local! {
    static SCOPE: Arc<Scope>;
}

/// The pool whose transaction is open, and the scope around it.
struct Scope {
    pool: usize,
    outer: Option<Arc<Scope>>,
}

/// Runs the body of a transaction of this pool.
pub(super) async fn enter<T>(pool: usize, body: impl Future<Output = T>) -> T {
    let outer = SCOPE.try_with(Arc::clone).ok();
    SCOPE.scope(Arc::new(Scope { pool, outer }), body).await
}

/// Whether the code that runs now is inside a transaction of this pool.
pub(super) fn is_inside(pool: usize) -> bool {
    SCOPE
        .try_with(|scope| {
            let mut next = Some(scope);
            while let Some(scope) = next {
                if scope.pool == pool {
                    return true;
                }
                next = scope.outer.as_ref();
            }
            false
        })
        .unwrap_or(false)
}

pub(super) fn refuse_inside(pool: usize) -> Result<(), Error> {
    if is_inside(pool) {
        return Err(Error::new(
            ErrorKind::InsideTransaction,
            "it would wait for itself; use the `tx` that the transaction's closure is given",
        ));
    }
    Ok(())
}
