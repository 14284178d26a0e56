//! What is sent as a form is answered as the same JSON is.

use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Stage};

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) async fn run(stage: &Stage) {
    a_form_is_answered_as_json_is(stage).await;
    what_is_wrong_in_a_form_is_named(stage).await;
    a_form_carries_a_refresh_token(stage).await;
}

/// Text as a form has it.
fn form(body: &Value) -> String {
    let escape = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = body.as_object().unwrap().iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={}", escape(name), escape(&value))
    });
    pairs.collect::<Vec<_>>().join("&")
}

async fn send(stage: &Stage, token: &str, path: &str, media: &str, body: &Value) -> super::Reply {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("content-type", media)];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    let body = if media == FORM { form(body) } else { body.to_string() };
    stage.call("POST", path, &headers, body.as_bytes()).await
}

/// Each route with what is right and what is wrong, as somebody of their own each time.
async fn a_form_is_answered_as_json_is(stage: &Stage) {
    let admin = stage.admin().await;
    for prefix in ["/api/v1/auth", "/api/v1"] {
        let mut answers = Vec::new();
        for media in ["application/json", FORM] {
            let ada: Person = stage.signed_in().await;
            let (new, waiting) = (stage.email(), stage.registered().await);
            let verify = stage.token(&waiting, "verify_email").await;
            assert_eq!(stage.post("/forgot-password", json!({ "email": ada.email })).await.status, 202);
            let reset = stage.token(&ada.email, "reset_password").await;
            let (email, other) = (&ada.email, "a very different horse");
            let whose = |token: &str| token.to_owned();
            let steps = [
                (
                    "register",
                    String::new(),
                    json!({ "email": new, "password": PASSWORD, "first_name": "Zoë & Söhne" }),
                ),
                ("register", String::new(), json!({ "email": new, "password": "short" })),
                ("verify-email", String::new(), json!({ "token": verify })),
                ("resend-verification", String::new(), json!({ "email": new })),
                ("login", String::new(), json!({ "username": email, "password": PASSWORD })),
                ("login", String::new(), json!({ "email": email, "password": "wrong" })),
                ("validate-token", String::new(), json!({ "token": ada.access })),
                ("introspect", whose(&admin.access), json!({ "token": ada.access })),
                ("introspect", whose(&ada.access), json!({ "token": ada.access })),
                ("magic-link", String::new(), json!({ "email": new })),
                ("email-code", String::new(), json!({ "email": new })),
                (
                    "change-password",
                    whose(&ada.access),
                    json!({ "current_password": "wrong", "password": other }),
                ),
                ("change-email", whose(&ada.access), json!({ "email": stage.email(), "password": PASSWORD })),
                ("second-factors/totp/confirm", whose(&ada.access), json!({ "code": "000000" })),
                ("forgot-password", String::new(), json!({ "email": new })),
                ("reset-password", String::new(), json!({ "token": reset, "password": "short" })),
                ("password-reset", String::new(), json!({ "token": "gvl_x", "password": other })),
                ("refresh", String::new(), json!({ "refresh_token": ada.refresh })),
                ("refresh", String::new(), json!({ "refresh_token": "x" })),
                (
                    "change-password",
                    whose(&ada.access),
                    json!({ "current_password": PASSWORD, "password": other }),
                ),
                ("revoke", String::new(), json!({ "token": "x" })),
                ("logout", String::new(), json!({ "refresh_token": "x" })),
                ("logout", String::new(), json!({})),
            ];
            let mut seen = Vec::new();
            for (path, token, body) in steps {
                let reply = send(stage, &token, &format!("{prefix}/{path}"), media, &body).await;
                assert!(![404, 415, 500].contains(&reply.status), "{path} {media}: {reply:?}");
                seen.push((path, reply.status, reply.body["code"].clone()));
            }
            answers.push(seen);
        }
        assert_eq!(answers[0], answers[1], "{prefix}");
    }
}

async fn what_is_wrong_in_a_form_is_named(stage: &Stage) {
    let ada = stage.signed_in().await;
    for (path, token) in [
        ("register", ""),
        ("resend-verification", ""),
        ("forgot-password", ""),
        ("magic-link", ""),
        ("email-code", ""),
        ("validate-token", ""),
        ("change-password", &ada.access),
        ("change-email", &ada.access),
    ] {
        let path = format!("/api/v1/auth/{path}");
        let answer = async |media: &str, body: &Value| {
            let reply = send(stage, token, &path, media, body).await;
            (reply.status, reply.pointers().into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let none = answer(FORM, &json!({})).await;
        assert_eq!(none, answer("application/json", &json!({})).await, "{path}");
        assert_eq!(none.0, 422, "{path}");
        let long =
            json!({ "email": "x".repeat(400), "password": "x".repeat(1_025), "token": "x".repeat(9_000) });
        let long_form = answer(FORM, &long).await;
        assert_eq!(long_form, answer("application/json", &long).await, "{path}");
        assert_eq!(long_form.0, 422, "{path}");
    }
}

async fn a_form_carries_a_refresh_token(stage: &Stage) {
    let ada = stage.signed_in().await;
    let shown = json!({ "refresh_token": ada.refresh });
    let fresh = send(stage, "", "/api/v1/auth/refresh", FORM, &shown).await;
    assert_eq!(fresh.status, 200, "{fresh:?}");
    let again = json!({ "refresh_token": fresh.body["refresh_token"] });
    assert_eq!(send(stage, "", "/api/v1/auth/logout", FORM, &again).await.status, 204);
    let over = send(stage, "", "/api/v1/auth/refresh", FORM, &again).await;
    assert_eq!(over.refusal(), (401, "auth.invalid_refresh_token"));
    let other = send(stage, "", "/api/v1/auth/refresh", "text/plain", &shown).await;
    assert_eq!(other.refusal(), (415, "http.unsupported_media_type"));
}
