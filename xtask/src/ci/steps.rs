//! The steps that are a call of cargo.

use anyhow::Result;

use super::summary::Outcome;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

pub(super) fn test(_: &Workspace) -> Result<Outcome> {
    crate::test::run(&crate::test::Args::default())?;
    Ok(Outcome::passed())
}

pub(super) fn fmt(_: &Workspace) -> Result<Outcome> {
    run(&mut cargo(["fmt", "--all", "--", "--check"]))?;
    Ok(Outcome::passed())
}

pub(super) fn clippy(_: &Workspace) -> Result<Outcome> {
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))?;
    Ok(Outcome::passed())
}

pub(super) fn doc(_: &Workspace) -> Result<Outcome> {
    let mut cargo = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
    run(cargo.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::passed())
}

pub(super) fn examples(workspace: &Workspace) -> Result<Outcome> {
    let examples = workspace.packages_in("examples");
    if examples.is_empty() {
        return Ok(Outcome::skipped("there are no examples"));
    }
    // One at a time: together they would lend each other features that each has to ask for itself.
    for example in &examples {
        run(&mut cargo(["build", "--package", &example.name]))?;
    }
    Ok(Outcome::passed().note(format!("{} examples", examples.len())))
}
