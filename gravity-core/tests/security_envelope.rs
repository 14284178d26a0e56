//! Sealed columns: what opens them, and all that does not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gravity_core::security::envelope::{
    ColumnContext, DataKey, EnvelopeError, KeyProvider, LocalKeys, Vault, WrappedKey,
};
use gravity_core::security::{Key, KeyId, KeyRing};
use gravity_core::{Error, ErrorKind};
use proptest::prelude::*;

fn key(name: &str) -> Key {
    Key::new(name, &[name.as_bytes()[0]; 32]).unwrap()
}

fn ring(newest: &str, earlier: &[&str]) -> KeyRing {
    earlier.iter().fold(KeyRing::new(key(newest)), |ring, name| ring.with_earlier(key(name)).unwrap())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn is_refused<T>(result: Result<T, EnvelopeError>) -> bool {
    matches!(result, Err(EnvelopeError::Refused))
}

#[tokio::test]
async fn a_key_is_replaced_without_touching_the_value() {
    let place = ColumnContext::new("t", "c", [1]);
    let sealed = Vault::local(&ring("a", &[])).seal(&place, b"value").await.unwrap();

    let both = Vault::local(&ring("b", &["a"]));
    assert!(both.needs_rewrap(&sealed).await.unwrap());
    assert_eq!(both.open(&place, &sealed).await.unwrap().expose(), b"value");
    let rewrapped = both.rewrap(&sealed).await.unwrap();
    assert!(!both.needs_rewrap(&rewrapped).await.unwrap());
    // The value and its tag are the bytes they were.
    assert_eq!(rewrapped[rewrapped.len() - 21..], sealed[sealed.len() - 21..]);

    let only_new = Vault::local(&ring("b", &[]));
    assert_eq!(only_new.open(&place, &rewrapped).await.unwrap().expose(), b"value");
    assert!(is_refused(only_new.open(&place, &sealed).await));
    assert!(is_refused(only_new.rewrap(&sealed).await));
}

#[tokio::test]
async fn a_key_of_the_same_name_with_other_bytes_opens_nothing() {
    let place = ColumnContext::new("t", "c", [1]);
    let sealed = Vault::local(&ring("a", &[])).seal(&place, b"value").await.unwrap();
    let other = Vault::local(&KeyRing::new(Key::new("a", &[0; 32]).unwrap()));
    assert!(is_refused(other.open(&place, &sealed).await));
}

#[tokio::test]
async fn the_same_value_never_looks_the_same() {
    let vault = Vault::local(&ring("a", &[]));
    let place = ColumnContext::new("t", "c", [1]);
    let one = vault.seal(&place, b"value").await.unwrap();
    let other = vault.seal(&place, b"value").await.unwrap();
    assert_ne!(one[one.len() - 21..], other[other.len() - 21..]);
    assert_eq!(one.len(), 92 + "a".len() + "value".len());
}

#[tokio::test]
async fn every_bit_counts_and_every_byte_is_needed() {
    let vault = Vault::local(&ring("a", &["b"]));
    let place = ColumnContext::new("t", "c", [1]);
    let sealed = vault.seal(&place, b"v").await.unwrap();
    for at in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[at / 8] ^= 1 << (at % 8);
        assert!(is_refused(vault.open(&place, &changed).await), "bit {at}");
    }
    for length in 0..sealed.len() {
        assert!(is_refused(vault.open(&place, &sealed[..length]).await), "{length} bytes");
    }
    let longer = [&sealed[..], b"x"].concat();
    assert!(is_refused(vault.open(&place, &longer).await));
}

/// A key management service that can be away.
struct Remote {
    keys: LocalKeys,
    calls: Arc<AtomicUsize>,
    away: bool,
}

impl Remote {
    fn called(&self) -> Result<(), EnvelopeError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.away { Err(EnvelopeError::Unavailable("connection refused".into())) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl KeyProvider for Remote {
    async fn newest(&self) -> Result<KeyId, EnvelopeError> {
        self.keys.newest().await
    }

    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, EnvelopeError> {
        self.called()?;
        self.keys.wrap(key).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, EnvelopeError> {
        self.called()?;
        self.keys.unwrap(wrapped).await
    }
}

#[tokio::test]
async fn keys_may_be_elsewhere_and_away() {
    let calls = Arc::new(AtomicUsize::new(0));
    let remote =
        |away| Vault::new(Remote { keys: LocalKeys::new(&ring("a", &[])), calls: Arc::clone(&calls), away });
    let place = ColumnContext::new("t", "c", [1]);
    let sealed = remote(false).seal(&place, b"value").await.unwrap();
    assert_eq!(remote(false).open(&place, &sealed).await.unwrap().expose(), b"value");
    assert_eq!(calls.load(Ordering::SeqCst), 2);

    let error = Error::from(remote(true).open(&place, &sealed).await.unwrap_err());
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    // What is no sealed value is refused without a call.
    assert!(is_refused(remote(true).open(&place, b"nonsense").await));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

proptest! {
    #[test]
    fn opens_in_its_place_and_nowhere_else(
        value: Vec<u8>,
        one in ("[ab]{0,2}", "[ab]{0,2}", any::<[u8; 1]>()),
        other in ("[ab]{0,2}", "[ab]{0,2}", any::<[u8; 1]>()),
    ) {
        run(async {
            let vault = Vault::local(&ring("a", &[]));
            let place = ColumnContext::new(&one.0, &one.1, one.2);
            let sealed = vault.seal(&place, &value).await.unwrap();
            assert_eq!(vault.open(&place, &sealed).await.unwrap().expose(), &value);
            let elsewhere = ColumnContext::new(&other.0, &other.1, other.2);
            assert_eq!(vault.open(&elsewhere, &sealed).await.is_ok(), one == other);
        });
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let vault = Vault::local(&ring("a", &[]));
        let place = ColumnContext::new("t", "c", [1]);
        run(async {
            assert!(is_refused(vault.open(&place, &bytes).await));
            let versioned = [&[1, 1, b'a', 0, 72], &bytes[..]].concat();
            assert!(is_refused(vault.rewrap(&versioned).await));
        });
    }
}
