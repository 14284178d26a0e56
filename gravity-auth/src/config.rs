//! [`AuthConfig`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gravity_core::security::KeyRing;
use gravity_core::security::password::PasswordConfig;
use gravity_core::validate::{Faults, Schema};
use gravity_core::{Clock, Error, Metrics, SecretString};

use crate::hooks::{HookList, Hooks};
use crate::http::origin_of;
use crate::passkey::{PasskeyError, RelyingParty};
use crate::password::PasswordRules;
use crate::ports::{AvatarFiles, Delivery, MemoryFiles, Undelivered};
use crate::settings::{
    AuthSettings, CookieSettings, MailSettings, OAuthSettings, PasskeySettings, PasswordSettings,
    PeopleSettings, SecondFactorSettings, SessionSettings, SignUp, TokenSettings,
};
use crate::throttle::Throttles;

/// How [`Auth`](crate::Auth) works: its settings, its keys, and what it needs from outside.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    pub(crate) settings: AuthSettings,
    pub(crate) ring: KeyRing,
    pub(crate) clock: Clock,
    pub(crate) delivery: Arc<dyn Delivery>,
    pub(crate) files: Arc<dyn AvatarFiles>,
    pub(crate) rules: PasswordRules,
    pub(crate) hashing: PasswordConfig,
    pub(crate) throttles: Throttles,
    pub(crate) metrics: Metrics,
    #[cfg(all(feature = "redis", any(feature = "sqlite", feature = "postgres")))]
    pub(crate) sessions_in: Option<gravity_core::redis::Redis>,
    #[cfg(feature = "client")]
    pub(crate) providers: Vec<crate::oauth::Provider>,
    #[cfg(feature = "client")]
    pub(crate) provider_calls: Option<crate::oauth::ProviderCalls>,
    pub(crate) hooks: HookList,
}

impl AuthConfig {
    /// An application that is reached under this address, such as `https://shop.example`, with keys that all its
    /// nodes share. All else has defaults; mail waits until somebody says how it is [delivered](Self::with_delivery).
    pub fn new(issuer: impl Into<String>, keys: KeyRing) -> Self {
        let settings = AuthSettings {
            issuer: issuer.into(),
            keys: SecretString::new(String::new()),
            audience: "api".to_owned(),
            sign_up: SignUp::default(),
            sessions: SessionSettings::default(),
            tokens: TokenSettings::default(),
            mail: MailSettings::default(),
            cookies: CookieSettings::default(),
            passwords: PasswordSettings::default(),
            people: PeopleSettings::default(),
            passkeys: PasskeySettings::default(),
            oauth: OAuthSettings::default(),
            providers: BTreeMap::new(),
            second_factors: SecondFactorSettings::default(),
        };
        Self::of(settings, keys)
    }

    /// The configuration of settings that were read from a file or the environment.
    pub fn from_settings(settings: AuthSettings) -> Result<Self, Error> {
        let wrong = |error: gravity_core::security::key::KeyError| {
            Error::validation(Faults::one("/keys", "invalid", error.to_string()))
        };
        let keys = settings.keys.expose().parse().map_err(wrong)?;
        Ok(Self::of(settings, keys))
    }

    fn of(settings: AuthSettings, ring: KeyRing) -> Self {
        let clock = Clock::system();
        let passwords = &settings.passwords;
        Self {
            rules: PasswordRules::default()
                .with_length(passwords.least as usize, passwords.most as usize)
                .with_words(passwords.words.iter().cloned()),
            hashing: PasswordConfig::default()
                .with_memory_kib(passwords.memory_kib)
                .with_passes(passwords.passes),
            throttles: Throttles::in_memory(&clock),
            metrics: Metrics::new(),
            #[cfg(all(feature = "redis", any(feature = "sqlite", feature = "postgres")))]
            sessions_in: None,
            delivery: Arc::new(Undelivered),
            files: Arc::new(MemoryFiles::default()),
            #[cfg(feature = "client")]
            providers: Vec::new(),
            #[cfg(feature = "client")]
            provider_calls: None,
            hooks: HookList::default(),
            settings,
            ring,
            clock,
        }
    }

    /// Changes settings that have defaults.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut AuthSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// How people sign up.
    #[must_use]
    pub fn with_sign_up(self, sign_up: SignUp) -> Self {
        self.with(|settings| settings.sign_up = sign_up)
    }

    /// Passkeys, bound for good to this domain: that of the issuer, or one above it. Their pages are the issuer's, unless
    /// the settings name others.
    #[must_use]
    pub fn with_passkeys(self, domain: impl Into<String>) -> Self {
        self.with(|settings| settings.passkeys.domain = Some(domain.into()))
    }

    /// Who delivers mail.
    #[must_use]
    pub fn with_delivery(mut self, delivery: impl Delivery) -> Self {
        self.delivery = Arc::new(delivery);
        self
    }

    /// Who keeps people's pictures, instead of the memory of the process.
    #[must_use]
    pub fn with_avatar_files(mut self, files: impl AvatarFiles) -> Self {
        self.files = Arc::new(files);
        self
    }

    /// Another provider that signs people in, beside those of the settings.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn with_provider(mut self, provider: crate::oauth::Provider) -> Self {
        self.providers.push(provider);
        self
    }

    /// How providers are called, instead of at public addresses only.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn with_provider_calls(mut self, calls: crate::oauth::ProviderCalls) -> Self {
        self.provider_calls = Some(calls);
        self
    }

    /// What new passwords have to be, instead of what the settings say.
    #[must_use]
    pub fn with_password_rules(mut self, rules: PasswordRules) -> Self {
        self.rules = rules;
        self
    }

    /// How passwords are hashed, instead of what the settings say.
    #[must_use]
    pub fn with_hashing(mut self, hashing: PasswordConfig) -> Self {
        self.hashing = hashing;
        self
    }

    /// How often somebody may try, instead of the default limits, which each node counts for itself.
    #[must_use]
    pub fn with_throttles(mut self, throttles: Throttles) -> Self {
        self.throttles = throttles;
        self
    }

    /// Keeps live sessions in Redis, where [`Auth::new`](crate::Auth::new) otherwise keeps them in the database: see
    /// [`SqlStore::with_sessions_in`](crate::SqlStore::with_sessions_in).
    #[cfg(all(feature = "redis", any(feature = "sqlite", feature = "postgres")))]
    #[must_use]
    pub fn with_sessions_in(mut self, redis: &gravity_core::redis::Redis) -> Self {
        self.sessions_in = Some(redis.clone());
        self
    }

    /// Counts the jobs of sign-in into these metrics, as [`NodeConfig::with_metrics`] does.
    ///
    /// [`NodeConfig::with_metrics`]: gravity_core::jobs::NodeConfig::with_metrics
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.metrics = metrics.clone();
        self
    }

    /// What the application does at the main steps, after the hooks that were added before.
    #[must_use]
    pub fn with_hooks(mut self, hooks: impl Hooks) -> Self {
        self.hooks.push(hooks);
        self
    }

    /// What tells the time, instead of the system's clock. Limits in memory follow it.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.throttles = Throttles::in_memory(&clock);
        self.clock = clock;
        self
    }

    /// Whether everything can be what it is: all that cannot is told at once, by its name.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut faults = Faults::new();
        let issuer = &self.settings.issuer;
        let is_url = issuer.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("https" | "http"))
                && uri.authority().is_some()
                && uri.query().is_none()
        });
        if !is_url || issuer.ends_with('/') || issuer.contains('#') {
            faults.add(
                "/issuer",
                "invalid",
                "is an address such as `https://shop.example`, without a slash at its end",
            );
        }
        check_part("/sessions", &self.settings.sessions, &mut faults);
        if let Err(wrong) = self.settings.tokens.key() {
            faults.nest("/tokens", wrong);
        }
        check_part("/mail", &self.settings.mail, &mut faults);
        check_part("/cookies", &self.settings.cookies, &mut faults);
        check_part("/passwords", &self.settings.passwords, &mut faults);
        check_part("/people", &self.settings.people, &mut faults);
        check_part("/passkeys", &self.settings.passkeys, &mut faults);
        if let Err(error) = self.site() {
            faults.add("/passkeys", "invalid", error.to_string());
        }
        check_part("/oauth", &self.settings.oauth, &mut faults);
        #[cfg(not(feature = "client"))]
        if !self.settings.providers.is_empty() {
            faults.add("/providers", "unavailable", "needs the feature `client`");
        }
        check_part("/second_factors", &self.settings.second_factors, &mut faults);
        faults.into_result().map_err(Error::validation)
    }

    /// The site that passkeys are for, if there is one.
    pub(crate) fn site(&self) -> Result<Option<RelyingParty>, PasskeyError> {
        let AuthSettings { issuer, mail, passkeys, .. } = &self.settings;
        let Some(domain) = &passkeys.domain else { return Ok(None) };
        let name = passkeys.name.as_ref().unwrap_or(&mail.application);
        let issuer = [origin_of(issuer)];
        let site = match passkeys.origins.as_slice() {
            [] => RelyingParty::new(domain, name, issuer),
            origins => RelyingParty::new(domain, name, origins.iter().map(String::as_str)),
        };
        Ok(Some(site?.with_clock(self.clock.clone())))
    }

    pub(crate) fn grace_of_deleted(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.settings.people.grace_days))
    }

    pub(crate) fn access(&self) -> Duration {
        Duration::from_secs(self.settings.sessions.access_seconds.into())
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_hours(self.settings.sessions.idle_hours.into())
    }

    pub(crate) fn absolute(&self) -> Duration {
        Duration::from_hours(self.settings.sessions.absolute_hours.into())
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.settings.sessions.grace_seconds.into())
    }
}

/// What was set in the program is checked as what is read from a file.
fn check_part<T: schemars::JsonSchema + serde::Serialize>(name: &str, part: &T, faults: &mut Faults) {
    let checked = Schema::of::<T>().map(|schema| {
        // Settings are numbers and texts.
        let value = serde_json::to_value(part).unwrap_or_default();
        schema.validate(&value)
    });
    match checked {
        Ok(Ok(())) => {}
        Ok(Err(wrong)) => faults.nest(name, wrong),
        Err(error) => faults.add(name, "schema", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use gravity_core::security::Key;

    use super::*;
    use crate::jwt::Algorithm;

    fn config() -> AuthConfig {
        AuthConfig::new("https://shop.example", KeyRing::new(Key::generate("k").unwrap()))
    }

    fn wrong(config: &AuthConfig) -> Vec<String> {
        let error = config.check().err();
        error.iter().flat_map(|error| error.faults().iter()).map(|fault| fault.pointer.clone()).collect()
    }

    #[test]
    fn defaults_are_right() {
        assert_eq!(wrong(&config()), Vec::<String>::new());
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        let config = config().with(|settings| {
            settings.issuer = "shop.example/".to_owned();
            settings.sessions.most = 0;
            settings.mail.code_digits = 4;
            settings.passwords.least = 6;
        });
        assert_eq!(wrong(&config), ["/issuer", "/sessions/most", "/mail/code_digits", "/passwords/least"]);
    }

    #[test]
    fn an_rsa_key_is_given_where_tokens_are_signed_by_one() {
        let rsa = include_str!("../tests/keys/rsa-2048.pem");
        let p256 = include_str!("../tests/keys/p256.pem");
        for (algorithm, key, is_right) in [
            (Algorithm::EdDsa, None, true),
            (Algorithm::Es256, None, true),
            (Algorithm::Hs256, None, true),
            (Algorithm::Rs256, Some(rsa), true),
            (Algorithm::Rs256, None, false),
            (Algorithm::Rs256, Some(p256), false),
            (Algorithm::Rs256, Some("no key"), false),
            (Algorithm::EdDsa, Some(rsa), false),
        ] {
            let config = config().with(|settings| {
                settings.tokens = TokenSettings { algorithm, rsa_key: key.map(SecretString::from) };
            });
            let expected: &[&str] = if is_right { &[] } else { &["/tokens/rsa_key"] };
            assert_eq!(wrong(&config), expected, "{algorithm} {key:?}");
        }
    }

    #[test]
    fn passkeys_are_for_the_pages_of_their_domain() {
        assert!(config().site().unwrap().is_none(), "nobody has named a domain");
        for domain in ["shop.example", "example"] {
            assert!(config().with_passkeys(domain).site().unwrap().is_some(), "{domain}");
        }
        for domain in ["other.example", "SHOP.example", "https://shop.example", "op.example"] {
            assert_eq!(wrong(&config().with_passkeys(domain)), ["/passkeys"], "{domain}");
        }
        let pages = |origin: &str| {
            let config = config().with_passkeys("shop.example");
            config.with(|settings| settings.passkeys.origins = vec![origin.to_owned()])
        };
        assert_eq!(wrong(&pages("https://login.shop.example:8443")), Vec::<String>::new());
        assert_eq!(wrong(&pages("https://shop.example.evil")), ["/passkeys"]);
        let none = config().with(|settings| settings.passkeys.most = 0);
        assert_eq!(wrong(&none), ["/passkeys/most"]);
    }

    #[test]
    fn an_issuer_is_an_address_without_a_slash_at_its_end() {
        for issuer in ["", "https://", "ftp://x", "https://x/", "https://x?a", "https://x#a", "//x", "x"] {
            let config = config().with(|settings| settings.issuer = issuer.to_owned());
            assert_eq!(wrong(&config), ["/issuer"], "{issuer}");
        }
        for issuer in ["https://x.example", "http://localhost:8080", "https://x.example/accounts"] {
            let config = config().with(|settings| settings.issuer = issuer.to_owned());
            assert_eq!(wrong(&config), Vec::<String>::new(), "{issuer}");
        }
    }
}
