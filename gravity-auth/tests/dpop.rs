//! Proofs of the RFC, and proofs that are none.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use gravity_auth::dpop::{DpopError, DpopProof, DpopVerifier};
use gravity_auth::jwt::{Algorithm, SigningKey};
use gravity_auth::testing::sign_anything;
use gravity_core::{TestClock, Timestamp};
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const URL: &str = "https://api.example.org/notes";

/// RFC 9449, section 4.1 and figure 4.
const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

/// RFC 9449, section 7.1.
const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn at(seconds: i64) -> DpopVerifier {
    DpopVerifier::new().with_clock(TestClock::at(Timestamp::from_seconds(seconds).unwrap()).clock())
}

#[test]
fn proofs_by_the_published_vectors() {
    let token = at(1_562_262_616)
        .verify(TOKEN_PROOF, &Method::POST, "https://server.example.com/token", None)
        .unwrap();
    assert_eq!(token.thumbprint, THUMBPRINT);
    let url = "https://resource.example.org/protectedresource";
    let verifier = at(1_562_262_618);
    let resource = verifier.verify(RESOURCE_PROOF, &Method::GET, url, Some(ACCESS_TOKEN)).unwrap();
    assert!(resource.check_key(THUMBPRINT).is_ok());
    assert_eq!(resource.check_key("another"), Err(DpopError::OtherKey));
    assert_ne!(token.replay.key, resource.replay.key);
    let other = verifier.verify(RESOURCE_PROOF, &Method::GET, url, Some("another"));
    assert_eq!(other, Err(DpopError::AccessToken));
}

fn verify_with(
    algorithm: Algorithm,
    change: impl FnOnce(&mut Value, &mut Value),
) -> Result<DpopProof, DpopError> {
    let key = SigningKey::generate(algorithm).unwrap();
    let mut header =
        json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": key.verifying_key().to_jwk() });
    let mut claims = json!({ "jti": "a", "htm": "GET", "htu": URL, "iat": NOW });
    change(&mut header, &mut claims);
    let proof = sign_anything(&key, header.to_string().as_bytes(), claims.to_string().as_bytes());
    at(NOW).verify(proof.expose(), &Method::GET, URL, None)
}

fn verify(change: impl FnOnce(&mut Value, &mut Value)) -> Result<DpopProof, DpopError> {
    verify_with(Algorithm::Es256, change)
}

#[test]
fn each_part_has_to_be_right() {
    assert!(verify(|_, _| {}).is_ok());
    assert!(verify_with(Algorithm::EdDsa, |_, _| {}).is_ok());
    for (name, value, error) in [
        ("typ", json!("JWT"), DpopError::Header),
        ("typ", Value::Null, DpopError::Header),
        ("crit", json!(["b64"]), DpopError::Header),
        ("alg", json!("none"), DpopError::Key),
        ("alg", json!("HS256"), DpopError::Key),
        ("alg", json!("EdDSA"), DpopError::Key),
        ("jwk", Value::Null, DpopError::Header),
        ("jwk", json!({ "kty": "oct", "k": "AAAA" }), DpopError::Key),
        ("jwk", json!({}), DpopError::Key),
    ] {
        assert_eq!(verify(|header, _| header[name] = value.clone()), Err(error), "{name} {value}");
    }
    assert_eq!(verify(|header, _| header["jwk"]["d"] = json!("AAAA")), Err(DpopError::Key));
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let swapped = verify(|header, _| header["jwk"] = json!(stranger.verifying_key().to_jwk()));
    assert_eq!(swapped, Err(DpopError::Signature));
    for (name, value, error) in [
        ("jti", json!(""), DpopError::Claims),
        ("jti", json!("x".repeat(257)), DpopError::Claims),
        ("jti", Value::Null, DpopError::Claims),
        ("htm", json!("POST"), DpopError::Method),
        ("htm", json!("get"), DpopError::Method),
        ("htu", json!("https://api.example.org/other"), DpopError::Address),
        ("htu", json!("https://evil.example/notes"), DpopError::Address),
        ("htu", json!("/notes"), DpopError::Address),
        ("iat", json!(NOW - 61), DpopError::Time),
        ("iat", json!(NOW + 11), DpopError::Time),
        ("iat", json!("now"), DpopError::Claims),
    ] {
        assert_eq!(verify(|_, claims| claims[name] = value.clone()), Err(error), "{name} {value}");
    }
    for (name, value) in [("htu", json!("https://API.example.org:443/notes?a=b")), ("iat", json!(NOW - 60))] {
        assert!(verify(|_, claims| claims[name] = value.clone()).is_ok(), "{name} {value}");
    }
}

#[test]
fn a_proof_is_known_again_by_its_key_and_name() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let proof = |key: &SigningKey, id: &str, iat: i64| {
        let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": key.verifying_key().to_jwk() });
        let claims = json!({ "jti": id, "htm": "GET", "htu": URL, "iat": iat, "nonce": "n" });
        let proof = sign_anything(key, header.to_string().as_bytes(), claims.to_string().as_bytes());
        at(NOW).verify(proof.expose(), &Method::GET, URL, None).unwrap().replay
    };
    let one = proof(&key, "a", NOW);
    assert_eq!(one.key, proof(&key, "a", NOW - 5).key);
    assert_ne!(one.key, proof(&key, "b", NOW).key);
    assert_ne!(one.key, proof(&SigningKey::generate(Algorithm::EdDsa).unwrap(), "a", NOW).key);
    let last = Timestamp::from_seconds(NOW).unwrap().saturating_add(Duration::from_mins(1));
    assert!(one.until > last);
}

#[test]
fn a_nonce_is_asked_for() {
    let verifier = at(1_562_262_616).with_nonce("fresh");
    let outcome = verifier.verify(TOKEN_PROOF, &Method::POST, "https://server.example.com/token", None);
    assert_eq!(outcome, Err(DpopError::Nonce));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_none_is_believed(text: String, at_byte: prop::sample::Index, bit in 0..7_u8) {
        prop_assert!(at(NOW).verify(&text, &Method::GET, URL, None).is_err());
        let mut bytes = TOKEN_PROOF.as_bytes().to_vec();
        bytes[at_byte.index(TOKEN_PROOF.len())] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            let url = "https://server.example.com/token";
            prop_assert!(at(1_562_262_616).verify(&changed, &Method::POST, url, None).is_err());
        }
    }
}
