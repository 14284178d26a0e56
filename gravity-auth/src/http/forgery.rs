//! Requests that a page of somebody else's makes a browser send.

use gravity_core::SecretString;
use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::{Auth, AuthError};

/// The header that carries the token against forgery.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const CONTEXT: &str = "auth.csrf";

/// The token against forgery of a session: its keyed checksum, so that nothing has to be kept, and that of one
/// session is worth nothing in another.
pub(crate) fn token(auth: &Auth, session: &str) -> SecretString {
    SecretString::new(auth.0.macs.sign(CONTEXT, session).to_string())
}

/// Refuses a request by cookies that does not come from a page of the application, or does not bear the token of
/// its session.
pub(crate) fn check_forgery(auth: &Auth, head: &Parts, session: &str) -> Result<(), AuthError> {
    check_origin(auth, &head.headers)?;
    let shown =
        head.headers.get(&CSRF).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let holds = shown.is_some_and(|mac| auth.0.macs.verify(CONTEXT, session, &mac));
    if holds { Ok(()) } else { Err(AuthError::ForgedRequest) }
}

/// Refuses a request that a browser has sent for a page of elsewhere. What is no browser sends no `Origin`.
pub(crate) fn check_origin(auth: &Auth, headers: &HeaderMap) -> Result<(), AuthError> {
    let settings = &auth.0.config.settings;
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_ours = match (origins.next(), origins.next()) {
        (None, _) => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
        (Some(origin), None) => {
            let origin = origin.as_bytes();
            std::iter::once(origin_of(&settings.issuer))
                .chain(settings.cookies.origins.iter().map(String::as_str))
                .any(|ours| ours.as_bytes().eq_ignore_ascii_case(origin))
        }
        (Some(_), Some(_)) => false,
    };
    if is_ours { Ok(()) } else { Err(AuthError::ForgedRequest) }
}

/// The scheme, host and port of an address.
pub(crate) fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin_of("https://shop.example/a/b"), "https://shop.example");
        assert_eq!(origin_of("http://localhost:8080"), "http://localhost:8080");
    }
}
