//! [`Presented`]: what a request shows, looked at by the handler itself.

use gravity_core::audit::Origin;
use gravity_core::http::openapi::Operation;
use gravity_core::http::problems::BAD_REQUEST;
use gravity_core::http::{FromParts, Parts, Problem, credentials};

use super::{Cookies, check_forgery};
use crate::jwt::RefreshToken;
use crate::{Auth, AuthError};

/// Where a request comes from, on routes that anybody may call: credentials that do not hold do not matter there.
pub(super) struct Whence(pub(super) Origin);

impl<S> FromParts<S> for Whence {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut origin = Origin::of_head(parts.head());
        origin.request_id = Some(parts.request_id().to_string());
        Ok(Self(origin))
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// The tokens in a request's cookies and header. Cookies count only where the request is not forged.
pub(super) struct Presented {
    /// The access token of the header.
    pub(super) bearer: Option<String>,
    /// The refresh token of the cookie.
    pub(super) refresh: Option<String>,
    /// Whether the cookies' tokens may be used.
    pub(super) not_forged: Result<(), AuthError>,
}

impl FromParts<Auth> for Presented {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let head = parts.head();
        let cookies = Cookies::of(&auth.0.config.settings);
        let refresh = credentials::cookie(head, cookies.refresh)?.map(str::to_owned);
        let session = refresh.as_deref().and_then(|token| RefreshToken::parse(token).ok());
        let session = session.map(|token| crate::domain::SessionId::from_uuid(token.session()).to_string());
        let not_forged = check_forgery(auth, head, &session.unwrap_or_default());
        Ok(Self { bearer: credentials::bearer(head)?.map(str::to_owned), refresh, not_forged })
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.problems(&[BAD_REQUEST]);
    }
}
