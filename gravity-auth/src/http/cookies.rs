//! [`Cookies`]: the cookies of a sign-in.

use std::time::Duration;

use gravity_core::http::{InvalidCookie, Problem, Respond, SameSite, SetCookie, SetCookies, problems};

use crate::service::REMEMBERED;
use crate::settings::AuthSettings;

/// The names of the cookies of a sign-in, and whether they want TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    /// Holds the access token. Scripts do not see it.
    pub access: &'static str,
    /// Holds the refresh token. Scripts do not see it, and no other site sends it.
    pub refresh: &'static str,
    /// Holds the token against forgery, for scripts of the application to send back in `X-CSRF-Token`.
    pub forgery: &'static str,
    /// Holds the token of a remembered device. Scripts do not see it, and no other site sends it.
    pub device: &'static str,
    insecure: bool,
}

impl Cookies {
    /// The cookies of these settings.
    pub fn of(settings: &AuthSettings) -> Self {
        let insecure = settings.cookies.insecure;
        if insecure {
            return Self {
                access: "access",
                refresh: "refresh",
                forgery: "csrf",
                device: "device",
                insecure,
            };
        }
        Self {
            access: "__Host-access",
            refresh: "__Host-refresh",
            forgery: "__Host-csrf",
            device: "__Host-device",
            insecure,
        }
    }

    /// An answer that sets them.
    pub(super) fn set<R: Respond>(
        self,
        answer: R,
        [access, refresh, forgery]: [(&str, Duration); 3],
    ) -> Result<SetCookies<R>, Problem> {
        let cookies = || {
            Ok([
                self.cookie(self.access, access)?,
                self.cookie(self.refresh, refresh)?.same_site(SameSite::Strict),
                self.cookie(self.forgery, forgery)?.readable_by_scripts(),
            ])
        };
        let cookies: Result<[SetCookie; 3], InvalidCookie> = cookies();
        let cookies = cookies.map_err(|error| Problem::new(problems::INTERNAL).because(error))?;
        Ok(cookies.into_iter().fold(SetCookies::new(answer), SetCookies::set))
    }

    /// An answer that sets them but for the refresh token, which stays the one that the browser has.
    pub(super) fn renew<R: Respond>(
        self,
        answer: R,
        access: (&str, Duration),
        forgery: (&str, Duration),
    ) -> Result<SetCookies<R>, Problem> {
        let cookies = || {
            Ok([self.cookie(self.access, access)?, self.cookie(self.forgery, forgery)?.readable_by_scripts()])
        };
        let cookies: Result<[SetCookie; 2], InvalidCookie> = cookies();
        let cookies = cookies.map_err(|error| Problem::new(problems::INTERNAL).because(error))?;
        Ok(cookies.into_iter().fold(SetCookies::new(answer), SetCookies::set))
    }

    /// The answer, which remembers the device too.
    pub(super) fn remember<R: Respond>(
        self,
        answer: SetCookies<R>,
        token: &str,
    ) -> Result<SetCookies<R>, Problem> {
        let cookie = self.cookie(self.device, (token, REMEMBERED));
        let cookie = cookie.map_err(|error| Problem::new(problems::INTERNAL).because(error))?;
        Ok(answer.set(cookie.same_site(SameSite::Strict)))
    }

    /// The cookie of a sign-in at a provider: it is for the answer of that one only.
    #[cfg(feature = "client")]
    pub(super) fn journey(
        self,
        provider: &crate::oauth::Provider,
        value: &str,
        age: Duration,
    ) -> Result<SetCookie, InvalidCookie> {
        let cookie = SetCookie::new(&self.journey_name(provider.id()), value)?.max_age(age);
        match (provider.posts_back(), self.insecure) {
            // A form that a page of the provider's posts brings no other cookie along.
            (true, _) => Ok(cookie.same_site(SameSite::None)),
            (false, true) => cookie.insecure(),
            (false, false) => Ok(cookie),
        }
    }

    #[cfg(feature = "client")]
    pub(super) fn journey_name(self, provider: &str) -> String {
        let prefix = if self.insecure { "" } else { "__Host-" };
        format!("{prefix}oauth-{provider}")
    }

    /// An answer that takes them back.
    pub(super) fn remove<R: Respond>(self, answer: R) -> Result<SetCookies<R>, Problem> {
        self.set(answer, [("", Duration::ZERO); 3])
    }

    fn cookie(self, name: &str, (value, age): (&str, Duration)) -> Result<SetCookie, InvalidCookie> {
        let cookie = SetCookie::new(name, value)?.max_age(age);
        if self.insecure { cookie.insecure() } else { Ok(cookie) }
    }
}
