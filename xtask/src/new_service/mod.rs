//! `cargo xtask new-service NAME`: a crate of the standard shape, from `xtask/templates/service`.

mod members;
mod name;
mod render;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, progress};
use name::Name;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the service is called: `notes` makes the crate `gravity-notes`
    name: String,
    /// The workspace to stamp it into, when not this one
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let root = Workspace::load()?.root;
    let into = args.into.as_deref().unwrap_or(&root);
    let dir = stamp(&root, into, &args.name)?;
    format(into, &dir)?;
    progress::line(&format!("{} is there, and a member of the workspace", dir.display()));
    Ok(())
}

/// Stamps the crate with the templates of the workspace `root` into the workspace `into`, and returns its folder.
pub(crate) fn stamp(root: &Path, into: &Path, name: &str) -> Result<PathBuf> {
    let name = Name::parse(name)?;
    let manifest = into.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("{} is not a workspace", into.display()))?;
    let dir = into.join(name.package());
    if dir.exists() {
        bail!("{} exists already", dir.display());
    }
    // All that can go wrong is tried before the first file is written.
    let members = members::insert(&text, &name.package())?;
    let files = render::render(&root.join("xtask/templates/service"), &name)?;
    for (path, content) in files {
        let file = dir.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
    }
    std::fs::write(&manifest, members)?;
    Ok(dir)
}

/// Formats a stamped crate: how a template's lines break hangs on the length of the name.
pub(crate) fn format(into: &Path, dir: &Path) -> Result<()> {
    let mut cargo = process::cargo(["fmt", "--manifest-path"]);
    process::run(cargo.arg(dir.join("Cargo.toml")).current_dir(into))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("Cargo.toml"), "[workspace]\nmembers = [\"gravity-core\"]\n").unwrap();
        dir
    }

    #[test]
    fn a_stamped_crate_holds_no_mark_of_the_template() {
        let (root, into) = (Workspace::load().unwrap().root, scratch());
        let dir = stamp(&root, into.path(), "gift-cards").unwrap();
        let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"gravity-gift-cards\""), "{manifest}");
        let members = std::fs::read_to_string(into.path().join("Cargo.toml")).unwrap();
        assert!(members.contains("\"gravity-gift-cards\""), "{members}");
    }

    #[test]
    fn nothing_is_written_over_and_nothing_half_done() {
        let (root, into) = (Workspace::load().unwrap().root, scratch());
        std::fs::create_dir(into.path().join("gravity-notes")).unwrap();
        assert!(stamp(&root, into.path(), "notes").unwrap_err().to_string().contains("exists"));
        assert!(stamp(&root, into.path(), "Bad Name").is_err());
        std::fs::write(into.path().join("Cargo.toml"), "[package]\n").unwrap();
        assert!(stamp(&root, into.path(), "other").is_err());
        assert!(!into.path().join("gravity-other").exists());
    }
}
