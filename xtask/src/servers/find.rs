//! Where systems keep the servers' programs.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use crate::install;

/// A server's program, and the folder its tools lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) server: PathBuf,
    pub(super) dir: PathBuf,
}

/// Folders with versions in their names, `*` standing for one; the newest is taken first.
const POSTGRES_HOMES: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

const REDIS_HOMES: [&str; 5] =
    ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "/opt/redis*/bin"];

/// A PostgreSQL with all that a new cluster takes: first the one on the path, then the newest elsewhere.
pub(super) fn postgres() -> Option<Binaries> {
    dirs(&POSTGRES_HOMES).find_map(|dir| in_dir(&dir, &["postgres"], &["initdb"]))
}

/// A Redis, or its twin Valkey.
pub(super) fn redis() -> Option<Binaries> {
    dirs(&REDIS_HOMES).find_map(|dir| in_dir(&dir, &["redis-server", "valkey-server"], &[]))
}

fn dirs(homes: &[&str]) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    path.into_iter().chain(homes.iter().flat_map(|home| expand(home)).collect::<Vec<_>>())
}

fn in_dir(dir: &Path, servers: &[&str], tools: &[&str]) -> Option<Binaries> {
    let server = servers.iter().map(|name| dir.join(name)).find(|file| install::is_program(file))?;
    // Links are followed: a tool on the path may be linked alone, apart from the ones it calls.
    let dir = server.canonicalize().ok()?.parent()?.to_owned();
    let server = if tools.is_empty() { server } else { dir.join(server.file_name()?) };
    tools.iter().all(|tool| install::is_program(&dir.join(tool))).then_some(Binaries { server, dir })
}

/// The folders that a pattern with at most one `*` names, the newest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let names = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut names: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_by_cached_key(|name| Reverse(version(&name[prefix.len()..])));
    names.into_iter().map(|name| PathBuf::from(format!("{parent}/{name}{after}"))).collect()
}

/// The numbers in a text, so that 15 comes before 9.6.
fn version(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(file: &Path) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
        std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("16") > version("9.6"));
        assert!(version("9.10") > version("9.6"));
        assert!(version("current") < version("1"));
    }

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for name in ["pgsql-9.6", "pgsql-17", "pgsql-13", "other-99"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let found = expand(&format!("{}/pgsql-*/bin", root.path().display()));
        let expected: Vec<_> = ["pgsql-17", "pgsql-13", "pgsql-9.6"]
            .iter()
            .map(|name| root.path().join(name).join("bin"))
            .collect();
        assert_eq!(found, expected);
        assert!(expand("/no/such/folder/*/bin").is_empty());
    }

    #[test]
    fn a_server_without_its_tools_is_no_installation() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        program(&root.join("bin/postgres"));
        assert_eq!(in_dir(&root.join("bin"), &["postgres"], &["initdb"]), None);
        program(&root.join("bin/initdb"));
        let found = in_dir(&root.join("bin"), &["postgres"], &["initdb"]).unwrap();
        assert_eq!(found, Binaries { server: root.join("bin/postgres"), dir: root.join("bin") });
    }

    #[test]
    fn a_link_leads_to_the_installation() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        program(&root.join("lib/16/bin/postgres"));
        program(&root.join("lib/16/bin/initdb"));
        std::fs::create_dir(root.join("bin")).unwrap();
        std::os::unix::fs::symlink(root.join("lib/16/bin/postgres"), root.join("bin/postgres")).unwrap();
        let found = in_dir(&root.join("bin"), &["postgres"], &["initdb"]).unwrap();
        assert_eq!(found.server, root.join("lib/16/bin/postgres"));
    }
}
