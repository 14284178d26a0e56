//! Other people's implementations, in Python.
//!
//! It takes the Python that `GRAVITY_PYTHON` names, or `python3`, if that has what tests/conformance.txt names; else it
//! makes an environment with that. Where neither can be had the test says so on standard error and passes, unless
//! `GRAVITY_REQUIRE_BACKENDS` is `1`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What a script of this folder answers to a question; `None` where no Python can be had.
pub(crate) fn ask(script: &str, question: &Value) -> Option<Value> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let Some(python) = PYTHON.get_or_init(python) else {
        let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
        assert!(
            !is_required,
            "no Python with what is needed can be had, and GRAVITY_REQUIRE_BACKENDS is set"
        );
        return None;
    };
    let mut child = Command::new(python)
        .arg(format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn python() -> Option<PathBuf> {
    let named = std::env::var_os("GRAVITY_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    // Tests are processes of their own, and may run at the same time.
    let venv =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{}", env!("CARGO_CRATE_NAME")));
    let own = venv.join("bin/python3");
    if let Some(found) = [&named, &own].into_iter().find(|python| has_all(python)) {
        return Some(found.clone());
    }
    let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance.txt");
    let made = Command::new(&named).args(["-m", "venv", "--clear"]).arg(&venv).status();
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
    let is_ready = made.is_ok_and(|status| status.success())
        && Command::new(&own).args(pip).status().is_ok_and(|status| status.success());
    if !is_ready {
        eprintln!("SKIPPED: no Python has what tests/conformance.txt names, and it cannot be installed");
    }
    is_ready.then_some(own)
}

fn has_all(python: &PathBuf) -> bool {
    let output = Command::new(python).args(["-c", "import joserfc.jwt, pyotp, fido2.webauthn"]).output();
    output.is_ok_and(|output| output.status.success())
}
