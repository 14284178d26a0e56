//! [`Verifier`]: what a token has to be.

mod lookup;
mod registered;

use std::time::Duration;

use gravity_core::{Clock, Timestamp};
use serde::de::DeserializeOwned;

pub use lookup::KeyLookup;
use registered::Registered;

use super::error::reason;
use super::header::Header;
use super::{Algorithm, NumericDate, TokenError, base64url};

/// The longest token that is looked at, in bytes. It is what a request may carry as credentials.
pub const MAX_TOKEN_LENGTH: usize = 8 * 1024;

/// Room for a header. None of a sane issuer comes near.
const HEADER_ROOM: usize = 1024;

/// Room for a signature by an RSA key of 8192 bits.
const SIGNATURE_ROOM: usize = 1032;

/// What a token has to be so that it is believed.
///
/// Refused is, whatever the settings: what is no compact JWS in its one spelling, or longer than 8 KiB; a
/// header that brings or points to a key (`jwk`, `jku`, `x5c`, `x5u`) or asks for extensions (`crit`,
/// `b64`, `zip`, `enc`); another algorithm than the key's; another type; a member that is there twice, in
/// the header or anywhere in the claims; U+0000; claims nested deeper than 16; a token without `exp`.
///
/// ```
/// use gravity_auth::jwt::{Algorithm, NumericDate, Signer, SigningKey, Verifier};
/// use gravity_core::Clock;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Invitation {
///     iss: String,
///     aud: String,
///     exp: NumericDate,
///     room: u32,
/// }
///
/// let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
/// let exp = NumericDate::of(Clock::system().now().saturating_add(std::time::Duration::from_secs(60)));
/// let invitation = Invitation { iss: "https://us".into(), aud: "rooms".into(), exp, room: 7 };
/// let token = Signer::new(key.clone(), "invitation+jwt").sign(&invitation).unwrap();
///
/// let verifier = Verifier::new("https://us", "rooms").with_type("invitation+jwt");
/// let read: Invitation = verifier.verify(token.expose(), key.verifying_key()).unwrap();
/// assert_eq!(read.room, 7);
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    issuer: Box<str>,
    /// Empty for any.
    audiences: Vec<Box<str>>,
    kind: Kind,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
    max_age: Option<Duration>,
    clock: Clock,
}

/// What the header's `typ` has to be.
#[derive(Debug, Clone)]
enum Kind {
    Exactly(Box<str>),
    /// `JWT`, or nothing.
    Plain,
}

impl Verifier {
    /// Tokens of this issuer for this audience, whose type is `JWT` or not said: id tokens, and most of those of others.
    pub fn new(issuer: impl Into<Box<str>>, audience: impl Into<Box<str>>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            kind: Kind::Plain,
            algorithms: Algorithm::ALL.to_vec(),
            leeway: Duration::from_secs(30),
            max_age: None,
            clock: Clock::system(),
        }
    }

    /// Access tokens (RFC 9068) of this issuer for this audience: their type is `at+jwt`, so that no other
    /// token of the issuer is taken for one.
    pub fn access_tokens(issuer: impl Into<Box<str>>, audience: impl Into<Box<str>>) -> Self {
        Self::new(issuer, audience).with_type("at+jwt")
    }

    /// Tokens of exactly this type, in any case and with `application/` before it or not.
    pub fn with_type(mut self, kind: &str) -> Self {
        self.kind = Kind::Exactly(kind.into());
        self
    }

    /// Tokens for this audience too.
    pub fn with_audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Tokens for any audience, or for none. Whoever is handed such a token can use it here.
    pub fn for_any_audience(mut self) -> Self {
        self.audiences.clear();
        self
    }

    /// Keys of these algorithms only, instead of all that are known.
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How far the issuer's clock may be off, instead of 30 s.
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Tokens that were issued (`iat`) no longer ago than this, whenever they expire.
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What the clock of this verifier shows.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The claims of a token that is what it has to be.
    pub fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        keys: &(impl KeyLookup + ?Sized),
    ) -> Result<C, TokenError> {
        let json = self.claims(token, keys)?;
        serde_json::from_slice(&json).map_err(|error| TokenError::Claims(reason(&error)))
    }

    fn claims(&self, token: &str, keys: &(impl KeyLookup + ?Sized)) -> Result<Vec<u8>, TokenError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::TooLong(token.len()));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Form)?;
        if claims.contains('.') {
            return Err(TokenError::Form);
        }
        let mut room = [0; HEADER_ROOM];
        let header = base64url::decode_into(header, &mut room).ok_or(TokenError::Base64("header"))?;
        let header = Header::read(header)?;
        let said =
            header.algorithm.as_deref().and_then(Algorithm::of_name).ok_or(TokenError::UnknownAlgorithm)?;
        self.kind.check(header.kind.as_deref())?;
        let key = keys.find(header.key_id.as_deref())?;
        if said != key.algorithm() {
            return Err(TokenError::WrongAlgorithm { said, key: key.algorithm() });
        }
        if !self.algorithms.contains(&said) {
            return Err(TokenError::AlgorithmNotAllowed(said));
        }
        let mut room = [0; SIGNATURE_ROOM];
        let signature =
            base64url::decode_into(signature, &mut room).ok_or(TokenError::Base64("signature"))?;
        if !key.holds(signed.as_bytes(), signature) {
            return Err(TokenError::Signature);
        }
        let claims = base64url::decode(claims).ok_or(TokenError::Base64("claims"))?;
        let registered: Registered<'_> =
            serde_json::from_slice(&claims).map_err(|error| TokenError::Json("claims", reason(&error)))?;
        self.check(&registered)?;
        Ok(claims)
    }

    fn check(&self, claims: &Registered<'_>) -> Result<(), TokenError> {
        match claims.issuer.as_deref() {
            None => return Err(TokenError::MissingClaim("iss")),
            Some(issuer) if issuer != &*self.issuer => return Err(TokenError::Issuer),
            Some(_) => {}
        }
        if !self.audiences.is_empty() {
            let is_ours = |one: &str| self.audiences.iter().any(|ours| **ours == *one);
            if !claims.audience.as_ref().ok_or(TokenError::MissingClaim("aud"))?.any(is_ours) {
                return Err(TokenError::Audience);
            }
        }
        self.check_times(claims)
    }

    fn check_times(&self, claims: &Registered<'_>) -> Result<(), TokenError> {
        let now = self.clock.now();
        let (early, late) = (now.saturating_sub(self.leeway), now.saturating_add(self.leeway));
        if claims.expires.ok_or(TokenError::MissingClaim("exp"))?.timestamp() <= early {
            return Err(TokenError::Expired);
        }
        if claims.not_before.is_some_and(|time| time.timestamp() > late) {
            return Err(TokenError::NotYetValid);
        }
        if claims.issued.is_some_and(|time| time.timestamp() > late) {
            return Err(TokenError::IssuedInFuture);
        }
        if let Some(age) = self.max_age {
            let issued = claims.issued.map(NumericDate::timestamp).ok_or(TokenError::MissingClaim("iat"))?;
            if issued.saturating_add(age) < early {
                return Err(TokenError::TooOld);
            }
        }
        Ok(())
    }
}

impl Kind {
    fn check(&self, said: Option<&str>) -> Result<(), TokenError> {
        const PREFIX: &str = "application/";
        let said = said.map(|said| match said.get(..PREFIX.len()) {
            Some(start) if start.eq_ignore_ascii_case(PREFIX) => said.get(PREFIX.len()..).unwrap_or_default(),
            _ => said,
        });
        let (wanted, holds) = match self {
            Self::Exactly(kind) => (&**kind, said.is_some_and(|said| said.eq_ignore_ascii_case(kind))),
            Self::Plain => ("JWT", said.is_none_or(|said| said.eq_ignore_ascii_case("JWT"))),
        };
        if holds { Ok(()) } else { Err(TokenError::WrongType(wanted.into())) }
    }
}
