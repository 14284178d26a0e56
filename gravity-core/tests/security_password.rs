//! Passwords: what is kept, what matches, and what is refused before any work.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use gravity_core::security::password::{PasswordConfig, PasswordError, PasswordHasher};
use gravity_core::{Error, ErrorKind, SecretString};
use proptest::prelude::*;

fn hasher() -> PasswordHasher {
    PasswordHasher::new(PasswordConfig::weak_for_tests()).unwrap()
}

#[tokio::test]
async fn a_change_of_parameters_asks_for_another_hash() {
    let before = hasher().hash("pässword".into()).await.unwrap();
    let config = PasswordConfig::weak_for_tests();
    for changed in [
        config.clone().with_memory_kib(128),
        config.clone().with_passes(2),
        config.clone().with_lanes(2),
        config.clone().with_memory_kib(32),
    ] {
        let hasher = PasswordHasher::new(changed).unwrap();
        let verdict = hasher.verify("pa\u{308}ssword".into(), &before).await.unwrap();
        assert!(verdict.matches && verdict.needs_rehash);
        // Who does not know the password gives no cause to change anything.
        let verdict = hasher.verify("other".into(), &before).await.unwrap();
        assert!(!verdict.matches && !verdict.needs_rehash);
        let after = hasher.hash("pässword".into()).await.unwrap();
        assert!(!hasher.verify("pässword".into(), &after).await.unwrap().needs_rehash);
    }
}

#[tokio::test]
async fn absurd_hashes_are_refused_before_any_work() {
    let hasher = PasswordHasher::new(PasswordConfig::weak_for_tests().with_queue(0)).unwrap();
    let tail = "$c29tc2FsdHNvbWVzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let begun = Instant::now();
    for costs in ["m=4194304,t=1,p=1", "m=4294967295,t=4294967295,p=1", "m=64,t=33,p=1", "m=1024,t=1,p=17"] {
        let phc = format!("$argon2id$v=19${costs}{tail}");
        assert_eq!(hasher.verify("x".into(), &phc).await, Err(PasswordError::Excessive), "{costs}");
    }
    for malformed in ["", "x", "$2b$10$abcdefghijklmnopqrstuv", &"$argon2id".repeat(1_000_000)] {
        assert_eq!(hasher.verify("x".into(), malformed).await, Err(PasswordError::Malformed));
    }
    assert!(begun.elapsed() < Duration::from_mins(1));
    let error = Error::from(PasswordError::Excessive);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Internal, Error::internal("").message()));
}

#[tokio::test]
async fn long_passwords_are_refused_wherever_they_come() {
    let hasher = hasher();
    let long = || SecretString::from("x".repeat(1025));
    let kept = hasher.hash("x".repeat(1024).into()).await.unwrap();
    assert!(hasher.verify("x".repeat(1024).into(), &kept).await.unwrap().matches);
    assert_eq!(hasher.hash(long()).await, Err(PasswordError::TooLong));
    assert_eq!(hasher.verify(long(), &kept).await, Err(PasswordError::TooLong));
    assert_eq!(hasher.verify_none(long()).await, Err(PasswordError::TooLong));
    assert_eq!(Error::from(PasswordError::TooLong).kind(), ErrorKind::BadRequest);
}

#[tokio::test]
async fn a_rush_is_turned_away_with_a_time_to_come_back() {
    let config = PasswordConfig::weak_for_tests().with_workers(1).with_queue(1).with_passes(32);
    let hasher = PasswordHasher::new(config.with_memory_kib(8192)).unwrap();
    let calls = (0..20).map(|_| hasher.verify_none("x".into()));
    let outcomes = futures_util::future::join_all(calls).await;
    let turned_away: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(turned_away.len(), 18);
    for error in turned_away {
        let error = Error::from(error);
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, "password.overloaded"));
        assert!(error.retry_after().unwrap() >= Duration::from_secs(1));
    }
}

#[test]
fn settings_have_bounds() {
    let config = PasswordConfig::default();
    for bad in [
        config.clone().with_memory_kib(7 * 1024 - 1),
        config.clone().with_memory_kib(1024 * 1024 + 1),
        config.clone().with_passes(0),
        config.clone().with_passes(33),
        config.clone().with_lanes(0),
        config.clone().with_lanes(u32::MAX),
        config.clone().with_workers(0),
        config.clone().with_queue(65_537),
        config.clone().with_most_memory_kib(1024),
    ] {
        assert!(PasswordHasher::new(bad.clone()).is_err(), "{bad:?}");
    }
    let error = PasswordHasher::new(config.with_passes(0)).unwrap_err();
    assert_eq!(error.to_string(), "the number of passes is 0, and must be 1 to 32");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_password_matches_itself_alone(one in "\\PC{0,20}", other in "\\PC{0,20}") {
        use unicode_normalization::UnicodeNormalization;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let hasher = hasher();
            let kept = hasher.hash(one.as_str().into()).await.unwrap();
            assert!(hasher.verify(one.as_str().into(), &kept).await.unwrap().matches);
            let same = one.nfkc().eq(other.nfkc());
            assert_eq!(hasher.verify(other.as_str().into(), &kept).await.unwrap().matches, same);
        });
    }
}
