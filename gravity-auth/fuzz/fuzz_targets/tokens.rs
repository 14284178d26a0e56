//! Access tokens, refresh tokens and documents of keys: nothing panics, what is believed was signed, and what
//! two readers could read in two ways is not believed.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use gravity_auth::jwt::{Algorithm, Jwks, RefreshToken, SigningKey, TokenError, Verifier, VerifyingKey};
use gravity_auth::testing::sign_anything;
use gravity_core::{TestClock, Timestamp};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Signs in no time, so that the claims are reached often.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_secret(&[7; 32]).unwrap());

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
    Verifier::new("us", "api").with_clock(clock.clock())
});

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    text: &'a str,
    header: &'a [u8],
    claims: &'a [u8],
    members: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let keys: Vec<VerifyingKey> = vec![KEY.verifying_key().clone()];
    // Nobody has signed this.
    assert!(VERIFIER.verify::<Value>(input.text, &keys).is_err());
    let _ = RefreshToken::parse(input.text);
    if let Ok(document) = serde_json::from_str::<Jwks>(input.text) {
        for key in document.verifying_keys() {
            assert_ne!(key.algorithm(), Algorithm::Hs256);
            assert_eq!(VerifyingKey::from_jwk(&key.to_jwk().unwrap()).unwrap().thumbprint(), key.thumbprint());
        }
    }

    check(input.header, input.claims, &keys);
    let header = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, KEY.id());
    check(header.as_bytes(), input.claims, &keys);
    let claims = format!(r#"{{"iss":"us","aud":"api","exp":1800000900{}}}"#, input.members);
    check(header.as_bytes(), claims.as_bytes(), &keys);
});

/// What is signed and believed is an object without doubt, for the right audience and of this time.
fn check(header: &[u8], claims: &[u8], keys: &Vec<VerifyingKey>) {
    let token = sign_anything(&KEY, header, claims);
    let read: Value = match VERIFIER.verify(token.expose(), keys) {
        Ok(read) => read,
        Err(error) => return assert_ne!(error, TokenError::Signature),
    };
    let header: Value = serde_json::from_slice(header).expect("a header that was believed is JSON");
    assert_eq!(header["alg"], "HS256");
    for member in ["crit", "jwk", "jku", "x5c", "x5u", "b64", "zip", "enc"] {
        assert!(header.get(member).is_none());
    }
    assert_eq!(read["iss"], "us");
    assert!(read["aud"] == "api" || read["aud"].as_array().is_some_and(|all| all.iter().any(|one| one == "api")));
    assert!(read["exp"].as_f64().is_some_and(|exp| exp > 1_799_999_970.0));
    assert!(!contains_nul(&read));
    // As many members as there are colons outside of texts: none was there twice.
    assert_eq!(members(&read), colons(claims));
}

fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(all) => all.iter().any(contains_nul),
        Value::Object(all) => all.iter().any(|(name, value)| name.contains('\0') || contains_nul(value)),
        _ => false,
    }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(members).sum(),
        Value::Object(all) => {
            let names: BTreeSet<&String> = all.keys().collect();
            names.len() + all.values().map(members).sum::<usize>()
        }
        _ => 0,
    }
}

fn colons(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b':' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}
