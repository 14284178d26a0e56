//! `cargo xtask fuzz`: every cargo-fuzz target of the repository, for a while each.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::ci::Outcome;
use crate::workspace::Workspace;
use crate::{install, process, progress, signals};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run only the targets of this name
    target: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match fuzz(args.seconds, args.target.as_deref())? {
        0 => bail!("there is no such fuzz target"),
        _ => Ok(()),
    }
}

/// The step of `cargo xtask ci --fuzz`.
pub(crate) fn step() -> Result<Outcome> {
    Ok(match fuzz(60, None)? {
        0 => Outcome::skipped("there are no fuzz targets"),
        count => Outcome::passed().note(format!("{count} targets")),
    })
}

/// Runs all targets, even after one has failed, and returns how many there are.
fn fuzz(seconds: u32, only: Option<&str>) -> Result<usize> {
    let dirs = fuzz_dirs(&Workspace::load()?.root);
    if dirs.is_empty() {
        return Ok(0);
    }
    install::cargo_plugin("fuzz")?;
    let (mut count, mut failed) = (0, Vec::new());
    for dir in dirs {
        let list = process::output(cargo_fuzz("list", &dir).current_dir(&dir))?;
        for target in list.lines().filter(|target| only.is_none_or(|only| only == *target)) {
            count += 1;
            progress::line(&format!("fuzzing {target} for {seconds} s"));
            let mut run = cargo_fuzz("run", &dir);
            // The sources forbid `unsafe`, so a sanitizer would cost speed and find nothing.
            run.args(["--sanitizer", "none", target, "--", &format!("-max_total_time={seconds}")]);
            run.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
            if process::run(run.current_dir(&dir)).is_err() {
                failed.push(target.to_owned());
            }
            if signals::interrupted() {
                bail!("stopped while fuzzing {target}");
            }
        }
    }
    if !failed.is_empty() {
        bail!("these targets failed: {}", failed.join(", "));
    }
    Ok(count)
}

fn cargo_fuzz(verb: &str, dir: &Path) -> process::Command {
    let mut cargo = process::cargo(["fuzz", verb, "--fuzz-dir"]);
    // cargo-fuzz passes flags to the compiler that a stable one takes only when told so.
    cargo.arg(dir).env("RUSTC_BOOTSTRAP", "1");
    cargo
}

/// The folders `fuzz/` of the root and of its folders.
fn fuzz_dirs(root: &Path) -> Vec<PathBuf> {
    let below = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut dirs: Vec<PathBuf> = below
        .chain([root.to_owned()])
        .map(|dir| dir.join("fuzz"))
        .filter(|dir| dir.join("Cargo.toml").exists())
        .collect();
    dirs.sort();
    dirs.dedup();
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_folders_are_found_at_the_root_and_below() {
        let root = tempfile::tempdir().unwrap();
        for dir in ["fuzz", "gravity-core/fuzz", "gravity-auth/src"] {
            std::fs::create_dir_all(root.path().join(dir)).unwrap();
            std::fs::write(root.path().join(dir).join("Cargo.toml"), "").unwrap();
        }
        assert_eq!(fuzz_dirs(root.path()), [root.path().join("fuzz"), root.path().join("gravity-core/fuzz")]);
    }
}
