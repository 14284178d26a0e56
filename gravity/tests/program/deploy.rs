//! What `deploy/` says of the program is so.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::program::{Program, gravity, run};

const FILES: [&str; 5] = [
    "Containerfile",
    "compose.yaml",
    "kubernetes/settings.yaml",
    "kubernetes/deployment.yaml",
    "kubernetes/migrate.yaml",
];

fn text(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
    std::fs::read_to_string(path).unwrap()
}

/// What stands behind a mark, up to the next character that no path or word has.
fn behind<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "/-_".contains(letter));
    text.split(mark).skip(1).map(|rest| rest.split(ends).next().unwrap()).collect()
}

#[test]
fn every_variable_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    command.args(["check-config", "--reference"]);
    let (_, reference) = run(command);
    let all = FILES.map(text).concat();
    let words = all.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let named: BTreeSet<&str> = words.filter(|word| word.starts_with("GRAVITY_")).collect();
    assert!(named.len() > 8, "{named:?}");
    for name in named {
        let setting = name.strip_suffix("_FILE").unwrap_or(name);
        assert!(reference.contains(&format!("`{setting}`")), "{name} is no setting");
    }
}

#[test]
fn the_settings_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    let settings = text("kubernetes/settings.yaml");
    let pairs = settings.lines().filter_map(|line| line.strip_prefix("  GRAVITY_")?.split_once(": "));
    for (name, value) in pairs {
        command.env(format!("GRAVITY_{name}"), value.trim_matches('"'));
    }
    command.arg("check-config");
    let (is_well, said) = run(command);
    assert!(is_well && said.contains("drain_seconds: from GRAVITY_DRAIN_SECONDS"), "{said}");
}

#[tokio::test]
async fn probes_ask_for_what_is_there_and_commands_exist() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(gravity(folder.path()));
    let deployment = text("kubernetes/deployment.yaml");
    assert_eq!(behind(&deployment, "httpGet: { path: "), ["/health", "/health", "/ready"]);
    for path in ["/health", "/ready"] {
        assert_eq!(program.client().get(path).send_raw().await.unwrap().status(), 200, "{path}");
    }
    let all = FILES.map(text).concat();
    let commands = [behind(&all, "args: ["), behind(&all, "CMD [\"")].concat();
    assert_eq!(commands.len(), 3);
    for name in commands {
        let mut command = gravity(folder.path());
        command.args([name, "--help"]);
        assert!(run(command).0, "{name}");
    }
}
