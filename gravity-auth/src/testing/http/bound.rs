//! Tokens that are bound to a key of the client (RFC 9449): without the key they are worth nothing.

use std::time::Duration;

use futures_util::future::join_all;
use ring::digest;
use serde_json::{Value, json};

use super::stage::{ISSUER, PASSWORD, Reply, Stage};
use crate::jwt::{Algorithm, SigningKey, base64url};
use crate::testing::sign_anything;

const REFUSED: (u16, &str) = (401, "auth.invalid_dpop_proof");
const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const ME: &str = "/api/v1/auth/me";
const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn run(stage: &Stage) {
    a_sign_in_with_a_proof_binds_the_session(stage).await;
    a_bound_token_is_worth_nothing_without_its_key(stage).await;
    a_proof_is_taken_once(stage).await;
    a_proof_is_for_one_request(stage).await;
    a_bound_session_is_refreshed_with_its_key(stage).await;
    a_refresh_binds_what_was_not_bound(stage).await;
    what_is_no_proof_signs_nobody_in(stage).await;
    other_ways_in_bind_too(stage).await;
    who_acts_for_others_shows_the_key_too(stage).await;
}

/// A client with a key.
struct Client {
    key: SigningKey,
}

impl Client {
    fn new() -> Self {
        Self { key: SigningKey::generate(Algorithm::Es256).unwrap() }
    }

    fn proof(&self, stage: &Stage, method: &str, path: &str, token: &str) -> String {
        self.proof_with(stage, method, path, token, |_| {})
    }

    fn proof_with(
        &self,
        stage: &Stage,
        method: &str,
        path: &str,
        token: &str,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.verifying_key().to_jwk() });
        let mut claims = json!({
            "jti": stage.unique(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": stage.time.now().as_seconds(),
        });
        if !token.is_empty() {
            claims["ath"] = json!(base64url::encode(digest::digest(&digest::SHA256, token.as_bytes())));
        }
        change(&mut claims);
        sign_anything(&self.key, header.to_string().as_bytes(), claims.to_string().as_bytes())
            .expose()
            .clone()
    }

    async fn login(&self, stage: &Stage, email: &str) -> Reply {
        let proof = self.proof(stage, "POST", LOGIN, "");
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        stage.call("POST", LOGIN, &[JSON, ("dpop", &proof)], body.as_bytes()).await
    }

    async fn me(&self, stage: &Stage, token: &str) -> Reply {
        show(stage, token, Some(&self.proof(stage, "GET", ME, token))).await
    }

    async fn refresh(&self, stage: &Stage, token: &str) -> Reply {
        let proof = self.proof(stage, "POST", REFRESH, "");
        refresh(stage, token, Some(&proof)).await
    }
}

/// Anybody can make proofs, and each is kept for a while.
pub(super) async fn proofs_are_held_back(stage: &Stage) {
    const REDEEM: &str = "/api/v1/auth/magic-link/redeem";
    stage.time.advance(Duration::from_hours(24));
    let client = Client::new();
    let body = json!({ "token": "nonsense" }).to_string();
    let redeem = async || {
        let proof = client.proof(stage, "POST", REDEEM, "");
        stage.call("POST", REDEEM, &[JSON, ("dpop", &proof)], body.as_bytes()).await
    };
    for _ in 0..30 {
        assert_eq!(redeem().await.refusal(), (400, "auth.invalid_ticket"));
    }
    assert_eq!(redeem().await.refusal(), (429, "auth.too_many_attempts"));
    // Who is signed in by theirs is not held back.
    stage.time.advance(Duration::from_hours(24));
    let email = stage.verified().await;
    for _ in 0..40 {
        assert_eq!(client.login(stage, &email).await.status, 200);
    }
}

async fn show(stage: &Stage, token: &str, proof: Option<&str>) -> Reply {
    let authorization = format!("DPoP {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    stage.call("GET", ME, &headers, b"").await
}

async fn refresh(stage: &Stage, token: &str, proof: Option<&str>) -> Reply {
    let mut headers = vec![JSON];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    let body = json!({ "refresh_token": token }).to_string();
    stage.call("POST", REFRESH, &headers, body.as_bytes()).await
}

fn text(reply: &Reply, name: &str) -> String {
    reply.body[name].as_str().unwrap_or_else(|| panic!("{name}: {reply:?}")).to_owned()
}

async fn a_sign_in_with_a_proof_binds_the_session(stage: &Stage) {
    let (client, email) = (Client::new(), stage.verified().await);
    let signed = client.login(stage, &email).await;
    assert_eq!((signed.status, &signed.body["token_type"]), (200, &json!("DPoP")), "{signed:?}");
    let token = text(&signed, "access_token");
    let me = client.me(stage, &token).await;
    assert_eq!((me.status, &me.body["email"]), (200, &json!(email)), "{me:?}");
    let said = stage.post("/validate-token", json!({ "token": token })).await;
    let thumbprint = client.key.verifying_key().thumbprint().unwrap();
    assert_eq!(said.body["claims"]["cnf"], json!({ "jkt": thumbprint }));
    let unbound = stage.sign_in(&email).await;
    let shown = client.me(stage, &unbound.access).await;
    assert_eq!(shown.refusal(), (401, "auth.invalid_token"), "a token that is not bound is a bearer's");
}

async fn a_bound_token_is_worth_nothing_without_its_key(stage: &Stage) {
    let (client, thief, email) = (Client::new(), Client::new(), stage.verified().await);
    let token = text(&client.login(stage, &email).await, "access_token");
    let bearer = stage.ask("GET", &token, "/me", Value::Null).await;
    assert_eq!(bearer.refusal(), (401, "auth.invalid_token"), "it is no bearer's");
    let without = show(stage, &token, None).await;
    assert_eq!(without.refusal(), REFUSED);
    let challenge = without.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("DPoP ") && challenge.contains("invalid_dpop_proof"), "{challenge}");
    assert_eq!(thief.me(stage, &token).await.refusal(), REFUSED);
    let cookie = format!("__Host-access={token}");
    assert_eq!(stage.call("GET", ME, &[("cookie", &cookie)], b"").await.status, 401, "nor a cookie's");
    assert_eq!(client.me(stage, &token).await.status, 200);
    let nonsense = show(stage, "nonsense", Some(&client.proof(stage, "GET", ME, "nonsense"))).await;
    assert_eq!(nonsense.refusal(), (401, "auth.invalid_token"));
}

async fn a_proof_is_taken_once(stage: &Stage) {
    let (client, email) = (Client::new(), stage.verified().await);
    let token = text(&client.login(stage, &email).await, "access_token");
    let proof = client.proof(stage, "GET", ME, &token);
    let replies = join_all((0..8).map(|_| show(stage, &token, Some(&proof)))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.refusal() == REFUSED).count(), 7);
    let proof = client.proof(stage, "POST", LOGIN, "");
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    let headers = [JSON, ("dpop", proof.as_str())];
    assert_eq!(stage.call("POST", LOGIN, &headers, body.as_bytes()).await.status, 200);
    assert_eq!(stage.call("POST", LOGIN, &headers, body.as_bytes()).await.refusal(), REFUSED);
}

async fn a_proof_is_for_one_request(stage: &Stage) {
    let (client, email) = (Client::new(), stage.verified().await);
    let token = text(&client.login(stage, &email).await, "access_token");
    for proof in [
        client.proof(stage, "POST", ME, &token),
        client.proof(stage, "GET", "/api/v1/auth/sessions", &token),
        client.proof(stage, "GET", ME, "another token"),
        client.proof(stage, "GET", ME, ""),
        client.proof_with(stage, "GET", ME, &token, |claims| {
            claims["htu"] = json!("https://evil.example/api/v1/auth/me");
        }),
        client.proof_with(stage, "GET", ME, &token, |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 90);
        }),
        client.proof_with(stage, "GET", ME, &token, |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 90);
        }),
        client.proof_with(stage, "GET", ME, &token, |claims| claims["jti"] = json!("")),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(show(stage, &token, Some(&proof)).await.refusal(), REFUSED);
    }
    let authorization = format!("dpop {token}");
    let two = [client.proof(stage, "GET", ME, &token), client.proof(stage, "GET", ME, &token)];
    let headers = [("authorization", authorization.as_str()), ("dpop", &*two[0]), ("dpop", &*two[1])];
    assert_eq!(stage.call("GET", ME, &headers, b"").await.refusal(), REFUSED, "there is one proof");
    let queried = format!("{ME}?a=b");
    let headers = [("authorization", authorization.as_str()), ("dpop", &*two[0])];
    assert_eq!(stage.call("GET", &queried, &headers, b"").await.status, 200, "a query does not matter");
}

async fn a_bound_session_is_refreshed_with_its_key(stage: &Stage) {
    let (client, thief, email) = (Client::new(), Client::new(), stage.verified().await);
    let token = text(&client.login(stage, &email).await, "refresh_token");
    assert_eq!(refresh(stage, &token, None).await.refusal(), REFUSED);
    assert_eq!(thief.refresh(stage, &token).await.refusal(), REFUSED);
    let cookie = format!("__Host-refresh={token}");
    assert_ne!(stage.call("POST", REFRESH, &[("cookie", &cookie)], b"").await.status, 200);
    stage.time.advance(Duration::from_mins(1));
    let refreshed = client.refresh(stage, &token).await;
    assert_eq!(
        (refreshed.status, &refreshed.body["token_type"]),
        (200, &json!("DPoP")),
        "nothing was used up"
    );
    let (access, next) = (text(&refreshed, "access_token"), text(&refreshed, "refresh_token"));
    assert_eq!(client.me(stage, &access).await.status, 200);
    assert_eq!(stage.ask("GET", &access, "/me", Value::Null).await.status, 401);
    stage.time.advance(Duration::from_mins(1));
    assert_eq!(thief.refresh(stage, &token).await.refusal(), REFUSED, "nor does a thief end the session");
    assert_eq!(client.refresh(stage, &next).await.status, 200);
}

async fn a_refresh_binds_what_was_not_bound(stage: &Stage) {
    let (client, thief) = (Client::new(), Client::new());
    let ada = stage.signed_in().await;
    let refreshed = client.refresh(stage, &ada.refresh).await;
    assert_eq!((refreshed.status, &refreshed.body["token_type"]), (200, &json!("DPoP")));
    let next = text(&refreshed, "refresh_token");
    assert_eq!(client.me(stage, &text(&refreshed, "access_token")).await.status, 200);
    assert_eq!(refresh(stage, &next, None).await.refusal(), REFUSED);
    assert_eq!(thief.refresh(stage, &next).await.refusal(), REFUSED);
    assert_eq!(client.refresh(stage, &next).await.status, 200);
}

async fn what_is_no_proof_signs_nobody_in(stage: &Stage) {
    let (client, email) = (Client::new(), stage.verified().await);
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    for proof in [client.proof(stage, "POST", REFRESH, ""), "nonsense".to_owned(), String::new()] {
        let reply = stage.call("POST", LOGIN, &[JSON, ("dpop", &proof)], body.as_bytes()).await;
        assert_eq!(reply.refusal(), REFUSED, "it is not passed over: {proof}");
    }
    let body = json!({ "email": email, "password": PASSWORD, "cookies": true }).to_string();
    let proof = client.proof(stage, "POST", LOGIN, "");
    let headers = [JSON, ("origin", ISSUER), ("dpop", proof.as_str())];
    let reply = stage.call("POST", LOGIN, &headers, body.as_bytes()).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/cookies"]));
}

async fn other_ways_in_bind_too(stage: &Stage) {
    let (client, email) = (Client::new(), stage.verified().await);
    assert_eq!(stage.post("/magic-link", json!({ "email": email })).await.status, 202);
    let token = stage.token(&email, "magic_link").await;
    let path = "/api/v1/auth/magic-link/redeem";
    let proof = client.proof(stage, "POST", path, "");
    let body = json!({ "token": token }).to_string();
    let signed = stage.call("POST", path, &[JSON, ("dpop", &proof)], body.as_bytes()).await;
    assert_eq!((signed.status, &signed.body["token_type"]), (200, &json!("DPoP")), "{signed:?}");
    let access = text(&signed, "access_token");
    assert_eq!(client.me(stage, &access).await.status, 200);
    // What is done in the session stays bound.
    let path = "/api/v1/auth/step-up";
    let authorization = format!("DPoP {access}");
    let proof = client.proof(stage, "POST", path, &access);
    let headers = [JSON, ("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    let body = json!({ "password": PASSWORD }).to_string();
    let renewed = stage.call("POST", path, &headers, body.as_bytes()).await;
    assert_eq!((renewed.status, &renewed.body["token_type"]), (200, &json!("DPoP")), "{renewed:?}");
    assert_eq!(stage.ask("GET", &text(&renewed, "access_token"), "/me", Value::Null).await.status, 401);
}

async fn who_acts_for_others_shows_the_key_too(stage: &Stage) {
    let (client, thief) = (Client::new(), Client::new());
    let (admin, ada) = (stage.admin().await, stage.signed_in().await);
    let access = text(&client.login(stage, &admin.email).await, "access_token");
    let path = format!("/api/v1/users/{}/impersonate", stage.id_of(&ada).await);
    let authorization = format!("DPoP {access}");
    let proof = client.proof(stage, "POST", &path, &access);
    let headers = [JSON, ("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    let body = json!({ "reason": "ticket 7" }).to_string();
    let begun = stage.call("POST", &path, &headers, body.as_bytes()).await;
    assert_eq!((begun.status, &begun.body["token_type"]), (201, &json!("DPoP")), "{begun:?}");
    let token = text(&begun, "access_token");
    let me = client.me(stage, &token).await;
    assert_eq!((me.status, &me.body["email"]), (200, &json!(ada.email)), "{me:?}");
    assert_eq!(stage.ask("GET", &token, "/me", Value::Null).await.refusal(), (401, "auth.invalid_token"));
    assert_eq!(thief.me(stage, &token).await.refusal(), REFUSED);
}
