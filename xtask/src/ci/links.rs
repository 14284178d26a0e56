//! Step `links`: every link between files of the repository leads somewhere, and the book has all of its pages and the
//! tests that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};

use super::asvs;
use super::layout;
use super::markdown::Document;
use super::summary::Outcome;
use crate::workspace::Workspace;

/// The folder of the book, in the form of mdBook.
const BOOK: &str = "docs";
/// The list of its pages.
const CONTENTS: &str = "docs/SUMMARY.md";

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let files: BTreeSet<PathBuf> = layout::files(&workspace.root)?.into_iter().collect();
    let mut documents = BTreeMap::new();
    for file in files.iter().filter(|file| is_document(file)) {
        documents.insert(file.clone(), Document::read(&std::fs::read_to_string(workspace.root.join(file))?));
    }
    let mut faults = faults(&files, &documents);
    faults.extend(unproven(workspace, &files)?);
    if !faults.is_empty() {
        for fault in &faults {
            eprintln!("    {fault}");
        }
        bail!("{} faults of links", faults.len());
    }
    let links: usize = documents.values().map(|document| document.links.len()).sum();
    Ok(Outcome::passed().note(format!("{links} links in {} files", documents.len())))
}

/// What the page about the ASVS names in vain.
fn unproven(workspace: &Workspace, files: &BTreeSet<PathBuf>) -> Result<Vec<String>> {
    let mut tests = BTreeSet::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        tests.extend(asvs::tests_in(file, &std::fs::read_to_string(workspace.root.join(file))?));
    }
    Ok(asvs::faults(&std::fs::read_to_string(workspace.path(asvs::PAGE))?, &tests))
}

/// Not what stands among sources: its links are those of rustdoc, and step `doc` follows them. Nor templates.
fn is_document(file: &Path) -> bool {
    let inside = |folder: &str| file.components().any(|part| part.as_os_str() == folder);
    file.extension().is_some_and(|extension| extension == "md") && !inside("src") && !inside("templates")
}

fn faults(files: &BTreeSet<PathBuf>, documents: &BTreeMap<PathBuf, Document>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut pages: BTreeSet<&Path> = BTreeSet::new();
    for (file, document) in documents {
        for link in document.links.iter().filter(|link| !leads_elsewhere(&link.to)) {
            let fault = match follow(file, &link.to, files, documents) {
                Ok(to) if file == Path::new(CONTENTS) && !pages.insert(to) => Some("is there twice"),
                Ok(to) if file.starts_with(BOOK) && !to.starts_with(BOOK) => {
                    Some("leads out of the book, where its readers cannot follow")
                }
                Ok(_) => None,
                Err(fault) => Some(fault),
            };
            faults
                .extend(fault.map(|fault| format!("{}:{} `{}` {fault}", file.display(), link.line, link.to)));
        }
    }
    let listed = |page: &Path| page == Path::new(CONTENTS) || pages.contains(page);
    let unlisted = documents.keys().filter(|file| file.starts_with(BOOK) && !listed(file));
    faults.extend(unlisted.map(|page| format!("{} is not in {CONTENTS}", page.display())));
    faults
}

/// Whether a link names a site: `https://…`, `mailto:…`.
fn leads_elsewhere(to: &str) -> bool {
    to.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '+')
    })
}

/// The file or folder that a link leads to.
fn follow<'a>(
    from: &'a Path,
    to: &str,
    files: &'a BTreeSet<PathBuf>,
    documents: &BTreeMap<PathBuf, Document>,
) -> Result<&'a Path, &'static str> {
    let (path, anchor) = to.split_once('#').map_or((to, None), |(path, anchor)| (path, Some(anchor)));
    let target = if path.is_empty() {
        from
    } else {
        let target = joined(from, path).ok_or("leads out of the repository")?;
        let exact = files.get(&target).map(PathBuf::as_path);
        // Git knows no folders: one is there when a file in it is.
        let within = || files.iter().find_map(|file| file.ancestors().find(|above| *above == target));
        exact.or_else(within).ok_or("is not there")?
    };
    match (anchor, documents.get(target)) {
        (None, _) => Ok(target),
        (Some(anchor), Some(document)) if document.anchors.contains(anchor) => Ok(target),
        (Some(_), Some(_)) => Err("names no heading of that file"),
        (Some(_), None) => Err("names a heading of what has none"),
    }
}

/// The path from the root of what `to` names in the file `from`; none, if that is outside.
fn joined(from: &Path, to: &str) -> Option<PathBuf> {
    let mut path = from.parent()?.to_owned();
    for part in Path::new(to).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if !path.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a repository of these files.
    fn of(given: &[(&str, &str)]) -> Vec<String> {
        let files = given.iter().map(|(path, _)| PathBuf::from(path)).collect();
        let documents = given.iter().filter(|(path, _)| is_document(Path::new(path)));
        let documents = documents.map(|(path, text)| (path.into(), Document::read(text))).collect();
        faults(&files, &documents)
    }

    #[test]
    fn links_that_lead_somewhere_are_no_faults() {
        let readme = "[a](docs/a.md#it) [b](./core/../core) [c](#here) [d](https://x.example/#y) [e](mailto:a@b.c)\n\
            # Here";
        let files = [
            ("README.md", readme),
            ("core/lib.rs", ""),
            ("core/src/text.md", "[rustdoc](crate::Here)"),
            ("docs/SUMMARY.md", "- [a](a.md)"),
            ("docs/a.md", "[up](SUMMARY.md)\n## It"),
        ];
        assert_eq!(of(&files), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_told_by_line() {
        let readme = "\n[a](gone.md)\n[b](b.md#gone)\n[c](../out.md)\n[d](/b.md)\n[e](x.rs#L1)\n[f](B.md)";
        let found = of(&[("README.md", readme), ("b.md", "# B"), ("x.rs", "")]);
        let expected = [
            "README.md:2 `gone.md` is not there",
            "README.md:3 `b.md#gone` names no heading of that file",
            "README.md:4 `../out.md` leads out of the repository",
            "README.md:5 `/b.md` leads out of the repository",
            "README.md:6 `x.rs#L1` names a heading of what has none",
            "README.md:7 `B.md` is not there",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_book_is_whole_and_closed() {
        let found = of(&[
            ("README.md", ""),
            ("docs/SUMMARY.md", "[a](a.md)\n[again](a.md)"),
            ("docs/a.md", "[out](../README.md)"),
            ("docs/b.md", ""),
        ]);
        let expected = [
            "docs/SUMMARY.md:2 `a.md` is there twice",
            "docs/a.md:1 `../README.md` leads out of the book, where its readers cannot follow",
            "docs/b.md is not in docs/SUMMARY.md",
        ];
        assert_eq!(found, expected);
    }
}
