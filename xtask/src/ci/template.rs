//! Step `template`: stamps a service into a scratch workspace, where it has to build and pass like any other.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::summary::Outcome;
use super::{features, layout};
use crate::process::{cargo, run};
use crate::workspace::Workspace;
use crate::{new_service, servers::Backends};

const NAME: &str = "template-proof";
const PACKAGE: &str = "gravity-template-proof";

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let target = target_dir(workspace)?;
    let scratch = target.join("template-workspace");
    mirror(&workspace.root, &scratch)?;
    let dir = new_service::stamp(&workspace.root, &scratch, NAME)?;
    new_service::format(&scratch, &dir)?;

    let stamped = Workspace::load_at(&scratch)?;
    let services = stamped.services();
    let service = services.into_iter().find(|service| service.name == PACKAGE);
    let service = service.context("the stamped crate is no member of the workspace")?;
    let lacking = layout::missing(service);
    if !lacking.is_empty() {
        bail!("the stamped crate lacks {}", lacking.join(", "));
    }

    let backends = Backends::start()?;
    let cargo = |words: &[&str]| {
        let mut command = cargo(words);
        backends.export(&mut command);
        // The same target folder: what the workspace has compiled of other people's crates serves here too.
        command.current_dir(&scratch).env("CARGO_TARGET_DIR", &target);
        command
    };
    run(&mut cargo(&["test", "--package", PACKAGE, "--all-features"]))?;
    let clippy = ["clippy", "--no-deps", "--package", PACKAGE];
    run(cargo(&clippy).args(["--all-targets", "--all-features", "--", "-D", "warnings"]))?;
    run(cargo(&["doc", "--package", PACKAGE, "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    let combinations = features::combinations(service);
    for arguments in &combinations {
        run(cargo(&clippy).arg("--quiet").args(arguments).args(["--", "-D", "warnings"]))?;
    }
    Ok(Outcome::passed().note(format!("{} combinations of features", combinations.len())))
}

/// A workspace of the same parts at a place that stays the same from run to run, so that cargo finds again what
/// it built there. Only what stamping changes is a copy.
fn mirror(root: &Path, scratch: &Path) -> Result<()> {
    if scratch.exists() {
        // Of the links only themselves are removed.
        fs::remove_dir_all(scratch)?;
    }
    fs::create_dir_all(scratch)?;
    let files = layout::files(root)?;
    let first = |file: &PathBuf| file.components().next().map(|first| PathBuf::from(first.as_os_str()));
    for entry in files.iter().filter_map(first).collect::<BTreeSet<_>>() {
        let (from, to) = (root.join(&entry), scratch.join(&entry));
        if ["Cargo.toml", "Cargo.lock"].iter().any(|&copied| entry == Path::new(copied)) {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        } else {
            symlink(&from, &to).with_context(|| format!("cannot link {}", from.display()))?;
        }
    }
    Ok(())
}

fn target_dir(workspace: &Workspace) -> Result<PathBuf> {
    Ok(match std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => std::path::absolute(dir)?,
        None => workspace.path("target"),
    })
}
