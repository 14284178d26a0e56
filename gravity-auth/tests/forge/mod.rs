//! Tokens made by hand, good and bad.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gravity_auth::jwt::{Algorithm, SigningKey, Verifier, VerifyingKey};
use gravity_auth::testing::sign_anything;
use gravity_core::{Clock, TestClock, Timestamp};
use serde_json::{Map, Value, json};

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) const RSA: &str = include_str!("../keys/rsa-2048.pem");
pub(crate) const RSA_PUBLIC: &str = include_str!("../keys/rsa-2048-public.pem");

pub(crate) struct Keys {
    all: BTreeMap<Algorithm, SigningKey>,
    samples: Vec<String>,
}

pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = |algorithm| match algorithm {
        Algorithm::Rs256 => SigningKey::from_pem(&RSA.into()).unwrap(),
        other => SigningKey::generate(other).unwrap(),
    };
    let all: BTreeMap<_, _> =
        Algorithm::ALL.into_iter().map(|algorithm| (algorithm, key(algorithm))).collect();
    let samples = all.values().map(|key| Forge::new(key.clone()).token()).collect();
    Keys { all, samples }
});

impl Keys {
    pub(crate) fn signing(&self, algorithm: Algorithm) -> &SigningKey {
        &self.all[&algorithm]
    }

    pub(crate) fn id(&self, algorithm: Algorithm) -> &str {
        self.signing(algorithm).id()
    }

    pub(crate) fn verifying(&self) -> Vec<VerifyingKey> {
        self.all.values().map(|key| key.verifying_key().clone()).collect()
    }

    pub(crate) fn sample(&self, which: usize) -> &str {
        &self.samples[which]
    }
}

pub(crate) fn clock() -> Clock {
    TestClock::at(Timestamp::from_seconds(NOW).unwrap()).clock()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::access_tokens("https://us", "api").with_clock(clock())
}

pub(crate) fn claims() -> Value {
    json!({ "iss": "https://us", "aud": "api", "sub": "42", "exp": NOW + 900, "iat": NOW, "jti": "t1", "sid": "s1" })
}

pub(crate) fn encode(bytes: &(impl AsRef<[u8]> + ?Sized)) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token that is signed whatever it says.
pub(crate) struct Forge {
    key: SigningKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<Vec<u8>>,
    raw_claims: Option<Vec<u8>>,
}

impl Forge {
    pub(crate) fn new(key: SigningKey) -> Self {
        let header = json!({ "alg": key.algorithm().name(), "typ": "at+jwt", "kid": key.id() });
        let (Value::Object(header), Value::Object(claims)) = (header, claims()) else { unreachable!() };
        Self { key, header, claims, raw_header: None, raw_claims: None }
    }

    pub(crate) fn of(algorithm: Algorithm) -> Self {
        Self::new(KEYS.signing(algorithm).clone())
    }

    pub(crate) fn with_secret(secret: &[u8]) -> Self {
        Self::new(SigningKey::from_secret(secret).unwrap())
    }

    /// By a key that nobody here knows.
    pub(crate) fn stranger() -> Self {
        Self::new(SigningKey::generate(Algorithm::EdDsa).unwrap())
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) fn header(mut self, name: &str, value: Value) -> Self {
        self.header.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    pub(crate) fn raw_header(mut self, text: &str) -> Self {
        self.raw_header = Some(text.into());
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    pub(crate) fn raw_claims(self, text: &str) -> Self {
        self.bytes_as_claims(text.as_bytes())
    }

    pub(crate) fn bytes_as_claims(mut self, bytes: &[u8]) -> Self {
        self.raw_claims = Some(bytes.to_vec());
        self
    }

    pub(crate) fn token(self) -> String {
        let header = self.raw_header.unwrap_or_else(|| serde_json::to_vec(&self.header).unwrap());
        let claims = self.raw_claims.unwrap_or_else(|| serde_json::to_vec(&self.claims).unwrap());
        sign_anything(&self.key, &header, &claims).expose().clone()
    }
}
