//! The published vectors: RFC 7515 (A.1 to A.3), RFC 7638 (3.1), RFC 8037 (A).

use gravity_core::{TestClock, Timestamp};
use ring::hmac;
use serde::Deserialize;

use super::{KeyError, SigningKey, VerifyingKey};
use crate::jwt::{Algorithm, Jwk, TokenError, Verifier, base64url};

/// The claims of RFC 7515, which expire at 1300819380.
const CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

const HS256_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

const RS256_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

const RS256_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

#[derive(Debug, Deserialize)]
struct Claims {
    #[serde(rename = "http://example.com/is_root")]
    is_root: bool,
}

fn read(token: &str, key: &VerifyingKey, now: i64) -> Result<Claims, TokenError> {
    let clock = TestClock::at(Timestamp::from_seconds(now).unwrap()).clock();
    Verifier::new("joe", "").for_any_audience().with_clock(clock).verify(token, key)
}

fn holds(header: &str, signature: &str, key: &VerifyingKey) {
    let token = format!("{header}.{CLAIMS}.{signature}");
    assert!(read(&token, key, 1_300_819_379).unwrap().is_root);
    assert_eq!(read(&token, key, 1_300_819_380 + 30).unwrap_err(), TokenError::Expired);
}

fn jwk(json: &str) -> VerifyingKey {
    VerifyingKey::from_jwk(&serde_json::from_str::<Jwk>(json).unwrap()).unwrap()
}

#[test]
fn rfc_7515_a_1() {
    let key = SigningKey::from_secret(&base64url::decode(HS256_KEY).unwrap()).unwrap();
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    holds("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", signature, key.verifying_key());
    let mut text = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{CLAIMS}");
    key.sign_onto(&mut text).unwrap();
    assert!(text.ends_with(&format!(".{signature}")));
}

#[test]
fn rfc_7515_a_2() {
    let key = jwk(&format!(r#"{{"kty":"RSA","n":"{RS256_N}","e":"AQAB"}}"#));
    holds("eyJhbGciOiJSUzI1NiJ9", RS256_SIGNATURE, &key);
}

#[test]
fn rfc_7515_a_3() {
    let key = jwk(
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    );
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    holds("eyJhbGciOiJFUzI1NiJ9", signature, &key);
}

#[test]
fn rfc_8037_a() {
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let version_1 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let key = SigningKey::from_pkcs8(&[&version_1[..], &seed].concat()).unwrap();
    let public = key.verifying_key();
    assert_eq!(public.to_jwk().unwrap().x.unwrap(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(public.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.id(), public.thumbprint().unwrap());
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let mut text = signed.to_owned();
    key.sign_onto(&mut text).unwrap();
    assert_eq!(text, format!("{signed}.{signature}"));
    assert!(public.holds(signed.as_bytes(), &base64url::decode(signature).unwrap()));
}

#[test]
fn rfc_7638_3_1() {
    let key = jwk(
        r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
    );
    assert_eq!(key.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key.id(), "2011-04-29");
}

#[test]
fn keys_come_back_from_their_files() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let pem = key.to_pem().unwrap();
        let again = SigningKey::from_pem(&pem).unwrap();
        assert_eq!((again.id(), again.algorithm()), (key.id(), algorithm));
        assert!(!format!("{key:?} {pem:?}").contains(&pem.expose()[40..60]));
        let crlf = pem.expose().replace('\n', "\r\n").as_str().into();
        assert_eq!(SigningKey::from_pem(&crlf).unwrap().id(), key.id());
        let read: SigningKey = serde_json::from_value(pem.expose().as_str().into()).unwrap();
        assert_eq!(read.id(), key.id());
        assert_eq!(SigningKey::from_document(algorithm, key.document()).unwrap().id(), key.id());
        assert_eq!(
            SigningKey::from_document(Algorithm::Rs256, key.document()).unwrap_err(),
            KeyError::Document
        );
    }
    let secret = SigningKey::generate(Algorithm::Hs256).unwrap();
    assert!(secret.to_pem().is_none() && secret.verifying_key().to_jwk().is_none());
    assert_eq!(SigningKey::from_secret(secret.document()).unwrap().id(), secret.id());
    assert_eq!(SigningKey::from_secret(&[7; 31]).unwrap_err(), KeyError::TooShort);
    assert_eq!(SigningKey::generate(Algorithm::Rs256).unwrap_err(), KeyError::NotMadeHere(Algorithm::Rs256));
}

#[test]
fn what_is_no_key_file_is_told_apart() {
    let read = |text: &str| SigningKey::from_pem(&text.into()).unwrap_err();
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    assert_eq!(read(""), KeyError::Pem);
    assert_eq!(read("hunter2"), KeyError::Pem);
    assert_eq!(read(&block("PUBLIC KEY", "AAAA")), KeyError::Pem);
    assert_eq!(read(&block("PRIVATE KEY", "A?AA")), KeyError::Pem);
    assert_eq!(read(&block("PRIVATE KEY", "AAAA").replace("END PRIVATE", "END PUBLIC")), KeyError::Pem);
    assert_eq!(read(&block("PRIVATE KEY", "AAAA").repeat(2)), KeyError::Pem);
    assert_eq!(read(&block("PRIVATE KEY", "AAAA")), KeyError::Document);
    assert_eq!(read(&block("RSA PRIVATE KEY", "AAAA")), KeyError::Document);
    assert_eq!(read(&block("ENCRYPTED PRIVATE KEY", "AAAA")), KeyError::Encrypted);
    assert_eq!(read(&block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nAAAA")), KeyError::Encrypted);
    assert_eq!(read(&block("EC PRIVATE KEY", "AAAA")), KeyError::Sec1);
}

#[test]
fn published_keys_are_looked_at_closely() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let short = base64url::encode([0xff; 128]);
    let even = base64url::encode([&[0xff; 255][..], &[0xfe]].concat());
    let padded = base64url::encode([&[0][..], &base64url::decode(RS256_N).unwrap()].concat());
    for bad in [
        format!(r#"{{"kty":"oct","k":"{HS256_KEY}"}}"#),
        format!(r#"{{"kty":"oct","crv":"Ed25519","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","use":"enc"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","alg":"HS256"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}="}}"#),
        r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#.to_owned(),
        r#"{"kty":"OKP","crv":"Ed25519"}"#.to_owned(),
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}"}}"#),
        format!(r#"{{"kty":"EC","crv":"P-384","x":"{x}","y":"{x}"}}"#),
        format!(r#"{{"kty":"RSA","n":"{short}","e":"AQAB"}}"#),
        format!(r#"{{"kty":"RSA","n":"{even}","e":"AQAB"}}"#),
        format!(r#"{{"kty":"RSA","n":"{padded}","e":"AQAB"}}"#),
        format!(r#"{{"kty":"RSA","n":"{RS256_N}","e":"AQ"}}"#),
        format!(r#"{{"kty":"RSA","n":"{RS256_N}","e":"AAEAAQ"}}"#),
        format!(r#"{{"kty":"RSA","n":"{RS256_N}","e":"AQAB","alg":"RS512"}}"#),
        format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB"}}"#, "A".repeat(4_000_000)),
    ] {
        let jwk: Jwk = serde_json::from_str(&bad).unwrap();
        assert!(VerifyingKey::from_jwk(&jwk).is_err(), "{}", &bad[..bad.len().min(100)]);
    }
    let hmac = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
    assert!(VerifyingKey::hmac(hmac).thumbprint().is_none());
}
