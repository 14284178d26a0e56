//! Whether somebody has an account is not told: not by status, headers or document.

use serde_json::json;

use super::stage::{PASSWORD, Stage};

pub(super) async fn run(stage: &Stage) {
    sign_in_tells_nothing(stage).await;
    requests_for_mail_tell_nothing(stage).await;
    who_has_an_account_is_told_by_mail(stage).await;
}

async fn sign_in_tells_nothing(stage: &Stage) {
    let (known, unverified, nobody) = (stage.verified().await, stage.registered().await, stage.email());
    stage.mail(&unverified, "verify_email").await;
    let wrong = stage.login(&known, "wrong horse battery").await.seen();
    assert_eq!(wrong.0, 401);
    assert_eq!(stage.login(&nobody, "wrong horse battery").await.seen(), wrong);
    assert_eq!(
        stage.login(&unverified, PASSWORD).await.seen(),
        wrong,
        "the right password of an address not verified"
    );
    let code = |email: &str| json!({ "email": email, "code": "000000" });
    let wrong = stage.post("/email-code/redeem", code(&known)).await.seen();
    assert_eq!(wrong.0, 400);
    assert_eq!(stage.post("/email-code/redeem", code(&nobody)).await.seen(), wrong);
}

async fn requests_for_mail_tell_nothing(stage: &Stage) {
    let known = stage.verified().await;
    for path in ["/forgot-password", "/magic-link", "/email-code", "/resend-verification"] {
        let of_known = stage.post(path, json!({ "email": known })).await.seen();
        let of_nobody = stage.post(path, json!({ "email": stage.email() })).await.seen();
        assert_eq!(of_known.0, 202, "{path}");
        assert_eq!(of_known, of_nobody, "{path}");
    }
    let register = async |email: &str| {
        stage.post("/register", json!({ "email": email, "password": PASSWORD })).await.seen()
    };
    assert_eq!(register(&known).await, register(&stage.email()).await);
}

async fn who_has_an_account_is_told_by_mail(stage: &Stage) {
    let known = stage.verified().await;
    let input = json!({ "email": known, "password": "another horse entirely" });
    assert_eq!(stage.post("/register", input).await.status, 202);
    stage.mail(&known, "already_registered").await;
    assert_eq!(stage.login(&known, "another horse entirely").await.status, 401);
    stage.sign_in(&known).await;
}
