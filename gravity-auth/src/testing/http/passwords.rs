//! Passwords and addresses: changed, and reset.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stage::{PASSWORD, Stage};

const NEW: &str = "a very different horse";

pub(super) async fn run(stage: &Stage) {
    a_change_wants_the_old_one(stage).await;
    who_has_lost_it_resets_it(stage).await;
    of_many_who_reset_one_does(stage).await;
    a_link_runs_out_and_voids_those_before(stage).await;
    an_address_changes_when_both_agree(stage).await;
}

async fn a_change_wants_the_old_one(stage: &Stage) {
    let here = stage.signed_in().await;
    let there = stage.sign_in(&here.email).await;
    let change = async |current: &str, new: &str| {
        let input = json!({ "current_password": current, "password": new });
        stage.post_as(&here.access, "/change-password", input).await
    };
    assert_eq!(change("wrong horse", NEW).await.refusal(), (401, "auth.invalid_credentials"));
    assert_eq!(change(PASSWORD, "password").await.refusal(), (422, "auth.weak_password"));
    assert_eq!(change(PASSWORD, NEW).await.status, 204);
    assert_eq!(
        stage.ask("GET", &here.access, "/me", Value::Null).await.status,
        200,
        "who changes it stays in"
    );
    assert_eq!(stage.ask("GET", &there.access, "/me", Value::Null).await.status, 401, "all others are out");
    assert_eq!(stage.login(&here.email, PASSWORD).await.status, 401);
    assert_eq!(stage.login(&here.email, NEW).await.status, 200);
    stage.mail(&here.email, "password_changed").await;
}

async fn who_has_lost_it_resets_it(stage: &Stage) {
    let ada = stage.signed_in().await;
    assert_eq!(stage.post("/forgot-password", json!({ "email": ada.email })).await.status, 202);
    let token = stage.token(&ada.email, "reset_password").await;
    let reset = async |path: &str, password: &str| {
        stage.post(path, json!({ "token": token, "password": password })).await
    };
    assert_eq!(reset("/reset-password", "12345678").await.refusal(), (422, "auth.weak_password"));
    assert_eq!(reset("/password-reset", NEW).await.status, 204, "a weak one has not used it up");
    assert_eq!(reset("/reset-password", NEW).await.refusal(), (400, "auth.invalid_ticket"), "good once");
    assert_eq!(
        stage.ask("GET", &ada.access, "/me", Value::Null).await.status,
        401,
        "all sessions have ended"
    );
    assert_eq!(stage.login(&ada.email, NEW).await.status, 200);
    // A link for one thing is good for no other.
    assert_eq!(stage.post("/forgot-password", json!({ "email": ada.email })).await.status, 202);
    let token = stage.token_after(&ada.email, "reset_password", &token).await;
    for path in ["/magic-link/redeem", "/verify-email", "/change-email/confirm"] {
        assert_eq!(stage.post(path, json!({ "token": token })).await.refusal(), (400, "auth.invalid_ticket"));
    }
}

async fn of_many_who_reset_one_does(stage: &Stage) {
    let email = stage.verified().await;
    assert_eq!(stage.post("/forgot-password", json!({ "email": email })).await.status, 202);
    let token = stage.token(&email, "reset_password").await;
    let input = json!({ "token": token, "password": NEW });
    let replies = join_all((0..16).map(|_| stage.post("/reset-password", input.clone()))).await;
    let done = replies.iter().filter(|reply| reply.status == 204).count();
    let refused = replies.iter().filter(|reply| reply.refusal() == (400, "auth.invalid_ticket")).count();
    assert_eq!((done, refused), (1, 15), "{replies:?}");
}

async fn a_link_runs_out_and_voids_those_before(stage: &Stage) {
    let email = stage.verified().await;
    assert_eq!(stage.post("/forgot-password", json!({ "email": email })).await.status, 202);
    let old = stage.token(&email, "reset_password").await;
    assert_eq!(stage.post("/forgot-password", json!({ "email": email })).await.status, 202);
    let new = stage.token_after(&email, "reset_password", &old).await;
    let reset =
        async |token: &str| stage.post("/reset-password", json!({ "token": token, "password": NEW })).await;
    assert_eq!(reset(&old).await.refusal(), (400, "auth.invalid_ticket"), "void");
    stage.time.advance(Duration::from_hours(1));
    assert_eq!(reset(&new).await.refusal(), (400, "auth.invalid_ticket"), "run out");
    assert_eq!(stage.login(&email, PASSWORD).await.status, 200);
}

async fn an_address_changes_when_both_agree(stage: &Stage) {
    let ada = stage.signed_in().await;
    let new = stage.email();
    let ask = async |password: &str| {
        stage.post_as(&ada.access, "/change-email", json!({ "email": new, "password": password })).await
    };
    assert_eq!(ask("wrong horse").await.refusal(), (401, "auth.invalid_credentials"));
    assert_eq!(ask(PASSWORD).await.status, 202);
    let confirm = async |token: &str| stage.post("/change-email/confirm", json!({ "token": token })).await;
    let leave = stage.token(&ada.email, "leave_email").await;
    assert_eq!(confirm(&leave).await.status, 204);
    assert_eq!(stage.login(&new, PASSWORD).await.status, 401, "one has agreed, and one has not");
    assert_eq!(confirm(&leave).await.refusal(), (400, "auth.invalid_ticket"));
    let take = stage.token(&new, "take_email").await;
    assert_eq!(confirm(&take).await.status, 204);
    assert_eq!(stage.login(&ada.email, PASSWORD).await.status, 401);
    assert_eq!(stage.login(&new, PASSWORD).await.status, 200);
    stage.mail(&ada.email, "email_changed").await;
}
