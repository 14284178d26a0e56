//! Step `deploy`: the Kubernetes manifests are what the schemas of Kubernetes say. That they fit the program is a test
//! of the program's own.

use std::path::Path;

use anyhow::{Result, ensure};

use super::layout;
use super::summary::Outcome;
use crate::process;
use crate::python::Python;
use crate::workspace::Workspace;

const MANIFESTS: &str = "deploy/kubernetes";
const REQUIREMENTS: &str = "deploy/requirements.txt";

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let files = layout::files(&workspace.root)?;
    let manifests: Vec<_> = files.iter().filter(|file| is_manifest(file)).collect();
    ensure!(!manifests.is_empty(), "there are no manifests in {MANIFESTS}");
    let home = workspace.target.join("deploy");
    std::fs::create_dir_all(&home)?;
    let python = Python::prepare(&workspace.path(REQUIREMENTS), &home)?;
    let mut validate = python.program("kubernetes-validate");
    process::run(validate.current_dir(&workspace.root).args(["--strict", "--quiet"]).args(&manifests))?;
    Ok(Outcome::passed().note(format!("{} files", manifests.len())))
}

fn is_manifest(file: &Path) -> bool {
    file.starts_with(MANIFESTS) && file.extension().is_some_and(|extension| extension == "yaml")
}
