//! Second factors: enrolled, asked for at every way in, single use, passed over on remembered devices.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stage::{ISSUER, PASSWORD, Person, Reply, Stage};
use crate::totp::{Totp, TotpSecret};

const NEW: &str = "a very different horse";

pub(super) async fn run(stage: &Stage) {
    an_app_is_enrolled_by_its_code(stage).await;
    no_way_in_goes_round_it(stage).await;
    of_many_with_one_code_one_gets_in(stage).await;
    a_recovery_code_is_good_once(stage).await;
    a_token_is_for_one_sign_in(stage).await;
    what_is_dangerous_wants_a_fresh_proof(stage).await;
    a_device_is_remembered(stage).await;
    an_app_is_removed_by_password_and_code(stage).await;
    who_has_lost_all_factors_is_helped(stage).await;
    inputs_are_bounded(stage).await;
}

/// Somebody with an authenticator app.
pub(super) struct Enrolled {
    pub(super) person: Person,
    secret: TotpSecret,
    recovery_codes: Vec<String>,
}

impl Enrolled {
    /// The code of now, after a time in which none was used.
    pub(super) fn code(&self, stage: &Stage) -> String {
        stage.time.advance(Duration::from_mins(1));
        Totp::default().code(&self.secret, stage.time.now()).expose().clone()
    }
}

pub(super) async fn enrolled(stage: &Stage) -> Enrolled {
    let person = stage.signed_in().await;
    let offer = stage.post_as(&person.access, "/second-factors/totp", Value::Null).await;
    assert_eq!(offer.status, 200, "{offer:?}");
    let secret = TotpSecret::from_base32(offer.body["secret"].as_str().unwrap()).unwrap();
    let code = Totp::default().code(&secret, stage.time.now()).expose().clone();
    let reply = stage.post_as(&person.access, "/second-factors/totp/confirm", json!({ "code": code })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let codes = reply.body["recovery_codes"].as_array().unwrap();
    let recovery_codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    Enrolled { person, secret, recovery_codes }
}

/// The token of a sign-in that waits.
pub(super) fn waiting(reply: &Reply) -> String {
    assert_eq!(reply.refusal(), (202, "auth.second_factor_required"), "{reply:?}");
    assert_eq!(reply.body.get("access_token"), None);
    assert!(reply.cookies().is_empty());
    assert_eq!(reply.headers["cache-control"], "no-store");
    reply.body["token"].as_str().unwrap().to_owned()
}

async fn show(stage: &Stage, token: &str, code: &str) -> Reply {
    stage.post("/login/second-factor", json!({ "token": token, "code": code })).await
}

async fn an_app_is_enrolled_by_its_code(stage: &Stage) {
    let ada = stage.signed_in().await;
    let post = async |path: &str, body: Value| stage.post_as(&ada.access, path, body).await;
    let confirm = async |code: &str| post("/second-factors/totp/confirm", json!({ "code": code })).await;
    assert_eq!(confirm("123456").await.refusal(), (409, "auth.no_second_factor"));
    let first = post("/second-factors/totp", Value::Null).await;
    let offer = post("/second-factors/totp", Value::Null).await;
    assert_eq!(offer.headers["cache-control"], "no-store");
    assert!(offer.body["uri"].as_str().unwrap().starts_with("otpauth://totp/Gravity:"), "{offer:?}");
    assert!(offer.body["qr_svg"].as_str().unwrap().starts_with("<svg "));
    let code = |offer: &Reply| {
        let secret = TotpSecret::from_base32(offer.body["secret"].as_str().unwrap()).unwrap();
        Totp::default().code(&secret, stage.time.now()).expose().clone()
    };
    if code(&first) != code(&offer) {
        assert_eq!(confirm(&code(&first)).await.refusal(), (401, "auth.invalid_second_factor"), "void");
    }
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 200, "not asked for before it is confirmed");
    let done = confirm(&code(&offer)).await;
    assert_eq!((done.status, done.body["recovery_codes"].as_array().unwrap().len()), (200, 10), "{done:?}");
    assert_eq!(confirm(&code(&offer)).await.refusal(), (409, "auth.second_factor_exists"));
    assert_eq!(post("/second-factors/totp", Value::Null).await.refusal(), (409, "auth.second_factor_exists"));
    let seen = stage.ask("GET", &ada.access, "/second-factors", Value::Null).await;
    assert_eq!(seen.body, json!({ "totp": true, "recovery_codes": 10, "passkeys": 0 }));
    stage.mail(&ada.email, "totp_enabled").await;
    assert_eq!(stage.post("/second-factors/totp", Value::Null).await.status, 401);
}

async fn no_way_in_goes_round_it(stage: &Stage) {
    let ada = enrolled(stage).await;
    let email = &ada.person.email;
    assert_eq!(stage.login(email, "wrong horse battery").await.status, 401);
    let mut tokens = vec![waiting(&stage.login(email, PASSWORD).await)];
    stage.post("/magic-link", json!({ "email": email })).await;
    let link = stage.token(email, "magic_link").await;
    tokens.push(waiting(&stage.post("/magic-link/redeem", json!({ "token": link })).await));
    let again = stage.post("/magic-link/redeem", json!({ "token": link })).await;
    assert_eq!(again.refusal(), (400, "auth.invalid_ticket"), "the link is used up");
    stage.post("/email-code", json!({ "email": email })).await;
    let mail = stage.mail(email, "email_code").await;
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = mail.text.lines().find(is_code).unwrap();
    let redeem = json!({ "email": email, "code": code });
    tokens.push(waiting(&stage.post("/email-code/redeem", redeem).await));
    for token in tokens {
        assert_eq!(show(stage, &token, "000000x").await.refusal(), (401, "auth.invalid_second_factor"));
        let reply = show(stage, &token, &ada.code(stage)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let access = reply.body["access_token"].as_str().unwrap();
        let said = stage.post("/validate-token", json!({ "token": access })).await;
        let amr = &said.body["claims"]["amr"];
        assert!(*amr == json!(["pwd", "otp", "mfa"]) || *amr == json!(["mail", "otp", "mfa"]), "{amr}");
    }
}

async fn of_many_with_one_code_one_gets_in(stage: &Stage) {
    let ada = enrolled(stage).await;
    let mut tokens = Vec::new();
    for _ in 0..16 {
        tokens.push(waiting(&stage.login(&ada.person.email, PASSWORD).await));
    }
    let code = ada.code(stage);
    let replies = join_all(tokens.iter().map(|token| show(stage, token, &code))).await;
    let inside = replies.iter().filter(|reply| reply.status == 200).count();
    let out = replies.iter().filter(|reply| reply.refusal() == (401, "auth.invalid_second_factor")).count();
    assert_eq!((inside, out), (1, 15), "{replies:?}");
}

async fn a_recovery_code_is_good_once(stage: &Stage) {
    let ada = enrolled(stage).await;
    let code = &ada.recovery_codes[3];
    let mut tokens = Vec::new();
    for _ in 0..8 {
        tokens.push(waiting(&stage.login(&ada.person.email, PASSWORD).await));
    }
    let shown = tokens.iter().map(|token| {
        stage.post("/login/second-factor", json!({ "token": token, "recovery_code": code.to_lowercase() }))
    });
    let replies = join_all(shown).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    stage.mail(&ada.person.email, "recovery_code_used").await;
    let seen = stage.ask("GET", &ada.person.access, "/second-factors", Value::Null).await;
    assert_eq!(seen.body["recovery_codes"], 9);
    let renewed = stage.post_as(&ada.person.access, "/second-factors/recovery-codes", Value::Null).await;
    assert_eq!(renewed.body["recovery_codes"].as_array().unwrap().len(), 10, "{renewed:?}");
    let token = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    let old = json!({ "token": token, "recovery_code": ada.recovery_codes[0] });
    let reply = stage.post("/login/second-factor", old).await;
    assert_eq!(reply.refusal(), (401, "auth.invalid_second_factor"), "those before are void");
}

async fn a_token_is_for_one_sign_in(stage: &Stage) {
    let (ada, bob) = (enrolled(stage).await, enrolled(stage).await);
    let token = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    let other = bob.code(stage);
    assert_eq!(show(stage, &token, &other).await.refusal(), (401, "auth.invalid_second_factor"));
    assert_eq!(show(stage, &token, &ada.code(stage)).await.status, 200);
    let used = show(stage, &token, &ada.code(stage)).await;
    assert_eq!(used.refusal(), (400, "auth.invalid_ticket"), "good once");
    let late = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    stage.time.advance(Duration::from_mins(5));
    assert_eq!(show(stage, &late, &ada.code(stage)).await.refusal(), (400, "auth.invalid_ticket"));
    assert_eq!(show(stage, "gvp_nonsense", "123456").await.refusal(), (400, "auth.invalid_ticket"));
    // It is good for nothing else.
    let token = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    assert_eq!(stage.ask("GET", &token, "/me", Value::Null).await.status, 401);
    let refresh = stage.post("/refresh", json!({ "refresh_token": token })).await;
    assert_eq!(refresh.refusal(), (401, "auth.invalid_refresh_token"));
}

async fn what_is_dangerous_wants_a_fresh_proof(stage: &Stage) {
    let ada = stage.signed_in().await;
    stage.time.advance(Duration::from_mins(11));
    let begin = stage.post_as(&ada.access, "/second-factors/totp", Value::Null).await;
    assert_eq!(begin.refusal(), (403, "auth.step_up_required"));
    let step_up = async |access: &str, body: Value| stage.post_as(access, "/step-up", body).await;
    let wrong = step_up(&ada.access, json!({ "password": "wrong horse battery" })).await;
    assert_eq!(wrong.refusal(), (401, "auth.invalid_credentials"));
    let done = step_up(&ada.access, json!({ "password": PASSWORD })).await;
    assert_eq!((done.status, done.body.get("refresh_token")), (200, None), "{done:?}");
    let access = done.body["access_token"].as_str().unwrap();
    let said = stage.post("/validate-token", json!({ "token": access })).await;
    assert_eq!(said.body["claims"]["auth_time"], stage.time.now().as_seconds());
    assert_eq!(stage.post_as(&ada.access, "/second-factors/totp", Value::Null).await.status, 200);

    let bob = enrolled(stage).await;
    stage.time.advance(Duration::from_mins(11));
    let change = json!({ "current_password": PASSWORD, "password": NEW });
    let email = json!({ "email": stage.email(), "password": PASSWORD });
    let access = &bob.person.access;
    for (path, body) in [
        ("/change-password", change.clone()),
        ("/change-email", email),
        ("/second-factors/recovery-codes", Value::Null),
    ] {
        let reply = stage.post_as(access, path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.step_up_required"), "{path}");
    }
    let by_password = step_up(access, json!({ "password": PASSWORD })).await;
    assert_eq!(by_password.refusal(), (403, "auth.step_up_required"), "who has a factor shows it");
    let code = bob.code(stage);
    let tries = join_all((0..8).map(|_| step_up(access, json!({ "code": code })))).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 200).count(), 1, "{tries:?}");
    assert_eq!(stage.post_as(access, "/change-password", change).await.status, 204);
}

async fn a_device_is_remembered(stage: &Stage) {
    let ada = enrolled(stage).await;
    let email = &ada.person.email;
    let token = waiting(&stage.login(email, PASSWORD).await);
    let body = json!({ "token": token, "code": ada.code(stage), "remember": true });
    let reply = stage.post("/login/second-factor", body).await;
    let device = reply.body["device_token"].as_str().unwrap().to_owned();
    let login = async |email: &str, password: &str| {
        stage.post("/login", json!({ "email": email, "password": password, "device_token": device })).await
    };
    assert_eq!(login(email, "wrong horse battery").await.status, 401);
    assert_eq!(login(email, PASSWORD).await.status, 200);
    let bob = enrolled(stage).await;
    waiting(&login(&bob.person.email, PASSWORD).await);
    // A session by a remembered device has not shown the factor.
    let here = Person::of(email, &login(email, PASSWORD).await);
    let renew = stage.post_as(&here.access, "/second-factors/recovery-codes", Value::Null).await;
    assert_eq!(renew.refusal(), (403, "auth.step_up_required"));
    let list = async || stage.ask("GET", &here.access, "/devices", Value::Null).await.body["items"].clone();
    let id = list().await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/devices/{id}");
    let other = stage.ask("DELETE", &bob.person.access, &path, Value::Null).await;
    assert_eq!(other.refusal(), (404, "auth.device_not_found"));
    assert_eq!(stage.ask("DELETE", &here.access, &path, Value::Null).await.status, 204);
    assert_eq!(list().await, json!([]));
    waiting(&login(email, PASSWORD).await);
    in_cookies(stage, &bob).await;
}

async fn in_cookies(stage: &Stage, bob: &Enrolled) {
    let headers = [("content-type", "application/json"), ("origin", ISSUER)];
    let body = json!({ "email": bob.person.email, "password": PASSWORD, "cookies": true }).to_string();
    let login = async |cookie: &str| {
        let headers = [headers[0], headers[1], ("cookie", cookie)];
        stage.call("POST", "/api/v1/auth/login", &headers, body.as_bytes()).await
    };
    let token = waiting(&login("a=b").await);
    let shown = json!({ "token": token, "code": bob.code(stage), "remember": true, "cookies": true });
    let shown = shown.to_string();
    let path = "/api/v1/auth/login/second-factor";
    let evil = [headers[0], ("origin", "https://evil.example")];
    let reply = stage.call("POST", path, &evil, shown.as_bytes()).await;
    assert_eq!(reply.refusal(), (403, "auth.forged_request"));
    let reply = stage.call("POST", path, &headers, shown.as_bytes()).await;
    let cookies = reply.cookies();
    let (_, device) = cookies.iter().find(|(name, _)| name == "__Host-device").unwrap();
    assert!(device.contains("HttpOnly") && device.contains("Secure") && device.contains("Max-Age=2592000"));
    assert_eq!(reply.body.get("device_token"), None);
    let cookie = format!("__Host-device={}", device.split(';').next().unwrap());
    assert_eq!(login(&cookie).await.status, 200);
    // A new password forgets all devices.
    assert_eq!(stage.post("/forgot-password", json!({ "email": bob.person.email })).await.status, 202);
    let token = stage.token(&bob.person.email, "reset_password").await;
    assert_eq!(stage.post("/reset-password", json!({ "token": token, "password": NEW })).await.status, 204);
    let body = json!({ "email": bob.person.email, "password": NEW }).to_string();
    let headers = [headers[0], ("cookie", cookie.as_str())];
    waiting(&stage.call("POST", "/api/v1/auth/login", &headers, body.as_bytes()).await);
}

async fn an_app_is_removed_by_password_and_code(stage: &Stage) {
    let ada = enrolled(stage).await;
    let remove = async |password: &str, code: &str| {
        let body = json!({ "password": password, "code": code });
        stage.post_as(&ada.person.access, "/second-factors/totp/remove", body).await
    };
    let code = ada.code(stage);
    assert_eq!(remove("wrong horse", &code).await.refusal(), (401, "auth.invalid_credentials"));
    assert_eq!(remove(PASSWORD, "12345").await.refusal(), (401, "auth.invalid_second_factor"));
    assert_eq!(remove(PASSWORD, &code).await.status, 204);
    assert_eq!(remove(PASSWORD, &code).await.refusal(), (409, "auth.no_second_factor"));
    stage.mail(&ada.person.email, "totp_disabled").await;
    assert_eq!(stage.login(&ada.person.email, PASSWORD).await.status, 200);
}

/// On a stage with the default limits.
pub(super) async fn guesses_are_held_back(stage: &Stage) {
    stage.time.advance(Duration::from_hours(24));
    let ada = enrolled(stage).await;
    let code = ada.code(stage);
    let token = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    for _ in 0..5 {
        assert_eq!(show(stage, &token, "00000").await.refusal(), (401, "auth.invalid_second_factor"));
    }
    let held = show(stage, &token, &code).await;
    assert_eq!(held.refusal(), (429, "auth.too_many_attempts"), "even with the right one");
    assert!(held.headers.contains_key("retry-after"));
    let other = waiting(&stage.login(&ada.person.email, PASSWORD).await);
    assert_eq!(show(stage, &other, &code).await.status, 429, "another sign-in is no way round");
    stage.time.advance(Duration::from_mins(1));
    assert_eq!(show(stage, &token, &ada.code(stage)).await.status, 200, "nobody is held for good");
}

async fn who_has_lost_all_factors_is_helped(stage: &Stage) {
    let (ada, admin, eve) = (enrolled(stage).await, stage.admin().await, stage.signed_in().await);
    let path = format!("/users/{}/second-factors", stage.id_of(&ada.person).await);
    let reset = async |token: &str| stage.api("DELETE", token, &path, Value::Null).await;
    assert_eq!(reset(&eve.access).await.refusal(), (403, "http.forbidden"));
    let own = stage.api("DELETE", &admin.access, "/users/me/second-factors", Value::Null).await;
    assert_eq!(own.refusal(), (403, "http.forbidden"), "one's own are removed by showing them");
    assert_eq!(reset(&admin.access).await.status, 204);
    assert_eq!(reset(&admin.access).await.refusal(), (409, "auth.no_second_factor"));
    assert_eq!(stage.ask("GET", &ada.person.access, "/me", Value::Null).await.status, 401, "signed out");
    assert_eq!(stage.login(&ada.person.email, PASSWORD).await.status, 200, "by the password alone");
}

async fn inputs_are_bounded(stage: &Stage) {
    let long = "1".repeat(2_000);
    let reply = show(stage, &long, &long).await;
    let pointers = reply.pointers();
    assert!(reply.status == 422 && pointers.contains(&"/token") && pointers.contains(&"/code"), "{reply:?}");
    let neither = stage.post("/login/second-factor", json!({ "token": "x" })).await;
    assert_eq!((neither.status, neither.pointers()), (422, vec!["/code"]));
    let ada = stage.signed_in().await;
    let both = json!({ "password": PASSWORD, "code": "123456" });
    let reply = stage.post_as(&ada.access, "/step-up", both).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/password"]));
    let none = stage.post_as(&ada.access, "/step-up", json!({ "code": "123456" })).await;
    assert_eq!(none.refusal(), (401, "auth.invalid_second_factor"), "there is no factor to show");
}
