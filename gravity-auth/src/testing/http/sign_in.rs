//! Signing up, in and out.

use serde_json::{Value, json};

use super::stage::{PASSWORD, Stage};

pub(super) async fn run(stage: &Stage) {
    from_sign_up_to_sign_out(stage).await;
    the_shorter_addresses_work_too(stage).await;
    a_form_signs_in(stage).await;
    a_user_name_signs_in(stage).await;
    bad_input_is_told_whole(stage).await;
    passwords_are_judged(stage).await;
    a_name_is_one_persons(stage).await;
    strange_names_are_nobodys(stage).await;
}

async fn from_sign_up_to_sign_out(stage: &Stage) {
    let email = stage.email();
    let input = json!({ "email": format!(" {} ", email.to_uppercase()), "password": PASSWORD, "first_name": "Zoë 🦀" });
    let reply = stage.post("/register", input).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let first = stage.token(&email, "verify_email").await;
    let early = stage.login(&email, PASSWORD).await;
    assert_eq!(early.refusal(), (401, "auth.invalid_credentials"), "not verified");
    // Whoever has the right password is sent another link, and the first one is void.
    let token = stage.token_after(&email, "verify_email", &first).await;
    let void = stage.post("/verify-email", json!({ "token": first })).await;
    assert_eq!(void.refusal(), (400, "auth.invalid_ticket"));
    let reply = stage.post("/verify-email", json!({ "token": token })).await;
    assert_eq!((reply.status, &reply.body["first_name"]), (200, &Value::from("Zoë 🦀")), "{reply:?}");
    assert_eq!(
        stage.post("/verify-email", json!({ "token": token })).await.refusal(),
        (400, "auth.invalid_ticket"),
        "good once"
    );

    let ada = stage.sign_in(&email).await;
    let me = stage.ask("GET", &ada.access, "/me", Value::Null).await;
    assert_eq!((me.status, &me.body["role"]), (200, &Value::from("customer")), "{me:?}");
    assert_eq!(me.body["email"].as_str().unwrap().to_lowercase(), email);
    assert_eq!(me.body.get("password"), None);

    assert_eq!(stage.post_as(&ada.access, "/logout", Value::Null).await.status, 204);
    let me = stage.ask("GET", &ada.access, "/me", Value::Null).await;
    assert_eq!(me.refusal(), (401, "auth.invalid_token"), "an access token ends with its session");
    let refused = stage.post("/refresh", json!({ "refresh_token": ada.refresh })).await;
    assert_eq!(refused.refusal(), (401, "auth.invalid_refresh_token"));
    let again = stage.post("/logout", json!({ "refresh_token": ada.refresh })).await;
    assert_eq!(again.status, 204, "to sign out twice is no fault");
}

async fn the_shorter_addresses_work_too(stage: &Stage) {
    let ada = stage.signed_in().await;
    let bearer = format!("Bearer {}", ada.access);
    let me = stage.call("GET", "/api/v1/me", &[("authorization", &bearer)], b"").await;
    assert_eq!(me.status, 200, "{me:?}");
    let nobody = stage.call("GET", "/api/v1/me", &[], b"").await;
    assert_eq!(nobody.refusal(), (401, "http.unauthenticated"));
}

async fn a_form_signs_in(stage: &Stage) {
    let email = stage.verified().await;
    let form = format!("grant_type=password&username={email}&password={}", PASSWORD.replace(' ', "+"));
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let reply = stage.call("POST", "/api/v1/auth/login", &headers, form.as_bytes()).await;
    assert_eq!((reply.status, &reply.body["token_type"]), (200, &Value::from("Bearer")), "{reply:?}");
    assert_eq!(reply.body["expires_in"], 900);
    let other = form.replace("grant_type=password", "grant_type=implicit");
    let reply = stage.call("POST", "/api/v1/auth/login", &headers, other.as_bytes()).await;
    assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/grant_type"]));
}

async fn a_user_name_signs_in(stage: &Stage) {
    let (email, name) = (stage.email(), stage.unique());
    let input = json!({ "email": email, "password": PASSWORD, "user_name": name });
    assert_eq!(stage.post("/register", input).await.status, 202);
    let token = stage.token(&email, "verify_email").await;
    assert_eq!(stage.post("/verify-email", json!({ "token": token })).await.status, 200);
    let input = json!({ "username": name.to_uppercase(), "password": PASSWORD });
    let reply = stage.post("/login", input).await;
    assert_eq!((reply.status, &reply.body["user"]["user_name"]), (200, &Value::from(name)), "{reply:?}");
}

async fn bad_input_is_told_whole(stage: &Stage) {
    let reply = stage.post("/register", json!({ "email": 7, "first_name": "" })).await;
    assert_eq!(reply.refusal(), (422, "http.invalid"), "{reply:?}");
    for pointer in ["/email", "/password"] {
        assert!(reply.pointers().contains(&pointer), "{pointer}: {reply:?}");
    }
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    for path in [
        "/login",
        "/verify-email",
        "/resend-verification",
        "/magic-link",
        "/magic-link/redeem",
        "/email-code",
        "/email-code/redeem",
        "/forgot-password",
        "/reset-password",
        "/password-reset",
        "/validate-token",
        "/revoke",
        "/change-email/confirm",
    ] {
        let reply = stage.post(path, json!({})).await;
        assert_eq!(reply.refusal(), (422, "http.invalid"), "{path}: {reply:?}");
        assert!(!reply.pointers().is_empty(), "{path}: {reply:?}");
        let json = [("content-type", "application/json")];
        let broken = stage.call("POST", &format!("/api/v1/auth{path}"), &json, b"{\"token\":").await;
        assert_eq!(broken.refusal(), (400, "http.bad_body"), "{path}: {broken:?}");
        let text = [("content-type", "text/plain")];
        let text = stage.call("POST", &format!("/api/v1/auth{path}"), &text, b"{}").await;
        assert_eq!(text.refusal(), (415, "http.unsupported_media_type"), "{path}: {text:?}");
    }
    for path in ["/change-password", "/change-email", "/introspect"] {
        assert_eq!(stage.post(path, json!({})).await.refusal(), (401, "http.unauthenticated"), "{path}");
        let forged = stage.post_as("a.b.c", path, json!({})).await;
        assert_eq!(forged.refusal(), (401, "auth.invalid_token"), "{path}");
    }
    let reply = stage.post("/login", json!({ "password": "x" })).await;
    assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/email"]));
    for email in
        ["ada", "ada@", "@example.org", "ada@localhost", "a\u{202e}da@example.org", "ada@exa mple.org"]
    {
        let reply = stage.post("/register", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(reply.refusal(), (422, "http.invalid"), "{email}");
    }
}

async fn passwords_are_judged(stage: &Stage) {
    let email = stage.email();
    let long = "long and winding ".repeat(7);
    for (password, fault) in [
        ("short1", "too_short"),
        ("password1", "too_common"),
        (email.as_str(), "too_common"),
        (long.as_str(), "too_long"),
    ] {
        let reply = stage.post("/register", json!({ "email": email, "password": password })).await;
        assert_eq!(reply.refusal(), (422, "auth.weak_password"), "{password}");
        assert_eq!(reply.body["errors"][0]["code"], fault, "{reply:?}");
        assert_eq!(reply.pointers(), ["/password"]);
    }
}

async fn a_name_is_one_persons(stage: &Stage) {
    let name = stage.unique();
    let first = stage.email();
    let input = json!({ "email": first, "password": PASSWORD, "user_name": name });
    assert_eq!(stage.post("/register", input).await.status, 202);
    stage.mail(&first, "verify_email").await;
    let input = json!({ "email": stage.email(), "password": PASSWORD, "user_name": name.to_uppercase() });
    assert_eq!(stage.post("/register", input).await.refusal(), (409, "auth.user_name_taken"));
}

async fn strange_names_are_nobodys(stage: &Stage) {
    for name in
        ["", " ", "@", "a@b", "'; DROP TABLE auth_users; --", "\u{202e}\u{200b}", "🦀", &"x".repeat(1000)]
    {
        let reply = stage.login(name, PASSWORD).await;
        assert_eq!(reply.refusal(), (401, "auth.invalid_credentials"), "{name:?}");
    }
    assert_eq!(stage.login("a\0b", PASSWORD).await.status, 422);
}
