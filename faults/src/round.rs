//! A round: a fresh database, a short load with its faults, calm, and the count.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::testing::faults::{Findings, Plan, Shape, Stage, check};

use crate::bank::{self, POINTS, Sabotage, Settings};
use crate::options::Options;
use crate::servers::Servers;

/// What a worker holds it loses when it is silent for so long.
const LEASE: Duration = Duration::from_millis(400);
const WORKERS: usize = 3;
/// For what takes a moment unless something is stuck.
const PATIENCE: Duration = Duration::from_secs(40);

/// How a round went.
pub(crate) struct Outcome {
    pub(crate) plan: Plan,
    pub(crate) findings: Findings,
    pub(crate) drain: Duration,
}

/// The plan of a round on PostgreSQL, or on SQLite, which has neither lines nor a server.
pub(crate) fn plan(seed: u64, is_postgres: bool, options: &Options) -> Plan {
    let shape = Shape {
        workers: WORKERS,
        lines: usize::from(is_postgres),
        servers: usize::from(is_postgres),
        points: POINTS.map(str::to_owned).to_vec(),
        faults: (options.least_faults, options.most_faults.max(options.least_faults)),
        lease: LEASE,
        load: (Duration::from_millis(900), Duration::from_millis(1_600)),
    };
    Plan::new(seed, &shape)
}

/// Plays a round in a folder of its own: on a server, or else on SQLite.
pub(crate) async fn play(
    seed: u64,
    servers: Option<&Servers>,
    folder: &Path,
    options: &Options,
) -> Result<Outcome> {
    let plan = plan(seed, servers.is_some(), options);
    if let Some(servers) = servers {
        let database = servers.database(&own()).await?;
        let address = servers.address();
        let url = database.url().replace(&address.to_string(), "{line}");
        let lines = [("database", address)];
        let db = database.database();
        let outcome = on(&db, plan, &url, &lines, Some(servers), folder, options.sabotage).await;
        database.remove().await;
        outcome
    } else {
        let url = format!("sqlite://{}", folder.join("bank.db").display());
        let db = Database::connect_with(&url, own()).await?;
        let outcome = on(&db, plan, &url, &[], None, folder, options.sabotage).await;
        db.close().await;
        outcome
    }
}

async fn on(
    db: &Database,
    plan: Plan,
    url: &str,
    lines: &[(&str, SocketAddr)],
    servers: Option<&Servers>,
    folder: &Path,
    sabotage: Option<Sabotage>,
) -> Result<Outcome> {
    let stores = bank::prepare(db).await?;
    let lease = u64::try_from(LEASE.as_millis())?;
    let settings = serde_json::to_value(Settings { url: url.to_owned(), lease, sabotage })?;
    let program = std::env::current_exe()?;
    let log = folder.join("workers.log");
    let command = || {
        let mut command = Command::new(&program);
        let file = OpenOptions::new().create(true).append(true).open(&log);
        command.stdout(Stdio::null()).stderr(file.map_or_else(|_| Stdio::null(), Stdio::from));
        command
    };
    let servers = servers.map_or(&[][..], |servers| &servers.servers);
    let stage = Stage::new(folder, WORKERS, command, lines, servers, settings).await?;
    stage.start(PATIENCE).await?;
    stage.strike(&plan).await?;
    let mut stuck = stage.calm(PATIENCE).await?;
    let patience = if sabotage.is_some() { Duration::from_secs(5) } else { PATIENCE };
    let drain = stage.drain(patience, || bank::left(&stores, WORKERS)).await;
    let drain = drain.unwrap_or_else(|left| {
        stuck.push(left);
        patience
    });
    let mut ending = Findings::default();
    stage.leave(PATIENCE, &mut ending).await?;
    let mut findings = check(&bank::books(db).await?, &stage.ledger()?);
    findings.stuck.append(&mut stuck);
    findings.stuck.append(&mut ending.stuck);
    findings.odd.append(&mut ending.odd);
    Ok(Outcome { plan, findings, drain })
}

/// The rig's own connections, which no fault but a server's touches.
fn own() -> DatabaseConfig {
    DatabaseConfig::new().with_max_connections(2).with_acquire_timeout(Duration::from_secs(30))
}
