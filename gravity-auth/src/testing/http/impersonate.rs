//! Acting in the name of somebody.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{PASSWORD, Stage};
use crate::domain::UserStatus;

pub(super) async fn run(stage: &Stage) {
    it_is_visible_and_short(stage).await;
    it_does_not_do_what_people_do(stage).await;
    nobody_acts_for_those_above_them(stage).await;
    it_does_no_more_than_both_may(stage).await;
    it_ends_with_the_actor_and_with_the_session(stage).await;
}

async fn begun(stage: &Stage, by: &str, id: &str) -> super::stage::Reply {
    stage.api("POST", by, &format!("/users/{id}/impersonate"), json!({ "reason": "ticket 7" })).await
}

async fn it_is_visible_and_short(stage: &Stage) {
    let (admin, ada) = (stage.admin().await, stage.signed_in().await);
    let (actor, id) = (stage.id_of(&admin).await, stage.id_of(&ada).await);
    let reply = begun(stage, &admin.access, &id).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.body.get("refresh_token"), None);
    let token = reply.body["access_token"].as_str().unwrap();
    let me = stage.ask("GET", token, "/me", Value::Null).await;
    assert_eq!((&me.body["id"], &me.body["actor"]), (&json!(id), &json!(actor)), "{me:?}");
    assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.body.get("actor"), None);
    let said = stage.post("/validate-token", json!({ "token": token })).await;
    assert_eq!(said.body["claims"]["act"]["sub"], actor);
    // Its user sees it among their sessions, and not where who acts is.
    let list = stage.ask("GET", &ada.access, "/sessions", Value::Null).await;
    let items = list.body["items"].as_array().unwrap();
    let seen = items.iter().find(|item| item["id"] == reply.body["session"]).unwrap();
    assert_eq!((&seen["name"], &seen["address"]), (&"Support".into(), &Value::Null), "{list:?}");
    stage.time.advance(Duration::from_mins(16));
    assert_eq!(stage.ask("GET", token, "/me", Value::Null).await.status, 401);
    let ada = stage.sign_in(&ada.email).await;
    let list = stage.ask("GET", &ada.access, "/sessions", Value::Null).await;
    assert!(!list.body.to_string().contains(reply.body["session"].as_str().unwrap()), "{list:?}");
}

async fn it_does_not_do_what_people_do(stage: &Stage) {
    let (admin, other) = (stage.admin().await, stage.admin().await);
    let reply = begun(stage, &admin.access, &stage.id_of(&other).await).await;
    let token = reply.body["access_token"].as_str().unwrap();
    let password = json!({ "current_password": PASSWORD, "password": "another horse entirely" });
    let email = json!({ "email": stage.email(), "password": PASSWORD });
    let somebody = stage.id_of(&stage.signed_in().await).await;
    for (path, body) in [
        ("/auth/change-password".to_owned(), password),
        ("/auth/change-email".to_owned(), email),
        ("/api-keys".to_owned(), json!({ "name": "x", "scopes": ["orders:read"] })),
        ("/roles".to_owned(), json!({ "name": stage.unique() })),
        (format!("/users/{somebody}/impersonate"), json!({ "reason": "a chain" })),
    ] {
        let reply = stage.api("POST", token, &path, body).await;
        assert_eq!(reply.refusal(), (403, "auth.not_in_person"), "{path}");
    }
    for (method, path) in [
        ("GET", "/api-keys".to_owned()),
        ("DELETE", "/auth/sessions".to_owned()),
        ("DELETE", format!("/auth/sessions/{}", other.session)),
        ("DELETE", format!("/users/me/sessions/{}", other.session)),
        ("DELETE", "/users/me".to_owned()),
        ("GET", "/users/me/export".to_owned()),
        ("POST", "/auth/second-factors/totp".to_owned()),
        ("POST", "/auth/second-factors/recovery-codes".to_owned()),
        ("POST", format!("/users/{somebody}/follow")),
    ] {
        let reply = stage.api(method, token, &path, Value::Null).await;
        assert_eq!(reply.refusal(), (403, "auth.not_in_person"), "{method} {path}");
    }
    for (method, path) in [
        ("POST", "/users/me/suspend".to_owned()),
        ("POST", "/users/me/require-password-change".to_owned()),
        ("DELETE", format!("/users/{}", stage.id_of(&other).await)),
    ] {
        let reply = stage.api(method, token, &path, Value::Null).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
    }
    assert_eq!(stage.ask("GET", &other.access, "/me", Value::Null).await.status, 200, "untouched");
}

/// Rights that the one gets or the other loses meanwhile.
async fn it_does_no_more_than_both_may(stage: &Stage) {
    let admin = stage.admin().await;
    let (support, seen) = (stage.unique(), stage.unique());
    for (name, grants) in
        [(&support, json!(["users:impersonate", "roles:read"])), (&seen, json!(["roles:read"]))]
    {
        let body = json!({ "name": name, "grants": grants, "inherits": "customer" });
        assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    }
    let (bob, ada) = (stage.with_role(&support).await, stage.with_role(&seen).await);
    let reply = begun(stage, &bob.access, &stage.id_of(&ada).await).await;
    let token = reply.body["access_token"].as_str().unwrap();
    let grant = async |role: &str, grants: Value| {
        let path = format!("/roles/{role}");
        let reply = stage.api("PATCH", &admin.access, &path, json!({ "grants": grants })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    let roles = async |token: &str| stage.api("GET", token, "/roles", Value::Null).await.status;
    let make = async |token: &str| {
        let body = json!({ "name": stage.unique(), "role": "customer" });
        stage.api("POST", token, "/service-accounts", body).await
    };
    assert_eq!(roles(token).await, 200);
    let rename = async |token: &str| {
        stage.api("PATCH", token, "/users/me", json!({ "first_name": "Ada" })).await.status
    };
    assert_eq!(rename(token).await, 200, "what the user does in their profile");
    // The user may more: whoever acts for them does not, and they are above them.
    grant(&seen, json!(["roles:read", "api_keys:manage"])).await;
    assert_eq!((rename(token).await, rename(&ada.access).await), (403, 200));
    assert_eq!(make(token).await.refusal(), (403, "http.forbidden"));
    assert_eq!(make(&ada.access).await.status, 201);
    // Who acts may less.
    grant(&support, json!(["users:impersonate"])).await;
    assert_eq!((roles(token).await, roles(&ada.access).await), (403, 200));
    grant(&support, json!([])).await;
    assert_eq!(stage.ask("GET", token, "/me", Value::Null).await.status, 401, "they may not act any more");
}

async fn nobody_acts_for_those_above_them(stage: &Stage) {
    let admin = stage.admin().await;
    let name = stage.unique();
    let body = json!({ "name": name, "grants": ["users:impersonate"], "inherits": "customer" });
    assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    let support = stage.with_role(&name).await;
    let ada = stage.signed_in().await;
    assert_eq!(begun(stage, &support.access, &stage.id_of(&ada).await).await.status, 201);
    for above in [&admin, &stage.with_role("manager").await] {
        let reply = begun(stage, &support.access, &stage.id_of(above).await).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"));
    }
    let support = stage.sign_in(&support.email).await;
    let me = stage.id_of(&support).await;
    assert_eq!(begun(stage, &support.access, &me).await.refusal(), (404, "auth.user_not_found"));
    assert_eq!(begun(stage, &ada.access, &me).await.refusal(), (403, "http.forbidden"));
    let path = format!("/users/{}/impersonate", stage.id_of(&ada).await);
    let reply = stage.api("POST", &support.access, &path, json!({ "reason": "" })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/reason"]));
    let reply = stage.api("POST", &support.access, &path, json!({ "reason": " \u{a0}\n" })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/reason"]));
    let gone = stage.signed_in().await;
    let id = stage.id_of(&gone).await;
    stage.set_status(&gone, UserStatus::Suspended).await;
    assert_eq!(begun(stage, &support.access, &id).await.refusal(), (404, "auth.user_not_found"));
}

async fn it_ends_with_the_actor_and_with_the_session(stage: &Stage) {
    let ada = stage.signed_in().await;
    let id = stage.id_of(&ada).await;
    let (first, second) = (stage.admin().await, stage.admin().await);
    let token = async |by: &super::stage::Person| {
        let reply = begun(stage, &by.access, &id).await;
        reply.body["access_token"].as_str().unwrap().to_owned()
    };
    let (one, two) = (token(&first).await, token(&second).await);
    assert_eq!(stage.post_as(&one, "/logout", Value::Null).await.status, 204);
    assert_eq!(stage.ask("GET", &one, "/me", Value::Null).await.status, 401, "signed out");
    assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.status, 200, "its user is not");
    assert_eq!(stage.ask("GET", &two, "/me", Value::Null).await.status, 200);
    stage.set_status(&second, UserStatus::Suspended).await;
    assert_eq!(stage.ask("GET", &two, "/me", Value::Null).await.status, 401, "its actor is gone");
    // A session that was stolen takes along what was begun from it.
    let third = stage.admin().await;
    let three = token(&third).await;
    assert_eq!(stage.ask("GET", &three, "/me", Value::Null).await.status, 200);
    assert_eq!(stage.post_as(&third.access, "/logout", Value::Null).await.status, 204);
    assert_eq!(stage.ask("GET", &three, "/me", Value::Null).await.status, 401, "their own session is over");
    // And its user may end it.
    let fourth = begun(stage, &first.access, &id).await;
    let path = format!("/sessions/{}", fourth.body["session"].as_str().unwrap());
    assert_eq!(stage.ask("DELETE", &ada.access, &path, Value::Null).await.status, 204);
    let four = fourth.body["access_token"].as_str().unwrap();
    assert_eq!(stage.ask("GET", four, "/me", Value::Null).await.status, 401);
}
