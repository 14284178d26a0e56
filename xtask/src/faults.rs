//! `cargo xtask faults`: the fault rig of `faults/`, with servers that it may crash.

use std::process::Command;

use anyhow::Result;

use crate::ci::Outcome;
use crate::process::{self, cargo};
use crate::servers::Recipes;
use crate::workspace::Workspace;

/// By which the rig learns of its servers.
const SERVERS: &str = "GRAVITY_FAULTS_SERVERS";
/// How many servers of a kind there are, and so how many rounds at once at most.
const LANES: usize = 2;
/// The rounds of the short form.
const SHORT: &str = "50";

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Handed to the rig: --rounds, --minutes, --backend, --seed, --sabotage; --help explains them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds the rig, prepares servers for it, and runs it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    process::run(&mut cargo([
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--bin",
        "faults",
        "--test",
        "rig",
    ]))?;
    let mut rig = Command::new(workspace.target.join("debug/faults"));
    rig.args(&args.rest);
    if args.rest.iter().any(|word| word == "--help" || word == "-h") {
        return process::run(&mut rig);
    }
    // They live until the rig has ended.
    let recipes = Recipes::prepare(LANES, !args.rest.iter().any(|word| word.ends_with("sqlite")))?;
    process::run(rig.env(SERVERS, recipes.text()))
}

/// The step of `cargo xtask ci`.
pub(crate) fn step() -> Result<Outcome> {
    run(&Args { rest: vec!["--rounds".into(), SHORT.into()] })?;
    Ok(Outcome::passed().note(format!("{SHORT} rounds")))
}
