//! Step `layout`: every service crate looks the same, no file grows out of hand, and nothing was left for later.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::summary::Outcome;
use super::words;
use crate::workspace::{Package, Workspace};
use crate::{process, progress};

/// The longest a Rust file may be, in lines.
const LIMIT: usize = 600;
/// How many files the report lists.
const LISTED: usize = 10;

/// What every service crate has; `|` parts alternatives, `*` is any one folder, NAME is the crate's name without `gravity-`.
const STANDARD: [&str; 16] = [
    "README.md",
    "migrations/sqlite|migrations/*/sqlite",
    "migrations/postgres|migrations/*/postgres",
    "src/lib.rs",
    "src/config.rs",
    "src/NAME.rs|src/service",
    "src/error.rs",
    "src/domain",
    "src/store/mod.rs",
    "src/store/memory.rs|src/store/memory",
    "src/store/sql.rs|src/store/sql",
    "src/http/mod.rs",
    "src/client.rs",
    "src/testing",
    "tests/stores.rs",
    "tests/http.rs",
];

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let files = files(&workspace.root)?;
    let mut faults = Vec::new();
    for service in workspace.services() {
        let lacking = missing(service).into_iter();
        faults.extend(lacking.map(|path| format!("{} lacks {path}", service.name)));
    }
    for library in workspace.libraries() {
        let map = library.dir.join("src/lib.rs");
        if !is_map(&std::fs::read_to_string(&map)?) {
            faults.push(format!("{}/src/lib.rs holds more than modules and re-exports", library.name));
        }
    }
    let forbidden = words::load(workspace)?;
    let mut lengths = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(workspace.root.join(file)) else {
            continue;
        };
        if file.extension().is_some_and(|extension| extension == "rs") {
            lengths.push((text.lines().count(), file));
        }
        let found = words::find(&forbidden, file, &text).into_iter();
        faults.extend(found.map(|(line, word)| format!("{}:{line} says `{word}`", file.display())));
    }
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    progress::line("the longest files:");
    for (lines, file) in lengths.iter().take(LISTED) {
        eprintln!("{lines:18}  {}", file.display());
    }
    let long = lengths.iter().filter(|(lines, _)| *lines > LIMIT);
    faults.extend(long.map(|(lines, file)| format!("{} has {lines} lines (limit {LIMIT})", file.display())));
    if !faults.is_empty() {
        for fault in &faults {
            eprintln!("    {fault}");
        }
        bail!("{} faults of layout", faults.len());
    }
    Ok(Outcome::passed().note(format!("{} files", files.len())))
}

/// The files that git tracks or would, from the root.
pub(super) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let list = process::output(&mut git).context("the layout is read from git")?;
    // A file that was deleted but not committed is listed still.
    Ok(list.lines().map(PathBuf::from).filter(|file| root.join(file).is_file()).collect())
}

/// The standard files that a service crate lacks.
pub(super) fn missing(service: &Package) -> Vec<String> {
    let name = service.name.trim_start_matches("gravity-").replace('-', "_");
    let standard = STANDARD.iter().map(|path| path.replace("NAME", &name));
    standard.filter(|path| !path.split('|').any(|one| exists(&service.dir, one))).collect()
}

fn exists(dir: &Path, path: &str) -> bool {
    let Some((before, after)) = path.split_once("*/") else { return dir.join(path).exists() };
    let folders = std::fs::read_dir(dir.join(before)).into_iter().flatten().flatten();
    folders.into_iter().any(|folder| folder.path().join(after).exists())
}

/// Whether a `lib.rs` is a table of contents: no function, type or implementation of its own.
fn is_map(text: &str) -> bool {
    const ITEMS: [&str; 9] =
        ["fn ", "async fn ", "const ", "static ", "struct ", "enum ", "trait ", "impl", "type "];
    text.lines().all(|line| {
        let item = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
        !ITEMS.iter().any(|start| item.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_holds_modules_and_re_exports() {
        assert!(is_map("//! The map: fn main() is elsewhere.\n\npub mod id;\npub use id::{\n    Id,\n};\n"));
        assert!(!is_map("pub mod id;\n\npub fn helper() {}\n"));
        assert!(!is_map("impl Id {}\n"));
        assert!(!is_map("pub(crate) struct Id;\n"));
    }

    #[test]
    fn what_a_crate_lacks_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let service =
            Package { name: "gravity-two-words".into(), dir: dir.path().into(), ..Package::default() };
        assert_eq!(missing(&service).len(), STANDARD.len());
        std::fs::create_dir_all(dir.path().join("src/store/sql")).unwrap();
        std::fs::create_dir_all(dir.path().join("migrations/words/sqlite")).unwrap();
        std::fs::write(dir.path().join("src/two_words.rs"), "").unwrap();
        let left = missing(&service);
        assert_eq!(left.len(), STANDARD.len() - 3);
        assert!(
            !left
                .iter()
                .any(|path| ["two_words", "store/sql", "/sqlite"].iter().any(|made| path.contains(made))),
            "{left:?}"
        );
    }
}
