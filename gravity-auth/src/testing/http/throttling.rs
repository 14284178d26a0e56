//! Limits: who tries too often waits, and nobody is locked out for good.

use std::time::Duration;

use serde_json::json;

use super::stage::{PASSWORD, Stage};

pub(super) async fn run(stage: &Stage) {
    guesses_are_held_back(stage).await;
    mail_is_held_back(stage).await;
    super::bound::proofs_are_held_back(stage).await;
    super::second_factor::guesses_are_held_back(stage).await;
    super::passkeys::attempts_are_held_back(stage).await;
}

async fn guesses_are_held_back(stage: &Stage) {
    let email = stage.verified().await;
    for _ in 0..5 {
        assert_eq!(stage.login(&email, "wrong horse battery").await.status, 401);
    }
    let held = stage.login(&email, PASSWORD).await;
    assert_eq!(held.refusal(), (429, "auth.too_many_attempts"), "even with the right one");
    assert!(held.headers.contains_key("retry-after"));
    let nobody = stage.email();
    for _ in 0..5 {
        assert_eq!(stage.login(&nobody, PASSWORD).await.status, 401);
    }
    assert_eq!(stage.login(&nobody, PASSWORD).await.seen(), held.seen(), "nobody is held back alike");
    // Who is sent mail gets in meanwhile.
    assert_eq!(stage.post("/magic-link", json!({ "email": email })).await.status, 202);
    let token = stage.token(&email, "magic_link").await;
    assert_eq!(stage.post("/magic-link/redeem", json!({ "token": token })).await.status, 200);
    stage.time.advance(Duration::from_mins(1));
    assert_eq!(stage.login(&email, PASSWORD).await.status, 200);
    for _ in 0..10 {
        assert_eq!(stage.login(&email, PASSWORD).await.status, 200, "what succeeds does not count");
    }
}

async fn mail_is_held_back(stage: &Stage) {
    stage.time.advance(Duration::from_hours(24));
    let email = stage.email();
    for _ in 0..5 {
        assert_eq!(stage.post("/forgot-password", json!({ "email": email })).await.status, 202);
    }
    let shouted = json!({ "email": email.to_uppercase() });
    let held = stage.post("/forgot-password", shouted).await;
    assert_eq!(held.refusal(), (429, "auth.too_many_attempts"), "however it is spelt");
}
