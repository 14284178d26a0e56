//! Users, as those see to them who may.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Reply, Stage};

pub(super) async fn run(stage: &Stage) {
    nobody_may_who_may_not(stage).await;
    users_are_made_and_found(stage).await;
    nobody_gives_what_they_do_not_hold(stage).await;
    a_role_reaches_tokens(stage).await;
    a_suspension_ends_sessions(stage).await;
    a_password_is_demanded(stage).await;
    sessions_are_ended(stage).await;
    the_deleted_come_back_or_go(stage).await;
    one_goes_by_oneself(stage).await;
    a_fault_names_its_field(stage).await;
}

async fn id(stage: &Stage, person: &Person) -> String {
    let reply = stage.users("GET", &person.access, "/me", Value::Null).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

fn ids(reply: &Reply) -> Vec<&str> {
    let items = reply.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

async fn nobody_may_who_may_not(stage: &Stage) {
    let (ada, eve) = (stage.signed_in().await, stage.signed_in().await);
    let target = id(stage, &ada).await;
    let own = |path: &str| format!("/{target}{path}");
    for (method, path, body) in [
        ("GET", String::new(), Value::Null),
        ("POST", String::new(), json!({ "email": stage.email() })),
        ("PATCH", own(""), json!({ "first_name": "Eve" })),
        ("PUT", own(""), json!({ "first_name": "Eve" })),
        ("DELETE", own(""), Value::Null),
        ("POST", own("/suspend"), Value::Null),
        ("POST", own("/unsuspend"), Value::Null),
        ("POST", own("/restore"), Value::Null),
        ("POST", own("/require-password-change"), Value::Null),
        ("PUT", own("/role"), json!({ "role": "customer" })),
        ("GET", own("/sessions"), Value::Null),
        ("DELETE", own(&format!("/sessions/{}", ada.session)), Value::Null),
        ("GET", own("/preferences"), Value::Null),
        ("PATCH", own("/preferences"), json!({ "theme": "dark" })),
        ("GET", own("/export"), Value::Null),
        ("DELETE", own("/avatar"), Value::Null),
        ("DELETE", own("/cover"), Value::Null),
    ] {
        let reply = stage.users(method, &eve.access, &path, body.clone()).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
        let reply = stage.users(method, "", &path, body).await;
        assert_eq!(reply.refusal(), (401, "http.unauthenticated"), "{method} {path}");
    }
    // Whoever may read may not change, nor export.
    let manager = stage.of_role("manager").await;
    assert_eq!(stage.users("GET", &manager.access, "", Value::Null).await.status, 200);
    for (method, path) in [("PATCH", own("")), ("PATCH", own("/preferences"))] {
        let reply = stage.users(method, &manager.access, &path, json!({})).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
    }
    let reply = stage.users("GET", &manager.access, &own("/export"), Value::Null).await;
    assert_eq!(reply.refusal(), (403, "http.forbidden"));
}

async fn users_are_made_and_found(stage: &Stage) {
    let admin = stage.of_role("admin").await;
    let (email, name) = (stage.email(), stage.unique());
    let new = json!({ "email": email, "user_name": name, "first_name": "Zoë", "last_name": "Ångström" });
    let made = stage.users("POST", &admin.access, "", new).await;
    assert_eq!((made.status, &made.body["role"]), (201, &json!("customer")), "{made:?}");
    let user = made.body["id"].as_str().unwrap().to_owned();
    for (again, code) in [
        (json!({ "email": email.to_uppercase() }), "auth.email_taken"),
        (json!({ "email": stage.email(), "user_name": name.to_uppercase() }), "auth.user_name_taken"),
    ] {
        assert_eq!(stage.users("POST", &admin.access, "", again).await.refusal(), (409, code));
    }
    let find = async |query: String| {
        let reply = stage.users("GET", &admin.access, &format!("?{query}"), Value::Null).await;
        assert_eq!(reply.status, 200, "{query}: {reply:?}");
        ids(&reply).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for query in [
        format!("q={name}%20ANGSTROM"),
        format!("q={name}+zo&role=customer&status=active&verified=false"),
        format!("q={}", email.to_uppercase()),
    ] {
        assert_eq!(find(query.clone()).await, std::slice::from_ref(&user), "{query}");
    }
    for query in [
        format!("q={name}&role=admin"),
        format!("q={name}&status=suspended"),
        format!("q={name}&verified=true"),
        format!("q={name}&created_until=2001-01-01T00:00:00Z"),
        "q=%25%27--".to_owned(),
    ] {
        assert!(find(query.clone()).await.is_empty(), "{query}");
    }
    let page = stage.users("GET", &admin.access, "?limit=1", Value::Null).await;
    let next = page.body["next"].as_str().unwrap().to_owned();
    let second = stage.users("GET", &admin.access, &format!("?limit=1&cursor={next}"), Value::Null).await;
    assert_ne!(ids(&page), ids(&second));
    let other =
        stage.users("GET", &admin.access, &format!("?status=active&cursor={next}"), Value::Null).await;
    assert_eq!(other.refusal(), (400, "invalid_cursor"), "of another list");
    for (query, pointer) in [("role=X", "/query/role"), ("limit=0", "/query/limit"), ("q=", "/query/q")] {
        let reply = stage.users("GET", &admin.access, &format!("?{query}"), Value::Null).await;
        assert_eq!((reply.status, reply.pointers()), (400, vec![pointer]), "{query}");
    }
    // The invitation sets a password, and that verifies the address.
    let token = stage.token(&email, "invited").await;
    let set =
        stage.post("/reset-password", json!({ "token": token, "password": "a staple of horses" })).await;
    assert_eq!(set.status, 204, "{set:?}");
    assert_eq!(stage.login(&email, "a staple of horses").await.status, 200);
    // Who has a password verifies the address.
    let email = stage.email();
    let new = json!({ "email": email, "password": PASSWORD });
    assert_eq!(stage.users("POST", &admin.access, "", new).await.status, 201);
    let first = stage.token(&email, "verify_email").await;
    assert_eq!(stage.login(&email, PASSWORD).await.status, 401);
    // The attempt has sent another link, and the first one is void.
    let token = stage.token_after(&email, "verify_email", &first).await;
    assert_eq!(stage.post("/verify-email", json!({ "token": token })).await.status, 200);
    assert_eq!(stage.login(&email, PASSWORD).await.status, 200);
    let weak = json!({ "email": stage.email(), "password": "password" });
    assert_eq!(stage.users("POST", &admin.access, "", weak).await.refusal(), (422, "auth.weak_password"));
    let changed = stage
        .users("PATCH", &admin.access, &format!("/{user}"), json!({ "first_name": null, "bio": "Hi" }))
        .await;
    assert_eq!((changed.status, &changed.body["bio"]), (200, &json!("Hi")), "{changed:?}");
    assert!(changed.body.get("first_name").is_none());
}

async fn nobody_gives_what_they_do_not_hold(stage: &Stage) {
    let (admin, root) = (stage.of_role("admin").await, stage.of_role("super_admin").await);
    let (ada, root_id) = (stage.signed_in().await, id(stage, &root).await);
    let role = |id: &str| format!("/{id}/role");
    let ada_id = id(stage, &ada).await;
    for (target, to, code) in [
        (&ada_id, "super_admin", "auth.not_held"),
        (&root_id, "customer", "http.forbidden"),
        (&root_id, "super_admin", "http.forbidden"),
    ] {
        let reply = stage.users("PUT", &admin.access, &role(target), json!({ "role": to })).await;
        assert_eq!(reply.refusal(), (403, code), "{to}");
    }
    let own = stage.users("PUT", &admin.access, "/me/role", json!({ "role": "super_admin" })).await;
    assert_eq!(own.refusal(), (403, "auth.not_held"));
    let new = json!({ "email": stage.email(), "role": "super_admin" });
    assert_eq!(stage.users("POST", &admin.access, "", new).await.refusal(), (403, "auth.not_held"));
    for (method, path, body) in [
        ("POST", "/suspend", Value::Null),
        ("POST", "/require-password-change", Value::Null),
        ("PATCH", "", json!({ "first_name": "X" })),
        ("DELETE", "", Value::Null),
        ("DELETE", &format!("/sessions/{}", root.session), Value::Null),
    ] {
        let reply = stage.users(method, &admin.access, &format!("/{root_id}{path}"), body).await;
        assert_eq!(reply.refusal(), (403, "http.forbidden"), "{method} {path}");
    }
    // Where those above them sign in, and what they like, they do not see either.
    let manager = stage.of_role("manager").await;
    for (by, above) in [(&admin, &root_id), (&manager, &root_id), (&manager, &id(stage, &admin).await)] {
        for path in ["/sessions", "/preferences"] {
            let reply = stage.users("GET", &by.access, &format!("/{above}{path}"), Value::Null).await;
            assert_eq!(reply.refusal(), (403, "http.forbidden"), "{path}");
            let below = stage.users("GET", &by.access, &format!("/{ada_id}{path}"), Value::Null).await;
            assert_eq!(below.status, 200, "{path}: {below:?}");
        }
    }
    let unknown = stage.users("PUT", &admin.access, &role(&ada_id), json!({ "role": "wizard" })).await;
    assert_eq!((unknown.refusal(), unknown.pointers()), ((422, "http.invalid"), vec!["/role"]));
    let nobody = "/user_01h455vb4pex5vsknk084sn02q/role";
    let reply = stage.users("PUT", &admin.access, nobody, json!({ "role": "customer" })).await;
    assert_eq!(reply.refusal(), (404, "auth.user_not_found"));
    let given = stage.users("PUT", &admin.access, &role(&ada_id), json!({ "role": "manager" })).await;
    assert_eq!(given.status, 204, "{given:?}");
}

async fn a_role_reaches_tokens(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let path = format!("/{}/role", id(stage, &ada).await);
    assert_eq!(stage.users("GET", &ada.access, "", Value::Null).await.status, 403);
    stage.time.advance(Duration::from_secs(5));
    let given = stage.users("PUT", &admin.access, &path, json!({ "role": "manager" })).await;
    assert_eq!(given.status, 204, "{given:?}");
    let old = stage.users("GET", &ada.access, "/me", Value::Null).await;
    assert_eq!(old.status, 401, "an access token of before: {old:?}");
    stage.time.advance(Duration::from_secs(2));
    let fresh = stage.post("/refresh", json!({ "refresh_token": ada.refresh })).await;
    let fresh = Person::of(&ada.email, &fresh);
    assert_eq!(stage.users("GET", &fresh.access, "", Value::Null).await.status, 200, "the session goes on");
    stage.auth.catch_up().await.unwrap();
    assert_eq!(stage.users("GET", &fresh.access, "/me", Value::Null).await.status, 200, "heard of once more");
    assert_eq!(stage.users("PUT", &admin.access, &path, json!({ "role": "manager" })).await.status, 204);
    assert_eq!(
        stage.users("GET", &fresh.access, "/me", Value::Null).await.status,
        200,
        "nothing has changed"
    );
}

async fn a_suspension_ends_sessions(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let path = |what: &str| what.to_owned();
    let ada_id = id(stage, &ada).await;
    for _ in 0..2 {
        let reply =
            stage.users("POST", &admin.access, &path(&format!("/{ada_id}/suspend")), Value::Null).await;
        assert_eq!(reply.status, 204, "{reply:?}");
    }
    assert_eq!(stage.users("GET", &ada.access, "/me", Value::Null).await.status, 401);
    let refresh = stage.post("/refresh", json!({ "refresh_token": ada.refresh })).await;
    assert_eq!(refresh.refusal(), (401, "auth.invalid_refresh_token"));
    assert_eq!(stage.login(&ada.email, PASSWORD).await.refusal(), (401, "auth.invalid_credentials"));
    let other = stage.signed_in().await;
    let seen = stage.users("GET", &other.access, &format!("/{ada_id}"), Value::Null).await;
    assert_eq!(seen.refusal(), (404, "auth.user_not_found"));
    let seen = stage.users("GET", &admin.access, &format!("/{ada_id}"), Value::Null).await;
    assert_eq!(seen.body["status"], "suspended");
    let reply = stage.users("POST", &admin.access, &format!("/{ada_id}/unsuspend"), Value::Null).await;
    assert_eq!(reply.status, 204);
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 200);
}

async fn a_password_is_demanded(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let path = format!("/{}/require-password-change", id(stage, &ada).await);
    assert_eq!(stage.users("POST", &admin.access, &path, Value::Null).await.status, 204);
    assert_eq!(stage.users("GET", &ada.access, "/me", Value::Null).await.status, 401);
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 401);
    let token = stage.token(&ada.email, "new_password").await;
    let new = json!({ "token": token, "password": "another staple of horses" });
    assert_eq!(stage.post("/reset-password", new).await.status, 204);
    assert_eq!(stage.login(&ada.email, "another staple of horses").await.status, 200);
}

async fn sessions_are_ended(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let laptop = stage.sign_in(&ada.email).await;
    let path = format!("/{}/sessions", id(stage, &ada).await);
    let list = stage.users("GET", &admin.access, &path, Value::Null).await;
    assert_eq!(ids(&list), [laptop.session.as_str(), ada.session.as_str()]);
    let one = format!("{path}/{}", ada.session);
    assert_eq!(stage.users("DELETE", &admin.access, &one, Value::Null).await.status, 204);
    let again = stage.users("DELETE", &admin.access, &one, Value::Null).await;
    assert_eq!(again.refusal(), (404, "auth.session_not_found"));
    assert_eq!(stage.users("GET", &ada.access, "/me", Value::Null).await.status, 401);
    let own = stage.users("GET", &laptop.access, "/me/sessions", Value::Null).await;
    assert_eq!((ids(&own), &own.body["items"][0]["current"]), (vec![laptop.session.as_str()], &json!(true)));
}

async fn the_deleted_come_back_or_go(stage: &Stage) {
    let (admin, ada) = (stage.of_role("admin").await, stage.signed_in().await);
    let ada_id = id(stage, &ada).await;
    let (path, restore) = (format!("/{ada_id}"), format!("/{ada_id}/restore"));
    let alive = stage.users("POST", &admin.access, &restore, Value::Null).await;
    assert_eq!(alive.refusal(), (409, "auth.conflict"));
    assert_eq!(stage.users("DELETE", &admin.access, &path, Value::Null).await.status, 204);
    let again = stage.users("DELETE", &admin.access, &path, Value::Null).await;
    assert_eq!(again.refusal(), (404, "auth.user_not_found"));
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 401);
    stage.mail(&ada.email, "account_deleted").await;
    let seen = stage.users("GET", &admin.access, &path, Value::Null).await;
    assert!(seen.body["deleted_at"].is_string(), "{seen:?}");
    assert_eq!(stage.users("POST", &admin.access, &restore, Value::Null).await.status, 204);
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 200);
    assert_eq!(stage.users("DELETE", &admin.access, &path, Value::Null).await.status, 204);
    stage.time.advance(Duration::from_hours(31 * 24));
    let admin = stage.of_role("admin").await;
    let late = stage.users("POST", &admin.access, &restore, Value::Null).await;
    assert_eq!(late.refusal(), (409, "auth.conflict"), "the grace is over");
    stage.auth.purge_deleted().await.unwrap();
    let left = stage.users("GET", &admin.access, &path, Value::Null).await;
    assert!(left.body["email"].as_str().unwrap().ends_with("@deleted.invalid"), "{left:?}");
    assert!(!format!("{left:?}").contains(&ada.email));
    let anew = json!({ "email": ada.email });
    assert_eq!(stage.users("POST", &admin.access, "", anew).await.status, 201, "the address is free");
}

async fn one_goes_by_oneself(stage: &Stage) {
    for path in ["/me", "/profile", "/account"] {
        let ada = stage.signed_in().await;
        assert_eq!(
            stage.users("GET", &ada.access, path, Value::Null).await.body["email"],
            ada.email.as_str()
        );
        stage.time.advance(Duration::from_mins(11));
        let stale = stage.users("DELETE", &ada.access, path, Value::Null).await;
        assert_eq!(stale.refusal(), (403, "auth.step_up_required"), "{path}");
        let wrong = stage.users("DELETE", &ada.access, path, json!({ "password": "wrong" })).await;
        assert_eq!(wrong.refusal(), (401, "auth.invalid_credentials"));
        let right = stage.users("DELETE", &ada.access, path, json!({ "password": PASSWORD })).await;
        assert_eq!(right.status, 204, "{right:?}");
        assert_eq!(stage.users("GET", &ada.access, path, Value::Null).await.status, 401);
    }
    let eve = stage.signed_in().await;
    assert_eq!(stage.users("DELETE", &eve.access, "/me", Value::Null).await.status, 204, "just signed in");
}

async fn a_fault_names_its_field(stage: &Stage) {
    let reply = stage.post("/register", json!({ "email": "ada", "password": PASSWORD })).await;
    assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/email"]));
    let ada = stage.signed_in().await;
    for (path, body, pointer) in [
        ("/me", json!({ "website": "javascript:alert(1)" }), "/website"),
        ("/me", json!({ "website": "https://x@y.example" }), "/website"),
        ("/me", json!({ "display_name": "x".repeat(101) }), "/display_name"),
        ("/me", json!({ "display_name": "a\u{202e}b" }), "/display_name"),
        ("/me", json!({ "location": "x".repeat(201) }), "/location"),
        ("/me", json!({ "bio": "x".repeat(1001) }), "/bio"),
        ("/me", json!({ "birth_date": "2990-01-01" }), "/birth_date"),
        ("/me", json!({ "birth_date": "1990-02-30" }), "/birth_date"),
        ("/me", json!({ "user_name": "admin" }), "/user_name"),
        ("/me/preferences", json!({ "timezone": "Mars/Olympus" }), "/timezone"),
        ("/me/preferences", json!({ "language": "english" }), "/language"),
        ("/me/preferences", json!({ "theme": "pink" }), "/theme"),
        ("/me/preferences", json!({ "privacy": { "profile": "secret" } }), "/privacy/profile"),
    ] {
        let reply = stage.users("PATCH", &ada.access, path, body.clone()).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec![pointer]), "{body}");
    }
    let bad = stage.users("GET", &ada.access, "/nobody", Value::Null).await;
    assert_eq!(bad.refusal(), (400, "http.bad_parameter"));
}
