//! How often somebody may try, from one network and from anywhere.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};

use gravity_auth::testing::http::{PASSWORD, clock, config};
use gravity_auth::{
    Auth, AuthConfig, AuthError, Credentials, DevMailbox, Identifier, Registration, Throttles,
};
use gravity_core::audit::Origin;

const ADA: &str = "ada@example.org";
const WRONG: &str = "wrong horse battery";

/// Somebody in the network of this number.
fn from(network: u8) -> Origin {
    let mut origin = Origin::default();
    origin.address = Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, network)));
    origin
}

fn fixed() -> AuthConfig {
    let time = clock();
    config(&DevMailbox::default(), &time).with_throttles(Throttles::in_memory(&time.clock()))
}

async fn open(config: AuthConfig) -> Auth {
    let auth = Auth::in_memory(config).await.unwrap();
    let new = Registration {
        email: ADA.parse().unwrap(),
        password: PASSWORD.into(),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    auth.create_admin(new).await.unwrap();
    auth
}

async fn sign_in(auth: &Auth, password: &str, network: u8) -> Result<(), AuthError> {
    let credentials = Credentials { identifier: Identifier::of(ADA), password: password.into() };
    auth.sign_in(credentials, &from(network)).await.map(drop)
}

fn is_held(outcome: &Result<(), AuthError>) -> bool {
    matches!(outcome, Err(AuthError::TooManyAttempts { .. }))
}

#[tokio::test]
async fn whoever_guesses_from_everywhere_keeps_nobody_out_of_where_they_are() {
    let auth = open(fixed()).await;
    sign_in(&auth, PASSWORD, 1).await.unwrap();
    // 60 in an hour, of which no network has more than 5.
    for guess in 0..60 {
        let outcome = sign_in(&auth, WRONG, 100 + guess / 5).await;
        assert!(matches!(outcome, Err(AuthError::InvalidCredentials)), "{guess}: {outcome:?}");
    }
    assert!(is_held(&sign_in(&auth, PASSWORD, 2).await), "the account is held against the world");
    sign_in(&auth, PASSWORD, 1).await.unwrap();
    assert!(matches!(sign_in(&auth, WRONG, 1).await, Err(AuthError::InvalidCredentials)));
}

#[tokio::test]
async fn whoever_asks_for_mail_takes_nobody_elses_away() {
    let auth = open(fixed()).await;
    let ask = async |network| auth.request_link(ADA.parse().unwrap(), &from(network)).await;
    for _ in 0..5 {
        ask(1).await.unwrap();
    }
    assert!(is_held(&ask(1).await));
    ask(2).await.unwrap();
    // What one network was refused does not count: 6 have come, and 20 may in an hour.
    for network in 3..17 {
        ask(network).await.unwrap();
    }
    assert!(is_held(&ask(17).await), "nobody's mailbox is filled from everywhere");
}

#[cfg(feature = "redis")]
mod redis {
    use gravity_core::testing::redis::TestRedis;

    use gravity_core::Metrics;

    use super::{PASSWORD, Throttles, WRONG, fixed, is_held, open, sign_in};

    #[tokio::test]
    async fn nodes_count_together() {
        let Some(test) = TestRedis::create().await else { return };
        let config = fixed();
        let one =
            open(config.clone().with_throttles(Throttles::in_redis(&test.redis(), &Metrics::new()))).await;
        let other =
            open(config.with_throttles(Throttles::in_redis(&test.other_node(), &Metrics::new()))).await;
        for _ in 0..5 {
            assert!(!is_held(&sign_in(&one, WRONG, 1).await));
        }
        for node in [&one, &other] {
            assert!(is_held(&sign_in(node, PASSWORD, 1).await));
            sign_in(node, PASSWORD, 2).await.unwrap();
        }
        test.remove().await;
    }
}
