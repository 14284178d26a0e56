//! Step `unused`: every dependency that a `Cargo.toml` declares is named in the sources that may use it.

use std::path::Path;

use anyhow::{Result, bail};

use super::summary::Outcome;
use crate::workspace::{Package, Workspace};

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let sources = Sources::read(package)?;
        faults.extend(unused(package, &sources).into_iter().map(|name| format!("{}: {name}", package.name)));
    }
    if !faults.is_empty() {
        for fault in &faults {
            eprintln!("    {fault}");
        }
        bail!("{} dependencies are not used", faults.len());
    }
    Ok(Outcome::passed())
}

/// The words of a package's sources.
#[derive(Default)]
struct Sources {
    /// What its users get.
    shipped: String,
    /// Tests, examples, benchmarks, and the documentation's examples.
    others: String,
}

impl Sources {
    fn read(package: &Package) -> Result<Self> {
        let mut sources = Self::default();
        gather(&package.dir.join("src"), &mut sources.shipped)?;
        for dir in ["tests", "examples", "benches", "fuzz_targets"] {
            gather(&package.dir.join(dir), &mut sources.others)?;
        }
        for file in ["build.rs", "README.md"] {
            sources.others.push_str(&std::fs::read_to_string(package.dir.join(file)).unwrap_or_default());
        }
        Ok(sources)
    }
}

fn gather(dir: &Path, text: &mut String) -> Result<()> {
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, text)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(path)?);
            text.push('\n');
        }
    }
    Ok(())
}

fn unused<'a>(package: &'a Package, sources: &Sources) -> Vec<&'a str> {
    let shipped = without_comments(&sources.shipped);
    let used = |name: &str, dev: bool| {
        let word = name.replace('-', "_");
        // A test stands beside the code, and an example in its documentation: both may use a dev-dependency.
        names(&shipped, &word) || (dev && (names(&sources.shipped, &word) || names(&sources.others, &word)))
    };
    let dependencies = package.dependencies.iter();
    let unused = dependencies.filter(|dependency| {
        !package.unnamed.contains(&dependency.name) && !used(&dependency.name, dependency.dev)
    });
    unused.map(|dependency| dependency.name.as_str()).collect()
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether `word` stands in `text` as a path's first part or a name of its own.
fn names(text: &str, word: &str) -> bool {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    text.match_indices(word).any(|(start, _)| {
        outside(text[..start].chars().next_back()) && outside(text[start + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(names: &[(&str, bool)]) -> Package {
        let dependencies =
            names.iter().map(|&(name, dev)| Dependency { name: name.to_owned(), dev }).collect();
        Package { dependencies, unnamed: vec!["quiet".into()], ..Package::default() }
    }

    #[test]
    fn only_names_in_code_count() {
        let package =
            package(&[("serde-json", false), ("http", false), ("quiet", false), ("proptest", true)]);
        let sources = Sources {
            shipped: "// http is not used\nuse serde_json::Value;\nlet http_body = 1;".into(),
            others: "use proptest::prelude::*;".into(),
        };
        assert_eq!(unused(&package, &sources), ["http"]);
    }

    #[test]
    fn a_test_does_not_justify_a_dependency_of_the_users() {
        let sources = Sources { shipped: String::new(), others: "use http::Request;".into() };
        assert_eq!(unused(&package(&[("http", false)]), &sources), ["http"]);
        assert!(unused(&package(&[("http", true)]), &sources).is_empty());
    }
}
