//! What `cargo metadata` says of this workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The workspace around a folder.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its `Cargo.toml`.
    pub(crate) dir: PathBuf,
    pub(crate) features: Vec<String>,
    /// The kinds of its targets: `lib`, `bin`, `bench`, ...
    pub(crate) targets: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Dependencies that `package.metadata.cargo-shear.ignored` declares as used without being named.
    pub(crate) unnamed: Vec<String>,
}

/// A dependency as a `Cargo.toml` declares it.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The name that sources write, with its hyphens.
    pub(crate) name: String,
    /// Only tests, examples and benchmarks see it.
    pub(crate) dev: bool,
}

impl Workspace {
    /// Reads the workspace that this tool belongs to.
    pub(crate) fn load() -> Result<Self> {
        Self::load_at(&std::env::current_dir()?)
    }

    /// Reads the workspace around `dir`.
    pub(crate) fn load_at(dir: &Path) -> Result<Self> {
        let mut cargo = process::cargo(["metadata", "--format-version=1", "--no-deps"]);
        let text = process::output(cargo.current_dir(dir))?;
        Self::parse(&serde_json::from_str(&text)?).context("cargo metadata has changed its form")
    }

    fn parse(metadata: &Value) -> Option<Self> {
        Some(Self {
            root: metadata["workspace_root"].as_str()?.into(),
            target: metadata["target_directory"].as_str()?.into(),
            packages: metadata["packages"].as_array()?.iter().map(Package::parse).collect::<Option<_>>()?,
        })
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The members whose folder lies below `relative`.
    pub(crate) fn packages_in(&self, relative: &str) -> Vec<&Package> {
        let dir = self.path(relative);
        self.packages.iter().filter(|package| package.dir.starts_with(&dir)).collect()
    }

    /// The members that other people depend on: those with a library.
    pub(crate) fn libraries(&self) -> Vec<&Package> {
        self.packages
            .iter()
            .filter(|package| package.has("lib") && package.name.starts_with("gravity-"))
            .collect()
    }

    /// The libraries that carry a service: all but the common ground.
    pub(crate) fn services(&self) -> Vec<&Package> {
        self.libraries().into_iter().filter(|package| package.name != "gravity-core").collect()
    }
}

impl Package {
    fn parse(value: &Value) -> Option<Self> {
        let manifest = Path::new(value["manifest_path"].as_str()?);
        let strings = |value: &Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        Some(Self {
            name: value["name"].as_str()?.to_owned(),
            dir: manifest.parent()?.to_owned(),
            features: value["features"].as_object()?.keys().cloned().collect(),
            targets: value["targets"]
                .as_array()?
                .iter()
                .flat_map(|target| strings(&target["kind"]))
                .collect(),
            dependencies: value["dependencies"]
                .as_array()?
                .iter()
                .map(Dependency::parse)
                .collect::<Option<_>>()?,
            unnamed: strings(&value["metadata"]["cargo-shear"]["ignored"]),
        })
    }

    /// Whether one of its targets is of this kind.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.targets.iter().any(|target| target == kind)
    }
}

impl Dependency {
    fn parse(value: &Value) -> Option<Self> {
        let name = value["rename"].as_str().or(value["name"].as_str())?;
        Some(Self { name: name.to_owned(), dev: value["kind"] == "dev" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_reads() {
        let workspace = Workspace::load().unwrap();
        assert!(workspace.path("xtask/Cargo.toml").exists());
        let core = workspace.libraries().into_iter().find(|package| package.name == "gravity-core").unwrap();
        assert!(core.features.iter().any(|feature| feature == "sqlite"));
        assert!(core.dependencies.iter().any(|dependency| dependency.name == "proptest" && dependency.dev));
        assert!(workspace.services().iter().all(|package| package.name != "gravity-core"));
    }

    #[test]
    fn a_renamed_dependency_goes_by_the_name_that_sources_write() {
        let value = serde_json::json!({"name": "http", "rename": "http-old", "kind": null});
        let dependency = Dependency::parse(&value).unwrap();
        assert_eq!((dependency.name.as_str(), dependency.dev), ("http-old", false));
    }
}
