//! The typed client, over routes in this process.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::testing::http::{clock, config};
use gravity_auth::{Auth, AuthClient, DevMailbox, SignUp};
use gravity_core::SecretString;
use gravity_core::http::client::Client;

#[tokio::test]
async fn somebody_signs_in_is_known_and_signs_out() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let auth = Auth::in_memory(config(&mailbox, &time).with_sign_up(SignUp::Immediate)).await.unwrap();
    let client = AuthClient::new(Client::in_process(auth.routes()));
    let password = SecretString::from("correct horse battery");
    let register = client.register("ada@example.com", &password).await;
    // Whoever signs up is signed in at once here, which is another answer than that mail comes.
    assert!(register.is_err());
    assert_eq!(
        client.login("ada@example.com", &SecretString::from("wrong")).await.unwrap_err().code(),
        Some("auth.invalid_credentials")
    );
    let signed = client.login("ada@example.com", &password).await.unwrap();
    let access = SecretString::from(signed.access_token.as_deref().unwrap());
    assert!(!format!("{signed:?}").contains(access.expose().as_str()));
    assert_eq!(client.me(&access).await.unwrap().email.as_str(), "ada@example.com");
    assert!(client.validate(&access).await.unwrap().valid);
    let sessions = client.sessions(&access).await.unwrap();
    let other = sessions.items.iter().find(|session| !session.current).unwrap();
    client.end_session(&access, other.id).await.unwrap();
    assert_eq!(client.sessions(&access).await.unwrap().items.len(), 1);
    let signed = client.refresh(&SecretString::from(signed.refresh_token.unwrap())).await.unwrap();
    let refresh = SecretString::from(signed.refresh_token.unwrap());
    client.logout(&refresh).await.unwrap();
    assert_eq!(client.refresh(&refresh).await.unwrap_err().status().unwrap(), 401);
}
