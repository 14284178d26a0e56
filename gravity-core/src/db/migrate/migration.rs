//! What a crate's schema is made of.

use sha2::{Digest as _, Sha256};

use super::super::Engine;

/// One step of a schema, written for both engines.
///
/// A step that was released is never changed: the next one mends it. Its text may hold several statements,
/// and must not begin or end a transaction, because it runs in one.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub(super) version: u32,
    pub(super) name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Migration {
    /// A step with its number, its name, and its SQL for each engine, which `include_str!` reads from
    /// `migrations/sqlite/0001_name.sql` and `migrations/postgres/0001_name.sql`.
    pub const fn new(version: u32, name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { version, name, sqlite, postgres }
    }

    /// The number of this step, from 1.
    pub const fn version(&self) -> i64 {
        self.version as i64
    }

    /// The name of this step.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text for one engine.
    pub const fn sql(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    /// SHA-256 of the text in hexadecimal, the same whatever line endings a checkout has.
    pub(super) fn checksum(&self, engine: Engine) -> String {
        use std::fmt::Write as _;
        let text = self.sql(engine).replace("\r\n", "\n");
        Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// All the steps of one crate's schema. They are recorded in a table of their own, `NAME_migrations`, and so
/// live beside those of other crates and of the application, sqlx's included.
///
/// ```
/// use gravity_core::db::{Migration, Migrations};
///
/// pub const MIGRATIONS: Migrations = Migrations::new(
///     "notes",
///     &[Migration::new(
///         1,
///         "create notes",
///         "CREATE TABLE notes (id BLOB PRIMARY KEY, title TEXT NOT NULL) STRICT",
///         "CREATE TABLE notes (id uuid PRIMARY KEY, title text NOT NULL)",
///     )],
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    pub(super) service: &'static str,
    pub(super) all: &'static [Migration],
}

impl Migrations {
    /// The steps of the crate that calls itself `service`, numbered from 1 without a gap.
    ///
    /// # Panics
    ///
    /// When the name is not made of lower-case letters, digits and `_`, begins with none of the letters, or
    /// is longer than 40; or when a number is missing. As a constant such a list does not compile.
    pub const fn new(service: &'static str, all: &'static [Migration]) -> Self {
        let name = service.as_bytes();
        assert!(!name.is_empty() && name.len() <= 40, "a service's name has 1 to 40 characters");
        assert!(name[0].is_ascii_lowercase(), "a service's name begins with a lower-case letter");
        let mut index = 0;
        while index < name.len() {
            let byte = name[index];
            assert!(
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_',
                "a service's name has lower-case letters, digits and `_`"
            );
            index += 1;
        }
        let mut index = 0;
        while index < all.len() {
            assert!(all[index].version as usize == index + 1, "migrations are numbered 1, 2, 3, … in order");
            index += 1;
        }
        Self { service, all }
    }

    /// Whose tables they make.
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// The steps in order.
    pub const fn all(&self) -> &'static [Migration] {
        self.all
    }

    /// The table in which the applied steps are recorded.
    pub fn ledger(&self) -> String {
        format!("{}_migrations", self.service)
    }
}
