//! The migrations as text, for people who run them by other means.

use std::fmt::Write as _;

use super::super::Engine;
use super::Migrations;
use super::ledger::Ledger;

impl Migrations {
    /// A script of all the steps for one engine, which also records them, in one transaction. Where it was run
    /// in full, [`Migrations::up`] finds nothing to do. Where a part was applied already, run the rest of it.
    pub fn sql(&self, engine: Engine) -> String {
        let ledger = Ledger::of(self, engine);
        let begin = match engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        let mut text = format!(
            "-- {}: all migrations for {engine}\n{begin};\n\n{};\n",
            self.service,
            ledger.create_sql()
        );
        for migration in self.all {
            let sql = migration.sql(engine).trim_end().trim_end_matches(';');
            // Writing to a String does not fail. The semicolon has a line of its own, after any comment.
            let _ = write!(
                text,
                "\n-- step {}: {}\n{sql}\n;\n{};\n",
                migration.version,
                migration.name,
                ledger.insert_sql(migration)
            );
        }
        text.push_str("\nCOMMIT;\n");
        text
    }
}
