//! The commands beside serving.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Program, gravity, run};

#[test]
fn tables_are_made_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let with = |words: &[&str]| {
        let mut command = gravity(folder.path());
        command.args(words);
        run(command)
    };
    let (is_well, said) = with(&["migrate", "--status"]);
    assert!(is_well && said.contains("pending") && !said.contains("applied"), "{said}");
    let (is_well, said) = with(&["migrate"]);
    assert!(is_well && said.contains("jobs") && said.contains("applied"), "{said}");
    let (is_well, said) = with(&["migrate"]);
    assert!(is_well && said.contains("jobs: up to date") && !said.contains("applied"), "{said}");
    let (is_well, said) = with(&["migrate", "--status"]);
    assert!(is_well && !said.contains("pending"), "{said}");
    let (is_well, said) = with(&["jobs", "count"]);
    assert!(is_well && said.contains("no jobs"), "{said}");
    let (is_well, said) = with(&["jobs", "retry", "nonsense"]);
    assert!(!is_well && said.contains("is no id of a job"), "{said}");
    let (is_well, said) = with(&["check-config"]);
    assert!(is_well && said.contains("data: from GRAVITY_DATA"), "{said}");
    let (is_well, said) = with(&["check-config", "--reference"]);
    assert!(is_well && said.contains("`GRAVITY_LISTEN`"), "{said}");
}

#[test]
fn an_admin_is_made_with_a_password_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    command.args(["create-admin", "--email", "root@example.com", "--password-stdin"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"the moon is far away\nand more\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("root@example.com") && !said.contains("moon"), "{said}");
    // There is an administrator already, and no other is made.
    let program = Program::start(gravity(folder.path()));
    assert_eq!(program.password(), None);
    assert!(program.stop().0);
    let mut command = gravity(folder.path());
    command.args(["create-admin", "--email", "not an address"]);
    let (is_well, said) = run(command);
    assert!(!is_well && said.contains("no administrator"), "{said}");
}

#[test]
fn what_is_seeded_is_recorded_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let with = |words: &[&str]| {
        let mut command = gravity(folder.path());
        command.args(words);
        run(command)
    };
    let (is_well, said) = with(&["seed", "--users", "3"]);
    assert!(is_well && said.contains("3 users were made"), "{said}");
    let (is_well, said) = with(&["seed", "--users", "4"]);
    assert!(is_well && said.contains("1 users were made"), "{said}");
    let (is_well, said) = with(&["--listen", "0.0.0.0:8080", "seed"]);
    assert!(!is_well && said.contains("this machine"), "{said}");
    let (is_well, said) = with(&["verify-audit"]);
    assert!(is_well && said.contains("the audit log is whole: 4 records"), "{said}");
}

#[test]
fn the_document_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gravity(folder.path());
    command.arg("openapi").env("GRAVITY_LOG__FILTER", "off");
    let (is_well, said) = run(command);
    assert!(is_well, "{said}");
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/auth/login"]["post"].is_object());
}
