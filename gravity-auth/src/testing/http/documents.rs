//! What verifiers and other services ask for.

use gravity_core::SecretString;
use serde_json::{Value, json};

use super::stage::{ISSUER, PASSWORD, Person, Stage};
use crate::Registration;

pub(super) async fn run(stage: &Stage) {
    keys_are_published(stage).await;
    everything_is_found(stage).await;
    a_token_is_validated(stage).await;
    who_may_asks_what_a_token_says(stage).await;
}

async fn keys_are_published(stage: &Stage) {
    let keys = stage.call("GET", "/.well-known/jwks.json", &[], b"").await;
    assert_eq!((keys.status, &keys.body["keys"][0]["crv"]), (200, &Value::from("Ed25519")), "{keys:?}");
    assert_eq!(keys.body["keys"][0].get("d"), None);
    assert!(keys.headers["cache-control"].to_str().unwrap().starts_with("public, max-age="));
    let tag = keys.headers["etag"].to_str().unwrap();
    let same = stage.call("GET", "/.well-known/jwks.json", &[("if-none-match", tag)], b"").await;
    assert_eq!(same.status, 304);
}

async fn everything_is_found(stage: &Stage) {
    let found = stage.call("GET", "/.well-known/openid-configuration", &[], b"").await;
    assert_eq!((found.status, &found.body["issuer"]), (200, &Value::from(ISSUER)), "{found:?}");
    assert_eq!(found.body["jwks_uri"], format!("{ISSUER}/.well-known/jwks.json"));
}

async fn a_token_is_validated(stage: &Stage) {
    let ada = stage.signed_in().await;
    let valid = stage.post("/validate-token", json!({ "token": ada.access })).await;
    assert_eq!((valid.status, &valid.body["valid"]), (200, &Value::from(true)), "{valid:?}");
    assert_eq!(valid.body["claims"]["sid"], ada.session);
    assert_eq!(valid.body["claims"]["permissions"], json!(["orders:read", "profile:read", "profile:write"]));
    for token in ["x", &ada.refresh, &format!("{}x", ada.access)] {
        let reply = stage.post("/validate-token", json!({ "token": token })).await;
        assert_eq!((reply.status, &reply.body), (200, &json!({ "valid": false })));
    }
}

async fn who_may_asks_what_a_token_says(stage: &Stage) {
    let ada = stage.signed_in().await;
    let email = stage.email();
    let new = Registration {
        email: email.parse().unwrap(),
        password: SecretString::from(PASSWORD),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    stage.auth.create_admin(new).await.unwrap();
    let admin: Person = stage.sign_in(&email).await;
    let ask = async |as_whom: &Person, token: &str| {
        let bearer = format!("Bearer {}", as_whom.access);
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        stage.call("POST", "/api/v1/auth/introspect", &headers, format!("token={token}").as_bytes()).await
    };
    assert_eq!(ask(&ada, &admin.access).await.refusal(), (403, "http.forbidden"));
    let said = ask(&admin, &ada.access).await;
    assert_eq!(
        (&said.body["active"], &said.body["sid"]),
        (&true.into(), &ada.session.clone().into()),
        "{said:?}"
    );
    assert_eq!(ask(&admin, &ada.refresh).await.body["token_type"], "refresh_token");
    assert_eq!(ask(&admin, "nonsense").await.body, json!({ "active": false }));
    stage.post("/revoke", json!({ "token": ada.refresh })).await;
    for token in [&ada.access, &ada.refresh] {
        assert_eq!(ask(&admin, token).await.body, json!({ "active": false }));
    }
}
