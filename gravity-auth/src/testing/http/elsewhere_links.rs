//! Accounts at providers: linked to who has shown that both are theirs, and never the last way in that goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::elsewhere::{Doubles, Journey, code_of, fragment};
use super::stage::{PASSWORD, Person, Reply, Stage};
use crate::domain::UserStatus;
use crate::store::{Change, Trail};
use crate::testing::ProviderDouble;

pub(super) async fn run(stage: &Stage, doubles: &Doubles) {
    who_is_signed_in_links_an_account(stage, doubles).await;
    to_link_wants_a_fresh_proof(stage, doubles).await;
    an_account_is_linked_to_one_user(stage, doubles).await;
    who_was_signed_out_links_nothing(stage, doubles).await;
    the_last_way_in_is_not_unlinked(stage, doubles).await;
    what_is_unlinked_lets_nobody_in(stage, doubles).await;
    an_address_alone_links_nothing(stage, doubles).await;
    a_provider_that_decides_links_by_address(stage, doubles).await;
    an_address_that_was_never_verified_is_claimed(stage, doubles).await;
    who_may_not_sign_in_does_not_elsewhere(stage, doubles).await;
    an_export_tells_of_accounts(stage, doubles).await;
}

async fn linking(stage: &Stage, person: &Person, double: &ProviderDouble, subject: &str) -> Reply {
    let started = stage.post_as(&person.access, "/oauth/one/link", json!({ "return_to": "/me" })).await;
    assert_eq!(started.status, 200, "{started:?}");
    let journey = Journey::of("one", &started);
    let code = double.code(&journey.url, &double.claims(&journey.url, subject, "else@where.example"));
    stage.come_back(&journey, &journey.answer(&code)).await
}

async fn accounts(stage: &Stage, person: &Person) -> Vec<Value> {
    let reply = stage.ask("GET", &person.access, "/linked-accounts", Value::Null).await;
    reply.body["items"].as_array().unwrap().clone()
}

async fn unlink(stage: &Stage, person: &Person, account: &Value) -> Reply {
    let path = format!("/linked-accounts/{}", account["id"].as_str().unwrap());
    stage.ask("DELETE", &person.access, &path, Value::Null).await
}

async fn who_is_signed_in_links_an_account(stage: &Stage, doubles: &Doubles) {
    let (ada, subject) = (stage.signed_in().await, stage.unique());
    let back = linking(stage, &ada, &doubles.one, &subject).await;
    assert_eq!(back.headers["location"], "/me#linked=one");
    assert_eq!(back.cookies().len(), 1, "to link is not to sign in");
    let mail = stage.mail(&ada.email, "account_linked").await;
    assert!(mail.text.contains("at one."), "{}", mail.text);
    assert_eq!(accounts(stage, &ada).await.len(), 1);
    let reply = stage.through(&doubles.one, "one", &subject, &stage.email()).await;
    assert_eq!(reply.body["user"]["email"], json!(ada.email), "whatever its address is there");
    let again = stage.post_as(&ada.access, "/oauth/one/link", json!({})).await;
    assert_eq!(again.refusal(), (409, "auth.account_taken"), "there is one of this provider");
    let evil = stage.post_as(&ada.access, "/oauth/sure/link", json!({ "return_to": "//evil.example" })).await;
    assert_eq!((evil.status, evil.pointers()), (422, vec!["/return_to"]));
    for path in ["/oauth/one/link", "/linked-accounts"] {
        let method = if path.ends_with("link") { "POST" } else { "GET" };
        assert_eq!(stage.ask(method, "", path, json!({})).await.status, 401);
    }
    let key = json!({ "name": "key", "scopes": ["orders:read"] });
    let key = stage.api("POST", &ada.access, "/api-keys", key).await;
    let seen = stage.ask("GET", key.body["secret"].as_str().unwrap(), "/linked-accounts", Value::Null).await;
    assert_eq!(seen.refusal(), (403, "auth.not_in_person"), "by what its owner signs in no key is told");
}

async fn to_link_wants_a_fresh_proof(stage: &Stage, doubles: &Doubles) {
    let ada = stage.signed_in().await;
    linking(stage, &ada, &doubles.one, &stage.unique()).await;
    let account = accounts(stage, &ada).await[0].clone();
    stage.time.advance(Duration::from_mins(11));
    let refused = (403, "auth.step_up_required");
    assert_eq!(stage.post_as(&ada.access, "/oauth/sure/link", json!({})).await.refusal(), refused);
    assert_eq!(unlink(stage, &ada, &account).await.refusal(), refused);
    assert_eq!(stage.post_as(&ada.access, "/oauth/two/link", json!({})).await.status, 404);
}

async fn an_account_is_linked_to_one_user(stage: &Stage, doubles: &Doubles) {
    let (ada, eve, subject) = (stage.signed_in().await, stage.signed_in().await, stage.unique());
    assert_eq!(fragment(&linking(stage, &ada, &doubles.one, &subject).await), "linked=one");
    let stolen = linking(stage, &eve, &doubles.one, &subject).await;
    assert_eq!(fragment(&stolen), "error=auth.account_taken");
    assert!(accounts(stage, &eve).await.is_empty());
    let ours = accounts(stage, &ada).await;
    assert_eq!(unlink(stage, &eve, &ours[0]).await.refusal(), (404, "auth.account_not_found"));
    assert_eq!(accounts(stage, &ada).await, ours);
}

async fn who_was_signed_out_links_nothing(stage: &Stage, doubles: &Doubles) {
    let ada = stage.signed_in().await;
    let started = stage.post_as(&ada.access, "/oauth/one/link", json!({})).await;
    let journey = Journey::of("one", &started);
    assert_eq!(stage.post_as(&ada.access, "/logout", Value::Null).await.status, 204);
    let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &stage.unique(), &ada.email));
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(fragment(&back), "error=auth.session_not_found");
    assert!(accounts(stage, &stage.sign_in(&ada.email).await).await.is_empty());
}

async fn the_last_way_in_is_not_unlinked(stage: &Stage, doubles: &Doubles) {
    let (subject, email) = (stage.unique(), stage.email());
    let signed = stage.through(&doubles.one, "one", &subject, &email).await;
    let ada = Person::of(&email, &signed);
    let account = accounts(stage, &ada).await[0].clone();
    assert_eq!(unlink(stage, &ada, &account).await.refusal(), (409, "auth.last_way_in"));
    assert_eq!(accounts(stage, &ada).await.len(), 1);
    let started = stage.post_as(&ada.access, "/oauth/sure/link", json!({})).await;
    let journey = Journey::of("sure", &started);
    let code = doubles.sure.code(&journey.url, &doubles.sure.claims(&journey.url, &subject, &email));
    assert_eq!(fragment(&stage.come_back(&journey, &journey.answer(&code)).await), "linked=sure");
    assert_eq!(unlink(stage, &ada, &account).await.status, 204, "there is another one");
    let left = accounts(stage, &ada).await;
    assert_eq!((left.len(), &left[0]["provider"]), (1, &json!("sure")));
    assert_eq!(unlink(stage, &ada, &left[0]).await.refusal(), (409, "auth.last_way_in"));
    stage.mail(&email, "account_unlinked").await;
}

async fn what_is_unlinked_lets_nobody_in(stage: &Stage, doubles: &Doubles) {
    let (ada, subject) = (stage.signed_in().await, stage.unique());
    linking(stage, &ada, &doubles.one, &subject).await;
    let account = accounts(stage, &ada).await[0].clone();
    // One is on the way in.
    let journey = stage.depart("one").await;
    let code = doubles.one.code(&journey.url, &doubles.one.claims(&journey.url, &subject, &ada.email));
    let held = code_of(&stage.come_back(&journey, &journey.answer(&code)).await);
    assert_eq!(unlink(stage, &ada, &account).await.status, 204);
    assert_eq!(unlink(stage, &ada, &account).await.refusal(), (404, "auth.account_not_found"));
    assert_eq!(stage.hand_over(&held).await.refusal(), (400, "auth.invalid_ticket"));
    let back = refused(stage, &doubles.one, "one", &subject, &ada.email).await;
    assert_eq!(back, "error=auth.link_required");
}

/// What somebody comes back with who is not let in.
async fn refused(stage: &Stage, double: &ProviderDouble, id: &str, subject: &str, email: &str) -> String {
    let journey = stage.depart(id).await;
    let code = double.code(&journey.url, &double.claims(&journey.url, subject, email));
    fragment(&stage.come_back(&journey, &journey.answer(&code)).await)
}

async fn an_address_alone_links_nothing(stage: &Stage, doubles: &Doubles) {
    let (verified, registered) = (stage.verified().await, stage.registered().await);
    stage.mail(&registered, "verify_email").await;
    for email in [&verified, &registered] {
        // Neither one that decides nothing, nor one that decides about others.
        for (id, double) in [("one", &doubles.one), ("sure", &doubles.sure)] {
            let back = refused(stage, double, id, &stage.unique(), email).await;
            assert_eq!(back, "error=auth.link_required", "{id}");
        }
    }
    let ada = stage.sign_in(&verified).await;
    assert!(accounts(stage, &ada).await.is_empty());
}

/// Somebody at the domain that `sure` decides about, who has signed up by a password.
async fn registered_at(stage: &Stage, is_verified: bool) -> String {
    let email = format!("{}@sure.example", stage.unique());
    let reply = stage.post("/register", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(reply.status, 202);
    let token = stage.token(&email, "verify_email").await;
    if is_verified {
        assert_eq!(stage.post("/verify-email", json!({ "token": token })).await.status, 200);
    }
    email
}

async fn a_provider_that_decides_links_by_address(stage: &Stage, doubles: &Doubles) {
    let (email, subject) = (registered_at(stage, true).await, stage.unique());
    let ada = stage.sign_in(&email).await;
    let journey = stage.depart("sure").await;
    let mut claims = doubles.sure.claims(&journey.url, &subject, &email);
    claims["email_verified"] = json!(false);
    let code = doubles.sure.code(&journey.url, &claims);
    let back = stage.come_back(&journey, &journey.answer(&code)).await;
    assert_eq!(fragment(&back), "error=auth.no_vouched_address", "it has to say that the address is theirs");
    let signed = stage.through(&doubles.sure, "sure", &subject, &email.to_uppercase()).await;
    assert_eq!(signed.body["user"]["email"], json!(email));
    stage.mail(&email, "account_linked").await;
    assert_eq!(stage.ask("GET", &ada.access, "/me", Value::Null).await.status, 200, "sessions go on");
    assert_eq!(stage.login(&email, PASSWORD).await.status, 200, "and the password");
    // The address has changed hands there: whoever has it now is somebody else.
    let back = refused(stage, &doubles.sure, "sure", &stage.unique(), &email).await;
    assert_eq!(back, "error=auth.link_required");
}

/// Somebody signs up with an address that is not theirs, and waits for its owner to come.
async fn an_address_that_was_never_verified_is_claimed(stage: &Stage, doubles: &Doubles) {
    let email = registered_at(stage, false).await;
    let user = stage.auth.store().by_email(&email.parse().unwrap()).await.unwrap().unwrap().0;
    let waiting = stage.auth.new_session(&user, Vec::new(), &gravity_core::audit::Origin::default());
    let start = Change::StartSession { session: waiting.clone(), password: None, most: 10 };
    stage.auth.store().apply(&[start], &Trail::NONE).await.unwrap();
    let signed = stage.through(&doubles.sure, "sure", &stage.unique(), &email).await;
    assert_eq!((signed.status, &signed.body["user"]["id"]), (200, &json!(user.id)));
    assert!(signed.body["user"]["email_verified_at"].is_string());
    assert_eq!(stage.login(&email, PASSWORD).await.status, 401, "the password was somebody else's");
    let ended = stage.auth.store().session(waiting.id).await.unwrap().unwrap().ended.unwrap();
    assert_eq!(ended.reason, crate::domain::EndReason::AddressClaimed);
    let token = signed.body["access_token"].as_str().unwrap();
    assert_eq!(stage.ask("GET", token, "/me", Value::Null).await.status, 200);
}

async fn who_may_not_sign_in_does_not_elsewhere(stage: &Stage, doubles: &Doubles) {
    for to in [UserStatus::Suspended, UserStatus::Deleted] {
        let (subject, email) = (stage.unique(), format!("{}@sure.example", stage.unique()));
        let signed = stage.through(&doubles.sure, "sure", &subject, &email).await;
        let journey = stage.depart("sure").await;
        let code = doubles.sure.code(&journey.url, &doubles.sure.claims(&journey.url, &subject, &email));
        let held = code_of(&stage.come_back(&journey, &journey.answer(&code)).await);
        let user = serde_json::from_value(signed.body["user"]["id"].clone()).unwrap();
        let change = Change::SetStatus { user, to, at: stage.time.now() };
        stage.auth.store().apply(&[change], &Trail::NONE).await.unwrap();
        assert_eq!(stage.hand_over(&held).await.refusal(), (400, "auth.invalid_ticket"));
        for subject in [subject, stage.unique()] {
            let back = refused(stage, &doubles.sure, "sure", &subject, &email).await;
            assert_eq!(back, "error=auth.invalid_credentials", "{to:?}");
        }
    }
}

async fn an_export_tells_of_accounts(stage: &Stage, doubles: &Doubles) {
    let (ada, subject) = (stage.signed_in().await, stage.unique());
    linking(stage, &ada, &doubles.one, &subject).await;
    let export = stage.users("GET", &ada.access, "/me/export", Value::Null).await;
    let account = &export.body["accounts"][0];
    assert_eq!((&account["provider"], &account["subject"]), (&json!("one"), &json!(subject)), "{export:?}");
}
