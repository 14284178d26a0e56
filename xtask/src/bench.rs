//! `cargo xtask bench`: the benchmarks of the package in `bench/`.

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The benchmark to run: a bench target or a binary of the package; all of them when left out
    name: Option<String>,
    /// Handed to the benchmark
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs what the package offers: its bench targets, or else its binary, both in the bench profile.
pub(crate) fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    let packages = workspace.packages_in("bench");
    let package = packages.first().context("this workspace has no package in bench/")?;
    let (verb, choice): (&[&str], &str) = if package.has("bench") {
        (&["bench"], "--bench")
    } else {
        (&["run", "--profile", "bench"], "--bin")
    };
    let mut cargo = process::cargo(verb);
    cargo.args(["--package", &package.name]);
    if let Some(name) = &args.name {
        cargo.args([choice, name]);
    }
    process::run(cargo.arg("--").args(&args.rest))
}
