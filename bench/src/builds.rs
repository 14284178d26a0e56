//! How long a first build takes: gravity-core with one host, beside what it is made of.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::table::Table;

/// Builds two empty programs from nothing, and prints their seconds and crates.
pub(crate) fn run(table: &mut Table) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the package lies in the workspace")?;
    let core = root.join("gravity-core");
    let both = [
        ("axum + sqlx", AXUM_AND_SQLX.to_owned()),
        (
            "gravity-core",
            format!(
                "gravity-core = {{ path = {:?}, features = [\"axum\"] }}\ntokio = \"1\"\n",
                core.to_string_lossy()
            ),
        ),
    ];
    let mut out = std::io::stdout().lock();
    writeln!(out, "| program | crates | seconds |\n|---|---:|---:|")?;
    let mut took = Vec::new();
    for (name, dependencies) in both {
        let folder =
            std::env::temp_dir().join(format!("gravity-bench-{}-{}", std::process::id(), name.len()));
        let built = build(&folder, &dependencies, &root.join("Cargo.lock"));
        fs::remove_dir_all(&folder).ok();
        let (crates, seconds) = built.with_context(|| name.to_owned())?;
        writeln!(out, "| {name} | {crates} | {seconds} |")?;
        took.push(seconds);
    }
    if let [theirs, ours] = took[..] {
        let ratio = format!("{}.{:02}", ours / theirs.max(1), ours * 100 / theirs.max(1) % 100);
        table.add("builds", "seconds of a first build, beside axum and sqlx", [&ours, &theirs], ratio, "");
    }
    Ok(())
}

const AXUM_AND_SQLX: &str = r#"
axum = { version = "0.8", default-features = false, features = ["http1", "http2", "json", "original-uri", "tokio"] }
sqlx = { version = "0.9", default-features = false, features = ["derive", "json", "runtime-tokio", "sqlite", "uuid"] }
tokio = { version = "1", features = ["full"] }
"#;

fn build(folder: &Path, dependencies: &str, lock: &Path) -> Result<(usize, u64)> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), "fn main() {}\n")?;
    // The versions of the workspace, so that both builds have the same ones.
    fs::copy(lock, folder.join("Cargo.lock"))?;
    let manifest =
        "[package]\nname = \"first-build\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(
        folder.join("Cargo.toml"),
        format!("{manifest}\n[profile.dev]\ndebug = false\n\n[dependencies]\n{dependencies}"),
    )?;
    let cargo = || {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
        cargo
    };
    ensure!(cargo().arg("fetch").status()?.success(), "cargo fetch failed");
    let began = Instant::now();
    ensure!(cargo().args(["build", "--quiet"]).status()?.success(), "cargo build failed");
    let seconds = began.elapsed().as_secs();
    let tree =
        cargo().args(["tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]).output()?;
    let text = String::from_utf8_lossy(&tree.stdout);
    let crates: std::collections::BTreeSet<&str> =
        text.lines().filter_map(|line| line.split(" (").next()).collect();
    Ok((crates.len().saturating_sub(1), seconds))
}
