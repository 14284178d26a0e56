//! A round: fresh databases, a short load with its faults, calm, and the count.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::testing::db::TestDatabase;
use gravity_core::testing::faults::{Findings, Plan, Server, Shape, Stage, check};

use crate::bank::{self, Far, POINTS, Settings};
use crate::options::Options;
use crate::servers::Servers;

/// What a worker holds it loses when it is silent for so long.
const LEASE: Duration = Duration::from_millis(700);
const WORKERS: usize = 3;
/// For what takes a moment unless something is stuck, on a machine that has other things to do as well.
const PATIENCE: Duration = Duration::from_secs(100);

/// How a round went.
pub(crate) struct Outcome {
    pub(crate) plan: Plan,
    pub(crate) findings: Findings,
    pub(crate) drain: Duration,
}

/// Where a round is played.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) is_postgres: bool,
    /// None on SQLite alone: then there is no Redis either.
    pub(crate) servers: Option<&'a Servers>,
}

impl Ground<'_> {
    /// The plan of a round here. SQLite has neither a line nor a server.
    pub(crate) fn plan(self, seed: u64, options: &Options) -> Plan {
        let shape = Shape {
            workers: WORKERS,
            lines: self.lines().len(),
            servers: self.servers().len(),
            points: POINTS.map(str::to_owned).to_vec(),
            faults: (options.least_faults, options.most_faults.max(options.least_faults)),
            lease: LEASE,
            load: (Duration::from_millis(900), Duration::from_millis(1_600)),
        };
        Plan::new(seed, &shape)
    }

    fn lines(self) -> Vec<(&'static str, SocketAddr)> {
        self.servers.map(|servers| servers.lines(self.is_postgres)).unwrap_or_default()
    }

    fn servers(&self) -> &[Server] {
        self.servers.map_or(&[], |servers| servers.of_round(self.is_postgres))
    }

    /// Plays a round in a folder of its own, with a database for each of two banks; the far one needs Redis.
    pub(crate) async fn play(self, seed: u64, folder: &Path, options: &Options) -> Result<Outcome> {
        let mut banks = vec![self.bank(folder, "bank").await?];
        if self.servers.is_some() {
            banks.push(self.bank(folder, "far").await?);
        }
        let outcome = self.on(&banks, seed, folder, options).await;
        for Bank { db, test, .. } in banks {
            match test {
                Some(test) => test.remove().await,
                None => db.close().await,
            }
        }
        outcome
    }

    async fn bank(self, folder: &Path, name: &str) -> Result<Bank> {
        if let Some(servers) = self.servers.filter(|_| self.is_postgres) {
            let (test, url) = servers.database(&own()).await?;
            return Ok(Bank { db: test.database(), url, test: Some(test) });
        }
        let url = format!("sqlite://{}", folder.join(format!("{name}.db")).display());
        Ok(Bank { db: Database::connect_with(&url, own()).await?, url, test: None })
    }

    async fn on(self, banks: &[Bank], seed: u64, folder: &Path, options: &Options) -> Result<Outcome> {
        let plan = self.plan(seed, options);
        let far = banks.get(1);
        let stores = bank::prepare(&banks[0].db, far.map(|far| &far.db)).await?;
        let sabotage = options.sabotage;
        let settings = serde_json::to_value(Settings {
            url: banks[0].url.clone(),
            far: far.map(|far| Far {
                url: far.url.clone(),
                redis: "redis://{redis}".to_owned(),
                // No other round's keys, though the server stays.
                prefix: format!("round-{}", gravity_core::Clock::system().uuid().simple()),
            }),
            lease: u64::try_from(LEASE.as_millis())?,
            sabotage,
        })?;
        let program = std::env::current_exe()?;
        let log = folder.join("workers.log");
        let command = || {
            let mut command = Command::new(&program);
            let file = OpenOptions::new().create(true).append(true).open(&log);
            command.stdout(Stdio::null()).stderr(file.map_or_else(|_| Stdio::null(), Stdio::from));
            command
        };
        let stage = Stage::new(folder, WORKERS, command, &self.lines(), self.servers(), settings).await?;
        stage.start(PATIENCE).await?;
        stage.strike(&plan).await?;
        let mut stuck = stage.calm(PATIENCE).await?;
        let now = gravity_core::Clock::system().now();
        stuck.extend(stage.drain(PATIENCE, || bank::unrung(&stores, now)).await.err());
        bank::silence(&stores).await?;
        let patience = if sabotage.is_some() { Duration::from_secs(5) } else { PATIENCE };
        let settled = bank::Settled::default();
        let drain = stage.drain(patience, || bank::left(&stores, WORKERS, &settled)).await;
        let drain = drain.unwrap_or_else(|left| {
            stuck.push(left);
            patience
        });
        let mut ending = Findings::default();
        stage.leave(PATIENCE, &mut ending).await?;
        let books = bank::books(&stores).await?;
        let mut findings = check(&books, &stage.ledger()?);
        findings.odd.extend(bank::idle(&books, sabotage));
        findings.stuck.append(&mut stuck);
        findings.stuck.append(&mut ending.stuck);
        findings.odd.append(&mut ending.odd);
        Ok(Outcome { plan, findings, drain })
    }
}

/// A bank's database, as the rig and as workers reach it.
struct Bank {
    db: Database,
    url: String,
    test: Option<TestDatabase>,
}

/// The rig's own connections, which no fault but a server's touches.
fn own() -> DatabaseConfig {
    DatabaseConfig::new().with_max_connections(2).with_acquire_timeout(Duration::from_secs(30))
}
