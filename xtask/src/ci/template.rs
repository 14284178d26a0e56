//! Step `template`: stamps a service into a copy of the workspace, where it has to build and pass like any other.

use std::path::Path;

use anyhow::{Context, Result};

use super::layout;
use super::summary::Outcome;
use crate::process::{cargo, run};
use crate::workspace::Workspace;
use crate::{new_service, servers::Backends};

const NAME: &str = "template-proof";
const PACKAGE: &str = "gravity-template-proof";

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let copy = tempfile::Builder::new().prefix("gravity-template-").tempdir()?;
    copy_files(&workspace.root, copy.path())?;
    let dir = new_service::stamp(&workspace.root, copy.path(), NAME)?;
    new_service::format(copy.path(), &dir)?;

    let target = target_dir(workspace)?;
    let backends = Backends::start()?;
    let steps: [&[&str]; 3] = [
        &["clippy", "--package", PACKAGE, "--all-targets", "--all-features", "--", "-D", "warnings"],
        &["test", "--package", PACKAGE, "--all-features"],
        &["check", "--package", PACKAGE, "--no-default-features"],
    ];
    for step in steps {
        let mut command = cargo(step);
        backends.export(&mut command);
        // The same target folder: what the workspace has compiled of other people's crates serves here too.
        run(command.current_dir(copy.path()).env("CARGO_TARGET_DIR", &target))?;
    }

    let stamped = Workspace::load_at(copy.path())?;
    let service = stamped.services().into_iter().find(|service| service.name == PACKAGE);
    let lacking = layout::missing(service.context("the stamped crate is no member of the workspace")?);
    let outcome = Outcome::passed();
    Ok(if lacking.is_empty() { outcome } else { outcome.note(format!("lacks {}", lacking.join(", "))) })
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for file in layout::files(from)? {
        let target = to.join(&file);
        if let Some(dir) = target.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::copy(from.join(&file), &target)
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

fn target_dir(workspace: &Workspace) -> Result<std::path::PathBuf> {
    Ok(match std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => std::path::absolute(dir)?,
        None => workspace.path("target"),
    })
}
