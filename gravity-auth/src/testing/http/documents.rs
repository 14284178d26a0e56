//! What verifiers and other services ask for.

use gravity_core::SecretString;
use serde_json::{Value, json};

use super::stage::{ISSUER, PASSWORD, Person, Stage};
use crate::Registration;
use crate::jwt::{Algorithm, base64url};

pub(super) async fn run(stage: &Stage) {
    of(stage, Algorithm::EdDsa).await;
}

/// The scenarios, on a stage whose tokens are signed by this algorithm.
pub(super) async fn of(stage: &Stage, algorithm: Algorithm) {
    keys_are_published(stage, algorithm).await;
    everything_is_found(stage, algorithm).await;
    a_token_is_validated(stage).await;
    who_may_asks_what_a_token_says(stage).await;
}

async fn keys_are_published(stage: &Stage, algorithm: Algorithm) {
    let keys = stage.call("GET", "/.well-known/jwks.json", &[], b"").await;
    assert_eq!(keys.status, 200, "{keys:?}");
    let kinds: Vec<_> = keys.body["keys"].as_array().unwrap().iter().map(|key| &key["kty"]).collect();
    let expected: &[&str] = match algorithm {
        Algorithm::EdDsa => &["OKP"],
        Algorithm::Es256 => &["EC"],
        Algorithm::Rs256 => &["RSA"],
        // Whoever verifies by its key could sign.
        Algorithm::Hs256 => &[],
    };
    assert_eq!(kinds, expected, "{keys:?}");
    for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert_eq!(keys.body["keys"][0].get(secret), None, "{secret}");
    }
    assert!(keys.headers["cache-control"].to_str().unwrap().starts_with("public, max-age="));
    let tag = keys.headers["etag"].to_str().unwrap();
    let same = stage.call("GET", "/.well-known/jwks.json", &[("if-none-match", tag)], b"").await;
    assert_eq!(same.status, 304);
}

async fn everything_is_found(stage: &Stage, algorithm: Algorithm) {
    let found = stage.call("GET", "/.well-known/openid-configuration", &[], b"").await;
    assert_eq!((found.status, &found.body["issuer"]), (200, &Value::from(ISSUER)), "{found:?}");
    assert_eq!(found.body["jwks_uri"], format!("{ISSUER}/.well-known/jwks.json"));
    assert_eq!(found.body["id_token_signing_alg_values_supported"], json!([algorithm.name()]));
    assert_eq!(found.body["grant_types_supported"], json!(["password"]));
    let ada = stage.signed_in().await;
    let said = stage.post("/validate-token", json!({ "token": ada.access })).await;
    let head = ada.access.split('.').next().and_then(base64url::decode).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    assert_eq!((&said.body["valid"], &head["alg"]), (&json!(true), &json!(algorithm.name())));
    let admin = stage.admin().await;
    let form = |text: String| ("application/x-www-form-urlencoded", text);
    let bearer = format!("Bearer {}", admin.access);
    // Each address does what it is there for; one that is new here says first what that is.
    let members = found.body.as_object().unwrap().iter();
    for (name, url) in members.filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri")) {
        let path = url.as_str().and_then(|url| url.strip_prefix(ISSUER)).unwrap();
        let (method, (media, body), expected) = match name.as_str() {
            "jwks_uri" => ("GET", form(String::new()), "keys"),
            "token_endpoint" => {
                let password = PASSWORD.replace(' ', "+");
                let email = &ada.email;
                let text = format!("grant_type=password&username={email}&password={password}");
                ("POST", form(text), "access_token")
            }
            "introspection_endpoint" => ("POST", form(format!("token={}", ada.access)), "active"),
            "revocation_endpoint" => ("POST", form(format!("token={}", ada.refresh)), ""),
            other => panic!("{other} is not known"),
        };
        let headers = [("authorization", bearer.as_str()), ("content-type", media)];
        let reply = stage.call(method, path, &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
        assert!(expected.is_empty() || reply.body.get(expected).is_some(), "{name}: {reply:?}");
    }
    let end = stage.ask("GET", &ada.access, "/me", Value::Null).await;
    assert_eq!(end.status, 401, "its token was revoked");
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
