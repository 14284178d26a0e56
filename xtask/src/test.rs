//! `cargo xtask test`: all tests on all back ends.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::Result;

use crate::servers::Backends;
use crate::{install, process, progress};

/// Tests that want a server which is not there append a line with their name to the file this variable names.
const SKIP_LOG: &str = "GRAVITY_SKIP_LOG";

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Handed to `cargo nextest run` (or `cargo test`): a filter, `-p PACKAGE`, ...; doctests are then left out
    #[arg(last = true)]
    runner: Vec<String>,
}

/// Runs the tests, and stops what it started for them, however they end.
pub(crate) fn run(args: &Args) -> Result<()> {
    let backends = Backends::start()?;
    let skip_log = tempfile::NamedTempFile::new()?;
    let run = |cargo: &mut Command| {
        backends.export(cargo);
        process::run(cargo.env(SKIP_LOG, skip_log.path()))
    };
    let nextest = install::on_path("cargo-nextest").is_some();
    let mut outcome = run(process::cargo(runner(nextest)).args(scope(&args.runner)).args(&args.runner));
    // `cargo test` has run them along with the rest.
    if nextest && args.runner.is_empty() && !crate::signals::interrupted() {
        let doctests = run(&mut process::cargo(["test", "--doc", "--workspace", "--all-features"]));
        outcome = outcome.and(doctests);
    }
    report(&backends, &std::fs::read_to_string(skip_log.path())?);
    outcome
}

fn runner(nextest: bool) -> &'static [&'static str] {
    if nextest {
        &["nextest", "run", "--all-features"]
    } else {
        &["test", "--all-features", "--no-fail-fast"]
    }
}

/// The whole workspace, unless the arguments choose packages themselves.
fn scope(args: &[String]) -> Option<&'static str> {
    let chooses = |arg: &String| arg.starts_with("-p") || arg.starts_with("--package");
    (!args.iter().any(chooses)).then_some("--workspace")
}

fn report(backends: &Backends, skip_log: &str) {
    let missing = backends.missing();
    let skipped: BTreeSet<&str> = skip_log.lines().collect();
    if !skipped.is_empty() {
        progress::line(&format!(
            "{} tests counted as passed WITHOUT RUNNING, for want of a server:",
            skipped.len()
        ));
        for name in skipped {
            eprintln!("             {name}");
        }
    }
    for text in &missing {
        progress::line(&format!("NOT TESTED on {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_packages_replace_the_workspace() {
        let args = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(scope(&args(&[])), Some("--workspace"));
        assert_eq!(scope(&args(&["some_test"])), Some("--workspace"));
        assert_eq!(scope(&args(&["-p", "gravity-core"])), None);
        assert_eq!(scope(&args(&["--package=gravity-core"])), None);
    }
}
