//! Transactions inside a transaction.

use super::transaction::Open;
use super::{Error, Tx};

impl Tx<'_> {
    /// Runs `body` in a savepoint: when it returns an error, or is dropped before it ends, what it did is
    /// undone, and the transaction around it goes on.
    ///
    /// ```
    /// # async fn example(tx: &mut gravity_core::db::Tx<'_>) -> Result<(), gravity_core::db::Error> {
    /// let added = tx
    ///     .savepoint(async |tx| tx.query("INSERT INTO tags (name) VALUES ('new')").execute().await)
    ///     .await;
    /// if added.as_ref().is_err_and(|error| !error.is_unique_violation_on("tags", &["name"])) {
    ///     added?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A collision with another transaction is not undone by it: the whole transaction fails, and is
    /// repeated.
    pub async fn savepoint<T, E, F>(&mut self, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFnOnce(&'t mut Tx<'c>) -> Result<T, E>,
        E: From<Error>,
    {
        self.state.check()?;
        let Tx { connection, state: outer } = self;
        let mut open = match Open::savepoint(connection.reborrow()).await {
            Ok(open) => open,
            Err(error) => {
                let error = Error::from(error);
                outer.note(&error);
                return Err(error.into());
            }
        };
        let mut tx = Tx::new(open.connection());
        let result = body(&mut tx).await;
        let inner = std::mem::take(&mut tx.state);
        let (result, ended) = match (result, inner.check()) {
            (Ok(value), Ok(())) => (Ok(value), open.commit().await),
            (Ok(_), Err(error)) => (Err(error.into()), open.roll_back().await),
            (Err(error), _) => (Err(error), open.roll_back().await),
        };
        if inner.may_repeat() {
            outer.failed = inner.failed;
        }
        match ended {
            Ok(()) => result,
            Err(error) => {
                // The engine has undone more than the savepoint.
                let error = Error::from(error);
                outer.note(&error);
                result.and(Err(error.into()))
            }
        }
    }
}
