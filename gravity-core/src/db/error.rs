//! What can go wrong between a service and its database, the same on both engines.

mod classify;
mod constraint;
mod kind;

use std::fmt;

pub use constraint::Constraint;
pub use kind::ErrorKind;

/// A failure of the database, sorted by what a caller can do about it.
///
/// Its text (`Display` and `Debug`) never holds a bound value, a stored value or a credential: it may
/// be logged as it is. What the driver said in full is in [`Error::driver`]; that may hold values, so
/// [`std::error::Error::source`] does not hand it to whoever prints a chain of errors.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    code: Option<String>,
    constraint: Option<Constraint>,
    driver: Option<sqlx::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), code: None, constraint: None, driver: None }))
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The engine's own code: an SQLSTATE on PostgreSQL, an extended result code on SQLite.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What was violated, for a violation of a constraint.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    /// The driver's error. Its text and its `Debug` form may hold values of rows and parameters.
    pub fn driver(&self) -> Option<&sqlx::Error> {
        self.0.driver.as_ref()
    }

    /// Whether nothing was written and the same work may well succeed when it is repeated: a
    /// serialization failure, a deadlock, a lock or a pool that stayed busy.
    ///
    /// [`Database::transaction`](crate::db::Database::transaction) has already repeated the first two.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Serialization | ErrorKind::Busy | ErrorKind::PoolTimeout)
    }

    /// Whether a row with these values exists already in `table`, where the unique constraint or index
    /// covers exactly `columns`, in the order in which the schema names them.
    ///
    /// This is the question that has the same answer on both engines: SQLite reports columns, and
    /// PostgreSQL a name and columns.
    pub fn is_unique_violation_on(&self, table: &str, columns: &[&str]) -> bool {
        self.0.kind == ErrorKind::UniqueViolation
            && self.constraint().is_some_and(|constraint| constraint.covers(table, columns))
    }

    /// Whether this is a violation of the unique index with this name.
    ///
    /// PostgreSQL names every constraint and index. SQLite names an index only when it has an
    /// expression in it; for plain columns ask [`Error::is_unique_violation_on`].
    pub fn is_unique_violation_of(&self, name: &str) -> bool {
        self.0.kind == ErrorKind::UniqueViolation
            && self.constraint().is_some_and(|constraint| constraint.name() == Some(name))
    }

    /// Whether the row that was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind)?;
        if let Some(constraint) = &self.0.constraint {
            write!(f, " of {constraint}")?;
        }
        if !self.0.message.is_empty() {
            write!(f, ": {}", self.0.message)?;
        }
        match &self.0.code {
            Some(code) => write!(f, " (code {code})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("code", &self.0.code)
            .field("constraint", &self.0.constraint)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let found = classify::classify(&error);
        Self(Box::new(Inner {
            kind: found.kind,
            message: found.message,
            code: found.code,
            constraint: found.constraint,
            driver: Some(error),
        }))
    }
}

impl From<crate::page::CursorError> for Error {
    fn from(error: crate::page::CursorError) -> Self {
        Self::new(ErrorKind::Cursor, error.to_string())
    }
}

/// What a service passes on when it knows nothing better: a database that cannot be reached or is too busy is
/// unavailable, a cursor of another list is a bad request, and all else is the database's failure, of which a
/// client learns nothing. What a caller may have meant by a missing or a duplicate row only the service knows.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::PoolTimeout
            | ErrorKind::ConnectionLost
            | ErrorKind::Closed
            | ErrorKind::Busy
            | ErrorKind::Serialization => {
                let is_retryable = error.is_retryable();
                Self::unavailable(
                    "database_unavailable",
                    "The service cannot reach its data now; try again later.",
                )
                .with_source(error)
                .retryable(is_retryable)
            }
            ErrorKind::Cursor => {
                Self::bad_request("invalid_cursor", "The cursor or the order does not belong to this list.")
                    .with_source(error)
            }
            _ => Self::database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_withholds_what_a_parser_quotes() {
        let inner: Box<dyn std::error::Error + Send + Sync> = "invalid type: string \"s3cret\"".into();
        let error = Error::from(sqlx::Error::ColumnDecode { index: "\"body\"".into(), source: inner });
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert!(error.to_string().contains("body"), "{error}");
        assert!(error.driver().is_some());
    }

    #[test]
    fn a_service_passes_on_what_a_client_can_act_on() {
        let kind = |kind| crate::Error::from(Error::new(kind, "")).kind();
        assert_eq!(kind(ErrorKind::PoolTimeout), crate::ErrorKind::Unavailable);
        assert_eq!(kind(ErrorKind::Cursor), crate::ErrorKind::BadRequest);
        assert_eq!(kind(ErrorKind::UniqueViolation), crate::ErrorKind::Database);
        assert!(!crate::Error::from(Error::new(ErrorKind::ConnectionLost, "")).is_retryable());
    }

    #[test]
    fn only_what_wrote_nothing_may_be_repeated() {
        assert!(Error::new(ErrorKind::Serialization, "").is_retryable());
        assert!(Error::from(sqlx::Error::PoolTimedOut).is_retryable());
        assert!(!Error::from(sqlx::Error::RowNotFound).is_retryable());
        assert!(!Error::new(ErrorKind::ConnectionLost, "").is_retryable());
    }
}
