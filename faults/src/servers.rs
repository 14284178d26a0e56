//! The servers that a lane of rounds has for itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::testing::db::TestDatabase;
use gravity_core::testing::faults::Server;
use serde::Deserialize;

/// The variable by which `cargo xtask faults` tells how servers are started: a list with an entry for each lane.
const VARIABLE: &str = "GRAVITY_FAULTS_SERVERS";

/// How the servers of a lane are started.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recipe {
    postgres: Start,
}

#[derive(Debug, Clone, Deserialize)]
struct Start {
    command: Vec<String>,
    folder: String,
    port: u16,
}

/// The running servers of a lane.
pub(crate) struct Servers {
    pub(crate) servers: Vec<Server>,
    port: u16,
}

/// What the variable says; nothing when it is not set.
pub(crate) fn recipes() -> Result<Vec<Recipe>> {
    match std::env::var(VARIABLE) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{VARIABLE} makes no sense")),
        Err(_) => Ok(Vec::new()),
    }
}

impl Servers {
    pub(crate) async fn start(recipe: &Recipe) -> Result<Self> {
        let start = recipe.postgres.clone();
        let port = start.port;
        let make = move || {
            let mut command = Command::new(&start.command[0]);
            command.args(&start.command[1..]).current_dir(&start.folder);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let ready = move || async move {
            let Ok(db) = Database::connect_with(&url(port, "postgres"), one()).await else { return false };
            db.close().await;
            true
        };
        let postgres = Server::start("PostgreSQL", make, ready).await?;
        Ok(Self { servers: vec![postgres], port })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// An empty database for a round.
    pub(crate) async fn database(&self, config: &DatabaseConfig) -> Result<TestDatabase> {
        Ok(TestDatabase::on_server(&url(self.port, "postgres"), config).await?)
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable")
}

fn one() -> DatabaseConfig {
    DatabaseConfig::new().with_max_connections(1).with_acquire_timeout(Duration::from_secs(2))
}
