//! Step `oidc`: sign-in at a provider of OpenID Connect that is not ours, npm's oidc-provider.

use anyhow::{Context, Result};

use super::summary::Outcome;
use crate::workspace::Workspace;
use crate::{install, process};

/// The test. It gets the package from npm by itself, and names the version.
const TEST: [&str; 6] = ["test", "--package", "gravity-auth", "--all-features", "--test", "oidc_provider"];

pub(super) fn check(_: &Workspace) -> Result<Outcome> {
    if install::on_path("node").is_none() || install::on_path("npm").is_none() {
        install::apt(&["nodejs", "npm"]).context("the provider runs on node")?;
    }
    // Else a test that cannot have the provider says so, and passes.
    process::run(process::cargo(TEST).env("GRAVITY_REQUIRE_BACKENDS", "1")).context(
        "sign-in at npm's oidc-provider was not shown: see above whether it could not be had, or failed",
    )?;
    Ok(Outcome::passed())
}
