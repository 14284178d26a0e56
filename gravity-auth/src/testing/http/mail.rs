//! Signing in by mail.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Stage};

pub(super) async fn run(stage: &Stage) {
    a_link_signs_in_once(stage).await;
    of_many_with_a_link_one_gets_in(stage).await;
    a_code_signs_in_once(stage).await;
    a_code_stands_few_guesses(stage).await;
    who_registered_first_and_waited_loses_the_account(stage).await;
    who_signs_up_later_chooses_the_password(stage).await;
}

async fn a_link_signs_in_once(stage: &Stage) {
    let email = stage.verified().await;
    assert_eq!(stage.post("/magic-link", json!({ "email": email })).await.status, 202);
    let token = stage.token(&email, "magic_link").await;
    // What looks at links before people do, asks by GET.
    let get = stage.ask("GET", "", "/magic-link/redeem", Value::Null).await;
    assert_eq!(get.status, 405);
    let reply = stage.post("/magic-link/redeem", json!({ "token": token })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let ada = Person::of(&email, &reply);
    assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.status, 200);
    let again = stage.post("/magic-link/redeem", json!({ "token": token })).await;
    assert_eq!(again.refusal(), (400, "auth.invalid_ticket"));
    stage.sign_in(&email).await;
}

async fn of_many_with_a_link_one_gets_in(stage: &Stage) {
    let email = stage.verified().await;
    assert_eq!(stage.post("/magic-link", json!({ "email": email })).await.status, 202);
    let token = stage.token(&email, "magic_link").await;
    let replies =
        join_all((0..64).map(|_| stage.post("/magic-link/redeem", json!({ "token": token })))).await;
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    let refused = replies.iter().filter(|reply| reply.refusal() == (400, "auth.invalid_ticket")).count();
    assert_eq!((done, refused), (1, 63));
}

async fn code(stage: &Stage, email: &str) -> String {
    assert_eq!(stage.post("/email-code", json!({ "email": email })).await.status, 202);
    let mail = stage.mail(email, "email_code").await;
    mail.text
        .lines()
        .find(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap()
        .to_owned()
}

async fn a_code_signs_in_once(stage: &Stage) {
    let (email, eve) = (stage.verified().await, stage.verified().await);
    let code = code(stage, &email).await;
    let redeem = async |email: &str, code: &str| {
        stage.post("/email-code/redeem", json!({ "email": email, "code": code })).await
    };
    assert_eq!(redeem(&eve, &code).await.refusal(), (400, "auth.invalid_ticket"), "it is its owner's");
    let typed = format!(" {}-{} ", &code[..3], &code[3..]);
    assert_eq!(redeem(&email, &typed).await.status, 200);
    assert_eq!(redeem(&email, &code).await.refusal(), (400, "auth.invalid_ticket"), "good once");
}

async fn a_code_stands_few_guesses(stage: &Stage) {
    let email = stage.verified().await;
    let code = code(stage, &email).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for _ in 0..5 {
        let reply = stage.post("/email-code/redeem", json!({ "email": email, "code": wrong })).await;
        assert_eq!(reply.refusal(), (400, "auth.invalid_ticket"));
    }
    let right = stage.post("/email-code/redeem", json!({ "email": email, "code": code })).await;
    assert_eq!(right.refusal(), (400, "auth.invalid_ticket"), "five guesses, and it is gone");
}

/// Somebody signs up with the address of another, knows the password, and waits for the other to come.
async fn who_registered_first_and_waited_loses_the_account(stage: &Stage) {
    let victim = stage.registered().await;
    stage.mail(&victim, "verify_email").await;
    assert_eq!(stage.post("/magic-link", json!({ "email": victim })).await.status, 202);
    let token = stage.token(&victim, "magic_link").await;
    let reply = stage.post("/magic-link/redeem", json!({ "token": token })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_ne!(reply.body["user"]["email_verified_at"], Value::Null);
    assert_eq!(stage.login(&victim, PASSWORD).await.status, 401, "the password of before is gone");
}

/// Somebody signs up with the address of another, who signs up later.
async fn who_signs_up_later_chooses_the_password(stage: &Stage) {
    let victim = stage.registered().await;
    stage.mail(&victim, "verify_email").await;
    let theirs = "a gnu sleeps in the garden";
    let again = json!({ "email": victim, "password": theirs, "first_name": "Vic" });
    assert_eq!(stage.post("/register", again).await.status, 202);
    let token = stage.token(&victim, "never_confirmed").await;
    // The password goes with the mail, and not with whoever asked last.
    assert_eq!(stage.login(&victim, theirs).await.status, 401);
    let set = json!({ "token": token, "password": theirs });
    assert_eq!(stage.post("/reset-password", set).await.status, 204);
    assert_eq!(stage.login(&victim, PASSWORD).await.status, 401, "the password of before is gone");
    assert_eq!(stage.login(&victim, theirs).await.status, 200);
}
