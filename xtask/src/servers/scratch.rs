//! The folder that throw-away servers live in, and what earlier runs that were killed left behind.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::process::{Pid, test_kill_process};

use super::account::Account;

const PREFIX: &str = "gravity-test-";

/// A temporary folder of this run; dropping it removes it.
pub(super) struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    pub(super) fn new() -> Result<Self> {
        // Short, because a socket's path may have about a hundred bytes, and open to the account of the servers,
        // which a folder that `TMPDIR` names for root need not be.
        let short = Path::new("/tmp");
        let base = if short.is_dir() { short.to_owned() } else { std::env::temp_dir() };
        sweep(&base);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let dir = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(PermissionsExt::from_mode(0o755))
            .tempdir_in(&base);
        Ok(Self { dir: dir.with_context(|| format!("no folder for servers in {}", base.display()))? })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A new folder that only `account` reads.
    pub(super) fn folder(&self, name: &str, account: Option<&Account>) -> Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::create_dir(&path)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700))?;
        if let Some(account) = account {
            chown(&path, Some(account.uid), Some(account.gid))
                .with_context(|| format!("cannot give {} to {}", path.display(), account.name))?;
        }
        Ok(path)
    }
}

/// A loopback port that nobody listens on. Another program may take it before the server does: then the start fails,
/// and is tried again with another.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Removes the folders of runs whose process is gone.
fn sweep(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name
            .to_str()
            .and_then(owner)
            .is_some_and(|owner| test_kill_process(owner) == Err(rustix::io::Errno::SRCH))
        {
            // What another account left can stay: names are never used twice.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that a folder's name says it belongs to.
fn owner(name: &str) -> Option<Pid> {
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Pid::from_raw(pid.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_the_dead_are_swept() {
        let base = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let dead = base.path().join(format!("{PREFIX}{}-abc", child.id()));
        let alive = base.path().join(format!("{PREFIX}{}-abc", std::process::id()));
        let foreign = base.path().join("somebody-elses-folder");
        for dir in [&dead, &alive, &foreign] {
            std::fs::create_dir(dir).unwrap();
        }
        sweep(base.path());
        assert!(!dead.exists() && alive.exists() && foreign.exists());
    }

    #[test]
    fn names_without_a_process_have_no_owner() {
        for name in
            ["gravity-test-", "gravity-test-x-y", "gravity-test-0-y", "gravity-test-99999999999-y", "other"]
        {
            assert_eq!(owner(name), None, "{name}");
        }
    }
}
