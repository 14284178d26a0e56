//! Getting what is missing: cargo's plugins from crates.io, servers and tools from the system's packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, progress};

/// Installs the plugin `cargo-NAME` unless cargo has it.
pub(crate) fn cargo_plugin(name: &str) -> Result<()> {
    let crate_name = format!("cargo-{name}");
    if on_path(&crate_name).is_some() {
        return Ok(());
    }
    progress::line(&format!("{crate_name} is missing: building it from crates.io"));
    // Unoptimised: it builds in a quarter of the time, and the runs are short.
    process::run(&mut process::cargo(["install", "--quiet", "--locked", "--debug", &crate_name]))
}

/// Installs system packages through apt; says why when it cannot.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    if on_path("apt-get").is_none() {
        bail!("this system has no apt-get: install {} by hand", packages.join(" and "));
    }
    let root = rustix::process::geteuid().is_root();
    if !root && !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("installing {} takes root or a sudo without password", packages.join(" and "));
    }
    progress::line(&format!("installing {} through apt", packages.join(", ")));
    let apt_get = |args: &[&str]| {
        let mut command = Command::new(if root { "env" } else { "sudo" });
        if !root {
            command.args(["-n", "env"]);
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]);
        command.args(args);
        process::run(&mut command)
    };
    // One stale source fails an update without being in the way of what is wanted here.
    if let Err(error) = apt_get(&["update"]) {
        progress::line(&format!("{error:#}; trying to install all the same"));
    }
    apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

/// The first file of that name in a folder of `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| is_program(file))
}

/// Whether this is a file that may be run.
pub(crate) fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_the_path_only() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-anywhere").is_none());
        assert!(!is_program(Path::new("/")));
    }
}
