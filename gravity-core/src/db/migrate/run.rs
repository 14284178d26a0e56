//! Applies migrations, and says what was applied.

use sha2::{Digest as _, Sha256};

use super::super::{Database, Engine, Error, ErrorKind, Executor, TransactionConfig, Tx};
use super::ledger::{Ledger, script};
use super::{Migration, Migrations, plan};
use crate::Timestamp;

/// SQLite waits for its busy timeout each time: many nodes that start at once wait for the one that migrates.
const ATTEMPTS: u32 = 24;

/// One step and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The number of the step.
    pub version: i64,
    /// The name of the step.
    pub name: &'static str,
    /// Whether it was applied.
    pub state: MigrationState,
}

/// Whether a step was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It was not yet.
    Pending,
    /// It was, at this time.
    Applied(Timestamp),
}

impl Migrations {
    /// Applies what is missing and gives the steps it applied, in order.
    ///
    /// Each step runs in a transaction with its record, so that a crash leaves whole steps, and the next call
    /// goes on after them. Many nodes may call it at once: one applies a step, and the others wait.
    ///
    /// Fails with [`ErrorKind::Migration`] when the database is newer than the program, when an applied step
    /// was changed since, or when one is missing between others.
    pub async fn up(&self, db: &Database) -> Result<Vec<Migration>, Error> {
        let mut done = Vec::new();
        loop {
            match self.step(db, Apply::Run).await? {
                Some(migration) => done.push(migration),
                None => return Ok(done),
            }
        }
    }

    /// Records all steps up to this version as applied without running them: for a schema that was made by
    /// other means. Gives the steps it recorded. Versions that the program does not know are an error.
    pub async fn record(&self, db: &Database, version: i64) -> Result<Vec<Migration>, Error> {
        if !self.all.iter().any(|known| known.version() == version) {
            return Err(Error::new(
                ErrorKind::Migration,
                format!("{}: there is no step {version} to record", self.service),
            ));
        }
        let mut done = Vec::new();
        loop {
            match self.step(db, Apply::Record { version }).await? {
                Some(migration) => done.push(migration),
                None => return Ok(done),
            }
        }
    }

    /// All steps, and which were applied. Changes nothing, and fails where [`Migrations::up`] would refuse.
    pub async fn status(&self, db: &Database) -> Result<Vec<MigrationStatus>, Error> {
        let ledger = Ledger::of(self, db.engine());
        let mut on = Executor::from(db);
        let applied = if ledger.exists(&mut on).await? { ledger.read(&mut on).await? } else { Vec::new() };
        plan::pending(self, &applied, db.engine())?;
        let status = |(index, migration): (usize, &Migration)| MigrationStatus {
            version: migration.version(),
            name: migration.name,
            state: match applied.get(index) {
                Some(row) => MigrationState::Applied(row.at),
                None => MigrationState::Pending,
            },
        };
        Ok(self.all.iter().enumerate().map(status).collect())
    }

    /// Applies the next step, if there is one.
    async fn step(&self, db: &Database, apply: Apply) -> Result<Option<Migration>, Error> {
        let config = TransactionConfig::new().with_max_attempts(ATTEMPTS);
        db.transaction_with(config, async |tx| {
            let ledger = Ledger::of(self, tx.engine());
            self.lock(tx).await?;
            ledger.create(tx).await?;
            let applied = ledger.read(&mut Executor::from(&mut *tx)).await?;
            let pending = plan::pending(self, &applied, tx.engine())?;
            let Some(&next) = pending.first().filter(|next| apply.reaches(next)) else {
                return Ok(None);
            };
            if apply == Apply::Run {
                script(tx, next.sql(tx.engine())).await.map_err(|error| self.failed(&next, error))?;
            }
            ledger.insert(tx, &next).await?;
            Ok(Some(next))
        })
        .await
    }

    /// Keeps other nodes out until the transaction ends. On SQLite the transaction itself does.
    async fn lock(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if tx.engine() == Engine::Sqlite {
            return Ok(());
        }
        // The wait for another node's migration, and a step itself, may take longer than any statement; the wait
        // of a step for a lock of the application's may not.
        script(tx, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
        let mut key = [0; 8];
        key.copy_from_slice(&Sha256::digest(format!("gravity migrations of {}", self.service))[..8]);
        tx.query("SELECT pg_advisory_xact_lock($1)").bind(i64::from_be_bytes(key)).execute().await?;
        script(tx, "SET LOCAL lock_timeout TO DEFAULT").await
    }

    /// Names the step in an error, unless the transaction is going to be repeated because of it.
    fn failed(&self, migration: &Migration, error: Error) -> Error {
        if error.is_retryable() {
            return error;
        }
        Error::new(
            ErrorKind::Migration,
            format!("{}: step {} (`{}`) failed: {error}", self.service, migration.version, migration.name),
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Apply {
    Run,
    Record { version: i64 },
}

impl Apply {
    fn reaches(self, migration: &Migration) -> bool {
        match self {
            Self::Run => true,
            Self::Record { version } => migration.version() <= version,
        }
    }
}
