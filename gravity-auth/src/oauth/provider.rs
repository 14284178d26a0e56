//! [`Provider`].

use gravity_core::SecretString;

use super::OAuthError;
use crate::domain::EmailAddress;
use crate::jwt::{Algorithm, SigningKey};

/// Who signs people in, and as which client one is known there.
///
/// ```
/// use gravity_auth::oauth::{ClientSecret, Provider};
///
/// let google = Provider::google("123.apps.googleusercontent.com", ClientSecret::post("a secret"));
/// let own = Provider::oidc("keycloak", "https://sso.example.org/realms/us", "web", ClientSecret::Public)
///     .with_scopes(["openid", "email", "groups"]);
/// assert_eq!(own.id(), "keycloak");
/// ```
#[derive(Debug, Clone)]
pub struct Provider {
    pub(super) id: Box<str>,
    pub(super) client_id: Box<str>,
    pub(super) secret: ClientSecret,
    pub(super) scopes: Box<str>,
    pub(super) kind: Kind,
    authority: Authority,
}

/// Of which addresses a provider decides whose they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Authority {
    #[default]
    None,
    /// Of those at these domains, in lower case.
    Domains(Box<[Box<str>]>),
    All,
}

/// What is different from provider to provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An issuer of OpenID Connect, found by discovery.
    Oidc { issuer: Box<str> },
    /// Microsoft, for people of one tenant or of several.
    Microsoft { base: Box<str>, tenant: Box<str> },
    /// Apple: the answer comes as a form, and the name with it.
    Apple { issuer: Box<str> },
    /// GitHub, which is no issuer of OpenID Connect.
    GitHub { web: Box<str>, api: Box<str> },
}

/// How the client shows the provider who it is. It never prints.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientSecret {
    /// By a secret in the form (`client_secret_post`).
    Post(SecretString),
    /// By a secret in the header (`client_secret_basic`).
    Basic(SecretString),
    /// By a token that is signed for each exchange, as Apple wants it.
    Apple(AppleKey),
    /// Not at all: PKCE alone.
    Public,
}

/// The key that Apple gives out for signing in: the file `AuthKey_KEYID.p8`.
#[derive(Debug, Clone)]
pub struct AppleKey {
    pub(super) team: Box<str>,
    pub(super) id: Box<str>,
    pub(super) key: SigningKey,
}

impl ClientSecret {
    /// By a secret in the form.
    pub fn post(secret: impl Into<SecretString>) -> Self {
        Self::Post(secret.into())
    }

    /// By a secret in the header.
    pub fn basic(secret: impl Into<SecretString>) -> Self {
        Self::Basic(secret.into())
    }
}

impl AppleKey {
    /// The key of a team (10 letters and digits each for the team and the key), as the text of its file.
    pub fn new(team: &str, id: &str, pem: &SecretString) -> Result<Self, OAuthError> {
        let is_name = |name: &str| {
            (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !is_name(team) || !is_name(id) {
            return Err(OAuthError::Config("the names of Apple's team and key are letters and digits"));
        }
        let key = SigningKey::from_pem(pem).map_err(|_| OAuthError::Config("Apple's key is no key file"))?;
        if key.algorithm() != Algorithm::Es256 {
            return Err(OAuthError::Config("Apple's key is one for ES256"));
        }
        Ok(Self { team: team.into(), id: id.into(), key })
    }
}

impl Provider {
    fn new(id: &str, client_id: &str, secret: ClientSecret, scopes: &str, kind: Kind) -> Self {
        Self {
            id: id.into(),
            client_id: client_id.into(),
            secret,
            scopes: scopes.into(),
            kind,
            authority: Authority::None,
        }
    }

    /// Any issuer of OpenID Connect, under a name of one's own. The issuer is written as in its discovery document.
    pub fn oidc(id: &str, issuer: &str, client_id: &str, secret: ClientSecret) -> Self {
        Self::new(id, client_id, secret, "openid email profile", Kind::Oidc { issuer: issuer.into() })
    }

    /// Google.
    pub fn google(client_id: &str, secret: ClientSecret) -> Self {
        Self::oidc("google", "https://accounts.google.com", client_id, secret)
    }

    /// Microsoft: people of one tenant (its id), of any (`organizations`), private ones (`consumers`), or all
    /// (`common`).
    ///
    /// Addresses there are not verified unless the claim `xms_edov` says so, or the account is a private one.
    pub fn microsoft(tenant: &str, client_id: &str, secret: ClientSecret) -> Self {
        Self::new(
            "microsoft",
            client_id,
            secret,
            "openid email profile",
            Kind::Microsoft { base: "https://login.microsoftonline.com".into(), tenant: tenant.into() },
        )
    }

    /// Microsoft at another address: for tests.
    #[cfg(feature = "testing")]
    pub fn microsoft_at(base: &str, tenant: &str, client_id: &str, secret: ClientSecret) -> Self {
        let kind = Kind::Microsoft { base: base.into(), tenant: tenant.into() };
        Self { kind, ..Self::microsoft(tenant, client_id, secret) }
    }

    /// Apple. Its answer is a form that the browser posts from Apple's page, so that the cookie of
    /// [`Started`](super::Started) has to be one with `SameSite=None; Secure`; see [`posts_back`](Self::posts_back).
    pub fn apple(client_id: &str, key: AppleKey) -> Self {
        let kind = Kind::Apple { issuer: "https://appleid.apple.com".into() };
        Self::new("apple", client_id, ClientSecret::Apple(key), "openid email name", kind)
    }

    /// Apple at another address: for tests.
    #[cfg(feature = "testing")]
    pub fn apple_at(issuer: &str, client_id: &str, key: AppleKey) -> Self {
        let kind = Kind::Apple { issuer: issuer.into() };
        Self { kind, ..Self::apple(client_id, key) }
    }

    /// GitHub.
    pub fn github(client_id: &str, secret: ClientSecret) -> Self {
        Self::github_at("https://github.com", "https://api.github.com", client_id, secret)
    }

    /// GitHub on a server of one's own: the addresses of its pages and of its API.
    pub fn github_at(web: &str, api: &str, client_id: &str, secret: ClientSecret) -> Self {
        let address = |url: &str| url.trim_end_matches('/').into();
        let kind = Kind::GitHub { web: address(web), api: address(api) };
        Self::new("github", client_id, secret, "read:user user:email", kind)
    }

    /// Another name, for a second client of one provider.
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// Other scopes than those that an [`Identity`](super::Identity) takes.
    pub fn with_scopes<'s>(mut self, scopes: impl IntoIterator<Item = &'s str>) -> Self {
        self.scopes = scopes.into_iter().collect::<Vec<_>>().join(" ").into();
        self
    }

    /// The provider decides whose the addresses at these domains are, such as Google for `gmail.com`: where it says that
    /// one is verified, whoever has it there is let in to the account that has it here. Without this nobody is but who
    /// was linked.
    ///
    /// Name domains only whose mail the provider delivers itself: whoever it lets claim an address gets the account.
    pub fn with_authority_for<'d>(mut self, domains: impl IntoIterator<Item = &'d str>) -> Self {
        let domains = domains.into_iter().map(|domain| domain.to_ascii_lowercase().into());
        self.authority = Authority::Domains(domains.collect());
        self
    }

    /// The same for all addresses: of the one provider of a company, which knows all who may come.
    pub fn with_authority_for_all(mut self) -> Self {
        self.authority = Authority::All;
        self
    }

    /// Whether the provider decides whose this address is.
    pub fn has_authority_for(&self, email: &EmailAddress) -> bool {
        let domain = email.key().rsplit_once('@').map(|(_, domain)| domain);
        match &self.authority {
            Authority::None => false,
            Authority::Domains(domains) => domains.iter().any(|ours| Some(&**ours) == domain),
            Authority::All => true,
        }
    }

    /// The name by which routes and accounts call it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the answer comes as a form that the browser posts, rather than by a redirect.
    pub const fn posts_back(&self) -> bool {
        matches!(self.kind, Kind::Apple { .. })
    }

    pub(super) fn check(&self) -> Result<(), OAuthError> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(is_name) {
            return Err(OAuthError::Config("a provider's name has 1 to 32 letters, digits, `_` and `-`"));
        }
        if !(1..=512).contains(&self.client_id.len()) {
            return Err(OAuthError::Config("the client has no id"));
        }
        match &self.kind {
            Kind::Microsoft { tenant, .. } if !is_tenant(tenant) && !is_many(tenant) => {
                Err(OAuthError::Config("a tenant is an id, `common`, `organizations` or `consumers`"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether this is the id of one tenant of Microsoft's: a UUID in its usual form.
pub(super) fn is_tenant(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_many(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations" | "consumers")
}
