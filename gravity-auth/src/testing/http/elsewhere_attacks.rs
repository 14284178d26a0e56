//! What is tried against signing in elsewhere: forged tokens, answers of others, answers used twice, open redirects.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::elsewhere::{Doubles, Journey, VERIFIER, challenge, code_of, fragment};
use super::stage::{Reply, Stage};
use crate::jwt::base64url;
use crate::testing::provider::parameter;

const REFUSED: &str = "error=auth.invalid_provider_answer";

pub(super) async fn run(stage: &Stage, doubles: &Doubles) {
    a_token_that_does_not_hold_lets_nobody_in(stage, doubles).await;
    a_token_that_nobody_signed_lets_nobody_in(stage, doubles).await;
    an_answer_is_good_once(stage, doubles).await;
    a_code_of_the_provider_is_good_once(stage, doubles).await;
    an_answer_is_for_the_browser_that_began(stage, doubles).await;
    an_answer_comes_soon_or_not_at_all(stage, doubles).await;
    providers_are_not_mixed_up(stage, doubles).await;
    an_address_that_nobody_vouches_for_makes_no_account(stage, doubles).await;
    who_declines_goes_back(stage).await;
    nobody_is_led_elsewhere(stage).await;
    what_goes_along_is_not_changed(stage, doubles).await;
    inputs_are_bounded(stage).await;
}

async fn nobody_has(stage: &Stage, email: &str) {
    assert!(stage.auth.store().by_email(&email.parse().unwrap()).await.unwrap().is_none(), "{email}");
}

type Forge = (&'static str, fn(&mut Value));

async fn a_token_that_does_not_hold_lets_nobody_in(stage: &Stage, doubles: &Doubles) {
    let forges: [Forge; 14] = [
        ("nonce of another", |claims| claims["nonce"] = json!("another")),
        ("no nonce", |claims| claims["nonce"] = Value::Null),
        ("aud of another", |claims| claims["aud"] = json!("another")),
        ("no aud", |claims| claims["aud"] = json!([])),
        ("several aud, no azp", |claims| claims["aud"] = json!(["client", "another"])),
        ("azp of another", |claims| claims["azp"] = json!("another")),
        ("iss of another", |claims| claims["iss"] = json!("https://evil.example")),
        ("iss with a slash", |claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()))),
        ("expired", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 60)),
        ("old", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 3_600)),
        ("of the future", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 3_600)),
        ("no exp", |claims| claims["exp"] = Value::Null),
        ("no iat", |claims| claims["iat"] = Value::Null),
        ("at_hash of another", |claims| claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
    ];
    for (what, forge) in forges {
        let (journey, email) = (stage.depart("one").await, stage.email());
        let mut claims = doubles.one.claims(&journey.url, &email, &email);
        forge(&mut claims);
        let code = doubles.one.code(&journey.url, &claims);
        let back = stage.come_back(&journey, &journey.answer(&code)).await;
        assert_eq!(fragment(&back), REFUSED, "{what}");
        nobody_has(stage, &email).await;
    }
    for skew in [-20, 20] {
        // Clocks may differ by as much.
        let (journey, email) = (stage.depart("one").await, stage.email());
        let mut claims = doubles.one.claims(&journey.url, &email, &email);
        claims["iat"] = json!(claims["iat"].as_i64().unwrap() + skew);
        let code = doubles.one.code(&journey.url, &claims);
        code_of(&stage.come_back(&journey, &journey.answer(&code)).await);
    }
}

async fn a_token_that_nobody_signed_lets_nobody_in(stage: &Stage, doubles: &Doubles) {
    let part = |value: &Value| base64url::encode(value.to_string());
    for header in [json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({ "alg": "ES256", "kid": "x" })]
    {
        for signature in ["", "AAAA"] {
            let (journey, email) = (stage.depart("one").await, stage.email());
            let claims = doubles.one.claims(&journey.url, &email, &email);
            let token = format!("{}.{}.{signature}", part(&header), part(&claims));
            let code = doubles.one.code_for(&journey.url, &token);
            let back = stage.come_back(&journey, &journey.answer(&code)).await;
            assert_eq!(fragment(&back), REFUSED, "{header}");
            nobody_has(stage, &email).await;
        }
    }
    // One that another provider has signed.
    let (journey, email) = (stage.depart("one").await, stage.email());
    let mut claims = doubles.sure.claims(&journey.url, &email, &email);
    claims["iss"] = json!(doubles.one.issuer());
    let code = doubles.sure.code(&journey.url, &claims);
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(fragment(&back), REFUSED, "its code is none here");
}

async fn an_answer_is_good_once(stage: &Stage, doubles: &Doubles) {
    let (journey, subject, email) = (stage.depart("one").await, stage.unique(), stage.email());
    // The provider would take part: it gives a code for each.
    let claims = doubles.one.claims(&journey.url, &subject, &email);
    let answers: Vec<_> = (0..16).map(|_| journey.answer(&doubles.one.code(&journey.url, &claims))).collect();
    let replies = join_all(answers.iter().map(|answer| stage.come_back(&journey, answer))).await;
    let (first, others): (Vec<_>, Vec<_>) =
        replies.iter().map(fragment).partition(|fragment| fragment.starts_with("code="));
    assert_eq!((first.len(), others.len()), (1, 15), "{others:?}");
    assert!(others.iter().all(|other| other == REFUSED), "{others:?}");
    let code = doubles.one.code(&journey.url, &claims);
    assert_eq!(fragment(&stage.come_back(&journey, &journey.answer(&code)).await), REFUSED);
}

async fn a_code_of_the_provider_is_good_once(stage: &Stage, doubles: &Doubles) {
    let (first, email) = (stage.depart("one").await, stage.email());
    let code = doubles.one.code(&first.url, &doubles.one.claims(&first.url, &email, &email));
    // Somebody has read it on its way, and brings it along with a sign-in of their own.
    let second = stage.depart("one").await;
    assert_eq!(fragment(&stage.come_back(&second, &second.answer(&code)).await), REFUSED);
    nobody_has(stage, &email).await;
    assert_eq!(fragment(&stage.come_back(&first, &first.answer(&code)).await), REFUSED, "it is used by that");
}

async fn an_answer_is_for_the_browser_that_began(stage: &Stage, doubles: &Doubles) {
    let (ours, theirs, email) = (stage.depart("one").await, stage.depart("one").await, stage.email());
    let code = doubles.one.code(&theirs.url, &doubles.one.claims(&theirs.url, &email, &email));
    let answer = theirs.answer(&code);
    let refused = |reply: &Reply| {
        assert_eq!(reply.refusal(), (400, "auth.invalid_provider_answer"), "{reply:?}");
        assert!(reply.headers.get("location").is_none());
    };
    refused(&stage.arrive("one", &[], &answer).await);
    refused(&stage.arrive("one", &[("cookie", &ours.jar)], &answer).await);
    refused(&stage.arrive("one", &[("cookie", "__Host-oauth-one=x")], &answer).await);
    refused(&stage.arrive("one", &[("cookie", &theirs.jar)], "code=x").await);
    refused(&stage.arrive("one", &[("cookie", &theirs.jar)], "code=x&state=nonsense").await);
    let both = format!("{}; {}", ours.jar, theirs.jar);
    let two = stage.arrive("one", &[("cookie", &both)], &answer).await;
    assert_eq!(two.status, 400, "one of them was planted: {two:?}");
    nobody_has(stage, &email).await;
    code_of(&stage.come_back(&theirs, &answer).await);
}

async fn an_answer_comes_soon_or_not_at_all(stage: &Stage, doubles: &Doubles) {
    let (journey, email) = (stage.depart("one").await, stage.email());
    stage.time.advance(Duration::from_mins(10));
    let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &email, &email));
    let late = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(late.refusal(), (400, "auth.invalid_provider_answer"));
    nobody_has(stage, &email).await;
}

async fn providers_are_not_mixed_up(stage: &Stage, doubles: &Doubles) {
    let (one, sure) = (stage.depart("one").await, stage.depart("sure").await);
    let redirects = [&one, &sure].map(|journey| parameter(&journey.url, "redirect_uri"));
    assert_ne!(redirects[0], redirects[1]);
    let email = stage.email();
    // The evil one sends the browser on to the good one, and the answer comes back as if it were its own.
    let code = doubles.one.code(&one.url, &doubles.one.claims(&one.url, &email, &email));
    let both = format!("{}; {}", one.jar, sure.jar);
    let mixed = stage.arrive("sure", &[("cookie", &both)], &one.answer(&code)).await;
    assert_eq!(mixed.refusal(), (400, "auth.invalid_provider_answer"));
    let planted = one.jar.replacen("oauth-one", "oauth-sure", 1);
    let mixed = stage.arrive("sure", &[("cookie", &planted)], &one.answer(&code)).await;
    assert_eq!(mixed.refusal(), (400, "auth.invalid_provider_answer"));
    // An answer that names another issuer (RFC 9207).
    let answer = format!("{}&iss={}", sure.answer("x"), doubles.one.issuer());
    assert_eq!(fragment(&stage.come_back(&sure, &answer).await), REFUSED);
    let answer = format!("{}&iss={}", one.answer(&code), doubles.one.issuer());
    code_of(&stage.come_back(&one, &answer).await);
}

async fn an_address_that_nobody_vouches_for_makes_no_account(stage: &Stage, doubles: &Doubles) {
    let forges: [Forge; 6] = [
        ("not verified", |claims| claims["email_verified"] = json!(false)),
        ("not said", |claims| claims["email_verified"] = Value::Null),
        ("said by half", |claims| claims["email_verified"] = json!(1)),
        ("of a program", |claims| claims["email"] = json!("x@service-account.invalid")),
        ("withheld", |claims| claims["email"] = Value::Null),
        ("no address", |claims| claims["email"] = json!("Ada <ada@example.org>")),
    ];
    for (what, forge) in forges {
        for (id, double) in [("one", &doubles.one), ("sure", &doubles.sure)] {
            let (journey, email) = (stage.depart(id).await, format!("{}@sure.example", stage.unique()));
            let mut claims = double.claims(&journey.url, &email, &email);
            forge(&mut claims);
            let code = double.code(&journey.url, &claims);
            let back = stage.come_back(&journey, &journey.answer(&code)).await;
            assert_eq!(fragment(&back), "error=auth.no_vouched_address", "{what}");
            nobody_has(stage, &email).await;
        }
    }
}

async fn who_declines_goes_back(stage: &Stage) {
    for (error, expected) in [
        ("access_denied", "error=auth.provider_denied"),
        ("temporarily_unavailable", "error=auth.provider_unavailable"),
        ("invalid_scope", REFUSED),
        ("%3Cscript%3E%0D%0Aset-cookie%3A+x%3Dy", REFUSED),
    ] {
        let journey = stage.depart("one").await;
        let answer = format!("error={error}&state={}", journey.state());
        let back = stage.come_back(&journey, &answer).await;
        assert_eq!(back.headers["location"].to_str().unwrap(), format!("/in#{expected}"));
        assert_eq!(back.cookies().len(), 1);
    }
}

async fn nobody_is_led_elsewhere(stage: &Stage) {
    for to in [
        "//evil.example",
        "/%5Cevil.example",
        "%2F%09%2Fevil.example",
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://shop.example@evil.example",
        "https://app.example:8443/",
        "javascript:alert(1)",
        "/a%23b",
        "/a%0D%0Aset-cookie:x=y",
        "x",
    ] {
        let query = format!("code_challenge={}&return_to={to}", challenge());
        let reply = stage.go("one", &query).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec!["/return_to"]), "{to}: {reply:?}");
        assert!(reply.cookies().is_empty());
    }
    let query = format!("code_challenge={}&return_to=https://app.example/home%3Fa", challenge());
    let journey = stage.depart_with("one", &query).await;
    let back = stage.come_back(&journey, &format!("error=access_denied&state={}", journey.state())).await;
    assert_eq!(back.headers["location"], "https://app.example/home?a#error=auth.provider_denied");
}

/// The cookie can be read: who was sent off with a challenge does not get cookies instead, or another page.
async fn what_goes_along_is_not_changed(stage: &Stage, doubles: &Doubles) {
    let (journey, email) = (stage.depart("one").await, stage.email());
    let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &email, &email));
    let (start, _) = journey.jar.rsplit_once('.').unwrap();
    for context in
        [json!({ "to": "/in", "by": "Cookies" }), json!({ "to": "https://evil.example", "by": "Cookies" })]
    {
        let jar = format!("{start}.{}", base64url::encode(context.to_string()));
        let changed = Journey { jar, provider: "one".to_owned(), url: journey.url.clone() };
        let back = stage.come_back(&changed, &changed.answer(&code)).await;
        assert_eq!(back.refusal(), (400, "auth.invalid_provider_answer"), "{context}");
    }
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    let signed = stage.hand_over(&code_of(&back)).await;
    assert_eq!(signed.status, 200);
}

async fn inputs_are_bounded(stage: &Stage) {
    let path = "/oauth/one/start";
    for (body, pointer) in [
        (json!({}), "/code_challenge"),
        (json!({ "code_challenge": "short" }), "/code_challenge"),
        (json!({ "code_challenge": "*".repeat(43) }), "/code_challenge"),
        (json!({ "code_challenge": challenge(), "cookies": true }), "/code_challenge"),
        (json!({ "code_challenge": challenge(), "return_to": "/".repeat(600) }), "/return_to"),
    ] {
        let reply = stage.post(path, body.clone()).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec![pointer]), "{body}");
    }
    let long = format!("code={}&state={}", "x".repeat(5_000), "y".repeat(2_000));
    assert_eq!(stage.arrive("one", &[], &long).await.status, 400);
    for twice in ["state=a&state=b", "code=a%00b&state=c", "code=%FF&state=c"] {
        assert_eq!(stage.arrive("one", &[], twice).await.status, 400, "{twice}");
    }
    let verifier = json!({ "code": "x", "code_verifier": VERIFIER.repeat(4) });
    assert_eq!(stage.post("/oauth/token", verifier).await.pointers(), vec!["/code_verifier"]);
    let none =
        stage.ask("DELETE", "", "/linked-accounts/account_01h455vb4pex5vsknk084sn02q", Value::Null).await;
    assert_eq!(none.status, 401);
}
