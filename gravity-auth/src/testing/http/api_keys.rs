//! API keys.

use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::audit::Origin;
use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Reply, Stage};
use crate::AuthError;
use crate::domain::{EndReason, UserStatus};
use crate::service::{ApiKeyPatch, Authority, Caller, NewApiKey};
use crate::store::{Change, Trail};

pub(super) async fn run(stage: &Stage) {
    a_key_is_made_used_and_taken_back(stage).await;
    who_proved_long_ago_is_asked_again(stage).await;
    a_session_that_has_ended_makes_no_key(stage).await;
    a_key_is_the_callers_whatever_the_body_says(stage).await;
    nobody_gives_a_key_what_they_do_not_hold(stage).await;
    a_key_can_no_more_than_its_owner(stage).await;
    bad_keys_are_refused_alike(stage).await;
    a_key_does_not_do_what_people_do(stage).await;
    a_key_is_not_its_owner(stage).await;
    a_key_follows_nobody(stage).await;
    a_key_is_nowhere_but_in_headers(stage).await;
    nobody_gets_the_secret_of_a_key_above_them(stage).await;
    who_registered_first_and_waited_keeps_no_key(stage).await;
    a_key_is_rotated(stage).await;
    a_key_expires(stage).await;
    keys_die_with_their_owner(stage).await;
    programs_have_accounts_of_their_own(stage).await;
    what_is_wrong_is_named(stage).await;
}

async fn made(stage: &Stage, by: &Person, scopes: &[&str]) -> (String, String) {
    let reply =
        stage.api("POST", &by.access, "/api-keys", json!({ "name": "build", "scopes": scopes })).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&reply.body["key"]["id"]), text(&reply.body["secret"]))
}

async fn me(stage: &Stage, secret: &str) -> Reply {
    stage.ask("GET", secret, "/me", Value::Null).await
}

async fn a_key_is_made_used_and_taken_back(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (id, secret) = made(stage, &ada, &["orders:read"]).await;
    assert!(secret.starts_with("gvk_") && secret.len() > 40, "{secret}");
    assert_eq!(me(stage, &secret).await.body["email"], ada.email);
    let by_header = stage.call("GET", "/api/v1/auth/me", &[("x-api-key", &secret)], b"").await;
    assert_eq!(by_header.body["email"], ada.email);
    let bearer = format!("Bearer {}", ada.access);
    let both = [("x-api-key", secret.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(stage.call("GET", "/api/v1/auth/me", &both, b"").await.status, 400, "of two, none");

    let path = format!("/api-keys/{id}");
    let shown = stage.api("GET", &ada.access, &path, Value::Null).await;
    assert_eq!(shown.body["scopes"], json!(["orders:read"]), "{shown:?}");
    assert_ne!(shown.body["last_used_at"], Value::Null);
    assert!(!shown.body.to_string().contains(&secret), "it is shown once");
    assert!(secret.starts_with(shown.body["hint"].as_str().unwrap()));
    let list = stage.api("GET", &ada.access, "/api-keys", Value::Null).await;
    assert_eq!(list.body["items"], json!([shown.body]));
    let other = json!({ "name": "other", "per_minute": 60 });
    let changed = stage.api("PATCH", &ada.access, &path, other).await;
    assert_eq!((&changed.body["name"], &changed.body["per_minute"]), (&"other".into(), &60.into()));

    let eve = stage.signed_in().await;
    for (method, path) in
        [("GET", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}/rotate"))]
    {
        let reply = stage.api(method, &eve.access, &path, Value::Null).await;
        assert_eq!(reply.refusal(), (404, "auth.api_key_not_found"), "{method}: somebody else's");
    }
    assert_eq!(stage.api("DELETE", &ada.access, &path, Value::Null).await.status, 204);
    assert_eq!(me(stage, &secret).await.refusal(), (401, "auth.invalid_api_key"));
    assert_eq!(stage.api("DELETE", &ada.access, &path, Value::Null).await.status, 404);
}

/// A key outlives the session: whoever has stolen an access token makes none of it.
async fn who_proved_long_ago_is_asked_again(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (id, secret) = made(stage, &ada, &["orders:read"]).await;
    let told = stage.mail(&ada.email, "api_key_created").await;
    assert!(told.text.contains(&secret[..10]) && !told.text.contains(&secret[..11]), "{}", told.text);
    stage.time.advance(Duration::from_mins(11));
    let path = format!("/api-keys/{id}");
    let dangerous = [
        ("POST", "/api-keys".to_owned(), json!({ "name": "more", "scopes": ["orders:read"] })),
        ("PATCH", path.clone(), json!({ "name": "other" })),
        ("POST", format!("{path}/rotate"), Value::Null),
    ];
    for (method, path, body) in dangerous.clone() {
        let reply = stage.api(method, &ada.access, &path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.step_up_required"), "{method} {path}");
    }
    assert_eq!(
        stage.api("GET", &ada.access, "/api-keys", Value::Null).await.status,
        200,
        "to look is not to make"
    );
    let proved = stage.post_as(&ada.access, "/step-up", json!({ "password": PASSWORD })).await;
    assert_eq!(proved.status, 200, "{proved:?}");
    for (method, path, body) in dangerous {
        let reply = stage.api(method, &ada.access, &path, body).await;
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
    }
    stage.mail(&ada.email, "api_key_rotated").await;
    stage.time.advance(Duration::from_mins(12));
    let ada = Person::of(&ada.email, &stage.post("/refresh", json!({ "refresh_token": ada.refresh })).await);
    let gone = stage.api("DELETE", &ada.access, &path, Value::Null).await;
    assert_eq!(gone.status, 204, "to take one back wants no proof: {gone:?}");
}

/// The token of a session is taken for a while where it is not heard yet that it has ended.
async fn a_session_that_has_ended_makes_no_key(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (id, _) = made(stage, &ada, &["orders:read"]).await;
    let by = authority(stage, &ada.email, "orders:read").await;
    let session = by.caller.session.unwrap();
    let end = Change::EndSession {
        user: by.caller.user,
        session,
        reason: EndReason::Revoked,
        at: stage.time.now(),
    };
    stage.auth.store().apply(&[end], &Trail::NONE).await.unwrap();
    let (id, origin) = (id.parse().unwrap(), Origin::default());
    let refused = [
        stage.auth.create_api_key(&by, new_key("late"), &origin).await.map(drop),
        stage.auth.change_api_key(&by, id, ApiKeyPatch::default(), &origin).await.map(drop),
        stage.auth.rotate_api_key(&by, id, Duration::ZERO, &origin).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(AuthError::StepUpRequired)), "{refused:?}");
    }
}

/// Others have made keys for whomever the body named.
async fn a_key_is_the_callers_whatever_the_body_says(stage: &Stage) {
    let (ada, eve) = (stage.admin().await, stage.signed_in().await);
    let victim = stage.id_of(&ada).await;
    for name in ["user", "user_id", "userId", "owner", "id"] {
        let mut body = json!({ "name": "mine", "scopes": ["orders:read"] });
        body[name] = victim.clone().into();
        let reply = stage.api("POST", &eve.access, "/api-keys", body).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec![format!("/{name}").as_str()]), "{reply:?}");
    }
    let body = json!({ "name": "mine", "scopes": ["orders:read"], "service_account": victim });
    let reply = stage.api("POST", &eve.access, "/api-keys", body.clone()).await;
    assert_eq!(reply.refusal(), (403, "http.forbidden"));
    // Not even who manages accounts of programs makes one for a person.
    let reply = stage.api("POST", &stage.admin().await.access, "/api-keys", body).await;
    assert_eq!(reply.refusal(), (404, "auth.user_not_found"));
    let list = stage.api("GET", &ada.access, "/api-keys", Value::Null).await;
    assert_eq!(list.body["items"], json!([]));
}

async fn nobody_gives_a_key_what_they_do_not_hold(stage: &Stage) {
    let eve = stage.signed_in().await;
    let (id, _) = made(stage, &eve, &["orders:read"]).await;
    for scope in ["users:read", "orders:*", "*"] {
        let body = json!({ "name": "more", "scopes": ["orders:read", scope] });
        let reply = stage.api("POST", &eve.access, "/api-keys", body).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"), "{scope}");
        assert!(reply.body["detail"].as_str().unwrap().contains(scope), "{reply:?}");
        let path = format!("/api-keys/{id}");
        let reply = stage.api("PATCH", &eve.access, &path, json!({ "scopes": [scope] })).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"), "{scope}");
    }
}

async fn a_key_can_no_more_than_its_owner(stage: &Stage) {
    let admin = stage.admin().await;
    let (_, slim) = made(stage, &admin, &["orders:read"]).await;
    let (_, wide) = made(stage, &admin, &["roles:*"]).await;
    assert_eq!(stage.api("GET", &slim, "/roles", Value::Null).await.refusal(), (403, "http.forbidden"));
    assert_eq!(stage.api("GET", &wide, "/roles", Value::Null).await.status, 200);
    // What the owner ceases to hold, the key ceases to hold; there must be another super admin for that.
    let other = stage.admin().await;
    let path = format!("/users/{}/role", stage.id_of(&admin).await);
    let reply = stage.api("PUT", &other.access, &path, json!({ "role": "customer" })).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(stage.api("GET", &wide, "/roles", Value::Null).await.refusal(), (403, "http.forbidden"));
}

async fn bad_keys_are_refused_alike(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (_, secret) = made(stage, &ada, &["orders:read"]).await;
    let invented = crate::service::KEY.generate();
    let mut typo = secret.clone();
    typo.replace_range(8..9, if &secret[8..9] == "a" { "b" } else { "a" });
    let refused = me(stage, invented.expose()).await.seen();
    assert_eq!(refused.0, 401);
    for bad in [typo.as_str(), "gvk_", "gvk_x", &format!("{secret}x"), &secret[..secret.len() - 1]] {
        assert_eq!(me(stage, bad).await.seen(), refused, "{bad}");
        let by_header = stage.call("GET", "/api/v1/auth/me", &[("x-api-key", bad)], b"").await;
        assert_eq!(by_header.status, 401, "{bad}");
    }
    let twice = [("x-api-key", secret.as_str()), ("x-api-key", secret.as_str())];
    assert_eq!(stage.call("GET", "/api/v1/auth/me", &twice, b"").await.status, 400);
}

async fn a_key_does_not_do_what_people_do(stage: &Stage) {
    let admin = stage.admin().await;
    let (id, secret) = made(stage, &admin, &["*"]).await;
    let password = json!({ "current_password": PASSWORD, "password": "another horse entirely" });
    let email = json!({ "email": stage.email(), "password": PASSWORD });
    let key = json!({ "name": "more", "scopes": ["orders:read"] });
    let role = json!({ "name": stage.unique(), "grants": [] });
    for (method, path, body) in [
        ("POST", "/auth/change-password".to_owned(), password),
        ("POST", "/auth/change-email".to_owned(), email),
        ("POST", "/api-keys".to_owned(), key),
        ("GET", "/api-keys".to_owned(), Value::Null),
        ("PATCH", format!("/api-keys/{id}"), json!({ "expires_at": null, "name": "x" })),
        ("POST", format!("/api-keys/{id}/rotate"), Value::Null),
        ("DELETE", format!("/api-keys/{id}"), Value::Null),
        ("POST", "/roles".to_owned(), role),
        ("GET", "/auth/sessions".to_owned(), Value::Null),
        ("DELETE", "/auth/sessions".to_owned(), Value::Null),
        ("DELETE", format!("/auth/sessions/{}", admin.session), Value::Null),
        ("PATCH", format!("/auth/sessions/{}", admin.session), json!({ "name": "x" })),
    ] {
        let reply = stage.api(method, &secret, &path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.not_in_person"), "{method} {path}");
    }
}

/// What everybody does to themselves a key does by its scopes only.
async fn a_key_is_not_its_owner(stage: &Stage) {
    let admin = stage.admin().await;
    let (_, slim) = made(stage, &admin, &["orders:read"]).await;
    let eve = stage.id_of(&stage.signed_in().await).await;
    for (method, path, body) in [
        ("GET", "/users/me", Value::Null),
        ("PATCH", "/users/me", json!({ "bio": "Mine" })),
        ("GET", "/users/me/preferences", Value::Null),
        ("GET", "/users/me/export", Value::Null),
        ("GET", "/users/me/sessions", Value::Null),
    ] {
        let reply = stage.api(method, &slim, path, body).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
    }
    for (method, path, body) in [
        ("DELETE", "/users/me".to_owned(), json!({ "password": PASSWORD })),
        ("POST", format!("/users/{eve}/follow"), Value::Null),
        ("DELETE", format!("/users/{eve}/follow"), Value::Null),
        ("POST", "/auth/second-factors/totp".to_owned(), Value::Null),
        ("GET", "/auth/devices".to_owned(), Value::Null),
        ("GET", "/auth/passkeys".to_owned(), Value::Null),
        ("GET", "/users/me/follow-requests".to_owned(), Value::Null),
    ] {
        let reply = stage.api(method, &slim, &path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.not_in_person"), "{method} {path}");
    }
    let (_, wide) = made(stage, &admin, &["users:read"]).await;
    assert_eq!(stage.api("GET", &wide, "/users/me", Value::Null).await.status, 200);
    // Its owner may do more than it may, so they are above it.
    let own = stage.id_of(&admin).await;
    let (_, write) = made(stage, &admin, &["users:write", "users:delete", "users:read"]).await;
    for (method, path, body) in [
        ("PATCH", "/users/me".to_owned(), json!({ "first_name": "Mine" })),
        ("PATCH", "/users/me/preferences".to_owned(), json!({ "theme": "dark" })),
        ("DELETE", "/users/me/avatar".to_owned(), Value::Null),
        ("GET", "/users/me/sessions".to_owned(), Value::Null),
        ("GET", "/users/me/preferences".to_owned(), Value::Null),
    ] {
        let reply = stage.api(method, &write, &path, body).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
    }
    // What is for others to do nobody does to themselves, by whatever they show.
    let (_, all) = made(stage, &admin, &["*"]).await;
    for token in [&write, &all, &admin.access] {
        for (method, path) in [
            ("POST", "/users/me/suspend".to_owned()),
            ("POST", "/users/me/require-password-change".to_owned()),
            ("DELETE", format!("/users/{own}")),
        ] {
            let reply = stage.api(method, token, &path, Value::Null).await;
            assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
        }
    }
    assert_eq!(stage.api("GET", &admin.access, "/users/me", Value::Null).await.status, 200, "untouched");
    let seen = stage.api("GET", &slim, &format!("/users/{}", stage.id_of(&admin).await), Value::Null).await;
    assert!(seen.body.get("preferences").is_none() && seen.body.get("email").is_none(), "{seen:?}");
}

/// What somebody shows to those who follow them they do not show to programs of those.
async fn a_key_follows_nobody(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let (ada_id, eve_id) = (stage.id_of(&ada).await, stage.id_of(&eve).await);
    for (method, by, path, body) in [
        ("PATCH", &ada, "/users/me".to_owned(), json!({ "bio": "For friends" })),
        ("PATCH", &ada, "/users/me/preferences".to_owned(), json!({ "privacy": { "profile": "followers" } })),
        ("POST", &eve, format!("/users/{ada_id}/follow"), Value::Null),
        ("POST", &ada, format!("/users/me/follow-requests/{eve_id}"), Value::Null),
    ] {
        let reply = stage.api(method, &by.access, &path, body).await;
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
    }
    let (_, key) = made(stage, &eve, &["orders:read"]).await;
    let bio = async |token: &str| {
        let reply = stage.api("GET", token, &format!("/users/{ada_id}"), Value::Null).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body["bio"].clone()
    };
    assert_eq!((bio(&eve.access).await, bio(&key).await), (json!("For friends"), Value::Null));
}

async fn a_key_is_nowhere_but_in_headers(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (_, secret) = made(stage, &ada, &["orders:read"]).await;
    for name in ["api_key", "x-api-key", "access_token", "token"] {
        let path = format!("/api/v1/auth/me?{name}={secret}");
        assert_eq!(stage.call("GET", &path, &[], b"").await.status, 401, "{name}");
    }
    let cookie = format!("access_token={secret}; __Host-access={secret}");
    assert_eq!(stage.call("GET", "/api/v1/auth/me", &[("cookie", &cookie)], b"").await.status, 401);
    let reply = stage.call("GET", "/api/v1/auth/me", &[("x-api-key", &ada.access)], b"").await;
    assert_eq!(reply.refusal(), (401, "auth.invalid_api_key"), "nor is an access token a key");
    // What holds such a secret does not show it to a log.
    let by = authority(stage, &ada.email, "*").await;
    let issued = stage.auth.create_api_key(&by, new_key("log"), &Origin::default()).await.unwrap();
    let secret = issued.secret.expose().clone();
    assert!(!format!("{issued:?}").contains(&secret));
    assert!(!format!("{:?}", crate::http::IssuedApiKeyView::from(issued)).contains(&secret));
}

fn new_key(name: &str) -> NewApiKey {
    NewApiKey {
        name: name.to_owned(),
        scopes: "orders:read".parse().unwrap(),
        expires_at: None,
        per_minute: None,
        service_account: None,
    }
}

/// Somebody who has just signed in, with these grants, whatever their role is.
pub(super) async fn authority(stage: &Stage, email: &str, grants: &str) -> Authority {
    let user = stage.auth.store().by_email(&email.parse().unwrap()).await.unwrap().unwrap().0;
    let session = stage.auth.new_session(&user, Vec::new(), &Origin::default());
    let caller = Caller { user: user.id, session: Some(session.id), actor: None };
    let start = Change::StartSession { session, password: None, most: u32::MAX };
    stage.auth.store().apply(&[start], &Trail::NONE).await.unwrap();
    Authority { caller, grants: grants.parse().unwrap() }
}

/// Who manages the accounts of programs may do less than some of them.
async fn nobody_gets_the_secret_of_a_key_above_them(stage: &Stage) {
    let admin = stage.admin().await;
    let keeper = stage.unique();
    let body = json!({ "name": keeper, "grants": ["api_keys:manage"], "inherits": "customer" });
    assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    let bob = stage.with_role(&keeper).await;
    let wanted = json!({ "name": "Nightly build", "role": "admin" });
    let denied = stage.api("POST", &bob.access, "/service-accounts", wanted.clone()).await;
    assert_eq!(denied.refusal(), (403, "auth.not_held"));
    let robot = stage.api("POST", &admin.access, "/service-accounts", wanted).await;
    let robot = robot.body["id"].as_str().unwrap();
    let key = async |scope: &str| {
        let body = json!({ "name": "ci", "scopes": [scope], "service_account": robot });
        let reply = stage.api("POST", &admin.access, "/api-keys", body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        format!("/api-keys/{}", reply.body["key"]["id"].as_str().unwrap())
    };
    let (above, below) = (key("users:delete").await, key("orders:read").await);
    let rotate =
        async |path: &str| stage.api("POST", &bob.access, &format!("{path}/rotate"), Value::Null).await;
    assert_eq!(rotate(&above).await.refusal(), (403, "auth.not_held"));
    assert_eq!(rotate(&below).await.status, 200);
    let patch = json!({ "name": "mine" });
    assert_eq!(stage.api("PATCH", &bob.access, &above, patch).await.refusal(), (403, "auth.not_held"));
    let deleted = stage.api("DELETE", &bob.access, &format!("/service-accounts/{robot}"), Value::Null).await;
    assert_eq!(deleted.refusal(), (403, "auth.not_held"));
    // Who has just been put down, and whose token is still taken elsewhere.
    let mut late = authority(stage, &bob.email, "*").await;
    let mut new = new_key("ci");
    new.service_account = Some(robot.parse().unwrap());
    new.scopes = "users:delete".parse().unwrap();
    let refused = stage.auth.create_api_key(&late, new.clone(), &Origin::default()).await;
    assert!(matches!(refused, Err(AuthError::NotHeld(_))), "{refused:?}");
    let id = above.rsplit('/').next().unwrap().parse().unwrap();
    let refused = stage.auth.rotate_api_key(&late, id, Duration::ZERO, &Origin::default()).await;
    assert!(matches!(refused, Err(AuthError::NotHeld(_))), "{refused:?}");
    late.caller = authority(stage, &stage.signed_in().await.email, "*").await.caller;
    new.scopes = "orders:read".parse().unwrap();
    let refused = stage.auth.create_api_key(&late, new, &Origin::default()).await;
    assert!(matches!(refused, Err(AuthError::NotHeld(_))), "they do not see to programs: {refused:?}");
    // To take a key back is never wrong.
    assert_eq!(stage.api("DELETE", &bob.access, &above, Value::Null).await.status, 204);
}

/// Somebody signs up with the address of another, makes a key, and waits for the other to come.
async fn who_registered_first_and_waited_keeps_no_key(stage: &Stage) {
    for path in ["/magic-link", "/forgot-password"] {
        let victim = stage.registered().await;
        stage.mail(&victim, "verify_email").await;
        let by = authority(stage, &victim, "orders:read").await;
        let issued = stage.auth.create_api_key(&by, new_key("wait"), &Origin::default()).await.unwrap();
        assert_eq!(me(stage, issued.secret.expose()).await.status, 200);
        assert_eq!(stage.post(path, json!({ "email": victim })).await.status, 202);
        let reply = if path == "/magic-link" {
            let token = stage.token(&victim, "magic_link").await;
            stage.post("/magic-link/redeem", json!({ "token": token })).await
        } else {
            let token = stage.token(&victim, "reset_password").await;
            let body = json!({ "token": token, "password": "another horse entirely" });
            stage.post("/reset-password", body).await
        };
        assert!(reply.status < 300, "{reply:?}");
        let refused = me(stage, issued.secret.expose()).await;
        assert_eq!(refused.refusal(), (401, "auth.invalid_api_key"), "{path}");
    }
}

async fn a_key_is_rotated(stage: &Stage) {
    let ada = stage.signed_in().await;
    let (id, first) = made(stage, &ada, &["orders:read"]).await;
    let path = format!("/api-keys/{id}/rotate");
    let rotate = async |body: Value| {
        let reply = stage.api("POST", &ada.access, &path, body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body["secret"].as_str().unwrap().to_owned()
    };
    let second = rotate(Value::Null).await;
    assert_eq!((me(stage, &first).await.status, me(stage, &second).await.status), (401, 200));
    let third = rotate(json!({ "overlap_seconds": 60 })).await;
    assert_eq!((me(stage, &second).await.status, me(stage, &third).await.status), (200, 200));
    stage.time.advance(Duration::from_mins(1));
    assert_eq!((me(stage, &second).await.status, me(stage, &third).await.status), (401, 200));
    let reply = stage.api("POST", &ada.access, &path, json!({ "overlap_seconds": 604_801 })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/overlap_seconds"]));
    // Of many who rotate it at once, one has the secret that holds; the others may be told to look again.
    let replies = join_all((0..16).map(|_| stage.api("POST", &ada.access, &path, Value::Null))).await;
    let secrets = replies.iter().filter_map(|reply| reply.body["secret"].as_str());
    let held = join_all(secrets.map(|secret| me(stage, secret))).await;
    assert_eq!(held.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.refusal() == (409, "auth.conflict")));
}

async fn a_key_expires(stage: &Stage) {
    let ada = stage.signed_in().await;
    let end = stage.time.now().saturating_add(Duration::from_secs(30));
    let body = json!({ "name": "short", "scopes": ["orders:read"], "expires_at": end });
    let reply = stage.api("POST", &ada.access, "/api-keys", body.clone()).await;
    let secret = reply.body["secret"].as_str().unwrap().to_owned();
    assert_eq!(me(stage, &secret).await.status, 200);
    stage.time.advance(Duration::from_secs(30));
    assert_eq!(me(stage, &secret).await.refusal(), (401, "auth.invalid_api_key"));
    let past = stage.api("POST", &ada.access, "/api-keys", body).await;
    assert_eq!((past.status, past.pointers()), (422, vec!["/expires_at"]));
}

async fn keys_die_with_their_owner(stage: &Stage) {
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        let ada = stage.signed_in().await;
        let (_, secret) = made(stage, &ada, &["orders:read"]).await;
        stage.set_status(&ada, to).await;
        assert_eq!(me(stage, &secret).await.refusal(), (401, "auth.invalid_api_key"), "{to:?}");
    }
}

async fn programs_have_accounts_of_their_own(stage: &Stage) {
    let (admin, eve) = (stage.admin().await, stage.signed_in().await);
    let wanted = json!({ "name": "Nightly build", "role": "manager" });
    let denied = stage.api("POST", &eve.access, "/service-accounts", wanted.clone()).await;
    assert_eq!(denied.refusal(), (403, "http.forbidden"));
    let robot = stage.api("POST", &admin.access, "/service-accounts", wanted).await;
    assert_eq!(robot.status, 201, "{robot:?}");
    let id = robot.body["id"].as_str().unwrap();
    let body = |scope: &str| json!({ "name": "ci", "scopes": [scope], "service_account": id });
    let more = stage.api("POST", &admin.access, "/api-keys", body("users:delete")).await;
    assert_eq!(more.refusal(), (403, "auth.not_held"), "its role is what it may do at most");
    let key = stage.api("POST", &admin.access, "/api-keys", body("orders:read")).await;
    assert_eq!(key.status, 201, "{key:?}");
    let secret = key.body["secret"].as_str().unwrap();
    assert_eq!(me(stage, secret).await.body["id"], id);
    let list = stage.api("GET", &admin.access, &format!("/api-keys?service_account={id}"), Value::Null).await;
    assert_eq!(list.body["items"][0]["id"], key.body["key"]["id"]);
    let all = stage.api("GET", &admin.access, "/service-accounts?limit=1", Value::Null).await;
    assert_eq!(all.body["items"][0]["id"], id);
    // Nobody signs in to it, and nobody registers an address like it.
    let email = robot.body["email"].as_str().unwrap();
    assert_eq!(stage.login(email, PASSWORD).await.refusal(), (401, "auth.invalid_credentials"));
    let squat = json!({ "email": "x@service-account.invalid", "password": PASSWORD });
    assert_eq!(stage.post("/register", squat).await.pointers(), ["/email"]);
    let path = format!("/service-accounts/{id}");
    assert_eq!(stage.api("DELETE", &admin.access, &path, Value::Null).await.status, 204);
    assert_eq!(me(stage, secret).await.refusal(), (401, "auth.invalid_api_key"));
    let eves = format!("/service-accounts/{}", stage.id_of(&eve).await);
    let person = stage.api("DELETE", &admin.access, &eves, Value::Null).await;
    assert_eq!(person.refusal(), (404, "auth.user_not_found"), "a person is none");
}

async fn what_is_wrong_is_named(stage: &Stage) {
    let ada = stage.signed_in().await;
    let post = async |body: Value| stage.api("POST", &ada.access, "/api-keys", body).await;
    let reply = post(json!({ "name": "", "scopes": [], "per_minute": 0 })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/name", "/per_minute", "/scopes"]));
    let reply = post(json!({ "name": "x", "scopes": ["orders:read", "Orders"] })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/scopes/1"]));
    assert_eq!(stage.api("GET", "", "/api-keys", Value::Null).await.status, 401);
    assert_eq!(stage.api("GET", &ada.access, "/api-keys/x", Value::Null).await.status, 400);
}

/// The limits of the stage are the default ones.
pub(super) async fn a_key_has_a_limit_of_its_own(stage: &Stage) {
    // What others have used up has come back.
    stage.time.advance(Duration::from_hours(24));
    let ada = stage.signed_in().await;
    // Seven is no share that comes out even.
    let body = json!({ "name": "odd", "scopes": ["orders:read"], "per_minute": 7 });
    let reply = stage.api("POST", &ada.access, "/api-keys", body).await;
    let odd = reply.body["secret"].as_str().unwrap().to_owned();
    for _ in 0..7 {
        assert_eq!(me(stage, &odd).await.status, 200);
    }
    assert_eq!(me(stage, &odd).await.refusal(), (429, "http.too_many_requests"));
    let body = json!({ "name": "slow", "scopes": ["orders:read"], "per_minute": 3 });
    let reply = stage.api("POST", &ada.access, "/api-keys", body).await;
    let slow = reply.body["secret"].as_str().unwrap().to_owned();
    let (_, fast) = made(stage, &ada, &["orders:read"]).await;
    for _ in 0..3 {
        assert_eq!(me(stage, &slow).await.status, 200);
    }
    let refused = me(stage, &slow).await;
    assert_eq!(refused.refusal(), (429, "http.too_many_requests"));
    assert_eq!(refused.headers["ratelimit-policy"], "\"api-key\";q=3;w=60");
    assert_eq!(refused.headers["ratelimit"], "\"api-key\";r=0;t=20");
    assert_eq!(refused.headers["retry-after"], "20");
    assert_eq!(me(stage, &fast).await.status, 200, "each has its own");
    stage.time.advance(Duration::from_secs(20));
    assert_eq!(me(stage, &slow).await.status, 200);
}
