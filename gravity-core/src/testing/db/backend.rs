//! The back ends, and a database on one of them.

use std::path::PathBuf;

use uuid::Uuid;

use super::say;
use crate::db::{Database, DatabaseConfig};

/// Where a test's database can live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// SQLite in memory.
    #[cfg(feature = "sqlite")]
    Memory,
    /// SQLite in a file.
    #[cfg(feature = "sqlite")]
    File,
    /// PostgreSQL at `DATABASE_URL`.
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Backend {
    /// Those that are compiled in.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "sqlite")]
        Self::Memory,
        #[cfg(feature = "sqlite")]
        Self::File,
        #[cfg(feature = "postgres")]
        Self::Postgres,
    ];

    /// How reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Memory => "sqlite in memory",
            #[cfg(feature = "sqlite")]
            Self::File => "sqlite in a file",
            #[cfg(feature = "postgres")]
            Self::Postgres => "postgres",
        }
    }
}

/// An empty database for one test. [`TestDatabase::remove`] takes it away.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: String,
    folder: Option<PathBuf>,
    #[cfg(feature = "postgres")]
    server: Option<(String, String)>,
}

impl TestDatabase {
    /// Makes an empty database; `None`, and a line on standard error, where `DATABASE_URL` is not set.
    ///
    /// # Panics
    ///
    /// When it cannot be made, or `DATABASE_URL` is not set and `GRAVITY_REQUIRE_BACKENDS` is `1`.
    #[expect(clippy::panic, reason = "a test that has no database has failed")]
    pub async fn create(backend: Backend, config: &DatabaseConfig) -> Option<Self> {
        let made = match backend {
            #[cfg(feature = "sqlite")]
            Backend::Memory => Self::open("sqlite::memory:".to_owned(), None, config).await,
            #[cfg(feature = "sqlite")]
            Backend::File => {
                let folder = std::env::temp_dir().join(name());
                if let Err(error) = std::fs::create_dir(&folder) {
                    panic!("cannot create {}: {error}", folder.display());
                }
                let url = format!("sqlite://{}", folder.join("test.db").display());
                Self::open(url, Some(folder), config).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres => match std::env::var("DATABASE_URL").ok() {
                Some(url) => Self::on_server(&url, config).await,
                None if std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1") => {
                    panic!("DATABASE_URL is not set, and GRAVITY_REQUIRE_BACKENDS is")
                }
                None => {
                    say("SKIPPED postgres: DATABASE_URL is not set");
                    return None;
                }
            },
        };
        match made {
            Ok(test) => Some(test),
            Err(error) => panic!("cannot make a test's database on {}: {error}", backend.name()),
        }
    }

    /// A handle to the database.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// The URL at which another pool finds the same database. One in memory has none but its handles.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes the database, whoever still has a handle, and removes it.
    pub async fn remove(self) {
        self.database.close().await;
        if let Some(folder) = &self.folder
            && let Err(error) = std::fs::remove_dir_all(folder)
        {
            say(&format!("cannot remove {}: {error}", folder.display()));
        }
        #[cfg(feature = "postgres")]
        if let Some((server, name)) = &self.server
            && let Err(error) =
                administer(server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
        {
            say(&format!("cannot drop the database {name}: {error}"));
        }
    }

    async fn open(
        url: String,
        folder: Option<PathBuf>,
        config: &DatabaseConfig,
    ) -> Result<Self, crate::db::Error> {
        Ok(Self {
            database: Database::connect_with(&url, config.clone()).await?,
            url,
            folder,
            #[cfg(feature = "postgres")]
            server: None,
        })
    }

    /// Makes an empty database on the PostgreSQL server at this URL.
    #[cfg(feature = "postgres")]
    pub async fn on_server(server: &str, config: &DatabaseConfig) -> Result<Self, crate::db::Error> {
        let name = name();
        // Nobody can connect to this template, and one that is connected to cannot be copied.
        administer(server, format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
        let mut test = Self::open(with_database(server, &name), None, config).await?;
        test.server = Some((server.to_owned(), name));
        Ok(test)
    }
}

/// A name that no other test has, on this machine or another.
fn name() -> String {
    format!("gravity_test_{}", Uuid::now_v7().simple())
}

/// The URL with another database's name in its path.
#[cfg(any(feature = "postgres", test))]
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    format!("{}/{name}{query}", &base[..end])
}

#[cfg(feature = "postgres")]
async fn administer(server: &str, sql: String) -> Result<(), crate::db::Error> {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

    let mut connection = PgConnection::connect(server).await?;
    // The name in it was made above.
    connection.execute(AssertSqlSafe(sql)).await?;
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_in_a_url_changes() {
        assert_eq!(
            with_database("postgres://u:p@h:1/old?sslmode=disable", "n"),
            "postgres://u:p@h:1/n?sslmode=disable"
        );
        assert_eq!(with_database("postgres://h", "n"), "postgres://h/n");
        assert_eq!(with_database("postgres:///old?host=/run/x", "n"), "postgres:///n?host=/run/x");
    }
}
