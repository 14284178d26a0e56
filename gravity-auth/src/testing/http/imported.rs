//! Users who come with passwords from elsewhere.

use gravity_core::SecretString;
use gravity_core::security::password::{PasswordConfig, PasswordHasher};
use serde_json::{Value, json};

use super::stage::{PASSWORD, Person, Stage};
use crate::domain::{EmailAddress, UserId};
use crate::store::{Change, Trail};
use crate::{AuthError, ImportedUser};

/// Hashes of [`PASSWORD`], as others have made them.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS";
const BETTER_AUTH: &str = concat!(
    "000102030405060708090a0b0c0d0e0f:",
    "70cc7d605f9fd0bfd324b3978bd79ee81076d98810046ed91604c3cb8aa6957761a2b0b97abf1e7c417ec4a9baa7bd1ce53449880d90dc1117c88d69b4f0b72e"
);
const DJANGO: &str = "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=";

pub(super) async fn run(stage: &Stage) {
    a_password_goes_on_being_good(stage).await;
    a_password_from_elsewhere_is_changed(stage).await;
    a_password_from_elsewhere_steps_up(stage).await;
    who_was_not_verified_is_not_let_in(stage).await;
    an_address_is_taken_over_once(stage).await;
    a_hash_that_nobody_can_read_is_no_password(stage).await;
}

async fn argon2() -> String {
    let weaker = PasswordConfig::weak_for_tests().with_memory_kib(32);
    PasswordHasher::new(weaker).unwrap().hash(PASSWORD.into()).await.unwrap()
}

fn coming(email: &str, hash: &str) -> ImportedUser {
    ImportedUser {
        is_verified: true,
        ..ImportedUser::new(email.parse().unwrap(), Some(hash.parse().unwrap()))
    }
}

async fn imported(stage: &Stage, hash: &str) -> String {
    let email = stage.email();
    stage.auth.import_user(coming(&email, hash)).await.unwrap();
    email
}

async fn kept(stage: &Stage, email: &str) -> (UserId, String) {
    let email: EmailAddress = email.parse().unwrap();
    let (user, hash) = stage.auth.store().by_email(&email).await.unwrap().unwrap();
    (user.id, hash.unwrap().expose().clone())
}

async fn is_ours(stage: &Stage, email: &str, old: &str) -> bool {
    let (_, hash) = kept(stage, email).await;
    let verdict = stage.auth.0.hasher.verify(PASSWORD.into(), &hash).await;
    hash != old && verdict.is_ok_and(|verdict| verdict.matches && !verdict.needs_rehash)
}

async fn a_password_goes_on_being_good(stage: &Stage) {
    let argon2 = argon2().await;
    for hash in [BCRYPT, BETTER_AUTH, DJANGO, &argon2] {
        let email = imported(stage, hash).await;
        let wrong = stage.login(&email, "wrong horse").await;
        assert_eq!(wrong.seen(), stage.login(&stage.email(), "wrong horse").await.seen(), "{hash}");
        assert_eq!(wrong.refusal(), (401, "auth.invalid_credentials"));
        assert_eq!(kept(stage, &email).await.1, hash, "a wrong one changes nothing");
        stage.sign_in(&email).await;
        assert!(is_ours(stage, &email, hash).await, "{hash}");
        stage.sign_in(&email).await;
        assert_eq!(stage.login(&email, "wrong horse").await.status, 401);
    }
}

/// Signs somebody in without their password, so that their hash stays what it was.
async fn by_link(stage: &Stage, email: &str) -> Person {
    assert_eq!(stage.post("/magic-link", json!({ "email": email })).await.status, 202);
    let token = stage.token(email, "magic_link").await;
    let reply = stage.post("/magic-link/redeem", json!({ "token": token })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    Person::of(email, &reply)
}

async fn a_password_from_elsewhere_is_changed(stage: &Stage) {
    let email = imported(stage, BCRYPT).await;
    let ada = by_link(stage, &email).await;
    assert_eq!(kept(stage, &email).await.1, BCRYPT);
    let change = async |current: &str| {
        let input = json!({ "current_password": current, "password": "a very different horse" });
        stage.post_as(&ada.access, "/change-password", input).await
    };
    assert_eq!(change("wrong horse").await.refusal(), (401, "auth.invalid_credentials"));
    assert_eq!(change(PASSWORD).await.status, 204);
    assert_eq!(stage.login(&email, PASSWORD).await.status, 401);
    assert_eq!(stage.login(&email, "a very different horse").await.status, 200);
}

async fn a_password_from_elsewhere_steps_up(stage: &Stage) {
    let email = imported(stage, DJANGO).await;
    let ada = by_link(stage, &email).await;
    let step_up =
        async |password: &str| stage.post_as(&ada.access, "/step-up", json!({ "password": password })).await;
    assert_eq!(step_up("wrong horse").await.refusal(), (401, "auth.invalid_credentials"));
    assert_eq!(step_up(PASSWORD).await.status, 200);
    assert!(is_ours(stage, &email, DJANGO).await);
    assert_eq!(step_up(PASSWORD).await.status, 200);
}

async fn who_was_not_verified_is_not_let_in(stage: &Stage) {
    let email = stage.email();
    let new = ImportedUser::new(email.parse().unwrap(), Some(BCRYPT.parse().unwrap()));
    assert_eq!(stage.auth.import_user(new).await.unwrap().email_verified_at, None);
    assert_eq!(stage.login(&email, PASSWORD).await.refusal(), (401, "auth.invalid_credentials"));
    let token = stage.token(&email, "verify_email").await;
    assert_eq!(stage.post("/verify-email", json!({ "token": token })).await.status, 200);
    stage.sign_in(&email).await;
}

async fn an_address_is_taken_over_once(stage: &Stage) {
    let email = imported(stage, BCRYPT).await;
    let again = stage.auth.import_user(coming(&email.to_uppercase(), DJANGO)).await;
    assert!(matches!(again, Err(AuthError::EmailTaken)), "{again:?}");
    let mut new = coming(&stage.email(), BCRYPT);
    new.role = "nobody".parse().unwrap();
    let refused = stage.auth.import_user(new).await;
    assert!(matches!(refused, Err(AuthError::Invalid(_))), "{refused:?}");
    let costly =
        coming(&stage.email(), "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA");
    let refused = stage.auth.import_user(costly).await;
    assert!(matches!(refused, Err(AuthError::Invalid(_))), "it costs too much: {refused:?}");
}

async fn a_hash_that_nobody_can_read_is_no_password(stage: &Stage) {
    for broken in ["", "plain text", "$2b$31$abcdefghijklmnopqrstuu", "$argon2id$v=19$m=1", "$argon2id$x"] {
        let ada = stage.signed_in().await;
        let (user, from) = kept(stage, &ada.email).await;
        let spoil = Change::Rehash { user, from: SecretString::new(from), to: SecretString::from(broken) };
        stage.auth.store().apply(&[spoil], &Trail::NONE).await.unwrap();
        let nobody = stage.login(&stage.email(), PASSWORD).await;
        assert_eq!(stage.login(&ada.email, PASSWORD).await.seen(), nobody.seen(), "{broken:?}");
        let input = json!({ "current_password": PASSWORD, "password": "a very different horse" });
        let change = stage.post_as(&ada.access, "/change-password", input).await;
        assert_eq!(change.refusal(), (401, "auth.invalid_credentials"), "{broken:?}");
        let me = stage.ask("GET", &ada.access, "/me", Value::Null).await;
        assert_eq!(me.status, 200, "who is signed in stays so");
    }
}
