//! The way of a newcomer: sign up, follow the link, sign in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Program, gravity};

#[tokio::test]
async fn somebody_signs_up_follows_the_link_and_signs_in() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(gravity(folder.path()));
    let client = program.client();
    let ada = json!({"email": "ada@example.com", "password": "a long enough secret"});
    client.post("/api/v1/auth/register").json(&ada).send::<Value>().await.unwrap();
    // Who tries to sign in too early gets another link, and the first one is void.
    let mails = async |count: usize| loop {
        let messages: Vec<Value> = client.get("/dev/mailbox/messages").send().await.unwrap();
        if messages.len() >= count {
            break messages[0]["text"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    mails(1).await;
    assert_eq!(
        client.post("/api/v1/auth/login").json(&ada).send_empty().await.unwrap_err().status().unwrap(),
        401
    );
    let text = mails(2).await;
    let link = text.lines().find(|line| line.starts_with("http")).unwrap();
    let (page, token) = link.split_once("#token=").unwrap();
    // The page that it leads to is there, and what it stands for is not used up by looking at it.
    assert_eq!(page, format!("{}/verify-email", program.address));
    assert!(client.get("/verify-email").send_raw().await.unwrap().status().is_success());
    client.post("/api/v1/auth/verify-email").json(&json!({"token": token})).send_empty().await.unwrap();
    let tokens: Value = client.post("/api/v1/auth/login").json(&ada).send().await.unwrap();
    let access = tokens["access_token"].as_str().unwrap();
    let me: Value = client.get("/api/v1/auth/me").bearer(access).send().await.unwrap();
    assert_eq!(me["email"], "ada@example.com");
    // Ada looks after nothing.
    assert_eq!(
        client.get("/api/v1/jobs").bearer(access).send_empty().await.unwrap_err().status().unwrap(),
        403
    );
    assert!(program.stop().0);
}

#[tokio::test]
async fn the_first_admin_is_made_once_and_sees_everything() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(gravity(folder.path()));
    let login = json!({"email": "admin@example.com", "password": program.password().unwrap()});
    let (stopped, said) = program.stop();
    assert!(stopped, "{said}");
    // What was kept is there, and the password is shown no more.
    let program = Program::start(gravity(folder.path()));
    assert_eq!(program.password(), None);
    let client = program.client();
    let tokens: Value = client.post("/api/v1/auth/login").json(&login).send().await.unwrap();
    let client = client.with_bearer(tokens["access_token"].as_str().unwrap()).unwrap();
    for path in [
        "/api/v1/jobs",
        "/api/v1/jobs/counts",
        "/api/v1/audit",
        "/api/v1/events/subscribers",
        "/health/detailed",
    ] {
        client.get(path).send::<Value>().await.unwrap();
    }
    for path in [
        "/",
        "/docs",
        "/docs/page.css",
        "/pages/page.css",
        "/pages/home.js",
        "/pages/link.js",
        "/metrics",
        "/ready",
        "/dev/mailbox",
        "/dev/mailbox/page.css",
        "/reset-password",
        "/sign-in",
        "/change-email",
        "/openapi.json",
        "/.well-known/jwks.json",
    ] {
        let answer = client.get(path).send_raw().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    let metrics = client.get("/metrics").send_raw().await.unwrap();
    let metrics = metrics.into_body().into_bytes(1 << 20).await.unwrap();
    let metrics = String::from_utf8(metrics.to_vec()).unwrap();
    assert!(metrics.contains("jobs_started_total{queue=\"auth\"}"), "{metrics}");
    let page = client.get("/").send_raw().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
}
