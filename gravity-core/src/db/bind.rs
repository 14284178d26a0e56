//! What can be bound to a placeholder.

#[cfg(feature = "postgres")]
pub(super) use postgres::PostgresValue;
#[cfg(feature = "sqlite")]
pub(super) use sqlite::SqliteValue;

/// A value that every engine which is compiled in takes for a placeholder.
///
/// It is implemented for everything that sqlx encodes for all of them: integers that are signed, floats,
/// booleans, text, bytes, [`Uuid`](uuid::Uuid), [`Json`](super::Json), this crate's own types, and
/// `Option`s and references of these. A value that only one engine takes does not compile while both
/// features are on, and continuous integration builds with both.
///
/// ```compile_fail
/// # async fn compile(db: gravity_core::db::Database) {
/// let unsigned: u64 = 1; // neither engine has it
/// db.query("SELECT $1").bind(unsigned);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound on every engine that is compiled in",
    note = "sqlx must implement `Encode` and `Type` for it, for SQLite and for PostgreSQL"
)]
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub trait Bind<'q>: SqliteValue<'q> + PostgresValue<'q> {}
#[cfg(all(feature = "sqlite", feature = "postgres"))]
impl<'q, T: SqliteValue<'q> + PostgresValue<'q>> Bind<'q> for T {}

/// A value that SQLite takes for a placeholder.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
pub trait Bind<'q>: SqliteValue<'q> {}
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
impl<'q, T: SqliteValue<'q>> Bind<'q> for T {}

/// A value that PostgreSQL takes for a placeholder.
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
pub trait Bind<'q>: PostgresValue<'q> {}
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
impl<'q, T: PostgresValue<'q>> Bind<'q> for T {}

#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::{Encode, Sqlite, Type};

    pub trait SqliteValue<'q>: Encode<'q, Sqlite> + Type<Sqlite> {}
    impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite>> SqliteValue<'q> for T {}
}

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::{Encode, Postgres, Type};

    pub trait PostgresValue<'q>: Encode<'q, Postgres> + Type<Postgres> {}
    impl<'q, T: Encode<'q, Postgres> + Type<Postgres>> PostgresValue<'q> for T {}
}
