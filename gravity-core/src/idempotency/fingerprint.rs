//! What a key stands for, and what a request asks.

use bytes::Bytes;
use http::HeaderName;
use sha2::{Digest, Sha256};

use super::Slot;
use crate::http::{ClientAddr, IdempotencyKey, Parts};

/// The hash of a row of values, each with its length in front, so that no two rows read alike.
#[derive(Default)]
struct Hashed(Sha256);

impl Hashed {
    fn part(mut self, value: &[u8]) -> Self {
        self.0.update((value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// What a key stands for: whose it is, on which route. Keys of different callers never meet. Without a caller the
/// address stands in, and without that, inside a process, nothing.
pub(super) fn slot(parts: &Parts, key: &IdempotencyKey) -> Slot {
    let address = ClientAddr::of(parts.head()).map(|address| address.0.to_string());
    let (kind, whose) = match (parts.principal(), &address) {
        (Some(principal), _) => ("subject", principal.subject().as_str()),
        (None, Some(address)) => ("address", address.as_str()),
        (None, None) => ("process", ""),
    };
    let route = parts.route();
    [kind, whose, route.method().as_str(), route.path(), key.as_str()]
        .into_iter()
        .fold(Hashed::default(), |hashed, part| hashed.part(part.as_bytes()))
        .finish()
}

/// What a request asks.
pub(super) fn of(parts: &Parts, headers: &[HeaderName], body: &Bytes) -> [u8; 32] {
    let query = parts.uri().query().unwrap_or_default();
    let mut hashed = Hashed::default()
        .part(parts.method().as_str().as_bytes())
        .part(parts.original_path().as_bytes())
        .part(query.as_bytes());
    for name in headers {
        let values = parts.headers().get_all(name);
        hashed = hashed.part(name.as_str().as_bytes()).part(&(values.iter().count() as u64).to_be_bytes());
        for value in values {
            hashed = hashed.part(value.as_bytes());
        }
    }
    hashed.part(body).finish()
}
