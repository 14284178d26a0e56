//! Tokens of ours read by somebody else's code, and the other way round: joserfc, in Python.
//!
//! It takes the Python that `GRAVITY_PYTHON` names, or `python3`, if that has joserfc; else it makes an
//! environment with what tests/conformance.txt names. Where neither can be had the test says so on standard error
//! and passes, unless `GRAVITY_REQUIRE_BACKENDS` is `1`.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod forge;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use forge::{Forge, KEYS, verifier};
use gravity_auth::jwt::{AccessClaims, Algorithm, Jwks, SigningKey};
use serde_json::{Value, json};

const SECRET: [u8; 32] = *b"a secret of exactly 32 bytes....";

#[test]
fn joserfc_reads_our_tokens_and_we_read_its() {
    let Some(python) = python() else {
        let is_required = std::env::var("GRAVITY_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
        assert!(!is_required, "no Python with joserfc can be had, and GRAVITY_REQUIRE_BACKENDS is set");
        return;
    };
    let secret = SigningKey::from_secret(&SECRET).unwrap();
    let token = |algorithm| match algorithm {
        Algorithm::Hs256 => Forge::new(secret.clone()).token(),
        other => Forge::of(other).token(),
    };
    let tokens: Value = Algorithm::ALL
        .map(|algorithm| (algorithm.name().to_owned(), json!(token(algorithm))))
        .into_iter()
        .collect();
    let answer = ask(
        &python,
        &json!({
            "jwks": Jwks::of(&KEYS.verifying()),
            "secret": forge::encode(&SECRET),
            "secret_id": secret.id(),
            "claims": forge::claims(),
            "tokens": tokens,
        }),
    );
    let jwks: Jwks = serde_json::from_value(answer["jwks"].clone()).unwrap();
    let mut keys = jwks.verifying_keys();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.thumbprint().as_deref() == Some(key.id())));
    keys.push(secret.verifying_key().clone());
    for algorithm in Algorithm::ALL {
        assert_eq!(answer["read"][algorithm.name()], forge::claims(), "{algorithm}");
        let made = answer["made"][algorithm.name()].as_str().unwrap();
        let claims: AccessClaims = verifier().verify(made, &keys).unwrap();
        assert_eq!(claims.sub.as_str(), "42", "{algorithm}");
    }
}

fn ask(python: &PathBuf, question: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn python() -> Option<PathBuf> {
    let named = std::env::var_os("GRAVITY_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let venv = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("joserfc");
    let own = venv.join("bin/python3");
    if let Some(found) = [&named, &own].into_iter().find(|python| has_joserfc(python)) {
        return Some(found.clone());
    }
    let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance.txt");
    let made = Command::new(&named).args(["-m", "venv", "--clear"]).arg(&venv).status();
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
    let is_ready = made.is_ok_and(|status| status.success())
        && Command::new(&own).args(pip).status().is_ok_and(|status| status.success());
    if !is_ready {
        eprintln!("SKIPPED joserfc: no Python has it, and it cannot be installed");
    }
    is_ready.then_some(own)
}

fn has_joserfc(python: &PathBuf) -> bool {
    let output = Command::new(python).args(["-c", "import joserfc.jwt"]).output();
    output.is_ok_and(|output| output.status.success())
}
