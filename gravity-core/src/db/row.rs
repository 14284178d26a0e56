//! What a row can be read into.

/// A type that is read from a row of every engine which is compiled in.
///
/// Derive [`FromRow`](super::FromRow) and it is one. Tuples of up to sixteen columns are rows too.
/// The derive names the crate `sqlx`, which a service therefore depends on.
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub trait Row: SqliteReadable + PostgresReadable + Send + Unpin {}
#[cfg(all(feature = "sqlite", feature = "postgres"))]
impl<T: SqliteReadable + PostgresReadable + Send + Unpin> Row for T {}

/// A type that is read from a row of SQLite. Derive [`FromRow`](super::FromRow) and it is one.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
pub trait Row: SqliteReadable + Send + Unpin {}
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
impl<T: SqliteReadable + Send + Unpin> Row for T {}

/// A type that is read from a row of PostgreSQL. Derive [`FromRow`](super::FromRow) and it is one.
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
pub trait Row: PostgresReadable + Send + Unpin {}
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
impl<T: PostgresReadable + Send + Unpin> Row for T {}

/// A type of one column: whatever makes a row on its own as `(T,)`.
pub trait Scalar: Sized {
    #[doc(hidden)]
    type Row: Row;
    #[doc(hidden)]
    fn from_scalar(row: Self::Row) -> Self;
}

impl<T> Scalar for T
where
    (T,): Row,
{
    type Row = (T,);

    fn from_scalar(row: (T,)) -> Self {
        row.0
    }
}

#[cfg(feature = "sqlite")]
pub(super) use sqlite::SqliteReadable;
#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::FromRow;
    use sqlx::sqlite::SqliteRow;

    pub trait SqliteReadable: for<'r> FromRow<'r, SqliteRow> {}
    impl<T: for<'r> FromRow<'r, SqliteRow>> SqliteReadable for T {}
}

#[cfg(feature = "postgres")]
pub(super) use postgres::PostgresReadable;
#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::FromRow;
    use sqlx::postgres::PgRow;

    pub trait PostgresReadable: for<'r> FromRow<'r, PgRow> {}
    impl<T: for<'r> FromRow<'r, PgRow>> PostgresReadable for T {}
}
