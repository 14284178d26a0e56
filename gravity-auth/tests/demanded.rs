//! A second factor that is demanded of some.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::domain::RoleName;
use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::totp::{Totp, TotpSecret};
use gravity_auth::{Auth, Caller, Credentials, DevMailbox, Identifier, Registration, SignedIn};
use gravity_core::audit::Origin;
use gravity_core::http::client::{Client, ClientError};
use serde_json::Value;

async fn status(auth: &Auth, token: &str, path: &'static str) -> u16 {
    let client = Client::in_process(auth.routes()).with_bearer(token).unwrap();
    match client.get(path).send_raw().await {
        Ok(answer) => answer.status().as_u16(),
        Err(ClientError::Problem(problem)) => problem.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

async fn is_demanded(auth: &Auth, token: &str) -> bool {
    let client = Client::in_process(auth.routes()).with_bearer(token).unwrap();
    let me: Value = client.get("/api/v1/auth/me").send().await.unwrap();
    me["second_factor_demanded"] == true
}

async fn caller(auth: &Auth, signed_in: &SignedIn) -> Caller {
    let claims = auth.validate(signed_in.access_token.expose()).await.unwrap();
    assert_eq!(
        claims.permissions.is_empty(),
        !signed_in.session.methods.iter().any(|one| one.as_str() == "mfa")
    );
    Caller::of(&claims.into_principal()).unwrap()
}

#[tokio::test]
async fn a_role_grants_nothing_before_the_second_factor_that_it_demands() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time)
        .with(|settings| settings.second_factors.demanded_of = vec![RoleName::SUPER_ADMIN]);
    let auth = Auth::in_memory(config).await.unwrap();
    let new = Registration {
        email: "root@example.org".parse().unwrap(),
        password: PASSWORD.into(),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    auth.create_admin(new).await.unwrap();
    let origin = Origin::default();
    let identifier = Identifier::of("root@example.org");
    let credentials = Credentials { identifier, password: PASSWORD.into() };
    let root = auth.sign_in(credentials, &origin).await.unwrap();
    let token = root.access_token.expose();
    assert_eq!(status(&auth, token, "/api/v1/users").await, 403);
    assert_eq!(status(&auth, token, "/api/v1/auth/me").await, 200, "they are signed in");
    assert!(is_demanded(&auth, token).await);

    let caller = caller(&auth, &root).await;
    let enrolment = auth.begin_totp(&caller, &origin).await.unwrap();
    let secret = TotpSecret::from_base32(enrolment.secret.expose()).unwrap();
    let code = Totp::default().code(&secret, time.now());
    auth.confirm_totp(&caller, &code, &origin).await.unwrap();
    assert_eq!(status(&auth, token, "/api/v1/users").await, 403, "the token is of before");
    let fresh = auth.refresh(root.refresh_token.expose(), &origin).await.unwrap();
    let token = fresh.access_token.expose();
    assert_eq!((status(&auth, token, "/api/v1/users").await, is_demanded(&auth, token).await), (200, false));
}
