//! Step `package`: the crates that others use pack up, and bring along by default nothing that nobody asked for.

use anyhow::{Result, ensure};

use super::summary::Outcome;
use crate::process::{cargo, output, run};
use crate::workspace::Workspace;

/// What comes with a feature only.
const ON_REQUEST: [&str; 7] =
    ["actix-web", "axum", "openssl", "opentelemetry", "redis", "sqlx-mysql", "sqlx-postgres"];

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let libraries = workspace.libraries();
    let names: Vec<&str> = libraries.iter().map(|library| library.name.as_str()).collect();
    let mut pack = cargo(["package", "--no-verify", "--allow-dirty", "--quiet", "--package", "gravity"]);
    for name in &names {
        pack.args(["--package", name]);
    }
    run(&mut pack)?;
    for name in &names {
        let tree = output(&mut cargo(["tree", "--package", name, "--edges", "normal", "--prefix", "none"]))?;
        for crate_name in tree.lines().filter_map(|line| line.split(' ').next()) {
            ensure!(
                !ON_REQUEST.contains(&crate_name),
                "{name} brings {crate_name} along without being asked"
            );
        }
    }
    Ok(Outcome::passed().note(format!("gravity, {}", names.join(", "))))
}
