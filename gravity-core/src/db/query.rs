//! A statement and its values.

use futures_util::Stream;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::args::Args;
use super::pool::{Connection, Pooled};
use super::tx::State;
use super::{Bind, Database, Engine, Error, ErrorKind, Keyset, Row, Scalar, run};
use crate::page::Position;

/// The most values one statement can have: SQLite's limit; PostgreSQL's is twice that.
const MAX_VALUES: usize = 32_766;

/// Where a statement runs.
pub(super) enum On<'a> {
    Database(&'a Database),
    Tx { connection: Connection<'a>, state: &'a mut State },
}

impl On<'_> {
    pub(super) fn reborrow(&mut self) -> On<'_> {
        match self {
            Self::Database(db) => On::Database(db),
            Self::Tx { connection, state } => On::Tx { connection: connection.reborrow(), state },
        }
    }

    #[inline]
    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Database(db) => db.engine(),
            Self::Tx { connection, .. } => connection.engine(),
        }
    }
}

/// A statement with its values, made by `query` of a [`Database`], a [`Tx`](super::Tx) or an
/// [`Executor`](super::Executor).
///
/// Values are bound in the order of their numbers; a number may stand in the text more than once.
/// What is left open until the program runs is appended: by [`push`](Self::push) and
/// [`push_bind`](Self::push_bind), which number the placeholders themselves.
///
/// ```
/// # async fn example(db: gravity_core::db::Database, owner: &str, title: Option<&str>, ids: &[i64])
/// # -> Result<Vec<(i64, String)>, gravity_core::db::Error> {
/// let mut query = db.query("SELECT id, title FROM notes WHERE owner = $1").bind(owner);
/// if let Some(title) = title {
///     query = query.push(" AND title = ").push_bind(title);
/// }
/// query.push(" AND ").push_in("id", ids).fetch_all().await
/// # }
/// ```
#[must_use = "a statement does nothing until it is executed or fetched"]
pub struct Query<'a> {
    on: On<'a>,
    sql: Sql,
    args: Args,
    fault: Option<Error>,
}

enum Sql {
    Static(&'static str),
    Built(String),
}

impl<'a> Query<'a> {
    #[inline]
    pub(super) fn new(on: On<'a>, sql: &'static str) -> Self {
        let args = match &on {
            On::Database(db) => db.args(),
            On::Tx { connection, .. } => Args::new(connection.engine()),
        };
        Self { on, sql: Sql::Static(sql), args, fault: None }
    }

    /// The value of the next placeholder.
    ///
    /// A value that cannot be encoded makes the statement fail when it is run, before anything is sent.
    #[inline]
    pub fn bind<'q>(mut self, value: impl Bind<'q>) -> Self {
        if let Err(error) = self.args.add(value) {
            self.fault.get_or_insert_with(|| sqlx::Error::Encode(error).into());
        }
        self
    }

    /// Appends text to the statement.
    pub fn push(mut self, sql: &'static str) -> Self {
        self.text().push_str(sql);
        self
    }

    /// Appends a placeholder with this value.
    pub fn push_bind<'q>(mut self, value: impl Bind<'q>) -> Self {
        self.append_bind(value);
        self
    }

    /// Appends `column IN ($4, $5, …)`, which holds for no row at all when there are no values.
    ///
    /// The list is filled up to a power of two by repeating its last value, so that a few prepared statements
    /// serve lists of every length.
    pub fn push_in<'q, T: Bind<'q> + Clone, I: IntoIterator<Item = T>>(
        mut self,
        column: &'static str,
        values: I,
    ) -> Self
    where
        I::IntoIter: ExactSizeIterator,
    {
        let mut values = values.into_iter();
        let count = values.len();
        let Some(mut value) = values.next() else {
            return self.push("1 = 0");
        };
        let text = self.text();
        text.push_str(column);
        text.push_str(" IN (");
        // Near the limit of a statement the list is as long as it is.
        let padded = count.next_power_of_two();
        let length = if self.args.len() + padded > MAX_VALUES { count } else { padded };
        self.append_bind(value.clone());
        for _ in 1..length {
            value = values.next().unwrap_or(value);
            self.text().push_str(", ");
            self.append_bind(value.clone());
        }
        self.push(")")
    }

    /// Appends the place in a list, its order and its limit: `AND … ORDER BY … LIMIT …`. See [`Keyset`].
    ///
    /// `from` is a place beside a page that was read before, out of its cursor; `None` begins the list.
    pub fn push_page(mut self, keyset: &Keyset, from: Option<&Position>, limit: u32) -> Self {
        super::page::append(keyset, &mut self, from, limit);
        self
    }

    pub(super) fn append_bind<'q>(&mut self, value: impl Bind<'q>) {
        if let Err(error) = self.args.add(value) {
            self.fault.get_or_insert_with(|| sqlx::Error::Encode(error).into());
        }
        let number = self.args.len();
        let text = self.text();
        text.push('$');
        text.push_str(&number.to_string());
    }

    /// Binds a value that the text names itself, and gives its number.
    pub(super) fn append_value<'q>(&mut self, value: impl Bind<'q>) -> usize {
        if let Err(error) = self.args.add(value) {
            self.fault.get_or_insert_with(|| sqlx::Error::Encode(error).into());
        }
        self.args.len()
    }

    pub(super) fn engine(&self) -> Engine {
        self.on.engine()
    }

    #[cfg(feature = "postgres")]
    pub(super) fn args(&mut self) -> &mut Args {
        &mut self.args
    }

    /// Replaces the text by one that this crate made itself.
    pub(super) fn with_text(mut self, sql: String) -> Self {
        self.sql = Sql::Built(sql);
        self
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.fault.get_or_insert(error);
    }

    pub(super) fn text(&mut self) -> &mut String {
        if let Sql::Static(sql) = self.sql {
            let mut text = String::with_capacity(sql.len() + 128);
            text.push_str(sql);
            self.sql = Sql::Built(text);
        }
        match &mut self.sql {
            Sql::Built(text) => text,
            Sql::Static(_) => unreachable!("it was replaced above"),
        }
    }

    /// Runs the statement and says how many rows it changed.
    pub async fn execute(self) -> Result<u64, Error> {
        let (mut held, sql, args) = self.ready().await?;
        let result = run::execute(held.connection(), sql, args).await;
        held.finish(result)
    }

    /// The first row, or an error of kind [`ErrorKind::NotFound`] when there is none.
    pub async fn fetch_one<T: Row>(self) -> Result<T, Error> {
        self.fetch_optional().await?.ok_or_else(|| Error::new(ErrorKind::NotFound, ""))
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<T: Row>(self) -> Result<Option<T>, Error> {
        let (mut held, sql, args) = self.ready().await?;
        let result = run::fetch_optional(held.connection(), sql, args).await;
        held.finish(result)
    }

    /// All rows. The statement should bound their number.
    pub async fn fetch_all<T: Row>(self) -> Result<Vec<T>, Error> {
        let (mut held, sql, args) = self.ready().await?;
        let result = run::fetch_all(held.connection(), sql, args).await;
        held.finish(result)
    }

    /// The rows one by one as they arrive.
    ///
    /// The stream holds its connection until it ends or is dropped, so a loop over it that uses the database
    /// as well needs a second one, and a SQLite database in memory has none.
    pub fn fetch<T: Row + 'a>(self) -> impl Stream<Item = Result<T, Error>> + Send + 'a {
        run::stream(|rows| async move {
            let (mut held, sql, args) = self.ready().await?;
            let result = run::fetch(held.connection(), sql, args, rows).await;
            held.finish(result)
        })
    }

    /// The only column of the first row, or an error of kind [`ErrorKind::NotFound`] when there is none.
    pub async fn fetch_scalar<T: Scalar>(self) -> Result<T, Error> {
        Ok(T::from_scalar(self.fetch_one::<T::Row>().await?))
    }

    /// The only column of the first row, if there is one.
    pub async fn fetch_optional_scalar<T: Scalar>(self) -> Result<Option<T>, Error> {
        Ok(self.fetch_optional::<T::Row>().await?.map(T::from_scalar))
    }

    /// The only column of all rows.
    pub async fn fetch_all_scalars<T: Scalar>(self) -> Result<Vec<T>, Error> {
        Ok(self.fetch_all::<T::Row>().await?.into_iter().map(T::from_scalar).collect())
    }

    #[inline]
    async fn ready(self) -> Result<(Held<'a>, SqlStr, Args), Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let sql = match self.sql {
            Sql::Static(sql) => sql.into_sql_str(),
            // Every part of it was `'static`, or a number that was made here.
            Sql::Built(sql) => AssertSqlSafe(sql).into_sql_str(),
        };
        let held = match self.on {
            On::Database(db) => Held::Pooled(db.acquire().await?),
            On::Tx { connection, state } => {
                state.check()?;
                Held::Tx { connection, state }
            }
        };
        Ok((held, sql, self.args))
    }
}

/// The connection of a statement that runs.
enum Held<'a> {
    Pooled(Pooled),
    Tx { connection: Connection<'a>, state: &'a mut State },
}

impl Held<'_> {
    #[inline]
    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Pooled(pooled) => pooled.borrow(),
            Self::Tx { connection, .. } => connection.reborrow(),
        }
    }

    #[inline]
    fn finish<T>(self, result: Result<T, sqlx::Error>) -> Result<T, Error> {
        result.map_err(|error| {
            let error = Error::from(error);
            if let Self::Tx { state, .. } = self {
                state.note(&error);
            }
            error
        })
    }
}
