//! Roles: made, changed, given and taken.

use std::time::Duration;

use gravity_core::Grants;
use gravity_core::audit::Origin;
use serde_json::{Value, json};

use super::api_keys::authority;
use super::stage::Stage;
use crate::AuthError;
use crate::domain::Role;

pub(super) async fn run(stage: &Stage) {
    a_role_comes_and_goes(stage).await;
    nobody_gives_what_they_do_not_hold(stage).await;
    circles_are_refused(stage).await;
    those_of_the_start_stay(stage).await;
    a_role_in_use_is_kept_or_replaced(stage).await;
    a_change_shows_at_once_here(stage).await;
    who_gets_another_role_has_it_at_once(stage).await;
    who_signs_in_meanwhile_gets_no_role_of_before(stage).await;
    who_was_put_down_elsewhere_changes_no_role(stage).await;
    what_is_wrong_is_named(stage).await;
}

async fn a_role_comes_and_goes(stage: &Stage) {
    let (admin, eve) = (stage.admin().await, stage.signed_in().await);
    let name = stage.unique();
    let body = json!({ "name": name, "grants": ["reports:read", "reports:*"], "inherits": "customer" });
    let denied = stage.api("POST", &eve.access, "/roles", body.clone()).await;
    assert_eq!(denied.refusal(), (403, "http.forbidden"));
    let made = stage.api("POST", &admin.access, "/roles", body.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let effective = json!(["orders:read", "profile:read", "profile:write", "reports:*", "reports:read"]);
    assert_eq!((&made.body["effective"], &made.body["built_in"]), (&effective, &false.into()));
    let again = stage.api("POST", &admin.access, "/roles", body).await;
    assert_eq!(again.refusal(), (409, "auth.role_taken"));
    let path = format!("/roles/{name}");
    assert_eq!(stage.api("GET", &admin.access, &path, Value::Null).await.body, made.body);
    let changed = stage.api("PATCH", &admin.access, &path, json!({ "inherits": null })).await;
    assert_eq!(changed.body["effective"], json!(["reports:*", "reports:read"]), "{changed:?}");
    let changed = stage.api("PATCH", &admin.access, &path, json!({ "grants": [] })).await;
    assert_eq!(changed.body["effective"], json!([]));
    let list = stage.api("GET", &admin.access, "/roles", Value::Null).await;
    let names: Vec<_> = list.body["items"].as_array().unwrap().iter().map(|role| &role["name"]).collect();
    assert!(names.contains(&&json!(name)) && names.contains(&&json!("super_admin")));
    assert_eq!(stage.api("DELETE", &admin.access, &path, Value::Null).await.status, 204);
    for method in ["GET", "DELETE"] {
        let gone = stage.api(method, &admin.access, &path, Value::Null).await;
        assert_eq!(gone.refusal(), (404, "auth.role_not_found"));
    }
}

async fn nobody_gives_what_they_do_not_hold(stage: &Stage) {
    let admin = stage.admin().await;
    let keeper = stage.unique();
    let grants = json!(["roles:read", "roles:write", "users:write", "notes:*"]);
    let body = json!({ "name": keeper, "grants": grants, "inherits": "customer" });
    assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    let bob = stage.with_role(&keeper).await;
    let make = async |grants: Value, inherits: Option<&str>| {
        let body = json!({ "name": stage.unique(), "grants": grants, "inherits": inherits });
        stage.api("POST", &bob.access, "/roles", body).await
    };
    assert_eq!(make(json!(["notes:read", "orders:read"]), None).await.status, 201);
    for (grants, inherits, named) in [
        (json!(["notes:read", "users:delete"]), None, "users:delete"),
        (json!(["*"]), None, "*"),
        (json!(["users:*"]), None, "users:*"),
        (json!([]), Some("super_admin"), "*"),
        (json!([]), Some("manager"), "orders:write"),
    ] {
        let reply = make(grants, inherits).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"), "{reply:?}");
        assert!(reply.body["detail"].as_str().unwrap().contains(named), "{reply:?}");
    }
    let mine = format!("/roles/{keeper}");
    for patch in [json!({ "grants": ["*"] }), json!({ "inherits": "admin" })] {
        let reply = stage.api("PATCH", &bob.access, &mine, patch).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"), "not to oneself either");
    }
    // What is above them they neither change nor take away, nor do they get there.
    let reply = stage.api("PATCH", &bob.access, "/roles/admin", json!({ "grants": [] })).await;
    assert_eq!(reply.refusal(), (403, "auth.not_held"));
    let me = format!("/users/{}/role", stage.id_of(&bob).await);
    for role in ["admin", "super_admin"] {
        let reply = stage.api("PUT", &bob.access, &me, json!({ "role": role })).await;
        assert_eq!(reply.refusal(), (403, "auth.not_held"));
    }
    let boss = format!("/users/{}/role", stage.id_of(&admin).await);
    let reply = stage.api("PUT", &bob.access, &boss, json!({ "role": "customer" })).await;
    assert_eq!(reply.refusal(), (403, "http.forbidden"), "nobody dismisses those above them");
}

async fn circles_are_refused(stage: &Stage) {
    let admin = stage.admin().await;
    let (one, two) = (stage.unique(), stage.unique());
    for (name, inherits) in [(&one, None), (&two, Some(&one))] {
        let body = json!({ "name": name, "inherits": inherits });
        assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    }
    for parent in [&one, &two] {
        let path = format!("/roles/{one}");
        let reply = stage.api("PATCH", &admin.access, &path, json!({ "inherits": parent })).await;
        assert_eq!((reply.status, reply.pointers()), (422, vec!["/inherits"]), "{reply:?}");
    }
    let in_use = stage.api("DELETE", &admin.access, &format!("/roles/{one}"), Value::Null).await;
    assert_eq!(in_use.refusal(), (409, "auth.role_in_use"), "the other builds on it");
}

async fn those_of_the_start_stay(stage: &Stage) {
    let admin = stage.admin().await;
    for role in ["super_admin", "admin", "manager", "customer"] {
        let reply = stage.api("DELETE", &admin.access, &format!("/roles/{role}"), Value::Null).await;
        assert_eq!(reply.refusal(), (409, "auth.role_protected"), "{role}");
    }
    let reply = stage.api("PATCH", &admin.access, "/roles/super_admin", json!({ "grants": [] })).await;
    assert_eq!(reply.refusal(), (409, "auth.role_protected"));
}

async fn a_role_in_use_is_kept_or_replaced(stage: &Stage) {
    let admin = stage.admin().await;
    let name = stage.unique();
    stage.api("POST", &admin.access, "/roles", json!({ "name": name, "grants": ["notes:read"] })).await;
    let bob = stage.with_role(&name).await;
    let path = format!("/roles/{name}");
    let reply = stage.api("DELETE", &admin.access, &path, Value::Null).await;
    assert_eq!(reply.refusal(), (409, "auth.role_in_use"));
    for instead in [&name, "nothing"] {
        let reply =
            stage.api("DELETE", &admin.access, &format!("{path}?instead={instead}"), Value::Null).await;
        assert_eq!(reply.status, 422, "{reply:?}");
    }
    let reply = stage.api("DELETE", &admin.access, &format!("{path}?instead=manager"), Value::Null).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let bob = stage.sign_in(&bob.email).await;
    assert_eq!(stage.ask("GET", &bob.access, "/me", Value::Null).await.body["role"], "manager");
}

async fn a_change_shows_at_once_here(stage: &Stage) {
    let admin = stage.admin().await;
    let name = stage.unique();
    stage.api("POST", &admin.access, "/roles", json!({ "name": name, "grants": ["roles:read"] })).await;
    let bob = stage.with_role(&name).await;
    assert_eq!(stage.api("GET", &bob.access, "/roles", Value::Null).await.status, 200);
    let path = format!("/roles/{name}");
    stage.api("PATCH", &admin.access, &path, json!({ "grants": [] })).await;
    let reply = stage.api("GET", &bob.access, "/roles", Value::Null).await;
    assert_eq!(reply.refusal(), (403, "http.forbidden"), "by the token of before");
}

async fn who_gets_another_role_has_it_at_once(stage: &Stage) {
    let (admin, bob) = (stage.admin().await, stage.with_role("manager").await);
    let path = format!("/users/{}/role", stage.id_of(&bob).await);
    let reply = stage.api("PUT", &admin.access, &path, json!({ "role": "customer" })).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(stage.ask("GET", &bob.access, "/me", Value::Null).await.status, 401, "the token is of before");
    let fresh = stage.post("/refresh", json!({ "refresh_token": bob.refresh })).await;
    assert_eq!(fresh.status, 200, "the session goes on: {fresh:?}");
    assert_eq!(fresh.body["user"]["role"], "customer");
    let again = stage.api("PUT", &admin.access, &path, json!({ "role": "customer" })).await;
    assert_eq!(again.status, 204, "to say it twice is no fault");
    let nobody = format!("/users/{}/role", gravity_core::Id::<crate::domain::User>::new(&stage.time.clock()));
    let reply = stage.api("PUT", &admin.access, &nobody, json!({ "role": "customer" })).await;
    assert_eq!(reply.refusal(), (404, "auth.user_not_found"));
    let reply = stage.api("PUT", &admin.access, &path, json!({ "role": "nothing" })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/role"]));
}

/// A sign-in has read who somebody is, then they get another role, and then the sign-in signs its token.
async fn who_signs_in_meanwhile_gets_no_role_of_before(stage: &Stage) {
    let (admin, bob) = (stage.admin().await, stage.with_role("manager").await);
    let store = stage.auth.store();
    let before = store.by_email(&bob.email.parse().unwrap()).await.unwrap().unwrap().0;
    let session = store.session(bob.session.parse().unwrap()).await.unwrap().unwrap();
    let path = format!("/users/{}/role", stage.id_of(&bob).await);
    let reply = stage.api("PUT", &admin.access, &path, json!({ "role": "customer" })).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    // However late it is.
    stage.time.advance(Duration::from_secs(2));
    let late = stage.auth.tokens(before, session).await.unwrap();
    let reply = stage.ask("GET", late.access_token.expose(), "/me", Value::Null).await;
    assert_eq!(reply.status, 401, "{reply:?}");
    let fresh = stage.post("/refresh", json!({ "refresh_token": bob.refresh })).await;
    let access = fresh.body["access_token"].as_str().unwrap();
    assert_eq!(stage.ask("GET", access, "/me", Value::Null).await.body["role"], "customer");
}

/// Their token is taken for a while where it is not heard yet that they have another role.
async fn who_was_put_down_elsewhere_changes_no_role(stage: &Stage) {
    let (admin, name) = (stage.admin().await, stage.unique());
    let body = json!({ "name": name, "grants": ["orders:read"] });
    assert_eq!(stage.api("POST", &admin.access, "/roles", body).await.status, 201);
    let late = authority(stage, &stage.verified().await, "*").await;
    let (auth, origin) = (&stage.auth, Origin::default());
    let role = |name: &str, grants: &str| Role {
        name: name.parse().unwrap(),
        grants: grants.parse().unwrap(),
        inherits: None,
    };
    let customer = role("customer", "users:* roles:*");
    let outcomes = [
        auth.create_role(&late, role(&stage.unique(), "users:*"), &origin).await.map(drop),
        auth.create_role(&late, role(&stage.unique(), "orders:read"), &origin).await.map(drop),
        auth.change_role(&late, &customer.name, Some(customer.grants), None, &origin).await.map(drop),
        auth.change_role(&late, &name.parse().unwrap(), Some(Grants::none()), None, &origin).await.map(drop),
        auth.delete_role(&late, &name.parse().unwrap(), None, &origin).await,
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(AuthError::NotHeld(_))), "{outcome:?}");
    }
    let kept = stage.api("GET", &admin.access, &format!("/roles/{name}"), Value::Null).await;
    assert_eq!(kept.body["grants"], json!(["orders:read"]), "{kept:?}");
}

async fn what_is_wrong_is_named(stage: &Stage) {
    let admin = stage.admin().await;
    let post = async |body: Value| stage.api("POST", &admin.access, "/roles", body).await;
    let reply = post(json!({ "name": "Not A Role", "grants": ["x", "a:b"], "colour": "red" })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/colour", "/grants/0", "/name"]), "{reply:?}");
    let reply = post(json!({ "name": stage.unique(), "inherits": "nothing" })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/inherits"]));
}
