//! The sessions of somebody: seen, named and ended.

use serde_json::{Value, json};

use super::stage::Stage;

pub(super) async fn run(stage: &Stage) {
    they_are_listed_and_named(stage).await;
    one_ends_and_the_others_go_on(stage).await;
    all_others_end(stage).await;
    a_token_is_called_back(stage).await;
}

async fn they_are_listed_and_named(stage: &Stage) {
    let phone = stage.signed_in().await;
    let laptop = stage.sign_in(&phone.email).await;
    let path = format!("/sessions/{}", phone.session);
    let named = stage.ask("PATCH", &laptop.access, &path, json!({ "name": "📱 phone" })).await;
    assert_eq!(named.status, 204, "{named:?}");
    let list = stage.ask("GET", &laptop.access, "/sessions", Value::Null).await;
    let items = list.body["items"].as_array().unwrap();
    let seen: Vec<_> = items.iter().map(|item| (&item["id"], &item["current"], &item["name"])).collect();
    let (laptop_id, phone_id) = (Value::from(laptop.session), Value::from(phone.session));
    let name = Value::from("📱 phone");
    assert_eq!(seen, [(&laptop_id, &true.into(), &Value::Null), (&phone_id, &false.into(), &name)]);
    assert_eq!(items[0]["address"], "127.0.0.1", "{list:?}");
    assert_eq!(items[0]["methods"], json!(["pwd"]));
    let reply = stage.ask("PATCH", &laptop.access, &path, json!({ "name": "x".repeat(101) })).await;
    assert_eq!((reply.refusal(), reply.pointers()), ((422, "http.invalid"), vec!["/name"]));
}

async fn one_ends_and_the_others_go_on(stage: &Stage) {
    let phone = stage.signed_in().await;
    let laptop = stage.sign_in(&phone.email).await;
    let eve = stage.signed_in().await;
    let path = format!("/sessions/{}", phone.session);
    let theirs = stage.ask("DELETE", &eve.access, &path, Value::Null).await;
    assert_eq!(theirs.refusal(), (404, "auth.session_not_found"), "somebody else's");
    assert_eq!(stage.ask("DELETE", &laptop.access, &path, Value::Null).await.status, 204);
    assert_eq!(stage.ask("DELETE", &laptop.access, &path, Value::Null).await.status, 404);
    assert_eq!(stage.ask("GET", &phone.access, "/me", Value::Null).await.status, 401);
    assert_eq!(stage.ask("GET", &laptop.access, "/me", Value::Null).await.status, 200);
    let bad = stage.ask("DELETE", &laptop.access, "/sessions/user_1", Value::Null).await;
    assert_eq!(bad.refusal(), (400, "http.bad_parameter"));
}

async fn all_others_end(stage: &Stage) {
    let first = stage.signed_in().await;
    let second = stage.sign_in(&first.email).await;
    let here = stage.sign_in(&first.email).await;
    assert_eq!(stage.ask("DELETE", &here.access, "/sessions", Value::Null).await.status, 204);
    for gone in [&first, &second] {
        assert_eq!(stage.ask("GET", &gone.access, "/me", Value::Null).await.status, 401);
        let reply = stage.post("/refresh", json!({ "refresh_token": gone.refresh })).await;
        assert_eq!(reply.refusal(), (401, "auth.invalid_refresh_token"));
    }
    assert_eq!(stage.ask("GET", &here.access, "/me", Value::Null).await.status, 200);
}

async fn a_token_is_called_back(stage: &Stage) {
    for is_access in [true, false] {
        let ada = stage.signed_in().await;
        let token = if is_access { &ada.access } else { &ada.refresh };
        for _ in 0..2 {
            assert_eq!(stage.post("/revoke", json!({ "token": token })).await.status, 200);
        }
        assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.status, 401);
    }
    let unknown = stage.post("/revoke", json!({ "token": "nonsense", "token_type_hint": "whatever" })).await;
    assert_eq!(unknown.status, 200, "RFC 7009 wants it");
}
