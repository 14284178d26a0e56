//! [`Browser`]: who signs in may want their tokens in cookies.

use gravity_core::SecretString;
use gravity_core::audit::Origin;
use gravity_core::http::openapi::Operation;
use gravity_core::http::{FromParts, Parts, Problem, credentials};
use http::header::AUTHORIZATION;

use super::sign_in::SignedAnswer;
use super::views::Signed;
use super::{Cookies, forgery};
use crate::service::SignedIn;
use crate::{Auth, AuthError};

/// What a browser sends along of itself, on routes that sign in.
pub(super) struct Browser {
    /// No page of elsewhere has made it send the request.
    same_origin: Result<(), AuthError>,
    /// The refresh token of the session that it has.
    former: Option<String>,
}

impl FromParts<Auth> for Browser {
    fn from_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let name = Cookies::of(&auth.0.config.settings).refresh;
        // Cookies that nobody can read end nothing, and are overwritten.
        let former = credentials::cookie(parts.head(), name).ok().flatten().map(str::to_owned);
        Ok(Self { same_origin: forgery::check_origin(auth, parts.headers()), former })
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// Whether a request's access token is in a cookie: there is none in its header.
pub(super) struct ByCookie(pub(super) bool);

impl<S> FromParts<S> for ByCookie {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(!parts.headers().contains_key(AUTHORIZATION)))
    }

    fn describe(_: &mut Operation<'_>) {}
}

impl Browser {
    /// Where the tokens go. Cookies are for pages of ours alone.
    pub(super) fn wants(self, cookies: bool) -> Result<Tokens, AuthError> {
        if !cookies {
            return Ok(Tokens::InAnswer);
        }
        self.same_origin?;
        Ok(Tokens::InCookies { former: self.former })
    }
}

/// Where the tokens of a sign-in go.
pub(super) enum Tokens {
    /// Into the answer.
    InAnswer,
    /// Into cookies, in place of those of the session that the browser had.
    InCookies { former: Option<String> },
}

impl Tokens {
    /// The answer to who is signed in, with what remembers the device. The session that the browser had ends: its
    /// tokens are overwritten, and nobody could sign out of it there any more.
    pub(super) async fn of(
        self,
        auth: &Auth,
        signed_in: SignedIn,
        device: Option<SecretString>,
        origin: &Origin,
    ) -> SignedAnswer {
        let Self::InCookies { former } = self else {
            return Signed::answer_on(auth, signed_in, false, device);
        };
        if let Some(former) = former
            && let Err(error) = auth.revoke(&former, origin).await
        {
            // Who has signed in has signed in.
            tracing::warn!(%error, "the session that a browser had before goes on");
        }
        Signed::answer_on(auth, signed_in, true, device)
    }
}
