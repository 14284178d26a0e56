//! Step `features`: each library with each feature alone, with none, and with the default ones. Step `clippy` has them all.

use anyhow::Result;

use super::summary::Outcome;
use crate::process::{cargo, run};
use crate::workspace::{Package, Workspace};

pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let mut failed = Vec::new();
    let mut count = 0;
    for package in workspace.libraries() {
        for arguments in combinations(package) {
            count += 1;
            // Clippy, because its `-D warnings` holds for this package alone and leaves the dependencies built as they are.
            let mut clippy = cargo(["clippy", "--quiet", "--lib", "--package", &package.name]);
            if run(clippy.args(&arguments).args(["--", "-D", "warnings"])).is_err() {
                failed.push(format!("{} {}", package.name, arguments.join(" ")));
            }
            if crate::signals::interrupted() {
                break;
            }
        }
    }
    if !failed.is_empty() {
        anyhow::bail!("these combinations do not compile cleanly: {}", failed.join(", "));
    }
    Ok(Outcome::passed().note(format!("{count} combinations")))
}

pub(super) fn combinations(package: &Package) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let alone = package.features.iter().filter(|feature| *feature != "default");
    let mut all = vec![words(&["--no-default-features"])];
    all.extend(alone.map(|feature| words(&["--no-default-features", "--features", feature])));
    all.push(vec![]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_stands_alone_once() {
        let features = ["axum", "default", "sqlite"].map(str::to_owned).to_vec();
        let all = combinations(&Package { features, ..Package::default() });
        let shown: Vec<String> = all.iter().map(|arguments| arguments.join(" ")).collect();
        assert_eq!(
            shown,
            [
                "--no-default-features",
                "--no-default-features --features axum",
                "--no-default-features --features sqlite",
                "",
            ]
        );
    }

    #[test]
    fn a_package_without_features_is_still_checked() {
        assert_eq!(combinations(&Package::default()).len(), 2);
    }
}
