//! A parameter for functions that run on the database or inside a transaction.

use super::query::On;
use super::{Database, Engine, Query, Tx};

/// Where a statement runs: on the database by itself, or inside a transaction.
///
/// A helper of a store that both have a use for takes `impl Into<Executor<'_>>`:
///
/// ```
/// use gravity_core::db::{Database, Error, Executor, Tx};
///
/// async fn count<'a>(on: impl Into<Executor<'a>>) -> Result<i64, Error> {
///     on.into().query("SELECT count(*) FROM notes").fetch_scalar().await
/// }
///
/// async fn both(db: &Database, tx: &mut Tx<'_>) -> Result<(i64, i64), Error> {
///     Ok((count(db).await?, count(tx).await?))
/// }
/// ```
pub struct Executor<'a>(On<'a>);

impl Executor<'_> {
    /// A statement, as [`Database::query`] makes it.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(self.0.reborrow(), sql)
    }

    /// A statement of text that this crate made itself.
    pub(super) fn query_built(&mut self, sql: String) -> Query<'_> {
        Query::new(self.0.reborrow(), "").with_text(sql)
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        self.0.engine()
    }
}

impl<'a> From<&'a Database> for Executor<'a> {
    fn from(db: &'a Database) -> Self {
        Self(On::Database(db))
    }
}

impl<'a> From<&'a mut Tx<'_>> for Executor<'a> {
    fn from(tx: &'a mut Tx<'_>) -> Self {
        Self(tx.on())
    }
}
