//! Tokens of ours read by somebody else's code, and the other way round: joserfc, in Python.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod forge;
mod python;

use forge::{Forge, KEYS, verifier};
use gravity_auth::jwt::{AccessClaims, Algorithm, Jwks, SigningKey};
use serde_json::{Value, json};

const SECRET: [u8; 32] = *b"a secret of exactly 32 bytes....";

#[test]
fn joserfc_reads_our_tokens_and_we_read_its() {
    let secret = SigningKey::from_secret(&SECRET).unwrap();
    let token = |algorithm| match algorithm {
        Algorithm::Hs256 => Forge::new(secret.clone()).token(),
        other => Forge::of(other).token(),
    };
    let tokens: Value = Algorithm::ALL
        .map(|algorithm| (algorithm.name().to_owned(), json!(token(algorithm))))
        .into_iter()
        .collect();
    let answer = python::ask(
        "conformance.py",
        &json!({
            "jwks": Jwks::of(&KEYS.verifying()),
            "secret": forge::encode(&SECRET),
            "secret_id": secret.id(),
            "claims": forge::claims(),
            "tokens": tokens,
        }),
    );
    let Some(answer) = answer else { return };
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
