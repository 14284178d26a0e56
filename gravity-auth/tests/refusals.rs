//! Tokens that are not what they have to be.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forge;

use std::time::Duration;

use forge::{Forge, KEYS, NOW, claims, verifier};
use gravity_auth::jwt::{AccessClaims, Algorithm, MAX_TOKEN_LENGTH, TokenError, Verifier};
use gravity_core::{TestClock, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn verify(token: &str) -> Result<AccessClaims, TokenError> {
    verifier().verify(token, &KEYS.verifying())
}

fn refusal(token: &str) -> TokenError {
    verify(token).unwrap_err()
}

#[test]
fn a_good_token_of_each_algorithm_holds() {
    for algorithm in Algorithm::ALL {
        let token = Forge::of(algorithm).token();
        assert_eq!(verify(&token).unwrap().sub.as_str(), "42", "{algorithm}");
        let alone = verifier().with_algorithms([algorithm]);
        alone.verify::<AccessClaims>(&token, &KEYS.verifying()).unwrap();
        let others = Algorithm::ALL.into_iter().filter(|other| *other != algorithm);
        let refused = verifier().with_algorithms(others).verify::<AccessClaims>(&token, &KEYS.verifying());
        assert_eq!(refused.unwrap_err(), TokenError::AlgorithmNotAllowed(algorithm));
    }
}

#[test]
fn no_algorithm_is_none() {
    let good = Forge::of(Algorithm::EdDsa).token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, body) = signed.split_once('.').unwrap();
    for name in ["none", "None", "NONE", "nOnE", "", "HS512", "eddsa", "EdDSA ", "EdDSA\\u0000", "PS256"] {
        let header = format!(r#"{{"alg":"{name}","typ":"at+jwt","kid":"{}"}}"#, KEYS.id(Algorithm::EdDsa));
        let header = forge::encode(&header);
        for signature in ["", "AA", good.rsplit('.').next().unwrap()] {
            let error = refusal(&format!("{header}.{body}.{signature}"));
            let expected = matches!(error, TokenError::UnknownAlgorithm | TokenError::Json("header", _));
            assert!(expected, "{name:?}: {error}");
        }
        let signed = Forge::of(Algorithm::EdDsa).header("alg", json!(name)).token();
        assert!(matches!(refusal(&signed), TokenError::UnknownAlgorithm), "{name:?}");
    }
    let without = Forge::of(Algorithm::EdDsa).without_header("alg").token();
    assert_eq!(refusal(&without), TokenError::UnknownAlgorithm);
    assert!(matches!(
        refusal(&Forge::of(Algorithm::EdDsa).header("alg", json!(1)).token()),
        TokenError::Json(..)
    ));
}

#[test]
fn the_key_decides_the_algorithm() {
    for key in Algorithm::ALL {
        for said in Algorithm::ALL.into_iter().filter(|said| *said != key) {
            let token = Forge::of(key).header("alg", json!(said.name())).token();
            assert_eq!(refusal(&token), TokenError::WrongAlgorithm { said, key });
            let token = Forge::of(said).header("kid", json!(KEYS.id(key))).token();
            assert_eq!(refusal(&token), TokenError::WrongAlgorithm { said, key });
            let token =
                Forge::of(said).header("kid", json!(KEYS.id(key))).header("alg", json!(key.name())).token();
            assert_eq!(refusal(&token), TokenError::Signature);
        }
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let jwk = KEYS.verifying().into_iter().find(|key| key.algorithm() == Algorithm::Rs256).unwrap();
    let jwk = serde_json::to_string(&jwk.to_jwk().unwrap()).unwrap();
    for secret in [forge::RSA_PUBLIC.as_bytes(), forge::RSA_PUBLIC.trim().as_bytes(), jwk.as_bytes()] {
        for (said, kid) in [
            (Algorithm::Hs256, KEYS.id(Algorithm::Rs256)),
            (Algorithm::Rs256, KEYS.id(Algorithm::Rs256)),
            (Algorithm::Hs256, KEYS.id(Algorithm::Hs256)),
        ] {
            let forge = Forge::with_secret(secret);
            refusal(&forge.header("alg", json!(said.name())).header("kid", json!(kid)).token());
        }
    }
}

#[test]
fn a_key_id_is_compared_and_nothing_else() {
    let good = KEYS.id(Algorithm::EdDsa);
    let long = "k".repeat(257);
    for kid in [
        "",
        "../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "x'; DROP TABLE auth_keys;--",
        "*",
        "%",
        "0",
        "https://evil.example/jwks.json",
        "|id",
        "κλειδί",
        "\u{202e}",
        "a\u{0}b",
        &long,
        &good.to_uppercase(),
        &format!(" {good}"),
        &format!("{good}\n"),
        &good[1..],
        &format!("{good}\u{301}"),
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).header("kid", json!(kid)).token());
        assert!(matches!(error, TokenError::UnknownKey | TokenError::Json("header", _)), "{kid:?}: {error}");
    }
    for kid in [json!(null), json!(1), json!([good]), json!({ "k": good })] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).header("kid", kid).token());
        assert!(matches!(error, TokenError::Json("header", _)), "{error}");
    }
    assert_eq!(refusal(&Forge::of(Algorithm::EdDsa).without_header("kid").token()), TokenError::NoKeyId);
}

#[test]
fn a_token_brings_no_key_and_no_extension() {
    let own = Forge::stranger();
    let jwk = serde_json::to_value(own.key().verifying_key().to_jwk().unwrap()).unwrap();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5c", json!(["MIIB"])),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
    ] {
        for forge in [Forge::stranger(), Forge::of(Algorithm::EdDsa)] {
            let error = refusal(&forge.header(name, value.clone()).token());
            assert_eq!(error, TokenError::HeaderMember(name));
        }
    }
    // What is not known is passed over, as RFC 7515 wants it.
    verify(
        &Forge::of(Algorithm::EdDsa).header("x5t", json!("abc")).header("nonce", json!({ "a": [1] })).token(),
    )
    .unwrap();
}

#[test]
fn a_member_is_there_once() {
    let kid = KEYS.id(Algorithm::EdDsa);
    for header in [
        format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","alg":"EdDSA"}}"#),
        format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","al\u0067":"none"}}"#),
        format!(r#"{{"\u0061lg":"HS256","alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","x":1,"x":1}}"#),
        format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","x":{{"y":1,"\u0079":2}}}}"#),
        format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","ki\u0064":"{kid}"}}"#),
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).raw_header(&header).token());
        assert!(matches!(error, TokenError::Json("header", _)), "{header}: {error}");
    }
    let good = claims().to_string();
    let open = good.strip_suffix('}').unwrap();
    for more in [
        r#","exp":9999999999"#,
        r#","e\u0078p":9999999999"#,
        r#","sub":"43""#,
        r#","\u0073ub":"43""#,
        r#","x":1,"x":1"#,
        r#","act":{"sub":"1","sub":"2"}"#,
        r#","x":[{"a":[{"b":1,"\u0062":2}]}]"#,
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).raw_claims(&format!("{open}{more}}}")).token());
        assert!(
            matches!(&error, TokenError::Json("claims", why) if why.contains("twice")),
            "{more}: {error}"
        );
    }
    verify(&Forge::of(Algorithm::EdDsa).raw_claims(&format!(r#"{open},"x":{{"a":{{"a":1}}}}}}"#)).token())
        .unwrap();
}

#[test]
fn a_token_has_one_spelling() {
    for algorithm in Algorithm::ALL {
        let good = Forge::of(algorithm).token();
        let parts: Vec<&str> = good.split('.').collect();
        let [header, body, signature] = parts[..] else { unreachable!() };
        for bad in [
            String::new(),
            ".".into(),
            "..".into(),
            "...".into(),
            header.into(),
            format!("{header}.{body}"),
            format!("{header}.{body}."),
            format!(".{body}.{signature}"),
            format!("{header}..{signature}"),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{signature}"),
            format!(" {good}"),
            format!("{good} "),
            format!("{good}\n"),
            format!("{good}\0"),
            format!("{good}="),
            format!("{good}=="),
            format!("{header}=.{body}.{signature}"),
            format!("{header}.{body}=.{signature}"),
            format!("{header}. {body}.{signature}"),
            format!("{header}.{body}\r\n.{signature}"),
            format!("{}.{body}.{signature}", header.replacen('e', "%65", 1)),
            format!("{good}A"),
            format!("{good}AA"),
            format!("Bearer {good}"),
            format!("\u{feff}{good}"),
            format!("{good}é"),
            good.replacen('.', ",", 1),
            good.replace('.', "\u{2024}"),
        ] {
            assert!(verify(&bad).is_err(), "{bad:?}");
        }
        // The bits of the last symbol that belong to no byte.
        let last = signature.chars().last().unwrap();
        let others = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        for other in others.filter(|other| *other != last) {
            let changed = format!("{header}.{body}.{}{other}", &signature[..signature.len() - 1]);
            assert!(verify(&changed).is_err(), "{other}");
        }
        // A signature in the other base64.
        if signature.contains(['-', '_']) {
            let standard = signature.replace('-', "+").replace('_', "/");
            assert_eq!(refusal(&format!("{header}.{body}.{standard}")), TokenError::Base64("signature"));
        }
    }
}

#[test]
fn a_token_of_another_sort_is_refused() {
    for kind in [
        json!("JWT"),
        json!("id+jwt"),
        json!("at+jwt "),
        json!("application/JWT"),
        json!(""),
        json!("at"),
        json!("application/"),
        json!("logout+jwt"),
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).header("typ", kind).token());
        assert_eq!(error, TokenError::WrongType("at+jwt".into()));
    }
    let none = Forge::of(Algorithm::EdDsa).without_header("typ").token();
    assert_eq!(refusal(&none), TokenError::WrongType("at+jwt".into()));
    for kind in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        verify(&Forge::of(Algorithm::EdDsa).header("typ", json!(kind)).token()).unwrap();
    }
    let id_tokens = Verifier::new("https://us", "api").with_clock(forge::clock());
    id_tokens.verify::<Value>(&none, &KEYS.verifying()).unwrap();
    let access = Forge::of(Algorithm::EdDsa).token();
    let refused = id_tokens.verify::<Value>(&access, &KEYS.verifying()).unwrap_err();
    assert_eq!(refused, TokenError::WrongType("JWT".into()));
}

#[test]
fn times_hold_to_the_second() {
    let with = |name, value: Value| verify(&Forge::of(Algorithm::EdDsa).claim(name, value).token());
    // The leeway is 30 s.
    assert_eq!(with("exp", json!(NOW - 30)).unwrap_err(), TokenError::Expired);
    with("exp", json!(NOW - 29)).unwrap();
    with("exp", json!(f64::from(i32::try_from(NOW).unwrap()) - 28.5)).unwrap();
    assert_eq!(with("nbf", json!(NOW + 31)).unwrap_err(), TokenError::NotYetValid);
    with("nbf", json!(NOW + 30)).unwrap();
    assert_eq!(with("iat", json!(NOW + 31)).unwrap_err(), TokenError::IssuedInFuture);
    with("iat", json!(NOW + 30)).unwrap();
    let missing = Forge::of(Algorithm::EdDsa).without_claim("exp").token();
    assert_eq!(refusal(&missing), TokenError::MissingClaim("exp"));
    for bad in [
        json!("1900000000"),
        json!(null),
        json!(true),
        json!([NOW]),
        json!({ "a": 1 }),
        json!(-1),
        json!(1e300),
        json!(253_402_207_201_i64),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.9e19),
    ] {
        for name in ["exp", "nbf", "iat"] {
            let error = with(name, bad.clone()).unwrap_err();
            assert!(matches!(error, TokenError::Json("claims", _)), "{name} {bad}: {error}");
        }
    }
    for bad in [
        "1e999",
        "99999999999999999999999999999999",
        "-0.1",
        "0x7fffffff",
        "+1900000000",
        "01900000000",
        "NaN",
        "Infinity",
        "1900000000.",
    ] {
        let raw = claims().to_string().replace(&(NOW + 900).to_string(), bad);
        let error = refusal(&Forge::of(Algorithm::EdDsa).raw_claims(&raw).token());
        assert!(matches!(error, TokenError::Json("claims", _)), "{bad}: {error}");
    }
}

#[test]
fn a_token_may_be_too_old_for_what_it_is_asked_for() {
    let verifier = verifier().with_max_age(Duration::from_mins(1));
    let with = |iat: i64| {
        let token = Forge::of(Algorithm::EdDsa).claim("iat", json!(iat)).token();
        verifier.verify::<AccessClaims>(&token, &KEYS.verifying())
    };
    with(NOW - 90).unwrap();
    assert_eq!(with(NOW - 91).unwrap_err(), TokenError::TooOld);
    let without = Forge::of(Algorithm::EdDsa).without_claim("iat").token();
    let refused = verifier.verify::<Value>(&without, &KEYS.verifying()).unwrap_err();
    assert_eq!(refused, TokenError::MissingClaim("iat"));
}

#[test]
fn a_clock_that_jumps_neither_panics_nor_lets_in() {
    let token = Forge::of(Algorithm::EdDsa).claim("nbf", json!(NOW)).token();
    let clock = TestClock::at(Timestamp::MIN);
    let verifier = verifier().with_clock(clock.clock());
    let verify = || verifier.verify::<AccessClaims>(&token, &KEYS.verifying());
    assert_eq!(verify().unwrap_err(), TokenError::NotYetValid);
    clock.set(Timestamp::MAX);
    assert_eq!(verify().unwrap_err(), TokenError::Expired);
    clock.set(Timestamp::from_seconds(NOW).unwrap());
    verify().unwrap();
}

#[test]
fn a_token_is_from_whom_and_for_whom_it_has_to_be() {
    let with = |name, value: Value| verify(&Forge::of(Algorithm::EdDsa).claim(name, value).token());
    for issuer in ["https://us/", "https://US", "https://us.evil", "", "us"] {
        assert_eq!(with("iss", json!(issuer)).unwrap_err(), TokenError::Issuer);
    }
    for audience in [json!("web"), json!("API"), json!(""), json!([]), json!(["web"]), json!(["web", "apis"])]
    {
        assert_eq!(with("aud", audience).unwrap_err(), TokenError::Audience);
    }
    for audience in [json!("api"), json!(["api"]), json!(["web", "api"])] {
        with("aud", audience).unwrap();
    }
    for (name, value) in [
        ("iss", json!(["https://us"])),
        ("iss", json!(null)),
        ("aud", json!(7)),
        ("aud", json!([["api"]])),
        ("aud", json!(["api", 7])),
        ("aud", json!({ "api": 1 })),
        ("aud", json!(null)),
    ] {
        let error = with(name, value.clone()).unwrap_err();
        assert!(matches!(error, TokenError::Json("claims", _)), "{name} {value}: {error}");
    }
    for name in ["iss", "aud"] {
        let token = Forge::of(Algorithm::EdDsa).without_claim(name).token();
        assert_eq!(refusal(&token), TokenError::MissingClaim(name));
    }
    for name in ["sub", "jti", "iat"] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).without_claim(name).token());
        assert!(matches!(&error, TokenError::Claims(why) if why.contains(name)), "{error}");
    }
    let two = verifier().with_audience("web");
    two.verify::<AccessClaims>(
        &Forge::of(Algorithm::EdDsa).claim("aud", json!("web")).token(),
        &KEYS.verifying(),
    )
    .unwrap();
}

#[test]
fn the_log_does_not_learn_what_a_claim_holds() {
    for (name, value) in [
        ("sub", json!(["ada@example.com"])),
        ("sub", json!("a\u{7}ada@example.com")),
        ("roles", json!("ada@example.com")),
        ("permissions", json!(["ada@example.com"])),
        ("exp", json!("ada@example.com")),
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).claim(name, value).token());
        assert!(!format!("{error} {error:?}").contains("ada"), "{error}");
    }
}

#[test]
fn claims_are_plain_json() {
    let deep = |depth: usize| {
        format!(
            r#"{},"x":{}1{}}}"#,
            claims().to_string().strip_suffix('}').unwrap(),
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    verify(&Forge::of(Algorithm::EdDsa).raw_claims(&deep(16)).token()).unwrap();
    for depth in [17, 128, 2_000] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).raw_claims(&deep(depth)).token());
        assert!(matches!(error, TokenError::Json("claims", _)), "{error}");
    }
    let good = claims().to_string();
    let many: String = (0..130).fold(String::new(), |text, n| text + &format!(r#","x{n}":1"#));
    for raw in [
        String::new(),
        "null".into(),
        "[]".into(),
        "\"text\"".into(),
        "1".into(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good} x"),
        format!("\u{feff}{good}"),
        good.replace("\"42\"", "\"4\\u00002\""),
        good.replace("\"42\"", "\"4\u{0}2\""),
        good.replace("\"42\"", "\"\\ud800\""),
        good.replace('"', "'"),
        good.replacen('{', r#"{"\u0000":1,"#, 1),
        good.replacen('{', r#"{"x":["\u0000"],"#, 1),
        good.replacen('{', "{/**/", 1),
        good.replacen('}', ",}", 1),
        format!("{}{many}}}", good.strip_suffix('}').unwrap()),
    ] {
        let error = refusal(&Forge::of(Algorithm::EdDsa).raw_claims(&raw).token());
        assert!(matches!(error, TokenError::Json("claims", _)), "{raw:?}: {error}");
    }
    let latin = Forge::of(Algorithm::EdDsa).bytes_as_claims(b"{\"sub\":\"\xe9\"}").token();
    assert!(matches!(refusal(&latin), TokenError::Json("claims", _)));
}

#[test]
fn a_long_token_is_not_looked_at() {
    let long = Forge::of(Algorithm::EdDsa).claim("x", json!("x".repeat(1_000_000))).token();
    assert_eq!(refusal(&long), TokenError::TooLong(long.len()));
    assert!(matches!(refusal(&".".repeat(MAX_TOKEN_LENGTH)), TokenError::Form));
    assert!(matches!(refusal(&"A".repeat(1 << 20)), TokenError::TooLong(_)));
    let header = Forge::of(Algorithm::EdDsa).header("x", json!("x".repeat(2_000))).token();
    assert_eq!(refusal(&header), TokenError::Base64("header"));
    verify(&Forge::of(Algorithm::EdDsa).claim("x", json!("x".repeat(4_000))).token()).unwrap();
}

proptest! {
    #[test]
    fn one_flipped_bit_is_refused(which in 0..4_usize, at: prop::sample::Index, bit in 0..8_u32) {
        let good = KEYS.sample(which);
        let mut bytes = good.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        // What is no UTF-8 never gets as far.
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn one_flipped_bit_of_a_part_is_refused(which in 0..4_usize, part in 0..3_usize, at: prop::sample::Index, bit in 0..8_u32) {
        let mut parts: Vec<String> = KEYS.sample(which).split('.').map(str::to_owned).collect();
        let mut bytes = forge::decode(&parts[part]);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        parts[part] = forge::encode(&bytes);
        prop_assert!(verify(&parts.join(".")).is_err());
    }

    #[test]
    fn no_text_makes_it_panic(text in ".*", header in ".*", body in ".*", signature in ".*") {
        prop_assert!(verify(&text).is_err());
        let parts = [header, body, signature].map(|part| forge::encode(&part)).join(".");
        prop_assert!(verify(&parts).is_err());
    }
}
