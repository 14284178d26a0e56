//! [`RelyingParty`].

use std::time::Duration;

use gravity_core::Clock;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};

use super::authenticator_data::AuthenticatorData;
use super::{Ceremony, CeremonyKind, CredentialId, CredentialKey, Passkey, PasskeyError};
use crate::domain::UserId;
use crate::jwt::base64url;

/// Whether an authenticator has to verify its user, by a PIN or a finger, or only that somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserVerification {
    /// It has to: a passkey alone is then two factors.
    Required,
    /// It may: for a second factor beside a password.
    Preferred,
}

impl UserVerification {
    const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
        }
    }
}

/// The site that passkeys are for.
///
/// ```
/// use gravity_auth::domain::UserId;
/// use gravity_auth::passkey::{RelyingParty, UserVerification};
/// use gravity_core::Clock;
///
/// let site = RelyingParty::new("example.org", "Example", ["https://example.org", "https://www.example.org"]).unwrap();
/// let user = UserId::new(&Clock::system());
/// let (options, ceremony) =
///     site.begin_registration(user, "ada@example.org", "Ada", &[], UserVerification::Required).unwrap();
/// assert_eq!(options["rp"]["id"], "example.org");
/// assert_eq!(ceremony.user(), Some(user));
/// ```
#[derive(Debug, Clone)]
pub struct RelyingParty {
    id: Box<str>,
    name: Box<str>,
    pub(super) origins: Vec<Box<str>>,
    lifetime: Duration,
    pub(super) clock: Clock,
}

impl RelyingParty {
    /// The site of this domain, called this, whose pages are at these origins: `https` at the domain or below it, or
    /// `http://localhost` with a port, for development. Passkeys are bound to the domain for good.
    pub fn new<'o>(
        id: &str,
        name: &str,
        origins: impl IntoIterator<Item = &'o str>,
    ) -> Result<Self, PasskeyError> {
        let is_domain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if !(1..=253).contains(&id.len()) || !id.bytes().all(is_domain) {
            return Err(PasskeyError::Config("its id is a domain, in lower case"));
        }
        let origins: Vec<Box<str>> = origins.into_iter().map(Into::into).collect();
        if origins.is_empty() || !origins.iter().all(|origin| is_below(origin, id)) {
            return Err(PasskeyError::Config("its origins are https at the domain or below it"));
        }
        let lifetime = Duration::from_mins(5);
        Ok(Self { id: id.into(), name: name.into(), origins, lifetime, clock: Clock::system() })
    }

    /// How long a ceremony may take, instead of 5 minutes.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The options to make a passkey by, of a user who has these already, and what to keep until the response.
    pub fn begin_registration(
        &self,
        user: UserId,
        name: &str,
        display_name: &str,
        known: &[Passkey],
        verification: UserVerification,
    ) -> Result<(Value, Ceremony), PasskeyError> {
        let ceremony = self.ceremony(CeremonyKind::Registration, Some(user))?;
        let parameters: Vec<Value> =
            CredentialKey::ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
        let options = json!({
            "rp": { "id": self.id, "name": self.name },
            "user": { "id": base64url::encode(user.uuid().as_bytes()), "name": name, "displayName": display_name },
            "challenge": ceremony.challenge,
            "pubKeyCredParams": parameters,
            "timeout": self.timeout(),
            "excludeCredentials": descriptors(known),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": verification.name(),
            },
            "attestation": "none",
        });
        Ok((options, ceremony))
    }

    /// The options to sign in by a passkey, and what to keep until the response: of a user by their passkeys, or, with
    /// `None`, of whoever has one.
    pub fn begin_authentication(
        &self,
        user: Option<(UserId, &[Passkey])>,
        verification: UserVerification,
    ) -> Result<(Value, Ceremony), PasskeyError> {
        let ceremony = self.ceremony(CeremonyKind::Authentication, user.map(|(user, _)| user))?;
        let options = json!({
            "challenge": ceremony.challenge,
            "timeout": self.timeout(),
            "rpId": self.id,
            "allowCredentials": descriptors(user.map_or(&[], |(_, known)| known)),
            "userVerification": verification.name(),
        });
        Ok((options, ceremony))
    }

    fn ceremony(&self, kind: CeremonyKind, user: Option<UserId>) -> Result<Ceremony, PasskeyError> {
        let mut challenge = [0; 32];
        let filled = SystemRandom::new().fill(&mut challenge);
        filled.map_err(|_| PasskeyError::Config("the system gives no random bytes"))?;
        let expires_at = self.clock.now().saturating_add(self.lifetime);
        Ok(Ceremony { kind, challenge: base64url::encode(challenge), user, expires_at })
    }

    fn timeout(&self) -> u64 {
        u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX)
    }

    /// What every response has to say: this site, somebody there, and, where it was asked for, verified.
    pub(super) fn check(
        &self,
        data: &AuthenticatorData,
        verification: UserVerification,
    ) -> Result<(), PasskeyError> {
        if data.site != *digest::digest(&digest::SHA256, self.id.as_bytes()).as_ref() {
            return Err(PasskeyError::Site);
        }
        if !data.is_present() {
            return Err(PasskeyError::NotPresent);
        }
        if verification == UserVerification::Required && !data.is_verified() {
            return Err(PasskeyError::NotVerified);
        }
        Ok(())
    }
}

fn descriptors(known: &[Passkey]) -> Vec<Value> {
    let descriptor = |passkey: &Passkey| {
        let id: &CredentialId = &passkey.id;
        json!({ "type": "public-key", "id": id.to_string(), "transports": passkey.transports })
    };
    known.iter().map(descriptor).collect()
}

/// Whether an origin is one of a domain.
fn is_below(origin: &str, domain: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    let is_host =
        host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    is_port && is_host && (scheme == "https" || (scheme == "http" && host == "localhost"))
}
