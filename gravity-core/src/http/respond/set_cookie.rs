//! [`SetCookie`]: a cookie that an answer sets, safe where nothing else is said.

use std::time::Duration;

use http::HeaderValue;

use crate::http::cookie::is_value;
use crate::http::field::is_token;

/// What browsers keep of one cookie, name and value together.
const MAX_LEN: usize = 4096;

/// A cookie to set: hidden from scripts, sent over TLS only, not sent along from other sites' forms, and gone
/// when the browser is closed, unless something else is said.
///
/// ```
/// # use gravity_core::http::{InvalidCookie, SetCookie};
/// # fn main() -> Result<(), InvalidCookie> {
/// let cookie = SetCookie::host("session", "k3J9")?;
/// assert_eq!(cookie.to_string(), "__Host-session=k3J9; Path=/; Secure; HttpOnly; SameSite=Lax");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    name: String,
    value: String,
    path: String,
    domain: Option<String>,
    max_age: Option<Duration>,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
}

/// From which sites a browser sends a cookie along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// This site alone.
    Strict,
    /// This site, and links that lead to it.
    #[default]
    Lax,
    /// Any site. Forms of other sites can then act for whoever is signed in.
    None,
}

/// What cannot be a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCookie {
    /// The name is empty or has characters that need quotes.
    #[error("the name of a cookie must be a token")]
    Name,
    /// The value has spaces, quotes, commas, semicolons, backslashes or characters outside ASCII.
    #[error("the value of a cookie must be visible ASCII without quotes, commas, semicolons and backslashes")]
    Value,
    /// The path or the domain would end its attribute.
    #[error("the path or domain of a cookie is malformed")]
    Scope,
    /// Name and value are longer than browsers keep.
    #[error("name and value of a cookie are longer than 4096 bytes")]
    TooLong,
    /// The prefix of the name promises what the cookie does not keep.
    #[error("the prefix of the cookie's name forbids this")]
    Prefix,
}

impl SetCookie {
    /// A cookie for the whole site.
    pub fn new(name: &str, value: &str) -> Result<Self, InvalidCookie> {
        if !is_token(name) {
            return Err(InvalidCookie::Name);
        }
        if !is_value(value) {
            return Err(InvalidCookie::Value);
        }
        if name.len() + value.len() > MAX_LEN {
            return Err(InvalidCookie::TooLong);
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            path: "/".to_owned(),
            domain: None,
            max_age: None,
            secure: true,
            http_only: true,
            same_site: SameSite::default(),
        })
    }

    /// A cookie that nobody but this very host can set, by the prefix `__Host-` in front of its name: no other
    /// host of the domain, and nobody on a plain connection.
    pub fn host(name: &str, value: &str) -> Result<Self, InvalidCookie> {
        Self::new(&format!("__Host-{name}"), value)
    }

    /// Takes a cookie back: it is set to nothing and is gone at once. Path and domain must be those that it
    /// was set with.
    pub fn removal(name: &str) -> Result<Self, InvalidCookie> {
        Self::new(name, "").map(|cookie| cookie.max_age(Duration::ZERO))
    }

    /// How long it is kept, in whole seconds.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// From which sites it is sent along.
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Scripts may read it: whoever smuggles one into a page reads it too.
    #[must_use]
    pub fn readable_by_scripts(mut self) -> Self {
        self.http_only = false;
        self
    }

    /// It is sent over plain connections too, for development on the own machine.
    pub fn insecure(mut self) -> Result<Self, InvalidCookie> {
        if self.has_prefix("__Host-") || self.has_prefix("__Secure-") || self.same_site == SameSite::None {
            return Err(InvalidCookie::Prefix);
        }
        self.secure = false;
        Ok(self)
    }

    /// It is sent below this path only.
    pub fn path(mut self, path: &str) -> Result<Self, InvalidCookie> {
        if self.has_prefix("__Host-") && path != "/" {
            return Err(InvalidCookie::Prefix);
        }
        if !path.starts_with('/') || !is_attribute(path) {
            return Err(InvalidCookie::Scope);
        }
        path.clone_into(&mut self.path);
        Ok(self)
    }

    /// It is sent to this domain and all hosts below it.
    pub fn domain(mut self, domain: &str) -> Result<Self, InvalidCookie> {
        if self.has_prefix("__Host-") {
            return Err(InvalidCookie::Prefix);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        if domain.is_empty() || !domain.bytes().all(allowed) {
            return Err(InvalidCookie::Scope);
        }
        self.domain = Some(domain.to_owned());
        Ok(self)
    }

    /// Browsers find prefixes in any case.
    fn has_prefix(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        // Every part was checked to be ASCII without control characters.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static(""))
    }
}

fn is_attribute(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';')
}

/// The value stays hidden: a session is as good as a password.
impl std::fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Display for SetCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}; Path={}", self.name, self.value, self.path)?;
        if let Some(domain) = &self.domain {
            write!(f, "; Domain={domain}")?;
        }
        if let Some(age) = self.max_age {
            write!(f, "; Max-Age={}", age.as_secs())?;
        }
        // Browsers refuse a cookie for all sites that is not for TLS alone.
        if self.secure || self.same_site == SameSite::None {
            f.write_str("; Secure")?;
        }
        if self.http_only {
            f.write_str("; HttpOnly")?;
        }
        write!(f, "; SameSite={:?}", self.same_site)
    }
}
