//! Sorts the driver's errors, and takes from their text only what holds no values.

use sqlx::error::DatabaseError;

use super::{Constraint, ErrorKind};

pub(super) struct Found {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) constraint: Option<Constraint>,
}

impl Found {
    fn plain(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None, constraint: None }
    }
}

pub(super) fn classify(error: &sqlx::Error) -> Found {
    use sqlx::Error as E;
    match error {
        E::Database(error) => database(error.as_ref()),
        E::RowNotFound => Found::plain(ErrorKind::NotFound, ""),
        E::PoolTimedOut => Found::plain(
            ErrorKind::PoolTimeout,
            "the pool is exhausted, or the server takes no more connections",
        ),
        E::PoolClosed => Found::plain(ErrorKind::Closed, ""),
        E::Io(error) => Found::plain(ErrorKind::ConnectionLost, error.to_string()),
        E::Tls(error) => Found::plain(ErrorKind::ConnectionLost, format!("TLS: {error}")),
        E::WorkerCrashed => Found::plain(ErrorKind::ConnectionLost, "the connection's thread ended"),
        // The text may repeat the URL.
        E::Configuration(_) => Found::plain(ErrorKind::Configuration, ""),
        E::Encode(error) => Found::plain(ErrorKind::Encode, harmless(&error.to_string())),
        E::ColumnDecode { index, source } => {
            let why = if source.is::<sqlx::error::UnexpectedNullError>() {
                "it is null".to_owned()
            } else {
                harmless(&source.to_string())
            };
            Found::plain(ErrorKind::Decode, format!("column {index}: {why}"))
        }
        E::Decode(error) => Found::plain(ErrorKind::Decode, harmless(&error.to_string())),
        E::ColumnNotFound(name) => Found::plain(ErrorKind::Decode, format!("there is no column {name}")),
        E::ColumnIndexOutOfBounds { index, len } => {
            Found::plain(ErrorKind::Decode, format!("there is no column {index}, the row has {len}"))
        }
        E::TypeNotFound { type_name } => {
            Found::plain(ErrorKind::Other, format!("there is no type {type_name}"))
        }
        E::InvalidArgument(_) => Found::plain(ErrorKind::Encode, "an argument is not valid"),
        E::InvalidSavePointStatement | E::BeginFailed => {
            Found::plain(ErrorKind::Other, "the connection is in another transaction already")
        }
        E::Protocol(_) => {
            Found::plain(ErrorKind::Other, "the driver and the server do not understand each other")
        }
        _ => Found::plain(ErrorKind::Other, "the driver failed"),
    }
}

/// What a codec says, unless it may quote the value.
fn harmless(text: &str) -> String {
    if text.starts_with("mismatched types") {
        text.to_owned()
    } else {
        "the value does not have the form of its type".to_owned()
    }
}

fn database(error: &dyn DatabaseError) -> Found {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return postgres(error);
    }
    #[cfg(feature = "sqlite")]
    if let Some(error) = error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
        return sqlite(error);
    }
    Found::plain(ErrorKind::Other, error.code().unwrap_or_default())
}

#[cfg(feature = "postgres")]
fn postgres(error: &sqlx::postgres::PgDatabaseError) -> Found {
    let code = error.code();
    let kind = match code {
        "23505" | "23P01" => ErrorKind::UniqueViolation,
        "23503" | "23001" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        "23514" => ErrorKind::CheckViolation,
        "40001" | "40P01" => ErrorKind::Serialization,
        "57014" | "55P03" => ErrorKind::Timeout,
        "25P02" => ErrorKind::TransactionFailed,
        "25P03" | "57P01" | "57P02" | "57P03" | "57P05" | "53300" => ErrorKind::ConnectionLost,
        // Text that is not UTF-8, or holds a NUL byte.
        "22021" | "22P05" => ErrorKind::Encode,
        _ if code.starts_with("08") || code.starts_with("28") => ErrorKind::ConnectionLost,
        _ => ErrorKind::Other,
    };
    let constraint = code.starts_with("23").then(|| Constraint {
        name: error.constraint().map(str::to_owned),
        table: error.table().map(str::to_owned),
        columns: match error.column() {
            Some(column) => vec![column.to_owned()],
            None => error.detail().map(Constraint::columns_of_detail).unwrap_or_default(),
        },
    });
    // Data exceptions quote the data, and a trigger that raises may quote anything.
    let message = match code {
        "22021" => "PostgreSQL's text takes neither NUL bytes nor what is not UTF-8".to_owned(),
        _ if code.starts_with("22") || code.starts_with("P0") => "data exception".to_owned(),
        _ if constraint.is_some() => String::new(),
        _ => error.message().to_owned(),
    };
    Found { kind, message, code: Some(code.to_owned()), constraint }
}

#[cfg(feature = "sqlite")]
fn sqlite(error: &sqlx::sqlite::SqliteError) -> Found {
    const EXTENDED: i32 = 0xff;
    let code = DatabaseError::code(error).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let number: i32 = code.parse().unwrap_or_default();
    let kind = match number {
        2067 | 1555 | 2579 => ErrorKind::UniqueViolation,
        787 | 3091 => ErrorKind::ForeignKeyViolation,
        1299 => ErrorKind::NotNullViolation,
        275 => ErrorKind::CheckViolation,
        _ => match number & EXTENDED {
            // A trigger's RAISE(ABORT) is a constraint too; it is the schema's own check.
            19 => ErrorKind::CheckViolation,
            5 | 6 => ErrorKind::Busy,
            9 => ErrorKind::Timeout,
            14 => ErrorKind::ConnectionLost,
            _ => ErrorKind::Other,
        },
    };
    let constraint = Constraint::from_sqlite(error.message());
    let message = match number & EXTENDED {
        19 => String::new(),
        _ => error.message().to_owned(),
    };
    Found { kind, message, code: Some(code), constraint }
}
