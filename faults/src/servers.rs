//! The servers that a lane of rounds has for itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::redis::{Redis, RedisConfig};
use gravity_core::testing::db::TestDatabase;
use gravity_core::testing::faults::Server;
use serde::Deserialize;

/// The variable by which `cargo xtask faults` tells how servers are started: a list with an entry for each lane.
const VARIABLE: &str = "GRAVITY_FAULTS_SERVERS";

/// How the servers of a lane are started.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recipe {
    postgres: Option<Start>,
    redis: Start,
}

#[derive(Debug, Clone, Deserialize)]
struct Start {
    command: Vec<String>,
    folder: String,
    port: u16,
}

/// The running servers of a lane.
pub(crate) struct Servers {
    /// Redis comes last.
    all: Vec<Server>,
    postgres: Option<SocketAddr>,
    redis: SocketAddr,
}

/// What the variable says; nothing when it is not set.
pub(crate) fn recipes() -> Result<Vec<Recipe>> {
    match std::env::var(VARIABLE) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{VARIABLE} makes no sense")),
        Err(_) => Ok(Vec::new()),
    }
}

impl Recipe {
    pub(crate) fn has_postgres(&self) -> bool {
        self.postgres.is_some()
    }
}

impl Servers {
    pub(crate) async fn start(recipe: &Recipe) -> Result<Self> {
        let mut servers = Vec::new();
        if let Some(start) = recipe.postgres.clone() {
            let port = start.port;
            let ready = move || async move {
                let Ok(db) = Database::connect_with(&url(port, "postgres"), one()).await else {
                    return false;
                };
                db.close().await;
                true
            };
            servers.push(Server::start("PostgreSQL", move || start.command(), ready).await?);
        }
        let start = recipe.redis.clone();
        let redis = Redis::new(RedisConfig::new(format!("redis://127.0.0.1:{}", start.port)))?;
        let ready = move || {
            let redis = redis.clone();
            async move { redis.ping().await.is_ok() }
        };
        servers.push(Server::start("Redis", move || start.command(), ready).await?);
        let on = |start: &Start| (Ipv4Addr::LOCALHOST, start.port).into();
        Ok(Self { all: servers, postgres: recipe.postgres.as_ref().map(on), redis: on(&recipe.redis) })
    }

    /// Those that a round on PostgreSQL uses, or one on SQLite.
    pub(crate) fn of_round(&self, is_postgres: bool) -> &[Server] {
        let skipped = if is_postgres { 0 } else { self.all.len() - 1 };
        &self.all[skipped..]
    }

    /// The lines that a worker has to them.
    pub(crate) fn lines(&self, is_postgres: bool) -> Vec<(&'static str, SocketAddr)> {
        let database = self.postgres.filter(|_| is_postgres).map(|address| ("database", address));
        database.into_iter().chain([("redis", self.redis)]).collect()
    }

    /// An empty database for a round, and its URL with `{database}` for the address.
    pub(crate) async fn database(&self, config: &DatabaseConfig) -> Result<(TestDatabase, String)> {
        let address = self.postgres.context("there is no PostgreSQL")?;
        let database = TestDatabase::on_server(&url(address.port(), "postgres"), config).await?;
        let url = database.url().replace(&address.to_string(), "{database}");
        Ok((database, url))
    }
}

impl Start {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable")
}

fn one() -> DatabaseConfig {
    DatabaseConfig::new().with_max_connections(1).with_acquire_timeout(Duration::from_secs(2))
}
