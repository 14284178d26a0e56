//! The values of a statement, encoded for the engine that will run it.

use sqlx::Arguments as _;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgArguments;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteArguments;

use super::{Bind, Engine};

pub(super) enum Args {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteArguments),
    #[cfg(feature = "postgres")]
    Postgres(PgArguments),
}

impl Args {
    pub(super) fn new(engine: Engine) -> Self {
        match engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite => Self::Sqlite(SqliteArguments::default()),
            #[cfg(feature = "postgres")]
            Engine::Postgres => Self::Postgres(PgArguments::default()),
            // A database of an engine whose feature is off cannot be made.
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => unreachable!("{engine} is not compiled in"),
        }
    }

    pub(super) fn add<'q>(&mut self, value: impl Bind<'q>) -> Result<(), sqlx::error::BoxDynError> {
        each_engine!(self, Args(args) => args.add(value))
    }

    pub(super) fn len(&self) -> usize {
        each_engine!(self, Args(args) => args.len())
    }
}
