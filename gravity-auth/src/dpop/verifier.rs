//! [`DpopVerifier`].

use std::time::Duration;

use gravity_core::Clock;
use gravity_core::security::constant_time_eq;
use http::Method;
use ring::digest;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::target::normal;
use super::{DpopError, DpopProof, ReplayMark};
use crate::jwt::{Algorithm, Jwk, NumericDate, VerifyingKey, base64url};

/// The longest proof that is looked at: it holds a key.
const LONGEST: usize = 4_096;

/// Members of a JWK that no public key has.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Checks proofs (RFC 9449, section 4.3): their form, key and signature, that they are for this request and this
/// token, and of now.
///
/// ```
/// use gravity_auth::dpop::{DpopError, DpopVerifier};
/// use http::Method;
///
/// let verifier = DpopVerifier::new();
/// let refused = verifier.verify("no proof", &Method::GET, "https://api.example.org/notes", None);
/// assert_eq!(refused, Err(DpopError::Form));
/// ```
#[derive(Debug, Clone)]
pub struct DpopVerifier {
    max_age: Duration,
    leeway: Duration,
    nonce: Option<Box<str>>,
    clock: Clock,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Map<String, Value>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    ath: Option<String>,
    nonce: Option<String>,
}

impl Default for DpopVerifier {
    fn default() -> Self {
        Self::new()
    }
}

impl DpopVerifier {
    /// Proofs that were made up to a minute ago, by clocks that are up to 10 seconds ahead.
    pub const fn new() -> Self {
        Self {
            max_age: Duration::from_mins(1),
            leeway: Duration::from_secs(10),
            nonce: None,
            clock: Clock::system(),
        }
    }

    /// How old a proof may be.
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// How far a client's clock may be ahead.
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Proofs with this nonce only, which the server has given (section 8).
    pub fn with_nonce(mut self, nonce: impl Into<Box<str>>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the proof of a request to this address, as the client sees it, with this access token, if it has one.
    ///
    /// The caller checks that there is one header `DPoP` and no more, keeps the proof's
    /// [`replay`](DpopProof::replay) mark, and, for a token, checks [its key](DpopProof::check_key).
    pub fn verify(
        &self,
        proof: &str,
        method: &Method,
        url: &str,
        access_token: Option<&str>,
    ) -> Result<DpopProof, DpopError> {
        if proof.len() > LONGEST {
            return Err(DpopError::Form);
        }
        let (signed, signature) = proof.rsplit_once('.').ok_or(DpopError::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(DpopError::Form)?;
        let [header, claims, signature] =
            [header, claims, signature].map(|part| base64url::decode(part).ok_or(DpopError::Form));
        let key = key(&header?)?;
        let thumbprint = key.thumbprint().ok_or(DpopError::Key)?;
        let (claims, signature) = (claims?, signature?);
        if !key.holds(signed.as_bytes(), &signature) {
            return Err(DpopError::Signature);
        }
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| DpopError::Claims)?;
        if !(1..=256).contains(&claims.jti.len()) {
            return Err(DpopError::Claims);
        }
        if claims.htm != method.as_str() {
            return Err(DpopError::Method);
        }
        match (normal(&claims.htu), normal(url)) {
            (Some(said), Some(called)) if said == called => {}
            _ => return Err(DpopError::Address),
        }
        let (now, made) = (self.clock.now(), claims.iat.timestamp());
        if made > now.saturating_add(self.leeway) || made.saturating_add(self.max_age) < now {
            return Err(DpopError::Time);
        }
        if let Some(token) = access_token {
            let hash = base64url::encode(digest::digest(&digest::SHA256, token.as_bytes()));
            if !claims.ath.is_some_and(|said| constant_time_eq(said, hash)) {
                return Err(DpopError::AccessToken);
            }
        }
        if let Some(nonce) = &self.nonce
            && !claims.nonce.is_some_and(|said| constant_time_eq(said, &**nonce))
        {
            return Err(DpopError::Nonce);
        }
        // Kept a second longer than the proof is taken.
        let until = made.saturating_add(self.max_age + Duration::from_secs(1));
        Ok(DpopProof { replay: ReplayMark::new(&thumbprint, &claims.jti, until), thumbprint })
    }
}

/// The public key that a header brings, and that the proof says it is signed by.
fn key(header: &[u8]) -> Result<VerifyingKey, DpopError> {
    let Header { typ, alg, mut jwk, crit, b64 } =
        serde_json::from_slice(header).map_err(|_| DpopError::Header)?;
    if !typ.eq_ignore_ascii_case("dpop+jwt") || crit.is_some() || b64.is_some() {
        return Err(DpopError::Header);
    }
    if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
        return Err(DpopError::Key);
    }
    // A name that the client has chosen is of no use here.
    jwk.remove("kid");
    let jwk: Jwk = serde_json::from_value(Value::Object(jwk)).map_err(|_| DpopError::Key)?;
    let key = VerifyingKey::from_jwk(&jwk).map_err(|_| DpopError::Key)?;
    if Algorithm::of_name(&alg) != Some(key.algorithm()) {
        return Err(DpopError::Key);
    }
    Ok(key)
}
